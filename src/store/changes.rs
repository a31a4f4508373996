//! Bulk changes as they were made, so that they can be undone.

use rusqlite::{Connection, OptionalExtension, named_params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entities::Save;
use super::error::StoreError;
use super::readers::Readers;

/// How many changes are kept.
const KEPT: i64 = 200;

/// One entity of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// `campaign`, `offer`, ...
    pub kind: String,
    pub id: u64,
    /// The version that the change made.
    pub version: u64,
    /// The document before.
    pub before: Value,
}

/// A change, without its documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ChangeRow {
    pub id: u64,
    /// UTC milliseconds.
    pub at: i64,
    pub summary: String,
    /// How many entities it changed.
    pub entities: u64,
    pub undone_at: Option<i64>,
}

const INSERT: &str = "
    insert into changes (id, at, summary, entries) values (:id, :at, :summary, :entries)";
const PRUNE: &str = "delete from changes where id <= (select max(id) from changes) - :kept";
const LIST: &str = "
    select id, at, summary, json_array_length(entries), undone_at from changes order by id desc";
const HIGHEST: &str = "select coalesce(max(id), 0) from changes";
const FIND: &str = "select entries, undone_at from changes where id = :id";
const UNDO: &str = "update changes set undone_at = :at where id = :id";

/// The highest id that a change has.
pub fn highest_id(readers: &Readers) -> Result<u64, StoreError> {
    let id: i64 = readers.get()?.query_row(HIGHEST, [], |row| row.get(0))?;
    Ok(id.unsigned_abs())
}

/// The work of keeping a change.
pub fn keeping(id: u64, at: i64, summary: String, entries: Vec<Entry>) -> Save {
    Box::new(move |connection: &Connection| {
        let entries = serde_json::to_string(&entries)
            .map_err(|error| StoreError::Damaged(error.to_string()))?;
        connection.prepare_cached(INSERT)?.execute(named_params! {
            ":id": id as i64, ":at": at, ":summary": summary, ":entries": entries,
        })?;
        let mut prune = connection.prepare_cached(PRUNE)?;
        prune.execute(named_params! { ":kept": KEPT })?;
        Ok(())
    })
}

/// The work of noting that a change was undone.
pub fn undoing(id: u64, at: i64) -> Save {
    Box::new(move |connection: &Connection| {
        let mut undo = connection.prepare_cached(UNDO)?;
        undo.execute(named_params! { ":id": id as i64, ":at": at })?;
        Ok(())
    })
}

/// The changes that are kept, newest first.
pub fn list(readers: &Readers) -> Result<Vec<ChangeRow>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(LIST)?;
    let rows = statement.query_map([], |row| {
        Ok(ChangeRow {
            id: row.get(0)?,
            at: row.get(1)?,
            summary: row.get(2)?,
            entities: row.get(3)?,
            undone_at: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What is kept of a change for its undo.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub entries: Vec<Entry>,
    pub undone_at: Option<i64>,
}

/// A change; `None` if it is not kept.
pub fn find(readers: &Readers, id: u64) -> Result<Option<Kept>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(FIND)?;
    let found: Option<(String, Option<i64>)> = statement
        .query_row(named_params! { ":id": id as i64 }, |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((entries, undone_at)) = found else {
        return Ok(None);
    };
    let entries = serde_json::from_str(&entries)
        .map_err(|error| StoreError::Damaged(format!("change {id}: {error}")))?;
    Ok(Some(Kept { entries, undone_at }))
}
