//! Records that could not be stored for a reason of their own: kept with the reason, listed.

use rusqlite::{Connection, named_params};
use serde::Serialize;

use super::error::StoreError;
use super::readers::Readers;

/// One record that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SetAside {
    pub id: i64,
    /// UTC milliseconds.
    pub at: i64,
    /// `click`, `offer_click`, or `spill` for a frame of the spill file that could not be read.
    pub kind: String,
    /// The record as JSON, or the bytes of the frame as text.
    pub record: String,
    pub error: String,
}

const INSERT: &str = "
    insert into set_aside (at, kind, record, error) values (:at, :kind, :record, :error)";

/// Keeps a record that cannot be stored for a reason of its own, with the reason.
pub(crate) fn insert(
    connection: &Connection,
    kind: &str,
    record: &str,
    error: &str,
) -> Result<(), rusqlite::Error> {
    connection.prepare_cached(INSERT)?.execute(named_params! {
        ":at": crate::clock::now_ms(),
        ":kind": kind,
        ":record": record,
        ":error": error,
    })?;
    Ok(())
}

const LIST: &str = "select id, at, kind, record, error from set_aside order by id desc limit 200";

/// The latest 200.
pub fn list(readers: &Readers) -> Result<Vec<SetAside>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(LIST)?;
    let rows = statement.query_map([], |row| {
        Ok(SetAside {
            id: row.get(0)?,
            at: row.get(1)?,
            kind: row.get(2)?,
            record: row.get(3)?,
            error: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
