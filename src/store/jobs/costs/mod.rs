//! What clicks cost, changed and changed back.
//!
//! An update has lines; a line says what the clicks that it selects have cost. First they are found
//! (`select.rs`), so that it is known among how many the money is spread; then each is charged
//! (`charge.rs`), and what it had cost until then is kept beside it, packed; money for which there was
//! no click is kept on its day (`unassigned.rs`). Undoing it puts back what was kept (`restore.rs`).

mod charge;
mod later;
mod pieces;
mod restore;
mod select;
#[cfg(test)]
mod tests;
mod unassigned;

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Job, Kind, PIECE, State};
use crate::domain::click::ClickCost;
use crate::domain::cost_update::CostLine;
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

pub use charge::{Charge, charge};
pub use later::overwritten_by;
pub use pieces::drop_before;
pub use restore::{Restored, restore};
pub use select::{Finder, Found, Place, preview};
pub use unassigned::leave;

use unassigned::take_back;

/// Lines told with an update.
const TOLD: i64 = 1_000;

/// What a click cost before and costs now; `None` where it has no cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub campaign_id: u64,
    /// When the click came, in UTC milliseconds.
    pub at: i64,
    pub before: Option<ClickCost>,
    pub after: Option<ClickCost>,
}

/// One update of costs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CostUpdate {
    pub id: u64,
    /// When it was sent, in UTC milliseconds.
    pub at: i64,
    pub job_id: u64,
    pub state: State,
    pub undo_job_id: Option<u64>,
    pub undone_at: Option<i64>,
    /// How many lines it has.
    pub lines: u64,
    /// Clicks that its lines are about, as far as they were found.
    pub clicks: u64,
}

/// A line of an update, and for how many clicks it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LineFound {
    pub number: u64,
    pub clicks: u64,
    #[serde(flatten)]
    pub line: CostLine,
}

/// What a click costs, as if it had cost that before and cost it still; `None` where there is none.
pub(super) fn of_click(connection: &Connection, id: i64) -> Result<Option<Moved>, rusqlite::Error> {
    let found = pieces::Charged::find(connection, id)?;
    Ok(found.map(|found| Moved {
        campaign_id: found.campaign_id,
        at: found.at,
        before: found.cost,
        after: found.cost,
    }))
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "select cost_updates.id, cost_updates.at, cost_updates.job_id, jobs.state,
                cost_updates.undo_job_id, cost_updates.undone_at,
                (select count(*) from cost_update_lines where update_id = cost_updates.id),
                (select coalesce(sum(clicks), 0) from cost_update_lines
                    where update_id = cost_updates.id)
            from cost_updates cross join jobs on jobs.id = cost_updates.job_id ",
            $which
        )
    };
}
const LIST: &str = select!("order by cost_updates.id desc limit 200");
const FIND: &str = select!("where cost_updates.id = :id");
/// One whose time was over when it was sent: no click can have come since.
const SAME: &str = "
    select id from cost_updates
    where fingerprint = :fingerprint and undone_at is null and ends_at <= at
        and job_id in (select id from jobs where state not in ('failed', 'cancelled'))
        -- Nothing since has said anything else.
        and id = (select max(id) from cost_updates where undone_at is null and job_id <> 0)
    order by id desc limit 1";
const LINES: &str = "
    select number, clicks, document from cost_update_lines
    where update_id = :id order by number limit :most";

/// An update that is to be begun.
pub struct Draft {
    /// When it was sent, in UTC milliseconds.
    pub at: i64,
    pub lines: Vec<CostLine>,
    pub fingerprint: [u8; 32],
    /// Clicks from this id on stay as they are.
    pub below: i64,
}

/// When the time begins that an update is about, in UTC milliseconds.
pub fn begins_at(readers: &Readers, id: u64) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "
        select min(document ->> 'from') from cost_update_lines where update_id = ?1";
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(SQL)?;
    Ok(statement.query_row([id], |row| row.get(0))?)
}

/// Stores an update and its job; `false` beside it where there is the same already, whose period was
/// over when it was sent: it would change nothing, and stays alone.
pub fn begin(writer: &Writer, draft: Draft) -> Result<(u64, bool), StoreError> {
    let Draft {
        at,
        lines,
        fingerprint,
        below,
    } = draft;
    let ends_at = lines.iter().map(|line| line.to).max().unwrap_or(0);
    let (id, is_new) = writer.edit_blocking(move |connection| {
        let mut same = connection.prepare_cached(SAME)?;
        let values = named_params! { ":fingerprint": fingerprint };
        match same.query_row(values, |row| row.get(0)).optional()? {
            Some(id) => Ok((id, false)),
            None => Ok((insert(connection, at, &fingerprint, ends_at)?, true)),
        }
    })?;
    if is_new {
        let mut numbered = (0..).zip(lines).peekable();
        while numbered.peek().is_some() {
            let piece: Vec<_> = numbered.by_ref().take(PIECE).collect();
            writer.edit_blocking(move |connection| Ok(add(connection, id, &piece)?))?;
        }
        writer.edit_blocking(move |connection| Ok(set_off(connection, id, below, at)?))?;
    }
    Ok((id, is_new))
}

