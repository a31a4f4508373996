//! Logged postbacks that are read again: their click has arrived, or a mapping was mended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, named_params};

use super::apply::{Applied, Cause, apply_again, event, follow, network_of_click};
use super::import::METHOD;
use super::receive::{gate, park};
use super::{Books, Effects, Outcome, raw, rows, savepoint};
use crate::domain::conversion::{Conversion, Origin};
use crate::domain::id::Id;
use crate::domain::network::Network;
use crate::postback::credit::Again;
use crate::postback::verdict::Verdict;
use crate::postback::{Denied, Said, read};
use crate::store::error::{StoreError, is_of_the_storage};
use crate::store::imports;
use crate::store::readers::Readers;
use crate::store::writer::{BUSY, Writer};

/// Postbacks of one transaction at most.
pub const PIECE: usize = 500;
/// Parked postbacks whose clicks are looked for in one read.
const LOOKED_AT: usize = 20_000;
/// How long a postback waits for its click.
const PARKED_MS: i64 = 30 * 86_400_000;
/// Most postbacks of one click with words that were unknown, which are looked at when one more comes.
const UNMAPPED_AT_ONCE: usize = 50;

/// Reads logged postbacks again, in their order, as if they arrived now with today's settings; what
/// became of each. The writer is left to others in between. Blocks.
///
/// # Errors
/// Then the first ones may have been read; reading them once more changes nothing.
pub fn replay(
    writer: &Writer,
    books: &Books,
    ids: Vec<Id>,
) -> Result<Vec<(Id, Outcome)>, StoreError> {
    let mut outcomes = Vec::with_capacity(ids.len());
    let mut left = ids.as_slice();
    while !left.is_empty() {
        let piece = replay_piece(writer, books, &left[..left.len().min(PIECE)])?;
        left = &left[piece.read..];
        outcomes.extend(piece.outcomes);
        if !left.is_empty() {
            std::thread::sleep(piece.worked / 2);
        }
    }
    Ok(outcomes)
}

/// What was read again in one transaction.
struct Piece {
    /// How many, with those that are in the log no more.
    read: usize,
    outcomes: Vec<(Id, Outcome)>,
    worked: Duration,
}

/// As many of the first ones as the writer has time for in one go.
fn replay_piece(writer: &Writer, books: &Books, ids: &[Id]) -> Result<Piece, StoreError> {
    let (at_work, after, ids) = (books.clone(), books.clone(), ids.to_vec());
    let work = move |connection: &Connection| {
        let began = Instant::now();
        let (mut read, mut outcomes) = (0, Vec::new());
        for id in ids {
            let outcome = by_itself(connection, &at_work, id)?;
            outcomes.extend(outcome.map(|outcome| (id, outcome)));
            read += 1;
            if began.elapsed() >= BUSY {
                break;
            }
        }
        Ok(Piece {
            read,
            outcomes,
            worked: began.elapsed(),
        })
    };
    writer.edit_blocking_then(work, move |piece: &Piece| {
        for (_, outcome) in &piece.outcomes {
            after.follow(&outcome.effects);
        }
    })
}

/// Reads one again. One that cannot be stored for a reason of its own holds up nobody else: it waits
/// no more, and the log says why.
fn by_itself(
    connection: &Connection,
    books: &Books,
    id: Id,
) -> Result<Option<Outcome>, rusqlite::Error> {
    savepoint::begin(connection)?;
    let read = match again(connection, books, id) {
        Err(error) if !is_of_the_storage(&error) => {
            tracing::error!(%error, postback = id.to_row(), "a postback cannot be read again");
            savepoint::roll_back(connection)?;
            let reason = format!("It could not be stored when it was read again: {error}.");
            raw::give_up(connection, id, Verdict::Unreadable, &reason)?;
            unpark(connection, id)?;
            Some(Outcome::nothing(Verdict::Unreadable, reason))
        }
        read => read?,
    };
    savepoint::release(connection)?;
    Ok(read)
}

