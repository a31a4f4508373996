//! Changes of many entities at once: shown before, whole or not at all, undone after.

use serde_json::{Value, json};

use crate::tracker::{Tracker, spawn};

/// Two offers, a landing and three campaigns that use them.
fn with_campaigns() -> Tracker {
    let tracker = spawn();
    for name in ["one", "two"] {
        let url = format!("https://old.example/{name}");
        tracker.create("/api/v1/offers", &json!({ "name": name, "url": url }));
    }
    for (alias, offers) in [
        ("a", json!([{ "offer_id": 1, "weight": 30 }])),
        (
            "b",
            json!([{ "offer_id": 1, "weight": 30 }, { "offer_id": 2, "weight": 70 }]),
        ),
        ("c", json!([{ "offer_id": 2, "weight": 10 }])),
    ] {
        let split = json!({ "kind": "split", "landings": [], "offers": offers });
        let direct = json!({ "kind": "redirect", "url": "https://old.example/rest" });
        tracker.create(
            "/api/v1/campaigns",
            &json!({ "name": alias, "alias": alias, "flows": [
                { "name": "phones", "target": split,
                  "filters": [{ "key": "device_type", "value": ["mobile", "other"] }] },
                { "name": "rest", "kind": "default", "target": direct } ] }),
        );
    }
    tracker
}

fn bulk(tracker: &Tracker, action: Value, preview: bool) -> (u16, Value) {
    tracker.post(
        "/api/v1/bulk",
        &json!({ "action": action, "preview": preview }),
    )
}

/// Does it, and checks that the preview had said the same.
fn done(tracker: &Tracker, action: Value) -> Value {
    let (status, shown) = bulk(tracker, action.clone(), true);
    assert_eq!(status, 200, "{shown:#}");
    assert_eq!(shown["change_id"], Value::Null);
    let (status, report) = bulk(tracker, action, false);
    assert_eq!(status, 200, "{report:#}");
    assert_eq!(shown["changes"], report["changes"]);
    report
}

fn offers(tracker: &Tracker, campaign: u64) -> Value {
    let (_, document) = tracker.get(&format!("/api/v1/campaigns/{campaign}"));
    document["flows"][0]["target"]["offers"].clone()
}

fn location(tracker: &Tracker, alias: &str) -> String {
    tracker
        .click(&format!("/{alias}"), &[])
        .location()
        .to_owned()
}

#[test]
fn an_offer_is_replaced_everywhere_and_the_change_is_undone() {
    let tracker = with_campaigns();
    let before: Vec<Value> = (1..4).map(|id| offers(&tracker, id)).collect();

    let report = done(
        &tracker,
        json!({ "kind": "replace_offer", "from": 1, "to": 2, "campaigns": "all" }),
    );

    assert_eq!(report["changes"].as_array().unwrap().len(), 2, "{report:#}");
    assert_eq!(
        offers(&tracker, 1),
        json!([{ "offer_id": 2, "weight": 30 }])
    );
    assert_eq!(
        offers(&tracker, 2),
        json!([{ "offer_id": 2, "weight": 100 }])
    );
    assert_eq!(location(&tracker, "a"), "https://old.example/two");

    let undo = format!("/api/v1/bulk/{}/undo", report["change_id"]);
    let (status, answer) = tracker.post(&undo, &json!({}));
    assert_eq!(status, 200, "{answer:#}");
    let after: Vec<Value> = (1..4).map(|id| offers(&tracker, id)).collect();
    assert_eq!(after, before);
    assert_eq!(location(&tracker, "a"), "https://old.example/one");

    let (status, answer) = tracker.post(&undo, &json!({}));
    assert_eq!(
        (status, &answer["error"]["code"]),
        (409, &json!("undone_already"))
    );
    let (_, list) = tracker.get("/api/v1/bulk");
    assert_eq!(list["items"][0]["summary"], "offer 1 replaced by 2");
    assert!(list["items"][0]["undone_at"].is_i64());
}

