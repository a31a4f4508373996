//! Conversions that an operator enters or edits.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::apply::{Applied, Cause, apply, click, follow, is_sale, network_of_click, terms};
use super::{Books, Effects, Outcome, rows};
use crate::domain::conversion::{Conversion, Origin};
use crate::domain::id::Id;
use crate::domain::money::Micros;
use crate::postback::Said;
use crate::postback::credit::{self, Edited, Terms};
use crate::store::clicks::flags;
use crate::store::error::StoreError;
use crate::store::writer::Writer;

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    Done,
    /// There is no conversion of this id.
    NotThere,
    /// Another conversion of the click, its offer and its event has the transaction id already.
    TidTaken(Id),
    /// Only a correction takes money away.
    Negative,
}

/// Credits what an operator says to a click, as a postback would; of the network whose offer the
/// visitor took, where none is named. Blocks.
pub fn enter(
    writer: &Writer,
    books: &Books,
    said: Said,
    network_id: Option<u64>,
    at: i64,
) -> Result<Outcome, StoreError> {
    let (work, after) = (books.clone(), books.clone());
    let entering = move |connection: &Connection| {
        let named = network_id.and_then(|id| work.documents.networks.get(&id));
        let network = match named {
            Some(network) => Some(Arc::clone(network)),
            None => network_of_click(connection, &work, &said)?,
        };
        let applied = Applied {
            said: &said,
            network: network.as_deref(),
            at,
            origin: Origin::Edit,
            postback_id: None,
            tells: true,
        };
        Ok(apply(connection, &work, &applied)?.0)
    };
    writer.edit_blocking_then(entering, move |outcome: &Outcome| {
        after.follow(&outcome.effects);
    })
}

/// What a test without a click is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestOf {
    pub campaign_id: Option<u64>,
    /// That of the offer, if left out.
    pub network_id: Option<u64>,
    pub offer_id: Option<u64>,
}

/// A test without a click; its id. Blocks.
pub fn enter_test(
    writer: &Writer,
    books: &Books,
    said: Said,
    of: TestOf,
    at: i64,
) -> Result<Id, StoreError> {
    let work = books.clone();
    writer.edit_blocking(move |connection| {
        let work = &*work.up_to_date(connection)?;
        let terms = terms(work, at, None, of.offer_id, &said.event);
        let of_offer = terms.offer.and_then(|offer| offer.network_id);
        let network = of.network_id.or(of_offer);
        let network = network.and_then(|id| work.documents.networks.get(&id));
        let terms = Terms {
            network: network.map(AsRef::as_ref),
            ..terms
        };
        let row = Conversion {
            campaign_id: of.campaign_id,
            is_test: true,
            ..credit::entered(&said, &terms)
        };
        rows::save(connection, &row)?;
        follow(connection, work, cause(at), None, &row)?;
        Ok(row.id)
    })
}

/// Changes a conversion. Blocks.
pub fn edit(
    writer: &Writer,
    books: &Books,
    id: Id,
    edited: Edited,
    at: i64,
) -> Result<Edit, StoreError> {
    let (work, after) = (books.clone(), books.clone());
    let editing = move |connection: &Connection| {
        let nothing = |edit| Ok((edit, Effects::default()));
        let Some(row) = rows::find(connection, id).optional()? else {
            return nothing(Edit::NotThere);
        };
        let of_click = match row.click_id {
            Some(click_id) => click(connection, click_id)?.map(|click| (click_id, click)),
            None => None,
        };
        let of_click = of_click.as_ref().map(|(id, click)| (*id, click));
        let work = &*work.up_to_date(connection)?;
        let terms = terms(work, at, of_click, row.offer_id, &row.event);
        let next = credit::edited(&row, &edited, &terms);
        if next == row {
            return nothing(Edit::Done);
        }
        if next.revenue.amount < Micros::ZERO && !row.is_correction && next.revenue != row.revenue {
            return nothing(Edit::Negative);
        }
        if let Some(other) = same(connection, &row, &next)? {
            return nothing(Edit::TidTaken(other));
        }
        store(connection, &row, &next)?;
        let effects = follow(connection, work, cause(at), Some(&row), &next)?;
        Ok((Edit::Done, effects))
    };
    let follow = move |(_, effects): &(Edit, Effects)| after.follow(effects);
    Ok(writer.edit_blocking_then(editing, follow)?.0)
}

/// The conversion that the next one, by its new transaction id, could not be told from.
fn same(
    connection: &Connection,
    row: &Conversion,
    next: &Conversion,
) -> Result<Option<Id>, rusqlite::Error> {
    let Some(click_id) = next.click_id.filter(|_| next.tid != row.tid) else {
        return Ok(None);
    };
    let identity = |one: &Conversion| {
        let kind = (one.is_correction, one.is_test);
        (one.offer_id, one.event.clone(), one.tid.clone(), kind)
    };
    let rows = rows::of_click(connection, click_id)?;
    let found = rows.iter().find(|one| identity(one) == identity(next));
    Ok(found.map(|one| one.id))
}

fn store(
    connection: &Connection,
    before: &Conversion,
    next: &Conversion,
) -> Result<(), rusqlite::Error> {
    rows::save(connection, next)?;
    match next.click_id {
        Some(click_id) if is_sale(next) && !is_sale(before) => {
            flags::clear_label(connection, click_id)
        }
        _ => Ok(()),
    }
}

fn cause(at: i64) -> Cause {
    Cause {
        at,
        origin: Origin::Edit,
        postback_id: None,
        tells: true,
    }
}
