//! One round: every rule whose minutes are over and every group that is due, judged by numbers that
//! are summed in one pass.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::asking;
use super::gate::Gate;
use super::numbers::{Numbers, view};
use super::proposal::Case;
use super::schedule::Schedule;
use crate::clock;
use crate::domain::documents::Documents;
use crate::domain::money::Micros;
use crate::domain::period;
use crate::domain::rule::Moment;
use crate::editor::{EditError, Proposed};
use crate::library::Desk;
use crate::report::{MetricRef, Sums};
use crate::rules::{Ready, Verdict as Says, payout};
use crate::store::error::StoreError;
use crate::store::rules::Verdict;
use crate::store::rules::dues::{self, Due};
use crate::store::rules::occasion;
use crate::store::rules::runs::{self, Judged};
use crate::store::sums::{self, Answer, Group, Question, Span, TooMany};

/// Groups that conversions have made due, looked at in one round.
const DUES: usize = 5_000;
/// Between two pages of rows it rests as long as the page took, and so long at most.
const REST_MAX: Duration = Duration::from_millis(200);

/// A rule that is asked in this round.
pub(super) struct Asked {
    ready: Arc<Ready>,
    /// What conversions have made due; empty for a rule whose minutes are over: all its groups.
    dues: Vec<Due>,
}

/// The rules of this round.
pub(super) fn asked(
    desk: &Desk,
    schedule: &mut Schedule,
    now: Instant,
) -> Result<Vec<Asked>, StoreError> {
    let ready = desk.library.rules();
    schedule.keep(|id| ready.iter().any(|one| one.rule.id == id));
    let mut due: BTreeMap<u64, Vec<Due>> = BTreeMap::new();
    for one in dues::list(&desk.readers, DUES)? {
        due.entry(one.rule_id).or_default().push(one);
    }
    let mut asked = Vec::new();
    for ready in ready.iter() {
        let rule = &ready.rule;
        match rule.moment {
            Moment::Every { minutes } => {
                if schedule.is_due(rule.id, rule.version, minutes, now) {
                    asked.push(Asked::all_of(Arc::clone(ready)));
                }
            }
            Moment::Conversion { .. } => {
                if let Some(dues) = due.remove(&rule.id) {
                    let ready = Arc::clone(ready);
                    asked.push(Asked { ready, dues });
                }
            }
        }
    }
    // Rules that are no longer in use, or have another moment now, have nothing due.
    let orphans: Vec<Due> = due.into_values().flatten().collect();
    if !orphans.is_empty() {
        dues::settle(&desk.writer, orphans)?;
    }
    Ok(asked)
}

/// Judges them, and does what they want done.
pub(super) fn work(desk: &Desk, asked: &[Asked], stopping: &AtomicBool) -> Result<(), StoreError> {
    let now = clock::now_ms();
    let documents = desk.library.documents();
    let Some(looks) = looks(desk, &documents, asked, now, stopping)? else {
        return Ok(());
    };
    let mut gate = Gate::new(&desk.readers, now);
    let (mut proposed, mut dry, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for (asked, look) in asked.iter().zip(&looks) {
        let rule = &asked.ready.rule;
        let groups = match look.groups(asked) {
            Ok(groups) => groups,
            Err(TooMany) => {
                kept.push(too_many(desk, asked, now));
                continue;
            }
        };
        for (group, due) in groups {
            let sums = look.sums(&group);
            let numbers = look.numbers(desk, &documents, &asked.ready, &group, sums, now);
            let conversion = match due {
                Some(due) => occasion::find(&desk.readers, due.conversion_id)?,
                None => None,
            };
            let case = Case {
                ready: &asked.ready,
                group: &group,
                at: now,
                numbers: Some(&numbers),
                occasion: conversion.as_ref(),
                documents: &documents,
            };
            if case.verdict(desk) != Says::Holds {
                continue;
            }
            let name = asked.ready.group_name(&group);
            let key = match due {
                Some(due) => format!(
                    "due:{}:{}:{}:{name}",
                    rule.id,
                    due.conversion_id.to_row(),
                    due.at
                ),
                None => format!("every:{}:{now}:{name}", rule.id),
            };
            let window = look.spans.of(case.campaign_id().unwrap_or(0));
            let id = desk.library.ids.next(now);
            match gate.pass(rule, &name)? {
                None if rule.dry_run => dry.push(case.proposed(desk, id, key, Some(window))),
                None => proposed.push(case.proposed(desk, id, key, Some(window))),
                Some(held) if held.verdict == Verdict::DayLimit => {
                    // Told once a day.
                    let mut one =
                        case.proposed(desk, id, day_key("limit", asked, now), Some(window));
                    one.effects = Vec::new();
                    kept.push(judged(one, held.verdict, held.reason));
                    break;
                }
                // It goes on holding, and was told when it acted.
                Some(_) => {}
            }
        }
    }
    runs::keep(&desk.writer, kept)?;
    keep_dry(desk, &dry)?;
    edited(desk, proposed)?;
    let settled: Vec<Due> = asked.iter().flat_map(|one| one.dues.clone()).collect();
    if !settled.is_empty() {
        dues::settle(&desk.writer, settled)?;
    }
    Ok(())
}

/// What was summed for one rule.
pub(super) struct Look {
    groups: Answer,
    /// By campaign, where the rule asks what a conversion pays.
    campaigns: Option<Answer>,
    pub(super) spans: sums::Spans,
    empty: Vec<Group>,
    none: Sums,
}

/// Sums for all of them in one pass; `None` if it was stopped.
pub(super) fn looks(
    desk: &Desk,
    documents: &Documents,
    asked: &[Asked],
    now: i64,
    stopping: &AtomicBool,
) -> Result<Option<Vec<Look>>, StoreError> {
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
        std::thread::sleep(last.elapsed().min(REST_MAX));
        last = Instant::now();
        !stopping.load(Ordering::Acquire)
    };
    let rates = Arc::clone(&desk.library.rates.now());
    let answers = sums::answer(&desk.readers, documents, &rates, &questions, &mut pace)?;
    let Some(answers) = answers else {
        return Ok(None);
    };
    let mut answers: Vec<Option<Answer>> = (0..questions.len())
        .map(|index| Some(answers.of(index)))
        .collect();
    let looks = asked.iter().zip(places).map(|(one, (place, has_payout))| {
        let mut answer = |place: usize| answers[place].take().unwrap_or(Err(TooMany));
        Look {
            groups: answer(place),
            campaigns: has_payout.then(|| answer(place + 1)),
            spans: asking::spans(&one.ready.rule, documents, now),
            empty: asking::empty_groups(&one.ready.rule, documents),
            none: Sums::default(),
        }
    });
    Ok(Some(looks.collect()))
}

