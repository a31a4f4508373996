//! What wakes a worker thread's task when clicks of that worker have moved on.

use std::sync::atomic::{AtomicBool, Ordering, fence};

use tokio::sync::Notify;

/// One per worker thread. Its task says when it sleeps, so that nobody rings for one that is awake
/// and looks by itself: ringing for another thread costs a system call.
///
/// The order that makes this safe: the ringer changes the progress of clicks, then looks whether the
/// task sleeps; the task says that it will sleep, then looks at the progress of its clicks. The two
/// fences keep both from seeing the old state of the other.
#[derive(Default)]
pub(crate) struct Bell {
    notify: Notify,
    sleeps: AtomicBool,
}

impl Bell {
    /// From another thread, after the progress of clicks was changed.
    pub(crate) fn ring(&self) {
        fence(Ordering::SeqCst);
        if self.sleeps.load(Ordering::Relaxed) && self.sleeps.swap(false, Ordering::AcqRel) {
            self.notify.notify_one();
        }
    }

    /// From the task's own thread, for which it is cheap. Until the task runs nobody else need
    /// ring for it.
    pub(crate) fn ring_here(&self) {
        self.is_awake();
        self.notify.notify_one();
    }

    /// To be called before the last look.
    pub(crate) fn will_sleep(&self) {
        self.sleeps.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    pub(crate) fn is_awake(&self) {
        self.sleeps.store(false, Ordering::Relaxed);
    }

    /// Ends when the bell was rung, now or before.
    pub(crate) async fn rung(&self) {
        self.notify.notified().await;
    }
}
