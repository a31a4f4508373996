//! Logs: newest first, filtered, paged by id.
//!
//! A filter may match nothing for millions of rows. So a log is read in pieces of
//! `PIECE` rows, each a read transaction of its own, for at most `PATIENCE` a request; what
//! was found until then is returned with the cursor to go on from. A page may therefore hold
//! fewer rows than asked for, or none, and still have a `next`.
//!
//! Filters are part of the SQL ([`fields`]). Those of reports are not: they are tested on each row
//! that the SQL finds ([`conditions`]), in smaller pieces.
//!
//! A log is a `Log` (its table and what is joined to it), its [`fields::Fields`], and a function
//! that reads a row. Adding one: those three in a file beside what writes the table, then its
//! address in `web/api`.

pub mod conditions;
pub mod fields;
pub(crate) mod values;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::error::StoreError;
use super::readers::Readers;
use crate::domain::id::Id;
use conditions::Conditions;
use fields::Filter;

/// Rows looked at in one read transaction; few in tests, so that they meet the ends of pieces.
const PIECE: i64 = if cfg!(test) { 4 } else { 50_000 };
/// The same where each row has to be read before it is known whether it fits.
const PIECE_READ: i64 = if cfg!(test) { 3 } else { 10_000 };
/// How long one request goes on looking.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Ids follow the clock, but after it was set back they run ahead of it. Rows of a time range
/// are looked for among ids up to this much later.
const CLOCK_SLACK_MS: i64 = 24 * 3_600_000;

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// UTC milliseconds, from (inclusive) and to (exclusive).
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// Every one has to fit.
    pub filters: Vec<Filter>,
    /// Have to hold too.
    pub conditions: Option<Arc<Conditions>>,
    /// Only rows older than this one.
    pub before: Option<Id>,
    pub limit: usize,
}

impl Query {
    /// A row has to have one of the values that were given for a field.
    pub fn add(&mut self, filter: Filter) {
        let mut known = self.filters.iter_mut();
        match known.find(|one| one.name() == filter.name()) {
            Some(known) => known.or(filter),
            None => self.filters.push(filter),
        }
    }

    /// Rows looked at in one read transaction.
    fn piece(&self) -> i64 {
        match self.conditions {
            Some(_) => PIECE_READ,
            None => PIECE,
        }
    }
}

/// One page.
#[derive(Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where to go on; `None` at the end.
    pub next: Option<Id>,
}

/// What a log is read from.
pub(crate) struct Log {
    /// Its primary key is an id of the generator.
    pub(crate) table: &'static str,
    /// `select ... from ... join ...`, in parts.
    pub(crate) select: &'static [&'static str],
    /// The time that `from` and `to` are about.
    pub(crate) time: &'static str,
    pub(crate) ids: Ids,
}

/// How the ids of a log lie to its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ids {
    /// Made for that time.
    OfTime,
    /// Made at that time or any time later.
    NotBefore,
    /// A row may be older than that time, and younger.
    Unrelated,
}

impl Ids {
    /// The ids among which the rows of the query are.
    fn range(self, query: &Query) -> Range<i64> {
        let ids = self.between(query.from, query.to);
        let cursor = query.before.map_or(i64::MAX, Id::to_row);
        ids.start..ids.end.min(cursor)
    }

    /// The ids among which the rows of a time range are.
    pub(in crate::store) fn between(self, from: Option<i64>, to: Option<i64>) -> Range<i64> {
        let from = from.filter(|_| self != Ids::Unrelated);
        let to = to.filter(|_| self == Ids::OfTime);
        let floor = from.map_or(0, |from| Id::first_at(from).to_row());
        let before = to.map_or(i64::MAX, |to| {
            Id::first_at(to.saturating_add(CLOCK_SLACK_MS)).to_row()
        });
        floor..before
    }
}

/// A row and its id.
pub(crate) type Found<T> = (i64, T);

/// One page of a log.
pub(crate) fn list<T>(
    readers: &Readers,
    log: &Log,
    query: &Query,
    read: impl Fn(&Row<'_>) -> Result<Found<T>, rusqlite::Error>,
) -> Result<Page<T>, StoreError> {
    list_where(readers, log, query, |row| read(row).map(Some))
}

/// One page of a log whose rows are passed over where `read` finds that the conditions of the query do
/// not hold.
pub(crate) fn list_where<T>(
    readers: &Readers,
    log: &Log,
    query: &Query,
    read: impl Fn(&Row<'_>) -> Result<Option<Found<T>>, rusqlite::Error>,
) -> Result<Page<T>, StoreError> {
    let started = Instant::now();
    let mut ids = log.ids.range(query);
    let mut items = Vec::new();
    loop {
        let reader = readers.get()?;
        let wanted = query.limit - items.len();
        let (rows, scanned_to) = piece(&reader, log, query, &ids, wanted, &read)?;
        let full = rows.len() == wanted;
        let last = rows.last().map(|(id, _)| *id);
        items.extend(rows.into_iter().map(|(_, item)| item));
        if full && let Some(last) = last {
            return Ok(Page {
                items,
                next: Id::from_row(last),
            });
        }
        match scanned_to {
            None => return Ok(Page { items, next: None }),
            Some(id) if started.elapsed() > PATIENCE => {
                return Ok(Page {
                    items,
                    next: Id::from_row(id),
                });
            }
            Some(id) => ids.end = id,
        }
    }
}

/// Up to `wanted` matching rows of the next piece, and where these end (`None` when they
/// are the last).
fn piece<T>(
    connection: &Connection,
    log: &Log,
    query: &Query,
    ids: &Range<i64>,
    wanted: usize,
    read: impl Fn(&Row<'_>) -> Result<Option<Found<T>>, rusqlite::Error>,
) -> Result<(Vec<Found<T>>, Option<i64>), StoreError> {
    let transaction = connection.unchecked_transaction()?;
    let table = log.table;
    let last = match query.filters.iter().any(Filter::is_narrow) {
        true => None,
        false => end_of_piece(&transaction, table, ids, query.piece())?,
    };
    let mut sql = log.select.join(" ");
    sql.push_str(&format!(" where {table}.id < ? and {table}.id >= ?"));
    let mut values = vec![
        Value::Integer(ids.end),
        Value::Integer(last.unwrap_or(ids.start)),
    ];
    for (time, comparison) in [(query.from, ">="), (query.to, "<")] {
        if let Some(time) = time {
            sql.push_str(&format!(" and {} {comparison} ?", log.time));
            values.push(Value::Integer(time));
        }
    }
    for filter in &query.filters {
        filter.push_to(&mut sql, &mut values);
    }
    sql.push_str(&format!(" order by {table}.id desc limit ?"));
    // Negative: all of the piece, for nobody knows how many of them fit.
    values.push(Value::Integer(match query.conditions {
        Some(_) => -1,
        None => wanted as i64,
    }));
    let mut statement = transaction.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(values), read)?;
    let rows = rows.filter_map(Result::transpose).take(wanted);
    Ok((rows.collect::<Result<Vec<_>, _>>()?, last))
}

/// The lowest id of a piece; `None` where no more than a piece is left.
fn end_of_piece(
    connection: &Connection,
    table: &str,
    ids: &Range<i64>,
    rows: i64,
) -> Result<Option<i64>, rusqlite::Error> {
    let sql = format!(
        "select id from {table} where id < ?1 and id >= ?2 order by id desc limit 1 offset ?3"
    );
    connection
        .prepare_cached(&sql)?
        .query_row((ids.end, ids.start, rows - 1), |row| row.get(0))
        .optional()
}
