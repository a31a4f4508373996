//! Jobs: what is asked, how far each one is, and the pieces in which it is done.
//!
//! A job is a row. Each piece of its work and the note of how far it is are one edit, so after a
//! crash it goes on where it was, and nothing is done twice. Nothing is read within an edit but what
//! it changes: rows are looked for by the readers ([`select`]).
//!
//! | file | what it knows |
//! |---|---|
//! | `select.rs` | the clicks of some campaigns and a time, in short reads |
//! | `costs/` | what clicks cost, changed and changed back |
//! | `clean.rs` | clicks and all that hangs on them, deleted |
//! | `labels.rs` | which clicks are held to be bots |

pub mod clean;
pub mod costs;
pub mod labels;
pub mod select;

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::error::StoreError;
use super::readers::Readers;
use super::writer::Writer;

/// Rows of one edit at most.
pub const PIECE: usize = 250;
/// Jobs that are listed.
const LISTED: i64 = 200;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    CostUpdate,
    CostUpdateUndo,
    CleanUp,
    BotUpdate,
    Prune,
}

impl Kind {
    pub const ALL: &'static [(&'static str, Kind)] = &[
        ("cost_update", Kind::CostUpdate),
        ("cost_update_undo", Kind::CostUpdateUndo),
        ("clean_up", Kind::CleanUp),
        ("bot_update", Kind::BotUpdate),
        ("prune", Kind::Prune),
    ];

    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, kind)| *kind == self)
            .map_or("", |(word, _)| word)
    }
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for those before it.
    Queued,
    Running,
    Done,
    Failed,
    /// What it had done by then stays done.
    Cancelled,
}

impl State {
    pub const ALL: &'static [(&'static str, State)] = &[
        ("queued", State::Queued),
        ("running", State::Running),
        ("done", State::Done),
        ("failed", State::Failed),
        ("cancelled", State::Cancelled),
    ];

    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, state)| *state == self)
            .map_or("", |(word, _)| word)
    }

    /// Whether it has not ended.
    pub fn is_open(self) -> bool {
        matches!(self, State::Queued | State::Running)
    }
}

/// One job.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Job {
    pub id: u64,
    /// When it was asked for, in UTC milliseconds.
    pub at: i64,
    pub kind: Kind,
    pub state: State,
    /// What it is to do, as its kind states it.
    #[schema(value_type = Object)]
    pub asked: Value,
    /// Rows that are done with.
    pub done: u64,
    /// Of how many; `null` as long as that is not known.
    pub total: Option<u64>,
    /// What came of it so far.
    #[schema(value_type = Object)]
    pub result: Value,
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
    /// Where it goes on.
    #[serde(skip)]
    pub cursor: Value,
}

impl Job {
    /// As far as a piece has brought it.
    pub fn at(self, progress: Progress) -> Self {
        Self {
            cursor: progress.cursor,
            done: progress.done,
            total: progress.total,
            result: progress.result,
            ..self
        }
    }
}

/// How far a piece has brought a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    pub cursor: Value,
    pub done: u64,
    pub total: Option<u64>,
    pub result: Value,
    pub is_over: bool,
}

impl Progress {
    /// As far as the job is already.
    pub fn of(job: &Job) -> Self {
        Self {
            cursor: job.cursor.clone(),
            done: job.done,
            total: job.total,
            result: job.result.clone(),
            is_over: false,
        }
    }

    /// Adds to a number of the result.
    pub fn add(&mut self, name: &str, count: u64) {
        if let Value::Object(result) = &mut self.result {
            let before = result.get(name).and_then(Value::as_u64).unwrap_or(0);
            result.insert(name.to_owned(), (before + count).into());
        }
    }
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "select id, at, kind, asked, state, cursor, done, total, result, started_at,
            finished_at, error from jobs ",
            $which
        )
    };
}
const FIND: &str = select!("where id = :id");
const LIST: &str = select!("order by id desc limit :limit");
const NEXT: &str =
    select!("where state in ('queued', 'running') order by state = 'queued', id limit 1");
const INSERT: &str = "
    insert into jobs (at, kind, asked, state, result)
    values (:at, :kind, :asked, 'queued', :result)";
const BEGIN: &str = "
    update jobs set state = 'running', started_at = coalesce(started_at, :at)
    where id = :id and state = 'queued'";
const IS_RUNNING: &str = "select state = 'running' from jobs where id = :id";
const NOTE: &str = "
    update jobs set cursor = :cursor, done = :done, total = :total, result = :result,
        state = iif(:is_over, 'done', state), finished_at = iif(:is_over, :at, finished_at)
    where id = :id";
const END: &str = "
    update jobs set state = :state, finished_at = :at, error = :error
    where id = :id and state in ('queued', 'running')";

/// Puts a job behind those that wait.
pub(in crate::store) fn queue(
    connection: &Connection,
    kind: Kind,
    asked: &Value,
    result: &Value,
    at: i64,
) -> Result<u64, rusqlite::Error> {
    let id = connection.prepare_cached(INSERT)?.insert(named_params! {
        ":at": at, ":kind": kind.as_str(), ":asked": asked.to_string(),
        ":result": result.to_string(),
    })?;
    Ok(id.unsigned_abs())
}

