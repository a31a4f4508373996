//! Spent budgets that were told: each once, whatever restarts.

use std::sync::Arc;

use rusqlite::{Connection, named_params};

use super::error::StoreError;
use super::outbox::message;
use super::readers::Readers;
use super::writer::Writer;
use crate::domain::campaign::Limit;
use crate::domain::documents::Documents;
use crate::domain::id::IdGenerator;
use crate::domain::message::Message;
use crate::domain::money::Micros;

/// How long days stay that were told: clocks may be set back.
const DAYS_KEPT: i64 = 30;

/// A limit of a campaign that it has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spent {
    pub campaign_id: u64,
    pub limit: Limit,
    /// Number of the day in the campaign's zone; 0 for the total.
    pub period: i64,
}

/// That it was told, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub spent: Spent,
    /// The highest that was reached: a lower limit is no news.
    pub amount: Micros,
    /// UTC milliseconds.
    pub at: i64,
}

/// What was told of all campaigns, or of one.
pub fn told(readers: &Readers, campaign_id: Option<u64>) -> Result<Vec<Told>, StoreError> {
    const SQL: &str = "
        select campaign_id, budget, period, amount, at from budgets_told
        where :campaign_id is null or campaign_id = :campaign_id";
    let connection = readers.get()?;
    let mut statement = connection.prepare_cached(SQL)?;
    let mut rows = statement.query(named_params! { ":campaign_id": campaign_id })?;
    let mut told = Vec::new();
    while let Some(row) = rows.next()? {
        let word: String = row.get(1)?;
        let mut limits = Limit::ALL.iter();
        let Some((_, limit)) = limits.find(|(known, _)| *known == word) else {
            continue;
        };
        told.push(Told {
            spent: Spent {
                campaign_id: row.get(0)?,
                limit: *limit,
                period: row.get(2)?,
            },
            amount: Micros(row.get(3)?),
            at: row.get(4)?,
        });
    }
    Ok(told)
}

/// Queues the messages and notes that it was told, both or neither.
pub fn tell(
    writer: &Writer,
    ids: Arc<IdGenerator>,
    documents: Arc<Documents>,
    told: Told,
    messages: Vec<Message>,
) -> Result<(), StoreError> {
    writer.edit_blocking(move |connection| {
        for message in &messages {
            message::queue(connection, &ids, &documents, told.at, message)?;
        }
        Ok(note(connection, &told)?)
    })
}

fn note(connection: &Connection, told: &Told) -> Result<(), rusqlite::Error> {
    const NOTE: &str = "
        insert into budgets_told (campaign_id, budget, period, amount, at)
        values (:campaign_id, :budget, :period, :amount, :at)
        on conflict do update set amount = excluded.amount, at = excluded.at";
    const FORGET: &str = "
        delete from budgets_told
        where campaign_id = :campaign_id and budget = :budget and period < :oldest";
    let Spent {
        campaign_id,
        limit,
        period,
    } = told.spent;
    connection.prepare_cached(NOTE)?.execute(named_params! {
        ":campaign_id": campaign_id,
        ":budget": limit.as_str(),
        ":period": period,
        ":amount": told.amount.0,
        ":at": told.at,
    })?;
    connection.prepare_cached(FORGET)?.execute(named_params! {
        ":campaign_id": campaign_id,
        ":budget": limit.as_str(),
        ":oldest": period - DAYS_KEPT,
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::entities::tests::database;

    #[test]
    fn a_larger_amount_takes_the_place_and_old_days_go() {
        let connection = database();
        let note = |limit, period, amount| {
            let spent = Spent {
                campaign_id: 7,
                limit,
                period,
            };
            let told = Told {
                spent,
                amount: Micros(amount),
                at: 1,
            };
            note(&connection, &told).unwrap();
        };

        note(Limit::Total, 0, 5);
        note(Limit::Daily, 99, 5);
        note(Limit::Daily, 100, 5);
        note(Limit::Daily, 100, 9);
        note(Limit::Daily, 100 + DAYS_KEPT, 5);

        let mut statement = connection
            .prepare("select concat_ws(' ', budget, period, amount) from budgets_told")
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        let rows: Vec<String> = rows.map(Result::unwrap).collect();
        assert_eq!(rows, ["daily 100 9", "daily 130 5", "total 0 5"]);
    }
}
