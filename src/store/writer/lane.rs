//! How a worker thread waits for its clicks.
//!
//! Waking a task of another thread costs a system call. So the writer does not wake each waiting
//! click: after a commit it rings one bell per worker thread, and the worker's own task wakes the
//! clicks whose progress has changed. The same task watches their time, so that no click needs a
//! timer of its own.
//!
//! The other direction is the same: clicks are put into the queue while the worker serves the
//! requests that are ready, and its task, which runs after those, announces all of them at once.
//! Without that the writer is woken for each click and commits them nearly one by one.
//!
//! A worker that goes to sleep is woken by a system call and, on a virtual machine, tens of
//! microseconds late; under load that is as long as the commit it waits for. So while clicks wait,
//! the task lets other requests and other threads run and looks again, for a short while, before
//! it sleeps; the bell is rung only for sleepers.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::bell::Bell;
use super::pending::{Pending, Progress};
use super::shared::Shared;
use crate::domain::click::Click;
use crate::store::record::Record;

/// How precisely the acknowledgement time-out is kept.
const TICK: Duration = Duration::from_millis(10);
/// How long the task looks for commits, since the last one it saw, before it sleeps.
const LOOKING: Duration = Duration::from_micros(50);

/// What became of a record before its visitor was sent on.
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
    bell: Arc<Bell>,
    local: Rc<Local>,
}

/// What the worker's clicks and its task share.
#[derive(Default)]
struct Local {
    /// Clicks were put into the queue, to be announced at the end of this turn.
    unannounced: Cell<bool>,
    waiting: RefCell<Vec<Waiting>>,
}

struct Waiting {
    pending: Arc<Pending>,
    since: Progress,
    /// `None` while the click is not announced.
    deadline: Option<Instant>,
    waker: Waker,
}

impl Lane {
    /// Must be called on a thread that runs a local task set, as the server's workers do.
    pub(crate) fn open(shared: Arc<Shared>) -> Self {
        let lane = Self {
            shared,
            bell: Arc::default(),
            local: Rc::default(),
        };
        tokio::task::spawn_local(watch(
            Arc::clone(&lane.bell),
            Rc::downgrade(&lane.local),
            Arc::clone(&lane.shared),
        ));
        lane
    }

    /// Stores a record. Ends when it is safe, or when waiting longer would only keep the visitor.
    pub async fn store(&self, record: impl Into<Record>) -> Receipt {
        let pending = self.pending(record);
        self.put(std::slice::from_ref(&pending));
        self.settle(pending).await
    }

