//! Sums over clicks and conversions, from the raw rows.
//!
//! Many questions are answered by one pass. Those with the same dimensions share a *pile*
//! (`plan.rs`); each campaign of a pile is a *track* (`tracks.rs`), whose time is cut where a
//! question's span begins or ends. So a row is added once to each pile that it concerns, whatever the
//! number of questions, and a question is the sum of those stretches of its tracks that lie within
//! its span.
//!
//! | file | what it knows |
//! |---|---|
//! | `plan.rs` | which rows have to be read, and which questions share what |
//! | `clicks.rs` | the pass over clicks, their steps to offers and their conversions |
//! | `conversions.rs` | conversions as rows, and the pass over those that count by a time of their own |
//! | `facts.rs`, `lookup.rs`, `values.rs` | the dimensions of a click, as small numbers |
//! | `costs.rs`, `unassigned.rs` | what a click cost in the reporting currency; costs without a click |
//! | `tracks.rs` | where it is added up |
//!
//! # Which rows count when
//!
//! Clicks, and all that they cost, count by the time of the click; conversions by the basis of the
//! question. Tests and conversions whose status nobody has mapped count nowhere, and neither does a
//! conversion without a stored click. What counts as what says [`crate::report::Sums`].
//!
//! Rows are read by id in pages, each a read transaction of its own. A pass is therefore no snapshot:
//! what is stored meanwhile is in it or not, but a click and its conversions are seen together.

mod clicks;
mod conversions;
mod costs;
mod facts;
mod lookup;
mod plan;
mod tracks;
mod unassigned;
mod values;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use super::columns::archive;
use super::error::StoreError;
use super::readers::Readers;
use crate::domain::basis::Basis;
use crate::domain::documents::Documents;
use crate::domain::rates::Rates;
use crate::report::Sums;
use crate::report::dimension::Dimension;

use conversions::Happenings;
use costs::Costs;
use facts::Facts;
use plan::Plan;
use tracks::Tracks;

/// Most dimensions of one question.
pub const MOST_DIMENSIONS: usize = 3;
/// Most groups of one answer.
pub const MOST_GROUPS: usize = if cfg!(test) { 1_000 } else { 200_000 };

/// UTC milliseconds, `from` included, `to` not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    pub from: i64,
    pub to: i64,
}

impl Span {
    fn is_empty(self) -> bool {
        self.from >= self.to
    }

    fn holds(self, other: Span) -> bool {
        self.from <= other.from && other.to <= self.to
    }
}

/// The time that is asked for. Days lie differently in the time zones of campaigns, so a campaign
/// may have a span of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spans {
    pub common: Span,
    pub by_campaign: BTreeMap<u64, Span>,
}

impl Spans {
    /// The same span for every campaign.
    pub fn of_all(common: Span) -> Self {
        Self {
            common,
            by_campaign: BTreeMap::new(),
        }
    }

    /// That of a campaign.
    pub fn of(&self, campaign_id: u64) -> Span {
        let own = self.by_campaign.get(&campaign_id);
        own.copied().unwrap_or(self.common)
    }
}

/// Which rows are asked for: all three have to hold, and an empty list is any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    pub campaigns: Vec<u64>,
    pub traffic_sources: Vec<u64>,
    pub offers: Vec<u64>,
}

/// One value for each dimension of its question, ids as decimal text; `None` where it is empty.
pub type Group = Vec<Option<String>>;

/// What is to be summed.
#[derive(Debug, Clone)]
pub struct Question {
    pub scope: Scope,
    /// At most [`MOST_DIMENSIONS`].
    pub dimensions: Vec<&'static Dimension>,
    pub spans: Spans,
    /// By which time conversions count.
    pub basis: Basis,
    /// Only these groups.
    pub only: Option<Vec<Group>>,
}

/// Why a question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// There are more than [`MOST_GROUPS`] groups, or more than fit into memory beside those of the
    /// other questions.
    #[error("there are too many groups; choose fewer dimensions or a shorter time")]
    TooMany,
    /// Raw clicks of that time were dropped, and only those with conversions are left.
    #[error("old clicks of that time have been dropped; choose a later time")]
    Pruned,
}

/// The groups in which something was counted; without dimensions always the one that there is.
pub type Answer = Result<HashMap<Group, Sums>, Unanswered>;

/// The answers to all questions, from one pass. `pace` is called between pages, with no connection
/// held: it may sleep, and ends the pass by `false`; then there is no answer (`None`).
///
/// # Panics
///
/// If a question has more than [`MOST_DIMENSIONS`].
pub fn answer<'q>(
    readers: &Readers,
    documents: &'q Documents,
    rates: &Rates,
    questions: &'q [Question],
    pace: &mut dyn FnMut() -> bool,
) -> Result<Option<Answers<'q>>, StoreError> {
    let mut facts = Facts::new(documents, questions);
    let plan = Plan::new(questions, &mut facts);
    let mut work = Work {
        readers,
        facts,
        costs: Costs::new(rates),
        happenings: Happenings::new(documents),
        tracks: Tracks::new(plan),
        pace,
    };
    unassigned::count(&mut work)?;
    let is_done = clicks::count(&mut work)?
        && conversions::by_time(&mut work)?
        && conversions::by_status(&mut work)?;
    let pruned_until = archive::pruned_until(readers)?;
    let Work { facts, tracks, .. } = work;
    Ok(is_done.then_some(Answers {
        facts,
        tracks,
        pruned_until,
    }))
}

/// What a pass has found: the answers to its questions, each put together when it is asked for.
/// Questions share what was added up, so all answers at once may be many times as large.
pub struct Answers<'q> {
    facts: Facts<'q>,
    tracks: Tracks<'q>,
    pruned_until: Option<i64>,
}

impl Answers<'_> {
    /// That to a question, by its place among them.
    ///
    /// # Panics
    ///
    /// If there were not so many.
    pub fn of(&self, index: usize) -> Answer {
        let begins_at = self.tracks.plan.begins_at(index);
        if self.pruned_until.is_some_and(|until| begins_at <= until) {
            return Err(Unanswered::Pruned);
        }
        self.tracks.answer(index, &self.facts)
    }
}

/// What the passes work with.
struct Work<'w, 'q> {
    readers: &'w Readers,
    facts: Facts<'q>,
    costs: Costs<'w>,
    happenings: Happenings<'q>,
    tracks: Tracks<'q>,
    pace: &'w mut dyn FnMut() -> bool,
}
