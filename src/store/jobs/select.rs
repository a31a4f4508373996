//! The clicks of some campaigns and a time, looked for in short reads.

use std::ops::ControlFlow;

use rusqlite::{Row, named_params};
use serde::{Deserialize, Serialize};

use crate::store::error::StoreError;
use crate::store::log::Ids;
use crate::store::readers::Readers;

/// Rows looked at in one read transaction; few in tests, so that they meet the ends of reads.
const READ: usize = if cfg!(test) { 5 } else { 20_000 };

/// Which clicks are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Empty: all.
    pub campaign_ids: Vec<u64>,
    /// UTC milliseconds, included.
    pub from: i64,
    /// Not included.
    pub to: i64,
    /// Only clicks with lower ids: those that come later stay as they are.
    pub below: i64,
}

/// A click that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Seen {
    pub(in crate::store) id: i64,
    pub(in crate::store) flags: i64,
}

/// The first of the columns that [`scan`] was asked for.
pub(in crate::store) const FIRST_COLUMN: usize = 4;

/// Goes through clicks behind an id with further columns of theirs, in one read transaction, until
/// `take` has enough. The id behind which to go on; `None` at the end.
pub(in crate::store) fn scan(
    readers: &Readers,
    selection: &Selection,
    after: i64,
    columns: &str,
    mut take: impl FnMut(Seen, &Row<'_>) -> Result<ControlFlow<()>, rusqlite::Error>,
) -> Result<Option<i64>, StoreError> {
    let ids = Ids::OfTime.between(Some(selection.from), Some(selection.to));
    let sql = format!(
        "select clicks.id, clicks.flags, clicks.at, routes.campaign_id{columns}
        from clicks cross join routes on routes.id = clicks.route_id
        where clicks.id > :after and clicks.id < :end
        order by clicks.id limit :most"
    );
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(&sql)?;
    let mut rows = statement.query(named_params! {
        ":after": after.max(ids.start - 1), ":end": ids.end.min(selection.below), ":most": READ,
    })?;
    let (mut last, mut count) = (after, 0);
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        count += 1;
        let (at, campaign_id): (i64, u64) = (row.get(2)?, row.get(3)?);
        if !selection.holds(at, campaign_id) {
            continue;
        }
        let seen = Seen {
            id: last,
            flags: row.get(1)?,
        };
        if take(seen, row)?.is_break() {
            return Ok(Some(last));
        }
    }
    Ok((count == READ).then_some(last))
}

impl Selection {
    fn holds(&self, at: i64, campaign_id: u64) -> bool {
        let is_campaign = self.campaign_ids.is_empty() || self.campaign_ids.contains(&campaign_id);
        is_campaign && (self.from..self.to).contains(&at)
    }
}
