//! Times in zones, and requests with what is wrong about them.

use std::sync::Arc;

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::documents::Documents;
use crate::domain::entity::Entity;
use crate::domain::event::Event;
use crate::domain::period;
use crate::domain::problem::Problem;
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

/// With the own event `deposit`.
fn documents() -> Documents {
    let event = Event::read(&json!({"name": "Deposit", "key": "deposit"})).expect("an event");
    Documents {
        events: [(1, Arc::new(event))].into(),
        ..Documents::default()
    }
}

fn read(document: &Value) -> Result<Request, Vec<Problem>> {
    Request::read(document, &documents())
}

fn asked(document: Value) -> Request {
    read(&document).unwrap_or_else(|problems| panic!("{document}: {problems:?}"))
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

#[test]
fn what_is_left_out_has_its_usual_value() {
    let request = asked(json!({"dimensions": ["country"]}));

    let keys: Vec<String> = request.metrics.iter().map(Figure::to_string).collect();
    assert_eq!(
        keys,
        [
            "clicks",
            "unique_clicks",
            "conversions",
            "revenue",
            "cost",
            "profit",
            "roi"
        ]
    );
    assert_eq!(
        (request.basis, request.view),
        (Basis::Click, View::default())
    );
    assert_eq!(
        (request.levels.len(), request.levels[0].limit),
        (1, LIMIT_DEFAULT)
    );
    let sort = &request.levels[0].sort[0];
    assert!(sort.is_descending && matches!(&sort.by, By::Figure(by) if by.to_string() == "clicks"));

    let by_day = asked(json!({"dimensions": ["day", "country"]}));
    let sort = &by_day.levels[0].sort[0];
    assert!(!sort.is_descending && matches!(sort.by, By::Dimension(0)));
}

#[test]
fn each_level_of_a_tree_has_the_sorts_that_are_about_it() {
    let request = asked(
        json!({"tree": true, "dimensions": ["campaign_id", "day"], "limit": 20,
        "sort": [{"by": "campaign"}, {"by": "cost"}], "levels": [{}, {"limit": 7}]}),
    );

    let [first, second] = &request.levels[..] else {
        panic!("two levels: {:?}", request.levels);
    };
    assert_eq!((first.limit, second.limit), (20, 7));
    assert!(matches!(first.sort[0].by, By::Name(0)), "{first:?}");
    assert_eq!((first.sort.len(), second.sort.len()), (2, 1));
    assert_eq!(
        second.sort[0].figure().map(Figure::to_string).as_deref(),
        Some("cost")
    );
}

#[test]
fn problems_name_their_field_and_the_way_out() {
    let many: Vec<String> = (1..12).map(|number| format!("sub_id_{number}")).collect();
    let cases = [
        (
            json!({"dimensions": ["contry"]}),
            "dimensions[0]",
            "\"country\"",
        ),
        (
            json!({"dimensions": ["country", "country"]}),
            "dimensions[1]",
            "twice",
        ),
        (json!({"dimensions": many}), "dimensions", "10"),
        (json!({"metrics": ["click"]}), "metrics[0]", "\"clicks\""),
        (
            json!({"metrics": ["event:depoist"]}),
            "metrics[0]",
            "\"deposit\"",
        ),
        (
            json!({"metrics": ["running:roi"]}),
            "metrics[0]",
            "only sums",
        ),
        (
            json!({"metrics": ["zzzzzz"]}),
            "metrics[0]",
            "/reports/fields",
        ),
        (
            json!({"timezone": "Europe/Kyev"}),
            "timezone",
            "\"Europe/Kyiv\"",
        ),
        (
            json!({"range": {"preset": "tody"}}),
            "range.preset",
            "\"today\"",
        ),
        (
            json!({"range": {"preset": "today", "from": "2026-01-01"}}),
            "range.preset",
            "one or the other",
        ),
        (
            json!({"range": {"to": "2026-01-01"}}),
            "range.from",
            "Which time",
        ),
        (
            json!({"range": {"from": "2026-02-30"}}),
            "range.from",
            "no time",
        ),
        (
            json!({"range": {"from": "2026-02-02", "to": "2026-02-01"}}),
            "range.to",
            "swap",
        ),
        (
            json!({"range": {"from": "1066-10-14"}}),
            "range.from",
            "1970 to 2099",
        ),
        (
            json!({"range": {"from": "2026-01-01", "to": "9999-01-01"}}),
            "range.to",
            "1970 to 2099",
        ),
        (json!({"compare": "before"}), "compare", "\"previous\""),
        (
            json!({"range": {"preset": "all_time"}, "compare": "previous"}),
            "compare",
            "all time",
        ),
        (
            json!({"compare": {"preset": "tody"}}),
            "compare.preset",
            "\"today\"",
        ),
        (
            json!({"filters": [{"dimension": "country", "operator": "equals", "value": "DE"}, {"dimension": "contry", "operator": "is_set"}]}),
            "filters[1].dimension",
            "\"country\"",
        ),
        (
            json!({"filters": [{"metric": "roi", "operator": "contains", "value": "1"}]}),
            "filters[0].operator",
            "for dimensions",
        ),
        (
            json!({"filters": [{"metric": "running:clicks", "operator": "less", "value": "1"}]}),
            "filters[0].metric",
            "order of the rows",
        ),
        (
            json!({"sort": [{"by": "running:clicks"}]}),
            "sort[0].by",
            "order of the rows",
        ),
        (
            json!({"sort": [{"by": "country"}]}),
            "sort[0].by",
            "among the dimensions",
        ),
        (
            json!({"dimensions": ["campaign_id"], "sort": [{"by": "campain"}]}),
            "sort[0].by",
            "\"campaign\"",
        ),
        (json!({"sort": [{}]}), "sort[0].by", "sorted by"),
        (json!({"limit": 0}), "limit", "1 to 10000"),
        (json!({"levels": [{"limit": 5}]}), "levels", "tree"),
        (
            json!({"tree": true, "dimensions": ["country", "city"], "levels": [{"sort": [{"by": "city"}]}]}),
            "levels[0].sort[0].by",
            "of that level",
        ),
        (json!({"basis": "clicks"}), "basis", "\"click\""),
        (json!({"revenue": "al"}), "revenue", "\"all\""),
        (
            json!({"dimension": ["country"]}),
            "dimension",
            "\"dimensions\"",
        ),
    ];
    for (document, field, told) in cases {
        let problems = read(&document).expect_err(&document.to_string());
        let first = &problems[0];
        assert_eq!(first.field, field, "{document}: {problems:?}");
        assert!(
            first.message.contains(told),
            "{document}: {}",
            first.message
        );
    }
}

#[test]
fn everything_that_fields_lists_can_be_asked_for() {
    let documents = documents();
    let fields = Fields::of(&documents);

    assert!(
        fields
            .metrics
            .iter()
            .any(|metric| metric.key == "event_rate:deposit")
    );
    for metric in &fields.metrics {
        let mut keys = vec![metric.key.clone()];
        if metric.has_running_total {
            keys.push(format!("running:{}", metric.key));
        }
        assert!(read(&json!({"metrics": keys})).is_ok(), "{keys:?}");
    }
    for dimension in &fields.dimensions {
        assert!(
            read(&json!({"dimensions": [dimension.key]})).is_ok(),
            "{dimension:?}"
        );
    }
    for preset in fields.presets {
        let keys = std::iter::once(preset.key).chain(preset.keitaro);
        for key in keys {
            assert!(read(&json!({"range": {"preset": key}})).is_ok(), "{key}");
        }
    }
}

#[test]
fn rows_above_those_of_conversions_are_summed_with_their_clicks() {
    let cases = [
        (json!({"dimensions": ["country", "os"]}), 2, false),
        (json!({"dimensions": ["country", "status", "os"]}), 1, true),
        (json!({"dimensions": ["status"]}), 0, true),
        (
            json!({"dimensions": ["status"], "filters": [{"metric": "sales", "operator": "greater", "value": 1}]}),
            0,
            false,
        ),
    ];
    for (document, of_clicks, both) in cases {
        let request = asked(document.clone());
        assert_eq!(
            (request.dimensions_of_clicks(), request.needs_both()),
            (of_clicks, both),
            "{document}"
        );
        assert!(request.counts_clicks(), "{document}");
    }
    let filtered =
        asked(json!({"filters": [{"dimension": "status", "operator": "equals", "value": "sale"}]}));
    assert!(!filtered.counts_clicks());
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
