//! Clicks charged and given back what they had cost, piece by piece.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::clock;
use crate::jobs::spending::Spending;
use crate::jobs::{Jobs, Work, stored};
use crate::store::error::StoreError;
use crate::store::jobs::costs::{self, Finder, LineFound, Place};
use crate::store::jobs::{self, Job, Progress};

/// Rows of money without a click, about, that one edit leaves.
const LEFT: usize = 250;

/// How far an update is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// The clicks are looked for.
    Find {
        group: usize,
        after: i64,
        piece: u64,
    },
    /// They are charged, from this piece on.
    Charge { piece: u64 },
    /// Money without a click is left, from this line on.
    Leave { line: usize },
}

/// Charges the clicks of an update.
pub(in crate::jobs) struct Charging {
    update_id: u64,
    finder: Finder,
    /// Read again once it is known how many clicks each has.
    lines: Arc<Vec<LineFound>>,
}

impl Charging {
    pub(in crate::jobs) fn open(jobs: &Jobs, job: &Job) -> Result<Self, StoreError> {
        let update_id = stored(&job.asked["cost_update_id"])?;
        let below = stored(&job.asked["below"])?;
        let lines = costs::lines(&jobs.desk.readers, update_id, true)?;
        Ok(Self {
            update_id,
            finder: Finder::new(&lines, below),
            lines: Arc::new(lines),
        })
    }

    fn find(
        &mut self,
        jobs: &Jobs,
        job: &Job,
        from: Place,
    ) -> Result<Option<Progress>, StoreError> {
        let found = self.finder.next(&jobs.desk.readers, from)?;
        let mut progress = Progress::of(job);
        progress.cursor = match found.next {
            Some(Place {
                group,
                after,
                piece,
            }) => json!(Stage::Find {
                group,
                after,
                piece
            }),
            None => json!(Stage::Charge { piece: 0 }),
        };
        let is_last = found.next.is_none();
        let (id, writer) = (self.update_id, &jobs.desk.writer);
        let work = move |connection: &_| {
            progress.add("clicks", found.keep(connection, id, from)?);
            if is_last {
                progress.total = progress.result["clicks"].as_u64();
            }
            Ok((progress, ()))
        };
        let done = jobs::piece(writer, job.id, clock::now_ms(), work, |()| {})?;
        if is_last {
            self.lines = Arc::new(costs::lines(&jobs.desk.readers, id, true)?);
        }
        Ok(done)
    }

    fn charge(&self, jobs: &Jobs, job: &Job, piece: u64) -> Result<Option<Progress>, StoreError> {
        let (id, lines, mut progress) =
            (self.update_id, Arc::clone(&self.lines), Progress::of(job));
        let spending = Spending::of(jobs);
        jobs::piece(
            &jobs.desk.writer,
            job.id,
            clock::now_ms(),
            move |connection| {
                let charge = costs::charge(connection, id, &lines, piece)?;
                progress.cursor = match charge.next {
                    Some(piece) => json!(Stage::Charge { piece }),
                    None => json!(Stage::Leave { line: 0 }),
                };
                progress.done += charge.clicks;
                progress.add("changed", charge.changed);
                Ok((progress, charge.moved))
            },
            move |moved| spending.follow(moved),
        )
    }

    fn leave(&self, jobs: &Jobs, job: &Job, from: usize) -> Result<Option<Progress>, StoreError> {
        let (id, lines, mut progress) =
            (self.update_id, Arc::clone(&self.lines), Progress::of(job));
        let work = move |connection: &_| {
            let (mut until, mut rows) = (from, 0);
            while until < lines.len() && rows < LEFT {
                rows += 1 + costs::leave(connection, id, &lines[until])?;
                until += 1;
            }
            progress.cursor = json!(Stage::Leave { line: until });
            progress.is_over = until >= lines.len();
            Ok((progress, ()))
        };
        jobs::piece(&jobs.desk.writer, job.id, clock::now_ms(), work, |()| {})
    }
}

impl Work for Charging {
    fn step(&mut self, jobs: &Jobs, job: &Job) -> Result<Option<Progress>, StoreError> {
        let stage = match job.cursor.is_null() {
            true => Stage::Find {
                group: 0,
                after: 0,
                piece: 0,
            },
            false => stored(&job.cursor)?,
        };
        match stage {
            Stage::Find {
                group,
                after,
                piece,
            } => self.find(
                jobs,
                job,
                Place {
                    group,
                    after,
                    piece,
                },
            ),
            Stage::Charge { piece } => self.charge(jobs, job, piece),
            Stage::Leave { line } => self.leave(jobs, job, line),
        }
    }
}

/// Gives clicks back what they had cost before an update.
pub(in crate::jobs) struct Restoring {
    update_id: u64,
    lines: Arc<Vec<LineFound>>,
}

impl Restoring {
    pub(in crate::jobs) fn open(jobs: &Jobs, job: &Job) -> Result<Self, StoreError> {
        let update_id = stored(&job.asked["cost_update_id"])?;
        let lines = costs::lines(&jobs.desk.readers, update_id, true)?;
        Ok(Self {
            update_id,
            lines: Arc::new(lines),
        })
    }
}

impl Work for Restoring {
    fn step(&mut self, jobs: &Jobs, job: &Job) -> Result<Option<Progress>, StoreError> {
        let before = job.cursor.as_u64().unwrap_or(i64::MAX as u64);
        let (id, lines, mut progress) =
            (self.update_id, Arc::clone(&self.lines), Progress::of(job));
        let (now, spending) = (clock::now_ms(), Spending::of(jobs));
        jobs::piece(
            &jobs.desk.writer,
            job.id,
            now,
            move |connection| {
                let restored = costs::restore(connection, id, &lines, before)?;
                progress.cursor = json!(restored.next);
                progress.done += restored.clicks + restored.left;
                progress.add("restored", restored.clicks);
                progress.add("left", restored.left);
                progress.is_over = restored.next.is_none();
                if progress.is_over {
                    costs::note_undone(connection, id, now)?;
                }
                Ok((progress, restored.moved))
            },
            move |moved| spending.follow(moved),
        )
    }
}
