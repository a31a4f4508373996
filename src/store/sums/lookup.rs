//! Facts that many clicks share by an id: those of user agents and of places.

use std::collections::HashMap;

use ahash::RandomState;
use rusqlite::{Connection, OptionalExtension};

use super::facts::{Column, Seen};
use super::values::{Code, EMPTY};

pub(super) struct Lookup {
    table: &'static str,
    /// Where its id stands among the columns of the click.
    pub(super) id_at: usize,
    /// What is asked for: the names in the table, and whose values they are.
    names: Vec<&'static str>,
    columns: Vec<usize>,
    /// Where the codes of an id begin.
    known: HashMap<i64, usize, RandomState>,
    codes: Vec<Code>,
}

impl Lookup {
    pub(super) fn new(table: &'static str) -> Self {
        Self {
            table,
            id_at: 0,
            names: Vec::new(),
            columns: Vec::new(),
            known: HashMap::default(),
            codes: Vec::new(),
        }
    }

    /// Asks for one more; where it stands among them.
    pub(super) fn add(&mut self, column: usize, name: &'static str) -> usize {
        self.names.push(name);
        self.columns.push(column);
        self.names.len() - 1
    }

    /// The code of what stands at a place, for a click at hand.
    pub(super) fn code(
        &mut self,
        seen: &Seen<'_>,
        place: usize,
        columns: &mut [Column],
    ) -> Result<Code, rusqlite::Error> {
        let id: i64 = seen.row.get(self.id_at)?;
        let begin = match self.known.get(&id) {
            Some(begin) => *begin,
            None => self.read(seen.connection, id, columns)?,
        };
        Ok(self.codes[begin + place])
    }

    fn read(
        &mut self,
        connection: &Connection,
        id: i64,
        columns: &mut [Column],
    ) -> Result<usize, rusqlite::Error> {
        let (names, table) = (self.names.join(", "), self.table);
        let sql = format!("select {names} from {table} where id = ?1");
        let begin = self.codes.len();
        self.codes.resize(begin + self.names.len(), EMPTY);
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_row([id], |row| {
            for (place, column) in self.columns.iter().enumerate() {
                let values = &mut columns[*column].values;
                self.codes[begin + place] = values.stored(row.get_ref(place)?);
            }
            Ok(())
        });
        found.optional()?;
        self.known.insert(id, begin);
        Ok(begin)
    }
}
