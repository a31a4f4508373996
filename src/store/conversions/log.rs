//! The conversion log, and one conversion with all that became of it.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::history::{self, Change, status};
use super::rows;
use crate::domain::basis::Basis;
use crate::domain::conversion::Status;
use crate::domain::id::{Id, IdCodec};
use crate::domain::rates::Rate;
use crate::store::clicks::log as clicks;
use crate::store::error::StoreError;
use crate::store::log::conditions::Listed;
use crate::store::log::fields::{Field, Fields, Kind};
use crate::store::log::{self, Found, Ids, Log, Page, Query, values};
use crate::store::postbacks::log::{self as postbacks, Postback};
use crate::store::readers::Readers;

/// What the conversion log can be filtered on: the facts of its click too.
pub const FIELDS: Fields = Fields(&[OWN, clicks::OF_CLICK, clicks::SUB_IDS]);

/// The field that says which rows are tests.
pub const IS_TEST: &str = "is_test";

const OWN: &[Field] = &[
    ("campaign_id", "conversions.campaign_id", Kind::Integer),
    ("offer_id", "conversions.offer_id", Kind::Integer),
    ("network_id", "conversions.network_id", Kind::Integer),
    (
        "status",
        "coalesce(conversions.status, 0)",
        Kind::Choice(statuses),
    ),
    (
        "original_status",
        "lower(conversions.original_status)",
        Kind::Lower,
    ),
    ("event", "conversions.event", Kind::Text),
    ("tid", "conversions.tid", Kind::Text),
    ("click_id", "conversions.click_id", Kind::ClickId),
    ("currency", "conversions.currency", Kind::Upper),
    ("is_repeat", "(conversions.flags & 1)", Kind::Boolean),
    (
        "is_correction",
        "(conversions.flags >> 1 & 1)",
        Kind::Boolean,
    ),
    (IS_TEST, "(conversions.flags >> 2 & 1)", Kind::Boolean),
    (
        "is_payout_unread",
        "(conversions.flags >> 3 & 1)",
        Kind::Boolean,
    ),
];

fn statuses() -> Vec<(&'static str, Value)> {
    let known = Status::ALL.iter();
    let known = known.map(|(word, status)| (*word, status.code()));
    known
        .chain([("unmapped", 0)])
        .map(|(word, code)| (word, Value::Integer(code)))
        .collect()
}

/// A conversion, as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Conversion)]
pub struct LoggedConversion {
    /// A number of up to 19 digits, as text.
    pub id: String,
    /// `null` for a test without a click.
    pub click_id: Option<String>,
    /// When the first postback came.
    #[schema(format = DateTime)]
    pub at: String,
    /// When it became what it is.
    #[schema(format = DateTime)]
    pub status_at: String,
    /// When its click came.
    #[schema(format = DateTime)]
    pub click_at: Option<String>,
    pub campaign_id: Option<u64>,
    pub flow_id: Option<u64>,
    pub landing_id: Option<u64>,
    pub offer_id: Option<u64>,
    pub network_id: Option<u64>,
    pub traffic_source_id: Option<u64>,
    /// `conversion`, `rebill`, or the key of an event.
    pub event: String,
    pub tid: Option<String>,
    /// `null` while nobody has said what the network's word means: then it counts nowhere.
    pub status: Option<Status>,
    pub previous_status: Option<Status>,
    /// The network's word, as it was sent.
    pub original_status: Option<String>,
    /// The amount as it was stated, a decimal; 0 where nobody knows one.
    pub payout: String,
    /// Of `payout` and `sale_amount`.
    pub currency: String,
    /// What one unit of `currency` was worth; `null` where no rate was known, and then `revenue` is 0.
    pub rate: Option<String>,
    /// The payout in the reporting currency.
    pub revenue: String,
    pub sale_amount: Option<String>,
    /// What it costs, where the traffic is paid by results.
    pub cost: Option<String>,
    pub cost_currency: Option<String>,
    /// A further one of the same click: counts as a rebill.
    pub is_repeat: bool,
    /// A negative amount: adds money and counts nothing.
    pub is_correction: bool,
    pub is_test: bool,
    /// The last payout sent could not be read.
    pub is_payout_unread: bool,
    /// Parameters that the network is told to keep.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub kept: Map<String, Json>,
    /// Parameters that nobody claimed.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub other_parameters: Map<String, Json>,
    /// Every stored fact of its click under its dimension's name: `source`, `country`, `sub_id_1`, ...
    #[serde(flatten)]
    #[schema(value_type = std::collections::BTreeMap<String, Json>)]
    pub of_click: Map<String, Json>,
}

/// A conversion with all that became of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ConversionInFull {
    #[serde(flatten)]
    pub conversion: LoggedConversion,
    /// What became of it, oldest first.
    pub changes: Vec<Change>,
    /// What the networks sent about it, oldest first.
    pub postbacks: Vec<Postback>,
}

const FROM: &str = ",
        conversions.id as conversion_id, conversions.click_id as conversion_click_id,
        conversions.at as conversion_at, conversions.status_at,
        conversions.campaign_id as conversion_campaign_id,
        conversions.offer_id as conversion_offer_id, conversions.network_id, conversions.event,
        conversions.tid, conversions.status, conversions.previous_status,
        conversions.original_status, conversions.amount, conversions.currency, conversions.rate,
        conversions.revenue, conversions.sale_amount, conversions.cost_amount,
        conversions.cost_currency, conversions.flags as conversion_flags, conversions.kept,
        conversions.others as conversion_others
    from conversions
    left join clicks on clicks.id = conversions.click_id";
