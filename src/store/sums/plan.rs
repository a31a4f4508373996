//! What has to be read, and which questions can share what is added up.

use std::collections::HashSet;
use std::ops::Range;

use ahash::RandomState;

use super::facts::Facts;
use super::values::{Code, EMPTY};
use super::{Group, MOST_DIMENSIONS, Question, Span};
use crate::domain::basis::Basis;
use crate::report::dimension::{self, Dimension};
use crate::store::log::Ids;

/// The dimensions of a question, and the two that its scope may be about.
const MOST_COLUMNS: usize = MOST_DIMENSIONS + 2;

/// The codes of a pile's columns for one row; empty behind them.
pub(super) type Codes = [Code; MOST_COLUMNS];

pub(super) const NO_CODES: Codes = [EMPTY; MOST_COLUMNS];

pub(super) type Set<T> = HashSet<T, RandomState>;

pub(super) struct Plan<'q> {
    pub(super) asked: Vec<Asked<'q>>,
    pub(super) piles: Vec<Pile>,
}

/// A question, as it is answered.
pub(super) struct Asked<'q> {
    pub(super) question: &'q Question,
    pub(super) pile: usize,
    /// Of its own dimensions, in their order.
    pub(super) columns: Vec<usize>,
    /// Where in the codes of its pile something is found, and the codes that it may have.
    scope: Vec<(usize, Set<Code>)>,
    only: Option<Set<Codes>>,
}

/// Questions that add up the same rows under the same columns.
pub(super) struct Pile {
    pub(super) columns: Vec<usize>,
    /// How many of them are dimensions of the questions.
    shown: usize,
    pub(super) basis: Basis,
    /// Whether its questions are about some groups only; then only these are added up.
    is_narrow: bool,
    only: Set<Codes>,
}

impl<'q> Plan<'q> {
    pub(super) fn new(questions: &'q [Question], facts: &mut Facts<'_>) -> Self {
        let mut plan = Self {
            asked: Vec::new(),
            piles: Vec::new(),
        };
        for question in questions {
            plan.add(question, facts);
        }
        plan
    }

    fn add(&mut self, question: &'q Question, facts: &mut Facts<'_>) {
        let shown = question.dimensions.len();
        assert!(
            shown <= MOST_DIMENSIONS,
            "a question has {shown} dimensions"
        );
        let columns = question.dimensions.iter();
        let columns: Vec<usize> = columns.map(|one| facts.column(one)).collect();
        let mut pile = Pile {
            columns: columns.clone(),
            shown,
            basis: question.basis,
            is_narrow: question.only.is_some(),
            only: Set::default(),
        };
        let mut scope = Vec::new();
        for (key, ids) in [
            ("traffic_source_id", &question.scope.traffic_sources),
            ("offer_id", &question.scope.offers),
        ] {
            let Some(dimension) = dimension::find(key).filter(|_| !ids.is_empty()) else {
                continue;
            };
            scope.push((pile.columns.len(), ids_of(dimension, ids, facts)));
            pile.columns.push(facts.column(dimension));
        }
        let only = question.only.as_ref();
        let only: Option<Set<Codes>> = only.map(|groups| {
            groups
                .iter()
                .map(|group| codes(group, &columns, facts))
                .collect()
        });
        let known = self.piles.iter().position(|known| known.is_like(&pile));
        let place = known.unwrap_or_else(|| {
            self.piles.push(pile);
            self.piles.len() - 1
        });
        self.piles[place].only.extend(only.iter().flatten());
        self.asked.push(Asked {
            question,
            pile: place,
            columns,
            scope,
            only,
        });
    }

    /// The ids of the clicks that questions are about.
    pub(super) fn click_ids(&self) -> Vec<Range<i64>> {
        self.ids(Ids::OfTime, |_| true)
    }

    /// The ids of the conversions that may count by their own time.
    pub(super) fn conversion_ids(&self) -> Vec<Range<i64>> {
        self.ids(Ids::NotBefore, |question| {
            question.basis == Basis::Conversion
        })
    }

