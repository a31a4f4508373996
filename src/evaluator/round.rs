//! One round: every rule whose minutes are over and every group that is due, judged by numbers that
//! are summed in one pass.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::doing::{edited, keep_dry};
use super::gate::Gate;
use super::pending;
use super::proposal::Case;
use super::schedule::Schedule;
use super::summed::Questions;
use crate::clock;
use crate::domain::documents::Documents;
use crate::domain::period;
use crate::domain::rule::Moment;
use crate::editor::Proposed;
use crate::library::Desk;
use crate::rules::{Ready, Verdict as Says};
use crate::store::error::StoreError;
use crate::store::rules::Verdict;
use crate::store::rules::dues::{self, Due};
use crate::store::rules::looks::Look;
use crate::store::rules::runs::{self, Judged};
use crate::store::rules::{moment, occasion};
use crate::store::sums::{Span, TooMany};

/// Groups that conversions have made due, looked at in one round.
const DUES: usize = 5_000;

/// A rule that is asked in this round.
pub(super) struct Asked {
    pub(super) ready: Arc<Ready>,
    /// Of a rule whose minutes are over: when it was looked at before, and now.
    looks: Option<(i64, i64)>,
    /// What conversions have made due; empty for a rule whose minutes are over: all its groups.
    pub(super) dues: Vec<Due>,
}

/// The rules of this round.
pub(super) fn asked(
    desk: &Desk,
    schedule: &Schedule,
    now: Instant,
) -> Result<Vec<Asked>, StoreError> {
    let mut due: BTreeMap<u64, Vec<Due>> = BTreeMap::new();
    for one in dues::list(&desk.readers, DUES)? {
        due.entry(one.rule_id).or_default().push(one);
    }
    // After the dues: each of them is of a rule that was there before.
    let ready = desk.library.rules();
    let mut asked = Vec::new();
    for ready in ready.iter() {
        let rule = &ready.rule;
        match rule.moment {
            Moment::Every { minutes } => {
                if schedule.is_due(rule.id, ready.fingerprint, minutes, now) {
                    let looks = Some((schedule.slot(rule.id), clock::now_ms()));
                    asked.push(Asked {
                        looks,
                        ..Asked::all_of(Arc::clone(ready))
                    });
                }
            }
            Moment::Conversion { .. } => {
                if let Some(dues) = due.remove(&rule.id) {
                    asked.push(Asked {
                        dues,
                        ..Asked::all_of(Arc::clone(ready))
                    });
                }
            }
        }
    }
    // Rules that are no longer in use, or have another moment now, have nothing due.
    let orphans: Vec<Due> = due.into_values().flatten().collect();
    if !orphans.is_empty() {
        dues::settle(&desk.writer, &orphans)?;
    }
    Ok(asked)
}

/// Judges them, and does what they want done; `false` if it was stopped before.
pub(super) fn work(
    desk: &Desk,
    asked: &[Asked],
    stopping: &AtomicBool,
) -> Result<bool, StoreError> {
    let asked_at = clock::now_ms();
    let documents = desk.library.documents();
    let questions = Questions::of(asked, &documents, asked_at);
    // What conversions leave meanwhile does not wait for the end of a long pass.
    let meanwhile = || {
        if let Err(error) = pending::work(desk, stopping) {
            tracing::warn!(%error, "what conversions have left is done in the next turn");
        }
    };
    let answered = questions.answered(desk, &documents, stopping, &meanwhile)?;
    let Some(answered) = answered else {
        return Ok(false);
    };
    // Reading takes its time; what is done is done now.
    let now = clock::now_ms();
    let mut gate = Gate::new(&desk.readers, now);
    let (mut proposed, mut dry, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for (index, asked) in asked.iter().enumerate() {
        let summed = answered.of(index, asked, &documents);
        let rule = &asked.ready.rule;
        let groups = match summed.groups(asked) {
            Ok(groups) => groups,
            Err(TooMany) => {
                kept.push(too_many(desk, asked, now));
                continue;
            }
        };
        for (group, due) in groups {
            if stopping.load(Ordering::Acquire) {
                return Ok(false);
            }
            let sums = summed.sums(&group);
            let numbers = summed.numbers(desk, &documents, &asked.ready, &group, sums, now);
            let conversion = match due {
                Some(due) => occasion::find(&desk.readers, due.conversion_id)?,
                None => None,
            };
            let is_in_scope = |one| moment::is_in_scope(rule, one, &documents);
            if !conversion.as_ref().is_none_or(is_in_scope) {
                continue;
            }
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
                None => format!("every:{}:{}:{name}", rule.id, asked.slot()),
            };
            let window = summed.spans.of(case.campaign_id().unwrap_or(0));
            let id = desk.library.ids.next(now);
            let mut held = gate.pass(rule, &name)?;
            if held
                .as_ref()
                .is_some_and(|one| one.verdict == Verdict::DayLimit)
                && !proposed.is_empty()
            {
                // Some of what was let through may turn out to change nothing, which does not count.
                edited(desk, std::mem::take(&mut proposed))?;
                gate.count_again(rule);
                held = gate.pass(rule, &name)?;
            }
            match held {
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
    runs::keep(&desk.writer, &kept)?;
    keep_dry(desk, &dry)?;
    edited(desk, proposed)?;
    // What was planned from an edited rule was not done: it is asked again.
    let documents = desk.library.documents();
    let settled = asked.iter().filter(|one| one.is_current(&documents));
    let settled: Vec<Due> = settled.flat_map(|one| one.dues.clone()).collect();
    dues::settle(&desk.writer, &settled)?;
    Ok(true)
}

impl Asked {
    /// Whether the rule was not edited since it was asked; else what was planned from it was not done.
    pub(super) fn is_current(&self, documents: &Documents) -> bool {
        let rule = documents.rules.get(&self.ready.rule.id);
        rule.is_some_and(|rule| rule.version == self.ready.rule.version)
    }

    /// That a rule of every so many minutes was looked at.
    pub(super) fn looked_at(&self) -> Option<Look> {
        let (_, at) = self.looks?;
        Some(Look {
            rule_id: self.ready.rule.id,
            fingerprint: self.ready.fingerprint,
            at,
        })
    }

    fn slot(&self) -> i64 {
        self.looks.map_or(0, |(before, _)| before)
    }

    /// All groups of a rule.
    pub(super) fn all_of(ready: Arc<Ready>) -> Self {
        Self {
            ready,
            looks: None,
            dues: Vec::new(),
        }
    }
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
    format!("{what}:{}:{}", rule.id, period::day(now, rule.zone()))
}