#[test]
fn a_change_that_was_edited_since_is_not_undone() {
    let tracker = with_campaigns();
    let report = done(
        &tracker,
        json!({ "kind": "set", "of": "campaigns", "ids": [1, 3], "fields": { "state": "paused" } }),
    );
    assert_eq!(tracker.click("/a", &[]).status, 404);
    let (_, mut document) = tracker.get("/api/v1/campaigns/3");
    document["name"] = json!("edited");
    let (status, _) = tracker.put("/api/v1/campaigns/3", &document);
    assert_eq!(status, 200);

    let undo = format!("/api/v1/bulk/{}/undo", report["change_id"]);
    let (status, answer) = tracker.post(&undo, &json!({}));

    assert_eq!(status, 409);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("campaign 3") && !message.contains("campaign 1"),
        "{message}"
    );
    let (_, first) = tracker.get("/api/v1/campaigns/1");
    assert_eq!(first["state"], "paused");
}

#[test]
fn urls_weights_flows_and_filters_change_in_many_campaigns() {
    let tracker = with_campaigns();

    done(
        &tracker,
        json!({ "kind": "find_replace", "find": "//old.example/", "replace": "//new.example/" }),
    );
    let (_, offer) = tracker.get("/api/v1/offers/2");
    assert_eq!(offer["url"], "https://new.example/two");
    assert_eq!(location(&tracker, "c"), "https://new.example/two");

    done(
        &tracker,
        json!({ "kind": "set_weight", "offer_id": 1, "weight": 0, "campaigns": [2] }),
    );
    assert_eq!(offers(&tracker, 2)[0]["weight"], 0);

    let flow =
        json!({ "name": "new", "target": { "kind": "redirect", "url": "https://first.example/" } });
    done(
        &tracker,
        json!({ "kind": "add_flow", "campaigns": [1, 2], "flow": flow, "position": "first" }),
    );
    assert_eq!(location(&tracker, "b"), "https://first.example/");
    let (_, second) = tracker.get("/api/v1/campaigns/2");
    let flow_id = &second["flows"][0]["id"];
    assert!(flow_id.as_u64().is_some_and(|id| id > 6), "{flow_id}");

    done(
        &tracker,
        json!({ "kind": "copy_flow", "flow_id": flow_id, "campaigns": [3], "position": "first" }),
    );
    assert_eq!(location(&tracker, "c"), "https://first.example/");

    let filter = json!({ "key": "country", "value": ["AU"] });
    done(
        &tracker,
        json!({ "kind": "add_filter", "campaigns": "all", "filter": filter, "flow_ids": [flow_id] }),
    );
    assert_eq!(location(&tracker, "b"), "https://new.example/two");

    done(
        &tracker,
        json!({ "kind": "remove_filter", "campaigns": "all", "key": "country" }),
    );
    assert_eq!(location(&tracker, "b"), "https://first.example/");

    done(
        &tracker,
        json!({ "kind": "set_flows", "flow_ids": [flow_id], "fields": { "state": "paused" } }),
    );
    assert_eq!(location(&tracker, "b"), "https://new.example/two");
}

#[test]
fn one_problem_refuses_the_whole_and_says_where_it_is() {
    let tracker = with_campaigns();
    let cost = json!({ "model": "cpc", "value": "cheap" });
    let action =
        json!({ "kind": "set", "of": "campaigns", "ids": [1, 2], "fields": { "cost": cost } });

    let (status, shown) = bulk(&tracker, action.clone(), true);
    assert_eq!(status, 200);
    assert_eq!(
        shown["problems"][0]["field"], "campaigns[1].cost.value",
        "{shown:#}"
    );
    let (status, _) = bulk(&tracker, action, false);
    assert_eq!(status, 422);
    let (_, first) = tracker.get("/api/v1/campaigns/1");
    assert_eq!(first["version"], 1);

    for (action, field) in [
        (
            json!({ "kind": "replace_offer", "from": 1, "to": 99, "campaigns": "all" }),
            "action.to",
        ),
        (
            json!({ "kind": "replace_offer", "from": 1, "to": 2 }),
            "action.campaigns",
        ),
        (
            json!({ "kind": "set_flows", "flow_ids": [1, 999], "fields": { "weight": 1 } }),
            "action.flow_ids[1]",
        ),
        (
            json!({ "kind": "set", "of": "campaigns", "ids": [77], "fields": { "notes": "x" } }),
            "action.ids[0]",
        ),
        (
            json!({ "kind": "set", "of": "campaigns", "ids": [1], "fields": { "id": 5 } }),
            "action.fields.id",
        ),
        (json!({ "kind": "explode" }), "action.kind"),
    ] {
        let (status, answer) = bulk(&tracker, action, false);
        assert_eq!(status, 422, "{answer:#}");
        assert_eq!(answer["error"]["field"], field, "{answer:#}");
    }
    let (status, _) = tracker.post("/api/v1/bulk/7/undo", &json!({}));
    assert_eq!(status, 404);
}

