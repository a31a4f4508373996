//! The raw log: every postback that came in, and what became of it.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{Incoming, Outcome};
use crate::domain::id::Id;
use crate::postback::verdict::Verdict;
use crate::store::clicks::packed::{pack_ip, unpack_ip};

/// An identical request soon after is the network's retry.
pub(super) const COUNTS_EACH_TIME: i64 = 1;
/// Its sender may not have been told what became of it.
pub(super) const UNTOLD: i64 = 1 << 1;
/// It has been read again.
pub(super) const REPLAYED: i64 = 1 << 2;

/// How long an identical request is a retry, where each request counts.
const RETRY_MS: i64 = 10 * 60_000;
/// The same, where the sender had no answer.
const UNTOLD_MS: i64 = 24 * 3_600_000;

const INSERT: &str = "
    insert into postbacks (id, at, ip, method, network_key, network_id, parameters, click_id,
        found_in, verdict, reason, conversion_id, unmapped, fingerprint, flags)
    values (:id, :at, :ip, :method, :network_key, :network_id, :parameters, :click_id, :found_in,
        :verdict, :reason, :conversion_id, :unmapped, :fingerprint, :flags)";
const UPDATE: &str = "
    update postbacks set network_id = :network_id, click_id = :click_id, found_in = :found_in,
        verdict = iif(:is_done and verdict in ('stored', 'updated'), verdict, :verdict),
        reason = iif(:is_done and verdict in ('stored', 'updated'), reason, :reason),
        conversion_id = coalesce(:conversion_id, conversion_id), unmapped = :unmapped,
        flags = flags | :flags
    where id = :id";
const EARLIER: &str = "
    select id, at, verdict, reason, conversion_id, flags from postbacks
    where fingerprint = :fingerprint and flags & 3 > 0 and at >= :since and id <> :id
    order by id desc limit 1";
const GIVE_UP: &str = "
    update postbacks set verdict = :verdict, reason = :reason, unmapped = null where id = :id";
const SET_OCCURRED_AT: &str = "update postbacks set occurred_at = :at where id = :id";
const WAITS: &str = "
    select exists (select 1 from parked where postback_id = :id),
        exists (select 1 from postbacks where id = :id and unmapped is not null)";
const TOLD: &str = "update postbacks set flags = flags & ~2 where id = :id";
const SET_UNTOLD: &str = "update postbacks set flags = flags | 2 where id = :id";
const UNTOLD_AT_THE_END: &str = "
    update postbacks set flags = flags | 2
    where at >= (select max(at) from postbacks) - :window";
macro_rules! select {
    ($which:literal) => {
        concat!(
            "select id, at, ip, method, network_key, network_id, parameters, fingerprint,
            conversion_id, unmapped, occurred_at, verdict from postbacks ",
            $which
        )
    };
}
const FIND: &str = select!("where id = ?1");
/// Over the index alone.
const UNMAPPED: &str = "select id from postbacks where unmapped is not null";
const UNMAPPED_OF_CLICK: &str =
    select!("where click_id = :click_id and unmapped is not null order by id limit :most");
const OLD: &str = "
    select at, id, unmapped is null and not exists (
        select 1 from parked where postback_id = postbacks.id)
    from postbacks
    where (at, id) > (:at, :id) and at < :before
    order by at, id limit :most";
const DROP: &str = "
    delete from postbacks
    where id = :id and unmapped is null
        and not exists (select 1 from parked where postback_id = :id)";

pub(super) fn insert(
    connection: &Connection,
    incoming: &Incoming,
    outcome: &Outcome,
    flags: i64,
) -> Result<(), rusqlite::Error> {
    let parameters = serde_json::to_string(&incoming.pairs).unwrap_or_default();
    connection.prepare_cached(INSERT)?.execute(named_params! {
        ":id": incoming.id.to_row(),
        ":at": incoming.at,
        ":ip": incoming.ip.as_ref().map(pack_ip),
        ":method": incoming.method,
        ":network_key": incoming.network_key,
        ":network_id": outcome.network_id,
        ":parameters": parameters,
        ":click_id": outcome.click_id.map(Id::to_row),
        ":found_in": outcome.found_in,
        ":verdict": outcome.verdict.as_str(),
        ":reason": outcome.reason,
        ":conversion_id": outcome.conversion_id.map(Id::to_row),
        ":unmapped": outcome.unmapped,
        ":fingerprint": incoming.fingerprint,
        ":flags": flags,
    })?;
    Ok(())
}

