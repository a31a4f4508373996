//! When a summary is sent.

use chrono::{NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use super::Summary;
use crate::domain::period;

const HOUR_MS: i64 = 3_600_000;
/// So long after its time it is still worth sending.
const LATE_MS: i64 = 6 * HOUR_MS;
/// Clocks once skipped a whole day; they never skip more.
const SKIPPED_MINUTES: i64 = 49 * 60;

/// The sending of one date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Number of the day in the summary's zone.
    pub day: i64,
    /// UTC milliseconds.
    pub at: i64,
    /// Too late to be sent.
    pub is_over: bool,
}

impl Summary {
    /// The last sending whose time has come, if the summary was there by then.
    pub fn due(&self, now: i64) -> Option<Due> {
        let zone = self.zone();
        let today = period::day(now, zone);
        // Clocks can skip from before a midnight to behind it, and once they skipped a whole day.
        let mut days = (today - 2..=today).rev();
        let (day, at) = days.find_map(|day| {
            let at = self.time_on(day, zone)?;
            (at <= now).then_some((day, at))
        })?;
        (at >= self.created_at).then_some(Due {
            day,
            at,
            is_over: now - at >= LATE_MS,
        })
    }

    pub fn zone(&self) -> Tz {
        period::zone(&self.timezone)
    }

    /// When it is sent on a day, in UTC milliseconds; `None` for a day that the zone left out.
    fn time_on(&self, day: i64, zone: Tz) -> Option<i64> {
        if period::day(period::day_start(day, zone), zone) != day {
            return None;
        }
        let time = NaiveTime::from_hms_opt(self.hour.into(), self.minute.into(), 0)?;
        let wanted = NaiveDateTime::new(period::date(day), time);
        let mut shown = (0..SKIPPED_MINUTES).filter_map(|minutes| {
            let later = wanted.checked_add_signed(TimeDelta::minutes(minutes))?;
            zone.from_local_datetime(&later).earliest()
        });
        shown.next().map(|at| at.timestamp_millis())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> i64 {
        let read = DateTime::parse_from_rfc3339(text);
        read.expect("a time").timestamp_millis()
    }

    fn summary(timezone: &str, hour: u8, minute: u8) -> Summary {
        Summary {
            timezone: timezone.to_owned(),
            hour,
            minute,
            ..Summary::default()
        }
    }

    fn due(summary: &Summary, now: &str) -> Option<(String, bool)> {
        let due = summary.due(at(now))?;
        Some((period::date(due.day).to_string(), due.is_over))
    }

    #[test]
    fn it_is_due_from_its_time_on_and_over_six_hours_later() {
        let summary = summary("Europe/Kyiv", 9, 30);
        let on = |date: &str, is_over| Some((date.to_owned(), is_over));

        assert_eq!(
            due(&summary, "2026-01-15T07:29:59Z"),
            on("2026-01-14", true)
        );
        assert_eq!(
            due(&summary, "2026-01-15T07:30:00Z"),
            on("2026-01-15", false)
        );
        assert_eq!(
            due(&summary, "2026-01-15T13:29:59Z"),
            on("2026-01-15", false)
        );
        assert_eq!(
            due(&summary, "2026-01-15T13:30:00Z"),
            on("2026-01-15", true)
        );
    }

    #[test]
    fn what_was_made_later_than_its_time_waits_for_the_next_day() {
        let mut summary = summary("UTC", 9, 0);
        summary.created_at = at("2026-01-15T09:00:01Z");

        assert_eq!(due(&summary, "2026-01-15T10:00:00Z"), None);
        assert!(due(&summary, "2026-01-16T09:00:00Z").is_some());
    }

    #[test]
    fn clocks_that_change_neither_swallow_nor_double_it() {
        // (zone, hour, minute, date, when it is sent)
        let cases = [
            // 03:00 -> 04:00.
            ("Europe/Kyiv", 3, 30, "2026-03-29", "2026-03-29T01:00:00Z"),
            // 04:00 -> 03:00: shown twice, the first counts.
            ("Europe/Kyiv", 3, 30, "2026-10-25", "2026-10-25T00:30:00Z"),
            // Half an hour, 02:00 -> 02:30.
            (
                "Australia/Lord_Howe",
                2,
                10,
                "2026-10-04",
                "2026-10-03T15:30:00Z",
            ),
            // Over midnight, 00:00 -> 01:00.
            ("Asia/Beirut", 0, 0, "2025-03-30", "2025-03-29T22:00:00Z"),
            // From before midnight, 23:00 on the 28th -> 00:00 on the 29th.
            (
                "America/Scoresbysund",
                23,
                30,
                "2026-03-28",
                "2026-03-29T01:00:00Z",
            ),
        ];
        for (zone, hour, minute, date, expected) in cases {
            let summary = summary(zone, hour, minute);
            let day = period::parse_date(date).expect("a day");

            let found = summary.time_on(day, summary.zone());

            assert_eq!(found, Some(at(expected)), "{zone} {date}");
        }
        let samoa = summary("Pacific/Apia", 9, 0);
        let left_out = period::parse_date("2011-12-30").expect("a day");
        assert_eq!(samoa.time_on(left_out, samoa.zone()), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        /// However often it is looked, each date of the zone's calendar is due once: never again after
        /// the next one, and none is left out.
        #[test]
        fn each_local_date_is_due_once(
            zone in prop::sample::select(vec![
                "UTC", "Europe/Kyiv", "America/New_York", "Asia/Kolkata", "Asia/Beirut",
                "Australia/Lord_Howe", "America/Scoresbysund", "Pacific/Apia", "America/Sao_Paulo",
            ]),
            year in 2009_i32..2027,
            hour in 0_u8..24,
            minute in 0_u8..60,
            step_minutes in 7_i64..170,
        ) {
            let summary = summary(zone, hour, minute);
            let tz = summary.zone();
            let start = at(&format!("{year}-01-01T00:00:00Z"));
            let end = start + 365 * 24 * HOUR_MS;
            let mut sent: BTreeMap<i64, i64> = BTreeMap::new();
            let mut last = i64::MIN;
            let mut now = start;
            while now < end {
                let due = summary.due(now).expect("there is always one");
                prop_assert!(due.at <= now);
                prop_assert!(due.day >= last, "it went back");
                last = due.day;
                if !due.is_over {
                    let first = *sent.entry(due.day).or_insert(due.at);
                    prop_assert_eq!(first, due.at);
                }
                now += step_minutes * 60_000;
            }
            let days = sent.keys().copied().collect::<Vec<_>>();
            for pair in days.windows(2) {
                let between = (pair[0] + 1..pair[1])
                    .filter(|day| period::day(period::day_start(*day, tz), tz) == *day);
                prop_assert_eq!(between.count(), 0, "a date was left out after {}", pair[0]);
            }
        }
    }
}
