//! What stands between the cells of a row.

use serde::Serialize;
use utoipa::ToSchema;

/// What stands between the cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delimiter {
    Comma,
    Semicolon,
    Tab,
    Colon,
    Pipe,
}

impl Delimiter {
    /// By their names; the likeliest first.
    pub const ALL: &'static [(&'static str, Delimiter)] = &[
        ("comma", Delimiter::Comma),
        ("semicolon", Delimiter::Semicolon),
        ("tab", Delimiter::Tab),
        ("colon", Delimiter::Colon),
        ("pipe", Delimiter::Pipe),
    ];

    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, delimiter)| *delimiter == self)
            .map_or("", |(word, _)| word)
    }

    /// By its name, or as it stands in the file.
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        let found = all.find(|(word, delimiter)| {
            text.eq_ignore_ascii_case(word) || text.chars().eq([delimiter.character()])
        });
        found
            .map(|(_, delimiter)| *delimiter)
            .or_else(|| (text == "\\t").then_some(Self::Tab))
    }

    pub(super) fn character(self) -> char {
        self.byte().into()
    }

    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Colon => b':',
            Self::Pipe => b'|',
        }
    }

    pub(super) fn each() -> impl Iterator<Item = Self> {
        Self::ALL.iter().map(|(_, delimiter)| *delimiter)
    }
}

/// What spreadsheets write into a first line of its own: `sep=;`. Its line break stays, so
/// that lines keep their numbers.
pub(super) fn stated(text: &str) -> (&str, Option<Delimiter>) {
    let line = text.lines().next().unwrap_or_default();
    let stated = line
        .get(..4)
        .filter(|start| start.eq_ignore_ascii_case("sep="))
        .and_then(|_| Delimiter::parse(&line[4..]));
    match stated {
        Some(delimiter) => (&text[line.len()..], Some(delimiter)),
        None => (text, None),
    }
}
