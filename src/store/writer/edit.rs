//! Work on the database that is not a click: an operator's edit, a flush of counters.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::Connection;

use crate::store::error::StoreError;

/// Tells the one who asked, after the commit or when it is clear that there is none.
type Release = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Work = Box<dyn FnOnce(&Connection) -> Result<Release, StoreError> + Send>;

/// A piece of work and the way to tell how it ended.
pub(crate) struct Edit {
    work: Work,
    refuse: Box<dyn FnOnce(StoreError) + Send>,
    claim: Arc<AtomicBool>,
}

/// What waits for the end of an [`Edit`].
pub(crate) struct Outcome<T> {
    receiver: mpsc::Receiver<Result<T, StoreError>>,
    claim: Arc<AtomicBool>,
}

/// A piece of work that ran inside the open transaction.
pub(crate) struct Done(Release);

impl Edit {
    pub(crate) fn new<T: Send + 'static>(
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> (Edit, Outcome<T>) {
        let (sender, receiver) = mpsc::sync_channel(1);
        let refusal = sender.clone();
        let claim = Arc::new(AtomicBool::new(false));
        let edit = Edit {
            work: Box::new(move |connection| {
                let value = work(connection)?;
                Ok(Box::new(move |committed: Result<(), StoreError>| {
                    let _ = sender.send(committed.map(|()| value));
                }))
            }),
            refuse: Box::new(move |error| {
                let _ = refusal.send(Err(error));
            }),
            claim: Arc::clone(&claim),
        };
        (edit, Outcome { receiver, claim })
    }

    /// Runs in a savepoint of the open transaction: when the work fails, its own changes are
    /// undone, the one who asked is told why, and the transaction goes on. `Err` is returned only
    /// when the transaction itself cannot go on.
    pub(crate) fn run(self, connection: &Connection) -> Result<Option<Done>, rusqlite::Error> {
        if self.claim.swap(true, Ordering::AcqRel) {
            return Ok(None); // Withdrawn.
        }
        if let Err(error) = connection.execute_batch("savepoint edit") {
            (self.refuse)(StoreError::Unavailable);
            return Err(error);
        }
        match (self.work)(connection) {
            Ok(release) => {
                if let Err(error) = connection.execute_batch("release edit") {
                    release(Err(StoreError::Unavailable));
                    return Err(error);
                }
                Ok(Some(Done(release)))
            }
            Err(error) => {
                (self.refuse)(error);
                connection.execute_batch("rollback to edit; release edit")?;
                Ok(None)
            }
        }
    }

    /// Tells the one who asked that it did not happen.
    pub(crate) fn refuse(self) {
        (self.refuse)(StoreError::Unavailable);
    }
}

impl Done {
    pub(crate) fn committed(self) {
        (self.0)(Ok(()));
    }

    pub(crate) fn lost(self) {
        (self.0)(Err(StoreError::Unavailable));
    }
}

impl<T> Outcome<T> {
    /// Waits for the end. After `patience` the work is withdrawn, unless the writer has begun it:
    /// then its end is waited for, because "not done" would be a guess.
    pub(crate) fn wait(self, patience: Duration) -> Result<T, StoreError> {
        if let Ok(result) = self.receiver.recv_timeout(patience) {
            return result;
        }
        if !self.claim.swap(true, Ordering::AcqRel) {
            return Err(StoreError::Unavailable);
        }
        self.receiver.recv().unwrap_or(Err(StoreError::Unavailable))
    }
}
