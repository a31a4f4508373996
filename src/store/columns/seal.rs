//! Sealing: raw rows of a range of ids become a segment.
//!
//! 1. A tiny edit raises the mark to the end of the range: from now on each change in it is noted.
//! 2. One read transaction takes the number of the latest note, and the rows.
//! 3. One edit stores the segment and drops those that it replaces. Notes up to that number are said
//!    by the segment now, and are dropped in small pieces.
//!
//! Whatever happens in between, the range is read as before, and a change is either among the rows
//! that were read or noted under a higher number. Sealing a range anew, to fold loose rows in or to
//! merge small neighbours, is the same.

use std::ops::Range;

use rusqlite::Connection;

use super::chunk::Chunk;
use super::rows::Reading;
use super::segments::{self, Segment, damaged};
use super::{Column, Kind, loose};
use crate::report::columns::Value;
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

/// Notes that are dropped in one transaction.
pub(super) const PIECE: usize = if cfg!(test) { 3 } else { 500 };

/// A range that was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sealed {
    /// Where it ends, which is earlier than asked for where a segment was full.
    pub(super) end: i64,
    pub(super) rows: u64,
}

/// Seals the rows of a range, as many as a segment takes; `None` if another sealing came in between.
pub(super) fn seal(
    writer: &Writer,
    readers: &Readers,
    kind: Kind,
    ids: Range<i64>,
) -> Result<Option<Sealed>, StoreError> {
    prepare(writer, readers, kind, ids.end)?;
    let draft = Draft::read(readers, kind, ids)?;
    let (ids, seq) = (draft.ids.clone(), draft.seq);
    let rows = draft.chunk.as_ref().map_or(0, |chunk| chunk.rows as u64);
    if !writer.edit_blocking(move |connection| draft.store(connection))? {
        return Ok(None);
    }
    tidy(writer, kind, &ids, seq)?;
    Ok(Some(Sealed { end: ids.end, rows }))
}

/// Drops the notes that a stored segment says by now.
pub(super) fn tidy(
    writer: &Writer,
    kind: Kind,
    ids: &Range<i64>,
    seq: i64,
) -> Result<(), StoreError> {
    loop {
        let range = ids.clone();
        let dropped = writer.edit_blocking(move |connection| {
            Ok(loose::drop_some(connection, kind, &range, seq, PIECE)?)
        })?;
        if dropped < PIECE {
            return Ok(());
        }
    }
}

/// Lets every change below that id be noted.
pub(super) fn prepare(
    writer: &Writer,
    readers: &Readers,
    kind: Kind,
    below: i64,
) -> Result<(), StoreError> {
    if loose::mark(&*readers.get()?, kind)? >= below {
        return Ok(());
    }
    writer.edit_blocking(move |connection| Ok(loose::raise_mark(connection, kind, below)?))
}

/// A segment that is not stored yet.
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) ids: Range<i64>,
    /// The latest note that it knows of.
    pub(super) seq: i64,
    /// The last segment when its rows were read.
    last_id: i64,
    chunk: Option<Chunk>,
}

impl Draft {
    /// Reads the rows of a range; where they are more than a segment takes it ends earlier.
    pub(super) fn read(
        readers: &Readers,
        kind: Kind,
        ids: Range<i64>,
    ) -> Result<Draft, StoreError> {
        let reader = readers.get()?;
        let transaction = reader.unchecked_transaction()?;
        let seq = loose::last(&transaction)?;
        let last_id = segments::last_id(&transaction)?;
        let (chunk, ids) = pack(&transaction, kind, ids)?;
        Ok(Draft {
            kind,
            ids,
            seq,
            last_id,
            chunk,
        })
    }

    /// Stores it, in the writer's transaction; `false` if another sealing came in between.
    pub(super) fn store(&self, connection: &Connection) -> Result<bool, StoreError> {
        self.store_as(connection, false)
    }

    /// The same, from now on beyond the reach of raw rows.
    pub(super) fn archive(&self, connection: &Connection) -> Result<bool, StoreError> {
        let (kind, ids) = (self.kind, &self.ids);
        if loose::is_any_since(connection, kind, ids, self.seq)?
            || !self.store_as(connection, true)?
        {
            return Ok(false);
        }
        // Of a row that is to be dropped no note may stay.
        while loose::drop_some(connection, kind, ids, self.seq, PIECE)? == PIECE {}
        Ok(true)
    }

    fn store_as(&self, connection: &Connection, is_archived: bool) -> Result<bool, StoreError> {
        if segments::last_id(connection)? != self.last_id
            || !segments::drop_overlapping(connection, self.kind, &self.ids)?
        {
            return Ok(false);
        }
        if let Some(chunk) = &self.chunk
            && let Some(segment) = described(chunk, &self.ids, is_archived)?
        {
            segments::insert(connection, &segment, chunk)?;
        }
        Ok(true)
    }
}

/// The rows of a range, as many as a segment takes, and the range that these fill; no chunk where
/// there are none.
pub(super) fn pack(
    connection: &Connection,
    kind: Kind,
    ids: Range<i64>,
) -> Result<(Option<Chunk>, Range<i64>), StoreError> {
    let reading = Reading::new(connection, kind, &Column::all(kind));
    let mut filling = reading.filling();
    let end = reading.fill(&mut filling, ids.clone())?.unwrap_or(ids.end);
    let chunk = (!filling.is_empty()).then(|| filling.finish());
    Ok((chunk, ids.start..end))
}

/// What is stored beside the columns; `None` for no rows.
pub(super) fn described(
    chunk: &Chunk,
    ids: &Range<i64>,
    is_archived: bool,
) -> Result<Option<Segment>, StoreError> {
    let Some(times) = chunk.times else {
        return Ok(None);
    };
    Ok(Some(Segment {
        id: 0,
        ids: ids.clone(),
        rows: chunk.rows,
        times,
        money: money(chunk)?,
        is_archived,
        checksum: segments::checksum(&chunk.blocks),
    }))
}

/// The costs of clicks, the revenue of conversions.
pub(super) fn money(chunk: &Chunk) -> Result<i64, StoreError> {
    let column = match chunk.kind {
        Kind::Clicks => Column::Cost,
        Kind::Conversions => Column::Revenue,
    };
    let block = chunk.block(column).map_err(damaged)?;
    let rows = (0..chunk.rows).map(|row| match block.value(row) {
        Value::Number(amount) => amount,
        _ => 0,
    });
    Ok(rows.fold(0, i64::saturating_add))
}
