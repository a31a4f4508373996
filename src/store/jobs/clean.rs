//! Clicks deleted, with their steps to offers, their conversions and what became of these.
//!
//! What came in (the postback log) and what went out (the outbox) stays as long as logs are kept;
//! but what has not gone out yet does not go any more.

use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, named_params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::costs::Moved;
use super::select::{Selection, scan};
use super::{PIECE, costs};
use crate::domain::money::Micros;
use crate::store::conversions::Effects;
use crate::store::error::StoreError;
use crate::store::readers::Readers;

/// How many rows are to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Counted {
    pub clicks: u64,
    pub offer_clicks: u64,
    pub conversions: u64,
}

/// Clicks that are next, and behind which id to go on.
pub struct Found {
    pub ids: Vec<i64>,
    pub next: Option<i64>,
}

/// The next clicks of a selection, as many as one piece takes.
pub fn find(readers: &Readers, selection: &Selection, after: i64) -> Result<Found, StoreError> {
    let mut ids = Vec::new();
    let next = scan(readers, selection, after, "", |seen, _| {
        ids.push(seen.id);
        Ok(match ids.len() < PIECE {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        })
    })?;
    Ok(Found { ids, next })
}

/// What a selection holds.
pub fn count(readers: &Readers, selection: &Selection) -> Result<Counted, StoreError> {
    const OF_CLICK: &str = "
        select (select count(*) from offer_clicks where click_id = ?1),
            (select count(*) from conversions where click_id = ?1)";
    let mut counted = Counted::default();
    let mut after = Some(0);
    while let Some(from) = after {
        let found = find(readers, selection, from)?;
        let reader = readers.get()?;
        let mut statement = reader.prepare_cached(OF_CLICK)?;
        for id in &found.ids {
            let (steps, conversions): (u64, u64) =
                statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            counted.offer_clicks += steps;
            counted.conversions += conversions;
        }
        counted.clicks += found.ids.len() as u64;
        after = found.next;
    }
    Ok(counted)
}

/// What came of a piece.
#[derive(Debug, Default)]
pub struct Deleted {
    pub rows: Counted,
    /// What clicks had cost.
    pub moved: Vec<Moved>,
    /// Places of caps, and costs of conversions.
    pub effects: Effects,
}

/// Deletes clicks.
pub fn delete(connection: &Connection, ids: &[i64], at: i64) -> Result<Deleted, StoreError> {
    let mut deleted = Deleted::default();
    for id in ids {
        let Some(cost) = costs::of_click(connection, *id)? else {
            continue;
        };
        deleted.moved.push(Moved {
            after: None,
            ..cost
        });
        deleted.rows.conversions += conversions(connection, *id, at, &mut deleted.effects)?;
        deleted.rows.offer_clicks += each(
            connection,
            "delete from offer_clicks where click_id = ?1",
            *id,
        )?;
        each(connection, "delete from jumps where click_id = ?1", *id)?;
        deleted.rows.clicks += each(connection, "delete from clicks where id = ?1", *id)?;
    }
    Ok(deleted)
}

fn conversions(
    connection: &Connection,
    click_id: i64,
    at: i64,
    effects: &mut Effects,
) -> Result<u64, rusqlite::Error> {
    const FIND: &str = "select id, campaign_id from conversions where click_id = ?1";
    const HISTORY: &str = "delete from conversion_changes where conversion_id = ?1";
    const UNTOLD: &str = "
        update outbox set state = 'skipped', reason = 'Its click was deleted.', finished_at = :at
        where conversion_id = :id and state = 'waiting'";
    const DELETE: &str = "delete from conversions where id = ?1";
    let mut statement = connection.prepare_cached(FIND)?;
    let rows = statement.query_map([click_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: Vec<(i64, Option<u64>)> = rows.collect::<Result<_, _>>()?;
    for (id, campaign_id) in &rows {
        give_back(connection, *id, *campaign_id, effects)?;
        connection
            .prepare_cached(UNTOLD)?
            .execute(named_params! { ":id": id, ":at": at })?;
        each(connection, HISTORY, *id)?;
        each(connection, DELETE, *id)?;
    }
    Ok(rows.len() as u64)
}

/// What a conversion took of caps and budgets is free again.
fn give_back(
    connection: &Connection,
    id: i64,
    campaign_id: Option<u64>,
    effects: &mut Effects,
) -> Result<(), rusqlite::Error> {
    const PLACES: &str = "
        select offer_id, cap_day, sum(cap_change) from conversion_changes
        where conversion_id = ?1 and offer_id is not null and cap_day is not null
        group by offer_id, cap_day";
    // The day that was charged, as for money that comes back.
    const SPENT: &str = "
        select sum(spent), min(at) filter (where spent > 0) from conversion_changes
        where conversion_id = ?1";
    let mut statement = connection.prepare_cached(PLACES)?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let places: i64 = row.get(2)?;
        effects.cap(row.get(0)?, row.get(1)?, -places);
    }
    let mut statement = connection.prepare_cached(SPENT)?;
    let spent = statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)));
    let spent: Option<(Option<i64>, Option<i64>)> = spent.optional()?;
    if let (Some(campaign_id), Some((Some(spent), Some(at)))) = (campaign_id, spent) {
        effects.spent(campaign_id, at, Micros(-spent));
    }
    Ok(())
}

/// Runs a statement about one id; how many rows it was about.
fn each(connection: &Connection, sql: &str, id: i64) -> Result<u64, rusqlite::Error> {
    Ok(connection.prepare_cached(sql)?.execute([id])? as u64)
}