fn again(
    connection: &Connection,
    books: &Books,
    id: Id,
) -> Result<Option<Outcome>, rusqlite::Error> {
    let Some(logged) = raw::find(connection, id)? else {
        unpark(connection, id)?;
        return Ok(None);
    };
    if logged.is_retry {
        return Ok(Some(still_a_retry(&logged)));
    }
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
                let said = said_in_words(books, &logged, Some(&network));
                (Some(network), said)
            }
            None => (None, said),
        },
    };
    let network = network.as_deref();
    let named = match logged.conversion_id {
        Some(conversion_id) => named(connection, books, &logged, conversion_id, &said)?,
        None => Named::AsItIs,
    };
    let applied = Applied {
        said: &said,
        network,
        at: logged.counts_at(),
        origin: Origin::Replay,
        postback_id: Some(id),
        tells: tells(connection, &logged)?,
    };
    let mut outcome = match logged.conversion_id {
        Some(_) if matches!(named, Named::Otherwise) => counted_otherwise(&said, network),
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
    if let Named::Anew(effects) = named {
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

/// What it repeats counts, and counts once however often it is read.
fn still_a_retry(logged: &raw::Logged) -> Outcome {
    let reason = "It repeats an earlier request, and that one counts.";
    Outcome {
        network_id: logged.network_id,
        conversion_id: logged.conversion_id,
        ..Outcome::nothing(Verdict::Retry, reason)
    }
}

/// A later one has said what the conversion is.
fn superseded(said: &Said, network: Option<&Network>) -> Outcome {
    let reason =
        "A later postback or an operator has said since what the conversion is: it stays so.";
    unchanged(reason, said, network)
}

/// It would be a conversion of another event today, and what it made is not its own alone.
fn counted_otherwise(said: &Said, network: Option<&Network>) -> Outcome {
    let reason = "It counts as another event already, and other postbacks have spoken of that \
        conversion: it stays so.";
    unchanged(reason, said, network)
}

fn unchanged(reason: &str, said: &Said, network: Option<&Network>) -> Outcome {
    let found = said.click.as_ref();
    Outcome {
        network_id: network.map(|network| network.id),
        click_id: found.map(|found| found.id),
        found_in: found.map(|found| found.parameter.clone()),
        ..Outcome::nothing(Verdict::Unchanged, reason)
    }
}

/// Rows of an import are told only if that was asked for.
fn tells(connection: &Connection, logged: &raw::Logged) -> Result<bool, rusqlite::Error> {
    match logged.incoming.method == METHOD {
        true => imports::sends_row(connection, logged.incoming.fingerprint),
        false => Ok(true),
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
        if let Some(outcome) = by_itself(connection, books, id)? {
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
    let said = said_in_words(books, logged, network.as_deref());
    (network, said)
}

fn said_in_words(books: &Books, logged: &raw::Logged, network: Option<&Network>) -> Said {
    read::read(&logged.incoming.pairs, &books.words(network), &books.codec)
}

/// What becomes of the event of the conversion that a postback made when it came.
enum Named {
    AsItIs,
    /// It has the event that its word is known to mean by now.
    Anew(Effects),
    /// It keeps the one that it was counted under.
    Otherwise,
}

/// The conversion that postbacks with one unknown word made under the default event follows, once
/// that word is known. One that others have spoken of stays what it is. The same where a word means
/// another event than it did: what was counted is not counted a second time under the new one.
fn named(
    connection: &Connection,
    books: &Books,
    logged: &raw::Logged,
    conversion_id: Id,
    said: &Said,
) -> Result<Named, rusqlite::Error> {
    let row = rows::find(connection, conversion_id)?;
    if row.event == said.event {
        return Ok(Named::AsItIs);
    }
    let id = logged.incoming.id;
    let is_its_own = match logged.unmapped.as_deref() {
        Some(word) => {
            word.starts_with("event:") && is_all_of_word(connection, conversion_id, word)?
        }
        None if !is_done(connection, conversion_id, id)? => false,
        None if is_all_of_postback(connection, conversion_id, id)? => true,
        None => return Ok(Named::Otherwise),
    };
    if !is_its_own {
        return Ok(Named::AsItIs);
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
        tells: tells(connection, logged)?,
    };
    follow(connection, books, cause, Some(&row), &next).map(Named::Anew)
}

fn is_all_of_postback(
    connection: &Connection,
    conversion_id: Id,
    postback_id: Id,
) -> Result<bool, rusqlite::Error> {
    const SQL: &str = "
        select not exists (
            select 1 from conversion_changes
            where conversion_id = :conversion_id and origin not in ('edit', 'rate')
                and postback_id is not :postback_id)";
    let values = named_params! {
        ":conversion_id": conversion_id.to_row(),
        ":postback_id": postback_id.to_row(),
    };
    connection
        .prepare_cached(SQL)?
        .query_row(values, |row| row.get(0))
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

/// Parked postbacks whose click has arrived, among the next `LOOKED_AT` behind this one; and
/// behind which to go on, `None` at the end.
pub fn ripe(readers: &Readers, after: i64) -> Result<(Vec<Id>, Option<i64>), StoreError> {
    const SQL: &str = "
        select postback_id, exists (select 1 from clicks where id = parked.click_id)
        from parked where postback_id > :after order by postback_id limit :most";
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(SQL)?;
    let values = named_params! { ":after": after, ":most": LOOKED_AT as i64 };
    let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let looked: Vec<(i64, bool)> = rows.collect::<Result<_, _>>()?;
    let ids = looked.iter().filter(|(_, is_ripe)| *is_ripe);
    let ids = ids.filter_map(|(id, _)| Id::from_row(*id)).collect();
    let last = looked.last().filter(|_| looked.len() == LOOKED_AT);
    Ok((ids, last.map(|(id, _)| *id)))
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
    let mut unmapped = raw::unmapped(&*readers.get()?)?;
    unmapped.sort_unstable();
    let mut found = Vec::new();
    for piece in unmapped.chunks(PIECE) {
        let reader = readers.get()?;
        let mut known = BTreeMap::new();
        for id in piece {
            let Some(one) = raw::find(&reader, *id)? else {
                continue;
            };
            let key = (
                one.network_id,
                one.incoming.network_key.clone(),
                one.unmapped.clone(),
            );
            let is_mapped = *known
                .entry(key)
                .or_insert_with(|| is_known_by_now(books, &one));
            if is_mapped {
                found.push(*id);
            }
        }
    }
    Ok(found)
}
