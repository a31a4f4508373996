//! How connections are opened: the same pragmas on every one, with the reason beside each.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;

/// Whether a commit waits for the disk (`power`) or only for the operating system (`process`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Survives `kill -9`; a power cut may take the last commits.
    #[default]
    Process,
    /// Survives a power cut: one fsync for each group commit.
    Power,
}

/// The one connection that writes.
pub fn open_writer(path: &Path, durability: Durability) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_millis(500))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    let synchronous = match durability {
        Durability::Process => "normal",
        Durability::Power => "full",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // Checkpoints are the checkpointer's: one inside a commit would stall every waiting click.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "foreign_keys", "on")?;
    // Rows are appended, so a few thousand pages hold everything that a commit touches.
    connection.pragma_update(None, "cache_size", -8_000)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    keep_plans(&connection)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// Pragmas of every reading connection of the pool.
pub fn prepare_reader(connection: &mut Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(Duration::from_millis(2_000))?;
    connection.pragma_update(None, "query_only", "on")?;
    connection.pragma_update(None, "cache_size", -4_000)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    keep_plans(connection)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// A plan does not depend on bound values. Otherwise SQLite looks at those of a `limit`, and prepares
/// the statement anew whenever one is bound: a seventh of the writer's time under postbacks.
fn keep_plans(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Flags of a reading connection. Not `mutex`: a pooled connection has one user at a time.
pub fn reader_flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI
}
