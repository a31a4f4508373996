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
///
/// Records come in lots: each is put in as soon as it is there, and announced with the others of
/// its lot. The taker is woken, and takes anything, only for what was announced; then it takes
/// the unfinished lots of other threads, too. So it is not woken for each record, and yet finds
/// the records of all threads nearly in the order of their ids.
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    ready: Condvar,
    bound: usize,
}

#[derive(Default)]
struct Inner {
    items: Vec<Item>,
    /// Some of the items are there to be taken, not only put in.
    announced: bool,
    /// The taker sleeps, so that it has to be woken. Waking costs a system call.
    taker_sleeps: bool,
    poked: bool,
    closed: bool,
}

impl Inner {
    fn has_news(&self) -> bool {
        self.announced || self.closed || self.poked
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

    /// Puts the item in and announces it. Gives it back if the queue is full or closed.
    pub(crate) fn push(&self, item: Item) -> Result<(), Item> {
        let mut inner = self.lock();
        if inner.closed || inner.items.len() >= self.bound {
            return Err(item);
        }
        inner.items.push(item);
        self.announce_in(inner);
        Ok(())
    }

    /// Puts records in, to be announced with the others of their lot. Returns those that found no
    /// room.
    pub(crate) fn put<'r>(&self, records: &'r [Arc<Pending>]) -> &'r [Arc<Pending>] {
        let mut inner = self.lock();
        let room = match inner.closed {
            true => 0,
            false => self.bound.saturating_sub(inner.items.len()),
        };
        let (fitting, refused) = records.split_at(room.min(records.len()));
        let items = fitting.iter().map(Arc::clone).map(Item::Record);
        inner.items.extend(items);
        refused
    }

    /// What was put in is there to be taken, unless it was taken already.
    pub(crate) fn announce(&self) {
        self.announce_in(self.lock());
    }

    fn announce_in(&self, mut inner: MutexGuard<'_, Inner>) {
        inner.announced = !inner.items.is_empty();
        let wake = inner.announced && std::mem::take(&mut inner.taker_sleeps);
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
    /// something is announced, or a poke, or the end, or `patience` is over.
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
        inner.announced = false;
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

#[cfg(test)]
mod tests {
    use super::super::bell::Bell;
    use super::*;
    use crate::domain::id::Id;
    use crate::domain::offer_click::OfferClick;
    use crate::store::record::Record;

    const NO_TIME: Option<Duration> = Some(Duration::ZERO);

    fn record(id: i64) -> Arc<Pending> {
        let step = OfferClick {
            id: Id::from_row(id).expect("no negative id"),
            at: 0,
            click_id: None,
            offer_id: None,
            n: None,
            no_entry_campaign_id: None,
            is_preview: false,
        };
        Arc::new(Pending::new(
            Record::OfferClick(step),
            Arc::<Bell>::default(),
        ))
    }

    #[test]
    fn the_taker_comes_for_what_is_announced_and_takes_all_that_is_in() {
        let queue = Queue::new(10);
        assert!(queue.put(&[record(1), record(2)]).is_empty());
        assert!(!queue.lock().has_news());
        queue.put(&[record(3)]);
        queue.announce();

        let taken = queue.take(Vec::new(), None);

        assert_eq!(taken.items.len(), 3);
        queue.announce();
        assert!(!queue.lock().has_news());
        assert!(queue.take(Vec::new(), NO_TIME).items.is_empty());
    }

    #[test]
    fn a_full_or_closed_queue_gives_back_what_finds_no_room() {
        let queue = Queue::new(2);
        let three = [record(1), record(2), record(3)];

        let refused = queue.put(&three);

        assert!(Arc::ptr_eq(&refused[0], &three[2]) && refused.len() == 1);
        assert!(queue.push(Item::Record(record(4))).is_err());
        queue.take(Vec::new(), NO_TIME);
        queue.close();
        assert_eq!(queue.put(&three).len(), 3);
        assert!(queue.push(Item::Record(record(5))).is_err());
    }
}
