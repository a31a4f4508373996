//! The one writer. (in progress: this version runs each edit in a transaction of its own)

use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use super::error::StoreError;

/// Handle to the writer; cheap to clone.
#[derive(Clone)]
pub struct Writer(Arc<Mutex<Connection>>);

impl Writer {
    pub fn over(connection: Connection) -> Self {
        Self(Arc::new(Mutex::new(connection)))
    }

    /// Runs `work` in the writer's transaction; its changes are committed when this returns `Ok`,
    /// and undone when `work` fails.
    pub async fn edit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.edit_blocking(work)
    }

    /// [`Writer::edit`] for threads that may wait.
    pub fn edit_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut connection = self.0.lock().map_err(|_| StoreError::Unavailable)?;
        let transaction = connection.transaction()?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}
