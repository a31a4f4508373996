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
use crate::postback::{self, Denied, Said};
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::set_aside;
use crate::store::writer::{Editing, Writer};

/// Old requests looked at in one read.
const LOOKED_AT: usize = if cfg!(test) { 3 } else { 20_000 };

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
    let after = books.clone();
    writer.edit(
        move |connection| Ok(take(connection, &books, &incoming, &understood, true)?),
        move |outcome: &Outcome| after.follow(&outcome.effects),
    )
}

/// The same in a transaction of one's own, on a file that nobody serves: no traffic source is told,
/// no rule is asked.
pub(in crate::store) fn receive_untold(
    connection: &Connection,
    books: &Books,
    incoming: &Incoming,
    understood: &Understood,
) -> Result<Outcome, rusqlite::Error> {
    take(connection, books, incoming, understood, false)
}

/// `tells`: whether traffic sources are told.
fn take(
    connection: &Connection,
    books: &Books,
    incoming: &Incoming,
    understood: &Understood,
    tells: bool,
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
                let words = books.words(Some(&network));
                incoming.to_mut().pairs = postback::logged(pairs, &words, &books.codec);
                if let Err(denied) = gate(&network, &incoming, pairs) {
                    let mut outcome = Outcome::nothing(Verdict::Denied, denied.to_string());
                    outcome.network_id = Some(network.id);
                    return refused(&incoming, &outcome);
                }
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
        let retried = retried(connection, &incoming, &earlier, &said, network.as_deref());
        return retried.map(with_waited);
    }
    let applied = Applied {
        said: &said,
        network: network.as_deref(),
        at: incoming.at,
        origin: Origin::Postback,
        postback_id: Some(incoming.id),
        tells,
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
    said: &Said,
    network: Option<&Network>,
) -> Result<Outcome, rusqlite::Error> {
    let mut outcome = Outcome::nothing(
        Verdict::Retry,
        format!(
            "The same request came before and was answered \"{}\"; it counts once.",
            earlier.verdict.as_str()
        ),
    );
    outcome.conversion_id = earlier.conversion_id;
    outcome.network_id = network.map(|network| network.id);
    if let Some(found) = &said.click {
        outcome.click_id = Some(found.id);
        outcome.found_in = Some(found.parameter.clone());
    }
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

/// Drops what is older than this and settled from the log, about so many requests; how many they
/// were. What is old and kept is only read past, and not by the writer.
pub fn prune_log(
    readers: &Readers,
    writer: &Writer,
    before: i64,
    most: usize,
) -> Result<usize, StoreError> {
    let (mut after, mut dropped) = ((i64::MIN, i64::MIN), 0);
    loop {
        let (settled, last) = raw::old(&*readers.get()?, after, before, LOOKED_AT)?;
        for piece in settled.chunks(replay::PIECE) {
            if dropped >= most {
                return Ok(dropped);
            }
            let piece = piece.to_vec();
            dropped += writer
                .edit_blocking(move |connection| Ok(raw::drop_settled(connection, &piece)?))?;
        }
        match last {
            Some(last) => after = last,
            None => return Ok(dropped),
        }
    }
}
