//! The records of one transaction on their way into their tables.

use std::sync::atomic::Ordering;

use rusqlite::{CachedStatement, Connection};

use super::shared::Shared;
use crate::store::clicks::insert;
use crate::store::columns::{Kind, loose};
use crate::store::dictionary::Dictionary;
use crate::store::error::is_of_the_storage;
use crate::store::record::Record;
use crate::store::{offer_clicks, set_aside};

/// What it takes to store many records in one go.
pub(super) struct Inserts<'t> {
    connection: &'t Connection,
    clicks: CachedStatement<'t>,
    offer_clicks: CachedStatement<'t>,
    dictionary: &'t mut Dictionary,
    shared: &'t Shared,
    /// Clicks below it that come late are noted for their segments.
    noted_below: i64,
    /// Rows that went in: records that were not there already.
    pub(super) rows: u64,
}

impl<'t> Inserts<'t> {
    pub(super) fn new(
        connection: &'t Connection,
        dictionary: &'t mut Dictionary,
        shared: &'t Shared,
    ) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            connection,
            clicks: insert::prepare(connection)?,
            offer_clicks: offer_clicks::prepare(connection)?,
            dictionary,
            shared,
            noted_below: loose::mark(connection, Kind::Clicks)?,
            rows: 0,
        })
    }

    /// Stores one record. One that fails for a reason of its own is set aside; `Err` means that
    /// the database itself refuses.
    pub(super) fn store(&mut self, record: &Record) -> Result<(), rusqlite::Error> {
        let (connection, dictionary) = (self.connection, &mut *self.dictionary);
        let stored = match record {
            Record::Click(click) => {
                let stored = insert::insert(connection, &mut self.clicks, dictionary, click);
                if matches!(stored, Ok(true)) && click.id.to_row() < self.noted_below {
                    loose::note_click(connection, click.id)?;
                }
                stored
            }
            Record::OfferClick(step) => {
                offer_clicks::insert(connection, &mut self.offer_clicks, dictionary, step)
            }
        };
        match stored {
            Ok(is_new) => {
                self.rows += u64::from(is_new);
                Ok(())
            }
            Err(error) if is_of_the_storage(&error) => Err(error),
            Err(error) => {
                tracing::error!(%error, kind = record.word(), "a record was set aside");
                let mut json = Vec::new();
                record.write(&mut json);
                let json = String::from_utf8_lossy(&json);
                set_aside::insert(connection, record.word(), &json, &error.to_string())?;
                self.shared
                    .counters
                    .set_aside
                    .fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        }
    }
}
