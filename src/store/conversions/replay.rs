//! Logged postbacks that are read again: their click has arrived, or a mapping was mended.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, named_params};

use super::apply::{Applied, Cause, apply, follow, network_of_click};
use super::{Books, Effects, Outcome, raw, rows};
use crate::domain::conversion::{Conversion, Origin};
use crate::domain::id::Id;
use crate::domain::network::Network;
use crate::postback::verdict::Verdict;
use crate::postback::{Said, Words, read};
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

/// Postbacks read again in one transaction.
pub const PIECE: usize = 500;
/// How long a postback waits for its click.
const PARKED_MS: i64 = 30 * 86_400_000;

/// Reads logged postbacks again, in their order, as if they arrived now with today's settings; what
/// became of each. At most [`PIECE`] of them. Blocks.
pub fn replay(
    writer: &Writer,
    books: &Books,
    ids: Vec<Id>,
) -> Result<Vec<(Id, Outcome)>, StoreError> {
    let at_work = books.clone();
    let outcomes = writer.edit_blocking(move |connection| {
        let mut outcomes = Vec::with_capacity(ids.len());
        for id in ids.into_iter().take(PIECE) {
            if let Some(outcome) = again(connection, &at_work, id)? {
                outcomes.push((id, outcome));
            }
        }
        Ok(outcomes)
    })?;
    for (_, outcome) in &outcomes {
        outcome.effects.take_hold(&books.counts, &books.documents);
    }
    Ok(outcomes)
}

fn again(
    connection: &Connection,
    books: &Books,
    id: Id,
) -> Result<Option<Outcome>, rusqlite::Error> {
    let Some(logged) = raw::find(connection, id)? else {
        return Ok(None);
    };
    let (network, said) = understood(books, &logged);
    let (network, said) = match network {
        Some(network) => (Some(network), said),
        None => match network_of_click(connection, books, &said)? {
            Some(network) => reread(books, &logged, network),
            None => (None, said),
        },
    };
    let network = network.as_deref();
    let mut effects = Effects::default();
    if let Some(conversion_id) = logged.conversion_id {
        effects = renamed(connection, books, &logged, conversion_id, &said)?;
    }
    let applied = Applied {
        said: &said,
        network,
        at: logged.counts_at(),
        origin: Origin::Replay,
        postback_id: Some(id),
    };
    let (mut outcome, _) = apply(connection, books, &applied)?;
    outcome.effects.extend(effects);
    outcome.conversion_id = outcome.conversion_id.or(logged.conversion_id);
    raw::update(connection, id, &outcome)?;
    if outcome.verdict == Verdict::Parked {
        if let Some(click_id) = outcome.click_id {
            super::receive::park(connection, id, click_id)?;
        }
    } else {
        unpark(connection, id)?;
    }
    Ok(Some(outcome))
}

/// The network that has the key now, else the one that had it then; and what the postback says in
/// its words.
fn understood(books: &Books, logged: &raw::Logged) -> (Option<Arc<Network>>, Said) {
    let of_key = logged.incoming.network_key.as_deref();
    let of_key = of_key.and_then(|key| books.network_of_key(key));
    let then = || books.documents.networks.get(&logged.network_id?);
    let network = of_key.or_else(then).cloned();
    let words = Words {
        network: network.as_deref(),
        events: &books.documents.events,
    };
    let said = read::read(&logged.incoming.pairs, &words, &books.codec);
    (network, said)
}

/// The same in the words of the network whose offer it was.
fn reread(
    books: &Books,
    logged: &raw::Logged,
    network: Arc<Network>,
) -> (Option<Arc<Network>>, Said) {
    let words = Words {
        network: Some(&network),
        events: &books.documents.events,
    };
    let said = read::read(&logged.incoming.pairs, &words, &books.codec);
    (Some(network), said)
}

