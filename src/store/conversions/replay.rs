//! Logged postbacks that are read again: their click has arrived, or a mapping was mended.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, named_params};

use super::apply::{Applied, Cause, apply_again, event, follow, network_of_click};
use super::receive::{gate, park};
use super::{Books, Effects, Outcome, raw, rows};
use crate::domain::conversion::{Conversion, Origin};
use crate::domain::id::Id;
use crate::domain::network::Network;
use crate::postback::credit::Again;
use crate::postback::verdict::Verdict;
use crate::postback::{Denied, Said, Words, read};
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

/// Postbacks read again in one transaction.
pub const PIECE: usize = 500;
/// How long a postback waits for its click.
const PARKED_MS: i64 = 30 * 86_400_000;
/// Most postbacks of one click with words that were unknown, which are looked at when one more comes.
const UNMAPPED_AT_ONCE: usize = 50;

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
            Some(network) => {
                if let Some(reason) = denied(&network, &logged) {
                    let mut outcome = Outcome::nothing(Verdict::Denied, reason);
                    outcome.network_id = Some(network.id);
                    raw::update(connection, id, &outcome)?;
                    unpark(connection, id)?;
                    return Ok(Some(outcome));
                }
                reread(books, &logged, network)
            }
            None => (None, said),
        },
    };
    let network = network.as_deref();
    let renamed = match logged.conversion_id {
        Some(conversion_id) => renamed(connection, books, &logged, conversion_id, &said)?,
        None => None,
    };
    let applied = Applied {
        said: &said,
        network,
        at: logged.counts_at(),
        origin: Origin::Replay,
        postback_id: Some(id),
    };
    let mut outcome = match logged.conversion_id {
        Some(conversion_id) if is_superseded(connection, conversion_id, &logged, &said)? => {
            superseded(&said, network)
        }
        Some(conversion_id) => {
            let again = Again {
                conversion_id,
                is_done: is_done(connection, conversion_id, id)?,
            };
            apply_again(connection, books, &applied, Some(again))?
        }
        None => apply_again(connection, books, &applied, None)?,
    };
    outcome.conversion_id = outcome.conversion_id.or(logged.conversion_id);
    if let Some(effects) = renamed {
        outcome.effects.extend(effects);
        if outcome.verdict == Verdict::Unchanged {
            (outcome.verdict, outcome.reason) = (Verdict::Updated, None);
        }
        outcome.changed = true;
    }
    raw::update(connection, id, &outcome)?;
    match (outcome.verdict, outcome.click_id) {
        (Verdict::Parked, Some(click_id)) => park(connection, id, click_id)?,
        _ => unpark(connection, id)?,
    }
    Ok(Some(outcome))
}

/// Why a postback that came without a key, and before its click, is not let in by the network of
/// that click. The log keeps no secrets, so that one cannot be checked any more.
fn denied(network: &Network, logged: &raw::Logged) -> Option<String> {
    if logged.conversion_id.is_some() {
        return None; // It was let in.
    }
    match gate(network, &logged.incoming, &logged.incoming.pairs) {
        Ok(()) => None,
        Err(Denied::Address(ip)) => Some(Denied::Address(ip).to_string()),
        Err(Denied::NoSecret { .. } | Denied::WrongSecret { .. }) => Some(format!(
            "It came before its click and without the key of its network, whose secret it therefore could not prove. Let the network call /postback/{}.",
            network.key
        )),
    }
}

/// A later one has said what the conversion is.
fn superseded(said: &Said, network: Option<&Network>) -> Outcome {
    let reason =
        "A later postback or an operator has said since what the conversion is: it stays so.";
    let found = said.click.as_ref();
    Outcome {
        network_id: network.map(|network| network.id),
        click_id: found.map(|found| found.id),
        found_in: found.map(|found| found.parameter.clone()),
        ..Outcome::nothing(Verdict::Unchanged, reason)
    }
}

