//! How a worker thread waits for its clicks.
//!
//! Waking a task of another thread costs a system call. So the writer does not wake each waiting
//! click: after a commit it rings one bell per worker thread, and the worker's own task wakes the
//! clicks whose progress has changed. The same task watches their time, so that no click needs a
//! timer of its own.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::pending::{Pending, Progress};
use super::queue::Item;
use super::shared::Shared;
use crate::domain::click::Click;

/// How precisely the acknowledgement time-out is kept.
const TICK: Duration = Duration::from_millis(10);

/// What became of a click before its visitor was sent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// Committed to the database.
    Stored,
    /// In the spill file, to be taken over into the database.
    Spilled,
    /// In neither file: kept in memory, counted and shown.
    InMemory,
    /// Not even there was room: lost, counted and shown.
    Lost,
}

/// A worker thread's way to the writer. Not `Send`: each worker thread opens its own.
#[derive(Clone)]
pub struct Lane {
    shared: Arc<Shared>,
    bell: Arc<Notify>,
    waiting: Rc<RefCell<Vec<Waiting>>>,
}

struct Waiting {
    pending: Arc<Pending>,
    since: Progress,
    deadline: Instant,
    waker: Waker,
}

impl Lane {
    /// Must be called on a thread that runs a local task set, as the server's workers do.
    pub(crate) fn open(shared: Arc<Shared>) -> Self {
        let lane = Self {
            shared,
            bell: Arc::new(Notify::new()),
            waiting: Rc::default(),
        };
        tokio::task::spawn_local(watch(Arc::clone(&lane.bell), Rc::downgrade(&lane.waiting)));
        lane
    }

    /// Stores a click. Ends when it is safe, or when waiting longer would only keep the visitor.
    pub async fn store(&self, click: Click) -> Receipt {
        let pending = Arc::new(Pending::new(click, Arc::clone(&self.bell)));
        let shared = &self.shared;
        if !shared.is_stalled() && shared.queue.push(Item::Click(Arc::clone(&pending))).is_ok() {
            if self.progress_from(&pending, Progress::Queued).await == Progress::Stored {
                return Receipt::Stored;
            }
            shared.stall();
        }
        for waits_as in [Progress::Queued, Progress::Failed] {
            if let Err(Progress::Stored) = pending.advance(waits_as, Progress::Spilling) {
                return Receipt::Stored;
            }
        }
        shared.spill.push(Arc::clone(&pending));
        match self.progress_from(&pending, Progress::Spilling).await {
            Progress::Stored => Receipt::Stored,
            Progress::Spilled => Receipt::Spilled,
            _ => shared.keep_in_memory(pending),
        }
    }

    /// Waits until the click's progress is no longer `since`, or the time-out is over.
    fn progress_from<'a>(&'a self, pending: &'a Arc<Pending>, since: Progress) -> Moved<'a> {
        let deadline = Instant::now() + self.shared.ack_timeout;
        Moved {
            lane: self,
            pending,
            since,
            deadline,
            registered: false,
        }
    }
}

/// Future of [`Lane::progress_from`].
struct Moved<'a> {
    lane: &'a Lane,
    pending: &'a Arc<Pending>,
    since: Progress,
    deadline: Instant,
    registered: bool,
}

impl Future for Moved<'_> {
    type Output = Progress;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Progress> {
        let progress = self.pending.progress();
        if progress != self.since {
            return Poll::Ready(progress);
        }
        if self.registered && Instant::now() >= self.deadline {
            return Poll::Ready(progress);
        }
        let mut waiting = self.lane.waiting.borrow_mut();
        if !self.registered {
            if waiting.is_empty() {
                // The watcher sleeps without a clock while nobody waits.
                self.lane.bell.notify_one();
            }
            waiting.push(Waiting {
                pending: Arc::clone(self.pending),
                since: self.since,
                deadline: self.deadline,
                waker: context.waker().clone(),
            });
        } else if let Some(entry) = waiting
            .iter_mut()
            .find(|entry| Arc::ptr_eq(&entry.pending, self.pending))
            && !entry.waker.will_wake(context.waker())
        {
            entry.waker.clone_from(context.waker());
        }
        drop(waiting);
        self.registered = true;
        Poll::Pending
    }
}

/// The worker's own task: wakes the clicks that have moved on or waited too long.
async fn watch(bell: Arc<Notify>, waiting: std::rc::Weak<RefCell<Vec<Waiting>>>) {
    let mut idle = true;
    loop {
        if idle {
            bell.notified().await;
        } else {
            let _ = tokio::time::timeout(TICK, bell.notified()).await;
        }
        let Some(waiting) = waiting.upgrade() else {
            return;
        };
        let now = Instant::now();
        let mut waiting = waiting.borrow_mut();
        waiting.retain(|entry| {
            let stays = entry.pending.progress() == entry.since && now < entry.deadline;
            if !stays {
                entry.waker.wake_by_ref();
            }
            stays
        });
        idle = waiting.is_empty();
    }
}
