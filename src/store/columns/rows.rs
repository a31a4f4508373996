//! Raw rows, packed as a segment packs them. Segments are made by this, and what none covers is read
//! by this: so both say the same.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use ahash::RandomState;
use rusqlite::{Connection, OptionalExtension, Row};

use super::chunk::{Chunk, Filling, push_stored, push_text};
use super::column::Origin;
use super::{Column, Kind};
use crate::domain::visitor::SUB_IDS;
use crate::report::columns::Value;
use crate::store::clicks::packed::{split_sub_ids, unpack_element};

// A preview's step is nobody's.
const STEPS: &str = "
    select click_id, offer_id from offer_clicks
    where click_id >= ?1 and click_id < ?2 and flags & 1 = 0
    order by click_id, id";
const ROUTE: &str = "select offer_id from routes where id = ?1";

/// What is selected of each row before its columns: its id, its click, three times, route and offer.
const CLICKS: &str =
    "select clicks.id, clicks.id, clicks.at, clicks.at, clicks.at, clicks.route_id,
    null, clicks.sub_ids";
const CONVERSIONS: &str = "select conversions.id, clicks.id, clicks.at, conversions.at,
    conversions.status_at, clicks.route_id, conversions.offer_id, clicks.sub_ids";
const LEADING: usize = 8;

const FROM_CLICKS: &str = "
    from clicks
    where clicks.id >= ?1 and clicks.id < ?2 order by clicks.id limit ?3";
// A test counts nowhere, and neither does what has no click.
const FROM_CONVERSIONS: &str = "
    from conversions cross join clicks on clicks.id = conversions.click_id
    where conversions.id >= ?1 and conversions.id < ?2
        and conversions.flags & 4 = 0 and clicks.flags & 32 = 0
    order by conversions.id limit ?3";

/// Reads raw rows of a kind.
pub(super) struct Reading<'c> {
    connection: &'c Connection,
    kind: Kind,
    columns: Vec<Column>,
    origins: Vec<Origin>,
    sql: String,
    /// The offers of routes.
    routes: HashMap<i64, Option<i64>, RandomState>,
    needs_steps: bool,
    needs_sub_ids: bool,
}

impl<'c> Reading<'c> {
    pub(super) fn new(connection: &'c Connection, kind: Kind, columns: &[Column]) -> Self {
        let filling = Filling::new(kind, columns);
        let origins: Vec<Origin> = filling.columns().map(Column::origin).collect();
        let (mut sql, from) = match kind {
            Kind::Clicks => (CLICKS.to_owned(), FROM_CLICKS),
            Kind::Conversions => (CONVERSIONS.to_owned(), FROM_CONVERSIONS),
        };
        for origin in &origins {
            if let Origin::Sql(expression) = origin {
                sql.push_str(", ");
                sql.push_str(expression);
            }
        }
        sql.push_str(from);
        let steps = [Origin::Steps, Origin::Offer, Origin::ConversionOffer];
        let mut all = origins.iter();
        Self {
            connection,
            kind,
            columns: columns.to_vec(),
            sql,
            routes: HashMap::default(),
            needs_steps: steps.iter().any(|origin| origins.contains(origin)),
            needs_sub_ids: all.any(|origin| matches!(origin, Origin::SubId(_))),
            origins,
        }
    }

    pub(super) fn filling(&self) -> Filling {
        Filling::new(self.kind, &self.columns)
    }

