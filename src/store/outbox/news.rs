//! How whoever sends hears that something was put into the outbox, so that it need not ask again and
//! again.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

thread_local! {
    /// All rows are written on the writer's thread, by many; it looks here after each commit. One that
    /// was rolled back rings for nothing, which does no harm.
    static HAS_NEWS: Cell<bool> = const { Cell::new(false) };
}

/// The open transaction made something due.
pub(super) fn note() {
    HAS_NEWS.set(true);
}

/// Whether a transaction did so since this was asked last; on the writer's thread.
pub(in crate::store) fn take() -> bool {
    HAS_NEWS.take()
}

/// Wakes one who waits; rung before, it does not let him sleep.
#[derive(Debug, Default)]
pub struct Doorbell {
    is_rung: Mutex<bool>,
    changed: Condvar,
}

impl Doorbell {
    pub fn ring(&self) {
        *self.is_rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }

    /// Returns when it is rung, or was since the last time; at the latest after so long.
    pub fn wait(&self, most: Duration) {
        let is_rung = self.is_rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .changed
            .wait_timeout_while(is_rung, most, |is_rung| !*is_rung);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_ring_before_the_waiting_counts_once() {
        let bell = Doorbell::default();
        let long = Duration::from_secs(60);
        bell.ring();
        bell.ring();

        let began = Instant::now();
        bell.wait(long);
        assert!(began.elapsed() < long);
        bell.wait(Duration::from_millis(20));
        assert!(began.elapsed() >= Duration::from_millis(20));
    }
}
