//! Segments that become the truth, so that their raw rows can be dropped.
//!
//! To prune: 1. [`archivable`] lists what is old enough; 2. [`archive`] each; 3. [`prune`] its raw
//! rows piece by piece. Clicks with conversions, and clicks that are loose, keep theirs.

use std::ops::Range;

use rusqlite::{Connection, named_params};

use super::seal::{Draft, PIECE, prepare, seal};
use super::{Kind, loose, segments};
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

/// Up to when clicks may be gone but for their columns, in UTC milliseconds; `None` if none are.
pub fn pruned_until(readers: &Readers) -> Result<Option<i64>, StoreError> {
    Ok(segments::last_archived(&*readers.get()?)?)
}

/// A segment of clicks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archivable {
    pub ids: Range<i64>,
    pub rows: u64,
    pub is_archived: bool,
}

/// The segments whose clicks all came before that time, in UTC milliseconds, those that are archived
/// already included.
pub fn archivable(readers: &Readers, before: i64) -> Result<Vec<Archivable>, StoreError> {
    let segments = segments::of_kind(&*readers.get()?, Kind::Clicks)?.into_iter();
    let old = segments.filter(|segment| segment.times.click.to < before);
    Ok(old
        .map(|segment| Archivable {
            ids: segment.ids,
            rows: segment.rows as u64,
            is_archived: segment.is_archived,
        })
        .collect())
}

/// Makes a segment the truth about its clicks, as they are now; `false` if they changed meanwhile, and
/// then nothing has happened.
pub fn archive(writer: &Writer, readers: &Readers, ids: &Range<i64>) -> Result<bool, StoreError> {
    let noted = loose::count(&*readers.get()?, Kind::Clicks, ids)?;
    if noted >= PIECE as i64 {
        seal(writer, readers, Kind::Clicks, ids.clone())?;
    }
    prepare(writer, readers, Kind::Clicks, ids.end)?;
    let draft = Draft::read(readers, Kind::Clicks, ids.clone())?;
    if draft.ids != *ids {
        return Ok(false);
    }
    writer.edit_blocking(move |connection| draft.archive(connection))
}

const IS_ARCHIVED: &str = "
    select exists (
        select 1 from segments
        where kind = 1 and state = 'archived' and from_id <= :from and to_id >= :to)";
const PRUNABLE: &str = "
    select id from clicks
    where id >= :from and id < :to
        and not exists (select 1 from conversions where click_id = clicks.id)
        and not exists (select 1 from loose where kind = 1 and loose.id = clicks.id)
    order by id
    limit :most";
const DELETE: [&str; 3] = [
    "delete from clicks where id = ?1",
    "delete from offer_clicks where click_id = ?1",
    "delete from jumps where click_id = ?1",
];
const FORGET: &str = "delete from loose where seq > ?1";

/// Drops raw clicks among some ids of an archived segment, with their steps; how many, and where it
/// goes on, or `None` at the end. In the writer's transaction, so at most some 500.
pub fn prune(
    connection: &Connection,
    ids: &Range<i64>,
    most: usize,
) -> Result<(usize, Option<i64>), StoreError> {
    let range = named_params! { ":from": ids.start, ":to": ids.end };
    let mut is_archived = connection.prepare_cached(IS_ARCHIVED)?;
    if !is_archived.query_row(range, |row| row.get(0))? {
        return Ok((0, None));
    }
    let noted = loose::last(connection)?;
    let mut prunable = connection.prepare_cached(PRUNABLE)?;
    let values = named_params! { ":from": ids.start, ":to": ids.end, ":most": most };
    let found = prunable.query_map(values, |row| row.get(0))?;
    let found: Vec<i64> = found.collect::<Result<_, _>>()?;
    for sql in DELETE {
        let mut delete = connection.prepare_cached(sql)?;
        for id in &found {
            delete.execute([id])?;
        }
    }
    // The segment still says what they were.
    connection.prepare_cached(FORGET)?.execute([noted])?;
    let last = found.last().filter(|_| found.len() == most);
    Ok((found.len(), last.map(|last| last + 1)))
}
