//! What keeps a rule from being saved.

use serde_json::{Value, json};

use crate::rules::testing::{message, problems};

#[test]
fn every_problem_is_told_with_its_field() {
    let found = problems(json!({
        "group_by": ["campain_id", "source"],
        "conditions": { "all": [
            { "metric": "roii", "is": "<", "value": "1" },
            { "metric": "cost", "is": "<", "times": { "value": "1", "of": "pay" } },
            { "fact": "country", "is": "in", "values": ["US"] },
            { "fact": "status", "is": "in", "values": ["sale"] },
            { "fact": "contry", "is": "in", "values": ["US"] },
            { "fact": "source", "is": "in" },
            { "any": [] },
        ] },
        "actions": [
            { "key": "pause_campain" },
            { "key": "pause_offer" },
            { "key": "pause_campaign", "value": { "campaign_id": "x", "colour": 1 } },
            { "key": "budget", "value": { "campaign_id": 1 } },
            { "key": "budget", "value": { "campaign_id": 1, "raise": "5", "least": "9", "most": "3" } },
            { "key": "budget", "value": { "campaign_id": 1, "set": "5", "most": "3" } },
            { "key": "set_weight", "value": { "of": "flow", "flow_id": 1, "set": "1.5" } },
            { "key": "set_weight", "value": { "set": "1" } },
            { "key": "list_add", "value": { "value": "country" } },
            { "key": "message" },
            { "key": "call_source" },
        ],
    }));

    assert_eq!(
        found,
        [
            "group_by[0]: unknown",
            "conditions.all[0].metric: unknown",
            "conditions.all[1].times.of: unknown",
            "conditions.all[2].fact: not_known_here",
            "conditions.all[3].fact: not_known_here",
            "conditions.all[4].fact: unknown",
            "conditions.all[5].values: required",
            "conditions.all[6].any: invalid",
            "actions[0].key: unknown",
            "actions[1].value.offer_id: required",
            "actions[2].value.campaign_id: invalid",
            "actions[2].value.colour: unknown_field",
            "actions[3].value: required",
            "actions[4].value.most: out_of_range",
            "actions[5].value.set: invalid",
            "actions[6].value.set: invalid",
            "actions[7].value.of: required",
            "actions[8].value.list_id: required",
            "actions[8].value.value: invalid",
            "actions[9].value.channel_id: required",
            "actions[10].value.traffic_source_id: required",
        ]
    );
    assert_eq!(problems(json!({ "actions": [] })), ["actions: required"]);
}

#[test]
fn a_refusal_names_what_was_probably_meant() {
    let metric = |key: &str| json!({ "conditions": { "metric": key, "is": "<", "value": "1" } });
    let fact = |key: &str, value: &str| {
        json!({ "moment": { "kind": "conversion" },
            "conditions": { "fact": key, "is": "in", "values": [value] } })
    };
    let cases = [
        (metric("roii"), "Did you mean \"roi\"?"),
        (metric("pay_out"), "Did you mean \"payout\"?"),
        (metric("event"), "options lists them"),
        (
            json!({ "group_by": ["contry"] }),
            "Did you mean \"country\"?",
        ),
        (fact("statuss", "sale"), "Did you mean \"status\"?"),
        (fact("status", "sales"), "Did you mean \"sale\"?"),
        (fact("country", "us"), "two capital letters"),
        (fact("offer_id", "x"), "is no number"),
        (fact("is_repeat", "yes"), "none of true, false"),
        (
            json!({ "actions": [{ "key": "pause_campain" }] }),
            "Did you mean \"pause_campaign\"?",
        ),
        (
            json!({ "actions": [{ "key": "pause_campaign" }] }),
            "put campaign_id into group_by",
        ),
        (
            json!({ "actions": [{ "key": "list_add", "value": { "list_id": 1 } }] }),
            "group_by",
        ),
    ];
    for (document, expected) in cases {
        let told = message(document.clone());
        assert!(told.contains(expected), "{document}: {told}");
    }
}

#[test]
fn what_an_action_is_done_to_may_be_known_in_several_ways() {
    let pause = |key: &str, document: Value| {
        let mut document = document;
        document["actions"] = json!([{ "key": key }]);
        problems(document)
    };
    let none: [String; 0] = [];

    assert_eq!(
        pause("pause_campaign", json!({ "group_by": ["campaign_id"] })),
        none
    );
    assert_eq!(
        pause("pause_campaign", json!({ "group_by": ["flow_id"] })),
        none
    );
    assert_eq!(
        pause(
            "pause_campaign",
            json!({ "scope": { "campaign_ids": [5] } })
        ),
        none
    );
    assert_eq!(
        pause("pause_offer", json!({ "moment": { "kind": "conversion" } })),
        none
    );
    for document in [
        json!({ "scope": { "campaign_ids": [5, 6] } }),
        json!({ "group_by": ["source"] }),
    ] {
        let found = pause("pause_campaign", document);
        assert_eq!(found, ["actions[0].value.campaign_id: required"]);
    }
}
