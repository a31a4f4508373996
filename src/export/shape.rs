//! How a file is to look: what the sender of a request may choose.

use crate::domain::form::Form;

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    #[default]
    Csv,
    Xlsx,
}

impl Format {
    pub const ALL: &'static [(&'static str, Format)] =
        &[("csv", Format::Csv), ("xlsx", Format::Xlsx)];

    /// Its word, which is the ending of its files too.
    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, format)| *format == self);
        found.map_or("", |(word, _)| word)
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// What stands between the cells of a CSV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delimiter {
    #[default]
    Comma,
    Semicolon,
    Tab,
}

impl Delimiter {
    pub const ALL: &'static [(&'static str, Delimiter)] = &[
        ("comma", Delimiter::Comma),
        ("semicolon", Delimiter::Semicolon),
        ("tab", Delimiter::Tab),
    ];

    pub(super) fn byte(self) -> u8 {
        match self {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
        }
    }
}

/// A format and its options; those but the first are about CSV alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    pub format: Format,
    pub delimiter: Delimiter,
    /// Begins with the mark by which Excel knows that it is UTF-8.
    pub bom: bool,
    /// Numbers as a good part of Europe writes them.
    pub decimal_comma: bool,
}

impl Shape {
    /// `{"format": "csv", "delimiter": "semicolon", "bom": true, "decimal_comma": true}`
    pub fn from_form(form: &mut Form<'_>) -> Self {
        Shape {
            format: form.choice("format", Format::ALL, Format::default()),
            delimiter: form.choice("delimiter", Delimiter::ALL, Delimiter::default()),
            bom: form.boolean("bom", false),
            decimal_comma: form.boolean("decimal_comma", false),
        }
    }
}
