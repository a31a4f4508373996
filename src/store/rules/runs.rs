//! Runs as they are written, and what is asked of them before the next one.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::moves::{self, Move};
use super::{Deed, Verdict};
use crate::domain::documents::Documents;
use crate::domain::id::{Id, IdGenerator};
use crate::domain::message::Message;
use crate::store::entities::Save;
use crate::store::error::StoreError;
use crate::store::outbox::message;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

/// Runs written in one transaction, and rows dropped in one.
const PIECE: usize = 500;
const PRUNED: i64 = 500;

/// That the conditions of a rule held of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub id: Id,
    /// UTC milliseconds.
    pub at: i64,
    pub rule_id: u64,
    pub rule_version: u64,
    /// What makes it the same run.
    pub key: String,
    /// JSON object of the values of the rule's dimensions.
    pub group: String,
    pub campaign_id: Option<u64>,
    pub conversion_id: Option<Id>,
    /// JSON object of the numbers that the conditions looked at.
    pub numbers: String,
    /// From and to, in UTC milliseconds.
    pub window: Option<(i64, i64)>,
}

/// A run and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub run: Run,
    pub verdict: Verdict,
    pub reason: Option<String>,
    pub deeds: Vec<Deed>,
    /// The deeds that changed documents.
    pub moves: Vec<Move>,
}

impl Judged {
    /// A run that was not done, and why.
    pub fn held(run: Run, verdict: Verdict, reason: String) -> Self {
        Self {
            run,
            verdict,
            reason: Some(reason),
            deeds: Vec::new(),
            moves: Vec::new(),
        }
    }
}

macro_rules! insert {
    ($conflict:literal) => {
        concat!(
            "insert into rule_runs (id, at, rule_id, rule_version, key, \"group\", campaign_id,
                conversion_id, numbers, window_from, window_to, verdict, reason, effects)
            values (:id, :at, :rule_id, :rule_version, :key, :group, :campaign_id,
                :conversion_id, :numbers, :window_from, :window_to, :verdict, :reason, :effects)
            on conflict (key) do ",
            $conflict
        )
    };
}
const LEAVE: &str = insert!("nothing");
/// What waited keeps its id.
const SETTLE: &str = insert!(
    "update set at = excluded.at, verdict = excluded.verdict, reason = excluded.reason, effects = excluded.effects,
        rule_version = excluded.rule_version, numbers = excluded.numbers,
        window_from = excluded.window_from, window_to = excluded.window_to
    where rule_runs.verdict = 'pending'"
);
const KNOWN: &str = "select id, verdict from rule_runs where key = :key";
const PENDING: &str = "
    select id, at, rule_id, rule_version, key, \"group\", campaign_id, conversion_id, numbers,
        window_from, window_to
    from rule_runs where verdict = 'pending' order by id limit :most";
/// What was undone counts from then on.
const LATELY: &str = "
    select at from rule_runs
    where rule_id = :rule_id and \"group\" = :group and at > :after and at < :before
        and (verdict in ('done', 'undone') or :dry and verdict = 'dry_run')
    order by at desc limit 1";
const REFUSED_LATELY: &str = "
    select 1 from rule_runs
    where rule_id = :rule_id and \"group\" = :group and at > :after and at < :before
        and verdict = :verdict and (verdict = 'conflict' or reason is :reason)
    limit 1";
const UNDONE_LATELY: &str = "
    select max(undone_at) from rule_runs
    where rule_id = :rule_id and \"group\" = :group and undone_at is not null
        and undone_at > :after and undone_at < :before";
const ACTED: &str = "
    select count(*) from rule_runs
    where rule_id = :rule_id and at >= :from and at < :to
        and (verdict in ('done', 'failed', 'conflict', 'undone') or :dry and verdict = 'dry_run')";
const PRUNE: &str = "
    delete from rule_runs where id in (
        select id from rule_runs where id < :before and verdict <> 'pending'
        order by id limit :most)";

