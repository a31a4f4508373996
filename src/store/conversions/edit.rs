//! Conversions that an operator enters or edits.

use rusqlite::{Connection, OptionalExtension};

use super::apply::{Applied, Cause, apply, click, follow, is_sale, terms};
use super::{Books, Outcome, rows};
use crate::domain::conversion::{Conversion, Origin};
use crate::domain::id::Id;
use crate::domain::network::Network;
use crate::postback::Said;
use crate::postback::credit::{self, Edited};
use crate::store::error::StoreError;
use crate::store::writer::Writer;

/// Credits what an operator says to a click, as a postback would; blocks.
pub fn enter(
    writer: &Writer,
    books: &Books,
    said: Said,
    network_id: Option<u64>,
    at: i64,
) -> Result<Outcome, StoreError> {
    let work = books.clone();
    let outcome = writer.edit_blocking(move |connection| {
        let network = network_id.and_then(|id| work.documents.networks.get(&id));
        let applied = Applied {
            said: &said,
            network: network.map(AsRef::<Network>::as_ref),
            at,
            origin: Origin::Edit,
            postback_id: None,
        };
        Ok(apply(connection, &work, &applied)?.0)
    })?;
    outcome.effects.take_hold(&books.counts, &books.documents);
    Ok(outcome)
}

/// A test of a campaign and an offer, without a click; its id. Blocks.
pub fn enter_test(
    writer: &Writer,
    books: &Books,
    said: Said,
    campaign_id: Option<u64>,
    offer_id: Option<u64>,
    at: i64,
) -> Result<Id, StoreError> {
    let work = books.clone();
    writer.edit_blocking(move |connection| {
        let work = &*work.up_to_date(connection)?;
        let terms = terms(work, at, None, offer_id, &said.event);
        let row = Conversion {
            campaign_id,
            is_test: true,
            ..credit::entered(&said, &terms)
        };
        rows::save(connection, &row)?;
        follow(connection, work, cause(at), None, &row)?;
        Ok(row.id)
    })
}

/// Changes a conversion; `false` if there is none of this id. Blocks.
pub fn edit(
    writer: &Writer,
    books: &Books,
    id: Id,
    edited: Edited,
    at: i64,
) -> Result<bool, StoreError> {
    let work = books.clone();
    let effects = writer.edit_blocking(move |connection| {
        let Some(row) = rows::find(connection, id).optional()? else {
            return Ok(None);
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
            return Ok(Some(Default::default()));
        }
        store(connection, &row, &next)?;
        Ok(Some(follow(
            connection,
            work,
            cause(at),
            Some(&row),
            &next,
        )?))
    })?;
    if let Some(effects) = &effects {
        effects.take_hold(&books.counts, &books.documents);
    }
    Ok(effects.is_some())
}

fn store(
    connection: &Connection,
    before: &Conversion,
    next: &Conversion,
) -> Result<(), rusqlite::Error> {
    rows::save(connection, next)?;
    match next.click_id {
        Some(click_id) if is_sale(next) && !is_sale(before) => {
            super::apply::clear_label(connection, click_id)
        }
        _ => Ok(()),
    }
}

fn cause(at: i64) -> Cause {
    Cause {
        at,
        origin: Origin::Edit,
        postback_id: None,
    }
}
