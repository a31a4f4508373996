//! When each rule was last looked at, over a restart.

use rusqlite::named_params;

use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

/// One rule of every so many minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub rule_id: u64,
    /// Of all that it asked and did then.
    pub fingerprint: i64,
    /// UTC milliseconds.
    pub at: i64,
}

const LIST: &str = "select rule_id, fingerprint, at from rule_looks";
const NOTE: &str = "
    insert into rule_looks (rule_id, fingerprint, at) values (:rule_id, :fingerprint, :at)
    on conflict (rule_id) do update set fingerprint = excluded.fingerprint, at = excluded.at";
/// Rows of one transaction.
const PIECE: usize = 500;

pub fn list(readers: &Readers) -> Result<Vec<Look>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(LIST)?;
    let rows = statement.query_map([], |row| {
        Ok(Look {
            rule_id: row.get(0)?,
            fingerprint: row.get(1)?,
            at: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn note(writer: &Writer, looks: &[Look]) -> Result<(), StoreError> {
    for piece in looks.chunks(PIECE) {
        let piece = piece.to_vec();
        writer.edit_blocking(move |connection| {
            let mut statement = connection.prepare_cached(NOTE)?;
            for look in &piece {
                statement.execute(named_params! {
                    ":rule_id": look.rule_id,
                    ":fingerprint": look.fingerprint,
                    ":at": look.at,
                })?;
            }
            Ok(())
        })?;
    }
    Ok(())
}
