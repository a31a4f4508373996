//! Rows as SpreadsheetML.

use std::fmt::Write;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::super::Cell;

/// Styles, by their place in the style sheet.
pub(super) const PLAIN: u8 = 0;
pub(super) const HEADER: u8 = 1;
const TIME: u8 = 2;
const DATE: u8 = 3;

/// Letters of one cell, in UTF-16 units: Excel refuses a file with more.
const LETTERS_MAX: usize = 32_767;
/// A number is a double in a spreadsheet: what has more digits would become another number.
const DIGITS_MAX: usize = 15;
const DAY_MS: i64 = 86_400_000;

/// Writes a row; its texts have the style.
pub(super) fn row(out: &mut String, number: u32, cells: &[Cell], style: u8) {
    let _ = write!(out, r#"<row r="{number}">"#);
    for (index, cell) in cells.iter().enumerate() {
        if *cell != Cell::Empty {
            let _ = write!(out, r#"<c r="{}{number}""#, column(index));
            content(out, cell, style);
            out.push_str("</c>");
        }
    }
    out.push_str("</row>");
}

/// What stands behind the place of a cell.
fn content(out: &mut String, cell: &Cell, style: u8) {
    let number = |out: &mut String, style: u8, value: &str| {
        let _ = write!(out, r#" s="{style}"><v>{value}</v>"#);
    };
    match cell {
        Cell::Empty => out.push('>'),
        Cell::Number(text) if digits(text) <= DIGITS_MAX => number(out, style, text),
        Cell::Text(value) | Cell::Number(value) => {
            let _ = write!(
                out,
                r#" s="{style}" t="inlineStr"><is><t xml:space="preserve">"#
            );
            text(out, value);
            out.push_str("</t></is>");
        }
        Cell::Flag(flag) => {
            let _ = write!(out, r#" s="{style}" t="b"><v>{}</v>"#, u8::from(*flag));
        }
        Cell::Time(time) => number(out, TIME, &serial(*time)),
        Cell::Date(date) => number(out, DATE, &serial(date.and_time(NaiveTime::MIN))),
    }
}

fn digits(number: &str) -> usize {
    let digits = number.trim_start_matches(['-', '0', '.']);
    digits.bytes().filter(u8::is_ascii_digit).count()
}

/// Days since 1899-12-30, as spreadsheets count them from March 1900 on.
fn serial(time: NaiveDateTime) -> String {
    const ZERO: NaiveDate = NaiveDate::from_ymd_opt(1899, 12, 30).expect("a date");
    let since = time.signed_duration_since(ZERO.and_time(NaiveTime::MIN));
    let since = since.num_milliseconds();
    // Eleven decimals of a day are a microsecond.
    let fraction = since.rem_euclid(DAY_MS) * 100_000_000_000 / DAY_MS;
    format!("{}.{fraction:011}", since.div_euclid(DAY_MS))
}

/// `A`, `Z`, `AA`, ...
pub(super) fn column(index: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(b'A' + (rest % 26) as u8);
        rest /= 26;
    }
    letters.reverse();
    letters.into_iter().map(char::from).collect()
}

/// A text in XML. What XML cannot hold is written `_x0007_` (22.9.2.19, ST_Xstring), and so is the
/// beginning of a text that looks like that.
fn text(out: &mut String, value: &str) {
    let mut room = LETTERS_MAX;
    for (at, letter) in value.char_indices() {
        let Some(left) = room.checked_sub(letter.len_utf16()) else {
            return;
        };
        room = left;
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '_' if is_escape(&value.as_bytes()[at..]) => out.push_str("_x005F_"),
            // A line break of its own survives only so.
            '\r' => out.push_str("_x000D_"),
            '\t' | '\n' => out.push(letter),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "_x{:04X}_", u32::from(letter));
            }
            _ => out.push(letter),
        }
    }
}

/// Whether it begins with `_xHHHH_`.
fn is_escape(text: &[u8]) -> bool {
    match text {
        [b'_', b'x', digits @ ..] if digits.len() > 4 => {
            digits[..4].iter().all(u8::is_ascii_hexdigit) && digits[4] == b'_'
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_in_letters() {
        for (index, letters) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(column(index), letters);
        }
    }

    #[test]
    fn times_are_days_since_the_end_of_1899() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        for (time, expected) in [
            (day.and_hms_opt(0, 0, 0).unwrap(), "46346.00000000000"),
            (day.and_hms_opt(12, 0, 0).unwrap(), "46346.50000000000"),
            (
                day.and_hms_milli_opt(23, 59, 59, 999).unwrap(),
                "46346.99999998842",
            ),
        ] {
            assert_eq!(serial(time), expected);
        }
    }

    #[test]
    fn a_number_that_a_double_would_change_is_a_text() {
        let mut out = String::new();
        let cells = [
            Cell::number("1234567890123456789"),
            Cell::number("-0.000001"),
        ];

        row(&mut out, 1, &cells, PLAIN);

        assert_eq!(
            out,
            "<row r=\"1\"><c r=\"A1\" s=\"0\" t=\"inlineStr\"><is><t xml:space=\"preserve\">\
             1234567890123456789</t></is></c><c r=\"B1\" s=\"0\"><v>-0.000001</v></c></row>"
        );
    }

    #[test]
    fn a_text_is_cut_where_excel_would_refuse_the_file() {
        let mut out = String::new();

        text(&mut out, &"\u{1f600}".repeat(20_000));

        assert_eq!(out.chars().count(), LETTERS_MAX / 2);
    }
}
