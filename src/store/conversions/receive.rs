//! A postback on its way through the writer.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rusqlite::{Connection, named_params};

use super::apply::{Applied, apply, network_of_click};
use super::{Books, Effects, Incoming, Outcome};
use super::{raw, replay};
use crate::domain::conversion::Origin;
use crate::domain::id::Id;
use crate::domain::network::Network;
use crate::postback::verdict::Verdict;
use crate::postback::{self, Denied, Said, Words};
use crate::store::error::StoreError;
use crate::store::set_aside;
use crate::store::writer::{Editing, Writer};

/// What is known of a postback before it is stored.
#[derive(Debug, Clone)]
pub enum Understood {
    Said {
        said: Box<Said>,
        /// Whose key it came with.
        network: Option<Arc<Network>>,
        /// As it came, secrets and all; only memory ever sees them.
        pairs: Vec<(String, String)>,
    },
    /// It is only logged.
    Refused(Outcome),
}

/// Logs a postback and changes what it changes, in one transaction of the writer's.
pub fn receive(
    writer: &Writer,
    books: Books,
    incoming: Incoming,
    understood: Understood,
) -> Editing<Outcome> {
    let (after, documents) = (Arc::clone(&books.counts), Arc::clone(&books.documents));
    writer.edit(
        move |connection| Ok(take(connection, &books, &incoming, &understood)?),
        move |outcome: &Outcome| outcome.effects.take_hold(&after, &documents),
    )
}

fn take(
    connection: &Connection,
    books: &Books,
    incoming: &Incoming,
    understood: &Understood,
) -> Result<Outcome, rusqlite::Error> {
    let refused = |incoming: &Incoming, outcome: &Outcome| {
        raw::insert(connection, incoming, outcome, 0)?;
        Ok(outcome.clone())
    };
    let mut incoming = Cow::Borrowed(incoming);
    let (said, network) = match understood {
        Understood::Refused(outcome) => return refused(&incoming, outcome),
        Understood::Said {
            said,
            network: Some(network),
            ..
        } => (Cow::Borrowed(said.as_ref()), Some(Arc::clone(network))),
        // Without a key it is the network of the visitor's offer, with its words and its gate.
        Understood::Said { said, pairs, .. } => match network_of_click(connection, books, said)? {
            None => (Cow::Borrowed(said.as_ref()), None),
            Some(network) => {
                incoming.to_mut().pairs = postback::redacted(Some(&network), pairs);
                if let Err(denied) = gate(&network, &incoming, pairs) {
                    let mut outcome = Outcome::nothing(Verdict::Denied, denied.to_string());
                    outcome.network_id = Some(network.id);
                    return refused(&incoming, &outcome);
                }
                let words = Words {
                    network: Some(&network),
                    events: &books.documents.events,
                };
                let said = postback::read(pairs, &words, &books.codec);
                (Cow::Owned(said), Some(network))
            }
        },
    };
    // What waited for this click came earlier.
    let waited = match &said.click {
        Some(found) => replay::settle(connection, books, found.id)?,
        None => Effects::default(),
    };
    let with_waited = |mut outcome: Outcome| {
        outcome.effects.extend(waited);
        outcome
    };
    if let Some(earlier) = raw::earlier(connection, &incoming)?
        && has_counted(&earlier)
    {
        return retried(connection, &incoming, &earlier).map(with_waited);
    }
    let applied = Applied {
        said: &said,
        network: network.as_deref(),
        at: incoming.at,
        origin: Origin::Postback,
        postback_id: Some(incoming.id),
    };
    let (outcome, each_time) = apply(connection, books, &applied)?;
    let flags = if each_time { raw::COUNTS_EACH_TIME } else { 0 };
    raw::insert(connection, &incoming, &outcome, flags)?;
    if let (Verdict::Parked, Some(click_id)) = (outcome.verdict, outcome.click_id) {
        park(connection, incoming.id, click_id)?;
    }
    Ok(with_waited(outcome))
}

/// Whether something came of it, or will.
fn has_counted(earlier: &raw::Earlier) -> bool {
    match earlier.verdict {
        Verdict::Stored | Verdict::Updated | Verdict::Parked => true,
        Verdict::UnmappedStatus => earlier.conversion_id.is_some(),
        _ => false,
    }
}

pub(super) fn gate(
    network: &Network,
    incoming: &Incoming,
    pairs: &[(String, String)],
) -> Result<(), Denied> {
    let ip = incoming.ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    postback::admits(network, ip, pairs)
}

/// The sender asks again what was done already.
fn retried(
    connection: &Connection,
    incoming: &Incoming,
    earlier: &raw::Earlier,
) -> Result<Outcome, rusqlite::Error> {
    let mut outcome = Outcome::nothing(
        Verdict::Retry,
        format!(
            "The same request came before and was answered \"{}\"; it counts once.",
            earlier.verdict.as_str()
        ),
    );
    outcome.conversion_id = earlier.conversion_id;
    raw::insert(connection, incoming, &outcome, 0)?;
    if earlier.is_untold {
        raw::told(connection, earlier.id)?;
        // Now the sender is told what became of the first one.
        outcome.changed = earlier.verdict != Verdict::Parked;
    }
    Ok(outcome)
}

pub(super) fn park(connection: &Connection, id: Id, click_id: Id) -> Result<(), rusqlite::Error> {
    const SQL: &str = "
        insert or replace into parked (postback_id, click_id) values (:id, :click_id)";
    let values = named_params! { ":id": id.to_row(), ":click_id": click_id.to_row() };
    connection.prepare_cached(SQL)?.execute(values)?;
    Ok(())
}

/// Its sender had no answer: an identical request within a day is its retry. Waits for nobody.
pub fn mark_untold(writer: &Writer, id: Id) {
    drop(writer.edit(move |connection| Ok(raw::untold(connection, id)?), |()| {}));
}

/// After a `kill -9` nobody knows who was told: the last ones before it count as not told.
pub fn mark_untold_since(writer: &Writer, window_ms: i64) -> Result<(), StoreError> {
    writer.edit_blocking(move |connection| Ok(raw::untold_at_the_end(connection, window_ms)?))
}

/// Keeps a postback that could not be stored for a reason of its own. Waits for nobody.
pub fn set_aside(writer: &Writer, record: String, error: String) {
    drop(writer.edit(
        move |connection| Ok(set_aside::insert(connection, "postback", &record, &error)?),
        |()| {},
    ));
}

/// Drops a piece of the log that is older than this and settled; how many requests that were.
pub fn prune_log(writer: &Writer, before: i64) -> Result<usize, StoreError> {
    writer
        .edit_blocking(move |connection| Ok(raw::prune(connection, before, super::replay::PIECE)?))
}
