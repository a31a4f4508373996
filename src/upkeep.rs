//! What happens beside the requests, every few seconds, on one thread.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::clerk::{self, Clerk};
use crate::clock;
use crate::detect::Rules;
use crate::detect::geo::Watcher;
use crate::domain::id::IdGenerator;
use crate::engine::counters::Counts;
use crate::keeper::Keeper;
use crate::store::counts;
use crate::store::tallies::Tallies;
use crate::store::writer::Writer;

/// How often it happens.
const INTERVAL: Duration = Duration::from_secs(3);

/// The thread.
pub struct Upkeep {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

/// What is kept up.
pub struct Subjects {
    pub writer: Writer,
    pub tallies: Arc<Tallies>,
    pub counts: Arc<Counts>,
    pub ids: Arc<IdGenerator>,
    pub keeper: Keeper,
    pub clerk: Clerk,
    pub rules: Arc<Rules>,
    /// The directory in which geo bases are looked for.
    pub data: PathBuf,
}

impl Upkeep {
    pub fn start(subjects: Subjects) -> std::io::Result<Upkeep> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let signal = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("upkeep".into())
            .spawn(move || run(&subjects, &signal))?;
        Ok(Upkeep {
            stop,
            thread: Some(thread),
        })
    }

    /// Ends the thread after a last round.
    pub fn stop(mut self) {
        let (stopped, signal) = &*self.stop;
        *stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        signal.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(subjects: &Subjects, (stopped, signal): &(Mutex<bool>, Condvar)) {
    let mut watcher = Watcher::new();
    let mut keeper = counts::Keeper::default();
    let mut seen = clerk::Seen::default();
    let mut stop = stopped.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        stop = signal
            .wait_timeout(stop, INTERVAL)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        let last = *stop;
        if let Err(error) = subjects.tallies.flush(&subjects.writer, clock::now_ms()) {
            tracing::warn!(%error, "counts could not be written; they are kept for the next time");
        }
        // The mark before the totals: a click in between counts twice after a kill, rather than
        // not at all.
        let mark = subjects.ids.last();
        let (counts, writer) = (&subjects.counts, &subjects.writer);
        if let Err(error) = keeper.flush(counts, mark, writer, clock::now_ms()) {
            tracing::warn!(%error, "limits and budgets could not be written; they are kept for the next time");
        }
        if last {
            subjects.keeper.finish(clock::now_ms());
            return;
        }
        subjects.keeper.save_if_due(clock::now_ms());
        if let Err(error) = subjects.clerk.round(&mut seen, clock::now_ms()) {
            tracing::warn!(%error, "postbacks that wait are looked at again in the next round");
        }
        reload_bases(&mut watcher, subjects);
    }
}

/// Loads geo bases that were added or replaced beside the old ones, then swaps.
fn reload_bases(watcher: &mut Watcher, subjects: &Subjects) {
    let current = subjects.rules.bases.load_full();
    if let Some((bases, warnings)) = watcher.poll(&current, &subjects.data) {
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        tracing::info!(bases = bases.iter().len(), "geo bases reloaded");
        subjects.rules.bases.store(Arc::new(bases));
    }
}
