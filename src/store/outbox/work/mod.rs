//! Attempts: which are begun, and what became of them.

#[cfg(test)]
mod tests;

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::begin::begin;
use super::{EXPIRED, SENT, SKIPPED, news};
use crate::domain::message::Request;
use crate::store::channels::Kept;
use crate::store::error::StoreError;
use crate::store::writer::Writer;

/// Waits between attempts, in seconds: three days and a half in all.
const WAITS: [i64; 10] = [
    10, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400,
];

/// An attempt that is committed, and what is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub id: i64,
    pub number: i64,
    pub what: What,
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A request as it stands.
    Request(Request),
    /// This text or JSON to a channel.
    Message { to: Box<Kept>, body: String },
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ended {
    pub is_success: bool,
    pub http_status: Option<u16>,
    /// The beginning of the answer.
    pub body: Option<String>,
    pub error: Option<String>,
    /// The answer does not judge what was sent: it asks to be left alone for so many seconds.
    pub wait_seconds: Option<i64>,
}

/// An attempt that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    pub id: i64,
    pub number: i64,
    /// UTC milliseconds.
    pub at: i64,
    pub ended: Ended,
}

/// Notes how attempts have ended and begins others at those of these rows that still wait: in one
/// edit, so that a thousand calls a second are a few hundred edits. Blocks until it is committed.
pub fn turn(
    writer: &Writer,
    finished: Vec<Finished>,
    rows: Vec<i64>,
    now: i64,
) -> Result<Vec<Attempt>, StoreError> {
    writer.edit_blocking(move |connection| {
        for one in &finished {
            end(connection, one)?;
        }
        let mut attempts = Vec::with_capacity(rows.len());
        for id in rows {
            attempts.extend(begin(connection, id, now)?);
        }
        Ok(attempts)
    })
}

/// Notes how an attempt ended, and when the next one is due.
fn end(connection: &Connection, finished: &Finished) -> Result<(), rusqlite::Error> {
    const NOTE: &str = "
        update outbox_attempts
        set finished_at = :now, http_status = :http_status, body = :body, error = :error
        where outbox_id = :id and number = :number";
    const TRIES: &str = "select tries from outbox where id = :id";
    const SETTLE: &str = "
        update outbox set state = :state, finished_at = :now where id = :id";
    // Not before what its channel has asked for meanwhile.
    const LATER: &str = "
        update outbox set next_at = max(next_at, :next_at) where id = :id";
    let Finished {
        id,
        number,
        at,
        ended,
    } = finished;
    connection.prepare_cached(NOTE)?.execute(named_params! {
        ":id": id, ":number": number, ":now": at, ":http_status": ended.http_status,
        ":body": ended.body, ":error": ended.error,
    })?;
    let settle = |state: &str| -> Result<(), rusqlite::Error> {
        let values = named_params! { ":id": id, ":state": state, ":now": at };
        connection.prepare_cached(SETTLE)?.execute(values)?;
        Ok(())
    };
    if ended.is_success {
        return settle(SENT);
    }
    if let Some(wait) = ended.wait_seconds {
        let wait = wait.max(WAITS[0]);
        return put_off(connection, *id, at + wait * 1_000);
    }
    let mut statement = connection.prepare_cached(TRIES)?;
    let tries: i64 = statement.query_row(named_params! { ":id": id }, |row| row.get(0))?;
    let Ok(before) = usize::try_from(tries - 1) else {
        return Ok(()); // It was asked for again meanwhile, so it is due already.
    };
    let Some(wait) = WAITS.get(before) else {
        return settle(EXPIRED);
    };
    let values = named_params! { ":id": id, ":next_at": at + wait * 1_000 };
    connection.prepare_cached(LATER)?.execute(values)?;
    Ok(())
}

/// Leaves the channel of a row alone until then: all that waits for it. The attempt was none of the
/// row's tries.
fn put_off(connection: &Connection, id: i64, until: i64) -> Result<(), rusqlite::Error> {
    const GIVE_BACK: &str = "
        update outbox set tries = max(tries - 1, 0), next_at = max(next_at, :until)
        where id = :id";
    // The host leads to them in the index.
    const HOLD: &str = "
        update outbox set next_at = :until
        where state = 'waiting' and next_at < :until
            and host = (select host from outbox where id = :id)
            and channel_id = (select channel_id from outbox where id = :id)";
    for sql in [GIVE_BACK, HOLD] {
        let values = named_params! { ":id": id, ":until": until };
        connection.prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}

/// At the start: attempts that were open when the tracker ended are made again, and told as
/// possibly repeated. How many there were.
pub fn reopen(writer: &Writer, now: i64) -> Result<usize, StoreError> {
    const MARK: &str = "
        update outbox set possibly_repeated = 1, next_at = ?1
        where state = 'waiting' and exists (
            select 1 from outbox_attempts where outbox_id = outbox.id and finished_at is null)";
    const CLOSE: &str = "
        update outbox_attempts
        set finished_at = ?1, error = 'The tracker ended meanwhile; it may have arrived.'
        where finished_at is null and outbox_id in (
            select id from outbox where state = 'waiting')";
    writer.edit_blocking(move |connection| {
        let open = connection.execute(MARK, params![now])?;
        if open > 0 {
            connection.execute(CLOSE, params![now])?;
        }
        Ok(open)
    })
}

/// What came of being asked to send a row again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resent {
    Queued,
    Unknown,
    /// A recorded success is not repeated.
    Sent,
    Skipped,
    /// What was to be sent is not kept any more.
    Forgotten,
}

/// Makes a row due at once, with all its tries before it; when an attempt is under way, as soon as
/// that has failed.
pub fn resend(writer: &Writer, id: i64, now: i64) -> Result<Resent, StoreError> {
    const FIND: &str = "select state, url = '' from outbox where id = ?1";
    const QUEUE: &str = "
        update outbox set state = 'waiting', tries = 0, next_at = ?2, finished_at = null
        where id = ?1";
    writer.edit_blocking(move |connection| {
        let found: Option<(String, bool)> = connection
            .query_row(FIND, params![id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(
            match found
                .as_ref()
                .map(|(state, is_empty)| (state.as_str(), *is_empty))
            {
                None => Resent::Unknown,
                Some((SENT, _)) => Resent::Sent,
                Some((SKIPPED, _)) => Resent::Skipped,
                Some((_, true)) => Resent::Forgotten,
                Some(_) => {
                    connection.execute(QUEUE, params![id, now])?;
                    news::note();
                    Resent::Queued
                }
            },
        )
    })
}
