//! What a report has to read: sealed segments, what is loose of them, and what no segment covers.
//!
//! Pieces may be read in a later transaction than that in which they were found, and by several
//! threads: one whose segment was replaced meanwhile is read from its raw rows.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension};

use super::rows::Reading;
use super::segments::{self, Segment, damaged};
use super::{Chunk, Column, Kind, loose};
use crate::domain::basis::Basis;
use crate::report::columns::MOST_ROWS;
use crate::store::error::StoreError;
use crate::store::log::Ids;
use crate::store::sums::Span;

/// Raw rows of one piece; few in tests, so that they meet the ends of pieces.
const RAW_ROWS: usize = if cfg!(test) { 5 } else { MOST_ROWS / 4 };

/// Something that is to be read as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Piece {
    pub(in crate::store) kind: Kind,
    /// The ids of its rows lie in here.
    pub(in crate::store) ids: Range<i64>,
    from: From,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum From {
    /// Its raw rows.
    Raw,
    /// The segment of that number, and what is loose of it.
    Segment(i64),
    /// Only these rows, which are loose of a segment whose own rows lie elsewhere in time.
    Loose(Vec<i64>),
}

/// What has to be read for the rows of a kind whose time may lie in the span.
pub(in crate::store) fn pieces(
    connection: &Connection,
    kind: Kind,
    by: Basis,
    span: Span,
) -> Result<Vec<Piece>, StoreError> {
    let wanted = ids(kind, by).between(Some(span.from), Some(span.to));
    let mut pieces = Vec::new();
    let mut covered = 0;
    for segment in segments::of_kind(connection, kind)? {
        let gap = common(&wanted, &(covered..segment.ids.start));
        cut(connection, kind, gap, &mut pieces)?;
        covered = segment.ids.end;
        pieces.extend(of_segment(connection, kind, by, span, &wanted, segment)?);
    }
    cut(
        connection,
        kind,
        common(&wanted, &(covered..i64::MAX)),
        &mut pieces,
    )?;
    Ok(pieces)
}

/// How the ids of a kind lie to its times. A status may be older than its row and younger; whatever
/// else happened, happened before the row was made.
fn ids(kind: Kind, by: Basis) -> Ids {
    match (kind, by) {
        (Kind::Clicks, _) => Ids::OfTime,
        (Kind::Conversions, Basis::Status) => Ids::Unrelated,
        (Kind::Conversions, _) => Ids::NotBefore,
    }
}

fn common(one: &Range<i64>, other: &Range<i64>) -> Range<i64> {
    one.start.max(other.start)..one.end.min(other.end)
}

fn of_segment(
    connection: &Connection,
    kind: Kind,
    by: Basis,
    span: Span,
    wanted: &Range<i64>,
    segment: Segment,
) -> Result<Option<Piece>, StoreError> {
    let times = segment.times.of(by);
    let from = if times.from < span.to && times.to >= span.from {
        From::Segment(segment.id)
    } else {
        From::Loose(loose::of_range(
            connection,
            kind,
            &common(wanted, &segment.ids),
        )?)
    };
    let is_empty = matches!(&from, From::Loose(ids) if ids.is_empty());
    Ok((!is_empty).then_some(Piece {
        kind,
        ids: segment.ids,
        from,
    }))
}

/// Cuts a range of ids that no segment covers into pieces of so many rows.
fn cut(
    connection: &Connection,
    kind: Kind,
    ids: Range<i64>,
    pieces: &mut Vec<Piece>,
) -> Result<(), StoreError> {
    let sql = format!(
        "select id from {} where id >= ?1 and id < ?2 order by id limit 1 offset ?3",
        kind.table()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rest = ids;
    while !rest.is_empty() {
        let end: Option<i64> = statement
            .query_row((rest.start, rest.end, RAW_ROWS as i64), |row| row.get(0))
            .optional()?;
        let end = end.unwrap_or(rest.end);
        pieces.push(Piece {
            kind,
            ids: rest.start..end,
            from: From::Raw,
        });
        rest.start = end;
    }
    Ok(())
}

/// The rows of a piece.
pub(in crate::store) fn chunks(
    connection: &Connection,
    piece: &Piece,
    columns: &[Column],
) -> Result<Vec<Chunk>, StoreError> {
    let kind = piece.kind;
    let reading = Reading::new(connection, kind, columns);
    let one_by_one = |ids: &[i64]| reading.chunks(ids.iter().map(|id| *id..id + 1));
    let segment = match &piece.from {
        From::Loose(ids) => return Ok(one_by_one(ids)?),
        From::Segment(id) => match segments::find(connection, *id)? {
            Some(segment) => Some(segment),
            // It was archived meanwhile, and its raw rows may be gone.
            None => segments::archived(connection, kind, &piece.ids)?,
        },
        From::Raw => None,
    };
    let Some(segment) = segment else {
        return Ok(reading.chunks([piece.ids.clone()])?);
    };
    let loose = loose::of_range(connection, kind, &segment.ids)?;
    let mut chunks = vec![sealed(connection, kind, &segment, columns, &loose)?];
    chunks.extend(one_by_one(&loose)?);
    Ok(chunks)
}

/// The rows of a segment, those that are loose masked out.
pub(super) fn sealed(
    connection: &Connection,
    kind: Kind,
    segment: &Segment,
    columns: &[Column],
    loose: &[i64],
) -> Result<Chunk, StoreError> {
    let mut asked = columns.to_vec();
    if !loose.is_empty() && !asked.contains(&kind.own_id()) {
        asked.push(kind.own_id());
    }
    let blocks = segments::blocks(connection, segment.id, &asked)?;
    let mut chunk = Chunk {
        rows: segment.rows,
        masked: None,
        times: Some(segment.times),
        kind,
        asked,
        blocks,
    };
    if !loose.is_empty() {
        let ids = chunk.ids().map_err(damaged)?;
        let masked: Vec<bool> = ids
            .iter()
            .map(|id| loose.binary_search(id).is_ok())
            .collect();
        chunk.masked = masked.contains(&true).then_some(masked);
    }
    Ok(chunk)
}
