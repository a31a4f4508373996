//! The cells of a row.

use std::collections::BTreeMap;

use super::columns::Column;
use crate::domain::check::timezone;
use crate::domain::cost_update::{Price, Which};
use crate::domain::form::quoted;
use crate::domain::money::{Currency, Micros};
use crate::postback::amount;

/// What stands in a column; empty cells are none.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    pub(super) columns: &'a [Column],
    pub(super) cells: &'a [&'a str],
}

impl<'a> Cells<'a> {
    fn each(self) -> impl Iterator<Item = (Column, &'a str)> {
        let cells = self.columns.iter().copied().zip(self.cells.iter().copied());
        cells.filter(|(_, cell)| !cell.is_empty())
    }

    pub(super) fn of(self, wanted: Column) -> Option<&'a str> {
        let mut cells = self.each().filter(|(column, _)| *column == wanted);
        cells.next().map(|(_, cell)| cell)
    }

    /// One that stands beside all columns.
    pub(super) fn extra(self) -> Option<&'a str> {
        let mut cells = self.cells.iter().skip(self.columns.len());
        cells.find(|cell| !cell.is_empty()).copied()
    }
}

/// An IANA zone, or whole hours from UTC: `+3`, `UTC+03:00`.
pub(super) fn zone(text: &str) -> Result<String, String> {
    let hours = text.trim_start_matches("UTC").trim_start_matches("GMT");
    let hours = hours.strip_suffix(":00").unwrap_or(hours);
    if let Some(hours) = hours
        .trim()
        .parse::<i8>()
        .ok()
        .filter(|_| hours.starts_with(['+', '-', '0']))
    {
        // POSIX counts them the other way round.
        return timezone(&format!("Etc/GMT{:+}", -hours));
    }
    timezone(text)
}

/// How a number of a column is meant.
type Stated = fn(Micros) -> Price;

/// The money, and the currency if a sign says which.
pub(super) fn price(cells: Cells<'_>) -> Result<(Price, Option<Currency>), String> {
    let kinds: [(Column, Stated); 3] = [
        (Column::Amount, Price::Amount),
        (Column::Cpc, Price::Cpc),
        (Column::Cpm, Price::Cpm),
    ];
    let mut stated = None;
    for (column, price) in kinds {
        let Some(text) = cells.of(column) else {
            continue;
        };
        if stated.is_some() {
            return Err("It states its cost twice; one of cost, cpc and cpm can count.".to_owned());
        }
        let read = amount::read(text).filter(|read| read.micros >= Micros::ZERO);
        let read = read.ok_or_else(|| format!("{} is not a cost such as 12.50.", quoted(text)))?;
        stated = Some((price(read.micros), read.currency));
    }
    stated.ok_or_else(|| "It states no cost.".to_owned())
}

pub(super) fn uniques(text: &str) -> Result<Which, String> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" => Ok(Which::Unique),
        "0" | "false" | "no" => Ok(Which::All),
        _ => Err(format!("{} is neither true nor false.", quoted(text))),
    }
}

pub(super) fn filters(cells: Cells<'_>) -> Result<BTreeMap<String, String>, String> {
    let mut filters = BTreeMap::new();
    for (column, value) in cells.each() {
        if let Column::Filter(name) = column {
            filters.insert(name.to_owned(), value.to_owned());
        }
    }
    match (cells.of(Column::TokenNumber), cells.of(Column::TokenValue)) {
        (None, None) => {}
        (Some(number), Some(value)) => {
            let known = number
                .parse()
                .ok()
                .filter(|number| (1..=30).contains(number));
            let number: u8 = known.ok_or_else(|| {
                format!("{} is not the number of a sub id, 1 to 30.", quoted(number))
            })?;
            filters.insert(format!("sub_id_{number}"), value.to_owned());
        }
        _ => return Err("A token needs its number and its value.".to_owned()),
    }
    Ok(filters)
}
