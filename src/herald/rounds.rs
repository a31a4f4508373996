//! A thread that does something every so often, until it is stopped.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Whether the thread is to end.
#[derive(Clone, Default)]
pub(super) struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    pub(super) fn is_asked(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    /// Waits so long, or until it is asked; whether it is.
    fn wait(&self, most: Duration) -> bool {
        let asked = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.1.wait_timeout_while(asked, most, |asked| !*asked);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

pub(super) struct Rounds {
    stop: Stop,
    thread: JoinHandle<()>,
}

impl Rounds {
    pub(super) fn start(
        name: &str,
        every: Duration,
        mut round: impl FnMut(&Stop) + Send + 'static,
    ) -> std::io::Result<Rounds> {
        let stop = Stop::default();
        let signal = stop.clone();
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                while !signal.wait(every) {
                    round(&signal);
                }
            })?;
        Ok(Rounds { stop, thread })
    }

    pub(super) fn stop(self) {
        self.stop.ask();
        let _ = self.thread.join();
    }
}
