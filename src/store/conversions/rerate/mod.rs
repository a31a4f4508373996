//! What conversions are worth follows the rates: beside the traffic, in pieces.
//!
//! A change of rates leaves a mark in its own transaction: whose amounts are concerned, and behind
//! which conversion to begin. Each piece recomputes what is concerned from the amounts as they were
//! stated, by the rates that the file has then, and moves the mark on. So a piece that was
//! interrupted is done again, a later change begins anew, and what comes in meanwhile is rated
//! right already: whoever stores a conversion asks for the rates of the file.
//!
//! Budgets keep what they have counted.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono_tz::Tz;
use rusqlite::{Connection, OptionalExtension, named_params};
use serde::{Deserialize, Serialize};

use super::rows::{self, Change};
use crate::domain::conversion::{Conversion, Origin};
use crate::domain::id::{Id, IdGenerator};
use crate::domain::money::{Currency, Micros};
use crate::domain::period;
use crate::domain::rates::Rates;
use crate::postback::credit::worth;
use crate::store::error::StoreError;
use crate::store::rates;
use crate::store::readers::Readers;
use crate::store::settings;
use crate::store::writer::Writer;

/// Conversions recomputed in one transaction.
const PIECE: usize = 500;
/// Conversions looked at in one read.
const LOOKED_AT: usize = 20_000;
/// Name of the setting that keeps the mark.
const MARK: &str = "rerate";

/// Whose amounts have another worth now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concerned {
    All,
    Only(Vec<Currency>),
}

/// What is still to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Due {
    /// Of the amounts; `None` for all.
    currencies: Option<BTreeSet<String>>,
    /// The conversions behind this one.
    after: i64,
}

impl Due {
    fn and(self, earlier: Due) -> Due {
        let both = self.currencies.zip(earlier.currencies);
        Due {
            currencies: both.map(|(mut all, more)| {
                all.extend(more);
                all
            }),
            after: self.after.min(earlier.after),
        }
    }

    fn concerns(&self, currency: &str) -> bool {
        let mine = self.currencies.as_ref();
        mine.is_none_or(|mine| mine.contains(currency))
    }
}

/// Notes in the transaction of a change of rates whose amounts are concerned, and from which day.
pub(in crate::store) fn mark(
    connection: &Connection,
    concerned: Concerned,
    first_day: Option<i64>,
) -> Result<(), rusqlite::Error> {
    let start = first_day.map(|day| Id::first_at(period::day_start(day, Tz::UTC)));
    let mut due = Due {
        currencies: match concerned {
            Concerned::All => None,
            Concerned::Only(currencies) => {
                let codes = currencies.iter().map(|one| one.as_str().to_owned());
                Some(codes.collect())
            }
        },
        after: start.map_or(-1, |id| id.to_row() - 1),
    };
    if let Some(earlier) = find(connection)? {
        due = due.and(earlier);
    }
    keep(connection, &due)
}

/// The first UTC day by whose rate an amount is rated.
pub(in crate::store) fn first_day(connection: &Connection) -> Result<Option<i64>, rusqlite::Error> {
    const EARNED: &str = "select min(at) from conversions";
    const CHARGED: &str = "
        select at from clicks where id =
            (select min(click_id) from conversions where cost_amount is not null)";
    let earned: Option<i64> = connection.query_row(EARNED, [], |row| row.get(0))?;
    let charged: Option<i64> = connection
        .query_row(CHARGED, [], |row| row.get(0))
        .optional()?;
    let first = earned.into_iter().chain(charged).min();
    Ok(first.map(|at| period::day(at, Tz::UTC)))
}

/// Whether some conversions have yet to follow a change of rates.
pub fn is_due(readers: &Readers) -> Result<bool, StoreError> {
    Ok(find(&*readers.get()?)?.is_some())
}

/// Conversions that a rate came too late for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unrated {
    pub count: u64,
    /// Their first UTC day.
    pub since: i64,
}