/// What became of it when it was read again. What is done already keeps its verdict.
pub(super) fn update(
    connection: &Connection,
    id: Id,
    outcome: &Outcome,
) -> Result<(), rusqlite::Error> {
    connection.prepare_cached(UPDATE)?.execute(named_params! {
        ":id": id.to_row(),
        ":network_id": outcome.network_id,
        ":click_id": outcome.click_id.map(Id::to_row),
        ":found_in": outcome.found_in,
        ":verdict": outcome.verdict.as_str(),
        ":reason": outcome.reason,
        ":is_done": outcome.verdict == Verdict::Unchanged,
        ":conversion_id": outcome.conversion_id.map(Id::to_row),
        ":unmapped": outcome.unmapped,
        ":flags": REPLAYED,
    })?;
    Ok(())
}

/// Nothing comes of it any more.
pub(super) fn give_up(
    connection: &Connection,
    id: Id,
    verdict: Verdict,
    reason: &str,
) -> Result<(), rusqlite::Error> {
    connection.prepare_cached(GIVE_UP)?.execute(named_params! {
        ":id": id.to_row(),
        ":verdict": verdict.as_str(),
        ":reason": reason,
    })?;
    Ok(())
}

/// Notes when an imported row says it happened.
pub(super) fn occurred_at(connection: &Connection, id: Id, at: i64) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(SET_OCCURRED_AT)?;
    statement.execute(named_params! { ":id": id.to_row(), ":at": at })?;
    Ok(())
}

/// Whether it waits for its click, and whether for somebody to map its word.
pub(super) fn waits(connection: &Connection, id: Id) -> Result<(bool, bool), rusqlite::Error> {
    let mut statement = connection.prepare_cached(WAITS)?;
    statement.query_row(named_params! { ":id": id.to_row() }, |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// An identical request of which this one is the retry.
pub(super) struct Earlier {
    pub(super) id: Id,
    pub(super) verdict: Verdict,
    pub(super) conversion_id: Option<Id>,
    pub(super) is_untold: bool,
}

/// The request that this one repeats, if it does.
pub(super) fn earlier(
    connection: &Connection,
    incoming: &Incoming,
) -> Result<Option<Earlier>, rusqlite::Error> {
    let found = connection
        .prepare_cached(EARLIER)?
        .query_row(
            named_params! {
                ":fingerprint": incoming.fingerprint,
                ":since": incoming.at - UNTOLD_MS,
                ":id": incoming.id.to_row(),
            },
            |row| {
                Ok((
                    read_earlier(row)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, i64>(5)?,
                ))
            },
        )
        .optional()?;
    Ok(found.and_then(|(earlier, at, flags)| {
        let is_fresh = flags & COUNTS_EACH_TIME != 0 && at >= incoming.at - RETRY_MS;
        (is_fresh || earlier.is_untold).then_some(earlier)
    }))
}

fn read_earlier(row: &Row<'_>) -> Result<Earlier, rusqlite::Error> {
    let verdict: String = row.get(2)?;
    let conversion_id: Option<i64> = row.get(4)?;
    Ok(Earlier {
        id: read_id(row.get(0)?)?,
        verdict: Verdict::of(&verdict).unwrap_or(Verdict::Retry),
        conversion_id: conversion_id.and_then(Id::from_row),
        is_untold: row.get::<_, i64>(5)? & UNTOLD != 0,
    })
}

/// Its sender has been told by now.
pub(super) fn told(connection: &Connection, id: Id) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(TOLD)?;
    statement.execute(named_params! { ":id": id.to_row() })?;
    Ok(())
}

/// Its sender had no answer.
pub(super) fn untold(connection: &Connection, id: Id) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(SET_UNTOLD)?;
    statement.execute(named_params! { ":id": id.to_row() })?;
    Ok(())
}

