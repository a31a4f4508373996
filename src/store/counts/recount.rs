//! The start: stored totals, and the clicks that came after them.

use std::collections::HashMap;

use chrono_tz::Tz;
use rusqlite::{Connection, Row, named_params};

use super::{CHANGES_MARK, MARK, load};
use crate::domain::click::ClickCost;
use crate::domain::documents::Documents;
use crate::domain::money::{Currency, Micros};
use crate::domain::period;
use crate::domain::rates::Rates;
use crate::domain::visitor::BotReason;
use crate::engine::budget;
use crate::engine::counters::Counts;
use crate::engine::filter;
use crate::engine::visit::{Counted, Counter};
use crate::store::conversions::Effects;
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::settings;

const SINCE: &str = "
    select clicks.id, clicks.at, routes.campaign_id, routes.flow_id, clicks.cost, currencies.code,
        clicks.flags >> 8 & 255 = :preview or clicks.flags >> 7 & 1 or clicks.flags >> 5 & 1
    from clicks
    join routes on routes.id = clicks.route_id
    left join currencies on currencies.id = clicks.currency_id
    where clicks.id > :mark
    order by clicks.id
    limit :most";
/// Clicks counted in one read transaction.
const PIECE: usize = 50_000;

/// The counters as the last run left them, with what it had no time to write.
pub fn restore(
    readers: &Readers,
    documents: &Documents,
    rates: &Rates,
    now: i64,
) -> Result<Counts, StoreError> {
    let reader = readers.get()?;
    let counts = Counts::restored(load(&reader)?);
    let limits = limits(documents);
    // Without a mark the program has never counted: every click is new to it.
    let mut mark = match settings::find(&reader, MARK)? {
        Some(bytes) => bytes.try_into().map_or(-1, i64::from_be_bytes),
        None => -1,
    };
    let last_change = match settings::find(&reader, CHANGES_MARK)? {
        Some(bytes) => bytes.try_into().map_or(-1, i64::from_be_bytes),
        None => mark,
    };
    drop(reader);
    counts.note_change(last_change);
    let mut counted = 0;
    loop {
        let reader = readers.get()?;
        let clicks = since(&reader, mark)?;
        drop(reader);
        for click in &clicks {
            count_again(&counts, &limits, documents, rates, click);
        }
        counted += clicks.len();
        match clicks.last() {
            Some(last) if clicks.len() == PIECE => mark = last.id,
            _ => break,
        }
    }
    counted += changes(readers, &counts, documents, last_change)?;
    if counted > 0 {
        tracing::info!(clicks = counted, "counted again for limits and budgets");
    }
    counts.drop_old(now);
    Ok(counts)
}

const CHANGES: &str = "
    select changes.id, changes.offer_id, changes.cap_change, changes.cap_day,
        conversions.campaign_id, changes.spent,
        -- Money that came back came back to the day that was charged.
        case when changes.spent < 0 then coalesce(
            (select min(charged.at) from conversion_changes as charged
                where charged.conversion_id = changes.conversion_id and charged.spent > 0),
            changes.at) else changes.at end
    from conversion_changes as changes
    join conversions on conversions.id = changes.conversion_id
    where changes.id > :mark
    order by changes.id
    limit :most";

/// What conversions took of caps and budgets since the mark; how many changes that were.
fn changes(
    readers: &Readers,
    counts: &Counts,
    documents: &Documents,
    mut mark: i64,
) -> Result<usize, StoreError> {
    let mut counted = 0;
    loop {
        let reader = readers.get()?;
        let mut statement = reader.prepare_cached(CHANGES)?;
        let values = named_params! { ":mark": mark, ":most": PIECE as i64 };
        let rows = statement.query_map(values, |row| {
            let id: i64 = row.get(0)?;
            let mut effects = Effects::of_change(id);
            let offer_id: Option<u64> = row.get(1)?;
            let (places, day): (i64, Option<i64>) = (row.get(2)?, row.get(3)?);
            if let (Some(offer_id), Some(day)) = (offer_id, day) {
                effects.cap(offer_id, day, places);
            }
            let (campaign_id, spent): (Option<u64>, i64) = (row.get(4)?, row.get(5)?);
            if let Some(campaign_id) = campaign_id {
                effects.spent(campaign_id, row.get(6)?, Micros(spent));
            }
            Ok((id, effects))
        })?;
        let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
        counted += rows.len();
        for (_, effects) in &rows {
            effects.take_hold(counts, documents);
        }
        match rows.last() {
            Some((last, _)) if rows.len() == PIECE => mark = *last,
            _ => return Ok(counted),
        }
    }
}

/// What the limits of each flow count, in which zone.
type Limits = HashMap<u64, Vec<(Counted, Tz)>>;

fn limits(documents: &Documents) -> Limits {
    let campaigns = documents.campaigns.values();
    let flows = campaigns.flat_map(|campaign| &campaign.flows);
    flows
        .map(|flow| (flow.id, filter::limits(flow)))
        .filter(|(_, counted)| !counted.is_empty())
        .collect()
}

/// What counts of a stored click.
struct Counting {
    id: i64,
    at: i64,
    campaign_id: u64,
    flow_id: Option<u64>,
    cost: Option<ClickCost>,
    is_preview: bool,
}

fn since(connection: &Connection, mark: i64) -> Result<Vec<Counting>, StoreError> {
    let mut statement = connection.prepare_cached(SINCE)?;
    let values = named_params! { ":mark": mark, ":most": PIECE as i64,
    ":preview": BotReason::Prefetch.code() };
    let rows = statement.query_map(values, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> Result<Counting, rusqlite::Error> {
    let amount: Option<i64> = row.get(4)?;
    let currency: Option<String> = row.get(5)?;
    let currency = currency.as_deref().and_then(Currency::parse);
    Ok(Counting {
        id: row.get(0)?,
        at: row.get(1)?,
        campaign_id: row.get(2)?,
        flow_id: row.get(3)?,
        cost: amount.zip(currency).map(|(amount, currency)| ClickCost {
            amount: Micros(amount),
            currency,
            fell_back: false,
        }),
        is_preview: row.get(6)?,
    })
}

fn count_again(
    counts: &Counts,
    limits: &Limits,
    documents: &Documents,
    rates: &Rates,
    click: &Counting,
) {
    let Some(campaign) = documents.campaigns.get(&click.campaign_id) else {
        return;
    };
    let zone = period::zone(&campaign.timezone);
    if let Some(cost) = click.cost {
        budget::spend(counts, rates, campaign, zone, cost, click.at);
    }
    // A preview uses no limit up.
    let Some(flow_id) = click.flow_id.filter(|_| !click.is_preview) else {
        return;
    };
    for (what, zone) in limits.get(&flow_id).into_iter().flatten() {
        counts.add(Counter::at(*what, flow_id, click.at, *zone), 1);
    }
}
