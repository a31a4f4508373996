//! Words for people: countries, kinds of devices and of connections, in their languages.
//!
//! `countries.tsv` says where its names are from. The few words for kinds are ours.

use std::sync::LazyLock;

use crate::domain::visitor::{ConnectionType, Country, DeviceType};

static TEXT: &str = include_str!("countries.tsv");

/// The column headings without the first, and the rows sorted by code.
struct Table {
    languages: Vec<&'static str>,
    rows: Vec<(&'static str, Vec<&'static str>)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut lines = TEXT.lines().filter(|line| !line.starts_with('#'));
    let mut cells = |line: &'static str| {
        let mut cells = line.split('\t');
        (cells.next().unwrap_or_default(), cells.collect())
    };
    Table {
        languages: lines.next().map(&mut cells).unwrap_or_default().1,
        rows: lines.map(cells).collect(),
    }
});

/// The names of countries in one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Countries {
    column: usize,
}

impl Countries {
    pub(super) fn in_language(language: &str) -> Option<Self> {
        let mut languages = TABLE.languages.iter();
        let column = languages.position(|known| known.eq_ignore_ascii_case(language))?;
        Some(Self { column })
    }

    pub(super) fn languages() -> &'static [&'static str] {
        &TABLE.languages
    }

    /// A code that no country has is its own name.
    pub(super) fn name(self, country: &Country) -> &str {
        let rows = &TABLE.rows;
        match rows.binary_search_by_key(&country.as_str(), |(code, _)| code) {
            Ok(at) => rows[at].1.get(self.column).copied().unwrap_or_default(),
            Err(_) => country.as_str(),
        }
    }
}

/// The languages of the words below, beside the English that they have as keys.
pub(super) const OF_KINDS: [&str; 2] = ["ru", "uk"];

pub(super) fn device_type(kind: DeviceType) -> [&'static str; OF_KINDS.len()] {
    match kind {
        DeviceType::Desktop => ["компьютер", "комп’ютер"],
        DeviceType::Mobile => ["телефон", "телефон"],
        DeviceType::Tablet => ["планшет", "планшет"],
        DeviceType::Tv => ["телевизор", "телевізор"],
        DeviceType::Console => ["игровая приставка", "ігрова приставка"],
        DeviceType::Other => ["другое", "інше"],
    }
}

pub(super) fn connection_type(kind: ConnectionType) -> [&'static str; OF_KINDS.len()] {
    match kind {
        ConnectionType::Cellular => ["мобильная сеть", "мобільна мережа"],
        ConnectionType::Broadband => ["домашний интернет", "домашній інтернет"],
        ConnectionType::Corporate => ["корпоративная сеть", "корпоративна мережа"],
        ConnectionType::Dialup => ["телефонная линия", "телефонна лінія"],
        ConnectionType::Satellite => ["спутник", "супутник"],
        ConnectionType::Hosting => ["дата-центр", "дата-центр"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(language: &str, code: &str) -> String {
        let countries = Countries::in_language(language).expect("a language of ours");
        let country = Country::parse(code).expect("two letters");
        countries.name(&country).to_owned()
    }

    #[test]
    fn countries_have_names_in_each_language() {
        assert_eq!(name("en", "UA"), "Ukraine");
        assert_eq!(name("RU", "UA"), "Украина");
        assert_eq!(name("uk", "ua"), "Україна");
        assert_eq!(name("de", "AD"), "Andorra");
        assert_eq!(name("en", "ZW"), "Zimbabwe");
        assert_eq!(name("en", "QQ"), "QQ");
        assert!(Countries::in_language("xx").is_none());
        assert!(Countries::in_language("").is_none());
    }

    #[test]
    fn the_table_is_sorted_and_has_no_holes() {
        // ISO 3166-1 has 249 countries; Kosovo's code is a user-assigned one that everybody uses.
        assert_eq!(TABLE.rows.len(), 250);
        assert!(TABLE.rows.is_sorted_by(|a, b| a.0 < b.0));
        for (code, names) in &TABLE.rows {
            assert!(Country::parse(code).is_some_and(|one| one.as_str() == *code));
            assert_eq!(names.len(), TABLE.languages.len(), "{code}");
            assert!(names.iter().all(|name| !name.trim().is_empty()), "{code}");
        }
    }
}
