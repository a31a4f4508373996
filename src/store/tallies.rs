//! What is counted beside the records: HEAD requests, browser prefetches, unknown links, steps to
//! an offer whose click nobody knows, macros that arrived as they were.
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
    /// `head`, `prefetch`, `unknown_link`, `no_entry`, `cost_without_rate`; `unexpanded_macro` for
    /// clicks with a parameter that nobody had filled in, and `unexpanded_macro:source` for each
    /// such parameter.
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
const LAST_WEEK: &str = "
    select substr(what, length(:prefix) + 1), sum(count) from tallies
    where day >= date('now', '-6 days')
      and campaign_id = :campaign_id
      and substr(what, 1, length(:prefix)) = :prefix
    group by what";

impl Tallies {
    /// Counts one. Never waits for the disk.
    pub fn count(&self, what: &'static str, campaign_id: u64) {
        self.count_each(std::iter::once(what), campaign_id);
    }

    /// Counts one of each. Never waits for the disk.
    pub fn count_each(&self, whats: impl Iterator<Item = &'static str>, campaign_id: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for what in whats {
            *counts.entry((what, campaign_id)).or_default() += 1;
        }
    }

    /// What waits to be written of a campaign: counts by what follows the prefix.
    pub fn pending(&self, campaign_id: u64, prefix: &str) -> HashMap<String, u64> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_campaign = counts.iter().filter(|((_, id), _)| *id == campaign_id);
        of_campaign
            .filter_map(|((what, _), count)| Some((what.strip_prefix(prefix)?.to_owned(), *count)))
            .collect()
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

/// A campaign's counts of the last 7 UTC days by what follows the prefix, `pending` added; the most
/// frequent first.
pub fn last_week(
    readers: &Readers,
    campaign_id: u64,
    prefix: &str,
    pending: HashMap<String, u64>,
) -> Result<Vec<(String, u64)>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(LAST_WEEK)?;
    let values = named_params! { ":campaign_id": campaign_id, ":prefix": prefix };
    let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut counts = pending;
    for row in rows {
        let (what, count): (String, u64) = row?;
        *counts.entry(what).or_default() += count;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|(one, many), (other, few)| few.cmp(many).then_with(|| one.cmp(other)));
    Ok(counts)
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
