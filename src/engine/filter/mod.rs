//! Conditions of flows on the visitor. One file each.
//!
//! A [`FilterKind`] knows only whether a visitor matches its value. What follows from a match is
//! decided here, once for all: each filter applies its accept or reject, [`Filters`] joins by
//! all or any. A flow without filters takes everybody.
//!
//! What is not known about a visitor matches nothing but the word `unknown`, in filters whose
//! value may be unknown. So "reject DE" lets the unknown pass and "accept DE" does not.
//!
//! Adding a filter: 1. A file here with a unit struct that implements [`FilterKind`]; `values.rs`
//! reads the usual values; a filter that only says yes or no takes `true`. 2. Its line in [`ALL`].
//! The tests below then ask it for everything that the dashboard needs, which draws its editor
//! from [`options`].

mod country;
mod device_type;
mod lists;
mod values;

pub use lists::Lists;

use serde::Serialize;
use serde_json::Value;

use super::trace::{Step, Trace};
use crate::domain::flow::{Filter, Match, Mode};
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::engine::visit::Asked;

/// All filters, in the order in which pickers show them.
pub static ALL: &[&dyn FilterKind] = &[&country::CountryFilter, &device_type::DeviceTypeFilter];

/// Whether a visitor matches the value that was compiled.
pub type Matcher = Box<dyn Fn(&Asked<'_>) -> bool + Send + Sync>;

/// A kind of condition.
pub trait FilterKind: Sync {
    /// Its word in documents.
    fn key(&self) -> &'static str;
    fn label(&self) -> &'static str;
    fn help(&self) -> &'static str;
    /// A value that works.
    fn example(&self) -> Value;
    /// From this the dashboard draws the editor.
    fn input(&self) -> Input;
    /// Reads a value; the problems' fields are relative to it (`[2]`).
    fn compile(&self, value: &Value, lists: &Lists) -> Result<Matcher, Vec<Problem>>;
    /// What this visitor has there, for explanations.
    fn seen(&self, asked: &Asked<'_>) -> String;
}

/// The editor of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Input {
    /// A list of country codes, or `unknown`.
    Countries,
    /// A list of some of these.
    Choices { choices: Vec<Choice> },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Choice {
    pub value: &'static str,
    pub label: &'static str,
}

/// A filter as pickers need it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FilterOption {
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    #[schema(value_type = Object)]
    pub example: Value,
    pub input: Input,
}

pub fn options() -> Vec<FilterOption> {
    ALL.iter()
        .map(|kind| FilterOption {
            key: kind.key(),
            label: kind.label(),
            help: kind.help(),
            example: kind.example(),
            input: kind.input(),
        })
        .collect()
}

/// The filters of one flow.
#[derive(Debug)]
pub struct Filters {
    join: Match,
    filters: Vec<CompiledFilter>,
}

impl Filters {
    /// Compiles what a document says; the problems' fields are relative to the list (`[0].value`).
    pub fn compile(join: Match, filters: &[Filter], lists: &Lists) -> Result<Self, Vec<Problem>> {
        let mut compiled = Vec::with_capacity(filters.len());
        let mut problems = Vec::new();
        for (index, filter) in filters.iter().enumerate() {
            match CompiledFilter::compile(filter, lists) {
                Ok(filter) => compiled.push(filter),
                Err(found) => problems.extend(
                    found
                        .into_iter()
                        .map(|problem| problem.under(&format!("[{index}]"))),
                ),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            join,
            filters: compiled,
        })
    }

    /// Whether the flow may have this visitor. Stops at the first filter that settles it.
    pub fn accept(&self, asked: &Asked<'_>, trace: &mut impl Trace) -> bool {
        for (index, filter) in self.filters.iter().enumerate() {
            let accepts = filter.accepts(asked);
            trace.step(|| Step::Filter {
                flow_id: asked.flow_id,
                index,
                key: filter.kind.key(),
                mode: filter.mode,
                visitor: filter.kind.seen(asked),
                accepts,
            });
            match (self.join, accepts) {
                (Match::All, false) => return false,
                (Match::Any, true) => return true,
                _ => {}
            }
        }
        self.join == Match::All || self.filters.is_empty()
    }
}

/// One condition with its mode.
struct CompiledFilter {
    kind: &'static dyn FilterKind,
    mode: Mode,
    matches: Matcher,
}

impl CompiledFilter {
    fn compile(filter: &Filter, lists: &Lists) -> Result<Self, Vec<Problem>> {
        let Some(kind) = ALL.iter().find(|kind| kind.key() == filter.key) else {
            return Err(vec![unknown(&filter.key)]);
        };
        let matches = kind.compile(&filter.value, lists).map_err(|problems| {
            let relative = problems.into_iter();
            relative
                .map(|problem| problem.under("value"))
                .collect::<Vec<_>>()
        })?;
        Ok(Self {
            kind: *kind,
            mode: filter.mode,
            matches,
        })
    }

    fn accepts(&self, asked: &Asked<'_>) -> bool {
        (self.matches)(asked) == (self.mode == Mode::Accept)
    }
}

impl std::fmt::Debug for CompiledFilter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?} {}", self.mode, self.kind.key())
    }
}

