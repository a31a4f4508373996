//! Which documents are campaigns.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::domain::channel::Channel;
use crate::domain::form::Form;
use crate::domain::traffic_source::TrafficSource;

/// The problems of a document, field and code.
fn problems(document: Value) -> Vec<(String, &'static str)> {
    let problems = Campaign::read(&document).err().unwrap_or_default();
    problems
        .into_iter()
        .map(|one| (one.field, one.code))
        .collect()
}

/// A campaign with one flow, in which one part is replaced.
fn with_flow(part: Value) -> Value {
    let mut flow = json!({ "target": { "kind": "redirect", "url": "https://example.com/" } });
    flow.as_object_mut()
        .unwrap()
        .extend(part.as_object().unwrap().clone());
    json!({ "name": "A", "flows": [flow] })
}

#[test]
fn a_name_is_enough() {
    let campaign = Campaign::read(&json!({ "name": " A " })).unwrap();

    assert_eq!(campaign.name, "A");
    assert_eq!(campaign.alias, "");
    assert_eq!(campaign.timezone, "UTC");
    assert_eq!(campaign.cost, Cost::default());
    assert_eq!(campaign.fallback, Fallback::NotFound);
    let codes: Vec<_> = campaign.remarks().into_iter().map(|one| one.code).collect();
    assert_eq!(codes, ["visitors_turned_away"]);
}

#[test]
fn each_bad_field_is_named() {
    let cases = [
        (json!({}), "name", "required"),
        (json!({ "name": "  " }), "name", "required"),
        (json!({ "name": 5 }), "name", "invalid"),
        (json!({ "name": "a\nb" }), "name", "invalid"),
        (json!({ "name": "a".repeat(201) }), "name", "invalid"),
        (json!({ "name": "A", "alias": "123" }), "alias", "invalid"),
        (json!({ "name": "A", "state": "on" }), "state", "invalid"),
        (
            json!({ "name": "A", "domain_id": "1" }),
            "domain_id",
            "invalid",
        ),
        (
            json!({ "name": "A", "timezone": "Mars" }),
            "timezone",
            "invalid",
        ),
        (
            json!({ "name": "A", "cost": { "value": "-1" } }),
            "cost.value",
            "out_of_range",
        ),
        (
            json!({ "name": "A", "cost": { "traffic_loss": "100" } }),
            "cost.traffic_loss",
            "out_of_range",
        ),
        (
            json!({ "name": "A", "cost": { "currency": "$" } }),
            "cost.currency",
            "invalid",
        ),
        (
            json!({ "name": "A", "budget": { "daily": "0" } }),
            "budget.daily",
            "out_of_range",
        ),
        (
            json!({ "name": "A", "uniqueness": { "window_hours": 0 } }),
            "uniqueness.window_hours",
            "out_of_range",
        ),
        (
            json!({ "name": "A", "fallback": {} }),
            "fallback.kind",
            "required",
        ),
        (
            json!({ "name": "A", "fallback": { "kind": "redirect" } }),
            "fallback.url",
            "required",
        ),
        (
            json!({ "name": "A", "fallback": { "kind": "campaign" } }),
            "fallback.campaign_id",
            "required",
        ),
        (
            json!({ "name": "A", "fallback": { "kind": "not_found", "url": "x" } }),
            "fallback.url",
            "unknown_field",
        ),
        (
            json!({ "name": "A", "parameters": { "sorce": { "name": "z" } } }),
            "parameters.sorce",
            "unknown_field",
        ),
        (
            json!({ "name": "A", "parameters": { "source": {} } }),
            "parameters.source.name",
            "required",
        ),
        (
            json!({ "name": "A", "postbacks": [{ "url": "x" }] }),
            "postbacks[0].url",
            "invalid",
        ),
        (json!({ "name": "A", "flows": {} }), "flows", "invalid"),
        (
            json!({ "name": "A", "flows": [{}] }),
            "flows[0].target",
            "required",
        ),
        (
            with_flow(json!({ "weight": -1 })),
            "flows[0].weight",
            "out_of_range",
        ),
        (
            with_flow(json!({ "match": "both" })),
            "flows[0].match",
            "invalid",
        ),
        (
            with_flow(json!({ "filters": [{ "value": 1 }] })),
            "flows[0].filters[0].key",
            "required",
        ),
        (
            with_flow(json!({ "filters": [{ "key": "bot" }] })),
            "flows[0].filters[0].value",
            "required",
        ),
        (
            with_flow(json!({ "target": {} })),
            "flows[0].target.kind",
            "required",
        ),
        (
            with_flow(json!({ "target": { "kind": "split" } })),
            "flows[0].target.offers",
            "required",
        ),
        (
            with_flow(json!({ "target": { "kind": "redirect", "url": "x.com" } })),
            "flows[0].target.url",
            "invalid",
        ),
        (
            with_flow(
                json!({ "target": { "kind": "split", "offers": [{ "offer_id": 1 }, { "offer_id": 1 }] } }),
            ),
            "flows[0].target.offers[1].offer_id",
            "duplicate",
        ),
        (
            with_flow(json!({ "kind": "default", "filters": [{ "key": "bot", "value": true }] })),
            "flows[0].filters",
            "invalid",
        ),
    ];
    for (document, field, code) in cases {
        let found = problems(document.clone());
        let first = found.first().map(|(field, code)| (field.as_str(), *code));
        assert_eq!(first, Some((field, code)), "{document}: {found:?}");
    }
}