/// The conversion that a postback made under the default event follows, once its word for the
/// event is known.
fn renamed(
    connection: &Connection,
    books: &Books,
    logged: &raw::Logged,
    conversion_id: Id,
    said: &Said,
) -> Result<Effects, rusqlite::Error> {
    let row = rows::find(connection, conversion_id)?;
    let has_followed = logged
        .unmapped
        .as_deref()
        .is_none_or(|word| !word.starts_with("event:"));
    if has_followed
        || row.event == said.event
        || !is_made_by(connection, conversion_id, logged.incoming.id)?
    {
        return Ok(Effects::default());
    }
    let mut events = books.documents.events.values();
    let event = events.find(|event| event.key == said.event);
    let counts = event.is_some_and(|event| event.counts_as_conversion);
    let next = Conversion {
        event: said.event.clone(),
        is_repeat: false,
        cap_day: row.cap_day.filter(|_| counts),
        ..row.clone()
    };
    rows::save(connection, &next)?;
    let cause = Cause {
        at: logged.counts_at(),
        origin: Origin::Replay,
        postback_id: Some(logged.incoming.id),
    };
    follow(connection, books, cause, Some(&row), &next)
}

fn is_made_by(
    connection: &Connection,
    conversion_id: Id,
    postback_id: Id,
) -> Result<bool, rusqlite::Error> {
    const SQL: &str = "
        select coalesce(postback_id, 0) = :postback_id from conversion_changes
        where conversion_id = :conversion_id order by id limit 1";
    let values = named_params! {
        ":conversion_id": conversion_id.to_row(),
        ":postback_id": postback_id.to_row(),
    };
    connection
        .prepare_cached(SQL)?
        .query_row(values, |row| row.get(0))
}

fn unpark(connection: &Connection, id: Id) -> Result<(), rusqlite::Error> {
    const SQL: &str = "delete from parked where postback_id = ?1";
    connection.prepare_cached(SQL)?.execute([id.to_row()])?;
    Ok(())
}

/// Parked postbacks whose click has arrived, the first [`PIECE`] of them.
pub fn ripe(readers: &Readers) -> Result<Vec<Id>, StoreError> {
    const SQL: &str = "
        select parked.postback_id from parked join clicks on clicks.id = parked.click_id
        order by parked.postback_id limit ?1";
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(SQL)?;
    let rows = statement.query_map([PIECE as i64], |row| row.get::<_, i64>(0))?;
    let ids: Vec<i64> = rows.collect::<Result<_, _>>()?;
    Ok(ids.into_iter().filter_map(Id::from_row).collect())
}

/// Gives up parked postbacks whose click never came, a piece of them; how many.
pub fn expire(writer: &Writer, now: i64) -> Result<usize, StoreError> {
    const MARK: &str = "
        update postbacks set verdict = :verdict, reason = :reason
        where id in (select postback_id from parked where postback_id < :before limit :most)";
    const DELETE: &str = "
        delete from parked where postback_id in
            (select postback_id from parked where postback_id < :before limit :most)";
    let before = Id::first_at(now - PARKED_MS).to_row();
    writer.edit_blocking(move |connection| {
        let most = PIECE as i64;
        let values = named_params! { ":verdict": Verdict::Expired.as_str(), ":before": before,
        ":most": most, ":reason": "Its click did not arrive within 30 days." };
        connection.prepare_cached(MARK)?.execute(values)?;
        let values = named_params! { ":before": before, ":most": most };
        Ok(connection.prepare_cached(DELETE)?.execute(values)?)
    })
}

/// Logged postbacks with a word that nobody had mapped and that is understood by now.
pub fn understood_by_now(readers: &Readers, books: &Books) -> Result<Vec<Id>, StoreError> {
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let reader = readers.get()?;
        let logged = raw::unmapped_after(&reader, after, PIECE)?;
        drop(reader);
        let Some(last) = logged.last() else {
            return Ok(found);
        };
        after = last.incoming.id.to_row();
        let mut known = BTreeMap::new();
        for one in &logged {
            let key = (one.network_id, &one.incoming.network_key, &one.unmapped);
            let is_mapped = *known.entry(key).or_insert_with(|| {
                let (_, said) = understood(books, one);
                super::apply::unmapped(&said) != one.unmapped
            });
            if is_mapped {
                found.push(one.incoming.id);
            }
        }
    }
}
