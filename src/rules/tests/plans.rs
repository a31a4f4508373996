//! What actions want done.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{acting, effect, of_sources, refusal, roi};
use crate::domain::message::Recipient;
use crate::domain::money::Micros;
use crate::domain::state::State;
use crate::domain::traffic_source::TrafficSource;
use crate::rules::effect::{Change, Effect, What};
use crate::rules::testing::{Asked, compiled, documents, rule};

#[test]
fn switches_turn_what_the_group_is_about_or_what_is_named() {
    let cases = [
        (
            "pause_campaign",
            json!(true),
            What::Campaign,
            5,
            State::Paused,
        ),
        (
            "resume_campaign",
            json!({ "campaign_id": 5 }),
            What::Campaign,
            5,
            State::Active,
        ),
        (
            "pause_flow",
            json!({ "flow_id": 7 }),
            What::Flow,
            7,
            State::Paused,
        ),
        (
            "resume_flow",
            json!({ "flow_id": 7 }),
            What::Flow,
            7,
            State::Active,
        ),
        (
            "pause_landing",
            json!({ "landing_id": 8 }),
            What::Landing,
            8,
            State::Paused,
        ),
        (
            "resume_landing",
            json!({ "landing_id": 8 }),
            What::Landing,
            8,
            State::Active,
        ),
        (
            "pause_offer",
            json!({ "offer_id": 9 }),
            What::Offer,
            9,
            State::Paused,
        ),
        (
            "resume_offer",
            json!({ "offer_id": 9 }),
            What::Offer,
            9,
            State::Active,
        ),
    ];
    for (key, value, what, id, state) in cases {
        let planned = effect(&acting(key, value), &Asked::group(&["5", "z"]));
        assert_eq!(planned, Effect::State { what, id, state }, "{key}");
    }
}

#[test]
fn what_is_not_there_is_said_in_a_sentence() {
    let at = |group: &[&str]| Asked::group(group);
    let pause = acting("pause_campaign", json!(true));
    assert_eq!(
        refusal(&pause, &at(&["", "z"])),
        "The group has no campaign."
    );
    assert_eq!(
        refusal(&pause, &at(&["77", "z"])),
        "There is no campaign 77."
    );
    assert_eq!(
        refusal(&pause, &at(&["6", "z"])),
        "The campaign 6 is archived."
    );
    let flow = acting("pause_flow", json!({ "flow_id": 70 }));
    assert_eq!(refusal(&flow, &at(&["5", "z"])), "There is no flow 70.");
    let list = acting("list_add", json!({ "list_id": 1 }));
    assert_eq!(refusal(&list, &at(&["5", ""])), "The group has no source.");
    let offer =
        rule(json!({ "moment": { "kind": "conversion" }, "actions": [{ "key": "pause_offer" }] }));
    assert_eq!(
        refusal(&offer, &Asked::default().at(&[])),
        "The conversion has no offer."
    );
}

#[test]
fn a_campaign_is_found_by_its_flow_by_the_conversion_or_by_the_scope() {
    let pause = |document: Value| {
        let mut document = document;
        document["actions"] = json!([{ "key": "pause_campaign" }]);
        rule(document)
    };
    let paused = Effect::State {
        what: What::Campaign,
        id: 5,
        state: State::Paused,
    };

    let by_flow = effect(
        &pause(json!({ "group_by": ["flow_id"] })),
        &Asked::group(&["7"]),
    );
    let by_scope = effect(
        &pause(json!({ "scope": { "campaign_ids": [5] } })),
        &Asked::default(),
    );
    let conversion = Asked::default().at(&[("campaign_id", "5")]);
    let by_conversion = effect(
        &pause(json!({ "moment": { "kind": "conversion" } })),
        &conversion,
    );

    assert_eq!(
        [by_flow, by_scope, by_conversion],
        [paused.clone(), paused.clone(), paused]
    );
}

