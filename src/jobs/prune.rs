//! Raw clicks dropped once they are old; reports keep their numbers, out of the column segments.
//!
//! Clicks that earned something keep their rows, because networks may still say something of them. For
//! the others what was looked at click by click is gone: the log, costs told later, who is a bot.

use serde_json::json;

use super::{DAY_MS, Jobs, Refused, Work, stored};
use crate::clock;
use crate::config::CLICK_DAYS_MIN;
use crate::domain::problem::Problem;
use crate::store::columns::archive::{self, Archivable};
use crate::store::error::StoreError;
use crate::store::jobs::{self, Job, Kind, PIECE, Progress};
use crate::store::readers::Readers;
use crate::store::writer::Writer;

impl Jobs {
    /// Begins to drop raw clicks that are older than so many days.
    pub fn prune(&self, days: u64) -> Result<Job, Refused> {
        let job = ask(&self.desk.writer, days)?;
        self.bell.ring();
        Ok(job)
    }

    /// The same once a day, where it is to be done by itself.
    pub(super) fn prune_daily(&self) -> Result<(), Refused> {
        let Some(days) = self.keeps_days else {
            return Ok(());
        };
        let last = jobs::last_of(&self.desk.readers, Kind::Prune)?;
        let is_due = last.is_none_or(|at| !(0..DAY_MS).contains(&(clock::now_ms() - at)));
        if is_due {
            self.prune(days)?;
        }
        Ok(())
    }
}

fn ask(writer: &Writer, days: u64) -> Result<Job, Refused> {
    let now = clock::now_ms();
    let age = i64::try_from(days)
        .ok()
        .and_then(|days| days.checked_mul(DAY_MS));
    let Some(age) = age.filter(|_| days >= CLICK_DAYS_MIN) else {
        let message = format!(
            "{days} is not a number of days from {CLICK_DAYS_MIN} up: networks call back that late, and \
             a click that is gone earns nothing."
        );
        return Err(Refused::Invalid(vec![Problem::new(
            "days",
            "out_of_range",
            message,
        )]));
    };
    let asked = json!({ "days": days, "before": now.saturating_sub(age) });
    let result = json!({ "segments": 0, "clicks": 0, "skipped": 0 });
    Ok(jobs::ask(writer, Kind::Prune, asked, result, now)?)
}

/// Drops them on the calling thread, while no server runs; the job, done.
pub fn prune_now(writer: &Writer, readers: &Readers, days: u64) -> Result<Job, Refused> {
    let id = ask(writer, days)?.id;
    let begun = jobs::begin(writer, id, clock::now_ms())?;
    let mut job = begun.ok_or(Refused::NotFound { what: "job", id })?;
    while let Some(progress) = step(writer, readers, &job)? {
        let is_over = progress.is_over;
        job = job.at(progress);
        if is_over {
            break;
        }
    }
    Ok(job)
}

/// Drops the raw clicks of segments, one after the other.
pub(super) struct Pruning;

impl Work for Pruning {
    fn step(&mut self, jobs: &Jobs, job: &Job) -> Result<Option<Progress>, StoreError> {
        step(&jobs.desk.writer, &jobs.desk.readers, job)
    }
}

/// The cursor is the id from which on nothing was dropped yet.
fn step(writer: &Writer, readers: &Readers, job: &Job) -> Result<Option<Progress>, StoreError> {
    let from = job.cursor.as_i64().unwrap_or(0);
    let before = stored(&job.asked["before"])?;
    let segments = archive::archivable(readers, before)?.into_iter();
    let mut segments = segments.filter(|segment| segment.ids.end > from);
    let mut progress = Progress::of(job);
    let Some(segment) = segments.next() else {
        progress.is_over = true;
        return jobs::piece(
            writer,
            job.id,
            clock::now_ms(),
            |_| Ok((progress, ())),
            |()| {},
        );
    };
    let is_archived = segment.is_archived || archive::archive(writer, readers, &segment.ids)?;
    let Archivable { ids, rows, .. } = segment;
    let work = move |connection: &_| {
        let (dropped, next) = match is_archived {
            true => archive::prune(connection, &(ids.start.max(from)..ids.end), PIECE)?,
            false => (0, None),
        };
        progress.add("clicks", dropped as u64);
        progress.cursor = json!(next.unwrap_or(ids.end));
        if next.is_none() {
            progress.done += rows;
            progress.add(if is_archived { "segments" } else { "skipped" }, 1);
        }
        Ok((progress, ()))
    };
    jobs::piece(writer, job.id, clock::now_ms(), work, |()| {})
}
