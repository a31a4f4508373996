//! The click log: newest first, filtered, paged by id.
//!
//! A filter may match nothing for millions of rows. So the log is read in pieces of
//! `PIECE` rows, each a read transaction of its own, for at most `PATIENCE` a request; what
//! was found until then is returned with the cursor to go on from. A page may therefore hold
//! fewer clicks than asked for, or none, and still have a `next`.

use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use serde_json::{Map, Value as Json};

use super::packed::{Packed, pack_ip, unpack_ip, unpack_sub_ids, unpacked};
use crate::detect::referrer;
use crate::domain::id::{Id, IdCodec};
use crate::domain::money::Micros;
use crate::domain::visitor::{BotReason, SUB_IDS};
use crate::store::error::StoreError;
use crate::store::offer_clicks;
use crate::store::readers::Readers;

/// Rows looked at in one read transaction.
const PIECE: i64 = 50_000;
/// How long one request goes on looking.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Ids follow the clock, but after it was set back they run ahead of it. Clicks of a time range
/// are looked for among ids up to this much later.
const CLOCK_SLACK_MS: i64 = 24 * 3_600_000;

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Click time in UTC milliseconds, from (inclusive) and to (exclusive).
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// (field, accepted values): every field must have one of its values.
    pub filters: Vec<(String, Vec<String>)>,
    /// Only clicks older than this one.
    pub before: Option<Id>,
    pub limit: usize,
}

/// One page.
#[derive(Debug)]
pub struct Page {
    pub items: Vec<Map<String, Json>>,
    /// Where to go on; `None` at the end.
    pub next: Option<Id>,
}

/// Why a filter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterProblem {
    UnknownField,
    NotANumber,
    NotAnAddress,
    NotABoolean,
    NotABotReason,
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Country,
    Integer,
    Packed,
    Address,
    SubId(usize),
    BotReason,
    Boolean,
}

/// Field -> SQL expression. The only texts that ever become part of a query.
const FIELDS: &[(&str, &str, Kind)] = &[
    ("campaign_id", "routes.campaign_id", Kind::Integer),
    ("flow_id", "routes.flow_id", Kind::Integer),
    ("landing_id", "routes.landing_id", Kind::Integer),
    ("offer_id", "routes.offer_id", Kind::Integer),
    (
        "traffic_source_id",
        "routes.traffic_source_id",
        Kind::Integer,
    ),
    ("domain_id", "routes.domain_id", Kind::Integer),
    ("ip", "clicks.ip", Kind::Address),
    ("country", "places.country", Kind::Country),
    ("region", "places.region", Kind::Text),
    ("city", "places.city", Kind::Text),
    ("isp", "places.isp", Kind::Text),
    ("asn", "places.asn", Kind::Integer),
    ("connection_type", "places.connection_type", Kind::Text),
    ("proxy", "places.proxy", Kind::Text),
    ("device_type", "agents.device_type", Kind::Text),
    ("brand", "agents.brand", Kind::Text),
    ("model", "agents.model", Kind::Text),
    ("os", "agents.os", Kind::Text),
    ("os_version", "agents.os_version", Kind::Text),
    ("browser", "agents.browser", Kind::Text),
    ("browser_version", "agents.browser_version", Kind::Text),
    ("in_app", "agents.in_app", Kind::Text),
    ("x_requested_with", "agents.x_requested_with", Kind::Text),
    ("user_agent", "agents.user_agent", Kind::Text),
    ("language", "clicks.language", Kind::Text),
    ("referrer", "clicks.referrer", Kind::Text),
    ("source", "clicks.source", Kind::Packed),
    ("keyword", "clicks.keyword", Kind::Packed),
    ("creative_id", "clicks.creative_id", Kind::Packed),
    ("ad_group_id", "clicks.ad_group_id", Kind::Packed),
    ("ad_campaign_id", "clicks.ad_campaign_id", Kind::Packed),
    ("external_id", "clicks.external_id", Kind::Packed),
    ("bot_reason", "(clicks.flags >> 8 & 255)", Kind::BotReason),
    ("is_bot", "(clicks.flags >> 8 & 255 > 0)", Kind::Boolean),
    (
        "is_unique_campaign",
        "(clicks.flags >> 1 & 1)",
        Kind::Boolean,
    ),
    ("is_unique_flow", "(clicks.flags >> 2 & 1)", Kind::Boolean),
    ("is_unique_global", "(clicks.flags >> 3 & 1)", Kind::Boolean),
];

