//! Rules, as operators write them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::doubts::doubts;
use super::effect::{Change, Effect, What};
use super::testing::{Asked, compiled, documents, message, problems, rule};
use super::{Verdict, options};
use crate::domain::message::Recipient;
use crate::domain::money::Micros;
use crate::domain::rule::Rule;
use crate::domain::state::State;

fn roi(value: &str) -> Value {
    json!({ "metric": "roi", "is": "<", "value": value })
}

fn country(is: &str) -> Value {
    json!({ "fact": "country", "is": is, "values": ["US"] })
}

/// Looks at campaigns and sources.
fn of_sources(document: Value) -> Rule {
    let mut whole = document;
    whole["group_by"] = json!(["campaign_id", "source"]);
    rule(whole)
}

fn effect(rule: &Rule, asked: &Asked) -> Effect {
    let mut plan = asked.plan(rule);
    assert_eq!(plan.len(), 1);
    plan.remove(0).unwrap()
}

fn refusal(rule: &Rule, asked: &Asked) -> String {
    asked.plan(rule).remove(0).unwrap_err()
}

fn acting(key: &str, value: Value) -> Rule {
    of_sources(json!({ "actions": [{ "key": key, "value": value }] }))
}

// --- Conditions ----------------------------------------------------------------------------------

#[test]
fn a_tree_that_facts_decide_needs_no_numbers() {
    let verdict = |conditions: Value, place: &str| {
        let rule = rule(json!({ "group_by": ["country"], "conditions": conditions,
            "actions": [{ "key": "list_add", "value": { "list_id": 1 } }] }));
        Asked::group(&[place]).verdict(&rule)
    };
    use Verdict::{DoesNot, Holds, NeedsNumbers};
    let cases = [
        (json!({ "all": [country("in"), roi("0")] }), "DE", DoesNot),
        (json!({ "all": [roi("0"), country("in")] }), "DE", DoesNot),
        (
            json!({ "all": [country("in"), roi("0")] }),
            "US",
            NeedsNumbers,
        ),
        (json!({ "any": [roi("0"), country("in")] }), "US", Holds),
        (
            json!({ "any": [country("in"), roi("0")] }),
            "DE",
            NeedsNumbers,
        ),
        (
            json!({ "all": [country("in"), { "any": [country("not_in"), country("in")] }] }),
            "US",
            Holds,
        ),
        // Whoever has no country is in none.
        (country("in"), "", DoesNot),
        (country("not_in"), "", Holds),
        (json!({ "all": [] }), "", Holds),
    ];
    for (conditions, place, expected) in cases {
        assert_eq!(
            verdict(conditions.clone(), place),
            expected,
            "{conditions} {place}"
        );
    }
}

#[test]
fn a_metric_without_a_value_fits_nothing() {
    for is in ["<", "<=", ">", ">=", "=", "!="] {
        let rule = rule(json!({ "conditions": { "metric": "roi", "is": is, "value": "0" } }));

        assert_eq!(
            Asked::default().with(&[]).verdict(&rule),
            Verdict::DoesNot,
            "{is}"
        );
    }
}

#[test]
fn so_many_times_another_number_is_a_product() {
    let rule = rule(json!({ "conditions":
        { "metric": "cost", "is": ">=", "times": { "value": "2.5", "of": "payout" } } }));
    let cases = [
        (10, Some(4), Verdict::Holds),
        (9, Some(4), Verdict::DoesNot),
        (10, None, Verdict::DoesNot),
    ];
    for (cost, payout, expected) in cases {
        let mut numbers = vec![("cost", cost)];
        numbers.extend(payout.map(|payout| ("payout", payout)));

        assert_eq!(Asked::default().with(&numbers).verdict(&rule), expected);
    }
    assert!(compiled(&rule).needs_payout());
}

#[test]
fn a_group_below_the_minimum_is_left_alone() {
    let rule = rule(json!({ "minimum": { "clicks": 10, "conversions": 1, "cost": "5" } }));
    let least = [("clicks", 10), ("conversions", 1), ("cost", 5)];

    assert_eq!(Asked::default().with(&least).verdict(&rule), Verdict::Holds);
    for missing in 0..3 {
        let mut fewer = least;
        fewer[missing].1 -= 1;
        assert_eq!(
            Asked::default().with(&fewer).verdict(&rule),
            Verdict::DoesNot
        );
    }
    assert_eq!(Asked::default().verdict(&rule), Verdict::NeedsNumbers);
}

#[test]
fn at_a_conversion_its_payout_and_its_facts_are_at_hand() {
    let rule = rule(json!({ "moment": { "kind": "conversion" },
        "conditions": { "all": [
            { "metric": "payout", "is": ">=", "value": "7.5" },
            { "fact": "status", "is": "in", "values": ["sale"] },
        ] },
        "actions": [{ "key": "pause_campaign" }] }));

    let asked = Asked::default();
    assert_eq!(
        asked.clone().at(&[("status", "sale")]).verdict(&rule),
        Verdict::Holds
    );
    assert_eq!(
        asked.at(&[("status", "lead")]).verdict(&rule),
        Verdict::DoesNot
    );
    assert!(!compiled(&rule).needs_numbers());
}

#[test]
fn what_a_text_tells_is_looked_at_before_it_is_told() {
    let rule = rule(
        json!({ "actions": [{ "key": "note", "value": { "text": "{cr} {event:deposit}" } }] }),
    );
    let read = compiled(&rule);

    let metrics: Vec<String> = read.metrics().iter().map(ToString::to_string).collect();
    assert_eq!(metrics, ["cr", "event:deposit"]);
    assert_eq!(Asked::default().verdict(&rule), Verdict::NeedsNumbers);
    assert_eq!(Asked::default().with(&[]).verdict(&rule), Verdict::Holds);
}

// --- What is refused -----------------------------------------------------------------------------

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

// --- What is planned -----------------------------------------------------------------------------

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
fn a_visitor_cannot_put_more_than_himself_on_a_list() {
    let add = acting("list_add", json!({ "list_id": 1 }));
    let remove = acting("list_remove", json!({ "list_id": 1 }));
    for value in [
        "*",
        "zone*",
        "/.*/",
        "/x/i",
        "@empty",
        " x",
        "x\ny",
        &"x".repeat(1_001),
    ] {
        let group = Asked::group(&["5", value]);
        let told = refusal(&add, &group);
        assert!(told.contains("list"), "{value}: {told}");
        // What stands there already can be taken off.
        assert!(matches!(effect(&remove, &group), Effect::List { .. }));
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
        "R 3: US push/zone7, -60 %, -, 2\nCampaign: US push (5), Source: zone7\n2026-05-10 20:00 EEST {x}"
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

// --- What is doubted -----------------------------------------------------------------------------

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

    for key in [
        "rule_actions",
        "rule_facts",
        "rule_words",
        "dimensions",
        "metrics",
        "event_metrics",
    ] {
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
