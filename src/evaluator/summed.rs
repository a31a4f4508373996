//! What was summed for the rules of a round, in one pass.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::numbers::{Numbers, view};
use super::proposal::Case;
use super::round::Asked;
use super::{asking, pending};
use crate::domain::documents::Documents;
use crate::domain::money::Micros;
use crate::library::Desk;
use crate::report::{MetricRef, Sums};
use crate::rules::{Ready, payout};
use crate::store::error::StoreError;
use crate::store::rules::dues::Due;
use crate::store::sums::{self, Answer, Group, Question, TooMany};

/// Between two pages of rows it rests as long as the page took, and so long at most.
const REST_MAX: Duration = Duration::from_millis(200);

/// What was summed for one rule.
pub(super) struct Summed {
    groups: Answer,
    /// By campaign, where the rule asks what a conversion pays.
    campaigns: Option<Answer>,
    pub(super) spans: sums::Spans,
    empty: Vec<Group>,
    none: Sums,
}

/// Sums for all of them in one pass; `None` if it was stopped.
pub(super) fn sum(
    desk: &Desk,
    documents: &Documents,
    asked: &[Asked],
    now: i64,
    stopping: &AtomicBool,
) -> Result<Option<Vec<Summed>>, StoreError> {
    let mut questions: Vec<Question> = Vec::new();
    let mut places = Vec::with_capacity(asked.len());
    for one in asked {
        let (rule, compiled) = (&one.ready.rule, &one.ready.compiled);
        let only = (!one.dues.is_empty()).then(|| {
            let dues = one.dues.iter();
            dues.filter_map(|due| one.ready.group_of_name(&due.group))
                .collect()
        });
        places.push((questions.len(), compiled.needs_payout()));
        questions.push(asking::groups(
            rule,
            compiled.dimensions(),
            documents,
            now,
            only,
        ));
        if compiled.needs_payout() {
            questions.push(asking::campaigns(rule, documents, now));
        }
    }
    let mut last = Instant::now();
    let mut pace = || {
        // What conversions leave meanwhile does not wait for the end of a long pass.
        if let Err(error) = pending::work(desk, stopping) {
            tracing::warn!(%error, "what conversions have left is done in the next turn");
        }
        std::thread::sleep(last.elapsed().min(REST_MAX));
        last = Instant::now();
        !stopping.load(Ordering::Acquire)
    };
    let rates = Arc::clone(&desk.library.rates.now());
    let answers = sums::answer(&desk.readers, documents, &rates, &questions, &mut pace)?;
    let Some(answers) = answers else {
        return Ok(None);
    };
    let mut answers: Vec<Option<Answer>> = answers.into_iter().map(Some).collect();
    let all = asked.iter().zip(places).map(|(one, (place, has_payout))| {
        let mut answer = |place: usize| answers[place].take().unwrap_or(Err(TooMany));
        Summed {
            groups: answer(place),
            campaigns: has_payout.then(|| answer(place + 1)),
            spans: asking::spans(&one.ready.rule, documents, now),
            empty: asking::empty_groups(&one.ready.rule, documents),
            none: Sums::default(),
        }
    });
    Ok(Some(all.collect()))
}

impl Summed {
    /// The groups that are asked about, in an order that does not change, and why each is due.
    pub(super) fn groups<'a>(
        &self,
        asked: &'a Asked,
    ) -> Result<Vec<(Group, Option<&'a Due>)>, TooMany> {
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
