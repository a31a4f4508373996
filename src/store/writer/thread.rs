//! The writer's loop: gather, commit, release; and what it does when a commit fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::edit::Done;
use super::inserts::Inserts;
use super::pending::{Pending, Progress};
use super::queue::Item;
use super::shared::Shared;
use crate::store::dictionary::Dictionary;
use crate::store::outbox::news;
use crate::store::set_aside;
use crate::store::spill::Framed;

/// Most items of one transaction: bounds the time in which nothing is released.
const MAX_BATCH: usize = 4_096;
/// How long edits may keep a transaction open. What waits behind them comes into the next one: an
/// edit takes a hundred times as long as a click, and after a stall many of them wait.
const LONGEST: Duration = Duration::from_millis(5);
/// Records of the spill taken over in one transaction.
const REPLAY_PIECE: usize = 500;
/// Pause between attempts while the database refuses.
const RETRY: Duration = Duration::from_millis(100);
/// How long a stop tries to bring the last clicks into the database.
const LAST_ATTEMPTS: Duration = Duration::from_secs(10);

pub(super) struct WriterThread {
    connection: Connection,
    dictionary: Dictionary,
    shared: Arc<Shared>,
    finish_checkpoint: Arc<AtomicBool>,
    /// Taken from the queue and not yet stored; tried again before what is newer.
    held: Vec<Arc<Pending>>,
    /// Edits that ran in the open transaction.
    done: Vec<Done>,
    /// Bytes of the spill that are in the database already.
    replayed_until: u64,
}

impl WriterThread {
    pub(super) fn new(
        connection: Connection,
        shared: Arc<Shared>,
        finish_checkpoint: Arc<AtomicBool>,
    ) -> Self {
        Self {
            connection,
            dictionary: Dictionary::new(),
            shared,
            finish_checkpoint,
            held: Vec::new(),
            done: Vec::new(),
            replayed_until: 0,
        }
    }

    /// Takes the spill of the last run over. Where the database refuses, the writer starts
    /// stalled and goes on trying.
    pub(super) fn take_over_at_start(&mut self) {
        if self.shared.spill.waiting_bytes() > 0 && !self.take_over_spill() {
            self.shared.stall();
        }
    }

    pub(super) fn run(mut self) {
        let mut space = Vec::new();
        loop {
            let refused = (self.shared.is_stalled() || self.shared.spill.waiting_bytes() > 0)
                && !self.catch_up();
            let patience = refused.then_some(RETRY);
            if refused {
                std::thread::sleep(RETRY / 10);
            }
            let taken = self.shared.queue.take(std::mem::take(&mut space), patience);
            let mut items = taken.items;
            let idle = items.is_empty();
            while !items.is_empty() {
                let rest = items.split_off(items.len().min(MAX_BATCH));
                while !items.is_empty() {
                    self.process(&mut items);
                }
                space = std::mem::replace(&mut items, rest);
            }
            if self.finish_checkpoint.swap(false, Ordering::AcqRel) {
                self.checkpoint();
            }
            if taken.closed && idle {
                self.finish();
                return;
            }
        }
    }

    /// One transaction over what was taken from the queue, or over the first of it where edits
    /// take long; the others stay in `items`. What could not be
    /// stored is with its handler, which takes it to the spill, or in `held`.
    fn process(&mut self, items: &mut Vec<Item>) {
        sort_records(items);
        let started = Instant::now();
        let mut clicks = Vec::with_capacity(items.len());
        let until = started + LONGEST;
        let filled = self.fill(items, &mut clicks, until);
        let result = filled.and_then(|()| self.commit());
        match result {
            Ok(()) => {
                self.release(&clicks);
                let took = started.elapsed().as_micros() as u64;
                self.shared
                    .counters
                    .slowest_commit_us
                    .fetch_max(took, Ordering::Relaxed);
            }
            Err(error) => {
                self.give_back(clicks);
                for item in items.drain(..) {
                    match item {
                        Item::Record(pending) => self.give_back(vec![pending]),
                        Item::Edit(edit) => edit.refuse(),
                    }
                }
                self.undo(&error);
            }
        }
    }

