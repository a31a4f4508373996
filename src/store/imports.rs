//! Imports of files: what was asked, how far each one is, and what became of each row.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde::Serialize;

use super::error::StoreError;
use super::readers::Readers;
use super::writer::Writer;
use crate::domain::id::{Id, IdCodec};

/// Rows by the word of their verdict.
pub type Totals = BTreeMap<String, u64>;

/// Imports that are listed.
const LISTED: i64 = 200;
/// Rows dropped in one transaction.
const PRUNED: i64 = 500;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Running,
    Finished,
    /// The server ended meanwhile. The first `done` rows count; sent again, the file goes on.
    Interrupted,
    /// The storage took no more. As for an interrupted one.
    Failed,
}

impl State {
    pub const ALL: &'static [(&'static str, State)] = &[
        ("running", State::Running),
        ("finished", State::Finished),
        ("interrupted", State::Interrupted),
        ("failed", State::Failed),
    ];

    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, state)| *state == self)
            .map_or("", |(word, _)| word)
    }
}

/// Whether the conversions of an import are told to traffic sources.
pub(in crate::store) fn sends(connection: &Connection, id: u64) -> Result<bool, rusqlite::Error> {
    const SQL: &str = "select send_postbacks from imports where id = ?1";
    let mut statement = connection.prepare_cached(SQL)?;
    let found = statement.query_row([id], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(false))
}

