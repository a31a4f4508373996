//! The entries of a value beside the named lists in it.

use std::sync::Arc;

use serde_json::Value;

use super::alike::Alike;
use super::lists::{Lists, NamedList};
use super::values::{Faults, Split, What, entries};
use crate::domain::problem::Problem;

/// Entries compiled into one thing to look up in.
pub(super) trait Set: Sized {
    /// Compiles entries, or says what is wrong with some of them, by their places.
    fn compile<'t>(entries: impl Iterator<Item = &'t str>) -> Result<Self, Faults>;

    /// What others compiled from the same entries.
    fn alike(lists: &Lists) -> &Alike<Self>;

    /// What was compiled from a named list.
    fn of<'l>(list: &'l NamedList, lists: &Lists) -> &'l Result<Arc<Self>, Faults>;
}

/// Own entries and lists; an entry of any of them counts.
#[derive(Debug)]
pub(super) struct Sets<S>(Vec<Arc<S>>);

impl<S: Set> Sets<S> {
    /// Reads a value; all problems at once, with their places.
    pub(super) fn compile(
        value: &Value,
        lists: &Lists,
        split: Split,
    ) -> Result<Self, Vec<Problem>> {
        let entries = entries(value, split)?;
        let mut sets = Vec::new();
        let mut problems = Vec::new();
        let mut own = Vec::new();
        for entry in &entries {
            match entry.what {
                What::Text(text) => own.push((entry, text)),
                What::List(id) => match lists.get(id).map(|list| (list, S::of(list, lists))) {
                    Some((_, Ok(set))) => sets.push(Arc::clone(set)),
                    Some((list, Err(faults))) => problems.extend(entry.lines(list, faults)),
                    None => problems.push(entry.no_list(id)),
                },
            }
        }
        if !own.is_empty() {
            let texts = own.iter().map(|(_, text)| *text);
            match S::alike(lists).compile(texts) {
                Ok(set) => sets.insert(0, set),
                Err(faults) => {
                    for (place, message) in &faults.listed {
                        problems.extend(own.get(*place).map(|(entry, _)| entry.problem(message)));
                    }
                    if faults.more > 0 {
                        let message = format!("{} more entries are wrong.", faults.more);
                        problems.push(Problem::new("", "too_many_problems", message));
                    }
                }
            }
        }
        match problems.is_empty() {
            true => Ok(Self(sets)),
            false => Err(problems),
        }
    }

    pub(super) fn any(&self, holds: impl Fn(&S) -> bool) -> bool {
        self.0.iter().any(|set| holds(set))
    }
}