#[test]
fn budgets_are_raised_lowered_and_set() {
    let units = |number: i64| Micros(number * Micros::UNIT);
    let cases = [
        (
            json!({ "raise": "20", "most": "500" }),
            Change::Percent {
                percent: units(20),
                least: None,
                most: Some(units(500)),
            },
        ),
        (
            json!({ "lower": "50", "least": "5" }),
            Change::Percent {
                percent: units(-50),
                least: Some(units(5)),
                most: None,
            },
        ),
        (json!({ "set": "80" }), Change::Set(units(80))),
    ];
    for (value, change) in cases {
        let planned = effect(&acting("budget", value), &Asked::group(&["5", "z"]));
        assert_eq!(
            planned,
            Effect::Budget {
                campaign_id: 5,
                change
            }
        );
    }
    let mut endless = documents();
    let mut campaign = (*endless.campaigns[&5]).clone();
    campaign.budget.daily = None;
    endless.campaigns.insert(5, Arc::new(campaign));
    let raise = acting("budget", json!({ "raise": "20", "most": "500" }));
    let planned = Asked::group(&["5", "z"])
        .plan_among(&raise, &endless)
        .remove(0);
    assert_eq!(
        planned,
        Err("The campaign 5 has no daily budget.".to_owned())
    );
}

#[test]
fn a_weight_is_changed_where_the_group_is_else_in_the_scope() {
    let weight = |document: Value, value: Value| {
        let mut document = document;
        document["actions"] = json!([{ "key": "set_weight", "value": value }]);
        rule(document)
    };
    let set = Change::Set(Micros(10 * Micros::UNIT));
    let expected = |what, id, campaign_ids: &[u64]| Effect::Weight {
        what,
        id,
        campaign_ids: campaign_ids.to_vec(),
        change: set,
    };

    let here = weight(
        json!({ "group_by": ["campaign_id", "landing_id"] }),
        json!({ "of": "landing", "set": "10" }),
    );
    assert_eq!(
        effect(&here, &Asked::group(&["5", "8"])),
        expected(What::Landing, 8, &[5])
    );
    let everywhere = weight(
        json!({ "scope": { "campaign_ids": [5, 6] }, "group_by": ["offer_id"] }),
        json!({ "of": "offer", "set": "10" }),
    );
    assert_eq!(
        effect(&everywhere, &Asked::group(&["9"])),
        expected(What::Offer, 9, &[5, 6])
    );
    let flow = weight(
        json!({}),
        json!({ "of": "flow", "flow_id": 7, "set": "10" }),
    );
    assert_eq!(
        effect(&flow, &Asked::default()),
        expected(What::Flow, 7, &[])
    );
}

#[test]
fn a_list_gets_the_value_of_the_last_dimension_or_of_the_one_named() {
    let listed = |value: &str, is_added| Effect::List {
        list_id: 1,
        value: value.to_owned(),
        is_added,
    };
    let group = Asked::group(&["5", "zone7"]);

    let add = acting("list_add", json!({ "list_id": 1 }));
    assert_eq!(effect(&add, &group), listed("zone7", true));
    let remove = acting(
        "list_remove",
        json!({ "list_id": 1, "value": "campaign_id" }),
    );
    assert_eq!(effect(&remove, &group), listed("5", false));
    let tid = rule(json!({ "moment": { "kind": "conversion" },
        "actions": [{ "key": "list_add", "value": { "list_id": 1, "value": "tid" } }] }));
    assert_eq!(
        effect(&tid, &Asked::default().at(&[("tid", "T-1")])),
        listed("T-1", true)
    );
}

#[test]
fn a_visitor_can_put_no_more_than_himself_on_a_list_and_take_no_more_off() {
    let add = acting("list_add", json!({ "list_id": 1 }));
    let remove = acting("list_remove", json!({ "list_id": 1 }));
    for value in [
        "*",
        "zone*",
        "/.*/",
        "/x/i",
        "@empty",
        "203.0.113.0/24",
        "0.0.0.0/0",
        "2001:db8::/32",
        " x",
        "x\ny",
        &"x".repeat(1_001),
    ] {
        let group = Asked::group(&["5", value]);
        for rule in [&add, &remove] {
            let told = refusal(rule, &group);
            assert!(told.contains("list"), "{value}: {told}");
        }
    }
    for value in ["203.0.113.7", "2001:db8::7", "news/sport", "24/7"] {
        let group = Asked::group(&["5", value]);
        for rule in [&add, &remove] {
            assert!(matches!(effect(rule, &group), Effect::List { .. }));
        }
    }
}