/// Names of all fields that can be filtered on, without `sub_id_1` to `sub_id_30`.
pub fn fields() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|(name, _, _)| *name)
}

fn field(name: &str) -> Option<(&'static str, Kind)> {
    if let Some(number) = name.strip_prefix("sub_id_") {
        let number: usize = number.parse().ok()?;
        return (1..=SUB_IDS).contains(&number).then_some((
            "cast(nullif(json_extract(clicks.sub_ids, ?), 0) as text)",
            Kind::SubId(number),
        ));
    }
    FIELDS
        .iter()
        .find(|(field, _, _)| *field == name)
        .map(|(_, sql, kind)| (*sql, *kind))
}

/// Whether a filter can be used.
pub fn check(name: &str, values: &[String]) -> Result<(), FilterProblem> {
    let (_, kind) = field(name).ok_or(FilterProblem::UnknownField)?;
    values
        .iter()
        .try_for_each(|value| bind(kind, value).map(|_| ()))
}

fn bind(kind: Kind, value: &str) -> Result<Value, FilterProblem> {
    Ok(match kind {
        Kind::Text | Kind::SubId(_) => Value::Text(value.to_owned()),
        Kind::Country => Value::Text(value.to_ascii_uppercase()),
        Kind::Integer => Value::Integer(value.parse().map_err(|_| FilterProblem::NotANumber)?),
        Kind::Packed => owned(&Packed(Some(value))),
        Kind::Address => owned(&pack_ip(
            &value.parse().map_err(|_| FilterProblem::NotAnAddress)?,
        )),
        Kind::BotReason => {
            let reason = BotReason::ALL.iter().find(|(word, _)| *word == value);
            let (_, reason) = reason.ok_or(FilterProblem::NotABotReason)?;
            Value::Integer(reason.code().into())
        }
        Kind::Boolean => match value {
            "true" | "1" => Value::Integer(1),
            "false" | "0" => Value::Integer(0),
            _ => return Err(FilterProblem::NotABoolean),
        },
    })
}

fn owned(value: &impl rusqlite::ToSql) -> Value {
    match value.to_sql() {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(value)) => {
            Value::try_from(value).unwrap_or(Value::Null)
        }
        Ok(rusqlite::types::ToSqlOutput::Owned(value)) => value,
        _ => Value::Null,
    }
}

/// The click of the campaign that sent the visitor on to this click's one.
const PARENT: &str = "parent_click_id";

const COLUMNS: &str = "
    select clicks.id, clicks.at, routes.campaign_id, routes.flow_id, routes.landing_id,
        routes.offer_id, routes.traffic_source_id, routes.domain_id, clicks.ip, places.country,
        places.region, places.city, places.isp, places.asn, places.connection_type, places.proxy,
        agents.device_type, agents.brand, agents.model, agents.os, agents.os_version,
        agents.browser, agents.browser_version, agents.in_app, agents.x_requested_with,
        agents.user_agent, clicks.language, clicks.referrer, clicks.source, clicks.keyword,
        clicks.creative_id, clicks.ad_group_id, clicks.ad_campaign_id, clicks.external_id,
        clicks.sub_ids, clicks.others, clicks.cost, currencies.code, clicks.flags,
        agents.bot_reason, agents.bot_detail, jumps.parent_id";
const JOINS: &str = "
    join routes on routes.id = clicks.route_id
    left join currencies on currencies.id = clicks.currency_id
    join agents on agents.id = clicks.agent_id
    join places on places.id = clicks.place_id
    left join jumps on jumps.click_id = clicks.id";

