//! The outbox as it is listed.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use utoipa::ToSchema;

use super::{KINDS, STATES};
use crate::domain::conversion::Status;
use crate::domain::id::{Id, IdCodec};
use crate::store::error::StoreError;
use crate::store::log::fields::{Field, Fields, Kind};
use crate::store::log::{self, Found, Ids, Log, Page, Query, values};
use crate::store::readers::Readers;

/// What the outbox can be filtered on.
pub const FIELDS: Fields = Fields(&[OWN]);

const OWN: &[Field] = &[
    ("state", "outbox.state", Kind::Choice(states)),
    ("kind", "outbox.kind", Kind::Choice(kinds)),
    ("channel_id", "outbox.channel_id", Kind::Integer),
    ("rule_id", "outbox.rule_id", Kind::Integer),
    ("run_id", "outbox.run_id", Kind::Integer),
    ("key", "outbox.key", Kind::Text),
    ("campaign_id", "outbox.campaign_id", Kind::Integer),
    (
        "traffic_source_id",
        "outbox.traffic_source_id",
        Kind::Integer,
    ),
    ("conversion_id", "outbox.conversion_id", Kind::Integer),
    (
        "click_id",
        "outbox.conversion_id in (select id from conversions where click_id",
        Kind::ClickIdWithin,
    ),
    ("status", "outbox.status", Kind::Choice(statuses)),
    ("event", "outbox.event", Kind::Text),
    ("target", "outbox.target", Kind::Text),
    ("host", "outbox.host", Kind::Lower),
];

fn states() -> Vec<(&'static str, Value)> {
    texts(STATES)
}

fn kinds() -> Vec<(&'static str, Value)> {
    texts(KINDS)
}

fn statuses() -> Vec<(&'static str, Value)> {
    texts(Status::ALL.iter().map(|(word, _)| *word))
}

fn texts(words: impl IntoIterator<Item = &'static str>) -> Vec<(&'static str, Value)> {
    let words = words.into_iter();
    words
        .map(|word| (word, Value::Text(word.to_owned())))
        .collect()
}

/// A call to a traffic source, or a message to a channel.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OutgoingCall {
    /// A number of up to 19 digits, as text; its header `Idempotency-Key`.
    pub id: String,
    /// When the conversion came or moved, or what a message tells of happened.
    #[schema(format = DateTime)]
    pub at: String,
    /// `postback`, `webhook`, `telegram` or `call`.
    pub kind: String,
    /// What makes a message the same; `null` for a postback.
    pub key: Option<String>,
    pub channel_id: Option<u64>,
    /// The rule that sends it, and its run.
    pub rule_id: Option<u64>,
    pub run_id: Option<i64>,
    /// `waiting`, `sent`, `expired` (no attempt succeeded) or `skipped`.
    pub state: String,
    /// Why it was skipped.
    pub reason: Option<String>,
    pub conversion_id: Option<String>,
    pub click_id: Option<String>,
    pub campaign_id: Option<u64>,
    pub traffic_source_id: Option<u64>,
    pub event: Option<String>,
    pub status: Option<String>,
    /// Of a postback, the same for all calls of one method, address and body as the document has
    /// them.
    pub target: Option<String>,
    pub method: String,
    /// Empty, like headers and body, where it is so old that only its row is kept. The token of a bot
    /// is never part of it.
    pub url: String,
    pub host: String,
    pub headers: Vec<(String, String)>,
    /// Of a message to a chat its text.
    pub body: String,
    pub attempts: u64,
    /// When it is tried next, while it waits.
    #[schema(format = DateTime)]
    pub next_at: Option<String>,
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
    /// An attempt was under way when the tracker ended: it may have arrived twice.
    pub possibly_repeated: bool,
}

/// One attempt at it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OutgoingAttempt {
    pub number: u64,
    #[schema(format = DateTime)]
    pub at: String,
    /// `null` while it is under way.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
    pub http_status: Option<u16>,
    /// The first 4 KB of the answer.
    pub body: Option<String>,
    pub error: Option<String>,
    pub possibly_repeated: bool,
}

/// A call with its attempts.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OutgoingCallInFull {
    #[serde(flatten)]
    pub call: OutgoingCall,
    /// The attempts in their order.
    pub tries: Vec<OutgoingAttempt>,
}

