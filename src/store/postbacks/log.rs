//! The raw log: every postback that came in, whatever became of it.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::id::{Id, IdCodec};
use crate::postback::verdict::Verdict;
use crate::store::clicks::packed::unpack_ip;
use crate::store::error::StoreError;
use crate::store::log::fields::{Field, Fields, Kind};
use crate::store::log::{self, Found, Ids, Log, Page, Query, values};
use crate::store::readers::Readers;

const METHODS: [&str; 3] = ["GET", "POST", "IMPORT"];

/// What the raw log can be filtered on.
pub const FIELDS: Fields = Fields(&[OWN]);

const OWN: &[Field] = &[
    ("network_id", "postbacks.network_id", Kind::Integer),
    ("network_key", "postbacks.network_key", Kind::Text),
    ("verdict", "postbacks.verdict", Kind::Choice(verdicts)),
    ("click_id", "postbacks.click_id", Kind::ClickId),
    ("conversion_id", "postbacks.conversion_id", Kind::Integer),
    ("ip", "postbacks.ip", Kind::Address),
    ("method", "postbacks.method", Kind::Choice(methods)),
    ("unmapped", "postbacks.unmapped", Kind::Unmapped),
    ("q", "postbacks.parameters", Kind::Contained),
    ("is_parked", IS_PARKED, Kind::Boolean),
    ("is_replayed", "(postbacks.flags >> 2 & 1)", Kind::Boolean),
];
const IS_PARKED: &str = "(postbacks.id in (select postback_id from parked))";

fn verdicts() -> Vec<(&'static str, Value)> {
    texts(Verdict::ALL.iter().map(|(word, _)| *word))
}

fn methods() -> Vec<(&'static str, Value)> {
    texts(METHODS)
}

fn texts(words: impl IntoIterator<Item = &'static str>) -> Vec<(&'static str, Value)> {
    let words = words.into_iter();
    words
        .map(|word| (word, Value::Text(word.to_owned())))
        .collect()
}

/// A postback, as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Postback {
    /// A number of up to 19 digits, as text.
    pub id: String,
    #[schema(format = DateTime)]
    pub at: String,
    /// `null` for an imported row.
    pub ip: Option<String>,
    /// `GET`, `POST` or `IMPORT`.
    pub method: String,
    /// The key in its path.
    pub network_key: Option<String>,
    /// The network that has this key.
    pub network_id: Option<u64>,
    /// Names and values in the order in which they came.
    pub parameters: Vec<(String, String)>,
    pub click_id: Option<String>,
    /// The parameter that held the click id.
    pub found_in: Option<String>,
    /// What became of it: `stored`, `updated`, `parked`, ...
    pub verdict: String,
    /// Why, for people.
    pub reason: Option<String>,
    /// The conversion that it made, changed or is about.
    pub conversion_id: Option<String>,
    /// The word that nobody has mapped, behind `status:` or `event:`.
    pub unmapped: Option<String>,
    /// It was read again, after a mapping was mended or its click arrived.
    pub is_replayed: bool,
    /// Its click has not arrived yet.
    pub is_parked: bool,
}

const SELECT: &str = "
    select postbacks.id, postbacks.at, postbacks.ip, postbacks.method, postbacks.network_key,
        postbacks.network_id, postbacks.parameters, postbacks.click_id, postbacks.found_in,
        postbacks.verdict, postbacks.reason, postbacks.conversion_id, postbacks.unmapped,
        postbacks.flags >> 2 & 1 as is_replayed,
        exists (select 1 from parked where postback_id = postbacks.id) as is_parked
    from postbacks";

const LOG: Log = Log {
    table: "postbacks",
    select: &[SELECT],
    time: "postbacks.at",
    ids: Ids::NotBefore,
};

/// One page of the log.
pub fn list(
    readers: &Readers,
    codec: &IdCodec,
    query: &Query,
) -> Result<Page<Postback>, StoreError> {
    log::list(readers, &LOG, query, |row| read(row, codec))
}

const ONE: &str = "where postbacks.id = ?1";

/// One postback; `None` if there is none of this id.
pub fn find(readers: &Readers, codec: &IdCodec, id: Id) -> Result<Option<Postback>, StoreError> {
    let reader = readers.get()?;
    let found = reader
        .prepare_cached(&[SELECT, ONE].join(" "))?
        .query_row([id.to_row()], |row| read(row, codec))
        .optional()?;
    Ok(found.map(|(_, postback)| postback))
}

/// More postbacks about one conversion are a network in a loop.
const MOST: usize = 200;

/// Found over the click and over the changes, for both have an index.
const OF_CONVERSION: &str = "
    where postbacks.id in (
        select id from postbacks
        where conversion_id = ?1
            and click_id = (select click_id from conversions where id = ?1)
        union
        select postback_id from conversion_changes
        where conversion_id = ?1 and postback_id is not null
    )
    order by postbacks.id
    limit ?2";

/// The postbacks about a conversion, the first ones in their order.
pub(in crate::store) fn of_conversion(
    connection: &Connection,
    codec: &IdCodec,
    id: Id,
) -> Result<Vec<Postback>, StoreError> {
    let mut statement = connection.prepare_cached(&of_conversion_sql())?;
    let rows = statement.query_map(params![id.to_row(), MOST], |row| read(row, codec))?;
    let rows = rows.map(|row| row.map(|(_, postback)| postback));
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(in crate::store) fn of_conversion_sql() -> String {
    [SELECT, OF_CONVERSION].join(" ")
}

fn read(row: &Row<'_>, codec: &IdCodec) -> Result<Found<Postback>, rusqlite::Error> {
    let id: i64 = row.get("id")?;
    let ip: Option<Vec<u8>> = row.get("ip")?;
    let parameters: String = row.get("parameters")?;
    let conversion_id: Option<i64> = row.get("conversion_id")?;
    let postback = Postback {
        id: id.to_string(),
        at: values::time(row.get("at")?),
        ip: ip.and_then(|ip| unpack_ip(&ip)).map(|ip| ip.to_string()),
        method: row.get("method")?,
        network_key: row.get("network_key")?,
        network_id: row.get("network_id")?,
        parameters: serde_json::from_str(&parameters).unwrap_or_default(),
        click_id: values::public(codec, row.get("click_id")?),
        found_in: row.get("found_in")?,
        verdict: row.get("verdict")?,
        reason: row.get("reason")?,
        conversion_id: conversion_id.map(|id| id.to_string()),
        unmapped: row.get("unmapped")?,
        is_replayed: row.get("is_replayed")?,
        is_parked: row.get("is_parked")?,
    };
    Ok((id, postback))
}
