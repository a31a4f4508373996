//! What clocks show, in zones of every kind.

use chrono::{DateTime, TimeZone};
use proptest::prelude::*;

use super::*;

const UNITS: [Unit; 7] = [
    Unit::Hour,
    Unit::Day,
    Unit::Week,
    Unit::Month,
    Unit::Year,
    Unit::Weekday,
    Unit::HourOfDay,
];

fn at(text: &str) -> i64 {
    let read = DateTime::parse_from_rfc3339(text);
    read.expect("a time").timestamp_millis()
}

fn shown(unit: Unit, zone: &str, time: &str) -> String {
    let mut calendar = Calendar::new(unit, period::zone(zone));
    unit.text(calendar.stretch(at(time)).value)
}

#[test]
fn each_unit_is_written_as_people_read_it() {
    let expected = [
        "2026-11-20 14:00",
        "2026-11-20",
        "2026-11-16",
        "2026-11",
        "2026",
        "5",
        "14",
    ];
    for (unit, expected) in UNITS.into_iter().zip(expected) {
        assert_eq!(shown(unit, "UTC", "2026-11-20T14:59:59Z"), expected);
    }
    assert_eq!(
        shown(Unit::Week, "UTC", "2026-11-16T00:00:00Z"),
        "2026-11-16"
    );
    assert_eq!(
        shown(Unit::Week, "UTC", "2026-11-22T23:59:59Z"),
        "2026-11-16"
    );
    assert_eq!(shown(Unit::Weekday, "UTC", "2026-11-22T23:59:59Z"), "7");
    assert_eq!(
        shown(Unit::Week, "UTC", "1969-12-28T12:00:00Z"),
        "1969-12-22"
    );
    assert_eq!(shown(Unit::HourOfDay, "UTC", "1969-12-31T01:00:00Z"), "01");
}

#[test]
fn clocks_of_half_an_hour_begin_their_hours_at_half_past() {
    for (time, hour, day) in [
        ("2026-01-01T18:29:59.999Z", "2026-01-01 23:00", "2026-01-01"),
        ("2026-01-01T18:30:00Z", "2026-01-02 00:00", "2026-01-02"),
    ] {
        assert_eq!(shown(Unit::Hour, "Asia/Kolkata", time), hour);
        assert_eq!(shown(Unit::Day, "Asia/Kolkata", time), day);
    }
}

/// The lengths in hours of the stretches from one time to another.
fn lengths(unit: Unit, zone: &str, from: &str, to: &str) -> Vec<(String, i64)> {
    let mut calendar = Calendar::new(unit, period::zone(zone));
    let (mut from, to) = (at(from), at(to));
    let mut found = Vec::new();
    while from < to {
        let stretch = calendar.stretch(from);
        assert_eq!(stretch.from, from);
        let minutes = (stretch.to - stretch.from) / 60_000;
        found.push((unit.text(stretch.value), minutes));
        from = stretch.to;
    }
    found
}

fn told(lengths: &[(String, i64)]) -> Vec<(&str, i64)> {
    lengths
        .iter()
        .map(|(text, length)| (&**text, *length))
        .collect()
}

#[test]
fn where_clocks_are_set_forward_a_day_is_short_and_an_hour_missing() {
    let (kyiv, from) = ("Europe/Kyiv", "2026-03-28T22:00:00Z");

    let days = lengths(Unit::Day, kyiv, from, "2026-03-29T22:00:00Z");
    let hours = lengths(Unit::Hour, kyiv, from, "2026-03-29T02:00:00Z");

    // A change cuts its day in two.
    let whole: i64 = days
        .iter()
        .filter(|(day, _)| day == "2026-03-29")
        .map(|(_, one)| one)
        .sum();
    assert_eq!(whole, 23 * 60);
    let shown: Vec<&str> = hours.iter().map(|(hour, _)| &hour[11..]).collect();
    assert_eq!(shown, ["00:00", "01:00", "02:00", "04:00"]);
}

