//! One dimension, as one thread works with it: rows become numbers of values, and filters are asked
//! about values.
//!
//! A value is looked at once for each entry of a chunk's dictionary, and only if a row that counts
//! has it. So every value that gets a number is some row's, which [`super::groups`] relies on.

use std::collections::HashMap;
use std::sync::Arc;

use ahash::RandomState;
use chrono_tz::Tz;
use rusqlite::Connection;

use super::ReportError;
use super::derived::{Derived, Shown, number, of_kind};
use super::opened::Opened;
use super::rows::Rows;
use super::tables::{Table, Tables};
use super::values::Values;
use crate::domain::basis::Basis;
use crate::report::calendar::{Calendar, Unit};
use crate::report::columns::Value;
use crate::store::columns::Column;

/// Not worked out yet.
const UNSET: u32 = u32::MAX;

pub(super) struct Facet<'a> {
    source: Source<'a>,
    pub(super) values: Values,
}

enum Source<'a> {
    Time(Clock),
    Entries(Entries<'a>),
}

impl<'a> Facet<'a> {
    pub(super) fn new(derived: &'a Derived<'a>, zone: Tz) -> Self {
        let source = match derived {
            Derived::Time(unit) => Source::Time(Clock::new(*unit, zone)),
            Derived::Column(column, shown) => Source::Entries(Entries::new(*column, shown)),
        };
        Self {
            source,
            values: Values::default(),
        }
    }

    /// Takes up what the file has become: to be called at the beginning of each transaction.
    pub(super) fn refresh(
        &mut self,
        connection: &Connection,
        tables: &Tables,
    ) -> Result<(), ReportError> {
        if let Source::Entries(entries) = &mut self.source
            && let Some(named) = entries.shown.table
        {
            entries.table = Some(tables.of(connection, named)?);
        }
        Ok(())
    }

    /// The number of the value of each row.
    pub(super) fn numbers(
        &mut self,
        opened: &Opened<'_>,
        rows: &Rows,
        by: Basis,
    ) -> Result<Vec<u32>, ReportError> {
        let values = &mut self.values;
        let entries = match &mut self.source {
            Source::Entries(entries) => entries,
            Source::Time(clock) => return clock.numbers(values, opened, rows, by),
        };
        let block = opened.block(of_kind(entries.column, opened.kind()))?;
        let used = rows.used(&block.codes, block.entries.len());
        let numbers = block.entries.iter().zip(used);
        let numbers = numbers.map(|(entry, is_used)| match is_used {
            true => entries.number(values, *entry),
            false => UNSET,
        });
        let numbers: Vec<u32> = numbers.collect();
        Ok(rows.map_codes(&block.codes, |code| numbers[code]))
    }

    /// Drops the rows whose value that does not hold of.
    pub(super) fn retain(
        &mut self,
        opened: &Opened<'_>,
        rows: &mut Rows,
        by: Basis,
        holds: &dyn Fn(Option<&str>) -> bool,
    ) -> Result<(), ReportError> {
        let values = &mut self.values;
        let entries = match &mut self.source {
            Source::Entries(entries) => entries,
            Source::Time(clock) => {
                let numbers = clock.numbers(values, opened, rows, by)?;
                let known = 0..values.len() as u32;
                let verdicts: Vec<bool> = known.map(|value| holds(values.told(value))).collect();
                let mut numbers = numbers.into_iter();
                rows.retain(|_| numbers.next().is_some_and(|value| verdicts[value as usize]));
                return Ok(());
            }
        };
        let block = opened.block(of_kind(entries.column, opened.kind()))?;
        let used = rows.used(&block.codes, block.entries.len());
        let verdicts = block.entries.iter().zip(used);
        let verdicts = verdicts.map(|(entry, is_used)| is_used && entries.holds(*entry, holds));
        let verdicts: Vec<bool> = verdicts.collect();
        rows.retain_codes(&block.codes, &verdicts);
        Ok(())
    }
}