#[test]
fn a_message_tells_people_and_programs_the_same() {
    let sent = of_sources(
        json!({ "conditions": { "all": [roi("-50")] }, "actions": [{ "key": "message",
        "value": { "channel_id": 2, "text":
            "{rule_name} {rule_id}: {campaign_name}/{source}, {roi}, {cr}, {event:deposit}\n{group}\n{at} {x}" } }] }),
    );
    let group = Asked::group(&["5", "zone\n7"]).with(&[("roi", -60), ("event:deposit", 2)]);

    let Effect::Tell(message) = effect(&sent, &group) else {
        panic!("it is a message");
    };

    assert_eq!(message.to, Recipient::Channel(2));
    assert_eq!(
        message.text,
        "R 3: US push/zone7, -60, -, 2\nCampaign: US push (5), Source: zone7\n2026-05-10 20:00 EEST {x}"
    );
    assert_eq!(
        message.data,
        json!({ "type": "rule", "rule": { "id": 3, "name": "R" },
            "group": { "campaign_id": "5", "source": "zone\n7" },
            "numbers": { "roi": "-60", "cr": null, "event:deposit": "2" },
            "text": message.text, "at": 1_778_432_400_000_i64 })
    );
    assert_eq!(message.key, "rule:3:70:0");
    assert_eq!(
        (message.campaign_id, message.rule_id, message.run_id),
        (Some(5), Some(3), Some(70))
    );
}

#[test]
fn a_source_is_called_with_what_the_group_is_encoded_for_its_place() {
    let call = of_sources(
        json!({ "name": "A \"b\"", "conditions": { "all": [roi("-50")] },
        "actions": [{ "key": "call_source" }] }),
    );
    let group = Asked::group(&["5", "a&b/c"]).with(&[("roi", -60)]);

    let Effect::Tell(message) = effect(&call, &group) else {
        panic!("it is a message");
    };

    let Recipient::Call(request) = message.to else {
        panic!("it is a call");
    };
    assert_eq!(request.url, "https://s.example/5?z=a%26b%2Fc");
    assert_eq!(
        request.body,
        r#"{"roi": -60, "cr": null, "by": "A \u0022b\u0022", "at": "2026-05-10T17:00:00Z", "x": {y}}"#
    );
    assert_eq!(message.data["numbers"], json!({ "roi": "-60" }));
    assert_eq!(message.campaign_id, Some(5));
}

#[test]
fn a_source_that_cannot_be_called_is_said() {
    let call = acting("call_source", json!(true));
    let group = Asked::group(&["5", "z"]);
    let without = |change: fn(&mut TrafficSource)| {
        let mut documents = documents();
        let mut source = (*documents.traffic_sources[&4]).clone();
        change(&mut source);
        documents.traffic_sources.insert(4, Arc::new(source));
        group.plan_among(&call, &documents).remove(0).unwrap_err()
    };

    assert!(without(|source| source.pause = None).ends_with("set its field pause."));
    assert_eq!(
        without(|source| source.state = State::Archived),
        "The traffic source 4 is archived."
    );
    let nowhere = Asked::group(&["", "z"]);
    assert_eq!(refusal(&call, &nowhere), "The group has no traffic source.");
    let named = acting("call_source", json!({ "traffic_source_id": 9 }));
    assert_eq!(refusal(&named, &group), "There is no traffic source 9.");
}

#[test]
fn left_out_a_text_names_rule_group_and_numbers() {
    let plain =
        of_sources(json!({ "minimum": { "clicks": 1 }, "conditions": { "all": [roi("-50")] } }));
    let group = Asked::group(&["5", ""]).with(&[("roi", -60), ("clicks", 12)]);

    let note = effect(&plain, &group);

    let text = "R\nCampaign: US push (5), Source: (none)\nClicks: 12\nROI: -60 %";
    assert_eq!(note, Effect::Note(text.to_owned()));
}

#[test]
fn at_a_conversion_macros_expand_and_win_over_metrics_of_their_name() {
    let told = rule(
        json!({ "moment": { "kind": "conversion" }, "actions": [{ "key": "message", "value": {
        "channel_id": 2, "text": "{payout:EUR} {cost} {country} {event} {event:deposit} {md5:click_id}" } }] }),
    );
    let conversion = Asked::default().at(&[("status", "sale"), ("campaign_id", "5")]);

    let Effect::Tell(message) = effect(&told, &conversion) else {
        panic!("it is a message");
    };

    assert_eq!(
        message.text,
        "<payout:EUR> <cost> <country> <event> - <md5:click_id>"
    );
    let of_conversion = &message.data["conversion"];
    assert_eq!(of_conversion["status"], "sale");
    assert_eq!(of_conversion["payout"], "7.5");
    assert_eq!(of_conversion["campaign_id"], "5");
    assert!(message.conversion_id.is_some());
    let metrics: Vec<String> = compiled(&told)
        .metrics()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(metrics, ["event:deposit"]);
}
