//! What operators and their scripts do over the API.

use serde_json::{Value, json};

use crate::tracker::{campaign, spawn};

/// The field paths of all problems of an answer.
fn fields(answer: &Value) -> Vec<&str> {
    let error = &answer["error"];
    [&answer["problems"], &error["problems"]]
        .into_iter()
        .filter_map(Value::as_array)
        .flatten()
        .chain([error])
        .filter_map(|problem| problem["field"].as_str())
        .collect()
}

#[test]
fn every_problem_of_a_document_is_reported_at_once() {
    let tracker = spawn();

    let (status, answer) = tracker.post(
        "/api/v1/campaigns",
        &json!({
            "name": "", "alias": "not an alias!", "timezone": "Mars/Olympus",
            "cost": {"model": "cpc", "value": "cheap"},
            "nonsense": 1,
            "flows": [
                {"name": "a", "kind": "sideways",
                 "filters": [{"key": "country", "value": ["Atlantis"]}, {"key": "shoe_size", "value": 44}],
                 "target": {"kind": "split", "landings": [], "offers": [{"offer_id": 4711, "weight": 100}]}},
                {"name": "b", "kind": "default", "target": {"kind": "redirect", "redirect": "http", "url": "ftp://x"}}
            ]
        }),
    );

    assert_eq!(status, 422, "{answer:#}");
    let found = fields(&answer);
    for field in [
        "name",
        "alias",
        "timezone",
        "cost.value",
        "nonsense",
        "flows[0].kind",
        "flows[0].filters[0].value",
        "flows[0].filters[1].key",
        "flows[0].target.offers[0].offer_id",
        "flows[1].target.url",
    ] {
        assert!(
            found.iter().any(|at| at.starts_with(field)),
            "{field} is not among {answer:#}"
        );
    }
    assert!(
        answer["error"]["message"]
            .as_str()
            .is_some_and(|message| !message.is_empty())
    );
    assert_eq!(tracker.get("/api/v1/campaigns").1["items"], json!([]));
}

#[test]
fn saving_over_a_newer_version_is_a_conflict() {
    let tracker = spawn();
    let id = tracker.simple_campaign("offer");
    let path = format!("/api/v1/campaigns/{id}");
    let (_, first) = tracker.get(&path);
    let mut mine = first.clone();
    mine["name"] = json!("mine");
    let mut theirs = first.clone();
    theirs["name"] = json!("theirs");

    let (saved, stored) = tracker.put(&path, &theirs);
    let (refused, answer) = tracker.put(&path, &mine);

    assert_eq!((saved, refused), (200, 409), "{answer:#}");
    assert_eq!(
        stored["version"].as_u64(),
        first["version"].as_u64().map(|version| version + 1)
    );
    assert_eq!(tracker.get(&path).1["name"], json!("theirs"));
}

#[test]
fn flows_keep_their_ids_when_sent_back() {
    let tracker = spawn();
    let id = tracker.simple_campaign("offer");
    let path = format!("/api/v1/campaigns/{id}");
    let (_, before) = tracker.get(&path);

    let (status, after) = tracker.put(&path, &before);

    assert_eq!(status, 200, "{after:#}");
    assert!(before["flows"][0]["id"].is_u64());
    assert_eq!(after["flows"][0]["id"], before["flows"][0]["id"]);
}

#[test]
fn two_campaigns_cannot_share_an_alias() {
    let tracker = spawn();
    tracker.simple_campaign("taken");
    let offer = tracker.create(
        "/api/v1/offers",
        &json!({"name": "x", "url": "http://127.0.0.1:9/"}),
    );

    let (status, answer) = tracker.post("/api/v1/campaigns", &campaign("taken", offer));

    assert!((400..500).contains(&status), "{status}");
    assert_eq!(answer["error"]["code"], json!("alias_taken"), "{answer:#}");
}

#[test]
fn requests_without_a_valid_key_are_refused() {
    let tracker = spawn();
    let body = json!({"name": "x", "url": "http://127.0.0.1:9/"});

    for key in [
        None,
        Some(""),
        Some("nonsense"),
        Some(&tracker.key[..tracker.key.len() - 1]),
    ] {
        for (method, path, body) in [
            ("GET", "/api/v1/offers", None),
            ("POST", "/api/v1/offers", Some(&body)),
            ("GET", "/api/v1/clicks", None),
        ] {
            let (status, answer) = tracker.api(method, path, body, key);
            assert_eq!(status, 401, "{method} {path} with {key:?}: {answer:#}");
        }
    }
    assert_eq!(tracker.get("/api/v1/offers").1["items"], json!([]));
}

