//! Every metric, one row each: with its words, its formula, and how its values are written.

mod event;
mod formula;
mod money;
mod results;
mod traffic;

use serde::Serialize;

pub use formula::{Formula, Term, Terms};

/// A number that reports show and rules ask for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Metric {
    /// Of a metric about one event, what stands before the colon and the event's key.
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

/// What a value is, and so how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MetricFormat)]
pub enum Format {
    /// A whole number.
    Count,
    /// In the reporting currency.
    Money,
    /// Of a hundred: 2.5 is 2.5 %.
    Percent,
    /// A plain factor.
    Ratio,
}

/// Which way it should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Up,
    Down,
    Neither,
}

/// All metrics that need no event, in the order in which pickers show them.
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

/// The metric of this key.
pub fn find(key: &str) -> Option<&'static Metric> {
    all().find(|metric| metric.key == key)
}

/// The metric about an event, by what stands before the colon.
pub fn find_of_event(key: &str) -> Option<&'static Metric> {
    of_events().find(|metric| metric.key == key)
}

#[cfg(test)]
mod tests;
