//! Times as they stand in files, and what they may be beside a click.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::domain::form::quoted;

/// Clocks differ, zones are mistaken for each other, and a date without a time is its midnight.
const TOLERANCE_MS: i64 = 86_400_000;

const DATES: [&str; 3] = ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y"];
const CLOCKS: [&str; 2] = ["%H:%M:%S%.f", "%H:%M"];

/// Reads a time: RFC 3339, `2026-01-31`, `2026-01-31 10:00[:00]` in the zone, Unix seconds or
/// milliseconds. In UTC milliseconds.
pub fn read(text: &str, zone: Tz) -> Result<i64, String> {
    let text = text.trim();
    unix(text)
        .or_else(|| with_offset(text))
        .or_else(|| local(text, zone))
        .ok_or_else(|| {
            format!(
                "{} is no time: write it as 2026-01-31 10:00:00, 2026-01-31T10:00:00Z or Unix seconds.",
                quoted(text)
            )
        })
}

/// Whether somebody meant a cell to be a time.
pub(super) fn is_meant(text: &str) -> bool {
    let text = text.trim();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let has_marks = text.contains([':', '/']) || text.matches(['-', '.']).count() == 2;
    text.starts_with(|first: char| first.is_ascii_digit())
        && ((is_number && text.len() >= 9) || (!is_number && has_marks))
}

/// Seconds have nine or ten digits since 1973, milliseconds twelve or thirteen.
fn unix(text: &str) -> Option<i64> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    match text.len() {
        9..=10 => Some(number * 1_000),
        12..=13 => Some(number),
        _ => None,
    }
}

fn with_offset(text: &str) -> Option<i64> {
    let zulu = ["UTC", "GMT"].iter().find_map(|name| {
        let start = text.len().checked_sub(name.len())?;
        let (time, zone) = text.split_at_checked(start)?;
        zone.eq_ignore_ascii_case(name).then_some(time.trim_end())
    });
    if let Some(time) = zulu {
        return local(time, Tz::UTC);
    }
    let spaced = ["%Y-%m-%d %H:%M:%S%.f %z", "%Y-%m-%dT%H:%M:%S%.f%z"];
    DateTime::parse_from_rfc3339(text)
        .ok()
        .or_else(|| {
            let mut forms = spaced.iter();
            forms.find_map(|form| DateTime::parse_from_str(text, form).ok())
        })
        .map(|time| time.timestamp_millis())
}

fn local(text: &str, zone: Tz) -> Option<i64> {
    let (date, clock) = match text.split_once(['T', ' ']) {
        Some((date, clock)) => (date, Some(clock.trim_start())),
        None => (text, None),
    };
    let date = DATES
        .iter()
        .find_map(|form| NaiveDate::parse_from_str(date, form).ok())?;
    let clock = match clock {
        Some(clock) => CLOCKS
            .iter()
            .find_map(|form| NaiveTime::parse_from_str(clock, form).ok())?,
        None => NaiveTime::MIN,
    };
    in_zone(NaiveDateTime::new(date, clock), zone)
}

/// Of an hour that is shown twice the first; what clocks skip is when they go on.
fn in_zone(time: NaiveDateTime, zone: Tz) -> Option<i64> {
    let mut later = (0..=4).filter_map(|halves| {
        let time = time.checked_add_signed(TimeDelta::minutes(halves * 30))?;
        zone.from_local_datetime(&time).earliest()
    });
    later.next().map(|time| time.timestamp_millis())
}

/// The time at which a conversion counts, and what is to be said about it: neither before its
/// click nor later than now. What is off by more than a day is a mistake in the file.
pub fn settled(
    time: i64,
    clicked_at: Option<i64>,
    now: i64,
) -> Result<(i64, Option<&'static str>), String> {
    if time > now + TOLERANCE_MS {
        return Err(format!("Its time, {}, has not come yet.", shown(time)));
    }
    if time > now {
        return Ok((now, Some("Its time has not come yet; it counts as of now.")));
    }
    match clicked_at {
        Some(clicked_at) if time < clicked_at - TOLERANCE_MS => Err(format!(
            "Its time, {}, is more than a day before its click at {}. Look at the click id, at the \
             column of the time, and at the time zone.",
            shown(time),
            shown(clicked_at)
        )),
        Some(clicked_at) if time < clicked_at => Ok((
            clicked_at,
            Some("Its time is before its click; it counts as of the click."),
        )),
        _ => Ok((time, None)),
    }
}

fn shown(at: i64) -> String {
    DateTime::from_timestamp_millis(at).map_or_else(
        || at.to_string(),
        |at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_forms_of_networks() {
        let kyiv: Tz = "Europe/Kyiv".parse().unwrap();
        let noon = 1_767_261_600_000; // 2026-01-01T10:00:00Z, noon in Kyiv
        let cases = [
            "2026-01-01T10:00:00Z",
            "2026-01-01T12:00:00+02:00",
            "2026-01-01T12:00:00.000+0200",
            "2026-01-01 12:00:00 +0200",
            "2026-01-01 10:00:00 UTC",
            "2026-01-01 12:00:00",
            "2026-01-01 12:00",
            "2026-01-01T12:00:00",
            "2026-01-01 12:00:00.0",
            "2026/01/01 12:00",
            "01.01.2026 12:00",
            "1767261600",
            " 1767261600000 ",
        ];
        for text in cases {
            assert_eq!(read(text, kyiv), Ok(noon), "{text}");
        }
        assert_eq!(read("2026-01-01", kyiv), Ok(noon - 12 * 3_600_000));
    }

    #[test]
    fn what_may_mean_two_times_or_none_is_refused() {
        for text in [
            "",
            "soon",
            "01/02/2026",
            "2026-02-30",
            "2026-01-01 25:00",
            "12:00",
            "5",
            "17672616000",
            "99999999999999999999",
            "2026-01-01 10:00:00 \u{fffd}UTC",
        ] {
            assert!(read(text, Tz::UTC).is_err(), "{text}");
        }
    }

    #[test]
    fn an_hour_that_clocks_skip_or_repeat_is_a_time_all_the_same() {
        let kyiv: Tz = "Europe/Kyiv".parse().unwrap();
        let utc = |text| read(text, Tz::UTC).unwrap();

        assert_eq!(read("2026-03-29 03:30", kyiv), Ok(utc("2026-03-29 01:00")));
        assert_eq!(read("2026-10-25 03:30", kyiv), Ok(utc("2026-10-25 00:30")));
    }

    #[test]
    fn a_time_stays_between_its_click_and_now() {
        let hour = 3_600_000;
        let (click, now) = (1_000 * hour, 2_000 * hour);
        let at = |time| settled(time, Some(click), now).map(|(at, remark)| (at, remark.is_some()));

        assert_eq!(at(1_500 * hour), Ok((1_500 * hour, false)));
        assert_eq!(at(click - 20 * hour), Ok((click, true)));
        assert_eq!(at(now + 20 * hour), Ok((now, true)));
        assert!(at(click - 25 * hour).is_err());
        assert!(at(now + 25 * hour).is_err());
        assert_eq!(settled(5, None, now), Ok((5, None)));
    }
}