#[test]
fn health_says_more_to_the_holder_of_a_key() {
    let tracker = spawn();

    let (open, _) = tracker.api("GET", "/healthz", None, None);
    let (status, details) = tracker.get("/healthz");

    assert_eq!((open, status), (200, 200));
    assert!(
        !details["queue"].is_null() && !details["spill"].is_null(),
        "{details:#}"
    );
}

#[test]
fn every_kind_of_entity_is_stored_listed_and_changed() {
    let tracker = spawn();
    for (path, body) in [
        (
            "/api/v1/networks",
            json!({"name": "first", "offer_param": "sub1={click_id}"}),
        ),
        (
            "/api/v1/offers",
            json!({"name": "first", "url": "https://example.com/?c={click_id}"}),
        ),
        (
            "/api/v1/landings",
            json!({"name": "first", "url": "https://example.com/land"}),
        ),
    ] {
        let id = tracker.create(path, &body);
        let (_, mut stored) = tracker.get(&format!("{path}/{id}"));
        assert_eq!(stored["name"], json!("first"), "{path}");

        stored["name"] = json!("second");
        let (status, answer) = tracker.put(&format!("{path}/{id}"), &stored);
        let (_, list) = tracker.get(path);

        assert_eq!(status, 200, "{path}: {answer:#}");
        assert_eq!(list["items"][0]["name"], json!("second"), "{path}");
        assert_eq!(tracker.get(&format!("{path}/999999")).0, 404, "{path}");
    }
}

#[test]
fn network_parameter_is_appended_to_its_offers() {
    let tracker = spawn();
    let network = tracker.create(
        "/api/v1/networks",
        &json!({"name": "n", "offer_param": "sub1={click_id}"}),
    );
    let offer = tracker.create(
        "/api/v1/offers",
        &json!({"name": "o", "url": "http://127.0.0.1:9/?c={click_id}", "network_id": network}),
    );
    tracker.create("/api/v1/campaigns", &campaign("net", offer));

    let answer = tracker.click("/net", &[]);

    let id = answer.click_id().unwrap();
    assert_eq!(
        answer.location(),
        format!("http://127.0.0.1:9/?c={id}&sub1={id}")
    );
}

#[test]
fn bodies_that_are_no_json_are_explained() {
    let tracker = spawn();
    for body in ["", "{", "[]", "null", "\"text\"", "{\"name\": 1}"] {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let mut answer = agent
            .post(format!("http://{}/api/v1/offers", tracker.address()))
            .header("Authorization", format!("Bearer {}", tracker.key))
            .header("Content-Type", "application/json")
            .send(body)
            .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let json: Value = serde_json::from_str(&text).unwrap_or_default();

        assert!(
            (400..500).contains(&answer.status().as_u16()),
            "{body}: {}",
            answer.status()
        );
        assert!(json["error"]["message"].is_string(), "{body}: {text}");
    }
}

#[test]
fn saved_changes_and_objects_survive_a_restart() {
    let mut tracker = spawn();
    let id = tracker.simple_campaign("offer");
    let (_, before) = tracker.get(&format!("/api/v1/campaigns/{id}"));

    tracker.kill_9();
    tracker.start();

    assert_eq!(tracker.get(&format!("/api/v1/campaigns/{id}")).1, before);
    assert_eq!(tracker.click("/offer", &[]).status, 302);
}

#[test]
fn archiving_by_force_what_is_in_use_says_who_uses_it() {
    let tracker = spawn();
    let campaign_id = tracker.simple_campaign("offer");
    let (_, read) = tracker.get(&format!("/api/v1/campaigns/{campaign_id}"));
    let offer = &read["flows"][0]["target"]["offers"][0]["offer_id"];

    let (status, archived) = tracker.api(
        "DELETE",
        &format!("/api/v1/offers/{offer}?force=true"),
        None,
        Some(&tracker.key),
    );

    assert_eq!(status, 200, "{archived:#}");
    let warning = &archived["warnings"][0];
    assert_eq!(warning["code"], json!("in_use"), "{archived:#}");
    let message = warning["message"].as_str().unwrap();
    assert!(
        message.contains(&format!("campaign {campaign_id}")),
        "{message}"
    );
}
