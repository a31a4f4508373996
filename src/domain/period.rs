//! Hours and days of a time zone, as numbers.
//!
//! A day is a date of the zone's calendar, so it has 23 or 25 hours when clocks change. An hour is
//! one real hour that begins where the zone's clocks show `:00`; the hour that is shown twice in
//! autumn is two of them.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;

const HOUR_SECONDS: i64 = 3_600;

/// The zone of that IANA name; UTC where there is none, which checking a document has refused.
pub fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// The number of the day since 1970-01-01 that the zone's calendar shows at a time in UTC
/// milliseconds.
pub fn day(at: i64, zone: Tz) -> i64 {
    let local = at.div_euclid(1_000) + offset_seconds(at, zone);
    local.div_euclid(24 * HOUR_SECONDS)
}

/// The number of the hour since 1970. It never falls while time goes on.
pub fn hour(at: i64, zone: Tz) -> i64 {
    // Only the part of the offset below an hour shifts where an hour begins; whole hours would let
    // the numbers repeat when clocks are set back.
    let shift = offset_seconds(at, zone).rem_euclid(HOUR_SECONDS);
    (at.div_euclid(1_000) + shift).div_euclid(HOUR_SECONDS)
}

/// When a day of the zone begins, in UTC milliseconds: at midnight, or at the first moment after
/// it where clocks skip midnight.
pub fn day_start(day: i64, zone: Tz) -> i64 {
    let midnight = NaiveDateTime::new(date(day), NaiveTime::MIN);
    if let Some(start) = zone.from_local_datetime(&midnight).earliest() {
        return start.timestamp_millis();
    }
    // Clocks jump over midnight, by an hour or half of one (once, a whole day was left out).
    let skipped = (1..=48).filter_map(|quarters| {
        let later = midnight.checked_add_signed(chrono::TimeDelta::minutes(quarters * 30))?;
        zone.from_local_datetime(&later).earliest()
    });
    let start = skipped.map(|at| at.timestamp_millis()).next();
    start.unwrap_or(midnight.and_utc().timestamp_millis())
}

/// The date of a day's number; the calendar's ends beyond it.
pub fn date(day: i64) -> NaiveDate {
    let found = match u64::try_from(day) {
        Ok(days) => NaiveDate::default().checked_add_days(Days::new(days)),
        Err(_) => NaiveDate::default().checked_sub_days(Days::new(day.unsigned_abs())),
    };
    found.unwrap_or(if day < 0 {
        NaiveDate::MIN
    } else {
        NaiveDate::MAX
    })
}

/// The number of the day that is written `2026-01-31`.
pub fn parse_date(text: &str) -> Option<i64> {
    let is_plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    date.filter(|_| is_plain)
        .map(|date| date.signed_duration_since(NaiveDate::default()).num_days())
}