#[test]
fn what_is_archived_in_use_is_warned_of_however_it_is_archived() {
    let tracker = with_campaigns();
    let told = |answer: &Value| -> Vec<(String, String)> {
        let warnings = answer["warnings"].as_array().expect("warnings");
        let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let of_use = warnings.iter().filter(|one| one["code"] == "in_use");
        of_use
            .map(|one| (text(one, "field"), text(one, "message")))
            .collect()
    };
    let names = |field: &str, campaign: u64, place: u64| {
        let message = format!(
            "The campaign {campaign} still names this offer (flows[0].target.offers[{place}].offer_id)."
        );
        (field.to_owned(), message)
    };
    let archive =
        json!({ "kind": "set", "of": "offers", "ids": [1, 2], "fields": { "state": "archived" } });
    let all = [
        names("offers[1].state", 1, 0),
        names("offers[1].state", 2, 0),
        names("offers[2].state", 2, 1),
        names("offers[2].state", 3, 0),
    ];

    let (_, preview) = bulk(&tracker, archive.clone(), true);
    let (_, report) = bulk(&tracker, archive, false);

    assert_eq!(told(&preview), all, "{preview:#}");
    assert_eq!(told(&report), all);
    let (_, again) = bulk(
        &tracker,
        json!({ "kind": "set", "of": "offers", "ids": [1, 2], "fields": { "notes": "n" } }),
        false,
    );
    assert_eq!(told(&again), [], "they were archived before");
    let (_, both) = bulk(
        &tracker,
        json!({ "kind": "set", "of": "campaigns", "ids": "all", "fields": { "state": "archived" } }),
        true,
    );
    assert_eq!(told(&both), [], "nobody names a campaign");

    let path = format!("/api/v1/bulk/{}/undo", report["change_id"]);
    let (status, answer) = tracker.post(&path, &json!({}));
    assert_eq!(
        (status, &answer["error"]["code"]),
        (409, &json!("edited_since"))
    );
    for word in ["active", "archived"] {
        let (status, patched) = tracker.patch("/api/v1/offers/1", &json!({ "state": word }));
        assert_eq!(status, 200, "{patched:#}");
        let expected = [names("state", 1, 0), names("state", 2, 0)];
        let expected: &[_] = if word == "active" { &[] } else { &expected };
        assert_eq!(told(&patched), expected);
        let (status, put) = tracker.put("/api/v1/offers/1", &patched);
        assert_eq!(status, 200, "{put:#}");
        assert_eq!(told(&put), expected);
    }
}

#[test]
fn openapi_names_the_fields_that_each_action_needs() {
    let tracker = with_campaigns();
    let (_, document) = tracker.get("/api/v1/openapi.json");
    let request = &document["paths"]["/bulk"]["post"]["requestBody"];
    let schema = &request["content"]["application/json"]["schema"];
    let actions = schema["properties"]["action"]["oneOf"].as_array().unwrap();
    assert_eq!(actions.len(), 10);

    for action in actions {
        let word = action["properties"]["kind"]["const"].as_str().unwrap();
        let (status, answer) = bulk(&tracker, json!({ "kind": word }), true);
        assert_eq!(status, 422, "{word}: {answer:#}");
        let problems = answer["problems"].as_array().unwrap();
        let mut missing: Vec<String> = (problems.iter())
            .map(|one| one["field"].as_str().unwrap().replace("action.", ""))
            .collect();
        let required = action["required"].as_array().unwrap().iter();
        let mut required: Vec<&str> = required.filter_map(Value::as_str).collect();
        required.retain(|name| *name != "kind");
        required.extend(action["oneOf"][0]["required"][0].as_str());
        missing.sort();
        required.sort_unstable();
        assert_eq!(missing, required, "{word}: {answer:#}");
    }
    let draft = &actions[6]["properties"]["flow"]["$ref"];
    assert_eq!(draft, "#/components/schemas/FlowDraft");
}
