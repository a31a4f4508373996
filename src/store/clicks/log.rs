//! The click log, and one click with all that is stored about it.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row};
use serde_json::{Map, Value as Json};

use super::flags::{self, Flags};
use super::packed::{unpack_ip, unpack_sub_ids, unpacked};
use crate::detect::referrer;
use crate::domain::id::{Id, IdCodec};
use crate::domain::money::Micros;
use crate::domain::visitor::BotReason;
use crate::store::conversions;
use crate::store::error::StoreError;
use crate::store::log::conditions::Listed;
use crate::store::log::fields::{Field, Fields, Kind};
use crate::store::log::values::rfc3339;
use crate::store::log::{self, Found, Ids, Log, Page, Query};
use crate::store::offer_clicks;
use crate::store::readers::Readers;

/// What the click log can be filtered on.
pub const FIELDS: Fields = Fields(&[OF_CLICK, SUB_IDS]);

/// Of whatever is joined to a click by [`JOINS`].
pub(crate) const OF_CLICK: &[Field] = &[
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
    ("country", "places.country", Kind::Upper),
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
    (
        "bot_reason",
        "(clicks.flags >> 8 & 255)",
        Kind::Choice(bot_reasons),
    ),
    ("is_bot", "(clicks.flags >> 8 & 255 > 0)", Kind::Boolean),
    (
        "is_unique_campaign",
        flags::IS_UNIQUE_CAMPAIGN,
        Kind::Boolean,
    ),
    ("is_unique_flow", flags::IS_UNIQUE_FLOW, Kind::Boolean),
    ("is_unique_global", flags::IS_UNIQUE_GLOBAL, Kind::Boolean),
    ("is_test", flags::IS_TEST, Kind::Boolean),
];

macro_rules! sub_ids {
    ($($number:literal $index:literal)*) => {
        &[$((
            concat!("sub_id_", $number),
            concat!("cast(nullif(json_extract(clicks.sub_ids, '$[", $index, "]'), 0) as text)"),
            Kind::Text,
        )),*]
    };
}

pub(crate) const SUB_IDS: &[Field] = sub_ids!(
    1 0 2 1 3 2 4 3 5 4 6 5 7 6 8 7 9 8 10 9 11 10 12 11 13 12 14 13 15 14 16 15 17 16 18 17 19 18
    20 19 21 20 22 21 23 22 24 23 25 24 26 25 27 26 28 27 29 28 30 29
);

fn bot_reasons() -> Vec<(&'static str, Value)> {
    let all = BotReason::ALL.iter();
    all.map(|(word, reason)| (*word, Value::Integer(reason.code().into())))
        .collect()
}

/// The click of the campaign that sent the visitor on to this click's one.
pub(crate) const PARENT: &str = "parent_click_id";

/// Of a click, as [`read`] takes them.
pub(crate) const COLUMNS: &str = "
    select clicks.id, clicks.at, routes.campaign_id, routes.flow_id, routes.landing_id,
        routes.offer_id, routes.traffic_source_id, routes.domain_id, clicks.ip, places.country,
        places.region, places.city, places.isp, places.asn, places.connection_type, places.proxy,
        agents.device_type, agents.brand, agents.model, agents.os, agents.os_version,
        agents.browser, agents.browser_version, agents.in_app, agents.x_requested_with,
        agents.user_agent, clicks.language, clicks.referrer, clicks.source, clicks.keyword,
        clicks.creative_id, clicks.ad_group_id, clicks.ad_campaign_id, clicks.external_id,
        clicks.sub_ids, clicks.others, clicks.cost, currencies.code, clicks.flags,
        agents.bot_reason, agents.bot_detail, jumps.parent_id";
/// What a click consists of; outer joins, because other logs join clicks that may not be there.
pub(crate) const JOINS: &str = "
    left join routes on routes.id = clicks.route_id
    left join currencies on currencies.id = clicks.currency_id
    left join agents on agents.id = clicks.agent_id
    left join places on places.id = clicks.place_id
    left join jumps on jumps.click_id = clicks.id";

/// By which reports count a click. A preview's step is nobody's.
const LAST_OFFER: &str = ",
        coalesce((select offer_id from offer_clicks
            where click_id = clicks.id and offer_id is not null and flags & 1 = 0
            order by id desc limit 1), routes.offer_id) as last_offer_id
    from clicks";

const LOG: Log = Log {
    table: "clicks",
    select: &[COLUMNS, LAST_OFFER, JOINS],
    time: "clicks.at",
    ids: Ids::OfTime,
};

/// One page of the log.
pub fn list(
    readers: &Readers,
    codec: &IdCodec,
    query: &Query,
) -> Result<Page<Map<String, Json>>, StoreError> {
    log::list_where(readers, &LOG, query, |row| {
        let (id, item) = read(row)?;
        if let Some(conditions) = &query.conditions {
            let listed = Listed {
                facts: &item,
                offer_id: row.get("last_offer_id")?,
                at: row.get("at")?,
            };
            if !conditions.hold(&listed) {
                return Ok(None);
            }
        }
        Ok(Some((id, finish(codec, id, item))))
    })
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
    let earned = conversions::history::of_click(&reader, id)?;
    let earned = serde_json::to_value(earned).unwrap_or_default();
    item.insert("conversions".into(), earned);
    Ok(Some(item))
}

/// The highest id in the tables whose ids come from the one generator.
pub fn highest_id(readers: &Readers) -> Result<Option<Id>, StoreError> {
    const HIGHEST: &str = "
        select max(id) from (select max(id) as id from clicks
            union all select max(id) as id from offer_clicks
            union all select max(id) as id from postbacks
            union all select max(id) as id from conversions
            union all select max(id) as id from conversion_changes
            union all select max(id) as id from outbox
            union all select max(id) as id from rule_runs)";
    let reader = readers.get()?;
    let id: Option<i64> = reader.query_row(HIGHEST, [], |row| row.get(0))?;
    Ok(id.and_then(Id::from_row))
}

/// A row as a flat object, every fact under its dimension's name.
pub(crate) fn read(row: &Row<'_>) -> Result<Found<Map<String, Json>>, rusqlite::Error> {
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
    let flags = Flags(row.get(38)?);
    item.insert("cost_fell_back".into(), flags.cost_fell_back().into());
    for (name, is_unique) in [
        ("is_unique_campaign", flags.is_unique_campaign()),
        ("is_unique_flow", flags.is_unique_flow()),
        ("is_unique_global", flags.is_unique_global()),
    ] {
        item.insert(name.into(), is_unique.into());
    }
    item.insert("is_test".into(), flags.is_test().into());
    let reason = flags.bot_reason().map(BotReason::as_str);
    item.insert("is_bot".into(), reason.is_some().into());
    let cleared = flags.is_cleared().then_some("converted");
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

fn finish(codec: &IdCodec, id: i64, mut item: Map<String, Json>) -> Map<String, Json> {
    let public = Id::from_row(id).map(|id| codec.encode(id).to_string());
    item.insert("click_id".into(), public.into());
    if let Some(parent) = item.get_mut(PARENT) {
        let id = parent.as_i64().and_then(Id::from_row);
        *parent = id.map(|id| codec.encode(id).to_string()).into();
    }
    item
}
