//! Rows whose truth is their raw row, whatever a segment says.
//!
//! From its first sealing on, each change below the mark of a kind is noted: by triggers, and by the
//! writer where it is the insert of a click, which no trigger is to slow down. A loose row is masked
//! in its segment and read raw; one that has no raw row any more is simply gone. So a row that is
//! noted without need costs a little time and changes nothing.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Kind;
use crate::domain::id::Id;

const MARK: &str = "select noted_below from column_marks where kind = ?1";
const RAISE: &str = "
    update column_marks set noted_below = :below where kind = :kind and noted_below < :below";

/// Changes of rows below it are noted.
pub(in crate::store) fn mark(connection: &Connection, kind: Kind) -> Result<i64, rusqlite::Error> {
    connection
        .prepare_cached(MARK)?
        .query_row([kind.number()], |row| row.get(0))
}

/// From the commit of this on, changes below that id are noted.
pub(super) fn raise_mark(
    connection: &Connection,
    kind: Kind,
    below: i64,
) -> Result<(), rusqlite::Error> {
    let values = named_params! { ":kind": kind.number(), ":below": below };
    connection.prepare_cached(RAISE)?.execute(values)?;
    Ok(())
}

const NOTE: &str = "insert into loose (kind, id) values (1, ?1)";
const NOTE_CONVERSIONS: &str = "
    insert into loose (kind, id)
    select 2, id from conversions
    where click_id = ?1 and id < (select noted_below from column_marks where kind = 2)";

/// Notes a click that was inserted below the mark, or that is gone without a raw row.
pub(in crate::store) fn note_click(
    connection: &Connection,
    click_id: Id,
) -> Result<(), rusqlite::Error> {
    let id = [click_id.to_row()];
    connection.prepare_cached(NOTE)?.execute(id)?;
    connection.prepare_cached(NOTE_CONVERSIONS)?.execute(id)?;
    Ok(())
}

const OF_RANGE: &str = "
    select distinct id from loose where kind = ?1 and id >= ?2 and id < ?3 order by id";
const COUNT: &str = "select count(*) from loose where kind = ?1 and id >= ?2 and id < ?3";
const LAST: &str = "select max(seq) from loose";
const DROP: &str = "
    delete from loose where seq in (
        select seq from loose
        where kind = :kind and id >= :from and id < :to and seq <= :seq
        order by kind, id limit :most)";
const SINCE: &str = "
    select seq from loose
    where kind = :kind and id >= :from and id < :to and seq > :seq limit 1";

/// Loose rows among some ids, in their order.
pub(super) fn of_range(
    connection: &Connection,
    kind: Kind,
    ids: &Range<i64>,
) -> Result<Vec<i64>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(OF_RANGE)?;
    let rows = statement.query_map((kind.number(), ids.start, ids.end), |row| row.get(0))?;
    rows.collect()
}

/// How often rows among some ids were noted.
pub(super) fn count(
    connection: &Connection,
    kind: Kind,
    ids: &Range<i64>,
) -> Result<i64, rusqlite::Error> {
    let mut statement = connection.prepare_cached(COUNT)?;
    statement.query_row((kind.number(), ids.start, ids.end), |row| row.get(0))
}

/// The number of the latest note; 0 if there is none.
pub(super) fn last(connection: &Connection) -> Result<i64, rusqlite::Error> {
    let last: Option<i64> = connection
        .prepare_cached(LAST)?
        .query_row([], |row| row.get(0))?;
    Ok(last.unwrap_or(0))
}

/// Whether rows among some ids were noted after that.
pub(super) fn is_any_since(
    connection: &Connection,
    kind: Kind,
    ids: &Range<i64>,
    seq: i64,
) -> Result<bool, rusqlite::Error> {
    let mut statement = connection.prepare_cached(SINCE)?;
    let values = named_params! {
        ":kind": kind.number(), ":from": ids.start, ":to": ids.end, ":seq": seq,
    };
    let found: Option<i64> = statement.query_row(values, |row| row.get(0)).optional()?;
    Ok(found.is_some())
}

/// Drops some notes up to that one, which a segment holds by now; how many there were.
pub(super) fn drop_some(
    connection: &Connection,
    kind: Kind,
    ids: &Range<i64>,
    seq: i64,
    most: usize,
) -> Result<usize, rusqlite::Error> {
    connection.prepare_cached(DROP)?.execute(named_params! {
        ":kind": kind.number(), ":from": ids.start, ":to": ids.end, ":seq": seq, ":most": most,
    })
}
