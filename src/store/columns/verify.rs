//! Whether segments say what the raw rows say, one with each step.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::pieces::sealed;
use super::rebuild::Cursor;
use super::rows::Reading;
use super::seal::{described, money};
use super::segments::{self, Segment, damaged};
use super::{Chunk, Column, Kind, loose};
use crate::report::columns::{Block, Unreadable};
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    pub kind: Kind,
    /// Rows of the segment; `None` where there was none any more.
    pub rows: Option<u64>,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// `None` at the end.
    pub next: Option<Cursor>,
}

/// Compares the first segment from there on with its raw rows, an archived one with its own checksum
/// and totals. A damaged one that is not archived is dropped: its rows are read raw until it is sealed
/// again.
pub fn verify(writer: &Writer, readers: &Readers, at: Cursor) -> Result<Verified, StoreError> {
    let kind = at.kind;
    let reader = readers.get()?;
    let transaction = reader.unchecked_transaction()?;
    let Some(segment) = segments::first_from(&transaction, kind, at.from_id)? else {
        return Ok(Verified {
            kind,
            rows: None,
            fault: None,
            next: Cursor::of_next_kind(kind),
        });
    };
    let fault = fault(&transaction, kind, &segment)?;
    drop(transaction);
    drop(reader);
    let next = Some(Cursor {
        kind,
        from_id: segment.ids.start + 1,
    });
    let rows = Some(segment.rows as u64);
    if fault.is_some() && !segment.is_archived {
        let ids = segment.ids.clone();
        writer
            .edit_blocking(move |connection| segments::drop_overlapping(connection, kind, &ids))?;
    }
    let fault = fault.map(|fault| {
        format!(
            "segment {} of {} (ids {} to {}): {fault}",
            segment.id,
            kind.table(),
            segment.ids.start,
            segment.ids.end - 1
        )
    });
    Ok(Verified {
        kind,
        rows,
        fault,
        next,
    })
}

fn fault(
    connection: &Connection,
    kind: Kind,
    segment: &Segment,
) -> Result<Option<String>, StoreError> {
    if segments::is_overlapped(connection, kind, segment)? {
        return Ok(Some("another segment has some of its ids".to_owned()));
    }
    let blocks = segments::blocks(connection, segment.id, &Column::all(kind))?;
    if segments::checksum(&blocks) != segment.checksum {
        return Ok(Some(
            "its columns are not those that its checksum is of".to_owned(),
        ));
    }
    let loose = loose::of_range(connection, kind, &segment.ids)?;
    let differs = match sealed(connection, kind, segment, &Column::all(kind), &loose) {
        Ok(chunk) if segment.is_archived => totals(segment, &chunk),
        Ok(chunk) => against_raw(connection, segment, &chunk, &loose),
        Err(error) => Err(error),
    };
    match differs {
        Ok(differs) => Ok(differs),
        Err(StoreError::Damaged(what)) => Ok(Some(what)),
        Err(error) => Err(error),
    }
}

/// What an archived segment has to hold by itself.
fn totals(segment: &Segment, chunk: &Chunk) -> Result<Option<String>, StoreError> {
    let rows = chunk.ids().map_err(damaged)?.len();
    let sum = money(chunk)?;
    let is_same = rows == segment.rows && sum == segment.money;
    Ok((!is_same).then(|| {
        format!(
            "it holds {rows} rows worth {sum} micro-units, and {} worth {} were archived",
            segment.rows, segment.money
        )
    }))
}

/// The rows that are not loose, against the same rows packed anew.
fn against_raw(
    connection: &Connection,
    segment: &Segment,
    chunk: &Chunk,
    loose: &[i64],
) -> Result<Option<String>, StoreError> {
    let reading = Reading::new(connection, chunk.kind, &Column::all(chunk.kind));
    let fresh = reading.chunks([segment.ids.clone()])?;
    if let ([], [fresh]) = (loose, fresh.as_slice())
        && let Some(again) = described(fresh, &segment.ids, false)?
        && (Segment {
            id: segment.id,
            ..again
        }) == *segment
    {
        return Ok(None);
    }
    if let Some(wrong) = totals(segment, chunk)? {
        return Ok(Some(wrong));
    }
    let stored = rows(std::slice::from_ref(chunk), loose)?;
    let raw = rows(&fresh, loose)?;
    let mut pairs = stored.iter().zip(&raw);
    if let Some((one, other)) = pairs.find(|(one, other)| one.id != other.id) {
        return Ok(Some(format!(
            "it has a row {}, the table {}",
            one.id, other.id
        )));
    }
    if stored.len() != raw.len() {
        return Ok(Some(format!(
            "it has {} rows that are not loose, the table {}",
            stored.len(),
            raw.len()
        )));
    }
    let blocks = Column::all(chunk.kind).into_iter();
    for column in blocks.filter(|column| *column != chunk.kind.own_id()) {
        let one = chunk.block(column).map_err(damaged)?;
        let others = fresh.iter().map(|fresh| fresh.block(column));
        let others = others.collect::<Result<Vec<Block<'_>>, Unreadable>>();
        let others = others.map_err(damaged)?;
        let mut pairs = stored.iter().zip(&raw);
        let differs =
            pairs.find(|(stored, raw)| one.value(stored.row) != others[raw.chunk].value(raw.row));
        if let Some((row, _)) = differs {
            return Ok(Some(format!(
                "{column:?} of row {} is not that of the table",
                row.id
            )));
        }
    }
    Ok(None)
}

/// Where a row stands.
struct Place {
    id: i64,
    chunk: usize,
    row: usize,
}

fn rows(chunks: &[Chunk], loose: &[i64]) -> Result<Vec<Place>, StoreError> {
    let mut rows = Vec::new();
    for (chunk, one) in chunks.iter().enumerate() {
        let ids = one.ids().map_err(damaged)?;
        let places = ids.into_iter().enumerate();
        rows.extend(places.map(|(row, id)| Place { id, chunk, row }));
    }
    rows.retain(|place| loose.binary_search(&place.id).is_err());
    Ok(rows)
}
