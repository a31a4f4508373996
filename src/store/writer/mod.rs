//! The one writer: a thread that owns the one writing connection.
//!
//! It takes everything that waits (up to a bound), puts it into one transaction, commits, and
//! only then releases those who wait. There is no timer: while one commit is under way the next
//! batch gathers, so the batch grows with the load by itself. Clicks, offer clicks and edits share the queue
//! and its order.
//!
//! When no commit comes in time the clicks go to the spill file (`store::spill`), and from
//! there into the database before anything else that waits.

mod bell;
mod edit;
mod inserts;
mod lane;
pub(crate) mod pending;
mod queue;
mod shared;
#[cfg(test)]
mod tests;
mod thread;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde::Serialize;

pub use edit::{Editing, Waited};
pub use lane::{Lane, Receipt};

use self::bell::Bell;
use self::edit::Edit;
use self::pending::Pending;
use self::queue::{Item, Queue};
use self::shared::Shared;
use super::connection::Durability;
use super::error::StoreError;
use super::outbox::Doorbell;
use super::spill::{Framed, Spill};
use crate::domain::id::Id;

/// This many clicks and edits may wait for the writer; beyond it clicks go to the spill.
const QUEUE_BOUND: usize = 100_000;
/// How long one piece of long work keeps the writer: clicks that come meanwhile wait for it.
pub const BUSY: Duration = Duration::from_millis(8);
/// How long an edit waits for the writer to begin it.
const EDIT_PATIENCE: Duration = Duration::from_secs(5);

/// How the writer is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    pub ack_timeout: Duration,
    pub durability: Durability,
    /// Room set aside for the spill file, in bytes.
    pub spill_bytes: u64,
}

/// Handle to the writer; cheap to clone.
#[derive(Clone)]
pub struct Writer {
    shared: Arc<Shared>,
    /// The checkpointer asks the writer to finish a checkpoint between two commits.
    pub(super) finish_checkpoint: Arc<AtomicBool>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

/// What the writer has done and what waits, for `/healthz` and the status page.
#[derive(Debug, Clone, Serialize)]
pub struct Health {
    /// Clicks go to the spill file, because no commit came in time.
    pub stalled: bool,
    /// Clicks and edits that wait for the writer.
    pub queue: usize,
    pub spill: SpillHealth,
    /// Clicks answered but in neither file yet; they wait in memory.
    pub unstored: u64,
    /// Clicks that found no room even in memory, since the start.
    pub lost: u64,
    /// Records set aside because they could not be stored for a reason of their own.
    pub set_aside: u64,
    /// Clicks and offer clicks stored since the start.
    pub stored: u64,
    pub commits: u64,
    pub stalls: u64,
    pub slowest_commit_us: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct SpillHealth {
    /// Bytes that wait to be taken over into the database.
    pub pending_bytes: u64,
    /// Clicks written to the spill since the start.
    pub written: u64,
    /// Clicks that the spill did not take.
    pub failed: u64,
    /// Clicks taken over from the spill since the start.
    pub replayed: u64,
}

impl Writer {
    /// Takes over what the spill holds, then starts the threads. `connection` is the writing
    /// connection, already migrated; `spill` the path of the spill file.
    pub fn start(
        connection: Connection,
        spill: &Path,
        settings: &Settings,
    ) -> Result<Writer, StoreError> {
        let spill = Arc::new(Spill::open(
            spill,
            settings.spill_bytes,
            settings.durability,
        ));
        let queue = Queue::new(QUEUE_BOUND);
        let shared = Arc::new(Shared::new(queue, spill, settings.ack_timeout));
        let finish_checkpoint = Arc::new(AtomicBool::new(false));
        let mut thread = thread::WriterThread::new(
            connection,
            Arc::clone(&shared),
            Arc::clone(&finish_checkpoint),
        );
        thread.take_over_at_start();
        let failed = |source| StoreError::File {
            action: "start a thread for",
            path: "the writer".into(),
            source,
        };
        let poke = Arc::clone(&shared);
        let spooler = shared
            .spill
            .start(move || poke.queue.poke())
            .map_err(failed)?;
        let writer = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || thread.run())
            .map_err(failed)?;
        let threads = Arc::new(Mutex::new(vec![writer, spooler]));
        Ok(Writer {
            shared,
            finish_checkpoint,
            threads,
        })
    }

    /// A writer over any connection, with a spill of its own.
    #[cfg(test)]
    pub(crate) fn over(connection: Connection) -> Writer {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let settings = Settings {
            ack_timeout: Duration::from_millis(100),
            durability: Durability::Process,
            spill_bytes: 4_096,
        };
        Writer::start(connection, &directory.path().join("spill"), &settings).expect("started")
    }