fn unknown(key: &str) -> Problem {
    let keys: Vec<_> = ALL.iter().map(|kind| kind.key()).collect();
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;

    use super::*;
    use crate::domain::visitor::DeviceType;
    use crate::engine::testing::{asking, filter, visitor};
    use crate::engine::trace::{Silent, Story};

    #[test]
    fn entries_are_complete_and_their_examples_compile() {
        let mut keys = HashSet::new();
        for kind in ALL {
            let key = kind.key();
            assert!(keys.insert(key), "{key} is there twice");
            assert!(key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert!(!kind.label().is_empty() && !kind.help().is_empty(), "{key}");
            assert!(
                kind.compile(&kind.example(), &Lists::default()).is_ok(),
                "{key}"
            );
        }
    }

    #[test]
    fn values_of_the_wrong_shape_are_refused_by_every_filter() {
        for kind in ALL {
            for value in [json!(null), json!(7), json!({}), json!([7]), json!(["\0"])] {
                let problems = kind
                    .compile(&value, &Lists::default())
                    .err()
                    .unwrap_or_default();

                assert!(!problems.is_empty(), "{} takes {value}", kind.key());
            }
        }
    }

    #[test]
    fn modes_and_joins_decide_together() {
        use Match::{All, Any};
        use Mode::{Accept, Reject};
        let cases = [
            (All, vec![], true),
            (Any, vec![], true),
            (All, vec![(Accept, true), (Accept, true)], true),
            (All, vec![(Accept, true), (Accept, false)], false),
            (All, vec![(Accept, true), (Reject, false)], true),
            (All, vec![(Reject, true)], false),
            (Any, vec![(Accept, false), (Accept, true)], true),
            (Any, vec![(Accept, false), (Reject, false)], true),
            (Any, vec![(Accept, false), (Reject, true)], false),
        ];
        let german = visitor("DE", DeviceType::Mobile);
        for (join, filters, expected) in cases {
            let documents: Vec<_> = filters
                .iter()
                .map(|(mode, matches)| {
                    let country = if *matches { "DE" } else { "FR" };
                    filter("country", *mode, json!([country]))
                })
                .collect();

            let compiled =
                Filters::compile(join, &documents, &Lists::default()).expect("it compiles");

            assert_eq!(
                asking(&german, 1, |asked| compiled.accept(asked, &mut Silent)),
                expected,
                "{join:?} {filters:?}"
            );
        }
    }

    #[test]
    fn a_filter_says_what_it_saw() {
        let filters = [filter("country", Mode::Reject, json!(["DE"]))];
        let compiled =
            Filters::compile(Match::All, &filters, &Lists::default()).expect("it compiles");
        let mut story = Story::default();

        let german = visitor("DE", DeviceType::Mobile);
        asking(&german, 9, |asked| compiled.accept(asked, &mut story));

        let expected = Step::Filter {
            flow_id: 9,
            index: 0,
            key: "country",
            mode: Mode::Reject,
            visitor: "DE".to_owned(),
            accepts: false,
        };
        assert_eq!(story.steps, [expected]);
    }

    #[test]
    fn every_problem_of_a_list_is_reported_with_its_place() {
        let filters = [
            filter("contry", Mode::Accept, json!(["DE"])),
            filter("country", Mode::Accept, json!(["DE", "XX"])),
            filter("device_type", Mode::Accept, json!([])),
        ];

        let problems = Filters::compile(Match::All, &filters, &Lists::default())
            .err()
            .unwrap_or_default();

        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["[0].key", "[1].value[1]", "[2].value"]);
        assert!(problems[0].message.ends_with("Did you mean \"country\"?"));
    }
}
