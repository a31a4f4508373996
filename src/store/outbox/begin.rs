//! Beginning an attempt: what is sent is read in the transaction that notes it.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::SKIPPED;
use super::message::{closed, shown_url};
use super::work::{Attempt, What};
use crate::domain::channel::Channel;
use crate::domain::entity::Entity;
use crate::domain::message::{Request, host};
use crate::domain::outgoing::{Method, Success};
use crate::store::channels::{self, Kept};

/// Notes an attempt at a row, if it still waits and none is open.
pub(super) fn begin(
    connection: &Connection,
    id: i64,
    now: i64,
) -> Result<Option<Attempt>, rusqlite::Error> {
    const FIND: &str = "
        select channel_id, attempts, method, url, headers, body, success_contains, success_lacks
        from outbox
        where id = :id and state = 'waiting'
            and not exists (select 1 from outbox_attempts
                where outbox_id = :id and finished_at is null)";
    const TAKE: &str = "
        update outbox set attempts = attempts + 1, tries = tries + 1 where id = :id";
    const NOTE: &str = "
        insert into outbox_attempts (outbox_id, number, at, possibly_repeated)
        select id, attempts, :now, possibly_repeated from outbox where id = :id";
    let mut statement = connection.prepare_cached(FIND)?;
    let found = statement.query_row(named_params! { ":id": id }, |row| {
        Ok((row.get::<_, Option<u64>>(0)?, read(id, row)?))
    });
    let Some((channel_id, mut attempt)) = found.optional()? else {
        return Ok(None);
    };
    if let (Some(channel_id), What::Request(request)) = (channel_id, &attempt.what) {
        let Some(to) = address(connection, id, channel_id, &request.url, now)? else {
            return Ok(None);
        };
        let body = request.body.clone();
        attempt.what = What::Message { to, body };
    }
    let mut take = connection.prepare_cached(TAKE)?;
    take.execute(named_params! { ":id": id })?;
    let mut note = connection.prepare_cached(NOTE)?;
    note.execute(named_params! { ":id": id, ":now": now })?;
    Ok(Some(attempt))
}

fn read(id: i64, row: &Row<'_>) -> Result<Attempt, rusqlite::Error> {
    let method: String = row.get("method")?;
    let headers: String = row.get("headers")?;
    let methods = [Method::Get, Method::Post];
    let method = methods.into_iter().find(|one| one.as_str() == method);
    Ok(Attempt {
        id,
        number: row.get::<_, i64>("attempts")? + 1,
        what: What::Request(Request {
            method: method.unwrap_or_default(),
            url: row.get("url")?,
            headers: serde_json::from_str(&headers).unwrap_or_default(),
            body: row.get("body")?,
            success: Success {
                contains: row.get("success_contains")?,
                lacks: row.get("success_lacks")?,
            },
        }),
    })
}

/// The channel as it is now, which may have moved since the message was queued. Where it takes nothing
/// any more the row is settled, and there is none.
fn address(
    connection: &Connection,
    id: i64,
    channel_id: u64,
    url: &str,
    now: i64,
) -> Result<Option<Box<Kept>>, rusqlite::Error> {
    const SKIP: &str = "
        update outbox set state = :state, reason = :reason, finished_at = :now where id = :id";
    const MOVE: &str = "update outbox set url = :url, host = :host where id = :id";
    let kept = channels::find(connection, channel_id)?;
    let gone = || Some(format!("There is no {}.", Channel::reference(channel_id)));
    let reason = kept
        .as_ref()
        .map_or_else(gone, |kept| closed(&kept.channel));
    if let Some(reason) = reason {
        let values = named_params! { ":id": id, ":state": SKIPPED, ":reason": reason, ":now": now };
        connection.prepare_cached(SKIP)?.execute(values)?;
        return Ok(None);
    }
    if let Some(kept) = &kept {
        let shown = shown_url(&kept.channel);
        if shown != url {
            let values = named_params! { ":id": id, ":host": host(&shown), ":url": shown };
            connection.prepare_cached(MOVE)?.execute(values)?;
        }
    }
    Ok(kept.map(Box::new))
}