/// Seconds by which the clocks of the zone are ahead of UTC.
pub fn offset_seconds(at: i64, zone: Tz) -> i64 {
    if zone == Tz::UTC {
        return 0;
    }
    DateTime::from_timestamp_millis(at).map_or(0, |at| {
        let offset = zone.offset_from_utc_datetime(&at.naive_utc());
        i64::from(offset.fix().local_minus_utc())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> i64 {
        let read = DateTime::parse_from_rfc3339(text);
        read.expect("a time").timestamp_millis()
    }

    fn shown_day(text: &str, name: &str) -> String {
        date(day(at(text), zone(name))).to_string()
    }

    #[test]
    fn a_day_is_the_date_that_the_zone_shows() {
        let cases = [
            ("2026-01-01T00:00:00Z", "UTC", "2026-01-01"),
            ("2026-01-01T21:59:59Z", "Europe/Kyiv", "2026-01-01"),
            ("2026-01-01T22:00:00Z", "Europe/Kyiv", "2026-01-02"),
            ("2026-07-01T20:59:59Z", "Europe/Kyiv", "2026-07-01"),
            ("2026-07-01T21:00:00Z", "Europe/Kyiv", "2026-07-02"),
            ("2026-01-01T18:29:59Z", "Asia/Kolkata", "2026-01-01"),
            ("2026-01-01T18:30:00Z", "Asia/Kolkata", "2026-01-02"),
            ("2026-01-01T04:59:59Z", "America/New_York", "2025-12-31"),
            ("1969-12-31T23:59:59Z", "UTC", "1969-12-31"),
        ];
        for (time, name, expected) in cases {
            assert_eq!(shown_day(time, name), expected, "{time} {name}");
        }
    }

    #[test]
    fn days_on_which_clocks_change_have_23_and_25_hours() {
        let kyiv = zone("Europe/Kyiv");
        let length = |text: &str| {
            let day = parse_date(text).expect("a day");
            (day_start(day + 1, kyiv) - day_start(day, kyiv)) / 3_600_000
        };

        assert_eq!(length("2026-03-28"), 24);
        assert_eq!(length("2026-03-29"), 23);
        assert_eq!(length("2026-10-25"), 25);
    }

    #[test]
    fn a_day_without_midnight_begins_at_its_first_moment() {
        // Clocks in Beirut went from 2025-03-29 24:00 to 2025-03-30 01:00.
        let beirut = zone("Asia/Beirut");
        let day = parse_date("2025-03-30").expect("a day");

        assert_eq!(day_start(day, beirut), at("2025-03-29T22:00:00Z"));
    }

    #[test]
    fn hours_begin_where_clocks_show_a_full_hour() {
        let kolkata = zone("Asia/Kolkata");
        let before = hour(at("2026-01-01T10:29:59Z"), kolkata);

        assert_eq!(hour(at("2026-01-01T10:30:00Z"), kolkata), before + 1);
        assert_eq!(hour(at("2026-01-01T11:29:59Z"), kolkata), before + 1);
        let utc = zone("UTC");
        assert_eq!(
            hour(at("2026-01-01T10:59:59Z"), utc) + 1,
            hour(at("2026-01-01T11:00:00Z"), utc)
        );
    }

    #[test]
    fn the_hour_that_is_shown_twice_is_two_hours() {
        // 03:30 in Kyiv comes at 00:30 and at 01:30 UTC on 2026-10-25.
        let kyiv = zone("Europe/Kyiv");

        let first = hour(at("2026-10-25T00:30:00Z"), kyiv);
        let second = hour(at("2026-10-25T01:30:00Z"), kyiv);

        assert_eq!(second, first + 1);
    }

    #[test]
    fn dates_are_read_in_one_spelling_only() {
        assert_eq!(parse_date("1970-01-02"), Some(1));
        assert_eq!(parse_date("2026-02-29"), None);
        for bad in ["2026-1-2", "02.01.2026", "", "2026-01-02 ", "+026-01-02"] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn numbers_never_fall_while_time_goes_on(
            seconds in 0i64..4_000_000_000, step in 0i64..200_000,
            name in prop::sample::select(vec!["UTC", "Europe/Kyiv", "Asia/Kolkata",
                "America/St_Johns", "Pacific/Auckland", "Asia/Kathmandu", "America/Sao_Paulo"])
        ) {
            let (now, later) = (seconds * 1_000, (seconds + step) * 1_000);
            let zone = zone(name);
            prop_assert!(day(now, zone) <= day(later, zone));
            prop_assert!(hour(now, zone) <= hour(later, zone));
        }

        #[test]
        fn every_moment_lies_in_its_own_day(
            seconds in 500_000_000i64..4_000_000_000,
            name in prop::sample::select(vec!["UTC", "Europe/Kyiv", "Asia/Kolkata",
                "Asia/Beirut", "America/Sao_Paulo", "America/New_York"])
        ) {
            let (now, zone) = (seconds * 1_000, zone(name));
            let day = day(now, zone);
            prop_assert!(day_start(day, zone) <= now);
            prop_assert!(now < day_start(day + 1, zone));
        }

        #[test]
        fn no_time_panics(at: i64, number: i64) {
            let zone = zone("Europe/Kyiv");
            let _ = (day(at, zone), hour(at, zone), date(number));
        }
    }
}
