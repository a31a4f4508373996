//! Documents of rules, right and wrong.

use chrono::DateTime;
use serde_json::{Value, json};

use super::*;
use crate::domain::period;

fn fields(document: Value) -> Vec<String> {
    let problems = Rule::read(&document).unwrap_err().into_iter();
    problems.map(|one| one.field).collect()
}

#[test]
fn what_is_stored_reads_back() {
    let document = json!({
        "id": 3, "version": 2, "name": "Stop", "state": "active",
        "scope": { "campaign_ids": [1, 2], "traffic_source_ids": [], "offer_ids": [4] },
        "moment": { "kind": "conversion", "statuses": ["sale"], "events": ["deposit"] },
        "group_by": ["campaign_id", "source"],
        "window": { "kind": "hours", "last": 6, "skip_hours": 1 },
        "basis": "conversion", "revenue": "confirmed", "without_bots": true,
        "minimum": { "clicks": 500, "conversions": 1, "cost": "2.5" },
        "conditions": { "any": [
            { "metric": "roi", "is": "<", "value": "-50" },
            { "all": [
                { "metric": "cost", "is": ">=", "times": { "value": "3", "of": "payout" } },
                { "fact": "country", "is": "not_in", "values": ["US"] },
            ] },
        ] },
        "actions": [
            { "key": "pause_campaign", "value": true },
            { "key": "list_add", "value": { "list_id": 7 } },
        ],
        "cooldown_minutes": 30, "max_per_day": 5, "timezone": "Europe/Kyiv", "dry_run": true,
        "notes": "", "created_at": 10, "updated_at": 20,
    });

    let read = Rule::read(&document).unwrap();

    assert_eq!(serde_json::to_value(&read).unwrap(), document);
    let named: Vec<String> = read
        .references()
        .into_iter()
        .map(|(field, one)| format!("{field}: {one}"))
        .collect();
    assert_eq!(
        named,
        [
            "scope.campaign_ids[0]: campaign 1",
            "scope.campaign_ids[1]: campaign 2",
            "scope.offer_ids[0]: offer 4",
            "actions[1].value.list_id: list 7",
        ]
    );
}

#[test]
fn a_rule_left_plain_looks_at_all_of_today_every_ten_minutes() {
    let read = Rule::read(&json!({ "name": "R", "actions": [{ "key": "note" }] })).unwrap();

    assert_eq!(read.moment, Moment::Every { minutes: 10 });
    assert_eq!(read.basis, Basis::Click);
    assert_eq!(read.conditions, Condition::All(Vec::new()));
    assert_eq!((read.cooldown_minutes, read.timezone), (60, None));
}

#[test]
fn mistakes_are_told_where_they_are() {
    let mut deep = json!({ "metric": "roi", "is": "<", "value": "1" });
    for _ in 0..4 {
        deep = json!({ "all": [deep] });
    }
    let problems = fields(json!({
        "name": "R", "moment": { "kind": "every", "minutes": 0 },
        "group_by": ["source", "source"], "window": { "kind": "hours", "last": 0 },
        "conditions": { "all": [
            { "metric": "roi", "value": "1" },
            { "metric": "roi", "is": "<" },
            { "metric": "roi", "is": "~", "value": "x" },
            { "metric": "roi", "fact": "country" },
            {}, deep,
        ] },
        "actions": [{}],
    }));

    assert_eq!(
        problems,
        [
            "moment.minutes",
            "group_by",
            "window.last",
            "conditions.all[0].is",
            "conditions.all[1].value",
            "conditions.all[2].is",
            "conditions.all[2].value",
            "conditions.all[3]",
            "conditions.all[3].metric",
            "conditions.all[3].fact",
            "conditions.all[4]",
            "conditions.all[5].all[0].all[0].all",
            "actions[0].key",
        ]
    );
    assert_eq!(fields(json!({ "name": "R" })), ["actions"]);
}

#[test]
fn windows_are_of_the_zone_and_leave_the_newest_hours_out() {
    let at = |text: &str| {
        let read = DateTime::parse_from_rfc3339(text);
        read.unwrap().timestamp_millis()
    };
    let zone = period::zone("Asia/Kolkata");
    let now = at("2026-05-10T20:00:00Z");
    let span = |kind, last, skip_hours| {
        let window = Window {
            kind,
            last,
            skip_hours,
        };
        window.span(now, zone)
    };
    use super::window::WindowKind::*;
    let midnight = at("2026-05-10T18:30:00Z");
    let day = 86_400_000;

    assert_eq!(span(Today, 0, 0), (midnight, now + 1));
    assert_eq!(span(Today, 0, 1), (midnight, now + 1 - 3_600_000));
    assert_eq!(span(Today, 0, 5), (midnight, midnight));
    assert_eq!(span(Yesterday, 0, 0), (midnight - day, midnight));
    assert_eq!(span(Hours, 6, 0), (now - 6 * 3_600_000, now + 1));
    assert_eq!(span(Days, 1, 0), (midnight, now + 1));
    assert_eq!(span(Days, 7, 0), (midnight - 6 * day, now + 1));
    assert_eq!(span(All, 0, 0), (0, now + 1));
}
