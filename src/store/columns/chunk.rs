//! Rows of a segment, and rows that are being packed into the same form.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use rusqlite::types::ValueRef;

use super::{Column, FULL, Kind};
use crate::domain::basis::Basis;
use crate::report::columns::{Block, Builder, Codes, Unreadable, Value, pack_ids, unpack_ids};

/// Some rows, in the order of their ids; at most [`FULL`].
pub(in crate::store) struct Chunk {
    pub(in crate::store) rows: usize,
    /// Rows that do not count here: what is true of them stands in another chunk, or they are gone.
    pub(in crate::store) masked: Option<Vec<bool>>,
    /// Within which its rows lie, those that are masked included; `None` if there are none.
    pub(super) times: Option<Times>,
    pub(super) kind: Kind,
    /// What was asked for; the bytes of those columns that are not empty throughout.
    pub(super) asked: Vec<Column>,
    pub(super) blocks: BTreeMap<Column, Vec<u8>>,
}

impl Chunk {
    /// A column. The ids of the kind's own rows are no block: those are [`Self::ids`].
    pub(in crate::store) fn block(&self, column: Column) -> Result<Block<'_>, Unreadable> {
        if !self.asked.contains(&column) || column == self.kind.own_id() {
            return Err(Unreadable("it was not asked for as a block"));
        }
        let Some(bytes) = self.blocks.get(&column) else {
            return Ok(Block {
                entries: vec![Value::Empty],
                codes: Codes::Same(self.rows),
            });
        };
        let block = Block::read(bytes)?;
        match block.codes.rows() == self.rows {
            true => Ok(block),
            false => Err(WRONG_ROWS),
        }
    }

    /// The ids of the rows: of clicks, or of conversions. They have to be asked for, as
    /// [`Kind::own_id`].
    pub(in crate::store) fn ids(&self) -> Result<Vec<i64>, Unreadable> {
        let bytes = self.blocks.get(&self.kind.own_id());
        let ids = unpack_ids(bytes.ok_or(Unreadable("its ids were not asked for"))?)?;
        match ids.len() == self.rows {
            true => Ok(ids),
            false => Err(WRONG_ROWS),
        }
    }

    /// Within which its rows lie, by that time; `None` if there are none.
    pub(in crate::store) fn times(&self, by: Basis) -> Option<RangeInclusive<i64>> {
        self.times.as_ref().map(|times| times.of(by).range())
    }
}

const WRONG_ROWS: Unreadable = Unreadable("it has not as many rows as its segment");

/// The earliest and the latest time, in UTC milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Extent {
    fn range(self) -> RangeInclusive<i64> {
        self.from..=self.to
    }

    fn hold(&mut self, at: i64) {
        self.from = self.from.min(at);
        self.to = self.to.max(at);
    }
}

/// When the rows of a chunk were clicked; of conversions also when they came and became what they
/// are, of clicks three times the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) click: Extent,
    pub(super) conversion: Extent,
    pub(super) status: Extent,
}

impl Times {
    pub(super) fn of(&self, by: Basis) -> Extent {
        match by {
            Basis::Click => self.click,
            Basis::Conversion => self.conversion,
            Basis::Status => self.status,
        }
    }
}

/// A chunk that is being filled.
pub(super) struct Filling {
    kind: Kind,
    ids: Vec<i64>,
    times: Option<Times>,
    columns: Vec<Packing>,
}

struct Packing {
    column: Column,
    builder: Builder,
    is_empty: bool,
}

impl Filling {
    pub(super) fn new(kind: Kind, columns: &[Column]) -> Self {
        let blocks = columns.iter().filter(|column| **column != kind.own_id());
        let columns = blocks.map(|column| Packing {
            column: *column,
            builder: Builder::default(),
            is_empty: true,
        });
        Self {
            kind,
            ids: Vec::new(),
            times: None,
            columns: columns.collect(),
        }
    }

    /// How many rows more it takes.
    pub(super) fn room(&self) -> usize {
        FULL - self.ids.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Those that are packed into blocks, in the order in which [`Self::push`] takes their values.
    pub(super) fn columns(&self) -> impl Iterator<Item = Column> {
        self.columns.iter().map(|packing| packing.column)
    }

    /// Begins a row; a value for each of its columns has to follow.
    pub(super) fn begin(&mut self, id: i64, at: [i64; 3]) {
        let [click, conversion, status] = at.map(|at| Extent { from: at, to: at });
        let times = self.times.get_or_insert(Times {
            click,
            conversion,
            status,
        });
        times.click.hold(at[0]);
        times.conversion.hold(at[1]);
        times.status.hold(at[2]);
        self.ids.push(id);
    }

    /// The value of the row for the column of that number.
    pub(super) fn push(&mut self, number: usize, value: Value<'_>) {
        let packing = &mut self.columns[number];
        packing.is_empty &= value == Value::Empty;
        packing.builder.push(value);
    }

    /// What a raw row has.
    pub(super) fn push_stored(&mut self, number: usize, stored: ValueRef<'_>) {
        match stored {
            ValueRef::Null => self.push(number, Value::Empty),
            ValueRef::Integer(integer) => self.push(number, Value::Number(integer)),
            ValueRef::Real(real) => self.push_text(number, &real.to_string()),
            ValueRef::Text(text) => self.push_text(number, &String::from_utf8_lossy(text)),
            ValueRef::Blob(bytes) => self.push(number, Value::Bytes(bytes)),
        }
    }

    /// A text; an empty one is none.
    pub(super) fn push_text(&mut self, number: usize, text: &str) {
        match text {
            "" => self.push(number, Value::Empty),
            text => self.push(number, Value::Text(text)),
        }
    }

    pub(super) fn finish(self) -> Chunk {
        let rows = self.ids.len();
        let own_id = self.kind.own_id();
        let asked = self.columns.iter().map(|packing| packing.column);
        let asked = asked.chain([own_id]).collect();
        let full = self.columns.into_iter().filter(|packing| !packing.is_empty);
        let mut blocks: BTreeMap<Column, Vec<u8>> = full
            .map(|packing| (packing.column, packing.builder.finish()))
            .collect();
        blocks.insert(own_id, pack_ids(&self.ids));
        Chunk {
            rows,
            masked: None,
            times: self.times,
            kind: self.kind,
            asked,
            blocks,
        }
    }
}
