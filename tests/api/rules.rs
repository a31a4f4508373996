//! Rules as they are saved: what is refused, what is warned of, and ready-made ones.

use serde_json::{Value, json};

use crate::tracker::{Tracker, spawn};

const RULES: &str = "/api/v1/rules";
const PRESETS: &str = "/api/v1/presets/rules";

fn pausing(name: &str, key: &str) -> Value {
    json!({ "name": name, "group_by": ["campaign_id"], "minimum": { "clicks": 500 },
        "conditions": { "all": [{ "metric": "roi", "is": "<", "value": "-50" }] },
        "actions": [{ "key": key }] })
}

fn saved(tracker: &Tracker, rule: &Value) -> Value {
    let (status, answer) = tracker.post(RULES, rule);
    assert_eq!(status, 201, "{answer:#}");
    answer
}

/// `field: code` of each problem or warning.
fn told(problems: &Value) -> Vec<String> {
    let problems = problems.as_array().unwrap().iter();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    problems
        .map(|one| format!("{}: {}", text(one, "field"), text(one, "code")))
        .collect()
}

fn refused(answer: (u16, Value)) -> Vec<String> {
    assert_eq!(answer.0, 422, "{:#}", answer.1);
    told(&answer.1["problems"])
}

#[test]
fn a_rule_is_saved_as_it_was_sent_and_read_again_after_a_restart() {
    let mut tracker = spawn();

    let saved = saved(&tracker, &pausing("Stop", "pause_campaign"));
    tracker.stop();
    tracker.start();
    let (status, read) = tracker.get(&format!("{RULES}/{}", saved["id"]));

    assert_eq!(status, 200);
    assert_eq!(read, saved);
    assert_eq!(saved["warnings"], json!([]));
    assert_eq!(saved["conditions"]["all"][0]["metric"], "roi");
}

#[test]
fn what_does_not_compile_is_refused_however_it_is_saved() {
    let tracker = spawn();
    let mut bad = pausing("Stop", "pause_campain");
    bad["conditions"]["all"][0]["metric"] = json!("roii");
    bad["group_by"] = json!(["campaign"]);
    let expected = [
        "group_by[0]: unknown",
        "conditions.all[0].metric: unknown",
        "actions[0].key: unknown",
    ];

    assert_eq!(refused(tracker.post(RULES, &bad)), expected);

    let saved = saved(&tracker, &pausing("Stop", "pause_campaign"));
    let one = format!("{RULES}/{}", saved["id"]);
    bad["version"] = saved["version"].clone();
    assert_eq!(refused(tracker.put(&one, &bad)), expected);
    let patch = json!({ "group_by": [] });
    assert_eq!(
        refused(tracker.patch(&one, &patch)),
        ["actions[0].value.campaign_id: required"]
    );
    let list = json!({ "actions": [{ "key": "list_add", "value": { "list_id": 77 } }] });
    assert_eq!(
        refused(tracker.patch(&one, &list)),
        ["actions[0].value.list_id: unknown_reference"]
    );
    let (_, unchanged) = tracker.get(&one);
    assert_eq!(unchanged["version"], saved["version"]);
}

#[test]
fn a_shape_that_is_wrong_is_told_together_with_words_that_are_unknown() {
    let tracker = spawn();
    let mut bad = pausing("", "pause_campain");
    bad["moment"] = json!({ "kind": "every", "minutes": 0 });

    let found = refused(tracker.post(RULES, &bad));

    assert_eq!(
        found,
        [
            "name: required",
            "moment.minutes: out_of_range",
            "actions[0].key: unknown"
        ]
    );
}