fn is_superseded(
    connection: &Connection,
    conversion_id: Id,
    logged: &raw::Logged,
    said: &Said,
) -> Result<bool, rusqlite::Error> {
    const SQL: &str = "
        select exists (
            select 1 from conversion_changes as changes
                join conversions on conversions.id = changes.conversion_id
            where changes.conversion_id = :conversion_id and changes.status is not null
                and conversions.event = :event
                and (changes.postback_id > :postback_id
                    or (changes.origin = 'edit' and changes.at >= :at)))";
    let values = named_params! {
        ":conversion_id": conversion_id.to_row(),
        ":event": said.event,
        ":postback_id": logged.incoming.id.to_row(),
        ":at": logged.incoming.at,
    };
    connection
        .prepare_cached(SQL)?
        .query_row(values, |row| row.get(0))
}

fn is_done(
    connection: &Connection,
    conversion_id: Id,
    postback_id: Id,
) -> Result<bool, rusqlite::Error> {
    const SQL: &str = "
        select exists (
            select 1 from conversion_changes
            where conversion_id = :conversion_id and postback_id = :postback_id)";
    let values = named_params! {
        ":conversion_id": conversion_id.to_row(),
        ":postback_id": postback_id.to_row(),
    };
    connection
        .prepare_cached(SQL)?
        .query_row(values, |row| row.get(0))
}

/// Reads again whatever waited for this click and need not wait any more.
pub(super) fn settle(
    connection: &Connection,
    books: &Books,
    click_id: Id,
) -> Result<Effects, rusqlite::Error> {
    let mut ids = parked_of(connection, click_id)?;
    let unmapped = raw::unmapped_of_click(connection, click_id, UNMAPPED_AT_ONCE)?;
    let known = unmapped
        .iter()
        .filter(|logged| is_known_by_now(books, logged));
    ids.extend(known.map(|logged| logged.incoming.id));
    ids.sort_unstable();
    ids.dedup();
    let mut effects = Effects::default();
    for id in ids {
        if let Some(outcome) = again(connection, books, id)? {
            effects.extend(outcome.effects);
        }
    }
    Ok(effects)
}

/// Parked postbacks of a click that is there.
fn parked_of(connection: &Connection, click_id: Id) -> Result<Vec<Id>, rusqlite::Error> {
    const SQL: &str = "
        select postback_id from parked
        where click_id = :click_id and exists (select 1 from clicks where id = :click_id)
        order by postback_id limit :most";
    let mut statement = connection.prepare_cached(SQL)?;
    let values = named_params! { ":click_id": click_id.to_row(), ":most": PIECE as i64 };
    let rows = statement.query_map(values, |row| row.get::<_, i64>(0))?;
    let ids: Vec<i64> = rows.collect::<Result<_, _>>()?;
    Ok(ids.into_iter().filter_map(Id::from_row).collect())
}

/// Whether the word that nobody had mapped is mapped now.
fn is_known_by_now(books: &Books, logged: &raw::Logged) -> bool {
    let (_, said) = understood(books, logged);
    super::apply::unmapped(&said) != logged.unmapped
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

/// The conversion that postbacks with one unknown word made under the default event follows, once
/// that word is known. One that others have spoken of stays what it is.
fn renamed(
    connection: &Connection,
    books: &Books,
    logged: &raw::Logged,
    conversion_id: Id,
    said: &Said,
) -> Result<Option<Effects>, rusqlite::Error> {
    let row = rows::find(connection, conversion_id)?;
    let word = logged.unmapped.as_deref();
    let Some(word) = word.filter(|word| word.starts_with("event:")) else {
        return Ok(None);
    };
    if row.event == said.event || !is_all_of_word(connection, conversion_id, word)? {
        return Ok(None);
    }
    let counts = event(books, &said.event).is_some_and(|event| event.counts_as_conversion);
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
    follow(connection, books, cause, Some(&row), &next).map(Some)
}

fn is_all_of_word(
    connection: &Connection,
    conversion_id: Id,
    word: &str,
) -> Result<bool, rusqlite::Error> {
    const SQL: &str = "
        select not exists (
            select 1 from conversion_changes
                left join postbacks on postbacks.id = conversion_changes.postback_id
            where conversion_changes.conversion_id = :conversion_id
                and origin not in ('edit', 'rate') and postbacks.unmapped is not :word)";
    let values = named_params! { ":conversion_id": conversion_id.to_row(), ":word": word };
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
        update postbacks set verdict = :verdict, reason = :reason, unmapped = null
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
            let is_mapped = *known
                .entry(key)
                .or_insert_with(|| is_known_by_now(books, one));
            if is_mapped {
                found.push(one.incoming.id);
            }
        }
    }
}
