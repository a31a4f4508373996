//! What can happen beside a conversion: a registration, a deposit, a call.

use serde::Serialize;
use utoipa::ToSchema;

use super::check;
use super::entity::{Entity, Head, heads, read_head};
use super::form::Form;
use super::state::State;

/// An event of the operator's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Event {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    /// What conversions, metrics and macros call it: `registration`. Stays as it is.
    pub key: String,
    /// What networks call it in a postback, in any case; the key is always one of them.
    pub words: Vec<String>,
    /// Counts in `conversions`, and so in CR and CPA.
    pub counts_as_conversion: bool,
    /// Its amounts count in `revenue`.
    pub counts_in_revenue: bool,
    /// Is told to the traffic source.
    pub is_sent_to_source: bool,
    /// What a postback about one that is there already does.
    pub duplicates: Duplicates,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

/// What a further postback of the same identity does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// Nothing.
    Ignore,
    /// Moves the row, as a conversion's.
    #[default]
    Update,
    /// Makes a row of its own, unless it is the network's retry.
    New,
    /// Adds its payout to the row, unless it is the network's retry.
    AddPayout,
}

impl Duplicates {
    pub const ALL: &'static [(&'static str, Duplicates)] = &[
        ("ignore", Duplicates::Ignore),
        ("update", Duplicates::Update),
        ("new", Duplicates::New),
        ("add_payout", Duplicates::AddPayout),
    ];
}

impl Entity for Event {
    const WORD: &'static str = "event";

    heads!(events, Event, name);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        Event {
            id,
            version,
            name: check::read_name(form),
            state,
            key: form.text("key").to_owned(),
            words: form.texts("words", 100),
            counts_as_conversion: form.boolean("counts_as_conversion", false),
            counts_in_revenue: form.boolean("counts_in_revenue", true),
            is_sent_to_source: form.boolean("is_sent_to_source", false),
            duplicates: form.choice("duplicates", Duplicates::ALL, Duplicates::default()),
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name, &self.key]
    }
}
