//! What clicks and conversions can be grouped by, one row each.
//!
//! Some are facts of the click, some of its time, some of the conversion ([`Of`]). Rules group by
//! those of the click only: what they look at lies in a window of time already, and a condition on
//! the conversion itself is a fact of theirs.

mod address;
mod conversion;
mod names;
mod of_click;
mod reference;
mod table;
mod time;

use serde::{Serialize, Serializer};

use super::calendar::Unit;
use crate::domain::nearest;

pub use address::block;
pub use names::Names;
pub use reference::{DimensionRef, UnknownDimension};

/// A fact of a click, of a conversion or of their time, by which rows are grouped.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Dimension {
    /// As in the click log.
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    /// A value.
    pub example: &'static str,
    /// What its values are.
    pub input: Input,
    #[serde(rename = "of")]
    #[schema(value_type = Of)]
    pub fact: Fact,
}

impl std::fmt::Debug for Dimension {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.key)
    }
}

impl PartialEq for Dimension {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Dimension {}

/// What the values of a dimension are, and so how one is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = DimensionInput)]
pub enum Input {
    /// The id of an entity, whose path in the API this is.
    Id {
        of: &'static str,
    },
    /// The id of a flow.
    Flow,
    /// An upper-case ISO 3166 code.
    Country,
    /// One of these words.
    Words {
        words: &'static [&'static str],
    },
    /// `true` or `false`.
    Flag,
    Number,
    Text,
}

/// What has the values of a dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DimensionOf)]
pub enum Of {
    Click,
    /// The time at which a row counts.
    Time,
    /// Clicks have none: in rows grouped by it nothing of theirs is counted.
    Conversion,
}

/// Whose uniqueness is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueFor {
    Campaign,
    Flow,
    All,
}

/// Where a dimension comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    Campaign,
    /// Of the campaign, as its document says now.
    CampaignGroup,
    Flow,
    Landing,
    /// Of a click the last one clicked, else the assigned one; of a conversion its own, else its
    /// click's.
    Offer,
    /// Of that offer, as its document says now.
    Network,
    TrafficSource,
    Domain,
    /// Follows from the address; stored under the dimension's key.
    Place,
    /// Follows from the user agent; stored under the dimension's key.
    Agent,
    /// Of the click itself; stored under the dimension's key.
    Click,
    /// From 1 to 30.
    SubId(u8),
    ReferrerHost,
    Address,
    /// The network of the address, of so many bits.
    Block {
        v4: u8,
        v6: u8,
    },
    IsUnique(UniqueFor),
    IsBot,
    BotReason,
    Time(Unit),
    Event,
    Status,
    Tid,
    /// A text that a network was told to keep, by its name.
    Kept,
}

impl Fact {
    pub fn of(self) -> Of {
        match self {
            Fact::Time(_) => Of::Time,
            Fact::Event | Fact::Status | Fact::Tid | Fact::Kept => Of::Conversion,
            _ => Of::Click,
        }
    }
}

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.of().serialize(serializer)
    }
}

/// All dimensions that need no name, in the order in which pickers show them.
pub fn all() -> impl Iterator<Item = &'static Dimension> {
    let conversion = conversion::TABLE.iter();
    of_clicks().chain(time::TABLE).chain(conversion)
}

/// Those of a click.
pub fn of_clicks() -> impl Iterator<Item = &'static Dimension> {
    table::TABLE.iter().chain(table::SUB_IDS)
}

/// Those that need a name: `kept:<name>`.
pub fn of_kept() -> impl Iterator<Item = &'static Dimension> {
    std::iter::once(&conversion::KEPT)
}

/// The dimension of this key.
pub fn find(key: &str) -> Option<&'static Dimension> {
    all().find(|dimension| dimension.key == key)
}

/// The dimension of a click that has this key.
pub fn find_of_click(key: &str) -> Option<&'static Dimension> {
    of_clicks().find(|dimension| dimension.key == key)
}

/// The key that was probably meant by one that is not known.
pub fn nearest(key: &str) -> Option<&'static str> {
    nearest::nearest(key, all().map(|dimension| dimension.key))
}

/// The same among those of a click.
pub fn nearest_of_click(key: &str) -> Option<&'static str> {
    nearest::nearest(key, of_clicks().map(|dimension| dimension.key))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::conversion::Status;
    use crate::domain::visitor::{BotReason, ConnectionType, DeviceType, SUB_IDS};

    #[test]
    fn every_row_is_whole_and_its_key_its_own() {
        let mut keys = HashSet::new();
        for dimension in all().chain(of_kept()) {
            let key = dimension.key;
            assert!(keys.insert(key), "{key} is there twice");
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(key.chars().all(is_plain), "{key}");
            let is_of_click = dimension.fact.of() == Of::Click;
            assert_eq!(find_of_click(key).is_some(), is_of_click, "{key}");
            assert_eq!(find(key).is_some(), dimension.fact != Fact::Kept, "{key}");
            assert!(!dimension.label.is_empty(), "{key}");
            assert!(dimension.help.ends_with('.'), "{key}");
            let example = dimension.example;
            let works = match dimension.input {
                Input::Id { .. } | Input::Flow | Input::Number => example.parse::<u64>().is_ok(),
                Input::Country => example.len() == 2,
                Input::Words { words } => words.contains(&example),
                Input::Flag => example == "true",
                Input::Text => !example.is_empty(),
            };
            assert!(works, "{key}: {example}");
        }
    }

    #[test]
    fn each_sub_id_is_a_dimension() {
        for number in 1..=SUB_IDS as u8 {
            let found = find(&format!("sub_id_{number}")).map(|dimension| dimension.fact);
            assert_eq!(found, Some(Fact::SubId(number)));
        }
        assert_eq!(find("sub_id_31"), None);
        assert_eq!(nearest("contry"), Some("country"));
        assert_eq!(nearest("mont"), Some("month"));
        assert_eq!(nearest_of_click("mont"), None);
    }

    #[test]
    fn words_are_those_that_are_stored() {
        let words = |key| match find(key).map(|dimension| dimension.input) {
            Some(Input::Words { words }) => words.to_vec(),
            other => panic!("{key}: {other:?}"),
        };
        let of_statuses: Vec<_> = Status::ALL.iter().map(|(word, _)| *word).collect();
        let of_devices: Vec<_> = DeviceType::ALL.iter().map(|(word, _)| *word).collect();
        let of_connections: Vec<_> = ConnectionType::ALL.iter().map(|(word, _)| *word).collect();
        let mut of_bots: Vec<_> = BotReason::ALL.iter().map(|(word, _)| *word).collect();
        of_bots.push("converted");
        assert_eq!(words("status"), of_statuses);
        assert_eq!(words("device_type"), of_devices);
        assert_eq!(words("connection_type"), of_connections);
        assert_eq!(words("bot_reason"), of_bots);
    }
}
