//! One server per data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::error::StoreError;

/// Held while a process owns the data directory; the system gives it free when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct DirectoryLock(#[allow(dead_code, reason = "held for its lock")] File);

impl DirectoryLock {
    /// `Ok(None)` if another process holds it.
    pub fn take(directory: &Path) -> Result<Option<DirectoryLock>, StoreError> {
        let path = directory.join("millrace.lock");
        let failed = |action, source| StoreError::File {
            action,
            path: path.display().to_string(),
            source,
        };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| failed("open", source))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(DirectoryLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed("lock", source)),
        }
    }
}
