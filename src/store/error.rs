//! What can go wrong with the file.

use rusqlite::ErrorCode;

use crate::vault::VaultError;

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("no reading connection is free")]
    Pool(#[from] r2d2::Error),
    #[error("cannot {action} {path}")]
    File {
        action: &'static str,
        path: String,
        source: std::io::Error,
    },
    #[error(
        "the database is of version {found}, this program knows versions up to {known}; \
         start the newer program, or restore the backup made before the upgrade"
    )]
    NewerDatabase { found: i64, known: i64 },
    #[error("the storage does not answer; nothing was changed, try again")]
    Unavailable,
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl StoreError {
    /// Whether the same may succeed later.
    pub fn may_pass(&self) -> bool {
        match self {
            StoreError::Unavailable | StoreError::Pool(_) => true,
            StoreError::Sqlite(error) => is_of_the_storage(error),
            _ => false,
        }
    }
}

/// Whether trying again later may help: the disk, a lock, memory. Anything else lies in the
/// record.
pub(super) fn is_of_the_storage(error: &rusqlite::Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        // No code: the record could not even be handed to SQLite.
        None | Some(
            ErrorCode::Unknown
                | ErrorCode::ConstraintViolation
                | ErrorCode::TypeMismatch
                | ErrorCode::TooBig
                | ErrorCode::ParameterOutOfRange
        )
    )
}
