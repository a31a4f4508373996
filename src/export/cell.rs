//! One cell of a table.

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::Value;

/// What stands in a cell, and as what a spreadsheet is to take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Empty,
    Text(String),
    /// A decimal with a point; made by [`Cell::number`].
    Number(String),
    Flag(bool),
    /// As the clocks of the reader's zone show it.
    Time(NaiveDateTime),
    Date(NaiveDate),
}

impl Cell {
    /// A number where the text is a decimal; else the text.
    pub fn number(text: &str) -> Cell {
        match is_decimal(text) {
            true => Cell::Number(text.to_owned()),
            false => Cell::text(text),
        }
    }

    /// A text; an empty one is no cell.
    pub fn text(text: &str) -> Cell {
        match text {
            "" => Cell::Empty,
            _ => Cell::Text(text.to_owned()),
        }
    }
}

impl From<&Value> for Cell {
    /// What a field of a JSON object says; lists and objects stay JSON.
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Cell::Empty,
            Value::Bool(flag) => Cell::Flag(*flag),
            Value::Number(number) => Cell::number(&number.to_string()),
            Value::String(text) => Cell::text(text),
            Value::Array(values) if values.is_empty() => Cell::Empty,
            Value::Object(fields) if fields.is_empty() => Cell::Empty,
            other => Cell::Text(other.to_string()),
        }
    }
}

/// `12`, `-0.015`: digits, and a point with digits behind it.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    is_number(whole) && is_number(fraction)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_plain_decimals_are_numbers() {
        for text in ["0", "-0.015", "12.50", "1234567890123456789"] {
            assert_eq!(Cell::number(text), Cell::Number(text.to_owned()));
        }
        for text in [
            "-", "1.", ".5", "1e5", "+1", "1,5", "0x1", "=1", " 1", "--1",
        ] {
            assert_eq!(Cell::number(text), Cell::Text(text.to_owned()));
        }
    }

    #[test]
    fn fields_of_json_become_cells() {
        for (value, cell) in [
            (json!(null), Cell::Empty),
            (json!(""), Cell::Empty),
            (json!([]), Cell::Empty),
            (json!({}), Cell::Empty),
            (json!(12), Cell::Number("12".to_owned())),
            (json!("12"), Cell::Text("12".to_owned())),
            (json!(false), Cell::Flag(false)),
            (json!({ "a": [1] }), Cell::Text(r#"{"a":[1]}"#.to_owned())),
        ] {
            assert_eq!(Cell::from(&value), cell, "{value}");
        }
    }
}
