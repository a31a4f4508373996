//! A table as rows of cells, for files.

use chrono::{NaiveDate, NaiveDateTime};

use super::Row;
use crate::domain::money::Micros;
use crate::export::Cell;
use crate::report::calendar::Unit;
use crate::report::dimension::{Dimension, Fact, Input, Names};
use crate::report::request::Request;

/// The columns of a flat report: dimensions, names beside ids, metrics, and those of the time that it is
/// compared with.
pub fn columns(request: &Request) -> Vec<String> {
    let dimensions = request.dimensions.iter().flat_map(|dimension| {
        let name = dimension.dimension().name_key().map(str::to_owned);
        std::iter::once(dimension.to_string()).chain(name)
    });
    let metrics = || request.metrics.iter().map(ToString::to_string);
    let before = request.compare.iter().flat_map(|_| metrics());
    let before = before.map(|metric| format!("previous.{metric}"));
    dimensions.chain(metrics()).chain(before).collect()
}

/// The cells of one of its rows.
pub fn cells(request: &Request, names: &Names, row: &Row) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (dimension, value) in request.dimensions.iter().zip(&row.values) {
        let dimension = dimension.dimension();
        let value = value.as_deref();
        cells.push(value.map_or(Cell::Empty, |value| shown(dimension, value)));
        if dimension.name_key().is_some() {
            let name = value.and_then(|id| dimension.name_of(id, names));
            cells.push(Cell::text(name.as_deref().unwrap_or_default()));
        }
    }
    let number = |value: &Option<Micros>| match value {
        Some(value) => Cell::number(&value.to_string()),
        None => Cell::Empty,
    };
    cells.extend(row.cells.now.iter().map(number));
    if request.compare.is_some() {
        let none = vec![None; request.metrics.len()];
        let before = row.cells.before.as_ref().unwrap_or(&none);
        cells.extend(before.iter().map(number));
    }
    cells
}

fn shown(dimension: &Dimension, value: &str) -> Cell {
    match (dimension.fact, dimension.input) {
        (Fact::Time(Unit::Day | Unit::Week), _) => match value.parse::<NaiveDate>() {
            Ok(date) => Cell::Date(date),
            Err(_) => Cell::text(value),
        },
        (Fact::Time(Unit::Hour), _) => {
            match NaiveDateTime::parse_from_str(value, "%Y-%m-%d %H:%M") {
                Ok(time) => Cell::Time(time),
                Err(_) => Cell::text(value),
            }
        }
        (_, Input::Id { .. } | Input::Flow | Input::Number) => Cell::number(value),
        (_, Input::Flag) => Cell::Flag(value == "true"),
        _ => Cell::text(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Cells;
    use super::*;
    use crate::domain::documents::Documents;

    #[test]
    fn a_row_has_a_cell_for_each_column_and_each_is_what_it_says() {
        let body = json!({ "dimensions": ["day", "hour", "campaign_id", "is_bot", "source"],
            "metrics": ["clicks", "epc"], "compare": "previous" });
        let request = Request::read(&body, &Documents::default()).expect("readable");
        let value = |text: &str| Some(text.to_owned());
        let row = Row {
            values: vec![
                value("2026-11-20"),
                value("2026-11-20 14:00"),
                value("12"),
                value("true"),
                None,
            ],
            cells: Cells {
                now: vec![Some(Micros(2_000_000)), None],
                before: Some(vec![None, Some(Micros(-15_000))]),
            },
            children: Vec::new(),
            more: 0,
        };

        let named: Vec<(String, Cell)> = columns(&request)
            .into_iter()
            .zip(cells(&request, &Names::default(), &row))
            .collect();

        let day = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a date");
        let time = day.and_hms_opt(14, 0, 0).expect("a time");
        let expected = [
            ("day", Cell::Date(day)),
            ("hour", Cell::Time(time)),
            ("campaign_id", Cell::number("12")),
            ("campaign", Cell::Empty),
            ("is_bot", Cell::Flag(true)),
            ("source", Cell::Empty),
            ("clicks", Cell::number("2")),
            ("epc", Cell::Empty),
            ("previous.clicks", Cell::Empty),
            ("previous.epc", Cell::number("-0.015")),
        ];
        assert_eq!(named, expected.map(|(name, cell)| (name.to_owned(), cell)));
    }
}
