//! Long work on what is stored, beside the clicks: costs that sources tell afterwards, clicks that are
//! deleted, bots that are judged again.
//!
//! What somebody asks becomes a job, a row ([`crate::store::jobs`]). One thread takes them in their
//! order and does each in pieces of a few hundred rows, an edit each, and rests in between (`pace.rs`):
//! no visitor waits for it. A piece and the note of how far it is are one edit, so after a crash the job
//! goes on where it was. A job that is cancelled stops before its next piece; what it has done stays.
//!
//! | file | what it knows |
//! |---|---|
//! | `period.rs` | campaigns and a time, as people state them |
//! | `costs/` | costs of clicks, one statement or a file of them, and taking them back |
//! | `clean.rs` | clicks and what hangs on them, deleted |
//! | `prune.rs` | raw clicks that are old, dropped |
//! | `bots.rs` | who is a bot by the lists as they are now |
//! | `spending.rs` | budgets, which follow what clicks cost |
//!
//! Adding one: 1. its word in [`store::jobs::Kind`](crate::store::jobs::Kind); 2. a file here with its
//! `Work`, and its arm in `open`; 3. its address in `web/api/jobs`.

mod bots;
mod clean;
pub mod costs;
mod pace;
mod period;
mod prune;
mod spending;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use self::period::Period;

use crate::clock;
use crate::detect::bot::BotRules;
use crate::domain::problem::Problem;
use crate::library::Desk;
use crate::store::columns::archive;
use crate::store::error::StoreError;
use crate::store::jobs::select::Selection;
use crate::store::jobs::{self, Job, Kind, Progress, State};
use crate::store::log::values;
use crate::store::rules::bell::Bell;

pub use bots::Relabelled;
pub use clean::Cleaned;
pub use prune::prune_now;

/// How often it is looked for what was asked, where nobody rings.
const INTERVAL: Duration = Duration::from_secs(2);
/// After an error of the storage it is tried again after so long.
const RETRY: Duration = Duration::from_secs(2);
/// For so long an update of costs can be undone.
const UNDO_DAYS: i64 = 90;
const DAY_MS: i64 = 86_400_000;
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);

/// Takes jobs, and does them.
pub struct Jobs {
    desk: Desk,
    bots: Arc<BotRules>,
    /// Raw clicks are kept for so long; `None`: for ever.
    keeps_days: Option<u64>,
    bell: Bell,
}

