//! The schema's history: numbered files, each applied in one transaction, counted in
//! `user_version`. A published file is never changed.
//!
//! Adding one: 1. write `NNNN_what.sql` here; 2. add its row to [`MIGRATIONS`].

use std::path::Path;

use rusqlite::Connection;

use super::error::StoreError;

/// Every migration, oldest first; its place in this list plus one is its `user_version`.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_entities", include_str!("0001_entities.sql")),
    ("0002_clicks", include_str!("0002_clicks.sql")),
];

/// Brings the database up to date. A database that already has data is copied to
/// `<database>.before-v<N>` first.
pub fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    let found: i64 = connection.query_row("pragma user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(StoreError::NewerDatabase { found, known });
    }
    if found > 0 && found < known {
        let mut copy = path.as_os_str().to_owned();
        copy.push(format!(".before-v{known}"));
        connection.backup("main", &copy, None)?;
    }
    for (index, (name, sql)) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", index as i64 + 1)?;
        transaction.commit()?;
        tracing::info!(migration = name, "schema updated");
    }
    Ok(())
}
