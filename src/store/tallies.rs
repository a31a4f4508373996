//! What is counted beside the records: HEAD requests, browser prefetches, unknown links, steps to
//! an offer whose click nobody knows.
//!
//! Counted in memory, added to the table every few seconds and at the stop. A `kill -9` may lose
//! the last seconds of these counts: no visitor was sent on with an id for any of them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, named_params};
use serde::Serialize;

use super::error::StoreError;
use super::readers::Readers;
use super::writer::Writer;

/// Counts that wait to be written. (what, campaign or 0) -> count.
#[derive(Default)]
pub struct Tallies(Mutex<HashMap<(&'static str, u64), u64>>);

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Tally {
    /// UTC day.
    pub day: String,
    /// `head`, `prefetch`, `unknown_link`, `no_entry`, `cost_without_rate`.
    pub what: String,
    /// `null` where no campaign is known.
    pub campaign_id: Option<u64>,
    pub count: u64,
}

const ADD: &str = "
    insert into tallies (day, what, campaign_id, count)
    values (date(:at / 1000, 'unixepoch'), :what, :campaign_id, :count)
    on conflict do update set count = count + excluded.count";
const LIST: &str = "
    select day, what, campaign_id, count from tallies
    where day >= date('now', '-31 days') order by day desc, what, campaign_id";

impl Tallies {
    /// Counts one. Never waits for the disk.
    pub fn count(&self, what: &'static str, campaign_id: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((what, campaign_id)).or_default() += 1;
    }

    /// Writes what was counted; on failure it is kept for the next time.
    pub fn flush(&self, writer: &Writer, now_ms: i64) -> Result<(), StoreError> {
        let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if counts.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = counts
            .iter()
            .map(|((what, id), count)| (*what, *id, *count))
            .collect();
        let result = writer.edit_blocking(move |connection| add(connection, now_ms, &rows));
        if result.is_err() {
            let mut again = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (key, count) in counts {
                *again.entry(key).or_default() += count;
            }
        }
        result
    }
}

fn add(connection: &Connection, now_ms: i64, rows: &[(&str, u64, u64)]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(ADD)?;
    for (what, campaign_id, count) in rows {
        statement.execute(named_params! {
            ":at": now_ms, ":what": what, ":campaign_id": campaign_id, ":count": count,
        })?;
    }
    Ok(())
}

/// The last 31 days.
pub fn list(readers: &Readers) -> Result<Vec<Tally>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(LIST)?;
    let rows = statement.query_map([], |row| {
        let campaign_id: u64 = row.get(2)?;
        Ok(Tally {
            day: row.get(0)?,
            what: row.get(1)?,
            campaign_id: (campaign_id > 0).then_some(campaign_id),
            count: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