/// Why something was not begun.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("{}", .0.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<Problem>),
    #[error("There is no {what} {id}.")]
    NotFound { what: &'static str, id: u64 },
    #[error("{message}")]
    Against { code: &'static str, message: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What one kind of job does.
trait Work {
    /// The next piece, in one edit; `None` if the job was cancelled meanwhile.
    fn step(&mut self, jobs: &Jobs, job: &Job) -> Result<Option<Progress>, StoreError>;
}

fn open(jobs: &Jobs, job: &Job) -> Result<Box<dyn Work>, StoreError> {
    Ok(match job.kind {
        Kind::CostUpdate => Box::new(costs::Charging::open(jobs, job)?),
        Kind::CostUpdateUndo => Box::new(costs::Restoring::open(jobs, job)?),
        Kind::CleanUp => Box::new(clean::Cleaning::open(job)?),
        Kind::Prune => Box::new(prune::Pruning),
        Kind::BotUpdate => Box::new(bots::Relabelling::open(job)?),
    })
}

impl Jobs {
    pub fn new(desk: Desk, bots: Arc<BotRules>, keeps_days: Option<u64>) -> Self {
        Self {
            desk,
            bots,
            keeps_days,
            bell: Bell::default(),
        }
    }

    /// Ends a job that has not ended; what it has done stays done.
    pub fn cancel(&self, id: u64) -> Result<Job, Refused> {
        let now = clock::now_ms();
        let was_open = jobs::end(&self.desk.writer, id, State::Cancelled, None, now)?;
        let job = jobs::find(&self.desk.readers, id)?;
        let job = job.ok_or(Refused::NotFound { what: "job", id })?;
        match was_open {
            true => Ok(job),
            false => Err(Refused::Against {
                code: "job_ended",
                message: format!(
                    "Job {id} is {} already; there is nothing to cancel.",
                    job.state.as_str()
                ),
            }),
        }
    }

    /// The clicks of a period that are there, if they may still be changed.
    fn selection(&self, period: Period) -> Result<Selection, Refused> {
        self.refuse_pruned(period.from)?;
        Ok(Selection {
            campaign_ids: period.campaign_ids,
            from: period.from,
            to: period.to,
            below: self.below(),
        })
    }

    /// Refuses what is about clicks that may be gone but for their columns.
    fn refuse_pruned(&self, from: i64) -> Result<(), Refused> {
        let until = archive::pruned_until(&self.desk.readers)?;
        match until.filter(|until| from <= *until) {
            None => Ok(()),
            Some(until) => Err(Refused::Against {
                code: "pruned",
                message: format!(
                    "Old clicks up to {} have been dropped, and what is kept of them for reports does \
                     not change any more. Choose a period after that.",
                    values::time(until)
                ),
            }),
        }
    }

    /// Clicks from this id on have not come yet.
    fn below(&self) -> i64 {
        self.desk.library.ids.last().to_row().saturating_add(1)
    }

    /// Runs a job to its end, or until `is_stopping`.
    fn run(&self, job: Job, is_stopping: &AtomicBool) {
        let id = job.id;
        let ran = catch_unwind(AssertUnwindSafe(|| self.try_run(job, is_stopping)));
        let error = match ran {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("a mistake of the program".to_owned()),
        };
        if let Some(error) = error {
            tracing::error!(error, job = id, "a job failed");
            let (state, at) = (State::Failed, clock::now_ms());
            let told = format!("It failed: {error}. What it had done by then stays done.");
            if let Err(error) = jobs::end(&self.desk.writer, id, state, Some(told), at) {
                tracing::warn!(%error, job = id, "the job is tried again");
                std::thread::sleep(RETRY);
            }
        }
    }

    fn try_run(&self, job: Job, is_stopping: &AtomicBool) -> Result<(), StoreError> {
        let stopping = || is_stopping.load(Ordering::Acquire);
        let begin = || jobs::begin(&self.desk.writer, job.id, clock::now_ms());
        let Some(Some(mut job)) = patiently(stopping, begin)? else {
            return Ok(());
        };
        let Some(mut work) = patiently(stopping, || open(self, &job))? else {
            return Ok(());
        };
        while !stopping() {
            let pace = pace::Pace::begin(&self.desk.writer);
            let Some(Some(progress)) = patiently(stopping, || work.step(self, &job))? else {
                return Ok(());
            };
            if progress.is_over {
                tracing::info!(job = job.id, kind = job.kind.as_str(), "job done");
                return Ok(());
            }
            job = job.at(progress);
            pace.rest(&self.desk.writer);
        }
        Ok(())
    }
}

/// Asks again while the storage takes nothing, for nothing has happened then; `None` once it is to
/// stop.
fn patiently<T>(
    stopping: impl Fn() -> bool,
    mut work: impl FnMut() -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    loop {
        match work() {
            Err(error) if error.may_pass() => {
                if stopping() {
                    return Ok(None);
                }
                tracing::warn!(%error, "a job waits for the storage");
                std::thread::sleep(RETRY);
            }
            ended => return ended.map(Some),
        }
    }
}

/// The thread that does them.
pub struct Worker {
    jobs: Arc<Jobs>,
    is_stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    pub fn start(jobs: Arc<Jobs>) -> std::io::Result<Worker> {
        let is_stopping = Arc::new(AtomicBool::new(false));
        let (at_work, stopping) = (Arc::clone(&jobs), Arc::clone(&is_stopping));
        let thread = std::thread::Builder::new()
            .name("jobs".into())
            .spawn(move || turns(&at_work, &stopping))?;
        Ok(Worker {
            jobs,
            is_stopping,
            thread: Some(thread),
        })
    }

    /// Ends the thread after the piece that it is at; the rest is done after the next start.
    pub fn stop(mut self) {
        self.is_stopping.store(true, Ordering::Release);
        self.jobs.bell.ring();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn turns(jobs: &Jobs, is_stopping: &AtomicBool) {
    let mut prunes_at = Instant::now();
    while !is_stopping.load(Ordering::Acquire) {
        match jobs::next(&jobs.desk.readers) {
            Ok(Some(job)) => {
                jobs.run(job, is_stopping);
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "jobs are looked for again"),
        }
        if Instant::now() >= prunes_at {
            prunes_at = Instant::now() + PRUNE_EVERY;
            forget(jobs, is_stopping);
            if let Err(error) = jobs.prune_daily() {
                tracing::warn!(%error, "old clicks are dropped later");
            }
        }
        jobs.bell.wait(INTERVAL);
    }
}

/// Drops what is kept for undoing what nobody undoes any more.
fn forget(jobs: &Jobs, is_stopping: &AtomicBool) {
    let before = clock::now_ms() - UNDO_DAYS * DAY_MS;
    while !is_stopping.load(Ordering::Acquire) {
        match jobs::costs::drop_before(&jobs.desk.writer, before) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return tracing::warn!(%error, "old costs are dropped later"),
        }
    }
}

/// A part of a document that a job of ours has stored.
fn stored<T: serde::de::DeserializeOwned>(value: &serde_json::Value) -> Result<T, StoreError> {
    serde_json::from_value(value.clone())
        .map_err(|error| StoreError::Damaged(format!("what a job is to do: {error}")))
}
