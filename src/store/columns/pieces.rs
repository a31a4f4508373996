//! What a report has to read: sealed segments, what is loose of them, and what no segment covers.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension};

use super::rows::Reading;
use super::{Chunk, Column, Kind};
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
}

/// What has to be read for the rows of a kind whose time may lie in the span.
pub(in crate::store) fn pieces(
    connection: &Connection,
    kind: Kind,
    by: Basis,
    span: Span,
) -> Result<Vec<Piece>, StoreError> {
    let ids = ids(kind, by).between(Some(span.from), Some(span.to));
    let mut pieces = Vec::new();
    cut(connection, kind, ids, &mut pieces)?;
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

/// Cuts a range of ids into pieces of so many rows.
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
    let mut reading = Reading::new(connection, piece.kind, columns);
    Ok(reading.chunks([piece.ids.clone()])?)
}
