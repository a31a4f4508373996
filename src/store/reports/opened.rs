//! A chunk whose rows are looked at: each column is unpacked once, and times are read only where
//! somebody has to compare them.

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::rc::Rc;

use rusqlite::Connection;

use super::ReportError;
use crate::domain::basis::Basis;
use crate::domain::id::Id;
use crate::report::columns::{Block, Unreadable, Value};
use crate::store::columns::{Chunk, Column, Kind, Piece, chunks};

pub(super) struct Opened<'c> {
    pub(super) chunk: &'c Chunk,
    /// In whose transaction it was read, of which piece, and as which of its chunks.
    connection: &'c Connection,
    piece: &'c Piece,
    place: usize,
    blocks: RefCell<Vec<(Column, Rc<Block<'c>>)>>,
    times: RefCell<Vec<(Basis, Rc<Vec<i64>>)>>,
}

impl<'c> Opened<'c> {
    pub(super) fn new(
        connection: &'c Connection,
        piece: &'c Piece,
        place: usize,
        chunk: &'c Chunk,
    ) -> Self {
        Self {
            chunk,
            connection,
            piece,
            place,
            blocks: RefCell::default(),
            times: RefCell::default(),
        }
    }

    pub(super) fn block(&self, column: Column) -> Result<Rc<Block<'c>>, Unreadable> {
        let mut blocks = self.blocks.borrow_mut();
        if let Some((_, block)) = blocks.iter().find(|(known, _)| *known == column) {
            return Ok(Rc::clone(block));
        }
        let block = Rc::new(self.chunk.block(column)?);
        blocks.push((column, Rc::clone(&block)));
        Ok(block)
    }

    pub(super) fn kind(&self) -> Kind {
        self.piece.kind
    }

    /// Within which the times of its rows lie.
    pub(super) fn extent(&self, by: Basis) -> RangeInclusive<i64> {
        self.chunk.times(by).unwrap_or(0..=0)
    }

    /// The time of each row, in UTC milliseconds. Few chunks reach over the end of a span or of a day,
    /// so the columns of the time are read only here.
    pub(super) fn times(&self, by: Basis) -> Result<Rc<Vec<i64>>, ReportError> {
        let mut times = self.times.borrow_mut();
        if let Some((_, times)) = times.iter().find(|(known, _)| *known == by) {
            return Ok(Rc::clone(times));
        }
        let columns: &[Column] = match (self.piece.kind, by) {
            (Kind::Clicks, _) => &[Column::Id, Column::Shift],
            (Kind::Conversions, Basis::Click) => &[Column::ClickAt],
            (Kind::Conversions, Basis::Conversion) => &[Column::ConversionAt],
            (Kind::Conversions, Basis::Status) => &[Column::StatusAt],
        };
        let again = chunks(self.connection, self.piece, columns)?;
        let again = again.get(self.place);
        let again = again.ok_or(Unreadable("its times are not there"))?;
        let read = match columns {
            [Column::Id, shift] => clicked_at(again, *shift)?,
            [at, ..] => numbers(&again.block(*at)?),
            [] => Vec::new(),
        };
        if read.len() != self.chunk.rows {
            return Err(Unreadable("it has not as many times as rows").into());
        }
        let read = Rc::new(read);
        times.push((by, Rc::clone(&read)));
        Ok(read)
    }
}

/// When clicks came: the times of their ids, shifted.
fn clicked_at(chunk: &Chunk, shift: Column) -> Result<Vec<i64>, Unreadable> {
    let shift = chunk.block(shift)?;
    let made = chunk.ids()?.into_iter();
    let made = made.map(|id| Id::from_row(id).map_or(0, Id::unix_ms));
    Ok(match shift.entries.as_slice() {
        [only] => {
            let shift = number(*only);
            made.map(|at| at + shift).collect()
        }
        _ => {
            let made = made.enumerate();
            made.map(|(row, at)| at + number(shift.value(row)))
                .collect()
        }
    })
}

fn numbers(block: &Block<'_>) -> Vec<i64> {
    let rows = 0..block.codes.rows();
    rows.map(|row| number(block.value(row))).collect()
}

fn number(value: Value<'_>) -> i64 {
    match value {
        Value::Number(number) => number,
        _ => 0,
    }
}