    fn fill(
        &mut self,
        items: &mut Vec<Item>,
        clicks: &mut Vec<Arc<Pending>>,
        until: Instant,
    ) -> Result<(), rusqlite::Error> {
        self.begin()?;
        let mut inserts = Inserts::new(&self.connection, &mut self.dictionary, &self.shared)?;
        let mut waiting = items.drain(..);
        let mut refused = None;
        for item in waiting.by_ref() {
            let is_edit = matches!(item, Item::Edit(_));
            let stored = match item {
                Item::Record(pending) => {
                    clicks.push(pending);
                    inserts.store(&clicks[clicks.len() - 1].record)
                }
                Item::Edit(edit) => edit
                    .run(&self.connection)
                    .map(|done| self.done.extend(done)),
            };
            if let Err(error) = stored {
                refused = Some(error);
                break;
            }
            if is_edit && Instant::now() >= until {
                break;
            }
        }
        let rest: Vec<Item> = waiting.collect();
        items.extend(rest);
        if let Some(error) = refused {
            return Err(error);
        }
        let stored = inserts.rows;
        self.shared
            .counters
            .stored
            .fetch_add(stored, Ordering::Relaxed);
        Ok(())
    }

    fn begin(&self) -> Result<(), rusqlite::Error> {
        self.connection
            .prepare_cached("begin immediate")?
            .execute([])
            .map(|_| ())
    }

    fn commit(&mut self) -> Result<(), rusqlite::Error> {
        self.connection.prepare_cached("commit")?.execute([])?;
        self.dictionary.committed();
        self.shared.counters.commits.fetch_add(1, Ordering::Relaxed);
        for done in self.done.drain(..) {
            done.committed();
        }
        if news::take() {
            self.shared.outbox.ring();
        }
        Ok(())
    }

    fn undo(&mut self, error: &rusqlite::Error) {
        tracing::warn!(%error, "the database refused a transaction; its clicks go to the spill file");
        // Some errors have rolled back already; then this one is refused, which is what we want.
        let _ = self.connection.execute_batch("rollback");
        self.dictionary.rolled_back();
        for done in self.done.drain(..) {
            done.lost();
        }
        self.shared.stall();
    }

    /// These clicks are committed: lets their visitors go.
    fn release(&self, clicks: &[Arc<Pending>]) {
        let counters = &self.shared.counters;
        for pending in clicks {
            if pending.stored() == Progress::Orphan {
                counters.in_memory.fetch_sub(1, Ordering::Relaxed);
            }
        }
        super::ring(clicks.iter());
    }

    /// These clicks are not committed. Whoever still waits takes his to the spill; those whose
    /// visitors are gone are held here.
    fn give_back(&mut self, clicks: Vec<Arc<Pending>>) {
        for pending in &clicks {
            let _ = pending.advance(Progress::Queued, Progress::Failed);
        }
        super::ring(clicks.iter());
        self.held.extend(
            clicks
                .into_iter()
                .filter(|click| click.progress() == Progress::Orphan),
        );
    }

    /// Spill first, then the clicks that were held. `true` when clicks may come here again.
    fn catch_up(&mut self) -> bool {
        if !self.take_over_spill() {
            return false;
        }
        if self.held.is_empty() {
            if !self.shared.is_stalled() {
                return true;
            }
            if let Err(error) = self.probe() {
                self.undo(&error);
                return false;
            }
        }
        while !self.held.is_empty() {
            let before = self.held.len();
            let piece = self.held.split_off(before.saturating_sub(MAX_BATCH));
            let mut items = piece.into_iter().map(Item::Record).collect();
            self.process(&mut items);
            if self.held.len() == before {
                return false;
            }
        }
        self.shared.recover();
        true
    }

