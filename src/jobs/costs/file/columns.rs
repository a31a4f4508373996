//! The columns of a file of costs.

use crate::domain::form::quoted;
use crate::domain::nearest::nearest;
use crate::jobs::costs::order::asked_by;

const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];

/// What a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Campaign,
    Zone,
    Date,
    From,
    To,
    Amount,
    Cpc,
    Cpm,
    Currency,
    Uniques,
    TokenNumber,
    TokenValue,
    Filter(&'static str),
}

/// By their names, in small letters and with `_` for spaces.
const NAMES: &[(&str, Column)] = &[
    ("campaign_id", Column::Campaign),
    ("campaign", Column::Campaign),
    ("alias", Column::Campaign),
    ("time_zone", Column::Zone),
    ("timezone", Column::Zone),
    ("date", Column::Date),
    ("day", Column::Date),
    ("from", Column::From),
    ("start_date", Column::From),
    ("date_from", Column::From),
    ("to", Column::To),
    ("end_date", Column::To),
    ("date_to", Column::To),
    ("cost", Column::Amount),
    ("amount", Column::Amount),
    ("spend", Column::Amount),
    ("cpc", Column::Cpc),
    ("cpm", Column::Cpm),
    ("currency", Column::Currency),
    ("only_campaign_uniques", Column::Uniques),
    ("token_number", Column::TokenNumber),
    ("token_value", Column::TokenValue),
];
/// The columns of Binom's file, which may come without their names.
const BINOM: [Column; 6] = [
    Column::Campaign,
    Column::Zone,
    Column::Date,
    Column::Amount,
    Column::TokenNumber,
    Column::TokenValue,
];

/// How the rows of a file are read.
pub(super) struct Shape {
    pub(super) delimiter: u8,
    pub(super) columns: Vec<Column>,
    /// Whether the first line names them.
    pub(super) has_header: bool,
}

/// What a first line says: its names, by the delimiter by which most of them are known.
pub(super) fn shape(first: &str) -> Result<Shape, String> {
    let split = |delimiter: u8| -> Vec<String> {
        let cells = first.split(char::from(delimiter));
        cells
            .map(|cell| name(cell.trim_matches(['"', ' '])))
            .collect()
    };
    let known = |names: &[String]| names.iter().filter(|name| column(name).is_some()).count();
    let delimiters = DELIMITERS.into_iter();
    let (delimiter, names) = delimiters
        .map(|delimiter| (delimiter, split(delimiter)))
        .min_by_key(|(_, names)| std::cmp::Reverse((known(names), names.len())))
        .unwrap_or((b';', Vec::new()));
    if known(&names) == 0 {
        return match names.len() {
            4..=6 => Ok(Shape {
                delimiter,
                columns: BINOM.to_vec(),
                has_header: false,
            }),
            _ => Err(
                "The first line names no known column, and the rows are not \"campaign id; time \
                 zone; date; cost; token number; token value\"."
                    .to_owned(),
            ),
        };
    }
    let mut columns = Vec::with_capacity(names.len());
    for name in &names {
        columns.push(column(name).ok_or_else(|| unknown(name))?);
    }
    Ok(Shape {
        delimiter,
        columns,
        has_header: true,
    })
}

fn name(cell: &str) -> String {
    cell.trim().to_lowercase().replace([' ', '-'], "_")
}

fn column(name: &str) -> Option<Column> {
    let known = NAMES.iter().find(|(known, _)| *known == name);
    let filter = || asked_by().find(|filter| *filter == name);
    known
        .map(|(_, column)| *column)
        .or_else(|| filter().map(Column::Filter))
}

fn unknown(name: &str) -> String {
    let known = NAMES.iter().map(|(name, _)| *name).chain(asked_by());
    match nearest(name, known) {
        Some(near) => format!(
            "There is no column {}. Did you mean {}?",
            quoted(name),
            quoted(near)
        ),
        None => format!("There is no column {}; leave it out.", quoted(name)),
    }
}
