//! The pass over clicks, and with each its steps to offers and its conversions.

use std::iter::Peekable;
use std::ops::Range;

use rusqlite::{Connection, OptionalExtension};

use super::Work;
use super::conversions::{self, Conversion};
use super::costs::Costs;
use super::facts::Seen;
use crate::domain::basis::Basis;
use crate::report::Clicked;
use crate::store::error::StoreError;

/// Clicks read in one read transaction; few in tests, so that they meet the ends of pages.
const PAGE: i64 = if cfg!(test) { 7 } else { 20_000 };

const PAGE_END: &str = "
    select id from clicks where id >= ?1 and id < ?2 order by id limit 1 offset ?3";
// A preview's step is nobody's.
const STEPS: &str = "
    select click_id, offer_id from offer_clicks
    where click_id >= ?1 and click_id < ?2 and flags & 1 = 0
    order by click_id, id";

/// Counts all clicks that questions are about, page by page; `false` if the pace ended it.
pub(super) fn count(work: &mut Work<'_, '_>) -> Result<bool, StoreError> {
    for range in work.tracks.plan.click_ids() {
        let mut rest = range;
        while !rest.is_empty() {
            rest.start = page(work, &rest)?;
            work.tracks.settle();
            if !(work.pace)() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Counts the first page of some ids, and tells where the next one begins.
fn page(work: &mut Work<'_, '_>, ids: &Range<i64>) -> Result<i64, StoreError> {
    let reader = work.readers.get()?;
    let transaction = reader.unchecked_transaction()?;
    let mut end = transaction.prepare_cached(PAGE_END)?;
    let end: Option<i64> = end
        .query_row((ids.start, ids.end, PAGE), |row| row.get(0))
        .optional()?;
    let end = end.unwrap_or(ids.end);
    let steps = steps(&transaction, ids.start..end)?;
    let mut steps = steps.iter().peekable();
    let earned = conversions::of_clicks(&transaction, &mut work.happenings, ids.start..end)?;
    let mut earned = earned.as_slice();
    let sql = work.facts.select_clicks() + " where id >= ?1 and id < ?2 order by id";
    let mut statement = transaction.prepare_cached(&sql)?;
    let mut rows = statement.query((ids.start, end))?;
    while let Some(row) = rows.next()? {
        let Some(seen) = work.facts.seen(&transaction, row)? else {
            continue;
        };
        let (count, last) = take_steps(&mut steps, seen.id);
        let of_click = take_earned(&mut earned, seen.id);
        add(work, &seen, count, last, of_click)?;
    }
    Ok(end)
}

/// A step to an offer: of which click, and to which offer, if one was live.
type Step = (i64, Option<u64>);

fn steps(connection: &Connection, ids: Range<i64>) -> Result<Vec<Step>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(STEPS)?;
    let rows = statement.query_map((ids.start, ids.end), |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// How many steps a click has, and the offer that was clicked last.
fn take_steps<'s>(
    steps: &mut Peekable<impl Iterator<Item = &'s Step>>,
    click_id: i64,
) -> (u32, Option<u64>) {
    let (mut count, mut last) = (0, None);
    while let Some((id, offer_id)) = steps.next_if(|(id, _)| *id <= click_id) {
        if *id == click_id {
            count += 1;
            last = offer_id.or(last);
        }
    }
    (count, last)
}

/// The conversions of a click; those of earlier ones are passed over.
fn take_earned<'c>(earned: &mut &'c [Conversion], click_id: i64) -> &'c [Conversion] {
    let before = earned.iter().take_while(|one| one.click_id < click_id);
    let rest = &earned[before.count()..];
    let own = rest.iter().take_while(|one| one.click_id == click_id);
    let (own, rest) = rest.split_at(own.count());
    *earned = rest;
    own
}

/// A click, as it is counted.
fn clicked(costs: &mut Costs<'_>, seen: &Seen<'_>, steps: u32) -> Result<Clicked, rusqlite::Error> {
    Ok(Clicked {
        is_bot: seen.flags.is_bot(),
        is_unique_campaign: seen.flags.is_unique_campaign(),
        is_unique_flow: seen.flags.is_unique_flow(),
        is_unique_global: seen.flags.is_unique_global(),
        has_landing: seen.route.landing_id.is_some(),
        steps,
        cost: costs.worth(seen.connection, seen.cost, seen.currency_id, seen.at)?,
    })
}

/// Adds a click to each pile that it concerns.
fn add(
    work: &mut Work<'_, '_>,
    seen: &Seen<'_>,
    steps: u32,
    last_offer: Option<u64>,
    earned: &[Conversion],
) -> Result<(), rusqlite::Error> {
    let facts = &mut work.facts;
    let (piles, tracks) = work.tracks.of(seen.route.campaign_id);
    if tracks.is_empty() {
        return Ok(());
    }
    let offer_id = last_offer.or(seen.route.offer_id);
    let clicked = clicked(&mut work.costs, seen, steps)?;
    for track in tracks {
        let Some(stretch) = track.stretch(seen.at) else {
            continue;
        };
        let pile = &piles[track.pile];
        let codes = facts.codes(&pile.columns, seen, offer_id)?;
        if pile.takes(&codes) {
            track.sums(stretch, &codes).click(&clicked);
        }
        for conversion in earned {
            let offer_id = conversion.offer_id.or(offer_id);
            let codes = facts.codes(&pile.columns, seen, offer_id)?;
            if !pile.takes(&codes) {
                continue;
            }
            if conversion.cost.0 != 0 {
                track.sums(stretch, &codes).charge(conversion.cost);
            }
            if pile.basis == Basis::Click {
                let earned = conversion.earned(&work.happenings, seen.at);
                track.sums(stretch, &codes).earn(&earned);
            }
        }
    }
    Ok(())
}