    /// The times that questions of a basis are about, for whichever campaign.
    pub(super) fn times(&self, basis: Basis) -> Vec<Range<i64>> {
        let spans = self.spans(|question| question.basis == basis);
        merged(spans.map(|span| span.from..span.to).collect())
    }

    /// Where the time of a question begins, for whichever campaign.
    pub(super) fn begins_at(&self, index: usize) -> i64 {
        let spans = spans(self.asked[index].question).into_iter();
        spans.map(|span| span.from).min().unwrap_or(i64::MAX)
    }

    /// The times that any question is about.
    pub(super) fn all_times(&self) -> Vec<Range<i64>> {
        let spans = self.spans(|_| true);
        merged(spans.map(|span| span.from..span.to).collect())
    }

    fn ids(&self, ids: Ids, is_meant: impl Fn(&Question) -> bool) -> Vec<Range<i64>> {
        let spans = self.spans(is_meant);
        merged(
            spans
                .map(|span| ids.between(Some(span.from), Some(span.to)))
                .collect(),
        )
    }

    fn spans(&self, is_meant: impl Fn(&Question) -> bool) -> impl Iterator<Item = Span> {
        let questions = self.asked.iter().map(|asked| asked.question);
        questions
            .filter(move |question| is_meant(question))
            .flat_map(spans)
    }
}

/// Ranges that neither overlap nor touch, in their order.
fn merged(mut ranges: Vec<Range<i64>>) -> Vec<Range<i64>> {
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<i64>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Every span that a question has for some campaign.
fn spans(question: &Question) -> Vec<Span> {
    let (spans, campaigns) = (&question.spans, &question.scope.campaigns);
    let mut all: Vec<Span> = match campaigns.as_slice() {
        [] => spans
            .by_campaign
            .values()
            .copied()
            .chain([spans.common])
            .collect(),
        some => some.iter().map(|id| spans.of(*id)).collect(),
    };
    all.retain(|span| !span.is_empty());
    all
}

fn ids_of(dimension: &'static Dimension, ids: &[u64], facts: &mut Facts<'_>) -> Set<Code> {
    let column = facts.column(dimension);
    let ids = ids.iter();
    ids.map(|id| facts.values_mut(column).id(Some(*id)))
        .collect()
}

fn codes(group: &Group, columns: &[usize], facts: &mut Facts<'_>) -> Codes {
    let mut codes = NO_CODES;
    for ((code, value), column) in codes.iter_mut().zip(group).zip(columns) {
        *code = facts
            .values_mut(*column)
            .text(value.as_deref().unwrap_or_default());
    }
    codes
}

impl Pile {
    fn is_like(&self, other: &Pile) -> bool {
        self.columns == other.columns
            && self.shown == other.shown
            && self.basis == other.basis
            && self.is_narrow == other.is_narrow
    }

    /// Whether some question may be about these codes.
    pub(super) fn takes(&self, codes: &Codes) -> bool {
        !self.is_narrow || self.only.contains(&shown(codes, self.shown))
    }
}

/// The codes without those of a scope.
fn shown(codes: &Codes, shown: usize) -> Codes {
    let mut kept = *codes;
    kept[shown..].fill(EMPTY);
    kept
}

impl Asked<'_> {
    /// Its span for a campaign, if it is about it at all.
    pub(super) fn span(&self, campaign_id: u64) -> Option<Span> {
        let campaigns = &self.question.scope.campaigns;
        let is_meant = campaigns.is_empty() || campaigns.contains(&campaign_id);
        let span = self.question.spans.of(campaign_id);
        (is_meant && !span.is_empty()).then_some(span)
    }

    /// The group that codes of its pile belong to; `None` where they are outside its scope.
    pub(super) fn group(&self, codes: &Codes) -> Option<Codes> {
        let mut scope = self.scope.iter();
        let is_inside = scope.all(|(place, allowed)| allowed.contains(&codes[*place]));
        let group = shown(codes, self.columns.len());
        (is_inside && self.asks_for(&group)).then_some(group)
    }

    /// Whether a group is one of those that it is restricted to, if it is.
    pub(super) fn asks_for(&self, group: &Codes) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(group))
    }
}
