//! A named list of values that filters of many campaigns share: a blacklist of sources, a list of
//! addresses.

use serde::Serialize;
use utoipa::ToSchema;

use super::check;
use super::entity::{Entity, Head, heads, read_head};
use super::form::Form;
use super::state::State;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct List {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    /// One value each, as a filter takes them: texts, masks, addresses, ranges.
    pub values: Vec<String>,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Most values of one list.
pub const VALUES_MAX: usize = 200_000;

impl Entity for List {
    const WORD: &'static str = "list";

    heads!(lists, List);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        List {
            id,
            version,
            name: check::read_name(form),
            state,
            values: form.texts("values", VALUES_MAX),
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name]
    }
}
