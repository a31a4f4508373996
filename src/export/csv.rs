//! CSV as RFC 4180 has it, with what spreadsheets take for a formula defused.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use super::{Cell, Rows, Shape};

/// A CSV file under way.
pub(super) struct Csv<W: Write> {
    out: Writer<W>,
    decimal_comma: bool,
}

impl<W: Write> Csv<W> {
    pub(super) fn begin(shape: &Shape, columns: &[String], mut out: W) -> io::Result<Self> {
        if shape.bom {
            out.write_all("\u{feff}".as_bytes())?;
        }
        let mut out = WriterBuilder::new()
            .delimiter(shape.delimiter.byte())
            .terminator(Terminator::CRLF)
            .from_writer(out);
        out.write_record(columns.iter().map(|name| defused(name)))?;
        Ok(Self {
            out,
            decimal_comma: shape.decimal_comma,
        })
    }

    fn text(&self, cell: &Cell) -> String {
        match cell {
            Cell::Empty => String::new(),
            Cell::Text(text) => defused(text),
            Cell::Number(number) if self.decimal_comma => number.replacen('.', ",", 1),
            Cell::Number(number) => number.clone(),
            Cell::Flag(flag) => flag.to_string(),
            Cell::Time(time) => time.format("%Y-%m-%d %H:%M:%S%.3f").to_string(),
            Cell::Date(date) => date.to_string(),
        }
    }
}

impl<W: Write> Rows for Csv<W> {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        for cell in cells {
            self.out.write_field(self.text(cell))?;
        }
        Ok(self.out.write_record(None::<&[u8]>)?)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}

/// A text that begins like a formula would be run by the spreadsheet that opens the file, and
/// anybody can send one as a click parameter. The apostrophe makes it a text.
fn defused(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};
    use proptest::prelude::*;

    use super::super::{Delimiter, open};
    use super::*;

    fn written(shape: &Shape, columns: &[&str], rows: &[Vec<Cell>]) -> String {
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        let mut bytes = Vec::new();
        let mut file = open(shape, &columns, &mut bytes).unwrap();
        for row in rows {
            file.row(row).unwrap();
        }
        file.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn each_kind_of_cell_is_written_in_its_own_way() {
        let time = DateTime::from_timestamp_millis(1_790_000_000_123).unwrap();
        let row = vec![
            Cell::Empty,
            Cell::text("a \"b\", c"),
            Cell::number("-0.5"),
            Cell::Flag(true),
            Cell::Time(time.naive_utc()),
            Cell::Date(NaiveDate::from_ymd_opt(2026, 1, 31).unwrap()),
        ];

        let text = written(&Shape::default(), &["1", "2", "3", "4", "5", "6"], &[row]);

        assert_eq!(
            text,
            "1,2,3,4,5,6\r\n,\"a \"\"b\"\", c\",-0.5,true,2026-09-21 14:13:20.123,2026-01-31\r\n"
        );
    }

    #[test]
    fn a_file_for_a_european_spreadsheet_has_its_mark_its_delimiter_and_its_comma() {
        let shape = Shape {
            delimiter: Delimiter::Semicolon,
            bom: true,
            decimal_comma: true,
            ..Shape::default()
        };

        let row = vec![Cell::number("1.5"), Cell::text("1.5"), Cell::text("a;b")];

        let text = written(&shape, &["a", "b", "c"], &[row]);
        assert_eq!(text, "\u{feff}a;b;c\r\n1,5;1.5;\"a;b\"\r\n");
    }

    #[test]
    fn what_would_be_a_formula_becomes_a_text_and_numbers_stay_numbers() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("a=1", "a=1"),
        ] {
            let found = written(&Shape::default(), &["a"], &[vec![Cell::text(text)]]);
            assert_eq!(found, format!("a\r\n{expected}\r\n"));
        }
        let number = written(&Shape::default(), &["a"], &[vec![Cell::number("-1")]]);
        assert_eq!(number, "a\r\n-1\r\n");
    }

    proptest! {
        #[test]
        fn whatever_was_written_is_read_back(
            delimiter in prop::sample::select(Delimiter::ALL),
            rows in prop::collection::vec(prop::collection::vec("[a-z =+@'\",;\t\r\n\u{0}\u{e9}-]{0,12}", 3), 0..20),
        ) {
            let shape = Shape { delimiter: delimiter.1, ..Shape::default() };
            let cells: Vec<Vec<Cell>> = rows
                .iter()
                .map(|row| row.iter().map(|text| Cell::text(text)).collect())
                .collect();

            let text = written(&shape, &["a", "b", "c"], &cells);

            let mut reader = csv::ReaderBuilder::new()
                .delimiter(delimiter.1.byte())
                .from_reader(text.as_bytes());
            let read: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                .collect();
            let expected: Vec<Vec<String>> = rows
                .iter()
                .map(|row| row.iter().map(|text| defused(text)).collect())
                .collect();
            prop_assert_eq!(read, expected);
        }
    }
}
