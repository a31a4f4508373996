//! Keeps what is remembered of visitors over a restart: saves it each minute, loads it, and reads
//! recorded clicks for what the file does not know.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::clock;
use crate::domain::id::Id;
use crate::engine::Catalog;
use crate::engine::memory::{Unfit, Visitors, Warming};
use crate::store::clicks::recorded;
use crate::store::error::StoreError;
use crate::store::readers::Readers;

/// Name of the file beside the database.
const FILE: &str = "millrace.seen";
const SAVE_EVERY_MS: i64 = 60_000;
/// A click is remembered a moment after its id was made; a file claims nothing so young.
const SLACK_MS: i64 = 10_000;
/// Clicks read at once: some milliseconds.
const PAGE: usize = 2_000;
/// Between two pages, so that reading never takes a core from visitors.
const PAUSE: Duration = Duration::from_millis(2);
/// So many clicks are read for each entry there is room for.
const CLICKS_PER_ENTRY: usize = 4;

/// How it goes, for `/healthz`.
#[derive(Debug, Default)]
pub struct Keeping {
    warming: AtomicBool,
    saved_at: AtomicI64,
}

impl Keeping {
    /// Whether recorded clicks are still being read.
    pub fn is_warming(&self) -> bool {
        self.warming.load(Ordering::Acquire)
    }

    /// UTC milliseconds of the last save since the start.
    pub fn saved_at(&self) -> Option<i64> {
        Some(self.saved_at.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }
}

/// Keeps one set of tables in one data directory.
pub struct Keeper {
    visitors: Arc<Visitors>,
    path: PathBuf,
    keeping: Arc<Keeping>,
    /// Up to when the loaded file knows all clicks.
    known_until: Option<i64>,
    stop: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// The last try, and what the tables were like at the last save.
    last: Mutex<(i64, u64)>,
}

impl Keeper {
    /// Loads the file of the directory, if it is there and fits.
    pub fn open(data: &Path, visitors: Arc<Visitors>) -> Keeper {
        let path = data.join(FILE);
        let known_until = load(&path, &visitors);
        let changes = visitors.changes();
        Keeper {
            visitors,
            path,
            keeping: Arc::default(),
            known_until,
            stop: Arc::default(),
            thread: Mutex::default(),
            last: Mutex::new((clock::now_ms(), changes)),
        }
    }

    pub fn keeping(&self) -> Arc<Keeping> {
        Arc::clone(&self.keeping)
    }

    /// Begins reading the clicks up to `highest`, on a thread of its own; visitors are served
    /// meanwhile.
    pub fn warm(&self, readers: Readers, catalog: Arc<Catalog>, highest: Option<Id>) {
        let Some(highest) = highest else {
            return;
        };
        let (visitors, known_until) = (Arc::clone(&self.visitors), self.known_until);
        let (stop, keeping) = (Arc::clone(&self.stop), Arc::clone(&self.keeping));
        keeping.warming.store(true, Ordering::Release);
        let work = move || {
            match warm(&visitors, &readers, &catalog, highest, known_until, &stop) {
                // What was not read must not be taken for known by a file.
                Ok(None) => return,
                Ok(Some(clicks)) => tracing::info!(clicks, "visitors are known from their clicks"),
                Err(error) => tracing::warn!(
                    %error,
                    "recorded clicks could not be read; some returning visitors count as new"
                ),
            }
            keeping.warming.store(false, Ordering::Release);
        };
        let name = std::thread::Builder::new().name("warming".into());
        match name.spawn(work) {
            Ok(thread) => {
                *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
            }
            Err(error) => {
                self.keeping.warming.store(false, Ordering::Release);
                tracing::warn!(%error, "recorded clicks are not read");
            }
        }
    }

    /// Saves if a minute has passed and anything has changed. A file never knows less than the
    /// one before, so nothing is saved while clicks are being read.
    pub fn save_if_due(&self, now: i64) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (tried_at, saved) = *last;
        let changes = self.visitors.changes();
        let is_due = now.abs_diff(tried_at) >= SAVE_EVERY_MS.unsigned_abs();
        if is_due && changes != saved && !self.keeping.is_warming() {
            *last = (now, if self.save(now) { changes } else { saved });
        }
    }

    /// Stops reading, and saves for the next start.
    pub fn finish(&self, now: i64) {
        self.stop.store(true, Ordering::Release);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
        let (_, saved) = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.keeping.is_warming() && self.visitors.changes() != saved {
            self.save(now);
        }
    }

    fn save(&self, now: i64) -> bool {
        match write(&self.path, &self.visitors, now - SLACK_MS) {
            Ok(()) => {
                self.keeping.saved_at.store(now, Ordering::Relaxed);
                true
            }
            Err(error) => {
                tracing::warn!(
                    path = %self.path.display(), %error,
                    "what is remembered of visitors could not be saved"
                );
                false
            }
        }
    }
}

/// Beside the old file, then in its place. Without a sync: a file that a power cut left in pieces
/// is found out by its sum, and the clicks tell the same.
fn write(path: &Path, visitors: &Visitors, since: i64) -> io::Result<()> {
    let new = path.with_extension("seen.new");
    let written = File::create(&new).and_then(|file| visitors.save(since, BufWriter::new(file)));
    if let Err(error) = written {
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    fs::rename(new, path)
}

fn load(path: &Path, visitors: &Visitors) -> Option<i64> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "the file of visitors cannot be read");
            return None;
        }
    };
    match visitors.load(&bytes) {
        Ok(since) => Some(since),
        Err(error @ Unfit::Damaged) => {
            let aside = path.with_extension("seen.damaged");
            let _ = fs::rename(path, &aside);
            tracing::warn!(
                set_aside = %aside.display(), %error,
                "the file of visitors is not used; recorded clicks are read instead"
            );
            None
        }
        Err(error) => {
            tracing::warn!(
                path = %path.display(), %error,
                "the file of visitors is not used; recorded clicks are read instead"
            );
            None
        }
    }
}

/// How many clicks were read; `None` if it was stopped before the end.
fn warm(
    visitors: &Visitors,
    readers: &Readers,
    catalog: &Catalog,
    highest: Id,
    known_until: Option<i64>,
    stop: &AtomicBool,
) -> Result<Option<usize>, StoreError> {
    let now = clock::now_ms();
    let hours = Warming::reach_hours(catalog.longest_hours());
    let reach = now - i64::from(hours) * 3_600_000;
    let from = Id::first_at(known_until.map_or(reach, |known| known.max(reach)));
    let most = visitors.fullness().capacity * CLICKS_PER_ENTRY;
    let mut warming = Warming::new(visitors, now, known_until.is_none());
    let (mut to, mut clicks) = (highest, 0);
    while clicks < most && warming.has_room() {
        if stop.load(Ordering::Acquire) {
            return Ok(None);
        }
        let page = recorded::page(readers, from, to, PAGE)?;
        clicks += page.len();
        for (_, click) in &page {
            if let Some(campaign) = catalog.campaign_by_id(click.campaign_id) {
                warming.add(&campaign.document, click);
            }
        }
        match page.last().and_then(|(id, _)| id.before()) {
            Some(before) if page.len() == PAGE => to = before,
            _ => break,
        }
        std::thread::sleep(PAUSE);
    }
    Ok(Some(clicks))
}