/// One page of the log.
pub fn list(readers: &Readers, codec: &IdCodec, query: &Query) -> Result<Page, StoreError> {
    let started = Instant::now();
    let floor = query.from.map_or(0, |from| Id::first_at(from).to_row());
    let mut before = query.to.map_or(i64::MAX, |to| {
        Id::first_at(to.saturating_add(CLOCK_SLACK_MS)).to_row()
    });
    if let Some(cursor) = query.before {
        before = before.min(cursor.to_row());
    }
    let mut items = Vec::new();
    loop {
        let reader = readers.get()?;
        let wanted = query.limit - items.len();
        let (rows, scanned_to) = piece(&reader, query, floor, before, wanted)?;
        let full = rows.len() == wanted;
        let last = rows.last().map(|(id, _)| *id);
        items.extend(rows.into_iter().map(|(id, item)| finish(codec, id, item)));
        if full && let Some(last) = last {
            return Ok(Page {
                items,
                next: Id::from_row(last),
            });
        }
        match scanned_to {
            None => return Ok(Page { items, next: None }),
            Some(id) if started.elapsed() > PATIENCE => {
                return Ok(Page {
                    items,
                    next: Id::from_row(id),
                });
            }
            Some(id) => before = id,
        }
    }
}

type Item = (i64, Map<String, Json>);

/// Up to `wanted` matching clicks of the next `PIECE` rows, and where these rows end (`None`
/// when they are the last).
fn piece(
    connection: &Connection,
    query: &Query,
    floor: i64,
    before: i64,
    wanted: usize,
) -> Result<(Vec<Item>, Option<i64>), StoreError> {
    let transaction = connection.unchecked_transaction()?;
    let last: Option<i64> = transaction
        .prepare_cached(
            "select id from clicks where id < ?1 and id >= ?2 order by id desc limit 1 offset ?3",
        )?
        .query_row((before, floor, PIECE - 1), |row| row.get(0))
        .optional()?;
    let mut sql = format!("{COLUMNS} from clicks {JOINS} where clicks.id < ? and clicks.id >= ?");
    let mut values = vec![
        Value::Integer(before),
        Value::Integer(last.unwrap_or(floor)),
    ];
    for (time, condition) in [
        (query.from, " and clicks.at >= ?"),
        (query.to, " and clicks.at < ?"),
    ] {
        if let Some(time) = time {
            sql.push_str(condition);
            values.push(Value::Integer(time));
        }
    }
    for (name, accepted) in &query.filters {
        let Some((expression, kind)) = field(name) else {
            continue;
        };
        sql.push_str(" and ");
        sql.push_str(expression);
        if let Kind::SubId(number) = kind {
            values.push(Value::Text(format!("$[{}]", number - 1)));
        }
        sql.push_str(" in (");
        for (index, value) in accepted.iter().enumerate() {
            sql.push_str(if index == 0 { "?" } else { ", ?" });
            values.push(bind(kind, value).unwrap_or(Value::Null));
        }
        sql.push(')');
    }
    sql.push_str(" order by clicks.id desc limit ?");
    values.push(Value::Integer(wanted as i64));
    let mut statement = transaction.prepare(&sql)?;
    let rows = statement
        .query_map(params_from_iter(values), read)?
        .collect::<Result<Vec<_>, _>>()?;
    Ok((rows, last))
}

/// One click with every stored fact; `None` if there is none of this id.
pub fn find(
    readers: &Readers,
    codec: &IdCodec,
    id: Id,
) -> Result<Option<Map<String, Json>>, StoreError> {
    let reader = readers.get()?;
    let sql = format!("{COLUMNS} from clicks {JOINS} where clicks.id = ?1");
    let row = reader
        .prepare_cached(&sql)?
        .query_row([id.to_row()], read)
        .optional()?;
    let Some((row_id, item)) = row else {
        return Ok(None);
    };
    let steps = offer_clicks::of_click(&reader, id)?;
    let mut item = finish(codec, row_id, item);
    item.insert("landing_clicked".into(), (!steps.is_empty()).into());
    let steps = serde_json::to_value(steps).unwrap_or_default();
    item.insert("offer_clicks".into(), steps);
    Ok(Some(item))
}

/// The highest id in the tables whose ids come from the one generator.
pub fn highest_id(readers: &Readers) -> Result<Option<Id>, StoreError> {
    const HIGHEST: &str = "
        select max(id) from (select max(id) as id from clicks
            union all select max(id) as id from offer_clicks
            union all select max(id) as id from postbacks
            union all select max(id) as id from conversions
            union all select max(id) as id from conversion_changes)";
    let reader = readers.get()?;
    let id: Option<i64> = reader.query_row(HIGHEST, [], |row| row.get(0))?;
    Ok(id.and_then(Id::from_row))
}