/// Leaves a run to be done, in the transaction of the conversion that asks for it.
pub fn leave(connection: &Connection, run: &Run) -> Result<(), StoreError> {
    write(connection, LEAVE, run, Verdict::Pending, None, &[])?;
    Ok(())
}

/// Writes what became of a run; a pending one of its key becomes it. `false` where one of its key
/// was settled before: then nothing is written.
fn settle(connection: &Connection, judged: &Judged) -> Result<bool, StoreError> {
    let Judged {
        run,
        verdict,
        reason,
        deeds,
        moves,
    } = judged;
    let reason = reason.as_deref();
    let is_new = write(connection, SETTLE, run, *verdict, reason, deeds)?;
    if is_new && !moves.is_empty() {
        let (id, _) = known(connection, &run.key)?.unwrap_or((run.id, *verdict));
        moves::insert(connection, id, run, moves)?;
    }
    Ok(is_new)
}

/// The work of writing what became of a run, with its messages, each of which has its place among the
/// deeds.
pub fn saving(
    mut judged: Judged,
    told: Vec<(usize, Message)>,
    ids: Arc<IdGenerator>,
    documents: Arc<Documents>,
) -> Save {
    Box::new(move |connection| {
        for (place, message) in &told {
            let at = judged.run.at;
            let queued = message::queue(connection, &ids, &documents, at, message)?;
            judged.deeds[*place].outbox_id = queued.map(|id| id.to_string());
        }
        match settle(connection, &judged)? {
            true => Ok(()),
            // Somebody else has settled it this moment, so it must not be done again.
            false => Err(StoreError::Unavailable),
        }
    })
}

fn write(
    connection: &Connection,
    sql: &str,
    run: &Run,
    verdict: Verdict,
    reason: Option<&str>,
    deeds: &[Deed],
) -> Result<bool, StoreError> {
    let deeds =
        serde_json::to_string(deeds).map_err(|error| StoreError::Damaged(error.to_string()))?;
    let written = connection.prepare_cached(sql)?.execute(named_params! {
        ":id": run.id.to_row(),
        ":at": run.at,
        ":rule_id": run.rule_id,
        ":rule_version": run.rule_version,
        ":key": run.key,
        ":group": run.group,
        ":campaign_id": run.campaign_id,
        ":conversion_id": run.conversion_id.map(Id::to_row),
        ":numbers": run.numbers,
        ":window_from": run.window.map(|(from, _)| from),
        ":window_to": run.window.map(|(_, to)| to),
        ":verdict": verdict.as_str(),
        ":reason": reason,
        ":effects": deeds,
    })?;
    Ok(written > 0)
}

/// Writes runs that change nothing: dry ones, those that cool down or met their day's limit. How
/// many of them were new.
pub fn keep(writer: &Writer, judged: &[Judged]) -> Result<usize, StoreError> {
    let mut kept = 0;
    for piece in judged.chunks(PIECE) {
        let piece = piece.to_vec();
        kept += writer.edit_blocking(move |connection| {
            let mut kept = 0;
            for one in &piece {
                kept += usize::from(settle(connection, one)?);
            }
            Ok(kept)
        })?;
    }
    Ok(kept)
}

/// The run of this key and what became of it.
fn known(connection: &Connection, key: &str) -> Result<Option<(Id, Verdict)>, StoreError> {
    let mut statement = connection.prepare_cached(KNOWN)?;
    let found = statement
        .query_row(named_params! { ":key": key }, |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?))
        })
        .optional()?;
    let known = found.map(|(id, word)| {
        let known = Id::from_row(id).zip(Verdict::of(&word));
        known.ok_or_else(|| StoreError::Damaged(format!("run {id} is \"{word}\"")))
    });
    known.transpose()
}

/// The same, asked of a reader.
pub fn find_key(readers: &Readers, key: &str) -> Result<Option<(Id, Verdict)>, StoreError> {
    known(&*readers.get()?, key)
}

