//! What the handlers, the writer and the spill know of each other.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::lane::Receipt;
use super::pending::{Pending, Progress};
use super::queue::{Item, Queue};
use crate::store::outbox::Doorbell;
use crate::store::spill::Spill;

/// Clicks that may wait in memory because neither file takes them: some 100 MB.
const MEMORY_BOUND: i64 = 100_000;

pub(crate) struct Shared {
    pub(crate) queue: Queue,
    pub(crate) spill: Arc<Spill>,
    /// How long a click waits for a commit, and again for the spill.
    pub(crate) ack_timeout: Duration,
    stalled: AtomicBool,
    /// Said once a stall: that clicks wait in memory, and that there is no room for more.
    told_of_memory: AtomicBool,
    told_of_loss: AtomicBool,
    pub(crate) counters: Counters,
    /// Rung when a commit put something into the outbox.
    pub(crate) outbox: Arc<Doorbell>,
    /// Handed to the spill at the very end; what it did not take is lost.
    leftover: Mutex<Vec<Arc<Pending>>>,
}

/// What happened since the start.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) stored: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) stalls: AtomicU64,
    pub(crate) replayed: AtomicU64,
    pub(crate) set_aside: AtomicU64,
    /// Clicks that wait in memory now.
    pub(crate) in_memory: AtomicI64,
    pub(crate) lost: AtomicU64,
    /// Microseconds of the slowest commit since the start.
    pub(crate) slowest_commit_us: AtomicU64,
}

impl Shared {
    pub(crate) fn new(queue: Queue, spill: Arc<Spill>, ack_timeout: Duration) -> Self {
        Self {
            queue,
            spill,
            ack_timeout,
            stalled: AtomicBool::new(false),
            told_of_memory: AtomicBool::new(false),
            told_of_loss: AtomicBool::new(false),
            counters: Counters::default(),
            outbox: Arc::default(),
            leftover: Mutex::default(),
        }
    }

    /// The writer ends without having stored this click; the spill has it now.
    pub(crate) fn leave_to_the_spill(&self, pending: Arc<Pending>) {
        let mut leftover = self.leftover.lock().unwrap_or_else(PoisonError::into_inner);
        leftover.push(pending);
    }

    /// After both threads have ended: counts what neither file has.
    pub(crate) fn settle_leftover(&self) {
        let mut leftover = self.leftover.lock().unwrap_or_else(PoisonError::into_inner);
        for pending in leftover.drain(..) {
            self.counters.in_memory.fetch_sub(1, Ordering::Relaxed);
            if !matches!(pending.progress(), Progress::Spilled | Progress::Stored) {
                self.counters.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// No commit came in time; clicks go straight to the spill until the writer has caught up.
    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Acquire)
    }

    pub(crate) fn stall(&self) {
        if !self.stalled.swap(true, Ordering::AcqRel) {
            self.counters.stalls.fetch_add(1, Ordering::Relaxed);
            tracing::warn!("the database does not take clicks in time; they go to the spill file");
            self.queue.poke();
        }
    }

    pub(crate) fn recover(&self) {
        if self.stalled.swap(false, Ordering::AcqRel) {
            self.told_of_memory.store(false, Ordering::Relaxed);
            self.told_of_loss.store(false, Ordering::Relaxed);
            tracing::info!("the database takes clicks again; the spill file is taken over");
        }
    }

    /// Neither file took the click, and its visitor must go on.
    pub(crate) fn keep_in_memory(&self, pending: Arc<Pending>) -> Receipt {
        for waits_as in [Progress::Spilling, Progress::SpillFailed] {
            match pending.advance(waits_as, Progress::Orphan) {
                Ok(()) => break,
                Err(Progress::Stored) => return Receipt::Stored,
                Err(Progress::Spilled) => return Receipt::Spilled,
                Err(_) => {}
            }
        }
        // The writer empties the queue again and again while it cannot store, so it is this count
        // that bounds the memory.
        let others = self.counters.in_memory.fetch_add(1, Ordering::Relaxed);
        if others < MEMORY_BOUND && self.queue.push(Item::Record(pending)).is_ok() {
            if !self.told_of_memory.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    "neither the database nor the spill file takes clicks in time; they wait in \
                     memory, and are lost if the program is killed before"
                );
            }
            Receipt::InMemory
        } else {
            self.counters.in_memory.fetch_sub(1, Ordering::Relaxed);
            self.counters.lost.fetch_add(1, Ordering::Relaxed);
            if !self.told_of_loss.swap(true, Ordering::Relaxed) {
                tracing::error!(
                    "there is no room for more clicks in memory: visitors are sent on, and their \
                     clicks are lost until the database takes them again"
                );
            }
            Receipt::Lost
        }
    }
}
