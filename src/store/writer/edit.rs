//! Work on the database that is not a click: an operator's edit, a flush of counters.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::store::error::StoreError;

/// Tells the one who asked, after the commit or when it is clear that there is none.
type Release = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Does the work and says how to tell its end; `None` where the work failed, which it has told.
/// Without a connection it only tells why.
type Task = Box<dyn FnOnce(Result<&Connection, StoreError>) -> Option<Release> + Send>;

/// A piece of work and the way to tell how it ended.
pub(crate) struct Edit {
    task: Task,
    claim: Arc<AtomicBool>,
}

/// What waits for the end of an [`Edit`], blocking its thread.
pub(crate) struct Outcome<T> {
    receiver: mpsc::Receiver<Result<T, StoreError>>,
    claim: Arc<AtomicBool>,
}

/// What waits for the end of an `Edit` without blocking anybody.
pub struct Editing<T> {
    receiver: oneshot::Receiver<Result<T, StoreError>>,
    claim: Arc<AtomicBool>,
}

/// How far a piece of work is when its time is over.
pub enum Waited<T> {
    Ended(Result<T, StoreError>),
    /// The writer has begun it and not ended it: it may happen or not.
    Open(Editing<T>),
}

/// A piece of work that ran inside the open transaction.
pub(crate) struct Done(Release);

impl Edit {
    pub(crate) fn new<T: Send + 'static>(
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> (Edit, Outcome<T>) {
        let (sender, receiver) = mpsc::sync_channel(1);
        let edit = Self::telling(work, move |result| {
            let _ = sender.send(result);
        });
        let claim = Arc::clone(&edit.claim);
        (edit, Outcome { receiver, claim })
    }

    /// `committed` is called by the writer after the commit, before anybody is told.
    pub(crate) fn awaited<T: Send + 'static>(
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        committed: impl FnOnce(&T) + Send + 'static,
    ) -> (Edit, Editing<T>) {
        let (sender, receiver) = oneshot::channel();
        let edit = Self::telling(work, move |result| {
            if let Ok(value) = &result {
                committed(value);
            }
            let _ = sender.send(result);
        });
        let claim = Arc::clone(&edit.claim);
        (edit, Editing { receiver, claim })
    }

    fn telling<T: Send + 'static>(
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        tell: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) -> Edit {
        let task = move |connection: Result<&Connection, StoreError>| -> Option<Release> {
            match connection.and_then(work) {
                Ok(value) => Some(Box::new(move |committed| {
                    tell(committed.map(|()| value));
                })),
                Err(error) => {
                    tell(Err(error));
                    None
                }
            }
        };
        Edit {
            task: Box::new(task),
            claim: Arc::default(),
        }
    }

    /// Runs in a savepoint of the open transaction: when the work fails, its own changes are
    /// undone, the one who asked is told why, and the transaction goes on. `Err` is returned only
    /// when the transaction itself cannot go on.
    pub(crate) fn run(self, connection: &Connection) -> Result<Option<Done>, rusqlite::Error> {
        if self.claim.swap(true, Ordering::AcqRel) {
            return Ok(None); // Withdrawn.
        }
        if let Err(error) = execute(connection, "savepoint edit") {
            self.refuse();
            return Err(error);
        }
        let Some(release) = (self.task)(Ok(connection)) else {
            execute(connection, "rollback to edit")?;
            execute(connection, "release edit")?;
            return Ok(None);
        };
        if let Err(error) = execute(connection, "release edit") {
            release(Err(StoreError::Unavailable));
            return Err(error);
        }
        Ok(Some(Done(release)))
    }

    /// Tells the one who asked that it did not happen.
    pub(crate) fn refuse(self) {
        let _ = (self.task)(Err(StoreError::Unavailable));
    }
}

fn execute(connection: &Connection, sql: &str) -> Result<(), rusqlite::Error> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
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

impl<T> Editing<T> {
    /// Waits for the end. After `patience` the work is withdrawn, unless the writer has begun it.
    pub async fn wait(mut self, patience: Duration) -> Waited<T> {
        if let Ok(result) = tokio::time::timeout(patience, &mut self.receiver).await {
            return Waited::Ended(result.unwrap_or(Err(StoreError::Unavailable)));
        }
        match self.claim.swap(true, Ordering::AcqRel) {
            false => Waited::Ended(Err(StoreError::Unavailable)),
            true => Waited::Open(self),
        }
    }

    /// Waits for the end, however long it takes.
    pub async fn end(self) -> Result<T, StoreError> {
        self.receiver.await.unwrap_or(Err(StoreError::Unavailable))
    }
}
