//! What clocks on the wall show in a time zone, and when they show it.

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

/// What clocks in the zone show at this time (UTC milliseconds).
pub fn local(zone: Tz, at: i64) -> NaiveDateTime {
    let utc = DateTime::from_timestamp_millis(at)
        .unwrap_or_default()
        .naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix();
    utc.checked_add_offset(offset).unwrap_or(utc)
}

/// Which of two equal times on the clock is meant, when it is set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    First,
    Last,
}

/// When clocks in the zone show this time (UTC milliseconds). A time that they leave out when set
/// forward is the moment in which that happens.
pub fn instant(zone: Tz, local: NaiveDateTime, pick: Pick) -> i64 {
    // No zone ever left out more than a day.
    let minutes = 0..=24 * 60;
    let found = minutes.into_iter().find_map(|minutes| {
        let local = local.checked_add_signed(Duration::minutes(minutes))?;
        match (zone.from_local_datetime(&local), pick) {
            (LocalResult::Single(at), _) => Some(at),
            (LocalResult::Ambiguous(first, _), Pick::First) => Some(first),
            (LocalResult::Ambiguous(_, last), Pick::Last) => Some(last),
            (LocalResult::None, _) => None,
        }
    });
    found.map_or(local.and_utc().timestamp_millis(), |at| {
        at.timestamp_millis()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::period;

    fn at(text: &str) -> i64 {
        let read = DateTime::parse_from_rfc3339(text);
        read.expect("a time").timestamp_millis()
    }

    fn shown(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a time")
    }

    #[test]
    fn a_time_that_is_shown_twice_is_either_and_one_that_is_left_out_is_the_jump() {
        let kyiv = period::zone("Europe/Kyiv");
        let twice = shown("2026-10-25 03:30");
        let left_out = shown("2026-03-29 03:30");

        assert_eq!(
            instant(kyiv, twice, Pick::First),
            at("2026-10-25T00:30:00Z")
        );
        assert_eq!(instant(kyiv, twice, Pick::Last), at("2026-10-25T01:30:00Z"));
        assert_eq!(
            instant(kyiv, left_out, Pick::First),
            at("2026-03-29T01:00:00Z")
        );
        assert_eq!(local(kyiv, at("2026-10-25T01:30:00Z")), twice);
    }
}