impl Asked {
    /// It was looked at.
    pub(super) fn note(&self, schedule: &mut Schedule, now: Instant) {
        let rule = &self.ready.rule;
        schedule.note(rule.id, rule.version, now);
    }

    /// All groups of a rule.
    pub(super) fn all_of(ready: Arc<Ready>) -> Self {
        Self {
            ready,
            dues: Vec::new(),
        }
    }
}

impl Look {
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
        average.value(&paid, view(ready)).or_else(|| {
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

/// Does what rules want done.
pub(super) fn edited(desk: &Desk, proposed: Vec<Proposed>) -> Result<(), StoreError> {
    if proposed.is_empty() {
        return Ok(());
    }
    let library = &desk.library;
    let done = library.editor.act(&desk.readers, &library.ids, proposed);
    let done = done.map_err(|error| match error {
        EditError::Store(error) => error,
        error => StoreError::Damaged(error.to_string()),
    })?;
    for one in &done {
        tracing::info!(
            rule = one.run.rule_id,
            run = one.run.id.to_row(),
            verdict = one.verdict.as_str(),
            reason = one.reason,
            "a rule acted"
        );
    }
    Ok(())
}

/// Notes what dry rules would do.
pub(super) fn keep_dry(desk: &Desk, dry: &[Proposed]) -> Result<(), StoreError> {
    let would = dry
        .iter()
        .map(|one| desk.library.editor.would(&desk.readers, one));
    let would = would.collect::<Result<Vec<_>, _>>()?;
    if !would.is_empty() {
        runs::keep(&desk.writer, would)?;
    }
    Ok(())
}

/// A rule that cannot be judged, told once a day.
fn too_many(desk: &Desk, asked: &Asked, now: i64) -> Judged {
    let case = Case {
        ready: &asked.ready,
        group: &[],
        at: now,
        numbers: None,
        occasion: None,
        documents: &desk.library.documents(),
    };
    let id = desk.library.ids.next(now);
    let mut one = case.proposed(desk, id, day_key("too_many", asked, now), None::<Span>);
    one.effects = Vec::new();
    let reason = format!("Its conditions cannot be asked: {TooMany}.");
    judged(one, Verdict::Failed, reason)
}

fn judged(proposed: Proposed, verdict: Verdict, reason: String) -> Judged {
    Judged {
        run: proposed.run,
        verdict,
        reason: Some(reason),
        deeds: Vec::new(),
        moves: Vec::new(),
    }
}

fn day_key(what: &str, asked: &Asked, now: i64) -> String {
    let rule = &asked.ready.rule;
    let zone = period::zone(rule.timezone.as_deref().unwrap_or("UTC"));
    format!("{what}:{}:{}", rule.id, period::day(now, zone))
}
