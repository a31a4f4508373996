//! What became of a conversion, and what a click earned.

use rusqlite::{Connection, params};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::conversion::{Origin, Status};
use crate::domain::id::Id;
use crate::store::error::StoreError;
use crate::store::log::values;

/// More changes of one conversion, or conversions of one click, are a loop somewhere.
const MOST: usize = 1_000;

/// What a conversion was after one change.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ConversionChange)]
pub struct Change {
    #[schema(format = DateTime)]
    pub at: String,
    pub origin: Option<Origin>,
    /// The postback that brought it about.
    pub postback_id: Option<String>,
    pub status: Option<Status>,
    pub original_status: Option<String>,
    pub payout: String,
    pub currency: String,
    /// In the reporting currency.
    pub revenue: String,
    pub tid: Option<String>,
    pub offer_id: Option<u64>,
}

const CHANGES: &str = "
    select at, origin, postback_id, status, original_status, amount, currency, revenue, tid,
        offer_id
    from conversion_changes
    where conversion_id = ?1
    order by id
    limit ?2";

/// The changes of a conversion, the first ones in their order.
pub(super) fn changes(connection: &Connection, id: Id) -> Result<Vec<Change>, StoreError> {
    let mut statement = connection.prepare_cached(CHANGES)?;
    let rows = statement.query_map(params![id.to_row(), MOST], |row| {
        let origin: String = row.get("origin")?;
        let known = Origin::ALL.iter().find(|(word, _)| *word == origin);
        let postback_id: Option<i64> = row.get("postback_id")?;
        Ok(Change {
            at: values::time(row.get("at")?),
            origin: known.map(|(_, origin)| *origin),
            postback_id: postback_id.map(|id| id.to_string()),
            status: status(row.get("status")?),
            original_status: row.get("original_status")?,
            payout: values::money(row.get("amount")?),
            currency: row.get("currency")?,
            revenue: values::money(row.get("revenue")?),
            tid: row.get("tid")?,
            offer_id: row.get("offer_id")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A conversion among those of its click.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ConversionBrief {
    pub id: String,
    #[schema(format = DateTime)]
    pub at: String,
    #[schema(format = DateTime)]
    pub status_at: String,
    pub event: String,
    pub tid: Option<String>,
    pub status: Option<Status>,
    pub original_status: Option<String>,
    pub payout: String,
    pub currency: String,
    /// In the reporting currency.
    pub revenue: String,
    pub offer_id: Option<u64>,
    pub is_repeat: bool,
    pub is_correction: bool,
    pub is_test: bool,
}

const OF_CLICK: &str = "
    select id, at, status_at, event, tid, status, original_status, amount, currency, revenue,
        offer_id, flags & 1 as is_repeat, flags >> 1 & 1 as is_correction,
        flags >> 2 & 1 as is_test
    from conversions
    where click_id = ?1
    order by id
    limit ?2";

/// The conversions of a click, tests too, the first ones in their order.
pub(in crate::store) fn of_click(
    connection: &Connection,
    click_id: Id,
) -> Result<Vec<ConversionBrief>, StoreError> {
    let mut statement = connection.prepare_cached(OF_CLICK)?;
    let rows = statement.query_map(params![click_id.to_row(), MOST], |row| {
        Ok(ConversionBrief {
            id: row.get::<_, i64>("id")?.to_string(),
            at: values::time(row.get("at")?),
            status_at: values::time(row.get("status_at")?),
            event: row.get("event")?,
            tid: row.get("tid")?,
            status: status(row.get("status")?),
            original_status: row.get("original_status")?,
            payout: values::money(row.get("amount")?),
            currency: row.get("currency")?,
            revenue: values::money(row.get("revenue")?),
            offer_id: row.get("offer_id")?,
            is_repeat: row.get("is_repeat")?,
            is_correction: row.get("is_correction")?,
            is_test: row.get("is_test")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn status(code: Option<i64>) -> Option<Status> {
    code.and_then(Status::from_code)
}
