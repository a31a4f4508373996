//! How much waits in the outbox.

use serde::Serialize;

use crate::store::error::StoreError;
use crate::store::readers::Readers;

/// What waits, for `/healthz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    pub waiting: u64,
    /// How long the oldest has waited; `null` where nothing does.
    pub oldest_waiting_seconds: Option<i64>,
    /// Of those that wait, how many were tried in vain, or are asked for again.
    pub failing: u64,
}

/// Reads nothing but the index of what waits.
pub fn read(readers: &Readers, now: i64) -> Result<Health, StoreError> {
    // A row is due at its own time until an attempt has put it off.
    const SQL: &str = "
        select count(*), min(at), count(*) filter (where next_at > at)
        from outbox where state = 'waiting'";
    let reader = readers.get()?;
    let health = reader.prepare_cached(SQL)?.query_row([], |row| {
        let oldest: Option<i64> = row.get(1)?;
        Ok(Health {
            waiting: row.get(0)?,
            oldest_waiting_seconds: oldest.map(|at| (now - at).max(0) / 1_000),
            failing: row.get(2)?,
        })
    });
    Ok(health?)
}
