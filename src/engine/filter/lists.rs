//! Named lists that filters share, compiled once for all of them.
//!
//! A list does not know what its lines are: whichever filter asks first has it compiled, as texts
//! or as addresses. As long as its document stays the same, the next catalog takes over what was
//! compiled for the last one.

use std::sync::{Arc, OnceLock};

use ahash::AHashMap;

use super::addresses::AddressSet;
use super::alike::Alike;
use super::find;
use super::sets::Set;
use super::texts::TextSet;
use super::values::{Faults, LINE_OF_LIST};
use crate::domain::documents::Documents;
use crate::domain::list::List;
use crate::domain::problem::Problem;
use crate::domain::state::State;

/// All lists by their id, and what filters share without a list.
#[derive(Debug, Default, Clone)]
pub struct Lists {
    named: AHashMap<u64, Arc<NamedList>>,
    pub(super) texts: Arc<Alike<TextSet>>,
    pub(super) addresses: Arc<Alike<AddressSet>>,
}

/// A list and what was compiled from it.
#[derive(Debug)]
pub struct NamedList {
    pub document: Arc<List>,
    texts: OnceLock<Result<Arc<TextSet>, Faults>>,
    addresses: OnceLock<Result<Arc<AddressSet>, Faults>>,
}

impl Lists {
    /// The lists among the documents. What `previous` compiled from the same documents is kept.
    pub fn of(documents: &Documents, previous: Option<&Lists>) -> Self {
        let named = |(id, document): (&u64, &Arc<List>)| {
            let known = previous.and_then(|previous| previous.get(*id));
            let list = match known {
                Some(known) if Arc::ptr_eq(&known.document, document) => Arc::clone(known),
                _ => Arc::new(NamedList::new(document)),
            };
            (*id, list)
        };
        Self {
            named: documents.lists.iter().map(named).collect(),
            texts: previous.map_or_else(Arc::default, |one| Arc::clone(&one.texts)),
            addresses: previous.map_or_else(Arc::default, |one| Arc::clone(&one.addresses)),
        }
    }

    /// The list of this id.
    pub fn get(&self, id: u64) -> Option<&Arc<NamedList>> {
        self.named.get(&id)
    }
}

impl NamedList {
    fn new(document: &Arc<List>) -> Self {
        Self {
            document: Arc::clone(document),
            texts: OnceLock::new(),
            addresses: OnceLock::new(),
        }
    }

    pub(super) fn texts(&self, lists: &Lists) -> &Result<Arc<TextSet>, Faults> {
        self.texts.get_or_init(|| self.compile(lists))
    }

    pub(super) fn addresses(&self, lists: &Lists) -> &Result<Arc<AddressSet>, Faults> {
        self.addresses.get_or_init(|| self.compile(lists))
    }

    fn compile<S: Set>(&self, lists: &Lists) -> Result<Arc<S>, Faults> {
        S::alike(lists).compile(self.document.values.iter().map(String::as_str))
    }
}

