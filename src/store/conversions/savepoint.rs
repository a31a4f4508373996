//! Parts of a transaction that may be undone by themselves.

use rusqlite::Connection;

pub(super) fn begin(connection: &Connection) -> Result<(), rusqlite::Error> {
    execute(connection, "savepoint part")
}

pub(super) fn roll_back(connection: &Connection) -> Result<(), rusqlite::Error> {
    execute(connection, "rollback to part")
}

/// Ends the part, rolled back or not.
pub(super) fn release(connection: &Connection) -> Result<(), rusqlite::Error> {
    execute(connection, "release part")
}

fn execute(connection: &Connection, sql: &str) -> Result<(), rusqlite::Error> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
