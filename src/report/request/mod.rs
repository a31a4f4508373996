//! A report as it is asked for, read and checked.
//!
//! | file | what it knows |
//! |---|---|
//! | `range.rs`, `preset.rs` | which time it is about, on the clocks of a zone, and the time before |
//! | `read.rs` | the document that is sent, with the field of each problem |
//! | `sort.rs` | what rows are sorted by |
//! | `position.rs` | which hour or day of the time before belongs to one of this time |
//! | `rows.rs` | the rows of a log, asked for in the same words |
//! | `saved.rs`, `hidden.rs`, `whole.rs` | a request that is saved, shown to others, sent as a file |
//! | `fields.rs` | all that can be asked for, as pickers need it |
//!
//! Filters of dimensions choose rows before they are summed, filters of metrics choose groups
//! afterwards, on each level of a tree.

mod fields;
mod hidden;
mod position;
mod preset;
mod range;
mod read;
mod rows;
mod saved;
mod sort;
#[cfg(test)]
mod tests;
mod whole;

pub use fields::{Fields, MetricField};
pub use hidden::Hidden;
pub use position::Positions;
pub use preset::Preset;
pub use range::{Compare, Interval, Moment, Range};
pub use rows::Rows;
pub use saved::problems_of;
pub use sort::{By, Sort};

use chrono_tz::Tz;

use super::dimension::{DimensionRef, Of};
use super::filter::{Filter, NumberTest};
use super::{Figure, Needs, View};
use crate::domain::basis::Basis;

/// Most dimensions of one report.
pub const DIMENSIONS_MAX: usize = 10;
/// Most metrics of one report.
pub const METRICS_MAX: usize = 100;
/// Most filters of one report.
pub const FILTERS_MAX: usize = 50;
/// Most rows of one page, and of one level below one row.
pub const LIMIT_MAX: usize = 10_000;
/// So many rows come if nothing is said.
pub const LIMIT_DEFAULT: usize = 100;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request {
    pub range: Range,
    pub compare: Option<Compare>,
    pub zone: Tz,
    pub dimensions: Vec<DimensionRef>,
    pub metrics: Vec<Figure>,
    /// All have to hold.
    pub filters: Vec<Filter>,
    /// All have to hold.
    pub having: Vec<Having>,
    /// One for each dimension of a tree, else one for all of them.
    pub levels: Vec<Level>,
    /// So many rows of the first level are passed over.
    pub offset: usize,
    pub is_tree: bool,
    pub basis: Basis,
    pub view: View,
}

/// A test of what was summed.
#[derive(Debug, Clone)]
pub struct Having {
    pub metric: Figure,
    pub test: NumberTest,
}

/// Rows side by side.
#[derive(Debug, Clone)]
pub struct Level {
    /// Of the request's dimensions.
    pub dimensions: std::ops::Range<usize>,
    pub sort: Vec<Sort>,
    pub limit: usize,
}

impl Request {
    /// The time that it is about and the one that it is compared with.
    pub fn intervals(&self, now: i64) -> (Interval, Option<Interval>) {
        let before = match &self.compare {
            None => None,
            Some(Compare::Previous) => self.range.previous(now, self.zone),
            Some(Compare::With(range)) => Some(range.interval(now, self.zone)),
        };
        (self.range.interval(now, self.zone), before)
    }

    /// How many of the dimensions, from the first on, clicks have; in rows of more nothing of clicks is
    /// counted.
    pub fn dimensions_of_clicks(&self) -> usize {
        let is_of_conversion = |dimension: &DimensionRef| dimension.of() == Of::Conversion;
        let first = self.dimensions.iter().position(is_of_conversion);
        first.unwrap_or(self.dimensions.len())
    }

    /// Whether clicks are counted at all: not where a filter asks what only conversions have.
    pub fn counts_clicks(&self) -> bool {
        let mut filters = self.filters.iter();
        filters.all(|filter| filter.dimension.of() != Of::Conversion)
    }

    /// Whether the rows before the first dimension of conversions have to be summed by themselves: so
    /// that rows and totals above have their clicks.
    pub fn needs_both(&self) -> bool {
        let of_clicks = self.dimensions_of_clicks();
        of_clicks < self.dimensions.len()
            && (self.having.is_empty() || (self.is_tree && of_clicks > 0))
    }

    /// All that has to be summed for what is shown, tested and sorted by.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        for figure in self.figures() {
            needs.add(figure.needs(self.view));
        }
        needs
    }

    fn figures(&self) -> impl Iterator<Item = &Figure> {
        let sorts = self.levels.iter().flat_map(|level| &level.sort);
        let tested = self.having.iter().map(|having| &having.metric);
        self.metrics
            .iter()
            .chain(tested)
            .chain(sorts.filter_map(Sort::figure))
    }
}
