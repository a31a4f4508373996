//! Local time of a zone.

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::domain::check;
use crate::domain::form::Form;

/// The zone that a form names; noted as a problem if it is wrong, or missing where it is needed.
pub(super) fn read(form: &mut Form<'_>, is_needed: bool) -> Tz {
    const FIELD: &str = "timezone";
    let text = form.text(FIELD);
    if text.is_empty() {
        if is_needed {
            form.missing(
                FIELD,
                "Name the time zone, such as \"Europe/Kyiv\" or \"UTC\".",
            );
        }
        return Tz::UTC;
    }
    let zone = check::timezone(text).and_then(|name| name.parse::<Tz>().map_err(|e| e.to_string()));
    form.checked(FIELD, zone, || Tz::UTC)
}

/// What clocks in the zone show at this time (UTC milliseconds).
pub(super) fn local(zone: Tz, at: i64) -> NaiveDateTime {
    let utc = DateTime::from_timestamp_millis(at)
        .unwrap_or_default()
        .naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix();
    utc.checked_add_offset(offset).unwrap_or(utc)
}

/// Which of two equal times on the clock is meant, when it is set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    First,
    Last,
}

/// When clocks in the zone show this time (UTC milliseconds). A time that they leave out when set
/// forward is the moment in which that happens.
pub(super) fn instant(zone: Tz, local: NaiveDateTime, pick: Pick) -> i64 {
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
