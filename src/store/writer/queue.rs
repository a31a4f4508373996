//! What waits for the writer, in the order in which it came.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::edit::Edit;
use super::pending::Pending;

/// One thing for the writer to do.
pub(crate) enum Item {
    Record(Arc<Pending>),
    Edit(Edit),
}

/// How often the taker looks again, letting others run in between, before it goes to sleep. Under
/// load the next clicks come within microseconds, and being woken takes longer than that.
const LOOKS: u32 = 10;

/// A bounded queue with one taker. Pushing never waits.
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    ready: Condvar,
    bound: usize,
}

#[derive(Default)]
struct Inner {
    items: Vec<Item>,
    /// The taker sleeps, so that it has to be woken. Waking costs a system call.
    taker_sleeps: bool,
    poked: bool,
    closed: bool,
}

impl Inner {
    fn has_news(&self) -> bool {
        !self.items.is_empty() || self.closed || self.poked
    }
}

/// What the taker got.
pub(crate) struct Taken {
    pub(crate) items: Vec<Item>,
    /// Nothing will come any more.
    pub(crate) closed: bool,
}

impl Queue {
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            inner: Mutex::default(),
            ready: Condvar::new(),
            bound,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic while holding the lock leaves a list of items that is still a list of items.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the item back if the queue is full or closed.
    pub(crate) fn push(&self, item: Item) -> Result<(), Item> {
        let mut inner = self.lock();
        if inner.closed || inner.items.len() >= self.bound {
            return Err(item);
        }
        inner.items.push(item);
        let wake = std::mem::take(&mut inner.taker_sleeps);
        drop(inner);
        if wake {
            self.ready.notify_one();
        }
        Ok(())
    }

    /// Takes the records over in one go; those that find no room stay.
    pub(crate) fn push_records(&self, records: &mut Vec<Arc<Pending>>) {
        let mut inner = self.lock();
        let room = match inner.closed {
            true => 0,
            false => self
                .bound
                .saturating_sub(inner.items.len())
                .min(records.len()),
        };
        inner.items.extend(records.drain(..room).map(Item::Record));
        let wake = room > 0 && std::mem::take(&mut inner.taker_sleeps);
        drop(inner);
        if wake {
            self.ready.notify_one();
        }
    }

    /// Wakes the taker although nothing was pushed: there is other work for it.
    pub(crate) fn poke(&self) {
        let mut inner = self.lock();
        inner.poked = true;
        inner.taker_sleeps = false;
        drop(inner);
        self.ready.notify_one();
    }

    /// From now on nothing is taken in; what is there is still handed out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_one();
    }

    /// Everything that waits, into the emptied `space` (whose memory is used again). Waits until
    /// there is something, or a poke, or the end, or `patience` is over.
    pub(crate) fn take(&self, space: Vec<Item>, patience: Option<Duration>) -> Taken {
        let mut inner = self.lock();
        for _ in 0..LOOKS {
            if inner.has_news() {
                break;
            }
            drop(inner);
            std::thread::yield_now();
            inner = self.lock();
        }
        while !inner.has_news() {
            inner.taker_sleeps = true;
            match patience {
                None => {
                    inner = self
                        .ready
                        .wait(inner)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                Some(patience) => {
                    let (guard, over) = self
                        .ready
                        .wait_timeout(inner, patience)
                        .unwrap_or_else(PoisonError::into_inner);
                    inner = guard;
                    if over.timed_out() {
                        break;
                    }
                }
            }
        }
        inner.taker_sleeps = false;
        inner.poked = false;
        let items = std::mem::replace(&mut inner.items, space);
        Taken {
            items,
            closed: inner.closed,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().items.len()
    }
}
