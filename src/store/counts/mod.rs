//! Where counters outlive the program: totals are written every few seconds and at the stop, and
//! restored at the start.
//!
//! With the totals go two marks: the highest click id that was given out when they were read, and
//! the last change of a conversion that was in them. After a `kill -9` the clicks and changes above
//! the marks, which are all stored, are counted again. What may be off
//! then: a click that was under way while the totals were read (one a worker) counts twice; a limit
//! that was given to a flow in the last seconds counts the clicks from before it, too; and clicks
//! that are in the spill file only, while the database refuses writes at the start too, are not
//! seen.

mod recount;
#[cfg(test)]
mod tests;

use rusqlite::{Connection, named_params};

pub use recount::restore;

use super::error::StoreError;
use super::settings;
use super::writer::Writer;
use crate::domain::id::Id;
use crate::engine::counters::{Counts, oldest};
use crate::engine::visit::{Counted, Counter};

/// Names of the settings that keep the marks.
const MARK: &str = "counters_mark";
const CHANGES_MARK: &str = "counters_changes_mark";
const HOUR_MS: i64 = 3_600_000;

const LOAD: &str = "select what, id, period, count from counters";
const SAVE: &str = "
    insert into counters (what, id, period, count) values (:what, :id, :period, :count)
    on conflict (what, id, period) do update set count = excluded.count";
const DROP: &str = "delete from counters where what = :what and period < :oldest";

/// Brings counters into the database.
#[derive(Debug, Default)]
pub struct Keeper {
    /// The marks as they are stored, once they are known.
    marks: Option<(Id, i64)>,
    /// The hour in which old periods were last dropped.
    dropped: i64,
}

impl Keeper {
    /// Writes what has changed, and the mark. On failure the next round writes it.
    pub fn flush(
        &mut self,
        counts: &Counts,
        last_id: Id,
        writer: &Writer,
        now: i64,
    ) -> Result<(), StoreError> {
        // Before the totals: what comes in between counts twice after a kill, rather than not at
        // all.
        let last_change = counts.last_change();
        let changed = counts.changed();
        let is_new_hour = self.dropped != now / HOUR_MS;
        if is_new_hour {
            counts.drop_old(now);
        }
        if changed.is_empty() && self.marks == Some((last_id, last_change)) && !is_new_hour {
            return Ok(());
        }
        let rows = changed.clone();
        writer.edit_blocking(move |connection| {
            save(connection, &rows)?;
            if is_new_hour {
                drop_old(connection, now)?;
            }
            let (clicks, changes) = (last_id.to_row().to_be_bytes(), last_change.to_be_bytes());
            settings::set(connection, MARK, &clicks)?;
            Ok(settings::set(connection, CHANGES_MARK, &changes)?)
        })?;
        counts.stored(&changed);
        self.marks = Some((last_id, last_change));
        self.dropped = now / HOUR_MS;
        Ok(())
    }
}

fn save(connection: &Connection, rows: &[(Counter, u64)]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(SAVE)?;
    for (counter, count) in rows {
        statement.execute(named_params! {
            ":what": counter.what.word(),
            ":id": counter.id,
            ":period": counter.period,
            ":count": i64::try_from(*count).unwrap_or(i64::MAX),
        })?;
    }
    Ok(())
}

fn drop_old(connection: &Connection, now: i64) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(DROP)?;
    for (word, what) in Counted::ALL {
        statement.execute(named_params! { ":what": word, ":oldest": oldest(*what, now) })?;
    }
    Ok(())
}

fn load(connection: &Connection) -> Result<Vec<(Counter, u64)>, StoreError> {
    let mut statement = connection.prepare(LOAD)?;
    let rows = statement.query_map([], |row| {
        let word: String = row.get(0)?;
        // A newer program may count more than this one knows.
        let known = Counted::ALL.iter().find(|(known, _)| *known == word);
        let Some((_, what)) = known else {
            return Ok(None);
        };
        let counter = Counter {
            what: *what,
            id: row.get(1)?,
            period: row.get(2)?,
        };
        let count: i64 = row.get(3)?;
        Ok(Some((counter, count.max(0).unsigned_abs())))
    })?;
    Ok(rows
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?)
}
