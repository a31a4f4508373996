//! One round: every rule whose minutes are over and every group that is due, judged by numbers that
//! are summed in one pass.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::doing::{edited, keep_dry};
use super::gate::{Gate, Held};
use super::pending;
use super::proposal::Case;
use super::schedule::Schedule;
use super::summed::{Questions, Summed};
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
use crate::store::sums::{Group, Unanswered};

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
    let mut judging = Judging {
        desk,
        documents: &documents,
        now,
        gate: Gate::new(&desk.readers, now),
        proposed: Vec::new(),
        dry: Vec::new(),
        kept: Vec::new(),
    };
    for (index, asked) in asked.iter().enumerate() {
        let summed = answered.of(index, asked, &documents);
        match summed.groups(asked) {
            Err(why) => judging.kept.push(unanswered(desk, asked, why, now)),
            Ok(groups) => {
                for (group, due) in groups {
                    if stopping.load(Ordering::Acquire) {
                        return Ok(false);
                    }
                    if !judging.goes_on_after(asked, &summed, &group, due)? {
                        break;
                    }
                }
            }
        }
    }
    let Judging {
        proposed,
        dry,
        kept,
        ..
    } = judging;
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

/// Rules that are being judged, and what came of it so far.
struct Judging<'a> {
    desk: &'a Desk,
    documents: &'a Documents,
    now: i64,
    gate: Gate<'a>,
    proposed: Vec<Proposed>,
    dry: Vec<Proposed>,
    kept: Vec<Judged>,
}

impl Judging<'_> {
    /// Judges one group of a rule; `false` if the rule may act no more today.
    fn goes_on_after(
        &mut self,
        asked: &Asked,
        summed: &Summed,
        group: &Group,
        due: Option<&Due>,
    ) -> Result<bool, StoreError> {
        let (desk, documents, now) = (self.desk, self.documents, self.now);
        let rule = &asked.ready.rule;
        let sums = summed.sums(group);
        let numbers = summed.numbers(desk, documents, &asked.ready, group, sums, now);
        let conversion = match due {
            Some(due) => occasion::find(&desk.readers, due.conversion_id)?,
            None => None,
        };
        let is_in_scope = |one| moment::is_in_scope(rule, one, documents);
        let case = Case {
            ready: &asked.ready,
            group,
            at: now,
            numbers: Some(&numbers),
            occasion: conversion.as_ref(),
            documents,
        };
        if !conversion.as_ref().is_none_or(is_in_scope) || case.verdict(desk) != Says::Holds {
            return Ok(true);
        }
        let name = asked.ready.group_name(group);
        let window = summed.spans.of(case.campaign_id().unwrap_or(0));
        let propose = |key| case.proposed(desk, desk.library.ids.next(now), key, Some(window));
        match self.held(asked, &name)? {
            None => match rule.dry_run {
                true => self.dry.push(propose(asked.key(&name, due))),
                false => self.proposed.push(propose(asked.key(&name, due))),
            },
            Some(held) if held.verdict == Verdict::DayLimit => {
                // Told once a day.
                let run = propose(day_key("limit", asked, now)).run;
                self.kept.push(Judged::held(run, held.verdict, held.reason));
                return Ok(false);
            }
            // It goes on holding, and was told when it acted.
            Some(_) => {}
        }
        Ok(true)
    }

    /// Why a rule does not act on a group, if it does not.
    fn held(&mut self, asked: &Asked, group: &str) -> Result<Option<Held>, StoreError> {
        let rule = &asked.ready.rule;
        let held = self.gate.pass(rule, group)?;
        let is_at_limit = held
            .as_ref()
            .is_some_and(|one| one.verdict == Verdict::DayLimit);
        if !is_at_limit || self.proposed.is_empty() {
            return Ok(held);
        }
        // Some of what was let through may turn out to change nothing, which does not count.
        edited(self.desk, std::mem::take(&mut self.proposed))?;
        self.gate.count_again(rule);
        self.gate.pass(rule, group)
    }
}

impl Asked {
    /// What makes a run on a group the same run.
    fn key(&self, group: &str, due: Option<&Due>) -> String {
        let rule_id = self.ready.rule.id;
        match due {
            Some(due) => {
                let conversion_id = due.conversion_id.to_row();
                format!("due:{rule_id}:{conversion_id}:{}:{group}", due.at)
            }
            None => format!("every:{rule_id}:{}:{group}", self.slot()),
        }
    }

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
fn unanswered(desk: &Desk, asked: &Asked, why: Unanswered, now: i64) -> Judged {
    let case = Case {
        ready: &asked.ready,
        group: &[],
        at: now,
        numbers: None,
        occasion: None,
        documents: &desk.library.documents(),
    };
    let id = desk.library.ids.next(now);
    let one = case.proposed(desk, id, day_key("unanswered", asked, now), None);
    let reason = format!("Its conditions cannot be asked: {why}.");
    Judged::held(one.run, Verdict::Failed, reason)
}

fn day_key(what: &str, asked: &Asked, now: i64) -> String {
    let rule = &asked.ready.rule;
    format!("{what}:{}:{}", rule.id, period::day(now, rule.zone()))
}