/// An update that nobody sees yet.
fn insert(
    connection: &Connection,
    at: i64,
    fingerprint: &[u8; 32],
    ends_at: i64,
) -> Result<u64, rusqlite::Error> {
    const SQL: &str = "
        insert into cost_updates (at, job_id, fingerprint, ends_at)
        values (:at, 0, :fingerprint, :ends_at)";
    let id = connection.prepare_cached(SQL)?.insert(named_params! {
        ":at": at, ":fingerprint": fingerprint, ":ends_at": ends_at,
    })?;
    Ok(id.unsigned_abs())
}

fn add(
    connection: &Connection,
    id: u64,
    numbered: &[(u64, CostLine)],
) -> Result<(), rusqlite::Error> {
    const SQL: &str = "
        insert into cost_update_lines (update_id, number, document)
        values (:id, :number, :document)";
    let mut statement = connection.prepare_cached(SQL)?;
    for (number, line) in numbered {
        let document = serde_json::to_string(line).unwrap_or_default();
        statement.execute(named_params! { ":id": id, ":number": number,
        ":document": document })?;
    }
    Ok(())
}

/// Queues the job of an update that is whole.
fn set_off(connection: &Connection, id: u64, below: i64, at: i64) -> Result<(), rusqlite::Error> {
    const SQL: &str = "update cost_updates set job_id = :job where id = :id";
    let asked = serde_json::json!({ "cost_update_id": id, "below": below });
    let result = serde_json::json!({ "clicks": 0, "changed": 0 });
    let job = super::queue(connection, Kind::CostUpdate, &asked, &result, at)?;
    let values = named_params! { ":job": job, ":id": id };
    connection.prepare_cached(SQL)?.execute(values)?;
    Ok(())
}

/// Asks for an update to be undone; the job that does.
pub fn begin_undo(writer: &Writer, id: u64, at: i64) -> Result<Job, StoreError> {
    writer.edit_blocking(move |connection| {
        let asked = serde_json::json!({ "cost_update_id": id });
        let result = serde_json::json!({ "restored": 0, "left": 0 });
        let job = super::queue(connection, Kind::CostUpdateUndo, &asked, &result, at)?;
        connection
            .prepare_cached("update cost_updates set undo_job_id = :job where id = :id")?
            .execute(named_params! { ":job": job, ":id": id })?;
        Ok(super::read_one(connection, job)?)
    })
}

/// Notes that an update is undone.
pub fn note_undone(connection: &Connection, id: u64, at: i64) -> Result<(), rusqlite::Error> {
    take_back(connection, id)?;
    connection
        .prepare_cached("update cost_updates set undone_at = :at where id = :id")?
        .execute(named_params! { ":at": at, ":id": id })?;
    Ok(())
}

/// The latest updates, newest first.
pub fn list(readers: &Readers) -> Result<Vec<CostUpdate>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(LIST)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn find(readers: &Readers, id: u64) -> Result<Option<CostUpdate>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(FIND)?;
    let id = i64::try_from(id).unwrap_or(-1);
    let found = statement.query_row(named_params! { ":id": id }, read);
    Ok(found.optional()?)
}

/// The lines of an update: all, or as many as are told.
pub fn lines(readers: &Readers, id: u64, all: bool) -> Result<Vec<LineFound>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(LINES)?;
    let most = if all { i64::MAX } else { TOLD };
    let mut rows = statement.query(named_params! { ":id": id, ":most": most })?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let document: String = row.get(2)?;
        let line = serde_json::from_str(&document)
            .map_err(|error| StoreError::Damaged(format!("a line of cost update {id}: {error}")))?;
        lines.push(LineFound {
            number: row.get(0)?,
            clicks: row.get(1)?,
            line,
        });
    }
    Ok(lines)
}

fn read(row: &Row<'_>) -> Result<CostUpdate, rusqlite::Error> {
    let state: String = row.get(3)?;
    let state = State::ALL.iter().find(|(word, _)| *word == state);
    Ok(CostUpdate {
        id: row.get(0)?,
        at: row.get(1)?,
        job_id: row.get(2)?,
        state: state.map_or(State::Failed, |(_, state)| *state),
        undo_job_id: row.get(4)?,
        undone_at: row.get(5)?,
        lines: row.get(6)?,
        clicks: row.get(7)?,
    })
}