    /// A smallest real write: shows whether the database takes anything.
    fn probe(&mut self) -> Result<(), rusqlite::Error> {
        self.begin()?;
        self.connection
            .prepare_cached(
                "insert into settings (name, value) values ('writer_probe', ?1)
                on conflict(name) do update set value = excluded.value",
            )?
            .execute([crate::clock::now_ms().to_be_bytes()])?;
        self.commit()
    }

    /// Brings everything in the spill file into the database, in pieces, and empties the file.
    fn take_over_spill(&mut self) -> bool {
        let spill = Arc::clone(&self.shared.spill);
        while spill.waiting_bytes() > 0 {
            let piece = match spill.read(self.replayed_until, REPLAY_PIECE) {
                Ok(piece) => piece,
                Err(error) => {
                    tracing::error!(%error, "the spill file cannot be read");
                    return false;
                }
            };
            if piece.records.is_empty() {
                match spill.empty(piece.until) {
                    Ok(true) => self.replayed_until = 0,
                    Ok(false) => {}
                    Err(error) => {
                        tracing::error!(%error, "the spill file cannot be emptied");
                        // It may be empty already, so that reading on would pass over new frames;
                        // from the beginning, frames that are still there are stored twice: once.
                        self.replayed_until = 0;
                        return false;
                    }
                }
                continue;
            }
            let is_last = piece.records.len() < REPLAY_PIECE;
            let result = self
                .store_records(&piece.records)
                .and_then(|()| self.commit());
            if let Err(error) = result {
                self.undo(&error);
                return false;
            }
            self.shared
                .counters
                .replayed
                .fetch_add(piece.records.len() as u64, Ordering::Relaxed);
            self.replayed_until = piece.until;
            if is_last {
                // Nearly everything is here, and commits succeed: what arrives from now on need
                // not go into the file that is to become empty.
                self.shared.recover();
            }
            if self.finish_checkpoint.swap(false, Ordering::AcqRel) {
                self.checkpoint();
            }
        }
        true
    }

    fn store_records(&mut self, records: &[Framed]) -> Result<(), rusqlite::Error> {
        self.begin()?;
        let mut inserts = Inserts::new(&self.connection, &mut self.dictionary, &self.shared)?;
        for record in records {
            match record {
                Framed::Record(record) => inserts.store(record)?,
                Framed::Unreadable { payload, error } => {
                    set_aside::insert(&self.connection, "spill", payload, error)?;
                    self.shared
                        .counters
                        .set_aside
                        .fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        Ok(())
    }

    /// The rest of a checkpoint, so small that it stalls nobody. Only the writer can do it: while
    /// it goes on writing nobody else ever sees the log fully copied.
    fn checkpoint(&self) {
        let done = self
            .connection
            .query_row("pragma wal_checkpoint(passive)", [], |row| {
                row.get::<_, i64>(0)
            });
        if let Err(error) = done {
            tracing::warn!(%error, "a checkpoint failed");
        }
    }

    /// The end: what waits in memory goes into the database, or at least into the spill file.
    fn finish(&mut self) {
        let deadline = Instant::now() + LAST_ATTEMPTS;
        while self.shared.is_stalled() || !self.held.is_empty() {
            if self.catch_up() {
                break;
            }
            if Instant::now() > deadline {
                for pending in self.held.drain(..) {
                    let _ = pending.advance(Progress::Orphan, Progress::Spilling);
                    self.shared.spill.push(Arc::clone(&pending));
                    self.shared.leave_to_the_spill(pending);
                }
                break;
            }
            std::thread::sleep(RETRY);
        }
        let _ = self
            .connection
            .query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()));
    }
}

/// Records of several workers arrive slightly out of order; in the order of their ids the table
/// grows at its end, and its pages are full (8 % less file). An offer click comes after its click,
/// because its id was made later. Nothing changes places with an edit.
fn sort_records(items: &mut [Item]) {
    for run in items.split_mut(|item| matches!(item, Item::Edit(_))) {
        run.sort_unstable_by_key(|item| match item {
            Item::Record(pending) => Some(pending.record.id()),
            Item::Edit(_) => None,
        });
    }
}
