//! Rules on numbers that a conversion made due, until they were evaluated.

use rusqlite::{Connection, named_params};

use crate::domain::id::Id;
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

/// Rows of one transaction.
const PIECE: usize = 500;

/// A group of a rule that is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub rule_id: u64,
    /// As in a run.
    pub group: String,
    /// The conversion that made it due.
    pub conversion_id: Id,
    /// When it did, in UTC milliseconds.
    pub at: i64,
}

const NOTE: &str = "
    insert into rule_dues (rule_id, \"group\", conversion_id, at)
    values (:rule_id, :group, :conversion_id, :at)
    on conflict do nothing";
const LIST: &str = "
    select rule_id, \"group\", conversion_id, at from rule_dues
    order by at, rule_id, \"group\", conversion_id limit :most";
const SETTLE: &str = "
    delete from rule_dues where rule_id = :rule_id and \"group\" = :group
        and conversion_id = :conversion_id and at = :at";

/// Notes that a group is due, in the transaction of the conversion that makes it so.
pub fn note(connection: &Connection, due: &Due) -> Result<(), rusqlite::Error> {
    connection.prepare_cached(NOTE)?.execute(named_params! {
        ":rule_id": due.rule_id,
        ":group": due.group,
        ":conversion_id": due.conversion_id.to_row(),
        ":at": due.at,
    })?;
    Ok(())
}

/// What is due.
pub fn list(readers: &Readers, most: usize) -> Result<Vec<Due>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(LIST)?;
    let rows = statement.query_map(named_params! { ":most": most }, |row| {
        let conversion_id: i64 = row.get(2)?;
        Ok(Due {
            rule_id: row.get(0)?,
            group: row.get(1)?,
            conversion_id: Id::from_row(conversion_id)
                .ok_or(rusqlite::Error::IntegralValueOutOfRange(2, conversion_id))?,
            at: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// These were evaluated. In pieces, so that no click waits for all of them.
pub fn settle(writer: &Writer, dues: &[Due]) -> Result<(), StoreError> {
    for piece in dues.chunks(PIECE) {
        settle_piece(writer, piece.to_vec())?;
    }
    Ok(())
}

fn settle_piece(writer: &Writer, dues: Vec<Due>) -> Result<(), StoreError> {
    writer.edit_blocking(move |connection| {
        let mut statement = connection.prepare_cached(SETTLE)?;
        for due in &dues {
            statement.execute(named_params! {
                ":rule_id": due.rule_id,
                ":group": due.group,
                ":conversion_id": due.conversion_id.to_row(),
                ":at": due.at,
            })?;
        }
        Ok(())
    })
}
