//! Times in zones.

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Interval, Positions};
use super::asked;
use crate::domain::period;
use crate::report::calendar::{Calendar, Unit};

fn at(text: &str) -> i64 {
    let read = DateTime::parse_from_rfc3339(text);
    read.expect("a time").timestamp_millis()
}

fn shown(interval: Interval) -> String {
    let text = |at| {
        let at = DateTime::from_timestamp_millis(at).expect("a time");
        at.format("%Y-%m-%dT%H:%M").to_string()
    };
    format!("{} {}", text(interval.from), text(interval.to))
}

/// The time that is asked for, and the one before it, both in UTC.
fn times(range: &Value, zone: &str, now: &str) -> (String, String) {
    let request = asked(json!({"range": range, "timezone": zone, "compare": "previous"}));
    let (now, before) = request.intervals(at(now));
    (shown(now), before.map_or_else(String::new, shown))
}

#[test]
fn presets_are_days_of_the_zone() {
    // A Wednesday; in Kyiv it is 01:30 of the Thursday.
    let now = "2026-11-18T23:30:00Z";
    let cases = [
        ("today", "UTC", "2026-11-18T00:00 2026-11-19T00:00"),
        ("today", "Europe/Kyiv", "2026-11-18T22:00 2026-11-19T22:00"),
        (
            "yesterday",
            "Europe/Kyiv",
            "2026-11-17T22:00 2026-11-18T22:00",
        ),
        ("last_7_days", "UTC", "2026-11-12T00:00 2026-11-19T00:00"),
        ("7_days_ago", "UTC", "2026-11-12T00:00 2026-11-19T00:00"),
        ("last_30_days", "UTC", "2026-10-20T00:00 2026-11-19T00:00"),
        ("this_week", "UTC", "2026-11-16T00:00 2026-11-23T00:00"),
        ("last_week", "UTC", "2026-11-09T00:00 2026-11-16T00:00"),
        (
            "this_month",
            "Asia/Kolkata",
            "2026-10-31T18:30 2026-11-30T18:30",
        ),
        (
            "last_month",
            "Europe/Kyiv",
            "2026-09-30T21:00 2026-10-31T22:00",
        ),
        ("this_quarter", "UTC", "2026-10-01T00:00 2027-01-01T00:00"),
        ("last_quarter", "UTC", "2026-07-01T00:00 2026-10-01T00:00"),
        ("this_year", "UTC", "2026-01-01T00:00 2027-01-01T00:00"),
        ("last_year", "UTC", "2025-01-01T00:00 2026-01-01T00:00"),
    ];
    for (preset, zone, expected) in cases {
        let (found, _) = times(&json!({"preset": preset}), zone, now);
        assert_eq!(found, expected, "{preset} {zone}");
    }
    let all = asked(json!({"range": {"preset": "all_time"}})).intervals(at(now));
    assert_eq!(shown(all.0), "1970-01-01T00:00 2026-11-19T00:00");
    let none = asked(json!({})).intervals(at(now));
    assert_eq!(shown(none.0), "2026-11-18T00:00 2026-11-19T00:00");
}

#[test]
fn a_range_is_on_the_clocks_of_the_zone_and_a_date_takes_in_its_day() {
    let cases = [
        (
            json!({"from": "2026-11-01", "to": "2026-11-02"}),
            "UTC",
            "2026-11-01T00:00 2026-11-03T00:00",
        ),
        (
            json!({"from": "2026-11-01"}),
            "UTC",
            "2026-11-01T00:00 2026-11-19T00:00",
        ),
        // Days on which clocks are set: of 23 hours and of 25.
        (
            json!({"from": "2026-03-29", "to": "2026-03-29"}),
            "Europe/Kyiv",
            "2026-03-28T22:00 2026-03-29T21:00",
        ),
        (
            json!({"from": "2026-10-25", "to": "2026-10-25"}),
            "Europe/Kyiv",
            "2026-10-24T21:00 2026-10-25T22:00",
        ),
        // Shown twice: the first is where a range begins, the last is where it ends.
        (
            json!({"from": "2026-10-25 03:30", "to": "2026-10-25T03:30"}),
            "Europe/Kyiv",
            "2026-10-25T00:30 2026-10-25T01:30",
        ),
        // Left out by the clocks.
        (
            json!({"from": "2026-03-29T03:30:00", "to": "2026-03-29T05:00"}),
            "Europe/Kyiv",
            "2026-03-29T01:00 2026-03-29T02:00",
        ),
        (
            json!({"from": "2026-11-01T10:00:00+05:30", "to": "2026-11-01T12:00:00Z"}),
            "Europe/Kyiv",
            "2026-11-01T04:30 2026-11-01T12:00",
        ),
        (
            json!({"from": 0, "to": 60_000}),
            "UTC",
            "1970-01-01T00:00 1970-01-01T00:01",
        ),
    ];
    for (range, zone, expected) in cases {
        let (found, _) = times(&range, zone, "2026-11-18T23:30:00Z");
        assert_eq!(found, expected, "{range} {zone}");
    }
}

