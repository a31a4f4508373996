//! Reports: any question about clicks and conversions, answered from columns.
//!
//! # From a question to its answer
//!
//! 1. Each dimension follows from one column of the segments, or from the time of the row
//!    (`derived.rs`). A `Plan` is what has to be read: pieces of clicks and of conversions
//!    ([`super::columns`]), and of these only the columns that the question needs.
//! 2. A few threads take piece after piece, each with a connection and a `Hand` of its own. A piece
//!    is one short read transaction.
//! 3. Of a chunk, those `Rows` are kept that lie within the span and of which all filters hold. A
//!    filter is asked once for each value of a chunk, not once for each row.
//! 4. A `Facet` gives each row the number of its value, `Groups` the number of the combination.
//! 5. `Counts` adds up flat arrays by the number of the group, one table look-up and one addition
//!    for each row.
//! 6. What the threads have found is merged by the texts of the values ([`Grouped`]).
//!
//! | file | what it knows |
//! |---|---|
//! | `plan.rs` | what has to be read for whom |
//! | `derived.rs` | where a dimension comes from |
//! | `tables.rs` | facts by the ids of user agents, places and routes, kept between reports |
//! | `opened.rs` | a chunk whose rows are looked at |
//! | `rows.rs`, `facet.rs`, `values.rs`, `groups.rs`, `keys.rs`, `numbering.rs` | from rows to numbers of groups |
//! | `hand.rs`, `clicks.rs`, `conversions.rs`, `costs.rs`, `unassigned.rs` | what is counted of them |
//! | `counts.rs`, `grouped.rs` | where it is added up, and the answer |
//!
//! # Which rows count when
//!
//! As for rules ([`super::sums`]): clicks and all that they cost by the time of the click, conversions
//! by the basis of the report; a dimension of time shows the time by which its row counts. Tests and
//! conversions whose status nobody has mapped count nowhere. Where a dimension or a filter is about the
//! conversion itself, clicks and what they cost are not counted ([`Ask::has_clicks`]).
//!
//! Pieces are read one after the other, so an answer is no snapshot: what is stored meanwhile is in it
//! or not, but no row is counted twice.
//!
//! # Adding a dimension
//!
//! Its row in `report/dimension`; for a new kind of fact an arm in `derived.rs`.

mod clicks;
mod conversions;
mod costs;
mod counts;
mod derived;
mod facet;
mod grouped;
mod groups;
mod hand;
mod keys;
mod numbering;
mod opened;
mod plan;
mod rows;
mod tables;
mod unassigned;
mod values;

#[cfg(test)]
mod tests;

use std::iter;
use std::num::NonZeroUsize;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use chrono_tz::Tz;

use super::error::StoreError;
use super::readers::{Reader, Readers};
use super::sums::Span;
use crate::background;
use crate::domain::basis::Basis;
use crate::domain::documents::Documents;
use crate::domain::rates::Rates;
use crate::report::Needs;
use crate::report::columns::Unreadable;
use crate::report::dimension::DimensionRef;

pub use grouped::Grouped;
pub(in crate::store) use tables::Tables;

use hand::Hand;
use plan::Plan;

/// Most threads of one report.
const MOST_THREADS: usize = 4;

/// A question.
pub struct Ask<'a> {
    pub span: Span,
    /// In which dimensions of time are shown.
    pub zone: Tz,
    /// By which time conversions count.
    pub basis: Basis,
    pub dimensions: Vec<DimensionRef>,
    /// All of them have to hold.
    pub filters: Vec<Where<'a>>,
    /// What is not needed may stay 0.
    pub needs: Needs,
    pub most_groups: usize,
}

/// What has to hold of a value; `None` is the empty one.
pub struct Where<'a> {
    pub dimension: DimensionRef,
    pub holds: &'a (dyn Fn(Option<&str>) -> bool + Sync),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("there are too many groups; choose fewer dimensions, a shorter time or a filter")]
    TooMany,
    #[error("the report was stopped")]
    Stopped,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for ReportError {
    fn from(error: rusqlite::Error) -> Self {
        ReportError::Store(error.into())
    }
}

impl From<Unreadable> for ReportError {
    fn from(error: Unreadable) -> Self {
        ReportError::Store(StoreError::Damaged(error.to_string()))
    }
}

/// Answers a question. Blocks, for as long as it takes or until `stop` is set.
///
/// # Errors
///
/// [`ReportError::TooMany`] beyond the most groups that were allowed, [`ReportError::Stopped`] after
/// `stop`.
pub fn run(
    readers: &Readers,
    documents: &Documents,
    rates: &Rates,
    ask: &Ask<'_>,
    stop: &AtomicBool,
) -> Result<Grouped, ReportError> {
    let tables = readers.tables();
    let reader = readers.get()?;
    let mut plan = Plan::new(ask, documents, rates, tables, stop);
    {
        let transaction = reader.unchecked_transaction()?;
        plan.look(&transaction)?;
    }
    let found = share(&plan, reader, readers);
    tables.trim();
    found
}

/// Does the tasks of a plan, on as many threads as there are cores and connections to spare.
fn share(plan: &Plan<'_>, reader: Reader, readers: &Readers) -> Result<Grouped, ReportError> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = cores.min(MOST_THREADS).min(plan.tasks.len());
    let failed = AtomicBool::new(false);
    thread::scope(|scope| {
        let more = (1..threads).map_while(|_| readers.spare());
        let hands: Vec<_> = iter::once(reader)
            .chain(more)
            .map(|reader| scope.spawn(|| work(plan, reader, &failed)))
            .collect();
        let found = hands.into_iter().map(|thread| {
            let found = thread.join();
            found.unwrap_or_else(|panic| panic::resume_unwind(panic))
        });
        let found = found.reduce(|one, other| both(one, other, plan.ask.most_groups));
        found.unwrap_or(Err(ReportError::Stopped))
    })
}

fn both(
    one: Result<Grouped, ReportError>,
    other: Result<Grouped, ReportError>,
    most_groups: usize,
) -> Result<Grouped, ReportError> {
    let (mut one, other) = (one?, other?);
    one.merge(other, most_groups)?;
    Ok(one)
}

/// Does one task after the other until none is left, on a thread of its own: clicks go first.
fn work(plan: &Plan<'_>, reader: Reader, failed: &AtomicBool) -> Result<Grouped, ReportError> {
    background::step_back();
    let mut hand = Hand::new(plan);
    while !failed.load(Ordering::Relaxed)
        && let Some(task) = plan.next()
    {
        let transaction = reader.unchecked_transaction()?;
        if let Err(error) = hand.take(&transaction, task) {
            failed.store(true, Ordering::Relaxed);
            return Err(error);
        }
    }
    Ok(Grouped::of(hand))
}