/// Puts a job that is nothing beside its row behind those that wait; the job.
pub fn ask(
    writer: &Writer,
    kind: Kind,
    asked: Value,
    result: Value,
    at: i64,
) -> Result<Job, StoreError> {
    writer.edit_blocking(move |connection| {
        let id = queue(connection, kind, &asked, &result, at)?;
        Ok(read_one(connection, id)?)
    })
}

/// The job that is to be worked at: the one that was begun, else the oldest.
pub fn next(readers: &Readers) -> Result<Option<Job>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(NEXT)?;
    Ok(statement.query_row([], read).optional()?)
}

/// Notes that a job is being worked at; `None` if it was cancelled meanwhile.
pub fn begin(writer: &Writer, id: u64, at: i64) -> Result<Option<Job>, StoreError> {
    writer.edit_blocking(move |connection| {
        let values = named_params! { ":id": id, ":at": at };
        connection.prepare_cached(BEGIN)?.execute(values)?;
        let job = read_one(connection, id)?;
        Ok(Some(job).filter(|job| job.state == State::Running))
    })
}

/// Does a piece of a job, and notes how far it is, in one edit. `committed` is called on the writer's
/// thread after the commit, before the next one. `None` if the job was cancelled meanwhile: then
/// nothing has happened.
pub fn piece<T: Send + 'static>(
    writer: &Writer,
    id: u64,
    at: i64,
    work: impl FnOnce(&Connection) -> Result<(Progress, T), StoreError> + Send + 'static,
    committed: impl FnOnce(&T) + Send + 'static,
) -> Result<Option<Progress>, StoreError> {
    let work = move |connection: &Connection| {
        let mut state = connection.prepare_cached(IS_RUNNING)?;
        let is_running: bool = state.query_row(named_params! { ":id": id }, |row| row.get(0))?;
        if !is_running {
            return Ok(None);
        }
        let (progress, moved) = work(connection)?;
        note(connection, id, at, &progress)?;
        Ok(Some((progress, moved)))
    };
    let done = writer.edit_blocking_then(work, move |done| {
        if let Some((_, moved)) = done {
            committed(moved);
        }
    })?;
    Ok(done.map(|(progress, _)| progress))
}

fn note(
    connection: &Connection,
    id: u64,
    at: i64,
    progress: &Progress,
) -> Result<(), rusqlite::Error> {
    connection.prepare_cached(NOTE)?.execute(named_params! {
        ":id": id, ":at": at, ":cursor": progress.cursor.to_string(), ":done": progress.done,
        ":total": progress.total, ":result": progress.result.to_string(),
        ":is_over": progress.is_over,
    })?;
    Ok(())
}

/// Ends a job that has not ended; whether it had not.
pub fn end(
    writer: &Writer,
    id: u64,
    state: State,
    error: Option<String>,
    at: i64,
) -> Result<bool, StoreError> {
    writer.edit_blocking(move |connection| {
        let values = named_params! { ":id": id, ":state": state.as_str(), ":at": at,
        ":error": error };
        Ok(connection.prepare_cached(END)?.execute(values)? > 0)
    })
}

/// The latest jobs, newest first.
pub fn list(readers: &Readers) -> Result<Vec<Job>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(LIST)?;
    let rows = statement.query_map(named_params! { ":limit": LISTED }, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn find(readers: &Readers, id: u64) -> Result<Option<Job>, StoreError> {
    let reader = readers.get()?;
    Ok(read_one(&reader, id).optional()?)
}

/// When a job of a kind was last asked for, in UTC milliseconds.
pub fn last_of(readers: &Readers, kind: Kind) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "select max(at) from jobs where kind = :kind";
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(SQL)?;
    let values = named_params! { ":kind": kind.as_str() };
    Ok(statement.query_row(values, |row| row.get(0))?)
}

fn read_one(connection: &Connection, id: u64) -> Result<Job, rusqlite::Error> {
    let mut statement = connection.prepare_cached(FIND)?;
    let id = i64::try_from(id).unwrap_or(-1);
    statement.query_row(named_params! { ":id": id }, read)
}

fn read(row: &Row<'_>) -> Result<Job, rusqlite::Error> {
    let (kind, state): (String, String) = (row.get("kind")?, row.get("state")?);
    let kind = Kind::ALL.iter().find(|(word, _)| *word == kind);
    let state = State::ALL.iter().find(|(word, _)| *word == state);
    let json = |name: &str| -> Result<Value, rusqlite::Error> {
        let text: Option<String> = row.get(name)?;
        let read = text.and_then(|text| serde_json::from_str(&text).ok());
        Ok(read.unwrap_or_default())
    };
    Ok(Job {
        id: row.get("id")?,
        at: row.get("at")?,
        kind: kind.map_or(Kind::CostUpdate, |(_, kind)| *kind),
        state: state.map_or(State::Failed, |(_, state)| *state),
        asked: json("asked")?,
        done: row.get("done")?,
        total: row.get("total")?,
        result: json("result")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        error: row.get("error")?,
        cursor: json("cursor")?,
    })
}