#[test]
fn the_time_before_is_as_long_as_what_has_passed() {
    let cases = [
        (
            json!({"preset": "today"}),
            "UTC",
            "2026-11-17T00:00 2026-11-17T14:20",
        ),
        (
            json!({"preset": "yesterday"}),
            "UTC",
            "2026-11-16T00:00 2026-11-17T00:00",
        ),
        (
            json!({"preset": "last_7_days"}),
            "UTC",
            "2026-11-05T00:00 2026-11-11T14:20",
        ),
        (
            json!({"preset": "this_month"}),
            "UTC",
            "2026-10-01T00:00 2026-10-18T14:20",
        ),
        (
            json!({"preset": "last_month"}),
            "UTC",
            "2026-09-01T00:00 2026-10-01T00:00",
        ),
        (
            json!({"preset": "last_month"}),
            "Europe/Kyiv",
            "2026-08-31T21:00 2026-09-30T21:00",
        ),
        (
            json!({"preset": "this_year"}),
            "UTC",
            "2025-01-01T00:00 2025-11-18T14:20",
        ),
        (
            json!({"from": "2026-11-01", "to": "2026-11-10"}),
            "UTC",
            "2026-10-22T00:00 2026-11-01T00:00",
        ),
        // Clocks were set back on October 25: days stay days.
        (
            json!({"from": "2026-10-26", "to": "2026-10-27"}),
            "Europe/Kyiv",
            "2026-10-23T21:00 2026-10-25T22:00",
        ),
        (
            json!({"from": "2026-11-01T10:00", "to": "2026-11-01T12:00"}),
            "UTC",
            "2026-11-01T08:00 2026-11-01T10:00",
        ),
        (
            json!({"from": "2027-01-01", "to": "2027-01-02"}),
            "UTC",
            "2026-12-30T00:00 2027-01-01T00:00",
        ),
    ];
    for (range, zone, expected) in cases {
        let (_, found) = times(&range, zone, "2026-11-18T14:20:00Z");
        assert_eq!(found, expected, "{range} {zone}");
    }
    let with = asked(json!({"range": {"preset": "today"}, "compare": {"preset": "last_week"}}));
    let (_, before) = with.intervals(at("2026-11-18T14:20:00Z"));
    assert_eq!(
        before.map(shown).as_deref(),
        Some("2026-11-09T00:00 2026-11-16T00:00")
    );
}

proptest! {
    #[test]
    fn every_stretch_of_time_has_one_at_its_place_before(
        day in 18_000i64..22_000, length in 1i64..40, unit in 0usize..5,
        zone in prop::sample::select(vec!["UTC", "Europe/Kyiv", "Asia/Kolkata", "America/Sao_Paulo"])
    ) {
        let (key, unit) = [("hour", Unit::Hour), ("day", Unit::Day), ("week", Unit::Week),
            ("month", Unit::Month), ("year", Unit::Year)][unit];
        let zone_of = period::zone(zone);
        let range = json!({"from": period::date(day).to_string(), "to": period::date(day + length - 1).to_string()});
        let request = asked(json!({"range": range, "timezone": zone, "dimensions": [key], "compare": "previous"}));
        let (now, before) = request.intervals(i64::MAX / 2);
        let before = before.expect("there is one");

        let positions = Positions::new(&request.dimensions, now, before, zone_of);

        let mut calendar = Calendar::new(unit, zone_of);
        let mut text = |at| unit.text(calendar.stretch(at).value);
        let (first, last) = (text(now.from), text(now.to - 1));
        let first_before = text(before.from);
        prop_assert_eq!(positions.before(0, Some(&first)), Some(Some(first_before.as_str())));
        prop_assert!(positions.before(0, Some(&last)).is_some());
        prop_assert_eq!(positions.before(0, None), Some(None));
        prop_assert_eq!(positions.before(0, Some("nothing of the kind")), None);
    }
}