/// What became of the run of this id.
pub fn verdict(readers: &Readers, id: Id) -> Result<Option<Verdict>, StoreError> {
    const SQL: &str = "select verdict from rule_runs where id = ?1";
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(SQL)?;
    let found: Option<String> = statement
        .query_row([id.to_row()], |row| row.get(0))
        .optional()?;
    Ok(found.as_deref().and_then(Verdict::of))
}

/// Those that conversions have left to be done, oldest first.
pub fn pending(readers: &Readers, most: usize) -> Result<Vec<Run>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(PENDING)?;
    let rows = statement.query_map(named_params! { ":most": most }, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> Result<Run, rusqlite::Error> {
    let (from, to): (Option<i64>, Option<i64>) = (row.get(9)?, row.get(10)?);
    let conversion_id: Option<i64> = row.get(7)?;
    Ok(Run {
        id: Id::from_row(row.get(0)?).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, -1))?,
        at: row.get(1)?,
        rule_id: row.get(2)?,
        rule_version: row.get(3)?,
        key: row.get(4)?,
        group: row.get(5)?,
        campaign_id: row.get(6)?,
        conversion_id: conversion_id.and_then(Id::from_row),
        numbers: row.get(8)?,
        window: from.zip(to),
    })
}

/// When the rule dealt with this group less than so long from `now`, before or (with a clock that
/// was set back) after. One that was refused does not count: what was in its way may be gone. One that
/// was undone counts from then on; a dry one only where `dry` ones are asked for.
pub fn acted_lately(
    readers: &Readers,
    rule_id: u64,
    group: &str,
    now: i64,
    within_ms: i64,
    dry: bool,
) -> Result<Option<i64>, StoreError> {
    let reader = readers.get()?;
    let (after, before) = (now.saturating_sub(within_ms), now.saturating_add(within_ms));
    let values = named_params! { ":rule_id": rule_id, ":group": group, ":dry": dry,
    ":after": after, ":before": before };
    let mut statement = reader.prepare_cached(LATELY)?;
    let acted: Option<i64> = statement.query_row(values, |row| row.get(0)).optional()?;
    let values = named_params! { ":rule_id": rule_id, ":group": group, ":after": after,
    ":before": before };
    let mut statement = reader.prepare_cached(UNDONE_LATELY)?;
    let undone: Option<i64> = statement.query_row(values, |row| row.get(0))?;
    Ok(acted.max(undone))
}

/// Whether the same became of a run of this rule and group less than so long from `now`: a failure
/// for the same reason, or a conflict.
pub fn was_refused_lately(
    readers: &Readers,
    (run, verdict, reason): (&Run, Verdict, Option<&str>),
    now: i64,
    within_ms: i64,
) -> Result<bool, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(REFUSED_LATELY)?;
    Ok(statement.exists(
        named_params! { ":rule_id": run.rule_id, ":group": run.group,
        ":verdict": verdict.as_str(), ":reason": reason,
        ":after": now.saturating_sub(within_ms), ":before": now.saturating_add(within_ms) },
    )?)
}

/// How many runs of the rule acted from a time to another: did something, or told that they could
/// not.
pub fn acted(
    readers: &Readers,
    rule_id: u64,
    from: i64,
    to: i64,
    dry: bool,
) -> Result<u64, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(ACTED)?;
    let values = named_params! { ":rule_id": rule_id, ":from": from, ":to": to, ":dry": dry };
    Ok(statement.query_row(values, |row| row.get(0))?)
}

/// Drops runs from before this time with what they changed, a piece of them; whether there may be
/// more. What is dropped is neither undone nor counts for cool-downs any more.
pub fn prune(writer: &Writer, before: i64) -> Result<bool, StoreError> {
    let before = Id::first_at(before).to_row();
    writer.edit_blocking(move |connection| {
        let dropped = moves::drop_before(connection, before, PRUNED)?;
        let values = named_params! { ":before": before, ":most": PRUNED - dropped };
        let runs = connection.prepare_cached(PRUNE)?.execute(values)?;
        Ok(dropped + runs as i64 == PRUNED)
    })
}