/// The last ones before the program ended may not have been told.
pub(super) fn untold_at_the_end(
    connection: &Connection,
    window_ms: i64,
) -> Result<(), rusqlite::Error> {
    connection.execute(UNTOLD_AT_THE_END, named_params! { ":window": window_ms })?;
    Ok(())
}

/// A request as it stands in the log.
pub(super) struct Logged {
    pub(super) incoming: Incoming,
    pub(super) network_id: Option<u64>,
    pub(super) conversion_id: Option<Id>,
    pub(super) unmapped: Option<String>,
    /// It repeated a request that counted.
    pub(super) is_retry: bool,
    /// When an imported row says it happened.
    pub(super) occurred_at: Option<i64>,
}

impl Logged {
    /// As of when it counts.
    pub(super) fn counts_at(&self) -> i64 {
        self.occurred_at.unwrap_or(self.incoming.at)
    }
}

/// A logged request, to be read again.
pub(super) fn find(connection: &Connection, id: Id) -> Result<Option<Logged>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(FIND)?;
    statement.query_row([id.to_row()], read).optional()
}

/// All requests with a word that nobody had mapped, in no order.
pub(super) fn unmapped(connection: &Connection) -> Result<Vec<Id>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(UNMAPPED)?;
    let rows = statement.query_map([], |row| read_id(row.get(0)?))?;
    rows.collect()
}

/// The first requests about a click with a word that nobody had mapped.
pub(super) fn unmapped_of_click(
    connection: &Connection,
    click_id: Id,
    most: usize,
) -> Result<Vec<Logged>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(UNMAPPED_OF_CLICK)?;
    let values = named_params! { ":click_id": click_id.to_row(), ":most": most as i64 };
    let rows = statement.query_map(values, read)?;
    rows.collect()
}

/// A place in the log in the order of the times: a time and an id.
pub(super) type Place = (i64, i64);

/// Requests behind a place that are older than this and settled, among so many; and the place of
/// the last one looked at, `None` at the end.
pub(super) fn old(
    connection: &Connection,
    after: Place,
    before: i64,
    most: usize,
) -> Result<(Vec<Id>, Option<Place>), rusqlite::Error> {
    let mut statement = connection.prepare_cached(OLD)?;
    let values = named_params! { ":at": after.0, ":id": after.1, ":before": before,
    ":most": most as i64 };
    let mut rows = statement.query(values)?;
    let (mut settled, mut last, mut seen) = (Vec::new(), after, 0);
    while let Some(row) = rows.next()? {
        (last, seen) = ((row.get(0)?, row.get(1)?), seen + 1);
        if row.get(2)? {
            settled.push(read_id(last.1)?);
        }
    }
    Ok((settled, (seen == most).then_some(last)))
}

/// Drops those that are settled still; how many they were.
pub(super) fn drop_settled(connection: &Connection, ids: &[Id]) -> Result<usize, rusqlite::Error> {
    let mut statement = connection.prepare_cached(DROP)?;
    let mut dropped = 0;
    for id in ids {
        dropped += statement.execute(named_params! { ":id": id.to_row() })?;
    }
    Ok(dropped)
}

fn read(row: &Row<'_>) -> Result<Logged, rusqlite::Error> {
    let ip: Option<Vec<u8>> = row.get(2)?;
    let parameters: String = row.get(6)?;
    let conversion_id: Option<i64> = row.get(8)?;
    Ok(Logged {
        incoming: Incoming {
            id: read_id(row.get(0)?)?,
            at: row.get(1)?,
            ip: ip.and_then(|bytes| unpack_ip(&bytes)),
            method: row.get(3)?,
            network_key: row.get(4)?,
            pairs: serde_json::from_str(&parameters).unwrap_or_default(),
            fingerprint: row.get(7)?,
        },
        network_id: row.get(5)?,
        conversion_id: conversion_id.and_then(Id::from_row),
        unmapped: row.get(9)?,
        occurred_at: row.get(10)?,
        is_retry: row.get_ref(11)?.as_str()? == Verdict::Retry.as_str(),
    })
}

fn read_id(value: i64) -> Result<Id, rusqlite::Error> {
    Id::from_row(value).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, value))
}
