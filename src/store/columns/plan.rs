//! What the sealer does next.
//!
//! Rows are sealed a minute after they came, so that few come late; as soon as there are enough of
//! them, or once the oldest has waited. Small neighbours are merged where the later one has grown to
//! half of the earlier: so a row is sealed anew about as often as its segment has doubled. A segment
//! with many loose rows is sealed anew, too.

use std::ops::Range;

use rusqlite::Connection;

use super::rows::first_ids;
use super::segments::{self, Segment};
use super::{FULL, Kind, loose};
use crate::domain::id::Id;
use crate::store::error::StoreError;

/// How long rows stay raw at least, and few of them at most.
const BEHIND_MS: i64 = 60_000;
const LONGEST_MS: i64 = 600_000;
/// So many are sealed before that.
const ENOUGH: usize = FULL / 8;
/// So many loose rows of one segment are folded in; fewer once there are so many of all.
const MANY_LOOSE: i64 = 256;
const MOST_LOOSE: i64 = 4_096;

/// The ids that are to be sealed next, if any are.
pub(super) fn next(
    connection: &Connection,
    kind: Kind,
    now: i64,
) -> Result<Option<Range<i64>>, StoreError> {
    let segments = segments::of_kind(connection, kind)?;
    if let Some(ids) = to_seal(connection, kind, &segments, now)? {
        return Ok(Some(ids));
    }
    match to_merge(&segments) {
        Some(ids) => Ok(Some(ids)),
        None => to_fold(connection, kind, &segments),
    }
}

fn to_seal(
    connection: &Connection,
    kind: Kind,
    segments: &[Segment],
    now: i64,
) -> Result<Option<Range<i64>>, StoreError> {
    let mut covered = 0;
    for segment in segments {
        let gap = covered..segment.ids.start;
        if !gap.is_empty() && !first_ids(connection, kind, &gap, 1)?.is_empty() {
            return Ok(Some(gap));
        }
        covered = segment.ids.end;
    }
    let tail = covered..Id::first_at(now - BEHIND_MS).to_row();
    let first = first_ids(connection, kind, &tail, ENOUGH)?;
    let oldest = first.first().and_then(|id| Id::from_row(*id));
    let has_waited = oldest.is_some_and(|id| id.unix_ms() < now - LONGEST_MS);
    Ok((has_waited || first.len() == ENOUGH).then_some(tail))
}

fn to_merge(segments: &[Segment]) -> Option<Range<i64>> {
    let mut pairs = segments.windows(2).rev();
    let pair = pairs.find(|pair| {
        let (earlier, later) = (&pair[0], &pair[1]);
        !earlier.is_archived
            && !later.is_archived
            && earlier.ids.end == later.ids.start
            && earlier.rows <= later.rows * 2
            && earlier.rows + later.rows <= FULL
    });
    pair.map(|pair| pair[0].ids.start..pair[1].ids.end)
}

fn to_fold(
    connection: &Connection,
    kind: Kind,
    segments: &[Segment],
) -> Result<Option<Range<i64>>, StoreError> {
    let mut all = 0;
    let mut most: Option<(i64, &Segment)> = None;
    for segment in segments.iter().filter(|segment| !segment.is_archived) {
        let count = loose::count(connection, kind, &segment.ids)?;
        all += count;
        if most.is_none_or(|(most, _)| count > most) {
            most = Some((count, segment));
        }
    }
    let worth = most.filter(|(count, _)| *count >= MANY_LOOSE || all >= MOST_LOOSE);
    Ok(worth.map(|(_, segment)| segment.ids.clone()))
}
