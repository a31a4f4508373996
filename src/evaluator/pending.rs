//! Runs that conversions have left to be done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::doing::{edited, keep_dry};
use super::gate::Gate;
use super::proposal::Case;
use crate::clock;
use crate::library::Desk;
use crate::rules::Ready;
use crate::store::error::StoreError;
use crate::store::rules::runs::{self, Judged, Run};
use crate::store::rules::{Verdict, occasion};

/// Runs that are done together.
const PIECE: usize = 32;
/// The same while others want the writer: few enough that none of them waits for their transaction.
const PIECE_BESIDE_OTHERS: usize = 8;
/// Then it rests so many times as long as a piece took, and so long at least: clicks and postbacks
/// go first, and what is left to be done is stored.
const REST: u32 = 4;
const REST_MIN: Duration = Duration::from_millis(250);

/// Does all of them.
pub(super) fn work(desk: &Desk, stopping: &AtomicBool) -> Result<(), StoreError> {
    let mut most = PIECE_BESIDE_OTHERS;
    let mut gate = Gate::new(&desk.readers, clock::now_ms());
    loop {
        let (started, commits) = (Instant::now(), desk.writer.commits());
        let left = runs::pending(&desk.readers, most)?;
        if left.is_empty() {
            return Ok(());
        }
        let is_last = left.len() < most;
        if let Err(error) = piece(desk, &mut gate, &left) {
            if error.may_pass() {
                return Err(error);
            }
            one_by_one(desk, left)?;
            gate = Gate::new(&desk.readers, clock::now_ms());
        }
        most = match desk.writer.is_busy_since(started, commits) {
            true => {
                std::thread::sleep(REST_MIN.max(started.elapsed() * REST));
                PIECE_BESIDE_OTHERS
            }
            false => PIECE,
        };
        if is_last || stopping.load(Ordering::Acquire) {
            return Ok(());
        }
    }
}

/// Finds the one that cannot be done, so that the others are.
fn one_by_one(desk: &Desk, left: Vec<Run>) -> Result<(), StoreError> {
    for run in left {
        let mut gate = Gate::new(&desk.readers, clock::now_ms());
        match piece(desk, &mut gate, std::slice::from_ref(&run)) {
            Ok(()) => {}
            Err(error) if error.may_pass() => return Err(error),
            Err(error) => {
                let why = format!("It could not be done: {error}.");
                let failed = Judged::held(run, Verdict::Failed, why);
                runs::keep(&desk.writer, &[failed])?;
            }
        }
    }
    Ok(())
}

fn piece(desk: &Desk, gate: &mut Gate<'_>, left: &[Run]) -> Result<(), StoreError> {
    let now = clock::now_ms();
    let documents = desk.library.documents();
    let ready = desk.library.rules();
    gate.go_on(now);
    let (mut proposed, mut dry, mut held) = (Vec::new(), Vec::new(), Vec::new());
    for run in left {
        let rule = ready.iter().find(|one| one.rule.id == run.rule_id);
        let Some((ready, group)) = rule.and_then(|rule| group_of(rule, run)) else {
            let why = "The rule was edited, paused or archived before it was done.".to_owned();
            held.push(Judged::held(run.clone(), Verdict::Failed, why));
            continue;
        };
        let conversion = match run.conversion_id {
            Some(id) => occasion::find(&desk.readers, id)?,
            None => None,
        };
        if let Some(why) = gate.pass(&ready.rule, &run.group)? {
            held.push(Judged::held(run.clone(), why.verdict, why.reason));
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
        let one = case.proposed(desk, run.id, run.key.clone(), None);
        match ready.rule.dry_run {
            true => dry.push(one),
            false => proposed.push(one),
        }
    }
    runs::keep(&desk.writer, &held)?;
    keep_dry(desk, &dry)?;
    edited(desk, proposed)
}

fn group_of<'r>(ready: &'r Arc<Ready>, run: &Run) -> Option<(&'r Ready, Vec<Option<String>>)> {
    let group = ready.group_of_name(&run.group)?;
    ready.is_at_conversion().then_some((&**ready, group))
}
