//! Whether an entity takes part in routing.

use serde::{Deserialize, Serialize};

/// Active, paused, or archived. Whatever is not active gets nothing from the next click on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[default]
    Active,
    Paused,
    Archived,
}

impl State {
    /// Every state with its word, for readers of documents and for pickers.
    pub const ALL: &'static [(&'static str, State)] = &[
        ("active", State::Active),
        ("paused", State::Paused),
        ("archived", State::Archived),
    ];

    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, one)| *one == self)
            .map_or("", |(word, _)| word)
    }

    pub fn is_active(self) -> bool {
        self == State::Active
    }
}