/// The same of the import that a row with this fingerprint came with.
pub(in crate::store) fn sends_row(
    connection: &Connection,
    fingerprint: i64,
) -> Result<bool, rusqlite::Error> {
    const SQL: &str = "
        select imports.send_postbacks
        from import_marks join imports on imports.id = import_marks.import_id
        where import_marks.fingerprint = ?1";
    let mut statement = connection.prepare_cached(SQL)?;
    let found = statement
        .query_row([fingerprint], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(false))
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Import {
    pub id: u64,
    /// When it was asked for, in UTC milliseconds.
    pub at: i64,
    pub state: State,
    /// How many rows the file has.
    pub rows: u64,
    /// How many of them have their verdict.
    pub done: u64,
    /// Rows by verdict.
    pub totals: Totals,
    pub network_id: Option<u64>,
    /// IANA zone of times that name none.
    pub timezone: String,
    /// What the file was taken for.
    pub format: String,
    pub delimiter: Option<String>,
    /// What each column was taken for.
    pub columns: Vec<String>,
    /// What was odd about the file as a whole.
    pub remarks: Vec<String>,
    /// Whether its conversions are told to traffic sources.
    pub send_postbacks: bool,
    pub finished_at: Option<i64>,
    /// Why it did not finish.
    pub error: Option<String>,
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ImportRow {
    /// Of the file, from 1.
    pub line: u64,
    /// As it stands there, shortened.
    pub raw: String,
    pub verdict: String,
    pub reason: Option<String>,
    pub click_id: Option<String>,
    pub conversion_id: Option<String>,
}

/// What became of one row, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub line: u64,
    pub raw: String,
    pub verdict: &'static str,
    pub reason: Option<String>,
    pub click_id: Option<Id>,
    pub conversion_id: Option<Id>,
}

impl Judged {
    pub fn told(self, codec: &IdCodec) -> ImportRow {
        ImportRow {
            line: self.line,
            raw: self.raw,
            verdict: self.verdict.to_owned(),
            reason: self.reason,
            click_id: self.click_id.map(|id| codec.encode(id).to_string()),
            conversion_id: self.conversion_id.map(shown),
        }
    }
}

const INSERT: &str = "
    insert into imports (at, network_id, timezone, format, delimiter, columns, remarks,
        send_postbacks, state, rows, done, totals)
    values (:at, :network_id, :timezone, :format, :delimiter, :columns, :remarks, :send_postbacks,
        :state, :rows, 0, '{}')";
const PROGRESS: &str = "
    update imports set done = done + :done, totals = :totals where id = :id";
const END: &str = "
    update imports set state = :state, finished_at = :at, error = :error where id = :id";
const INTERRUPT: &str = "
    update imports set state = 'interrupted', finished_at = :at,
        error = 'The server ended; ' || done || ' of ' || rows
            || ' rows count. Send the file again: what counts already counts once.'
    where state = 'running'";
const INSERT_ROW: &str = "
    insert or replace into import_rows (import_id, line, raw, verdict, reason, click_id,
        conversion_id)
    values (:import_id, :line, :raw, :verdict, :reason, :click_id, :conversion_id)";
macro_rules! select {
    ($which:literal) => {
        concat!(
            "select id, at, state, rows, done, totals, network_id, timezone, format, delimiter,
            columns, remarks, send_postbacks, finished_at, error from imports ",
            $which
        )
    };
}
const FIND: &str = select!("where id = :id");
const LIST: &str = select!("order by id desc limit :limit");
const ROWS: &str = "
    select line, raw, verdict, reason, click_id, conversion_id from import_rows
    where import_id = :id and line > :after and (:verdict is null or verdict = :verdict)
    order by line limit :limit";
/// From the few imports to their many rows: the other way round would read all of these.
const PRUNE: &str = "
    delete from import_rows where (import_id, line) in (
        select import_rows.import_id, import_rows.line
        from imports cross join import_rows on import_rows.import_id = imports.id
        where imports.at < :before and imports.state <> 'running' limit :most)";

/// Notes a new import; `id` and what it has done so far are set here.
pub fn begin(writer: &Writer, import: Import) -> Result<Import, StoreError> {
    writer.edit_blocking(move |connection| {
        connection.prepare_cached(INSERT)?.execute(named_params! {
            ":at": import.at,
            ":network_id": import.network_id,
            ":timezone": import.timezone,
            ":format": import.format,
            ":delimiter": import.delimiter,
            ":columns": json(&import.columns),
            ":remarks": json(&import.remarks),
            ":send_postbacks": import.send_postbacks,
            ":state": State::Running.as_str(),
            ":rows": import.rows,
        })?;
        Ok(Import {
            id: connection.last_insert_rowid().unsigned_abs(),
            state: State::Running,
            ..import
        })
    })
}

/// Notes what became of a piece, together with what it changed.
pub(super) fn note(
    connection: &Connection,
    import_id: u64,
    rows: &[Judged],
    totals: &Totals,
) -> Result<(), rusqlite::Error> {
    let mut insert = connection.prepare_cached(INSERT_ROW)?;
    for row in rows {
        insert.execute(named_params! {
            ":import_id": import_id,
            ":line": row.line,
            ":raw": row.raw,
            ":verdict": row.verdict,
            ":reason": row.reason,
            ":click_id": row.click_id.map(Id::to_row),
            ":conversion_id": row.conversion_id.map(Id::to_row),
        })?;
    }
    let values = named_params! { ":done": rows.len(), ":totals": json(totals), ":id": import_id };
    connection.prepare_cached(PROGRESS)?.execute(values)?;
    Ok(())
}

/// Notes that an import has ended, and why where it is not done.
pub fn end(
    writer: &Writer,
    id: u64,
    state: State,
    error: Option<String>,
    at: i64,
) -> Result<(), StoreError> {
    writer.edit_blocking(move |connection| {
        let values = named_params! { ":id": id, ":state": state.as_str(), ":at": at,
        ":error": error };
        connection.prepare_cached(END)?.execute(values)?;
        Ok(())
    })
}

/// What was running when the program ended runs no more. How many there were.
pub fn interrupt(writer: &Writer, at: i64) -> Result<usize, StoreError> {
    writer.edit_blocking(move |connection| {
        let mut statement = connection.prepare_cached(INTERRUPT)?;
        Ok(statement.execute(named_params! { ":at": at })?)
    })
}

/// The latest imports, newest first.
pub fn list(readers: &Readers) -> Result<Vec<Import>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(LIST)?;
    let rows = statement.query_map(named_params! { ":limit": LISTED }, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn find(readers: &Readers, id: u64) -> Result<Option<Import>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(FIND)?;
    let id = i64::try_from(id).unwrap_or(-1);
    Ok(statement
        .query_row(named_params! { ":id": id }, read)
        .optional()?)
}

/// Rows behind a line, in their order.
pub fn rows(
    readers: &Readers,
    codec: &IdCodec,
    id: u64,
    verdict: Option<&str>,
    after: u64,
    limit: usize,
) -> Result<Vec<ImportRow>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(ROWS)?;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let values = named_params! { ":id": id, ":verdict": verdict, ":after": after, ":limit": limit };
    let rows = statement.query_map(values, |row| {
        let click_id: Option<i64> = row.get(4)?;
        let conversion_id: Option<i64> = row.get(5)?;
        let click_id = click_id.and_then(Id::from_row);
        Ok(ImportRow {
            line: row.get(0)?,
            raw: row.get(1)?,
            verdict: row.get(2)?,
            reason: row.get(3)?,
            click_id: click_id.map(|id| codec.encode(id).to_string()),
            conversion_id: conversion_id.and_then(Id::from_row).map(shown),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Drops rows of imports that are older than this, a piece of them; whether there may be more.
pub fn prune(writer: &Writer, before: i64) -> Result<bool, StoreError> {
    writer.edit_blocking(move |connection| {
        let values = named_params! { ":before": before, ":most": PRUNED };
        let dropped = connection.prepare_cached(PRUNE)?.execute(values)?;
        Ok(dropped as i64 == PRUNED)
    })
}

fn read(row: &Row<'_>) -> Result<Import, rusqlite::Error> {
    let state: String = row.get(2)?;
    let mut states = State::ALL.iter();
    let state = states.find(|(word, _)| *word == state);
    Ok(Import {
        id: row.get(0)?,
        at: row.get(1)?,
        state: state.map_or(State::Failed, |(_, state)| *state),
        rows: row.get(3)?,
        done: row.get(4)?,
        totals: from_json(row.get(5)?),
        network_id: row.get(6)?,
        timezone: row.get(7)?,
        format: row.get(8)?,
        delimiter: row.get(9)?,
        columns: from_json(row.get(10)?),
        remarks: from_json(row.get(11)?),
        send_postbacks: row.get(12)?,
        finished_at: row.get(13)?,
        error: row.get(14)?,
    })
}

/// As conversions are called elsewhere: more digits than a number of JavaScript has.
fn shown(id: Id) -> String {
    id.to_row().to_string()
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn from_json<T: serde::de::DeserializeOwned + Default>(text: String) -> T {
    serde_json::from_str(&text).unwrap_or_default()
}
