//! What clicks and conversions can be grouped by, one row each.

mod of_click;
mod table;

use serde::Serialize;

use crate::domain::nearest;

/// A fact of a click by which rows are grouped.
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
    #[serde(skip)]
    #[schema(ignore)]
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
    Address,
    IsBot,
    BotReason,
}

/// All dimensions, in the order in which pickers show them.
pub fn all() -> impl Iterator<Item = &'static Dimension> {
    table::TABLE.iter().chain(table::SUB_IDS)
}

/// The dimension of this key.
pub fn find(key: &str) -> Option<&'static Dimension> {
    all().find(|dimension| dimension.key == key)
}

/// The key that was probably meant by one that is not known.
pub fn nearest(key: &str) -> Option<&'static str> {
    nearest::nearest(key, all().map(|dimension| dimension.key))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::visitor::{BotReason, ConnectionType, DeviceType, SUB_IDS};

    #[test]
    fn every_row_is_whole_and_its_key_its_own() {
        let mut keys = HashSet::new();
        for dimension in all() {
            let key = dimension.key;
            assert!(keys.insert(key), "{key} is there twice");
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(key.chars().all(is_plain), "{key}");
            assert_eq!(find(key), Some(dimension));
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
    }

    #[test]
    fn words_are_those_that_are_stored() {
        let words = |key| match find(key).map(|dimension| dimension.input) {
            Some(Input::Words { words }) => words.to_vec(),
            other => panic!("{key}: {other:?}"),
        };
        let of_devices: Vec<_> = DeviceType::ALL.iter().map(|(word, _)| *word).collect();
        let of_connections: Vec<_> = ConnectionType::ALL.iter().map(|(word, _)| *word).collect();
        let mut of_bots: Vec<_> = BotReason::ALL.iter().map(|(word, _)| *word).collect();
        of_bots.push("converted");
        assert_eq!(words("device_type"), of_devices);
        assert_eq!(words("connection_type"), of_connections);
        assert_eq!(words("bot_reason"), of_bots);
    }
}