/// What is made of the entries of a column.
struct Entries<'a> {
    column: Column,
    shown: &'a Shown<'a>,
    table: Option<Arc<Table>>,
    /// By the code of the table: the number of the value, and what the filter says.
    numbers: Vec<u32>,
    verdicts: Vec<Option<bool>>,
    text: String,
}

impl<'a> Entries<'a> {
    fn new(column: Column, shown: &'a Shown<'a>) -> Self {
        Self {
            column,
            shown,
            table: None,
            numbers: Vec::new(),
            verdicts: Vec::new(),
            text: String::new(),
        }
    }

    /// The number of what is shown of an entry.
    fn number(&mut self, values: &mut Values, entry: Value<'_>) -> u32 {
        let Some(table) = &self.table else {
            let Some(made) = &self.shown.made else {
                return values.stored(entry);
            };
            self.text.clear();
            made(entry, &mut self.text);
            return values.text(&self.text);
        };
        let code = table.code(number(entry).unwrap_or_default());
        if self.numbers.len() < table.len() {
            self.numbers.resize(table.len(), UNSET);
        }
        let known = &mut self.numbers[code as usize];
        if *known == UNSET {
            let text = table.text(code);
            *known = match &self.shown.made {
                None => values.text(text),
                Some(made) => {
                    self.text.clear();
                    made(Value::Text(text), &mut self.text);
                    values.text(&self.text)
                }
            };
        }
        *known
    }

    /// Whether a filter holds of what is shown of an entry.
    fn holds(&mut self, entry: Value<'_>, holds: &dyn Fn(Option<&str>) -> bool) -> bool {
        let Some(table) = &self.table else {
            self.text.clear();
            return match (&self.shown.made, entry) {
                (Some(made), entry) => {
                    made(entry, &mut self.text);
                    holds(some(&self.text))
                }
                (None, Value::Text(text)) => holds(some(text)),
                (None, Value::Number(number)) => {
                    self.text.push_str(&number.to_string());
                    holds(Some(&self.text))
                }
                (None, Value::Empty | Value::Bytes(_)) => holds(None),
            };
        };
        let code = table.code(number(entry).unwrap_or_default());
        if self.verdicts.len() < table.len() {
            self.verdicts.resize(table.len(), None);
        }
        *self.verdicts[code as usize].get_or_insert_with(|| {
            let text = table.text(code);
            match &self.shown.made {
                None => holds(some(text)),
                Some(made) => {
                    self.text.clear();
                    made(Value::Text(text), &mut self.text);
                    holds(some(&self.text))
                }
            }
        })
    }
}

/// An empty text is none.
fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// What clocks and calendar show, by numbers of values.
struct Clock {
    unit: Unit,
    calendar: Calendar,
    known: HashMap<i64, u32, RandomState>,
}

impl Clock {
    fn new(unit: Unit, zone: Tz) -> Self {
        Self {
            unit,
            calendar: Calendar::new(unit, zone),
            known: HashMap::default(),
        }
    }

    fn numbers(
        &mut self,
        values: &mut Values,
        opened: &Opened<'_>,
        rows: &Rows,
        by: Basis,
    ) -> Result<Vec<u32>, ReportError> {
        let extent = opened.extent(by);
        let mut stretch = self.calendar.stretch(*extent.start());
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        if stretch.holds(*extent.end()) {
            return Ok(vec![self.number(values, stretch.value); rows.len()]);
        }
        let times = opened.times(by)?;
        let mut value = None;
        Ok(rows.map(|row| {
            let at = times[row];
            if !stretch.holds(at) {
                stretch = self.calendar.stretch(at);
                value = None;
            }
            *value.get_or_insert_with(|| self.number(values, stretch.value))
        }))
    }

    fn number(&mut self, values: &mut Values, shown: i64) -> u32 {
        let unit = self.unit;
        let known = self.known.entry(shown);
        *known.or_insert_with(|| values.text(&unit.text(shown)))
    }
}
