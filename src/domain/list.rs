//! A named list of values that filters of many campaigns share: a blacklist of sources, a list of
//! addresses.

use std::collections::HashSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::check;
use super::entity::{Entity, Head, heads, read_head};
use super::form::{Form, quoted};
use super::problem::Problem;
use super::state::State;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct List {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    /// One value each, as a filter takes them: texts, masks, addresses, ranges. Each stands here
    /// once.
    pub values: Vec<String>,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Most values of one list.
pub const VALUES_MAX: usize = 200_000;
/// The longest value, in bytes.
pub const VALUE_MAX: usize = 1_000;

/// `values`: texts without repeats, in the order in which each came first.
pub fn read_values(form: &mut Form<'_>) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut values = form.texts("values", VALUES_MAX);
    if let Some(long) = values.iter().find(|value| value.len() > VALUE_MAX) {
        let message = format!(
            "{} is longer than the {VALUE_MAX} bytes of a value.",
            quoted(long)
        );
        form.problem("values", "out_of_range", message);
    }
    values.retain(|value| seen.insert(value.clone()));
    values
}

impl List {
    /// Adds the values that are not there yet; how many those were. Nothing is changed if they do
    /// not fit.
    pub fn add(&mut self, values: Vec<String>) -> Result<usize, Problem> {
        let present: HashSet<&str> = self.values.iter().map(String::as_str).collect();
        let mut fresh: Vec<String> = values;
        fresh.retain(|value| !present.contains(value.as_str()));
        let total = self.values.len() + fresh.len();
        if total > VALUES_MAX {
            let message = format!(
                "The list would have {total} values, more than the {VALUES_MAX} possible; make another list."
            );
            return Err(Problem::new("values", "out_of_range", message));
        }
        let added = fresh.len();
        self.values.append(&mut fresh);
        Ok(added)
    }

    /// Takes values off; how many of them were there.
    pub fn remove(&mut self, values: &[String]) -> usize {
        let unwanted: HashSet<&str> = values.iter().map(String::as_str).collect();
        let before = self.values.len();
        self.values
            .retain(|value| !unwanted.contains(value.as_str()));
        before - self.values.len()
    }
}

impl Entity for List {
    const WORD: &'static str = "list";

    heads!(lists, List, name);

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
            values: read_values(form),
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name]
    }

    fn is_costly(&self) -> bool {
        !self.values.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn list(values: &[String]) -> List {
        List::read(&json!({ "name": "L", "values": values })).unwrap()
    }

    proptest! {
        #[test]
        fn a_value_stands_in_a_list_once_however_it_came_there(
            first in prop::collection::vec("[a-c]{1,2}", 0..12),
            then in prop::collection::vec("[a-c]{1,2}", 0..12),
        ) {
            let mut grown = list(&first);
            let before = grown.values.clone();

            let added = grown.add(list(&then).values).unwrap();

            let whole: Vec<String> = first.iter().chain(&then).cloned().collect();
            prop_assert_eq!(&grown.values, &list(&whole).values);
            prop_assert_eq!(added, grown.values.len() - before.len());

            let removed = grown.remove(&then);
            prop_assert_eq!(removed, list(&then).values.len());
            prop_assert!(grown.values.iter().all(|value| before.contains(value) && !then.contains(value)));
        }
    }

    #[test]
    fn a_full_list_takes_no_more_and_stays_as_it_is() {
        let values: Vec<String> = (0..VALUES_MAX).map(|number| number.to_string()).collect();
        let mut full = list(&values);

        assert_eq!(full.add(vec!["7".to_owned()]), Ok(0));
        let refused = full.add(vec!["x".to_owned()]).unwrap_err();

        assert_eq!(
            (refused.field.as_str(), refused.code),
            ("values", "out_of_range")
        );
        assert_eq!(full.values.len(), VALUES_MAX);
    }
}