    /// Stores the clicks of one visit, put in together, so that one commit takes them. Ends when
    /// all are as safe as [`Lane::store`] makes them.
    pub async fn store_all(&self, mut clicks: Vec<Arc<Click>>) {
        if clicks.len() == 1
            && let Some(click) = clicks.pop()
        {
            self.store(click).await;
            return;
        }
        let clicks: Vec<_> = clicks
            .into_iter()
            .map(|click| self.pending(click))
            .collect();
        self.put(&clicks);
        let mut storing: Vec<_> = clicks
            .into_iter()
            .map(|click| Box::pin(self.settle(click)))
            .collect();
        poll_fn(|context| {
            storing.retain_mut(|one| one.as_mut().poll(context).is_pending());
            match storing.is_empty() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    fn pending(&self, record: impl Into<Record>) -> Arc<Pending> {
        Arc::new(Pending::new(record.into(), Arc::clone(&self.bell)))
    }

    /// Into the writer's queue, where it takes anything in time.
    fn put(&self, records: &[Arc<Pending>]) {
        let refused = match self.shared.is_stalled() {
            true => records,
            false => {
                self.local.unannounced.set(true);
                self.shared.queue.put(records)
            }
        };
        for pending in refused {
            let _ = pending.advance(Progress::Queued, Progress::Failed);
        }
    }

    /// Waits for what was put in, and takes what the writer has not stored to the spill.
    async fn settle(&self, pending: Arc<Pending>) -> Receipt {
        let shared = &self.shared;
        match self.progress_from(&pending, Progress::Queued).await {
            Progress::Stored => return Receipt::Stored,
            _ => shared.stall(),
        }
        for waits_as in [Progress::Queued, Progress::Failed] {
            if let Err(Progress::Stored) = pending.advance(waits_as, Progress::Spilling) {
                return Receipt::Stored;
            }
        }
        if shared.spill.is_stalled() {
            return shared.keep_in_memory(pending);
        }
        shared.spill.push(Arc::clone(&pending));
        match self.progress_from(&pending, Progress::Spilling).await {
            Progress::Stored => Receipt::Stored,
            Progress::Spilled => Receipt::Spilled,
            Progress::Spilling => {
                shared.spill.stalls_on(&pending);
                shared.keep_in_memory(pending)
            }
            _ => shared.keep_in_memory(pending),
        }
    }

    /// Waits until the click's progress is no longer `since`, or the time-out is over. The time
    /// begins when the click is announced: what a busy worker has not even announced says nothing
    /// about the disk.
    fn progress_from<'a>(&'a self, pending: &'a Arc<Pending>, since: Progress) -> Moved<'a> {
        Moved {
            lane: self,
            pending,
            since,
            registered: false,
        }
    }
}

/// Future of [`Lane::progress_from`].
struct Moved<'a> {
    lane: &'a Lane,
    pending: &'a Arc<Pending>,
    since: Progress,
    registered: bool,
}

impl Future for Moved<'_> {
    type Output = Progress;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Progress> {
        let progress = self.pending.progress();
        if progress != self.since {
            return Poll::Ready(progress);
        }
        let mut waiting = self.lane.local.waiting.borrow_mut();
        let registered = self.registered.then(|| {
            let mut entries = waiting.iter_mut();
            entries.find(|entry| Arc::ptr_eq(&entry.pending, self.pending))
        });
        match registered {
            // The worker's task has given it up.
            Some(None) => return Poll::Ready(progress),
            Some(Some(entry)) => entry.waker.clone_from(context.waker()),
            None => {
                waiting.push(Waiting {
                    pending: Arc::clone(self.pending),
                    since: self.since,
                    deadline: (self.since != Progress::Queued)
                        .then(|| Instant::now() + self.lane.shared.ack_timeout),
                    waker: context.waker().clone(),
                });
                // The worker's task announces what was put in, and watches from now on.
                self.lane.bell.ring_here();
            }
        }
        drop(waiting);
        self.registered = true;
        Poll::Pending
    }
}

/// The worker's own task: announces the clicks of a turn, and wakes those that have moved on or
/// waited too long.
async fn watch(bell: Arc<Bell>, local: Weak<Local>, shared: Arc<Shared>) {
    // One clock for all rounds: setting one each round cost more than looking at the clicks.
    let mut tick = pin!(tokio::time::sleep(TICK));
    let mut moved_at = Instant::now();
    loop {
        let Some(alive) = local.upgrade() else {
            return;
        };
        let now = Instant::now();
        if alive.round(&shared, now) {
            moved_at = now;
        }
        let idle = alive.waiting.borrow().is_empty();
        if !idle && now < moved_at + LOOKING {
            drop(alive);
            std::thread::yield_now();
            tokio::task::yield_now().await;
            continue;
        }
        bell.will_sleep();
        if alive.has_news() {
            bell.is_awake();
            continue;
        }
        drop(alive);
        let mut rung = pin!(bell.rung());
        poll_fn(|context| {
            if rung.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            if !idle && tick.as_mut().poll(context).is_ready() {
                tick.as_mut().reset(tokio::time::Instant::now() + TICK);
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
        bell.is_awake();
        moved_at = Instant::now();
    }
}

impl Local {
    /// Announces, and wakes whose wait is over. `true` if there was anything to do.
    fn round(&self, shared: &Shared, now: Instant) -> bool {
        let mut moved = self.unannounced.take();
        if moved {
            shared.queue.announce();
        }
        let from_now = now + shared.ack_timeout;
        self.waiting.borrow_mut().retain_mut(|entry| {
            let deadline = *entry.deadline.get_or_insert(from_now);
            let stays = !entry.has_moved() && now < deadline;
            if !stays {
                entry.waker.wake_by_ref();
                moved = true;
            }
            stays
        });
        moved
    }

    fn has_news(&self) -> bool {
        self.unannounced.get() || self.waiting.borrow().iter().any(Waiting::has_moved)
    }
}

impl Waiting {
    fn has_moved(&self) -> bool {
        self.pending.progress() != self.since
    }
}
