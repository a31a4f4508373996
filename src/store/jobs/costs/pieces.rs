//! The clicks of an update, packed, and what they had cost.

use rusqlite::{Connection, named_params};

use crate::domain::click::ClickCost;
use crate::domain::money::{Currency, Micros};
use crate::report::columns::{Block, Builder, Unreadable, Value, unpack_ids};
use crate::store::error::StoreError;
use crate::store::writer::Writer;

/// Pieces dropped in one edit.
const DROPPED: i64 = 100;

/// Some clicks of a line.
pub(super) struct Piece {
    pub(super) number: u64,
    pub(super) line: u64,
    /// How many clicks of the line come before.
    pub(super) first: u64,
    pub(super) ids: Vec<i64>,
    /// What each had cost; `None` as long as that was not changed.
    pub(super) before: Option<Vec<Stored>>,
}

/// A cost as it stands in a row: micro-units, and the id of their currency.
pub(super) type Stored = (Option<i64>, Option<i64>);

macro_rules! select {
    ($which:literal) => {
        concat!(
            "select number, line, first, ids, costs, currencies from cost_update_pieces ",
            $which
        )
    };
}
const FROM: &str = select!("where update_id = :id and number >= :number order by number limit 1");
const DOWN_FROM: &str = select!(
    "where update_id = :id and number < :number and costs is not null
    order by number desc limit 1"
);

impl Piece {
    /// The first one from this number on.
    pub(super) fn at(
        connection: &Connection,
        id: u64,
        number: u64,
    ) -> Result<Option<Piece>, StoreError> {
        find(connection, FROM, id, number)
    }

    /// The last changed one before this number.
    pub(super) fn before(
        connection: &Connection,
        id: u64,
        number: u64,
    ) -> Result<Option<Piece>, StoreError> {
        find(connection, DOWN_FROM, id, number)
    }

    /// Keeps what the clicks had cost.
    pub(super) fn keep(
        &self,
        connection: &Connection,
        id: u64,
        before: &[Stored],
    ) -> Result<(), rusqlite::Error> {
        const SQL: &str = "
            update cost_update_pieces set costs = :costs, currencies = :currencies
            where update_id = :id and number = :number";
        connection.prepare_cached(SQL)?.execute(named_params! {
            ":id": id, ":number": self.number,
            ":costs": packed(before.iter().map(|(cost, _)| *cost)),
            ":currencies": packed(before.iter().map(|(_, currency)| *currency)),
        })?;
        Ok(())
    }
}

fn find(
    connection: &Connection,
    sql: &str,
    id: u64,
    number: u64,
) -> Result<Option<Piece>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(named_params! { ":id": id, ":number": number })?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let (ids, costs, currencies): (Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>) =
        (row.get(3)?, row.get(4)?, row.get(5)?);
    let read = || {
        let ids = unpack_ids(&ids)?;
        let before = match (&costs, &currencies) {
            (Some(costs), Some(currencies)) => {
                let (costs, currencies) = (numbers(costs)?, numbers(currencies)?);
                Some(costs.into_iter().zip(currencies).collect::<Vec<Stored>>())
            }
            _ => None,
        };
        match before
            .as_ref()
            .is_none_or(|before| before.len() == ids.len())
        {
            true => Ok((ids, before)),
            false => Err(Unreadable("it has not as many costs as clicks")),
        }
    };
    let (ids, before) = read().map_err(|error| {
        StoreError::Damaged(format!("what cost update {id} has changed: {error}"))
    })?;
    Ok(Some(Piece {
        number: row.get(0)?,
        line: row.get(1)?,
        first: row.get(2)?,
        ids,
        before,
    }))
}

fn packed(values: impl Iterator<Item = Option<i64>>) -> Vec<u8> {
    let mut builder = Builder::default();
    for value in values {
        builder.push(value.map_or(Value::Empty, Value::Number));
    }
    builder.finish()
}

fn numbers(bytes: &[u8]) -> Result<Vec<Option<i64>>, Unreadable> {
    let block = Block::read(bytes)?;
    let rows = 0..block.codes.rows();
    rows.map(|row| match block.value(row) {
        Value::Empty => Ok(None),
        Value::Number(number) => Ok(Some(number)),
        _ => Err(Unreadable("a cost is no number")),
    })
    .collect()
}

/// A click's cost as it is stored now.
pub(super) struct Charged {
    pub(super) at: i64,
    pub(super) campaign_id: u64,
    pub(super) stored: Stored,
    pub(super) cost: Option<ClickCost>,
}

impl Charged {
    /// `None` where there is no such click any more.
    pub(super) fn find(
        connection: &Connection,
        id: i64,
    ) -> Result<Option<Charged>, rusqlite::Error> {
        const SQL: &str = "
            select clicks.at, routes.campaign_id, clicks.cost, clicks.currency_id, currencies.code
            from clicks
            join routes on routes.id = clicks.route_id
            left join currencies on currencies.id = clicks.currency_id
            where clicks.id = ?1";
        let mut statement = connection.prepare_cached(SQL)?;
        let mut rows = statement.query([id])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let (amount, currency_id): Stored = (row.get(2)?, row.get(3)?);
        let code: Option<String> = row.get(4)?;
        Ok(Some(Charged {
            at: row.get(0)?,
            campaign_id: row.get(1)?,
            stored: (amount, currency_id),
            cost: in_words(amount, code.as_deref()),
        }))
    }

    pub(super) fn set(
        connection: &Connection,
        id: i64,
        stored: Stored,
    ) -> Result<(), rusqlite::Error> {
        const SQL: &str = "update clicks set cost = ?2, currency_id = ?3 where id = ?1";
        let mut statement = connection.prepare_cached(SQL)?;
        statement.execute((id, stored.0, stored.1))?;
        Ok(())
    }
}

/// A cost with the code of its currency.
pub(super) fn in_words(amount: Option<i64>, code: Option<&str>) -> Option<ClickCost> {
    let (amount, currency) = amount.zip(code.and_then(Currency::parse))?;
    Some(ClickCost {
        amount: Micros(amount),
        currency,
        fell_back: false,
    })
}

/// Drops what is kept for undoing updates from before this time, a piece of it; whether there may be
/// more.
pub fn drop_before(writer: &Writer, before: i64) -> Result<bool, StoreError> {
    const SQL: &str = "
        delete from cost_update_pieces where rowid in (
            select cost_update_pieces.rowid
            from cost_updates
            cross join cost_update_pieces on cost_update_pieces.update_id = cost_updates.id
            join jobs on jobs.id = cost_updates.job_id
            where cost_updates.at < :before and jobs.state not in ('queued', 'running')
            limit :most)";
    writer.edit_blocking(move |connection| {
        let values = named_params! { ":before": before, ":most": DROPPED };
        Ok(connection.prepare_cached(SQL)?.execute(values)? as i64 == DROPPED)
    })
}