#[test]
fn a_campaign_has_one_default_flow_and_no_flow_twice() {
    let target = json!({ "kind": "redirect", "url": "https://example.com/" });
    let flow = json!({ "id": 4, "kind": "default", "target": target });

    let found = problems(json!({ "name": "A", "flows": [flow, flow] }));

    let expected = [("flows[1].id", "duplicate"), ("flows[1].kind", "duplicate")];
    assert_eq!(
        found,
        expected.map(|(field, code)| (field.to_owned(), code))
    );
}

#[test]
fn a_cookie_that_is_switched_off_tells_nobody_apart() {
    let sent = json!({ "name": "A", "uniqueness": { "by": "cookie", "cookies": false, "window_hours": 8_761 } });

    let problems = Campaign::read(&sent).unwrap_err();

    let fields: Vec<&str> = problems.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["uniqueness.window_hours", "uniqueness.cookies"]);
}

#[test]
fn a_binding_that_has_no_effect_is_worth_a_word() {
    let remarks = |bind: &str, rotation: &str| {
        let sent = json!({ "name": "A", "bind": bind, "bind_hours": 48, "rotation": rotation });
        let remarks = Campaign::read(&sent).unwrap().remarks();
        remarks.iter().any(|one| one.field == "bind")
    };

    assert!(remarks("flow", "position"));
    assert!(!remarks("flow", "weight"));
    assert!(!remarks("offer", "position"));
}

#[test]
fn what_is_written_is_read_again_as_it_was() {
    let mut sent =
        with_flow(json!({ "filters": [{ "key": "country", "mode": "reject", "value": ["US"] }] }));
    sent["parameters"] =
        json!({ "source": { "name": "zone", "macro": "##SUB_ID_SHORT(action)##" } });
    sent["flows"][0]["id"] = json!(7);
    sent["bind"] = json!("offer");
    sent["cost"] =
        json!({ "model": "cpm", "value": "1.5", "currency": "eur", "traffic_loss": "2.5" });
    let campaign = Campaign::read(&sent).unwrap();

    let again = Campaign::read(&serde_json::to_value(&campaign).unwrap());

    assert_eq!(again, Ok(campaign));
}

#[test]
fn a_split_without_any_weight_is_worth_a_word() {
    let target = json!({ "kind": "split", "offers": [{ "offer_id": 1, "weight": 0 }] });

    let campaign = Campaign::read(&with_flow(json!({ "target": target }))).unwrap();

    let remarks = campaign.remarks();
    assert_eq!(
        (remarks[0].field.as_str(), remarks[0].code),
        ("flows[0].target.offers", "no_weight")
    );
}

