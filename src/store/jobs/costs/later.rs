//! Updates that have charged the same clicks since: they have to be undone first.

use std::collections::HashSet;

use rusqlite::{Connection, named_params};

use crate::report::columns::unpack_ids;
use crate::store::error::StoreError;
use crate::store::readers::Readers;

/// Pieces whose clicks are compared at once; few in tests, so that they meet the ends of batches.
const COMPARED: i64 = if cfg!(test) { 2 } else { 1_000 };

/// Clicks of an update that are compared at once with those of later ones.
struct Batch {
    ids: HashSet<i64>,
    lowest: i64,
    highest: i64,
    /// Number of the piece after the last.
    next: u64,
}

impl Batch {
    /// From this piece on; `None` at the end.
    fn read(connection: &Connection, id: u64, from: u64) -> Result<Option<Batch>, StoreError> {
        const SQL: &str = "
            select number, ids, lowest, highest from cost_update_pieces
            where update_id = :id and number >= :from and costs is not null
            order by number limit :most";
        let mut statement = connection.prepare_cached(SQL)?;
        let values = named_params! { ":id": id, ":from": from, ":most": COMPARED };
        let mut rows = statement.query(values)?;
        let mut batch: Option<Batch> = None;
        while let Some(row) = rows.next()? {
            let (number, bytes): (u64, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let (lowest, highest): (i64, i64) = (row.get(2)?, row.get(3)?);
            let batch = batch.get_or_insert_with(|| Batch {
                ids: HashSet::default(),
                lowest,
                highest,
                next: 0,
            });
            batch.ids.extend(clicks(id, &bytes)?);
            batch.lowest = batch.lowest.min(lowest);
            batch.highest = batch.highest.max(highest);
            batch.next = number + 1;
        }
        Ok(batch)
    }

    /// The last update after this one that counts for some of the clicks.
    fn overwritten_by(&self, connection: &Connection, id: u64) -> Result<Option<u64>, StoreError> {
        const LATER: &str = "
            select pieces.update_id, pieces.ids from cost_update_pieces as pieces
            join cost_updates on cost_updates.id = pieces.update_id
            where pieces.highest >= :lowest and pieces.lowest <= :highest
                and pieces.update_id > :id and pieces.costs is not null
                and cost_updates.undone_at is null
            order by pieces.update_id desc";
        let mut statement = connection.prepare_cached(LATER)?;
        let mut rows = statement.query(named_params! {
            ":id": id, ":lowest": self.lowest, ":highest": self.highest,
        })?;
        while let Some(row) = rows.next()? {
            let (later, bytes): (u64, Vec<u8>) = (row.get(0)?, row.get(1)?);
            if clicks(later, &bytes)?
                .iter()
                .any(|id| self.ids.contains(id))
            {
                return Ok(Some(later));
            }
        }
        Ok(None)
    }
}

fn clicks(id: u64, bytes: &[u8]) -> Result<Vec<i64>, StoreError> {
    unpack_ids(bytes)
        .map_err(|error| StoreError::Damaged(format!("what cost update {id} has changed: {error}")))
}

/// An update after this one that has charged some of the same clicks since, and was not undone.
pub fn overwritten_by(readers: &Readers, id: u64) -> Result<Option<u64>, StoreError> {
    // Or has taken the place of its money without a click.
    const REPLACED: &str = "
        select max(replaced_by) from unassigned_costs where update_id = ?1";
    let replaced: Option<u64> = {
        let reader = readers.get()?;
        let mut statement = reader.prepare_cached(REPLACED)?;
        statement.query_row([id], |row| row.get(0))?
    };
    if replaced.is_some() {
        return Ok(replaced);
    }
    let mut from = 0;
    loop {
        let reader = readers.get()?;
        let Some(batch) = Batch::read(&reader, id, from)? else {
            return Ok(None);
        };
        if let Some(later) = batch.overwritten_by(&reader, id)? {
            return Ok(Some(later));
        }
        from = batch.next;
    }
}
