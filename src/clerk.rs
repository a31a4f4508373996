//! What is done about postbacks and conversions beside the requests: postbacks whose click has
//! arrived by now, or whose words are understood by now, are read again; what waited too long and
//! what is too old goes; what conversions are worth follows the rates.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::documents::Documents;
use crate::domain::id::Id;
use crate::library::Desk;
use crate::store::ad_names;
use crate::store::conversions::{self, replay, rerate};
use crate::store::error::StoreError;
use crate::store::imports;
use crate::store::outbox::prune;

const DAY_MS: i64 = 86_400_000;
/// How often old requests are dropped from the log.
const PRUNE_EVERY_MS: i64 = 60_000;
/// By then no request is under way that was read with the words before an edit.
const LATE_MS: i64 = 70_000;
/// How long it is kept what became of each row of an import.
const IMPORT_DAYS: i64 = 30;
/// Pieces dropped from the log in one round.
const PRUNED_AT_ONCE: usize = 20;
/// How long one round recomputes what conversions are worth; the next one goes on.
const RERATING: Duration = Duration::from_secs(2);

/// Does it; one round at a time.
pub struct Clerk {
    pub desk: Desk,
    /// How long the log is kept.
    pub log_days: u64,
    /// How long outgoing requests are kept.
    pub outbox_days: u64,
}

/// What the rounds before have seen to.
#[derive(Default)]
pub struct Seen {
    /// The words by which unmapped ones were last looked at.
    documents: Option<Arc<Documents>>,
    /// When unmapped ones are looked at once more, because of requests that were under way.
    looks_again_at: Option<i64>,
    /// The parked postback behind which to go on looking.
    parked: i64,
    pruned_at: i64,
}

impl Clerk {
    /// One round.
    pub fn round(&self, seen: &mut Seen, now: i64) -> Result<(), StoreError> {
        let (ripe, last) = replay::ripe(&self.desk.readers, seen.parked)?;
        self.read_again(ripe)?;
        seen.parked = last.unwrap_or(-1);
        self.follow_words(seen, now)?;
        self.follow_rates(now)?;
        if now - seen.pruned_at >= PRUNE_EVERY_MS {
            while replay::expire(&self.desk.writer, now)? == replay::PIECE {}
            let before = now - days(self.log_days);
            let most = PRUNED_AT_ONCE * replay::PIECE;
            conversions::prune_log(&self.desk.readers, &self.desk.writer, before, most)?;
            let before = now - days(self.outbox_days);
            for _ in 0..PRUNED_AT_ONCE {
                if prune::prune(&self.desk.readers, &self.desk.writer, before)? < prune::PIECE {
                    break;
                }
            }
            let before = now - IMPORT_DAYS * DAY_MS;
            for _ in 0..PRUNED_AT_ONCE {
                if !imports::prune(&self.desk.writer, before)? {
                    break;
                }
            }
            ad_names::prune(&self.desk.writer)?;
            seen.pruned_at = now;
        }
        Ok(())
    }

    /// After networks or events were edited: their new words may be ones that were waited for.
    fn follow_words(&self, seen: &mut Seen, now: i64) -> Result<(), StoreError> {
        let books = self.desk.library.books();
        let is_known = |old: &Arc<Documents>| has_same_words(old, &books.documents);
        let is_new = !seen.documents.as_ref().is_some_and(is_known);
        if is_new || seen.looks_again_at.is_some_and(|at| now >= at) {
            self.read_again(replay::understood_by_now(&self.desk.readers, &books)?)?;
            seen.documents = Some(books.documents);
            seen.looks_again_at = is_new.then_some(now + LATE_MS);
        }
        Ok(())
    }

    fn follow_rates(&self, now: i64) -> Result<(), StoreError> {
        let until = Instant::now() + RERATING;
        loop {
            let rates = Arc::clone(&self.desk.library.rates.now());
            let ids = &self.desk.library.ids;
            let has_more =
                rerate::next_piece(&self.desk.readers, &self.desk.writer, &rates, ids, now)?;
            if !has_more || Instant::now() >= until {
                return Ok(());
            }
        }
    }

    fn read_again(&self, ids: Vec<Id>) -> Result<(), StoreError> {
        if !ids.is_empty() {
            let read = replay::replay(&self.desk.writer, &self.desk.library.books(), ids)?;
            tracing::info!(postbacks = read.len(), "read again");
        }
        Ok(())
    }
}

/// In milliseconds.
fn days(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX / DAY_MS) * DAY_MS
}

/// Whether no network and no event was edited in between.
fn has_same_words(old: &Documents, new: &Documents) -> bool {
    let networks = || old.networks.values().zip(new.networks.values());
    let events = || old.events.values().zip(new.events.values());
    old.networks.len() == new.networks.len()
        && old.events.len() == new.events.len()
        && networks().all(|(old, new)| Arc::ptr_eq(old, new))
        && events().all(|(old, new)| Arc::ptr_eq(old, new))
}
