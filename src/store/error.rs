//! What can go wrong with the file.

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
}