/// What keeps the filters of campaigns from using a list as it is written. Fields are relative to
/// the list's document (`values[17]`).
pub fn list_problems(documents: &Documents, id: u64) -> Vec<Problem> {
    let lists = Lists::of(documents, None);
    let mut problems: Vec<Problem> = Vec::new();
    for campaign in documents.campaigns.values() {
        if campaign.state == State::Archived {
            continue;
        }
        for filter in campaign.flows.iter().flat_map(|flow| &flow.filters) {
            let uses: Vec<_> = filter
                .lists()
                .into_iter()
                .filter(|(_, of)| *of == id)
                .collect();
            let Some(kind) = find(&filter.key).filter(|_| !uses.is_empty()) else {
                continue;
            };
            let found = kind
                .compile(&filter.value.parsed(), &lists)
                .err()
                .unwrap_or_default();
            for problem in found.into_iter().map(|problem| problem.under("value")) {
                let line = uses.iter().find_map(|(place, _)| {
                    let start = place.strip_suffix(".list_id")?;
                    let rest = problem.field.strip_prefix(start)?;
                    rest.starts_with(LINE_OF_LIST)
                        .then(|| rest[".list_id.".len()..].to_owned())
                });
                let Some(line) = line else { continue };
                if problems.iter().all(|known| known.field != line) {
                    let message = format!(
                        "{} The filter \"{}\" of campaign {} uses this list.",
                        problem.message,
                        kind.key(),
                        campaign.id
                    );
                    problems.push(Problem::new(line, problem.code, message));
                }
            }
        }
    }
    problems
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// Lists of these ids and lines.
    pub(in crate::engine::filter) fn lists(lists: &[(u64, &[&str])]) -> Lists {
        let mut documents = Documents::default();
        for (id, lines) in lists {
            documents.lists.insert(*id, list(*id, lines));
        }
        Lists::of(&documents, None)
    }

    pub(in crate::engine::filter) fn list(id: u64, lines: &[&str]) -> Arc<List> {
        Arc::new(List {
            id,
            version: 1,
            name: format!("List {id}"),
            values: lines.iter().map(|line| (*line).to_owned()).collect(),
            ..List::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::flow::{FlowKind, Mode};
    use crate::engine::testing::{World, campaign, filter, to_address};

    #[test]
    fn a_list_is_compiled_again_only_if_its_document_changed() {
        let mut documents = Documents::default();
        documents.lists.insert(1, testing::list(1, &["10.0.0.1"]));
        documents.lists.insert(2, testing::list(2, &["x"]));
        let first = Lists::of(&documents, None);
        let compiled = |lists: &Lists, id| {
            let named = lists.get(id).expect("it is there");
            Arc::clone(named.texts(lists).as_ref().expect("it compiles"))
        };
        let before = (compiled(&first, 1), compiled(&first, 2));

        documents.lists.insert(2, testing::list(2, &["y"]));
        let second = Lists::of(&documents, Some(&first));

        assert!(Arc::ptr_eq(&before.0, &compiled(&second, 1)));
        assert!(!Arc::ptr_eq(&before.1, &compiled(&second, 2)));
        let addresses = second.get(1).expect("it is there").addresses(&second);
        assert!(addresses.is_ok());
    }

    #[test]
    fn lists_of_the_same_lines_share_what_was_compiled() {
        let lists = testing::lists(&[(1, &["/a+/", "b"]), (2, &["/a+/", "b"]), (3, &["b"])]);
        let texts = |id| {
            let named = lists.get(id).expect("it is there");
            Arc::clone(named.texts(&lists).as_ref().expect("it compiles"))
        };

        assert!(Arc::ptr_eq(&texts(1), &texts(2)));
        assert!(!Arc::ptr_eq(&texts(1), &texts(3)));
    }

    #[test]
    fn a_list_that_breaks_a_filter_is_told_by_its_lines() {
        let by = |key, value| {
            to_address(1, FlowKind::Regular).filtered(filter(key, Mode::Reject, value))
        };
        let mut archived = campaign(3, "c", vec![by("ip", json!([{"list_id": 7}]))]);
        archived.state = State::Archived;
        let mut world = World::new()
            .campaign(campaign(
                1,
                "a",
                vec![by("source", json!([{"list_id": 7}]))],
            ))
            .campaign(archived);
        let lines = ["10.0.0.1", "zone 7", "10.0.0.0/40"];
        world.documents.lists.insert(7, testing::list(7, &lines));
        assert_eq!(list_problems(&world.documents, 7), []);

        let uses_it = by("ip", json!(["10.0.0.1", {"list_id": 7}]));
        let again = by("ip", json!({"list_id": 7}));
        let world = world.campaign(campaign(2, "b", vec![uses_it, again]));

        let problems = list_problems(&world.documents, 7);
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["values[1]", "values[2]"]);
        assert!(problems[0].message.contains("zone 7"), "{problems:?}");
        assert!(
            problems[0]
                .message
                .ends_with("\"ip\" of campaign 2 uses this list.")
        );
        assert_eq!(list_problems(&world.documents, 8), []);
    }
}
