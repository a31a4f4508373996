//! Facts that clicks share by the id of a user agent, of a place, of a route or of a currency, for
//! all reports of the process.
//!
//! The rows of these tables never change and are only added, so what was read once is kept, and what
//! is new is read when a report begins. An id means the same code in every state of a table, for
//! values are numbered in the order of ids.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ahash::RandomState;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::numbering::Numbering;

/// What all tables together may take between reports.
const MOST_BYTES: usize = 64 << 20;

/// A column of a table of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Named {
    pub(super) table: &'static str,
    pub(super) column: &'static str,
}

/// The values of a column by the ids of its table.
#[derive(Clone)]
pub(super) struct Table {
    codes: Vec<u32>,
    texts: Numbering,
}

/// The code of what is empty, or of no row at all.
pub(super) const NOTHING: u32 = 0;

impl Table {
    fn new() -> Self {
        let mut texts = Numbering::default();
        texts.number(b"");
        Self {
            codes: Vec::new(),
            texts,
        }
    }

    /// The code of what the row of an id has.
    #[inline]
    pub(super) fn code(&self, id: i64) -> u32 {
        let place = usize::try_from(id).ok();
        let code = place.and_then(|place| self.codes.get(place));
        code.copied().unwrap_or(NOTHING)
    }

    /// How many codes there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(super) fn text(&self, code: u32) -> &str {
        std::str::from_utf8(self.texts.of(code)).unwrap_or_default()
    }

    fn size(&self) -> usize {
        self.codes.len() * 4 + self.texts.size()
    }

    fn note(&mut self, id: i64, value: ValueRef<'_>) {
        let code = match value {
            ValueRef::Text(text) => self.texts.number(String::from_utf8_lossy(text).as_bytes()),
            ValueRef::Integer(number) => self.texts.number(number.to_string().as_bytes()),
            _ => NOTHING,
        };
        if let Ok(place) = usize::try_from(id) {
            self.codes.resize(self.codes.len().max(place + 1), NOTHING);
            self.codes[place] = code;
        }
    }
}

/// Every column that was asked for so far.
#[derive(Default)]
pub(in crate::store) struct Tables {
    known: Mutex<HashMap<Named, Arc<Table>, RandomState>>,
}

impl Tables {
    /// A column as the transaction of the connection has it.
    pub(super) fn of(
        &self,
        connection: &Connection,
        named: Named,
    ) -> Result<Arc<Table>, rusqlite::Error> {
        let Named { table, column } = named;
        let last = format!("select coalesce(max(id), 0) from {table}");
        let last: i64 = connection
            .prepare_cached(&last)?
            .query_row([], |row| row.get(0))?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.entry(named).or_insert_with(|| Arc::new(Table::new()));
        let next = found.codes.len() as i64;
        if next <= last {
            let sql = format!("select id, {column} from {table} where id >= ?1 order by id");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([next])?;
            let longer = Arc::make_mut(found);
            while let Some(row) = rows.next()? {
                longer.note(row.get(0)?, row.get_ref(1)?);
            }
        }
        Ok(Arc::clone(found))
    }

    /// Keeps memory bounded: to be called after each report. The largest goes first.
    pub(super) fn trim(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        while known.values().map(|table| table.size()).sum::<usize>() > MOST_BYTES
            && let Some(largest) = known.iter().max_by_key(|(_, table)| table.size())
        {
            let largest = *largest.0;
            known.remove(&largest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CITIES: Named = Named {
        table: "places",
        column: "city",
    };

    fn insert(connection: &Connection, id: i64, city: Option<&str>) {
        let sql = "insert into places (id, fingerprint, city) values (?1, ?2, ?3)";
        connection
            .execute(sql, (id, id.to_be_bytes(), city))
            .unwrap();
    }

    #[test]
    fn what_is_new_is_added_and_what_was_read_keeps_its_code() {
        let connection = crate::store::entities::tests::database();
        let tables = Tables::default();
        for (id, city) in [
            (1, Some("Kyiv")),
            (2, None),
            (4, Some("Lviv")),
            (5, Some("Kyiv")),
        ] {
            insert(&connection, id, city);
        }

        let before = tables.of(&connection, CITIES).unwrap();
        insert(&connection, 6, Some("Odesa"));
        let after = tables.of(&connection, CITIES).unwrap();

        assert_eq!(before.code(6), NOTHING);
        for id in 0..6 {
            assert_eq!(before.code(id), after.code(id));
        }
        let texts: Vec<&str> = (-1..8).map(|id| after.text(after.code(id))).collect();
        assert_eq!(texts, ["", "", "Kyiv", "", "", "Lviv", "Kyiv", "Odesa", ""]);
    }

    #[test]
    fn what_takes_too_much_is_read_anew_next_time() {
        let connection = crate::store::entities::tests::database();
        let tables = Tables::default();
        insert(&connection, 1, Some("Kyiv"));
        // A table is as long as its largest id.
        insert(&connection, (MOST_BYTES / 4) as i64, Some("Lviv"));

        tables.of(&connection, CITIES).unwrap();
        tables.trim();

        assert!(tables.known.lock().unwrap().is_empty());
        let again = tables.of(&connection, CITIES).unwrap();
        assert_eq!(again.text(again.code(1)), "Kyiv");
    }
}
