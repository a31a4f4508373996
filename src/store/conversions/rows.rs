//! Conversions as rows.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::conversion::{Conversion, Kept, Money, Origin, Status};
use crate::domain::id::Id;
use crate::domain::money::{Currency, Micros};
use crate::domain::rates::Rate;

/// The columns that [`read`] takes.
macro_rules! columns {
    () => {
        "id, at, status_at, click_id, campaign_id, offer_id, network_id, event, tid, status,
        previous_status, original_status, amount, currency, rate, revenue, sale_amount,
        cost_amount, cost_currency, cost_rate, cost, flags, cap_day, kept, others"
    };
}

const OF_CLICK: &str = concat!(
    "select ",
    columns!(),
    " from conversions where click_id = ?1 order by id"
);
const BY_ID: &str = concat!("select ", columns!(), " from conversions where id = ?1");
const LATEST: &str = concat!(
    "select ",
    columns!(),
    " from conversions where click_id is not null order by id desc limit ?1"
);
const SAVE: &str = concat!(
    "insert into conversions (",
    columns!(),
    ") values (:id, :at, :status_at, :click_id, :campaign_id, :offer_id, :network_id, :event, :tid,
        :status, :previous_status, :original_status, :amount, :currency, :rate, :revenue,
        :sale_amount, :cost_amount, :cost_currency, :cost_rate, :cost, :flags, :cap_day, :kept,
        :others)
    on conflict (id) do update set
        status_at = excluded.status_at, offer_id = excluded.offer_id,
        network_id = excluded.network_id, event = excluded.event, tid = excluded.tid,
        status = excluded.status, previous_status = excluded.previous_status,
        original_status = excluded.original_status, amount = excluded.amount,
        currency = excluded.currency, rate = excluded.rate, revenue = excluded.revenue,
        sale_amount = excluded.sale_amount, cost_amount = excluded.cost_amount,
        cost_currency = excluded.cost_currency, cost_rate = excluded.cost_rate,
        cost = excluded.cost, flags = excluded.flags, cap_day = excluded.cap_day,
        kept = excluded.kept, others = excluded.others"
);
const SAVE_CHANGE: &str = "
    insert into conversion_changes (id, conversion_id, at, origin, postback_id, status,
        original_status, amount, currency, revenue, tid, offer_id, cap_change, cap_day, spent)
    values (:id, :conversion_id, :at, :origin, :postback_id, :status, :original_status, :amount,
        :currency, :revenue, :tid, :offer_id, :cap_change, :cap_day, :spent)";

/// As SQL, of a row of `conversions`: whether it is the first sale of its click, which makes its
/// customer.
macro_rules! makes_customer {
    () => {
        "case when conversions.event = 'conversion' and conversions.status = 2
                and conversions.flags & 7 = 0 then not exists (
                    select 1 from conversions as earlier
                    where earlier.click_id = conversions.click_id
                        and earlier.id < conversions.id and earlier.event = 'conversion'
                        and earlier.status = 2 and earlier.flags & 7 = 0)
                else 0 end"
    };
}
pub(in crate::store) use makes_customer;

pub(in crate::store) const REPEAT: i64 = 1;
pub(in crate::store) const CORRECTION: i64 = 1 << 1;
pub(in crate::store) const TEST: i64 = 1 << 2;
pub(super) const PAYOUT_UNREAD: i64 = 1 << 3;

/// All conversions of a click, in the order in which they were made.
pub(super) fn of_click(
    connection: &Connection,
    click_id: Id,
) -> Result<Vec<Conversion>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(OF_CLICK)?;
    let rows = statement.query_map([click_id.to_row()], read)?;
    rows.collect()
}

/// The latest of clicks, the newest first.
pub(in crate::store) fn latest(
    connection: &Connection,
    most: usize,
) -> Result<Vec<Conversion>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(LATEST)?;
    let rows = statement.query_map([most], read)?;
    rows.collect()
}

