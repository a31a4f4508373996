//! From groups to the rows of a report: chosen, sorted, cut into pages, put under each other, totalled
//! and compared. Pure.
//!
//! Whoever sums gives [`Groups`]. Where a dimension is one that only conversions have, they are summed
//! twice ([`Summed`]): so the rows above it, and the totals, have their clicks.
//!
//! A row of a tree is a run of groups that are alike in the dimensions so far (`source.rs`). Of each
//! level only the rows that are shown are gone into, and only so many are sorted as are shown.

mod answer;
mod build;
mod pick;
mod sheet;
mod source;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Column, Span};
pub use build::build;
pub use sheet::{cells, columns};

use super::Sums;
use crate::domain::money::Micros;

/// What was summed, group by group.
pub trait Groups {
    fn len(&self) -> usize;
    /// The value of a dimension, by its place among those of the question; `None` is empty.
    fn value(&self, group: usize, dimension: usize) -> Option<&str>;
    fn sums(&self, group: usize) -> Sums;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What was summed over one time.
#[derive(Debug)]
pub struct Summed<G> {
    /// By all dimensions.
    pub whole: G,
    /// By the dimensions that clicks have, where there are others behind them.
    pub of_clicks: Option<G>,
}

/// The rows of a report, and what they add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub rows: Vec<Row>,
    pub totals: Cells,
    /// How many rows the first level has, those of other pages too.
    pub groups: usize,
    /// The offset of the next page.
    pub next: Option<usize>,
}

/// A row, and those below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Of the dimensions of its level.
    pub values: Vec<Option<String>>,
    pub cells: Cells,
    pub children: Vec<Row>,
    /// So many more are below it.
    pub more: usize,
}

/// One value for each metric, in micro-units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    pub now: Vec<Option<Micros>>,
    /// In the time that it is compared with.
    pub before: Option<Vec<Option<Micros>>>,
}
