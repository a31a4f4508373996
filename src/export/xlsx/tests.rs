//! Workbooks, opened again by a reader that is not ours.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx as Opened};
use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn written(rows_max: u32, names: &[&str], rows: &[Vec<Cell>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let workbook = Xlsx::with_sheets_of(rows_max, &columns(names), &mut bytes);
    let mut workbook = Box::new(workbook.unwrap());
    for row in rows {
        workbook.row(row).unwrap();
    }
    workbook.finish().unwrap();
    bytes
}

/// The sheets in their order: rows of cells.
fn opened(bytes: Vec<u8>) -> Vec<Vec<Vec<Data>>> {
    let mut workbook = Opened::new(Cursor::new(bytes)).unwrap();
    let sheets = workbook.worksheets().into_iter();
    let rows = |range: calamine::Range<Data>| range.rows().map(<[Data]>::to_vec).collect();
    sheets.map(|(_, range)| rows(range)).collect()
}

fn text(text: &str) -> Data {
    Data::String(text.to_owned())
}

#[test]
fn each_kind_of_cell_is_opened_as_what_it_was() {
    let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    let row = vec![
        Cell::text("=1+1 & <b>"),
        Cell::number("-0.015"),
        Cell::Flag(true),
        Cell::Empty,
        Cell::Time(day.and_hms_opt(6, 0, 0).unwrap()),
        Cell::Date(day),
    ];

    let sheets = opened(written(10, &["a", "b", "c", "d", "e", "f"], &[row]));

    let [header, row] = sheets[0].as_slice() else {
        panic!("{sheets:?}");
    };
    assert_eq!(header[5], text("f"));
    assert_eq!(row[0], text("=1+1 & <b>"));
    assert_eq!(row[1], Data::Float(-0.015));
    assert_eq!(row[2], Data::Bool(true));
    assert_eq!(row[3], Data::Empty);
    for (cell, serial) in [(&row[4], 46346.25), (&row[5], 46346.0)] {
        match cell {
            Data::DateTime(time) => assert_eq!(time.as_f64(), serial),
            other => panic!("{other:?} is no time"),
        }
    }
}

#[test]
fn a_full_sheet_is_followed_by_another_with_the_header_again() {
    let rows: Vec<Vec<Cell>> = (1..=5)
        .map(|number| vec![Cell::number(&number.to_string())])
        .collect();

    let sheets = opened(written(3, &["n"], &rows));

    let number = |number: f64| vec![Data::Float(number)];
    let header = vec![text("n")];
    assert_eq!(
        sheets,
        [
            vec![header.clone(), number(1.0), number(2.0)],
            vec![header.clone(), number(3.0), number(4.0)],
            vec![header, number(5.0)],
        ]
    );
}

#[test]
fn a_workbook_without_rows_has_its_header() {
    let sheets = opened(written(10, &["a", "b"], &[]));

    assert_eq!(sheets, [vec![vec![text("a"), text("b")]]]);
}

proptest! {
    #[test]
    fn whatever_text_was_written_is_opened(value in "[a-zA-F0-9 _x<>&'\"\n\t\u{7}\u{e9}\u{1f600}]{1,30}") {
        let sheets = opened(written(10, &["a"], &[vec![Cell::text(&value)]]));

        prop_assert_eq!(&sheets[0][1][0], &text(&value));
    }
}