/// A row as a flat object, every fact under its dimension's name.
fn read(row: &Row<'_>) -> Result<Item, rusqlite::Error> {
    let mut item = Map::new();
    let id: i64 = row.get(0)?;
    item.insert("click_id".into(), Json::Null);
    let at: i64 = row.get(1)?;
    item.insert("at".into(), rfc3339(at).into());
    for (index, name) in (2..).zip([
        "campaign_id",
        "flow_id",
        "landing_id",
        "offer_id",
        "traffic_source_id",
        "domain_id",
    ]) {
        item.insert(name.into(), row.get::<_, Option<i64>>(index)?.into());
    }
    let ip: Vec<u8> = row.get(8)?;
    item.insert("ip".into(), unpack_ip(&ip).map(|ip| ip.to_string()).into());
    for (index, name) in (9..).zip(["country", "region", "city", "isp"]) {
        item.insert(name.into(), row.get::<_, Option<String>>(index)?.into());
    }
    item.insert("asn".into(), row.get::<_, Option<i64>>(13)?.into());
    for (index, name) in (14..).zip([
        "connection_type",
        "proxy",
        "device_type",
        "brand",
        "model",
        "os",
        "os_version",
        "browser",
        "browser_version",
        "in_app",
        "x_requested_with",
        "user_agent",
        "language",
        "referrer",
    ]) {
        item.insert(name.into(), row.get::<_, Option<String>>(index)?.into());
    }
    let referrer: Option<String> = row.get(27)?;
    let host = referrer
        .as_deref()
        .and_then(referrer::host)
        .map(str::to_ascii_lowercase);
    item.insert("referrer_host".into(), host.into());
    for (index, name) in (28..).zip([
        "source",
        "keyword",
        "creative_id",
        "ad_group_id",
        "ad_campaign_id",
        "external_id",
    ]) {
        item.insert(name.into(), unpacked(row.get_ref(index)?).into());
    }
    let sub_ids: Option<String> = row.get(34)?;
    for (number, value) in sub_ids.iter().flat_map(|json| unpack_sub_ids(json)) {
        item.insert(format!("sub_id_{number}"), value.into());
    }
    let others: Option<String> = row.get(35)?;
    let others: Vec<(String, String)> = others
        .and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_default();
    let others = others
        .into_iter()
        .map(|(name, value)| (name, Json::from(value)));
    item.insert("other_parameters".into(), Json::Object(others.collect()));
    let cost: Option<i64> = row.get(36)?;
    item.insert(
        "cost".into(),
        cost.map(|micros| Micros(micros).to_string()).into(),
    );
    item.insert(
        "cost_currency".into(),
        row.get::<_, Option<String>>(37)?.into(),
    );
    let flags: i64 = row.get(38)?;
    item.insert("cost_fell_back".into(), (flags & 1 == 1).into());
    for (bit, name) in [
        (1, "is_unique_campaign"),
        (2, "is_unique_flow"),
        (3, "is_unique_global"),
    ] {
        item.insert(name.into(), (flags >> bit & 1 == 1).into());
    }
    let reason = BotReason::of_code((flags >> 8 & 0xff) as u8).map(BotReason::as_str);
    item.insert("is_bot".into(), reason.is_some().into());
    // Bit 7: a person came after the preview, and the label was taken off.
    let cleared = (flags & 1 << 7 != 0).then_some("converted");
    item.insert("bot_reason".into(), reason.or(cleared).into());
    // What gave the user agent away; nothing where something else did.
    let of_agent: Option<String> = row.get(39)?;
    let detail: Option<String> = match reason {
        Some(reason) if of_agent.as_deref() == Some(reason) => row.get(40)?,
        _ => None,
    };
    item.insert("bot_detail".into(), detail.into());
    // Still as it is stored.
    item.insert(PARENT.into(), row.get::<_, Option<i64>>(41)?.into());
    Ok((id, item))
}

/// A time as the API writes it.
pub(crate) fn rfc3339(at: i64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(at)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

fn finish(codec: &IdCodec, id: i64, mut item: Map<String, Json>) -> Map<String, Json> {
    let public = Id::from_row(id).map(|id| codec.encode(id).to_string());
    item.insert("click_id".into(), public.into());
    if let Some(parent) = item.get_mut(PARENT) {
        let id = parent.as_i64().and_then(Id::from_row);
        *parent = id.map(|id| codec.encode(id).to_string()).into();
    }
    item
}