const SELECT: &str = "
    select outbox.id, outbox.at, outbox.kind, outbox.key, outbox.channel_id, outbox.rule_id,
        outbox.run_id, outbox.state, outbox.reason, outbox.conversion_id,
        outbox.click_id, outbox.campaign_id, outbox.traffic_source_id, outbox.event,
        outbox.status, outbox.target, outbox.method, outbox.url, outbox.host, outbox.headers,
        outbox.body, outbox.attempts, outbox.next_at, outbox.finished_at, outbox.possibly_repeated
    from outbox";

const LOG: Log = Log {
    table: "outbox",
    select: &[SELECT],
    time: "outbox.at",
    ids: Ids::OfTime,
};

/// One page.
pub fn list(
    readers: &Readers,
    codec: &IdCodec,
    query: &Query,
) -> Result<Page<OutgoingCall>, StoreError> {
    log::list(readers, &LOG, query, |row| read(row, codec))
}

/// One call with its attempts; `None` if there is none of this id.
pub fn find(
    readers: &Readers,
    codec: &IdCodec,
    id: Id,
) -> Result<Option<OutgoingCallInFull>, StoreError> {
    const ONE: &str = "where outbox.id = ?1";
    const ATTEMPTS: &str = "
        select number, at, finished_at, http_status, body, error, possibly_repeated
        from outbox_attempts where outbox_id = ?1 order by number";
    let reader = readers.get()?;
    let found = reader
        .prepare_cached(&[SELECT, ONE].join(" "))?
        .query_row([id.to_row()], |row| read(row, codec))
        .optional()?;
    let Some((_, call)) = found else {
        return Ok(None);
    };
    let mut statement = reader.prepare_cached(ATTEMPTS)?;
    let tries = statement.query_map([id.to_row()], |row| {
        let finished_at: Option<i64> = row.get(2)?;
        Ok(OutgoingAttempt {
            number: row.get(0)?,
            at: values::time(row.get(1)?),
            finished_at: finished_at.map(values::time),
            http_status: row.get(3)?,
            body: row.get(4)?,
            error: row.get(5)?,
            possibly_repeated: row.get(6)?,
        })
    })?;
    let tries = tries.collect::<Result<_, _>>()?;
    Ok(Some(OutgoingCallInFull { call, tries }))
}

fn read(row: &Row<'_>, codec: &IdCodec) -> Result<Found<OutgoingCall>, rusqlite::Error> {
    let id: i64 = row.get("id")?;
    let headers: String = row.get("headers")?;
    let state: String = row.get("state")?;
    let finished_at: Option<i64> = row.get("finished_at")?;
    let next_at: i64 = row.get("next_at")?;
    let conversion_id: Option<i64> = row.get("conversion_id")?;
    let call = OutgoingCall {
        id: id.to_string(),
        at: values::time(row.get("at")?),
        reason: row.get("reason")?,
        kind: row.get("kind")?,
        key: row.get("key")?,
        channel_id: row.get("channel_id")?,
        rule_id: row.get("rule_id")?,
        run_id: row.get("run_id")?,
        conversion_id: conversion_id.map(|id| id.to_string()),
        click_id: values::public(codec, row.get("click_id")?),
        campaign_id: row.get("campaign_id")?,
        traffic_source_id: row.get("traffic_source_id")?,
        event: row.get("event")?,
        status: row.get("status")?,
        target: row.get("target")?,
        method: row.get("method")?,
        url: row.get("url")?,
        host: row.get("host")?,
        headers: shown(&headers),
        body: row.get("body")?,
        attempts: row.get("attempts")?,
        next_at: (state == super::WAITING).then(|| values::time(next_at)),
        state,
        finished_at: finished_at.map(values::time),
        possibly_repeated: row.get("possibly_repeated")?,
    };
    Ok((id, call))
}

/// Headers as they are listed: what lets somebody in is nobody else's business.
fn shown(headers: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = serde_json::from_str(headers).unwrap_or_default();
    for (name, value) in &mut headers {
        let name = name.to_ascii_lowercase();
        let is_secret = |part: &&str| name.contains(*part);
        if ["auth", "token", "key", "secret", "cookie"]
            .iter()
            .any(is_secret)
        {
            *value = "***".to_owned();
        }
    }
    headers
}