const SELECT: &[&str] = &[clicks::COLUMNS, FROM, clicks::JOINS];

fn log(basis: Basis) -> Log {
    let (time, ids) = match basis {
        Basis::Click => ("clicks.at", Ids::NotBefore),
        Basis::Conversion => ("conversions.at", Ids::NotBefore),
        Basis::Status => ("conversions.status_at", Ids::Unrelated),
    };
    Log {
        table: "conversions",
        select: SELECT,
        time,
        ids,
    }
}

/// One page of the log, the latest conversions first whatever the basis.
pub fn list(
    readers: &Readers,
    codec: &IdCodec,
    query: &Query,
    basis: Basis,
) -> Result<Page<LoggedConversion>, StoreError> {
    let at = match basis {
        Basis::Click => "at",
        Basis::Conversion => "conversion_at",
        Basis::Status => "status_at",
    };
    log::list_where(readers, &log(basis), query, |row| {
        let (id, conversion) = read(row, codec)?;
        if let Some(conditions) = &query.conditions {
            let facts = match serde_json::to_value(&conversion) {
                Ok(Json::Object(facts)) => facts,
                _ => Map::new(),
            };
            let listed = Listed {
                facts: &facts,
                offer_id: conversion.offer_id,
                // Without a click there is none; such a row is a test.
                at: row.get::<_, Option<i64>>(at)?.unwrap_or_default(),
            };
            if !conditions.hold(&listed) {
                return Ok(None);
            }
        }
        Ok(Some((id, conversion)))
    })
}

/// One conversion; `None` if there is none of this id.
pub fn find(
    readers: &Readers,
    codec: &IdCodec,
    id: Id,
) -> Result<Option<ConversionInFull>, StoreError> {
    let reader = readers.get()?;
    let sql = SELECT.join(" ") + " where conversions.id = ?1";
    let found = reader
        .prepare_cached(&sql)?
        .query_row([id.to_row()], |row| read(row, codec))
        .optional()?;
    let Some((_, conversion)) = found else {
        return Ok(None);
    };
    Ok(Some(ConversionInFull {
        conversion,
        changes: history::changes(&reader, id)?,
        postbacks: postbacks::of_conversion(&reader, codec, id)?,
    }))
}

/// Facts of a click that a conversion tells in its own way, or that tell nothing about it.
const NOT_TOLD: [&str; 6] = [
    "click_id",
    "cost",
    "cost_currency",
    "cost_fell_back",
    "other_parameters",
    clicks::PARENT,
];

fn read(row: &Row<'_>, codec: &IdCodec) -> Result<Found<LoggedConversion>, rusqlite::Error> {
    let id: i64 = row.get("conversion_id")?;
    let has_click = row.get::<_, Option<i64>>(0)?.is_some();
    let mut of_click = match has_click {
        true => clicks::read(row)?.1,
        false => Map::new(),
    };
    let click_at = of_click.shift_remove("at");
    let mut id_of_click = |name: &str| of_click.shift_remove(name).and_then(|id| id.as_u64());
    let [flow_id, landing_id, traffic_source_id] =
        ["flow_id", "landing_id", "traffic_source_id"].map(&mut id_of_click);
    of_click.retain(|name, _| !OWN.iter().any(|(own, _, _)| own == name));
    of_click.retain(|name, _| !NOT_TOLD.contains(&name.as_str()));
    let click_id: Option<i64> = row.get("conversion_click_id")?;
    let money = |name: &str| row.get(name).map(values::money);
    let maybe_money = |name: &str| {
        row.get(name)
            .map(|found: Option<i64>| found.map(values::money))
    };
    let rate: Option<i64> = row.get("rate")?;
    let flags: i64 = row.get("conversion_flags")?;
    let conversion = LoggedConversion {
        id: id.to_string(),
        click_id: values::public(codec, click_id),
        at: values::time(row.get("conversion_at")?),
        status_at: values::time(row.get("status_at")?),
        click_at: click_at.and_then(|at| at.as_str().map(str::to_owned)),
        campaign_id: row.get("conversion_campaign_id")?,
        flow_id,
        landing_id,
        offer_id: row.get("conversion_offer_id")?,
        network_id: row.get("network_id")?,
        traffic_source_id,
        event: row.get("event")?,
        tid: row.get("tid")?,
        status: status(row.get("status")?),
        previous_status: status(row.get("previous_status")?),
        original_status: row.get("original_status")?,
        payout: money("amount")?,
        currency: row.get("currency")?,
        rate: rate.and_then(Rate::from_nanos).map(|rate| rate.to_string()),
        revenue: money("revenue")?,
        sale_amount: maybe_money("sale_amount")?,
        cost: maybe_money("cost_amount")?,
        cost_currency: row.get("cost_currency")?,
        is_repeat: flags & rows::REPEAT != 0,
        is_correction: flags & rows::CORRECTION != 0,
        is_test: flags & rows::TEST != 0,
        is_payout_unread: flags & rows::PAYOUT_UNREAD != 0,
        kept: values::object(row.get("kept")?),
        other_parameters: values::object(row.get("conversion_others")?),
        of_click,
    };
    Ok((id, conversion))
}
