//! What runs changed in documents, field by field: what an undo goes by, and other rules look at.

use rusqlite::{Connection, Row, named_params};

use super::Verdict;
use super::runs::Run;
use crate::domain::id::Id;
use crate::store::entities::Save;
use crate::store::error::StoreError;
use crate::store::readers::Readers;

/// One field that got another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    pub field: FieldOf,
    pub before: Option<String>,
    pub after: Option<String>,
    pub direction: Direction,
}

/// Which field of which thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldOf {
    pub what: String,
    pub id: u64,
    pub field: String,
    /// Of the values of a list the value; of the weight of a landing or an offer the flow.
    pub item: String,
}

/// Which way a field went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Resumed, raised, added.
    Up = 1,
    /// Paused, lowered, taken off.
    Down = -1,
}

impl Direction {
    pub fn opposite(self) -> Direction {
        match self {
            Direction::Up => Direction::Down,
            Direction::Down => Direction::Up,
        }
    }
}

/// A move that somebody made, or that was undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub run_id: Id,
    pub rule_id: u64,
    pub at: i64,
    /// An operator took it back, which moved the field this way.
    pub is_undone: bool,
}

const INSERT: &str = "
    insert into rule_effects (run_id, number, rule_id, at, what, id, field, item, before, after,
        direction)
    values (:run_id, :number, :rule_id, :at, :what, :id, :field, :item, :before, :after,
        :direction)";
const OF_RUN: &str = "
    select what, id, field, item, before, after, direction
    from rule_effects where run_id = :run_id order by number";
/// A rule may go on as it went, but not over what an operator took back.
const LATELY: &str = "
    select run_id, rule_id, at, undone from rule_effects
    where what = :what and id = :id and field = :field and item = :item and at > :after
        and at < :before and direction = :direction and (rule_id <> :rule_id or undone)
    order by at desc";
const UNDO_RUN: &str = "
    update rule_runs set verdict = :verdict, undone_at = :at where id = :run_id";
const UNDO_MOVES: &str = "
    update rule_effects set undone = 1, direction = -direction, at = :at where run_id = :run_id";
const DROP: &str = "
    delete from rule_effects where (run_id, number) in (
        select run_id, number from rule_effects where run_id < :before
        order by run_id, number limit :most)";

/// Writes what a run changed.
pub(super) fn insert(
    connection: &Connection,
    run_id: Id,
    run: &Run,
    moves: &[Move],
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(INSERT)?;
    for (number, one) in moves.iter().enumerate() {
        statement.execute(named_params! {
            ":run_id": run_id.to_row(),
            ":number": number,
            ":rule_id": run.rule_id,
            ":at": run.at,
            ":what": one.field.what,
            ":id": one.field.id,
            ":field": one.field.field,
            ":item": one.field.item,
            ":before": one.before,
            ":after": one.after,
            ":direction": one.direction as i64,
        })?;
    }
    Ok(())
}

/// What a run changed, in its order.
pub fn of_run(readers: &Readers, run_id: Id) -> Result<Vec<Move>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(OF_RUN)?;
    let rows = statement.query_map(named_params! { ":run_id": run_id.to_row() }, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> Result<Move, rusqlite::Error> {
    let direction: i64 = row.get(6)?;
    Ok(Move {
        field: FieldOf {
            what: row.get(0)?,
            id: row.get(1)?,
            field: row.get(2)?,
            item: row.get(3)?,
        },
        before: row.get(4)?,
        after: row.get(5)?,
        direction: match direction {
            1 => Direction::Up,
            _ => Direction::Down,
        },
    })
}

/// Who moved this field that way less than so long from `now`, latest first: other rules than this
/// one, and operators who took back what any rule had done.
pub fn lately(
    readers: &Readers,
    field: &FieldOf,
    direction: Direction,
    rule_id: u64,
    now: i64,
    within_ms: i64,
) -> Result<Vec<Made>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(LATELY)?;
    let values = named_params! { ":what": field.what, ":id": field.id, ":field": field.field,
    ":item": field.item, ":direction": direction as i64, ":rule_id": rule_id,
    ":after": now.saturating_sub(within_ms), ":before": now.saturating_add(within_ms) };
    let rows = statement.query_map(values, |row| {
        let run_id: i64 = row.get(0)?;
        Ok(Made {
            run_id: Id::from_row(run_id)
                .ok_or(rusqlite::Error::IntegralValueOutOfRange(0, run_id))?,
            rule_id: row.get(1)?,
            at: row.get(2)?,
            is_undone: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The work of noting that a run was undone.
pub fn undoing(run_id: Id, at: i64) -> Save {
    Box::new(move |connection: &Connection| {
        let run_id = run_id.to_row();
        connection
            .prepare_cached(UNDO_RUN)?
            .execute(named_params! {
            ":run_id": run_id, ":at": at, ":verdict": Verdict::Undone.as_str() })?;
        let mut moves = connection.prepare_cached(UNDO_MOVES)?;
        moves.execute(named_params! { ":run_id": run_id, ":at": at })?;
        Ok(())
    })
}

/// Drops some of what runs below this id changed; how many rows.
pub(super) fn drop_before(
    connection: &Connection,
    before: i64,
    most: i64,
) -> Result<i64, rusqlite::Error> {
    let mut statement = connection.prepare_cached(DROP)?;
    let dropped = statement.execute(named_params! { ":before": before, ":most": most })?;
    Ok(dropped as i64)
}
