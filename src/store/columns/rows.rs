//! Raw rows, packed as a segment packs them. Segments are made by this, and what none covers is read
//! by this: so both say the same.

use std::borrow::Cow;
use std::ops::Range;

use rusqlite::{Connection, Row};

use super::chunk::{Chunk, Filling};
use super::column::Origin;
use super::{Column, Kind};
use crate::domain::visitor::SUB_IDS;
use crate::report::columns::Value;
use crate::store::clicks::packed::{split_sub_ids, unpack_element};

/// What is selected of each row before its columns: its id, three times, the sub ids of its click.
const CLICKS: &str = "select clicks.id, clicks.at, clicks.at, clicks.at, clicks.sub_ids";
const CONVERSIONS: &str = "
    select conversions.id, clicks.at, conversions.at, conversions.status_at, clicks.sub_ids";
const SUB_IDS_AT: usize = 4;
const LEADING: usize = 5;

const FROM_CLICKS: &str = "
    from clicks
    where clicks.id >= ?1 and clicks.id < ?2 order by clicks.id limit ?3";
// A test counts nowhere, and neither does what has no click.
const FROM_CONVERSIONS: &str = "
    from conversions cross join clicks on clicks.id = conversions.click_id
    where conversions.id >= ?1 and conversions.id < ?2
        and conversions.flags & 4 = 0 and clicks.flags & 32 = 0
    order by conversions.id limit ?3";

fn from(kind: Kind) -> &'static str {
    match kind {
        Kind::Clicks => FROM_CLICKS,
        Kind::Conversions => FROM_CONVERSIONS,
    }
}

/// The ids of the first rows among some ids that belong into segments.
pub(super) fn first_ids(
    connection: &Connection,
    kind: Kind,
    ids: &Range<i64>,
    most: usize,
) -> Result<Vec<i64>, rusqlite::Error> {
    let sql = format!("select {}.id {}", kind.table(), from(kind));
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map((ids.start, ids.end, most as i64), |row| row.get(0))?;
    rows.collect()
}

/// Reads raw rows of a kind.
pub(super) struct Reading<'c> {
    connection: &'c Connection,
    kind: Kind,
    columns: Vec<Column>,
    origins: Vec<Origin>,
    sql: String,
    needs_sub_ids: bool,
}

impl<'c> Reading<'c> {
    pub(super) fn new(connection: &'c Connection, kind: Kind, columns: &[Column]) -> Self {
        let origins: Vec<Origin> = Filling::new(kind, columns)
            .columns()
            .map(Column::origin)
            .collect();
        let leading = match kind {
            Kind::Clicks => CLICKS,
            Kind::Conversions => CONVERSIONS,
        };
        let mut sql = leading.to_owned();
        for origin in &origins {
            if let Origin::Sql(expression) = origin {
                sql.push_str(", ");
                sql.push_str(expression);
            }
        }
        sql.push_str(from(kind));
        let mut all = origins.iter();
        Self {
            connection,
            kind,
            columns: columns.to_vec(),
            sql,
            needs_sub_ids: all.any(|origin| matches!(origin, Origin::SubId(_))),
            origins,
        }
    }

    /// An empty chunk for what it reads.
    pub(super) fn filling(&self) -> Filling {
        Filling::new(self.kind, &self.columns)
    }

    /// All rows of some ranges of ids, in as many chunks as it takes.
    pub(super) fn chunks(
        &self,
        ranges: impl IntoIterator<Item = Range<i64>>,
    ) -> Result<Vec<Chunk>, rusqlite::Error> {
        let mut chunks = Vec::new();
        let mut filling = self.filling();
        for range in ranges {
            let mut from = Some(range.start);
            while let Some(start) = from {
                from = self.fill(&mut filling, start..range.end)?;
                if from.is_some() {
                    let full = std::mem::replace(&mut filling, self.filling());
                    chunks.push(full.finish());
                }
            }
        }
        if !filling.is_empty() {
            chunks.push(filling.finish());
        }
        Ok(chunks)
    }

    /// Appends the rows of a range of ids; where it goes on if the chunk is full.
    pub(super) fn fill(
        &self,
        filling: &mut Filling,
        ids: Range<i64>,
    ) -> Result<Option<i64>, rusqlite::Error> {
        let mut statement = self.connection.prepare_cached(&self.sql)?;
        let room = filling.room();
        let mut rows = statement.query((ids.start, ids.end, room as i64))?;
        let (mut read, mut next) = (0, ids.start);
        while let Some(row) = rows.next()? {
            (read, next) = (read + 1, row.get::<_, i64>(0)? + 1);
            self.take(filling, row)?;
        }
        Ok((read == room && next < ids.end).then_some(next))
    }

    fn take(&self, filling: &mut Filling, row: &Row<'_>) -> Result<(), rusqlite::Error> {
        filling.begin(row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?]);
        let sub_ids = match self.needs_sub_ids {
            true => row.get_ref(SUB_IDS_AT)?.as_str_or_null()?,
            false => None,
        };
        let sub_ids = Elements::of(sub_ids.unwrap_or_default());
        let mut place = LEADING;
        for (number, origin) in self.origins.iter().enumerate() {
            match origin {
                Origin::Sql(_) => {
                    filling.push_stored(number, row.get_ref(place)?);
                    place += 1;
                }
                Origin::SubId(sub_id) => sub_ids.push(filling, number, *sub_id),
            }
        }
        Ok(())
    }
}

/// The sub ids of a row as they stand in its JSON; empty where there is none.
struct Elements<'r>([&'r str; SUB_IDS]);

impl<'r> Elements<'r> {
    fn of(json: &'r str) -> Self {
        let mut elements = [""; SUB_IDS];
        for (place, element) in elements.iter_mut().zip(split_sub_ids(json)) {
            *place = element;
        }
        Self(elements)
    }

    fn push(&self, filling: &mut Filling, number: usize, sub_id: u8) {
        let element = self.0[usize::from(sub_id) - 1];
        match (element.parse(), unpack_element(element)) {
            (Ok(0), _) | (_, None) => filling.push(number, Value::Empty),
            (Ok(plain), _) => filling.push(number, Value::Number(plain)),
            (Err(_), Some(Cow::Borrowed(text))) => filling.push_text(number, text),
            (Err(_), Some(Cow::Owned(text))) => filling.push_text(number, &text),
        }
    }
}