#[test]
fn rules_that_undo_each_other_are_told_on_both() {
    let tracker = spawn();
    let pause = saved(&tracker, &pausing("Stop", "pause_campaign"));
    let resume = saved(&tracker, &pausing("Go", "resume_campaign"));

    let message = resume["warnings"][0]["message"].as_str().unwrap();
    assert_eq!(
        message,
        "Rule 1 \"Stop\" pauses what this one resumes; the cool-down keeps them from taking turns."
    );
    let one = format!("{RULES}/{}", pause["id"]);
    assert_eq!(
        told(&tracker.get(&one).1["warnings"]),
        ["actions[0]: opposed"]
    );

    let (status, paused) = tracker.patch(
        &format!("{RULES}/{}", resume["id"]),
        &json!({ "state": "paused" }),
    );
    assert_eq!((status, &paused["warnings"]), (200, &json!([])));
    assert_eq!(tracker.get(&one).1["warnings"], json!([]));
}

#[test]
fn what_may_not_be_meant_is_a_warning() {
    let tracker = spawn();
    let campaign = tracker.simple_campaign("old");
    let mut rule = pausing("Raise", "note");
    rule["scope"] = json!({ "campaign_ids": [campaign] });
    rule["cooldown_minutes"] = json!(0);
    rule["actions"] = json!([
        { "key": "budget", "value": { "raise": "20" } },
        { "key": "note", "value": { "text": "{campain_name}" } },
    ]);
    let saved = saved(&tracker, &rule);
    let path = format!("/api/v1/campaigns/{campaign}");
    let (status, _) = tracker.patch(&path, &json!({ "state": "archived" }));
    assert_eq!(status, 200);

    let (_, read) = tracker.get(&format!("{RULES}/{}", saved["id"]));

    let mut found = told(&read["warnings"]);
    found.sort();
    assert_eq!(
        found,
        [
            "actions[0].value.most: no_bound",
            "actions[1].value.text: unknown_macro",
            "cooldown_minutes: no_cooldown",
            "scope.campaign_ids[0]: archived_reference",
        ]
    );
}

#[test]
fn a_ready_made_rule_is_stored_once_its_ids_are_filled_in() {
    let tracker = spawn();
    let list = tracker.create("/api/v1/lists", &json!({ "name": "Black" }));
    let campaign = tracker.simple_campaign("us-push");
    let (_, listed) = tracker.get("/api/v1/presets?kind=rule");
    assert!(listed["items"].as_array().unwrap().len() >= 6);

    let path = format!("{PRESETS}/blacklist-placements");
    let (_, empty) = tracker.get(&path);
    assert_eq!(empty["asks"][1]["key"], "list_id");
    assert_eq!(
        refused(tracker.post(RULES, &empty["document"])),
        ["actions[0].value.list_id: required"]
    );
    let query = format!("?list_id={}&campaign_ids={}", list, campaign);
    let (status, filled) = tracker.get(&format!("{path}{query}"));
    assert_eq!(status, 200, "{filled:#}");
    let saved = saved(&tracker, &filled["document"]);

    assert_eq!(saved["warnings"], json!([]));
    assert_eq!(saved["name"], filled["name"]);
    assert_eq!(saved["actions"][0]["value"]["list_id"], list);
    assert_eq!(tracker.get(&format!("{path}?list_id=x")).0, 422);
    let (status, answer) = tracker.get(&format!("{PRESETS}/blacklist"));
    assert_eq!(status, 404, "{answer:#}");
}

#[test]
fn options_tell_what_rules_can_be_made_of() {
    let tracker = spawn();

    let (_, options) = tracker.get("/api/v1/options");

    let keys = |table: &str| -> Vec<String> {
        let rows = options[table].as_array().unwrap().iter();
        rows.map(|row| row["key"].as_str().unwrap().to_owned())
            .collect()
    };
    for (table, key) in [
        ("rule_actions", "list_add"),
        ("rule_facts", "previous_status"),
        ("metrics", "roi"),
        ("dimensions", "source"),
        ("filters", "country"),
    ] {
        assert!(keys(table).contains(&key.to_owned()), "{table}");
    }
    let actions = options["rule_actions"].as_array().unwrap();
    let add = actions.iter().find(|one| one["key"] == "list_add").unwrap();
    assert_eq!(
        add["settings"][0]["input"],
        json!({ "kind": "id", "of": "lists" })
    );
    assert_eq!(add["settings"][0]["is_required"], true);
}