/// What counts as 0 in a currency because it is of before this UTC day.
pub fn unrated_before(
    readers: &Readers,
    currency: Currency,
    day: i64,
) -> Result<Option<Unrated>, StoreError> {
    const SQL: &str = "
        select count(*), min(at) from conversions indexed by conversions_unrated
        where rate is null and currency = :currency and at < :until";
    let reader = readers.get()?;
    let values = named_params! {
        ":currency": currency.as_str(), ":until": period::day_start(day, Tz::UTC),
    };
    let (count, first): (u64, Option<i64>) = reader
        .prepare_cached(SQL)?
        .query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(first.map(|at| Unrated {
        count,
        since: period::day(at, Tz::UTC),
    }))
}

/// Recomputes the next conversions; whether something is left to do. Blocks.
pub fn next_piece(
    readers: &Readers,
    writer: &Writer,
    rates: &Arc<Rates>,
    ids: &Arc<IdGenerator>,
    now: i64,
) -> Result<bool, StoreError> {
    let reader = readers.get()?;
    let Some(due) = find(&reader)? else {
        return Ok(false);
    };
    let piece = look(&reader, &due)?;
    drop(reader);
    let (rates, ids) = (Arc::clone(rates), Arc::clone(ids));
    writer.edit_blocking(move |connection| {
        if find(connection)?.as_ref() != Some(&due) {
            // The rates were changed again.
            return Ok(true);
        }
        let rates = rates::current(connection, &rates)?;
        for id in &piece.concerned {
            rerate(connection, *id, &rates, &ids, now)?;
        }
        match piece.until {
            Some(after) => keep(connection, &Due { after, ..due })?,
            None => settings::remove(connection, MARK)?,
        }
        Ok(piece.until.is_some())
    })
}

/// Conversions to be recomputed in one transaction.
struct Piece {
    concerned: Vec<Id>,
    /// The last conversion looked at; `None` where there is none behind it.
    until: Option<i64>,
}

fn look(connection: &Connection, due: &Due) -> Result<Piece, rusqlite::Error> {
    const SQL: &str = "
        select id, currency, cost_currency from conversions
        where id > :after order by id limit :most";
    let mut statement = connection.prepare_cached(SQL)?;
    let values = named_params! { ":after": due.after, ":most": LOOKED_AT as i64 };
    let mut rows = statement.query(values)?;
    let (mut concerned, mut until, mut seen) = (Vec::new(), due.after, 0);
    while let Some(row) = rows.next()? {
        (until, seen) = (row.get(0)?, seen + 1);
        let (revenue, cost) = (row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str_or_null()?);
        if due.concerns(revenue) || cost.is_some_and(|cost| due.concerns(cost)) {
            concerned.extend(Id::from_row(until));
        }
        if concerned.len() == PIECE {
            break;
        }
    }
    let is_full = seen == LOOKED_AT || concerned.len() == PIECE;
    Ok(Piece {
        concerned,
        until: is_full.then_some(until),
    })
}

fn rerate(
    connection: &Connection,
    id: Id,
    rates: &Rates,
    ids: &IdGenerator,
    now: i64,
) -> Result<(), rusqlite::Error> {
    let Some(row) = rows::find(connection, id).optional()? else {
        return Ok(());
    };
    let mut next = row.clone();
    let revenue = &row.revenue;
    next.revenue = worth(revenue.amount, revenue.currency, row.at, rates);
    if let Some(cost) = &row.cost {
        let at = rows::clicked_at(connection, &row)?;
        next.cost = Some(worth(cost.amount, cost.currency, at, rates));
    }
    if next == row {
        return Ok(());
    }
    rows::save(connection, &next)?;
    let worths = |row: &Conversion| (row.revenue.worth, row.cost.map(|cost| cost.worth));
    if worths(&next) == worths(&row) {
        return Ok(());
    }
    let change = Change {
        id: ids.next(now),
        at: now,
        origin: Origin::Rate,
        postback_id: None,
        cap: None,
        spent: Micros::ZERO,
    };
    rows::note(connection, &next, &change)
}

fn find(connection: &Connection) -> Result<Option<Due>, rusqlite::Error> {
    let stored = settings::find(connection, MARK)?;
    // One that cannot be read is of another version: everything is looked at again.
    let unread = Due {
        currencies: None,
        after: -1,
    };
    Ok(stored.map(|bytes| serde_json::from_slice(&bytes).unwrap_or(unread)))
}

fn keep(connection: &Connection, due: &Due) -> Result<(), rusqlite::Error> {
    let json = serde_json::to_vec(due).unwrap_or_default();
    settings::set(connection, MARK, &json)
}