pub(in crate::store) fn find(
    connection: &Connection,
    id: Id,
) -> Result<Conversion, rusqlite::Error> {
    let mut statement = connection.prepare_cached(BY_ID)?;
    statement.query_row([id.to_row()], read)
}

/// Writes a row, new or changed.
pub(super) fn save(connection: &Connection, row: &Conversion) -> Result<(), rusqlite::Error> {
    let flag = |is: bool, bit: i64| if is { bit } else { 0 };
    let cost = row.cost.as_ref();
    connection.prepare_cached(SAVE)?.execute(named_params! {
        ":id": row.id.to_row(),
        ":at": row.at,
        ":status_at": row.status_at,
        ":click_id": row.click_id.map(Id::to_row),
        ":campaign_id": row.campaign_id,
        ":offer_id": row.offer_id,
        ":network_id": row.network_id,
        ":event": row.event,
        ":tid": row.tid,
        ":status": row.status.map(Status::code),
        ":previous_status": row.previous_status.map(Status::code),
        ":original_status": row.original_status,
        ":amount": row.revenue.amount.0,
        ":currency": row.revenue.currency.as_str(),
        ":rate": row.revenue.rate.map(Rate::nanos),
        ":revenue": row.revenue.worth.0,
        ":sale_amount": row.sale_amount.map(|amount| amount.0),
        ":cost_amount": cost.map(|cost| cost.amount.0),
        ":cost_currency": cost.map(|cost| cost.currency.as_str().to_owned()),
        ":cost_rate": cost.and_then(|cost| cost.rate).map(Rate::nanos),
        ":cost": cost.map(|cost| cost.worth.0),
        ":flags": flag(row.is_repeat, REPEAT) | flag(row.is_correction, CORRECTION)
            | flag(row.is_test, TEST) | flag(row.is_payout_unread, PAYOUT_UNREAD),
        ":cap_day": row.cap_day,
        ":kept": object(&row.kept),
        ":others": object(&row.others),
    })?;
    Ok(())
}

/// When the click of a conversion was: its cost is rated by that day.
pub(super) fn clicked_at(
    connection: &Connection,
    row: &Conversion,
) -> Result<i64, rusqlite::Error> {
    const SQL: &str = "select at from clicks where id = ?1";
    let Some(click_id) = row.click_id else {
        return Ok(row.at);
    };
    let mut statement = connection.prepare_cached(SQL)?;
    let at = statement.query_row([click_id.to_row()], |row| row.get(0));
    Ok(at.optional()?.unwrap_or(click_id.unix_ms()))
}

/// What the campaign of the click was charged for a conversion so far, in the currency of its
/// cost, and when it first was.
pub(super) fn charged(
    connection: &Connection,
    id: Id,
) -> Result<(Micros, Option<i64>), rusqlite::Error> {
    const SQL: &str = "
        select coalesce(sum(spent), 0), min(case when spent > 0 then at end)
        from conversion_changes where conversion_id = ?1";
    let mut statement = connection.prepare_cached(SQL)?;
    statement.query_row([id.to_row()], |row| Ok((Micros(row.get(0)?), row.get(1)?)))
}

/// Which change of a conversion it was, and what it moved elsewhere.
pub(super) struct Change {
    pub(super) id: Id,
    pub(super) at: i64,
    pub(super) origin: Origin,
    pub(super) postback_id: Option<Id>,
    /// Places of the cap taken or freed, and on which day.
    pub(super) cap: Option<(i64, i64)>,
    /// In the currency of the campaign's cost.
    pub(super) spent: Micros,
}

