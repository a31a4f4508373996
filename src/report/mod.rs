//! What can be counted, and by what it can be grouped: the words of reports and of rules. Pure.
//!
//! # From a row to a number
//!
//! 1. What happened is told as [`Clicked`] or [`Earned`]: facts of one row, in the reporting currency.
//! 2. [`Sums`] adds it up. What counts as what is decided there and nowhere else. Sums of parts are
//!    merged into the sums of the whole, in any order.
//! 3. A [`metric::Metric`] is a sum of [`measure::Measure`]s or a ratio of two such sums. A
//!    [`View`] says which revenue is meant and whether bots are among the clicks.
//! 4. A [`MetricRef`] is a metric by its key, `event:<key>` and `kept_sum:<name>` included; it gives the
//!    value, and what has to be read for it ([`Needs`]).
//! 5. A [`Figure`] is what reports are asked for: a metric, one of the operator's own ([`own::Own`]), or
//!    a running total.
//!
//! Rows are grouped by [`dimension::Dimension`]s. What a dimension is in the file only the store
//! knows (`store/sums` for rules, `store/reports` for reports); here it is named by a
//! [`dimension::Fact`]. What clocks show knows the [`calendar`]. [`Needs`] says which sums somebody
//! wants, so that nothing else is read.
//!
//! # Adding one
//!
//! A metric: one row in `metric/traffic.rs`, `results.rs`, `money.rs`, or `event.rs` or `kept.rs` if it
//! is about one event or kept number. Its formula is written out for people from the measures that it names.
//!
//! A measure: 1. a variant with its words and what it needs in `measure.rs`. 2. Where it is added up in `sums/`.
//!
//! A dimension: one row in `dimension/table.rs`, `time.rs` or `conversion.rs`. If it is a new kind of
//! fact, a variant of [`dimension::Fact`] and its arm in `store/reports/derived.rs`, and of a click in
//! `store/sums/facts.rs` and `dimension/of_click.rs` too.

pub mod calendar;
pub mod columns;
pub mod dimension;
mod figure;
pub mod filter;
mod fraction;
pub mod measure;
pub mod metric;
mod metric_ref;
mod needs;
pub mod own;
pub mod request;
mod sums;
pub mod table;
mod view;

pub use figure::{Figure, UnknownFigure, running};
pub use metric_ref::{MetricRef, UnknownMetric};
pub use needs::Needs;
pub use sums::{Clicked, Counted, Earned, Happened, Sums};
pub use view::{RevenueKind, View};