    /// All rows of some ranges of ids, in as many chunks as it takes.
    pub(super) fn chunks(
        &mut self,
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
        &mut self,
        filling: &mut Filling,
        ids: Range<i64>,
    ) -> Result<Option<i64>, rusqlite::Error> {
        let connection = self.connection;
        let mut steps = match self.kind {
            Kind::Clicks if self.needs_steps => Steps::of(connection, ids.clone())?,
            _ => Steps::default(),
        };
        let mut statement = connection.prepare_cached(&self.sql)?;
        let room = filling.room();
        let mut rows = statement.query((ids.start, ids.end, room as i64))?;
        let (mut read, mut next) = (0, ids.start);
        while let Some(row) = rows.next()? {
            (read, next) = (read + 1, row.get::<_, i64>(0)? + 1);
            let click_id: i64 = row.get(1)?;
            if self.kind == Kind::Conversions && self.needs_steps {
                steps = Steps::of(connection, click_id..click_id + 1)?;
            }
            let (count, last_offer) = steps.take(click_id);
            self.take(filling, row, count, last_offer)?;
        }
        Ok((read == room && next < ids.end).then_some(next))
    }

    fn take(
        &mut self,
        filling: &mut Filling,
        row: &Row<'_>,
        steps: i64,
        last_offer: Option<i64>,
    ) -> Result<(), rusqlite::Error> {
        filling.begin(row.get(0)?, [row.get(2)?, row.get(3)?, row.get(4)?]);
        let offer = match (last_offer, self.needs_steps) {
            (None, true) => self.offer_of_route(row.get(5)?)?,
            (last, _) => last,
        };
        let sub_ids = match self.needs_sub_ids {
            true => row.get_ref(7)?.as_str_or_null()?,
            false => None,
        };
        let sub_ids = Elements::of(sub_ids.unwrap_or_default());
        let mut selected = LEADING..;
        for (number, origin) in self.origins.iter().enumerate() {
            match origin {
                Origin::Sql(_) => {
                    let place = selected.next().unwrap_or(LEADING);
                    push_stored(filling, number, row.get_ref(place)?);
                }
                Origin::SubId(one) => sub_ids.push(filling, number, *one),
                Origin::Steps => filling.push(number, Value::Number(steps)),
                Origin::Offer => filling.push(number, id(offer)),
                Origin::ConversionOffer => {
                    let own: Option<i64> = row.get(6)?;
                    filling.push(number, id(own.or(offer)));
                }
            }
        }
        Ok(())
    }

    fn offer_of_route(&mut self, route_id: i64) -> Result<Option<i64>, rusqlite::Error> {
        if let Some(offer) = self.routes.get(&route_id) {
            return Ok(*offer);
        }
        let mut statement = self.connection.prepare_cached(ROUTE)?;
        let found = statement.query_row([route_id], |row| row.get(0));
        let offer: Option<i64> = found.optional()?.flatten();
        self.routes.insert(route_id, offer);
        Ok(offer)
    }
}

fn id(id: Option<i64>) -> Value<'static> {
    id.map_or(Value::Empty, Value::Number)
}

/// The steps to offers of some clicks, in the order of the clicks.
#[derive(Default)]
struct Steps {
    all: Vec<(i64, Option<i64>)>,
    next: usize,
}

impl Steps {
    fn of(connection: &Connection, ids: Range<i64>) -> Result<Self, rusqlite::Error> {
        let mut statement = connection.prepare_cached(STEPS)?;
        let rows =
            statement.query_map((ids.start, ids.end), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let all = rows.collect::<Result<_, _>>()?;
        Ok(Self { all, next: 0 })
    }

    /// How many a click has, and the offer that was clicked last. Clicks come in the order of their
    /// ids.
    fn take(&mut self, click_id: i64) -> (i64, Option<i64>) {
        let (mut count, mut last) = (0, None);
        while let Some((id, offer_id)) = self.all.get(self.next)
            && *id <= click_id
        {
            if *id == click_id {
                count += 1;
                last = offer_id.or(last);
            }
            self.next += 1;
        }
        (count, last)
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
            (_, None) => filling.push(number, Value::Empty),
            (Ok(plain), _) => filling.push(number, Value::Number(plain)),
            (Err(_), text) => push_text(filling, number, &text.unwrap_or(Cow::Borrowed(""))),
        }
    }
}
