//! Every metric, one row each: with its words, its formula, and how its values are written.

mod event;
mod formula;
mod kept;
mod money;
mod results;
mod traffic;

use serde::Serialize;

pub use crate::domain::format::{Better, Format};
pub use formula::{Formula, Term, Terms};

/// A number that reports show and rules ask for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Metric {
    /// Of a metric about one event or kept number, what stands before the colon and its name.
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    /// As people read it.
    #[schema(value_type = String, example = "conversions / clicks × 100")]
    pub formula: Formula,
    pub format: Format,
    pub better: Better,
}

impl PartialEq for Metric {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Metric {}

/// All metrics that are about no event or kept number, in the order in which pickers show them.
pub fn all() -> impl Iterator<Item = &'static Metric> {
    traffic::TABLE
        .iter()
        .chain(results::TABLE)
        .chain(money::TABLE)
}

/// Those about one event of the operator's own: `event:<key>`.
pub fn of_events() -> impl Iterator<Item = &'static Metric> {
    event::TABLE.iter()
}

/// Those about one number that networks send along: `kept_sum:<name>`.
pub fn of_kept() -> impl Iterator<Item = &'static Metric> {
    kept::TABLE.iter()
}

/// The metric of this key.
pub fn find(key: &str) -> Option<&'static Metric> {
    all().find(|metric| metric.key == key)
}

/// The metric about an event, by what stands before the colon.
pub fn find_of_event(key: &str) -> Option<&'static Metric> {
    of_events().find(|metric| metric.key == key)
}

/// The metric about a kept number, by what stands before the colon.
pub fn find_of_kept(key: &str) -> Option<&'static Metric> {
    of_kept().find(|metric| metric.key == key)
}

#[cfg(test)]
mod tests;
