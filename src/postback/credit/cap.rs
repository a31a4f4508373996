//! Places in the cap of an offer.
//!
//! First conversions with the chosen statuses take one, on the day on which they arrive in the
//! cap's zone. A later rejection frees it only where the cap says so.

use super::Terms;
use crate::domain::conversion::{Conversion, Status};
use crate::domain::period;

/// The day on which a row, as it is now, holds a place. What had the status before and no place is
/// older than the cap, and takes none by another amount or an approval.
pub(super) fn day(before: Option<&Conversion>, row: &Conversion, terms: &Terms<'_>) -> Option<i64> {
    let cap = terms.offer.and_then(|offer| offer.cap.as_ref());
    let counts = terms.event.is_none_or(|event| event.counts_as_conversion);
    let (Some(cap), Some(status)) = (cap, row.status) else {
        return row.cap_day;
    };
    if !row.is_first() || !counts {
        return None;
    }
    let is_older = before.is_some_and(|before| {
        let stood = before.status.is_some_and(|one| cap.statuses.contains(&one));
        before.cap_day.is_none() && before.is_first() && stood
    });
    let is_freed = cap.frees_on_rejection && matches!(status, Status::Rejected | Status::Trash);
    match row.cap_day {
        Some(_) if is_freed && !cap.statuses.contains(&status) => None,
        Some(day) => Some(day),
        None if !is_older && cap.statuses.contains(&status) => {
            Some(period::day(terms.now, period::zone(&cap.timezone)))
        }
        None => None,
    }
}