#[test]
fn where_clocks_are_set_back_a_day_is_long_and_an_hour_is_shown_twice() {
    let (kyiv, from) = ("Europe/Kyiv", "2026-10-24T21:00:00Z");

    let days = lengths(Unit::Day, kyiv, from, "2026-10-25T22:00:00Z");
    let hours = lengths(Unit::Hour, kyiv, from, "2026-10-25T03:00:00Z");

    let whole: i64 = days.iter().map(|(_, one)| one).sum();
    assert_eq!(whole, 25 * 60);
    let shown: Vec<&str> = hours.iter().map(|(hour, _)| &hour[11..]).collect();
    assert_eq!(
        shown,
        ["00:00", "01:00", "02:00", "03:00", "03:00", "04:00"]
    );
}

#[test]
fn a_change_of_half_an_hour_cuts_the_hour_that_it_falls_into() {
    // Lord Howe goes from 02:00 to 02:30 on 2026-10-04, and at 02:00 back to 01:30 on 2026-04-05.
    let zone = "Australia/Lord_Howe";

    let spring = lengths(
        Unit::Hour,
        zone,
        "2026-10-03T14:30:00Z",
        "2026-10-03T17:00:00Z",
    );
    let autumn = lengths(
        Unit::Hour,
        zone,
        "2026-04-04T14:00:00Z",
        "2026-04-04T16:30:00Z",
    );

    let spring = told(&spring);
    assert_eq!(
        spring,
        [
            ("2026-10-04 01:00", 60),
            ("2026-10-04 02:00", 30),
            ("2026-10-04 03:00", 60)
        ]
    );
    let autumn = told(&autumn);
    assert_eq!(
        autumn,
        [
            ("2026-04-05 01:00", 60),
            ("2026-04-05 01:00", 30),
            ("2026-04-05 02:00", 60)
        ]
    );
}

#[test]
fn clocks_set_back_over_midnight_show_a_day_once_more() {
    // At one minute past midnight St. John's went back to 23:01 of the day before.
    let zone = "America/St_Johns";

    let days = lengths(
        Unit::Day,
        zone,
        "2010-11-06T02:30:00Z",
        "2010-11-08T03:30:00Z",
    );

    assert_eq!(
        told(&days),
        [
            ("2010-11-06", 24 * 60),
            ("2010-11-07", 1),
            ("2010-11-06", 59),
            ("2010-11-07", 24 * 60)
        ]
    );
}

#[test]
fn offsets_of_seconds_are_kept_to() {
    // Kyiv was 2:02:04 ahead of Greenwich until 1924.
    for (time, expected) in [
        ("1910-05-05T21:57:55.999Z", "1910-05-05 23:00"),
        ("1910-05-05T21:57:56Z", "1910-05-06 00:00"),
    ] {
        assert_eq!(shown(Unit::Hour, "Europe/Kyiv", time), expected);
    }
}

proptest! {
    #[test]
    fn every_moment_of_a_stretch_shows_what_the_zone_says(
        seconds in -3_000_000_000i64..4_000_000_000, within in 0.0f64..1.0,
        zone in prop::sample::select(vec!["UTC", "Europe/Kyiv", "Asia/Kolkata",
            "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo",
            "Asia/Beirut", "Africa/Casablanca", "America/New_York", "Africa/Monrovia"])
    ) {
        let zone = period::zone(zone);
        for (unit, format) in UNITS.into_iter().zip(["%Y-%m-%d %H:00", "%Y-%m-%d", "", "%Y-%m", "%Y", "%u", "%H"]) {
            let mut calendar = Calendar::new(unit, zone);
            let stretch = calendar.stretch(seconds * 1_000);
            prop_assert!(stretch.holds(seconds * 1_000));
            let inside = stretch.from + ((stretch.to - stretch.from - 1) as f64 * within) as i64;
            prop_assert_eq!(calendar.stretch(inside), stretch);
            for at in [stretch.from, inside, stretch.to - 1] {
                let time = DateTime::from_timestamp_millis(at).expect("a time");
                let local = zone.from_utc_datetime(&time.naive_utc());
                let expected = match unit {
                    Unit::Week => {
                        let week = local.date_naive().week(chrono::Weekday::Mon);
                        week.first_day().to_string()
                    }
                    _ => local.format(format).to_string(),
                };
                prop_assert_eq!(unit.text(stretch.value), expected);
            }
        }
    }

    #[test]
    fn no_time_panics(at: i64) {
        for unit in UNITS {
            let stretch = Calendar::new(unit, period::zone("Europe/Kyiv")).stretch(at);
            let _ = unit.text(stretch.value);
        }
    }
}