/// Notes what a conversion has become.
pub(super) fn note(
    connection: &Connection,
    row: &Conversion,
    change: &Change,
) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached(SAVE_CHANGE)?
        .execute(named_params! {
            ":id": change.id.to_row(),
            ":conversion_id": row.id.to_row(),
            ":at": change.at,
            ":origin": change.origin.as_str(),
            ":postback_id": change.postback_id.map(Id::to_row),
            ":status": row.status.map(Status::code),
            ":original_status": row.original_status,
            ":amount": row.revenue.amount.0,
            ":currency": row.revenue.currency.as_str(),
            ":revenue": row.revenue.worth.0,
            ":tid": row.tid,
            ":offer_id": row.offer_id,
            ":cap_change": change.cap.map_or(0, |(change, _)| change),
            ":cap_day": change.cap.map(|(_, day)| day),
            ":spent": change.spent.0,
        })?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Conversion, rusqlite::Error> {
    let flags: i64 = row.get("flags")?;
    let status = |name: &str| -> Result<Option<Status>, rusqlite::Error> {
        Ok(row.get::<_, Option<i64>>(name)?.and_then(Status::from_code))
    };
    let cost: Option<i64> = row.get("cost_amount")?;
    Ok(Conversion {
        id: id(row, "id")?.ok_or_else(|| damaged("id"))?,
        at: row.get("at")?,
        status_at: row.get("status_at")?,
        click_id: id(row, "click_id")?,
        campaign_id: row.get("campaign_id")?,
        offer_id: row.get("offer_id")?,
        network_id: row.get("network_id")?,
        event: row.get("event")?,
        tid: row.get("tid")?,
        status: status("status")?,
        previous_status: status("previous_status")?,
        original_status: row.get("original_status")?,
        revenue: money(row, ["amount", "currency", "rate", "revenue"])?,
        sale_amount: row.get::<_, Option<i64>>("sale_amount")?.map(Micros),
        cost: match cost {
            Some(_) => Some(money(
                row,
                ["cost_amount", "cost_currency", "cost_rate", "cost"],
            )?),
            None => None,
        },
        is_repeat: flags & REPEAT != 0,
        is_correction: flags & CORRECTION != 0,
        is_test: flags & TEST != 0,
        is_payout_unread: flags & PAYOUT_UNREAD != 0,
        cap_day: row.get("cap_day")?,
        kept: pairs::<Kept>(row, "kept")?,
        others: pairs::<String>(row, "others")?,
    })
}

fn id(row: &Row<'_>, name: &str) -> Result<Option<Id>, rusqlite::Error> {
    Ok(row.get::<_, Option<i64>>(name)?.and_then(Id::from_row))
}

fn money(
    row: &Row<'_>,
    [amount, currency, rate, worth]: [&str; 4],
) -> Result<Money, rusqlite::Error> {
    let code: String = row.get(currency)?;
    Ok(Money {
        amount: Micros(row.get(amount)?),
        currency: Currency::parse(&code).ok_or_else(|| damaged(currency))?,
        rate: row.get::<_, Option<i64>>(rate)?.and_then(Rate::from_nanos),
        worth: Micros(row.get(worth)?),
    })
}

fn damaged(column: &str) -> rusqlite::Error {
    let problem = format!("a conversion's {column} cannot be read").into();
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, problem)
}

/// A JSON object of the pairs, in their order.
fn object<T: Serialize>(pairs: &[(String, T)]) -> Option<String> {
    if pairs.is_empty() {
        return None;
    }
    let value = |value: &T| serde_json::to_value(value).unwrap_or_default();
    let pairs = pairs.iter().map(|(name, one)| (name.clone(), value(one)));
    Some(serde_json::Value::Object(pairs.collect()).to_string())
}

fn pairs<T: DeserializeOwned>(
    row: &Row<'_>,
    column: &str,
) -> Result<Vec<(String, T)>, rusqlite::Error> {
    let Some(json) = row.get::<_, Option<String>>(column)? else {
        return Ok(Vec::new());
    };
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&json).unwrap_or_default();
    let pairs = object.into_iter().filter_map(|(name, value)| {
        let value = serde_json::from_value(value).ok()?;
        Some((name, value))
    });
    Ok(pairs.collect())
}
