//! What works and may not be meant, and what is served.

use std::sync::Arc;

use serde_json::{Value, json};

use super::roi;
use crate::domain::rule::Rule;
use crate::rules::doubts::doubts;
use crate::rules::options;
use crate::rules::testing::{documents, rule};

fn told(rule: &Rule, others: &[Rule]) -> Vec<String> {
    let mut documents = documents();
    for other in others {
        documents.rules.insert(other.id, Arc::new(other.clone()));
    }
    let doubts = doubts(rule, &documents).into_iter();
    doubts
        .map(|one| format!("{}: {} {}", one.field, one.code, one.message))
        .collect()
}

#[test]
fn another_rule_that_does_the_opposite_is_named() {
    let switch = |id: u64, key: &str, scope: Value, state: &str| {
        rule(
            json!({ "id": id, "name": "x", "state": state, "group_by": ["campaign_id", "source"],
            "scope": { "campaign_ids": scope }, "conditions": { "all": [roi("0")] },
            "actions": [{ "key": key, "value": { "list_id": 1 } }] }),
        )
    };
    let switch = |id, key: &str, scope, state: &str| {
        let mut made = switch(id, "list_add", scope, state);
        let value = if key.starts_with("list") {
            json!({ "list_id": 1 })
        } else {
            json!(true)
        };
        made.actions = rule(json!({ "actions": [{ "key": key, "value": value }] })).actions;
        made
    };
    let pause = switch(3, "pause_campaign", json!([5]), "active");
    let opposed = |other: Rule| told(&pause, &[other]);

    assert_eq!(
        opposed(switch(7, "resume_campaign", json!([]), "active")),
        [
            "actions[0]: opposed Rule 7 \"x\" resumes what this one pauses; the cool-down keeps them from taking turns."
        ]
    );
    for other in [
        switch(7, "resume_campaign", json!([6]), "active"),
        switch(7, "resume_campaign", json!([5]), "paused"),
        switch(7, "pause_campaign", json!([5]), "active"),
        switch(7, "resume_offer", json!([5]), "active"),
        switch(3, "resume_campaign", json!([5]), "active"),
    ] {
        assert_eq!(opposed(other), [] as [String; 0]);
    }
    let mut add = switch(4, "list_add", json!([]), "active");
    add.cooldown_minutes = 0;
    let found = told(&add, &[switch(7, "list_remove", json!([5]), "active")]);
    assert_eq!(found.len(), 2);
    assert!(found[1].ends_with("Rule 7 \"x\" takes off the list what this one puts there; without a cool-down they may take turns."), "{found:?}");
}

#[test]
fn what_may_not_be_meant_is_told() {
    let cases = [
        (
            json!({ "cooldown_minutes": 0, "conditions": roi("0") }),
            "cooldown_minutes: no_cooldown",
        ),
        (json!({}), "conditions: always_holds"),
        (
            json!({ "conditions": roi("0"), "group_by": ["campaign_id"],
                "actions": [{ "key": "budget", "value": { "raise": "20" } }] }),
            "actions[0].value.most: no_bound",
        ),
        (
            json!({ "conditions": roi("0"), "group_by": ["campaign_id"],
                "actions": [{ "key": "budget", "value": { "lower": "20", "most": "5" } }] }),
            "actions[0].value.least: no_bound",
        ),
        (
            json!({ "conditions": roi("0"), "actions": [{ "key": "note", "value": { "text": "{rio}" } }] }),
            "actions[0].value.text: unknown_macro",
        ),
        (
            json!({ "conditions": roi("0"), "actions": [{ "key": "note", "value": { "text": "{country}" } }] }),
            "actions[0].value.text: unknown_macro",
        ),
        (
            json!({ "moment": { "kind": "conversion" },
                "actions": [{ "key": "note", "value": { "text": "{payout:DOLLARS}" } }] }),
            "actions[0].value.text: unread_macro",
        ),
        (
            json!({ "moment": { "kind": "conversion", "events": ["depsit"] } }),
            "moment.events[0]: unknown_event",
        ),
        (
            json!({ "conditions": { "metric": "event:deposit", "is": ">", "value": "1" } }),
            "conditions: unknown_event",
        ),
    ];
    for (document, expected) in cases {
        let found = told(&rule(document.clone()), &[]);
        assert_eq!(found.len(), 1, "{document}: {found:?}");
        assert!(found[0].starts_with(expected), "{document}: {found:?}");
    }
    let known = json!({ "moment": { "kind": "conversion", "events": ["rebill", "conversion"] } });
    assert_eq!(told(&rule(known), &[]), [] as [String; 0]);
    let old = rule(json!({ "group_by": ["colour"] }));
    assert!(
        told(&old, &[])[0].starts_with("group_by[0]: does_not_compile The rule does nothing: ")
    );
}

#[test]
fn every_table_is_served_whole() {
    let json = serde_json::to_value(options()).unwrap();

    for key in ["rule_actions", "rule_facts", "rule_words"] {
        let rows = json[key].as_array().unwrap();
        assert!(rows.len() >= 4, "{key}");
    }
    assert_eq!(json["rule_actions"][0]["key"], "pause_campaign");
    assert_eq!(
        json["rule_actions"][0]["settings"][0]["input"]["of"],
        "campaigns"
    );
    assert_eq!(json["rule_facts"][1]["input"]["words"][1], "sale");
}