proptest::proptest! {
    /// Hostile documents are refused, never a panic.
    #[test]
    fn any_json_is_read_or_refused(text in r#"[\[\]{}":,0-9a-z\-.]{0,60}"#, key in "[a-z_]{1,12}") {
        let inner: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        for key in [key.as_str(), "flows", "cost", "fallback", "parameters", "name"] {
            let _ = Campaign::read(&json!({ "name": "A", key: inner }));
            let _ = Campaign::read(&json!({ "name": "A", "flows": [{ key: inner, "target": inner }] }));
        }
        let _ = Form::read(&inner, Campaign::from_form);
    }
}

#[test]
fn a_budget_says_what_it_will_not_do() {
    let remarks = |document: Value| -> Vec<(String, &'static str)> {
        let campaign = Campaign::read(&document).unwrap();
        let about_budgets = |one: &Problem| one.field.starts_with("budget");
        let remarks = campaign.remarks().into_iter().filter(about_budgets);
        remarks.map(|one| (one.field, one.code)).collect()
    };
    let mut document = json!({ "name": "A", "cost": { "model": "cpc", "value": "0.1" },
        "budget": { "total": "5", "when_spent": "divert" },
        "fallback": { "kind": "redirect", "url": "https://example.com/" } });

    assert_eq!(remarks(document.clone()), []);
    document["budget"]["when_spent"] = json!("notify");
    assert_eq!(remarks(document.clone()), []);
    document["budget"]["when_spent"] = json!("divert");
    document["fallback"] = json!({ "kind": "not_found" });
    assert_eq!(
        remarks(document.clone()),
        [("budget.when_spent".to_owned(), "visitors_turned_away")]
    );
    document["cost"]["value"] = json!("0");
    assert_eq!(remarks(document)[0], ("budget".to_owned(), "never_spent"));
}

#[test]
fn a_budget_of_which_nobody_would_hear_is_worth_a_word() {
    let campaign = |budget: Value| {
        let document = json!({ "name": "A", "traffic_source_id": 4, "budget": budget });
        Campaign::read(&document).unwrap()
    };
    let channel = |id: u64, state: &str| {
        let document = json!({ "id": id, "name": "C", "kind": "webhook", "state": state,
            "url": "https://hook.example/" });
        (id, Arc::new(Channel::read(&document).unwrap()))
    };
    let source = |pause: Value| {
        let document = json!({ "id": 4, "name": "S", "pause": pause });
        Arc::new(TrafficSource::read(&document).unwrap())
    };
    let notify = campaign(json!({ "daily": "5" }));
    let mut documents = Documents::default();
    documents.channels.extend([channel(2, "paused")]);
    documents.traffic_sources.insert(4, source(Value::Null));

    let doubt = notify.budget_doubts(&documents).unwrap();
    assert_eq!(doubt.code, "nobody_hears");
    let diverting = campaign(json!({ "daily": "5", "when_spent": "divert" }));
    assert_eq!(diverting.budget_doubts(&documents), None);
    assert_eq!(campaign(json!({})).budget_doubts(&documents), None);

    documents.channels.extend([channel(3, "active")]);
    assert_eq!(notify.budget_doubts(&documents), None);
    assert_eq!(notify.budget_channels(&documents), [3]);
    let own = campaign(json!({ "daily": "5", "channel_ids": [2] }));
    assert_eq!(own.budget_channels(&documents), [2]);
    assert_eq!(
        own.references()[1],
        ("budget.channel_ids[0]".to_owned(), Reference::Channel(2))
    );

    documents.channels.clear();
    let pause = json!({ "url": "https://s.example/" });
    documents.traffic_sources.insert(4, source(pause));
    assert_eq!(notify.budget_doubts(&documents), None);
}
