//! What was summed for the rules of a round, in one pass.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::asking;
use super::numbers::{Numbers, view};
use super::proposal::Case;
use super::round::Asked;
use crate::domain::documents::Documents;
use crate::domain::money::Micros;
use crate::library::Desk;
use crate::report::{MetricRef, Sums};
use crate::rules::{Ready, payout};
use crate::store::error::StoreError;
use crate::store::rules::dues::Due;
use crate::store::sums::{self, Answer, Answers, Group, Question, Unanswered};

/// Between two pages of rows it rests as long as the page took, and so long at most.
const REST_MAX: Duration = Duration::from_millis(200);

/// What is asked for the rules of a round.
pub(super) struct Questions {
    all: Vec<Question>,
    /// By rule, in their order: where its question is, and whether one by campaign is behind it.
    places: Vec<(usize, bool)>,
    now: i64,
}

impl Questions {
    pub(super) fn of(asked: &[Asked], documents: &Documents, now: i64) -> Self {
        let mut questions = Self {
            all: Vec::new(),
            places: Vec::with_capacity(asked.len()),
            now,
        };
        for one in asked {
            questions.add(one, documents);
        }
        questions
    }

    fn add(&mut self, asked: &Asked, documents: &Documents) {
        let (rule, compiled) = (&asked.ready.rule, &asked.ready.compiled);
        let only = (!asked.dues.is_empty()).then(|| {
            let dues = asked.dues.iter();
            dues.filter_map(|due| asked.ready.group_of_name(&due.group))
                .collect()
        });
        let has_payout = compiled.needs_payout();
        self.places.push((self.all.len(), has_payout));
        let dimensions = compiled.dimensions();
        let groups = asking::groups(rule, dimensions, documents, self.now, only);
        self.all.push(groups);
        if has_payout {
            self.all.push(asking::campaigns(rule, documents, self.now));
        }
    }

    /// All sums in one pass; `None` if it was stopped. `meanwhile` is called between two pages.
    pub(super) fn answered<'q>(
        &'q self,
        desk: &Desk,
        documents: &'q Documents,
        stopping: &AtomicBool,
        meanwhile: &dyn Fn(),
    ) -> Result<Option<Answered<'q>>, StoreError> {
        let mut last = Instant::now();
        let mut pace = || {
            meanwhile();
            std::thread::sleep(last.elapsed().min(REST_MAX));
            last = Instant::now();
            !stopping.load(Ordering::Acquire)
        };
        let rates = Arc::clone(&desk.library.rates.now());
        let answers = sums::answer(&desk.readers, documents, &rates, &self.all, &mut pace)?;
        Ok(answers.map(|answers| Answered {
            questions: self,
            answers,
        }))
    }
}

/// The sums of a round.
pub(super) struct Answered<'q> {
    questions: &'q Questions,
    answers: Answers<'q>,
}

impl Answered<'_> {
    /// Those of one rule, by its place in the round. One at a time: all at once may be too large.
    pub(super) fn of(&self, index: usize, asked: &Asked, documents: &Documents) -> Summed {
        let (place, has_payout) = self.questions.places[index];
        Summed {
            groups: self.answers.of(place),
            campaigns: has_payout.then(|| self.answers.of(place + 1)),
            spans: asking::spans(&asked.ready.rule, documents, self.questions.now),
            empty: asking::empty_groups(&asked.ready.rule, documents),
            none: Sums::default(),
        }
    }
}

/// What was summed for one rule.
pub(super) struct Summed {
    groups: Answer,
    /// By campaign, where the rule asks what a conversion pays.
    campaigns: Option<Answer>,
    pub(super) spans: sums::Spans,
    empty: Vec<Group>,
    none: Sums,
}

impl Summed {
    /// The groups that are asked about, in an order that does not change, and why each is due.
    pub(super) fn groups<'a>(
        &self,
        asked: &'a Asked,
    ) -> Result<Vec<(Group, Option<&'a Due>)>, Unanswered> {
        let found = self.groups.as_ref().map_err(|error| *error)?;
        if !asked.dues.is_empty() {
            let dues = asked.dues.iter();
            let dues =
                dues.filter_map(|due| Some((asked.ready.group_of_name(&due.group)?, Some(due))));
            return Ok(dues.collect());
        }
        let empty = self
            .empty
            .iter()
            .filter(|group| !found.contains_key(*group));
        let mut groups: Vec<Group> = found.keys().chain(empty).cloned().collect();
        groups.sort_unstable();
        Ok(groups.into_iter().map(|group| (group, None)).collect())
    }

    pub(super) fn sums(&self, group: &Group) -> &Sums {
        let found = self
            .groups
            .as_ref()
            .ok()
            .and_then(|groups| groups.get(group));
        found.unwrap_or(&self.none)
    }

    pub(super) fn numbers(
        &self,
        desk: &Desk,
        documents: &Documents,
        ready: &Ready,
        group: &Group,
        sums: &Sums,
        now: i64,
    ) -> Numbers {
        Numbers::of(ready, sums, || {
            self.payout(desk, documents, ready, group, now)
        })
    }

    /// What one conversion pays in the campaign of a group, or in all of the scope: what sales have
    /// paid, else what the offers say.
    fn payout(
        &self,
        desk: &Desk,
        documents: &Documents,
        ready: &Ready,
        group: &Group,
        now: i64,
    ) -> Option<Micros> {
        let case = Case {
            ready,
            group,
            at: now,
            numbers: None,
            occasion: None,
            documents,
        };
        let campaign_id = case.campaign_id();
        let campaigns: &HashMap<Group, Sums> = self.campaigns.as_ref()?.as_ref().ok()?;
        let mut paid = Sums::default();
        for (campaign, sums) in campaigns {
            let is_meant = campaign_id.is_none_or(|id| *campaign == [Some(id.to_string())]);
            if is_meant {
                paid.merge(sums);
            }
        }
        let average = MetricRef::parse("average_payout").ok()?;
        let paid = average.value(&paid, view(ready));
        paid.filter(|paid| *paid > Micros::ZERO).or_else(|| {
            let scope = &ready.rule.scope.campaign_ids;
            let meant = documents
                .campaigns
                .values()
                .filter(|campaign| match campaign_id {
                    Some(id) => campaign.id == id,
                    None => scope.is_empty() || scope.contains(&campaign.id),
                });
            let rates = desk.library.rates.now();
            payout::of_offers(meant.map(AsRef::as_ref), documents, &rates, now)
        })
    }
}
