//! Conditions of flows on the visitor. One file each, in a folder for each group.
//!
//! A [`FilterKind`] knows only whether a visitor matches its value. What follows from a match is
//! decided once for all in `compiled.rs`: each filter applies its accept or reject, [`Filters`]
//! joins by all or any. A flow without filters takes everybody.
//!
//! What is not known about a visitor matches nothing but the word `unknown`; what the link or the
//! browser did not send matches nothing but `@empty`. So "reject DE" lets the unknown pass and
//! "accept DE" does not.
//!
//! | file | what it knows |
//! |---|---|
//! | `compiled.rs` | the filters of a flow: modes, joins, order, explanations |
//! | `input.rs` | which editor the dashboard draws for a value |
//! | `values.rs` | a value as a list: an array, a pasted text, named lists |
//! | `sets.rs`, `lists.rs` | own entries beside named lists, compiled once for all filters |
//! | `texts.rs`, `masks.rs`, `text_filter.rs` | texts, `*masks*` and `/regexps/` |
//! | `addresses.rs`, `versions.rs`, `words.rs`, `flag.rs`, `zone.rs` | the other usual values |
//! | `markdown.rs` | the table in the README |
//! | `geo/`, `device/`, `parameters/`, `time/`, `visitor/`, `other/` | the filters |
//!
//! Adding a filter: 1. A file in its group's folder with a unit struct that implements
//! [`FilterKind`], or a `TextFilter` or `FlagFilter` if it is about one text or one fact. 2. Its
//! line in the group's `ALL`. The tests then ask it for everything that the dashboard needs, which
//! draws its editor from [`options`]. 3. `UPDATE_README=1 cargo test --test readme`.

mod addresses;
mod alike;
mod compiled;
mod device;
mod flag;
mod geo;
mod input;
mod lists;
mod markdown;
mod masks;
mod other;
mod parameters;
mod sets;
mod text_filter;
mod texts;
mod time;
mod values;
mod versions;
mod visitor;
mod words;
mod zone;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod limit_cases;
#[cfg(test)]
mod tests;

pub use compiled::Filters;
pub use input::{Choice, Input};
pub use lists::{Lists, NamedList, list_problems};
pub use markdown::markdown;
pub use other::limits;
pub use texts::count_regexps;

use serde::Serialize;
use serde_json::Value;

use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::engine::visit::Asked;

/// All filters by their group, in the order in which pickers show them.
pub static ALL: &[(Group, &[&dyn FilterKind])] = &[
    (Group::Geo, geo::ALL),
    (Group::Device, device::ALL),
    (Group::Parameters, parameters::ALL),
    (Group::Parameters, parameters::SUB_IDS),
    (Group::Time, time::ALL),
    (Group::Visitor, visitor::ALL),
    (Group::Other, other::ALL),
];

/// Where pickers put a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Geo,
    Device,
    Parameters,
    Time,
    Visitor,
    Other,
}

/// A kind of condition.
pub trait FilterKind: Sync {
    /// Its word in documents.
    fn key(&self) -> &'static str;

    /// Other words for it that documents may use.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    fn label(&self) -> &'static str;

    /// One or two sentences: what it asks, and how values are written.
    fn help(&self) -> &'static str;

    /// A value that works.
    fn example(&self) -> Value;

    /// From this the dashboard draws the editor.
    fn input(&self) -> Input;

    /// Whether a match uses something up. Such filters are asked last, and can only accept.
    fn uses_up(&self) -> bool {
        false
    }

    /// Whether it asks for the visitor's past ([`Asked::seen`]), which is looked up only then.
    fn asks_for_past(&self) -> bool {
        false
    }

    /// Reads a value; the problems' fields are relative to it (`[2]`).
    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>>;
}

/// A value that was compiled.
pub trait Condition: Send + Sync {
    fn matches(&self, asked: &Asked<'_>) -> bool;

    /// What this visitor has there, for explanations.
    fn seen(&self, asked: &Asked<'_>) -> String;
}

/// A condition of two closures: whether a visitor matches, and what this visitor has there.
fn condition<M, S>(matches: M, seen: S) -> Box<dyn Condition>
where
    M: Fn(&Asked<'_>) -> bool + Send + Sync + 'static,
    S: Fn(&Asked<'_>) -> String + Send + Sync + 'static,
{
    struct Closures<M, S>(M, S);

    impl<M, S> Condition for Closures<M, S>
    where
        M: Fn(&Asked<'_>) -> bool + Send + Sync,
        S: Fn(&Asked<'_>) -> String + Send + Sync,
    {
        fn matches(&self, asked: &Asked<'_>) -> bool {
            self.0(asked)
        }

        fn seen(&self, asked: &Asked<'_>) -> String {
            self.1(asked)
        }
    }

    Box::new(Closures(matches, seen))
}

/// Every filter, in the order of [`ALL`].
pub fn all() -> impl Iterator<Item = &'static dyn FilterKind> {
    ALL.iter().flat_map(|(_, kinds)| kinds.iter().copied())
}

/// The filter that a document names by its key or an alias.
fn find(key: &str) -> Option<&'static dyn FilterKind> {
    all().find(|kind| kind.key() == key || kind.aliases().contains(&key))
}

/// Whether the filter of this key asks for the visitor's past.
pub(super) fn asks_for_past(key: &str) -> bool {
    find(key).is_some_and(|kind| kind.asks_for_past())
}

fn unknown(key: &str) -> Problem {
    let keys: Vec<_> = all().map(|kind| kind.key()).collect();
    let advice = match nearest(key, keys.iter().copied()) {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => format!("There are: {}.", keys.join(", ")),
    };
    Problem::new(
        "key",
        "unknown",
        format!("There is no filter \"{key}\". {advice}"),
    )
}

/// A filter as pickers need it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FilterOption {
    pub key: &'static str,
    pub group: Group,
    pub label: &'static str,
    pub help: &'static str,
    #[schema(value_type = Object)]
    pub example: Value,
    pub input: Input,
    /// Whether the mode `reject` makes sense.
    pub can_reject: bool,
}

pub fn options() -> Vec<FilterOption> {
    let option = |group: Group, kind: &'static dyn FilterKind| FilterOption {
        key: kind.key(),
        group,
        label: kind.label(),
        help: kind.help(),
        example: kind.example(),
        input: kind.input(),
        can_reject: !kind.uses_up(),
    };
    let groups = ALL.iter();
    groups
        .flat_map(|(group, kinds)| kinds.iter().map(|kind| option(*group, *kind)))
        .collect()
}
