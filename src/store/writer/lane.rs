//! How a worker thread waits for its clicks.
//!
//! Waking a task of another thread costs a system call. So the writer does not wake each waiting
//! click: after a commit it rings one bell per worker thread, and the worker's own task wakes the
//! clicks whose progress has changed. The same task watches their time, so that no click needs a
//! timer of its own.
//!
//! The other direction is the same: clicks are gathered while the worker serves the requests that
//! are ready, and its task, which runs after those, hands all of them over at once. Without that
//! the writer is woken for each click and commits them nearly one by one.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::pending::{Pending, Progress};
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
    local: Rc<Local>,
}

/// What the worker's clicks and its task share.
#[derive(Default)]
struct Local {
    /// To be handed over to the writer at the end of this turn.
    gathered: RefCell<Vec<Arc<Pending>>>,
    waiting: RefCell<Vec<Waiting>>,
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
            local: Rc::default(),
        };
        tokio::task::spawn_local(watch(
            Arc::clone(&lane.bell),
            Rc::downgrade(&lane.local),
            Arc::clone(&lane.shared),
        ));
        lane
    }

    /// Stores a click. Ends when it is safe, or when waiting longer would only keep the visitor.
    pub async fn store(&self, click: Click) -> Receipt {
        let pending = Arc::new(Pending::new(click, Arc::clone(&self.bell)));
        let shared = &self.shared;
        if !shared.is_stalled() {
            self.local.gathered.borrow_mut().push(Arc::clone(&pending));
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
        let mut waiting = self.lane.local.waiting.borrow_mut();
        let registered = self.registered.then(|| {
            let mut entries = waiting.iter_mut();
            entries.find(|entry| Arc::ptr_eq(&entry.pending, self.pending))
        });
        match registered {
            None => {
                waiting.push(Waiting {
                    pending: Arc::clone(self.pending),
                    since: self.since,
                    deadline: self.deadline,
                    waker: context.waker().clone(),
                });
                // The worker's task hands over what was gathered, and watches from now on.
                self.lane.bell.notify_one();
            }
            Some(entry) => {
                if let Some(entry) = entry {
                    entry.waker.clone_from(context.waker());
                }
            }
        }
        drop(waiting);
        self.registered = true;
        Poll::Pending
    }
}

/// The worker's own task: hands the gathered clicks over, and wakes those that have moved on or
/// waited too long.
async fn watch(bell: Arc<Notify>, local: Weak<Local>, shared: Arc<Shared>) {
    let mut idle = true;
    // One clock for all rounds: setting one each round cost more than looking at the clicks.
    let mut tick = pin!(tokio::time::sleep(TICK));
    loop {
        let mut rung = pin!(bell.notified());
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
        let Some(local) = local.upgrade() else {
            return;
        };
        let mut gathered = local.gathered.borrow_mut();
        if !gathered.is_empty() {
            shared.queue.push_clicks(&mut gathered);
            for refused in gathered.drain(..) {
                let _ = refused.advance(Progress::Queued, Progress::Failed);
            }
        }
        drop(gathered);
        let now = Instant::now();
        let mut waiting = local.waiting.borrow_mut();
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
