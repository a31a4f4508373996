//! Offer clicks in the file: how one is written, what it changes in its click, how they are read.

use rusqlite::{CachedStatement, Connection, OptionalExtension, named_params, params};
use serde::Serialize;

use super::dictionary::{Dictionary, Route};
use super::error::StoreError;
use crate::domain::id::Id;
use crate::domain::offer_click::OfferClick;
use crate::domain::visitor::BotReason;

const INSERT: &str = "
    insert into offer_clicks (id, click_id, offer_id, n, no_entry_campaign_id, flags)
    values (?, ?, ?, ?, ?, ?)
    on conflict(id) do nothing";

/// The statement, looked up once for many offer clicks.
pub(crate) fn prepare(connection: &Connection) -> Result<CachedStatement<'_>, rusqlite::Error> {
    connection.prepare_cached(INSERT)
}

/// Whether a row went in; `false` if the offer click was there already, and then nothing changes.
///
/// The first one fills the empty offer of its click, and one that a person made takes the label
/// "prefetch" off it: somebody saw the page after all.
pub(crate) fn insert(
    connection: &Connection,
    statement: &mut CachedStatement<'_>,
    dictionary: &mut Dictionary,
    step: &OfferClick,
) -> Result<bool, rusqlite::Error> {
    let shift = step.at - step.id.unix_ms();
    let rows = statement.execute(params![
        step.id.to_row(),
        step.click_id.map(Id::to_row),
        step.offer_id,
        step.n,
        step.no_entry_campaign_id,
        i64::from(step.is_preview) | shift << 16,
    ])?;
    if rows > 0
        && let Some(click_id) = step.click_id
        && !step.is_preview
    {
        touch_click(connection, dictionary, click_id, step.offer_id)?;
    }
    Ok(rows > 0)
}

const FIND_CLICK: &str = "
    select clicks.flags, routes.campaign_id, routes.flow_id, routes.landing_id, routes.offer_id,
        routes.traffic_source_id, routes.domain_id
    from clicks join routes on routes.id = clicks.route_id
    where clicks.id = ?1";
const CLEAR_LABEL: &str = "
    update clicks set flags = flags & ~(255 << 8) | (1 << 7)
    where id = :id and flags >> 8 & 255 = :prefetch";
const FILL_OFFER: &str = "update clicks set route_id = :route_id where id = :id";

fn touch_click(
    connection: &Connection,
    dictionary: &mut Dictionary,
    click_id: Id,
    offer_id: Option<u64>,
) -> Result<(), rusqlite::Error> {
    let id = click_id.to_row();
    let found = connection
        .prepare_cached(FIND_CLICK)?
        .query_row([id], |row| {
            Ok((row.get::<_, i64>(0)?, Route::read(row, 1)?))
        })
        .optional()?;
    let Some((flags, route)) = found else {
        return Ok(());
    };
    let prefetch = BotReason::Prefetch.code();
    if (flags >> 8 & 0xff) as u8 == prefetch {
        connection
            .prepare_cached(CLEAR_LABEL)?
            .execute(named_params! { ":id": id, ":prefetch": prefetch })?;
    }
    if let Some(offer_id) = offer_id
        && let Some(filled) = route.filled(offer_id)
    {
        let route_id = dictionary.route(connection, &filled)?;
        connection
            .prepare_cached(FILL_OFFER)?
            .execute(named_params! { ":id": id, ":route_id": route_id })?;
    }
    Ok(())
}

/// One step of a click, as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// RFC 3339.
    pub at: Option<String>,
    pub offer_id: Option<u64>,
    pub n: Option<u32>,
    /// A preview made it.
    pub is_preview: bool,
}

/// More steps of one click than this are a robot's.
const MOST: usize = 200;

const OF_CLICK: &str = "
    select at, offer_id, n, flags & 1 from offer_clicks
    where click_id = ?1 order by id limit ?2";

/// The steps of a click, the first [`MOST`] in their order.
pub(super) fn of_click(connection: &Connection, click_id: Id) -> Result<Vec<Step>, StoreError> {
    let mut statement = connection.prepare_cached(OF_CLICK)?;
    let rows = statement.query_map(params![click_id.to_row(), MOST], |row| {
        Ok(Step {
            at: super::clicks::log::rfc3339(row.get(0)?),
            offer_id: row.get(1)?,
            n: row.get(2)?,
            is_preview: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
