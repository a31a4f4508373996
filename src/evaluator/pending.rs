//! Runs that conversions have left to be done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::gate::{Gate, Held};
use super::proposal::Case;
use super::round::{edited, keep_dry};
use crate::clock;
use crate::library::Desk;
use crate::rules::Ready;
use crate::store::error::StoreError;
use crate::store::rules::runs::{self, Judged, Run};
use crate::store::rules::{Verdict, occasion};

/// Runs that are done together.
const PIECE: usize = 500;

/// Does all of them.
pub(super) fn work(desk: &Desk, stopping: &AtomicBool) -> Result<(), StoreError> {
    loop {
        let left = runs::pending(&desk.readers, PIECE)?;
        if left.is_empty() {
            return Ok(());
        }
        let is_last = left.len() < PIECE;
        piece(desk, left)?;
        if is_last || stopping.load(Ordering::Acquire) {
            return Ok(());
        }
    }
}

fn piece(desk: &Desk, left: Vec<Run>) -> Result<(), StoreError> {
    let now = clock::now_ms();
    let documents = desk.library.documents();
    let ready = desk.library.rules();
    let mut gate = Gate::new(&desk.readers, now);
    let (mut proposed, mut dry, mut held) = (Vec::new(), Vec::new(), Vec::new());
    for run in left {
        let rule = ready.iter().find(|one| one.rule.id == run.rule_id);
        let Some((ready, group)) = rule.and_then(|rule| group_of(rule, &run)) else {
            held.push(judged(
                run,
                Held {
                    verdict: Verdict::Failed,
                    reason: "The rule was edited, paused or archived before it was done."
                        .to_owned(),
                },
            ));
            continue;
        };
        let conversion = match run.conversion_id {
            Some(id) => occasion::find(&desk.readers, id)?,
            None => None,
        };
        if let Some(why) = gate.pass(&ready.rule, &run.group)? {
            held.push(judged(run, why));
            continue;
        }
        let case = Case {
            ready,
            group: &group,
            at: now,
            numbers: None,
            occasion: conversion.as_ref(),
            documents: &documents,
        };
        let one = case.proposed(desk, run.id, run.key, None);
        match ready.rule.dry_run {
            true => dry.push(one),
            false => proposed.push(one),
        }
    }
    runs::keep(&desk.writer, held)?;
    keep_dry(desk, &dry)?;
    edited(desk, proposed)
}

fn group_of<'r>(ready: &'r Arc<Ready>, run: &Run) -> Option<(&'r Ready, Vec<Option<String>>)> {
    let group = ready.group_of_name(&run.group)?;
    ready.is_at_conversion().then_some((&**ready, group))
}

fn judged(run: Run, why: Held) -> Judged {
    Judged {
        run,
        verdict: why.verdict,
        reason: Some(why.reason),
        deeds: Vec::new(),
        moves: Vec::new(),
    }
}
