//! Rules, evaluated beside the requests.
//!
//! One thread. Conversions leave it what is to be done about them, and it does that at once
//! (`pending.rs`). Numbers are looked at in rounds (`round.rs`): every rule whose minutes are over
//! (`schedule.rs`) and every group that a conversion has made due are asked together, so that the
//! clicks are read once for all of them. It reads through the readers and changes things as any
//! other edit does; what it does is keyed, so that a repeat does nothing.
//!
//! While it reads it rests half of the time, and after a round four times as long as that took: many
//! rules over many clicks make rounds rarer, and take a tenth of a core at most.
//!
//! | file | what it knows |
//! |---|---|
//! | `asking.rs` | what has to be summed for a rule |
//! | `summed.rs`, `numbers.rs` | what was summed, in one pass and by the names of metrics |
//! | `proposal.rs`, `doing.rs` | from a group to a run, and to the editor |
//! | `gate.rs` | cool-downs, and how often a rule may act in a day |
//! | `trial.rs` | what a rule would do now |

mod asking;
mod doing;
mod gate;
mod numbers;
mod pending;
mod proposal;
mod round;
mod schedule;
mod summed;
pub mod trial;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Serialize;
use utoipa::ToSchema;

use self::round::Asked;
use self::schedule::Schedule;
use crate::clock;
use crate::library::Desk;
use crate::store::error::StoreError;
use crate::store::rules::looks::{self, Look};
use crate::store::rules::runs;

/// How often it is looked for what is due.
const INTERVAL: Duration = Duration::from_secs(1);
/// After a round it rests so many times as long as it took.
const REST: u32 = 4;
/// After an error no round begins for so long.
const RETRY: Duration = Duration::from_secs(5);
/// How long runs are kept, and how often older ones are dropped.
const KEPT_MS: i64 = 90 * 86_400_000;
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);

/// How it goes, for `/healthz`.
#[derive(Debug, Default)]
pub struct Evaluating {
    rounds: AtomicU64,
    last_ms: AtomicU64,
    last_rules: AtomicU64,
}

/// The last round of rules on numbers.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Rounds {
    /// Since the start.
    pub rounds: u64,
    /// What the last one took, and how many rules it was about.
    pub last_ms: u64,
    pub last_rules: u64,
}

impl Evaluating {
    pub fn now(&self) -> Rounds {
        Rounds {
            rounds: self.rounds.load(Ordering::Relaxed),
            last_ms: self.last_ms.load(Ordering::Relaxed),
            last_rules: self.last_rules.load(Ordering::Relaxed),
        }
    }

    fn note(&self, rules: usize, took: Duration) {
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(took, Ordering::Relaxed);
        self.last_rules.store(rules as u64, Ordering::Relaxed);
        self.rounds.fetch_add(1, Ordering::Relaxed);
    }
}

/// The thread.
pub struct Evaluator {
    desk: Desk,
    is_stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Evaluator {
    pub fn start(desk: Desk, evaluating: Arc<Evaluating>) -> anyhow::Result<Evaluator> {
        let is_stopping = Arc::new(AtomicBool::new(false));
        let looks = looks::list(&desk.readers)?;
        let schedule = Schedule::open(looks, clock::now_ms(), Instant::now());
        let turns = Turns {
            desk: desk.clone(),
            evaluating,
            is_stopping: Arc::clone(&is_stopping),
            schedule,
            rests_until: Instant::now(),
            prunes_at: Instant::now(),
        };
        let thread = std::thread::Builder::new()
            .name("rules".into())
            .spawn(move || turns.run())?;
        Ok(Evaluator {
            desk,
            is_stopping,
            thread: Some(thread),
        })
    }

    /// Ends the thread where it is; what is left is done after the next start.
    pub fn stop(mut self) {
        self.is_stopping.store(true, Ordering::Release);
        self.desk.library.bell.ring();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Turns {
    desk: Desk,
    evaluating: Arc<Evaluating>,
    is_stopping: Arc<AtomicBool>,
    schedule: Schedule,
    /// No round before this.
    rests_until: Instant,
    prunes_at: Instant,
}

impl Turns {
    fn run(mut self) {
        while !self.is_stopping() {
            let turn = catch_unwind(AssertUnwindSafe(|| self.turn()));
            let error = match turn {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("a mistake of the program".to_owned()),
            };
            if let Some(error) = error {
                tracing::warn!(error, "rules are looked at again in a few seconds");
                self.rests_until = self.rests_until.max(Instant::now() + RETRY);
            }
            self.desk.library.bell.wait(INTERVAL);
        }
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    fn turn(&mut self) -> Result<(), StoreError> {
        pending::work(&self.desk, &self.is_stopping)?;
        let now = Instant::now();
        if now >= self.rests_until {
            self.round(now)?;
        }
        if now >= self.prunes_at {
            while !self.is_stopping() && runs::prune(&self.desk.writer, clock::now_ms() - KEPT_MS)?
            {
            }
            self.prunes_at = now + PRUNE_EVERY;
        }
        Ok(())
    }

    fn round(&mut self, now: Instant) -> Result<(), StoreError> {
        let stopping = Arc::clone(&self.is_stopping);
        let asked = round::asked(&self.desk, &self.schedule, now)?;
        if asked.is_empty() {
            return Ok(());
        }
        let worked = round::work(&self.desk, &asked, &stopping);
        let took = now.elapsed();
        self.evaluating.note(asked.len(), took);
        self.rests_until = Instant::now() + took * REST;
        if worked? {
            let documents = self.desk.library.documents();
            let current = asked.iter().filter(|one| one.is_current(&documents));
            let looks: Vec<Look> = current.filter_map(Asked::looked_at).collect();
            looks::note(&self.desk.writer, &looks)?;
            for look in looks {
                self.schedule.note(look, now);
            }
        }
        Ok(())
    }
}