    /// Opens the calling worker thread's way to store clicks.
    pub fn lane(&self) -> Lane {
        Lane::open(Arc::clone(&self.shared))
    }

    /// Runs `work` in the writer's transaction and waits until it is committed. Blocks: not for
    /// threads that serve requests.
    ///
    /// # Errors
    /// Those of `work`, whose changes are then undone; [`StoreError::Unavailable`] when there was
    /// no commit within about five seconds. In both cases nothing has changed.
    pub fn edit_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.edit_blocking_then(work, |_| {})
    }

    /// [`Writer::edit_blocking`], for work that moves something in memory as well: `committed` is
    /// called on the writer's thread once it is committed, in the order of the commits. It has to
    /// be short.
    pub fn edit_blocking_then<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        committed: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, StoreError> {
        let (edit, outcome) = Edit::new(work, committed);
        if self.shared.queue.push(Item::Edit(edit)).is_err() {
            return Err(StoreError::Unavailable);
        }
        outcome.wait(EDIT_PATIENCE)
    }

    /// Hands `work` over to the writer's transaction; the answer is waited for without blocking.
    /// `committed` is called on the writer's thread once it is committed: it has to be short.
    pub fn edit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        committed: impl FnOnce(&T) + Send + 'static,
    ) -> Editing<T> {
        let (edit, editing) = Edit::awaited(work, committed);
        if let Err(Item::Edit(edit)) = self.shared.queue.push(Item::Edit(edit)) {
            edit.refuse();
        }
        editing
    }

    /// The highest id in the spill file: none of them may be given out again. Normally `None`,
    /// because the spill is taken over at the start.
    pub fn highest_spilled(&self) -> Option<Id> {
        let mut highest = None;
        let mut from = 0;
        loop {
            let piece = self.shared.spill.read(from, 1_000).ok()?;
            if piece.records.is_empty() {
                return highest;
            }
            from = piece.until;
            let ids = piece.records.iter().filter_map(|record| match record {
                Framed::Record(record) => Some(record.id()),
                Framed::Unreadable { .. } => None,
            });
            highest = highest.max(ids.max());
        }
    }

    /// Rings after each commit that put something into the outbox.
    pub fn outbox_bell(&self) -> Arc<Doorbell> {
        Arc::clone(&self.shared.outbox)
    }

    /// Whether others write, too: something waits for the writer now, or since that time and number
    /// of commits there were more than a hundred a second beside one's own.
    pub fn is_busy_since(&self, since: Instant, commits: u64) -> bool {
        const OWN: u64 = 2;
        const MANY_A_SECOND: u128 = 100;
        let others = self.commits().saturating_sub(commits + OWN);
        let many = MANY_A_SECOND * since.elapsed().as_millis() / 1_000;
        self.shared.queue.len() > 0 || u128::from(others) > many
    }

    /// Wakes the writer for other work than the queue's.
    pub(super) fn poke(&self) {
        self.shared.queue.poke();
    }

    /// Number of commits so far.
    pub fn commits(&self) -> u64 {
        self.shared.counters.commits.load(Ordering::Relaxed)
    }

    pub fn health(&self) -> Health {
        let counters = &self.shared.counters;
        let spill = &self.shared.spill;
        Health {
            stalled: self.shared.is_stalled(),
            queue: self.shared.queue.len(),
            spill: SpillHealth {
                pending_bytes: spill.waiting_bytes(),
                written: spill.written(),
                failed: spill.failed(),
                replayed: counters.replayed.load(Ordering::Relaxed),
            },
            unstored: counters.in_memory.load(Ordering::Relaxed).max(0) as u64,
            lost: counters.lost.load(Ordering::Relaxed),
            set_aside: counters.set_aside.load(Ordering::Relaxed),
            stored: counters.stored.load(Ordering::Relaxed),
            commits: counters.commits.load(Ordering::Relaxed),
            stalls: counters.stalls.load(Ordering::Relaxed),
            slowest_commit_us: counters.slowest_commit_us.load(Ordering::Relaxed),
        }
    }

    /// Stores what waits, then ends the threads. What the database still refuses goes to the
    /// spill file.
    pub fn stop(&self) {
        self.shared.queue.close();
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for (index, thread) in threads.drain(..).enumerate() {
            let _ = thread.join();
            if index == 0 {
                self.shared.spill.close();
            }
        }
        self.shared.settle_leftover();
    }
}

/// Wakes each worker thread that waits for one of these records, once.
pub(super) fn ring<'a>(records: impl Iterator<Item = &'a Arc<Pending>>) {
    let mut rung: Vec<&Arc<Bell>> = Vec::new();
    for pending in records {
        if !rung.iter().any(|bell| Arc::ptr_eq(bell, &pending.bell)) {
            pending.bell.ring();
            rung.push(&pending.bell);
        }
    }
}
