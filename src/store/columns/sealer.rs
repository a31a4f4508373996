//! The thread that seals.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde::Serialize;

use super::seal::seal;
use super::{Kind, plan, rows, segments};
use crate::clock;
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

/// How often it is looked for what is to be sealed.
const INTERVAL: Duration = Duration::from_secs(5);
/// After each segment it rests so many times as long as that took; longer while clicks are busy.
const REST: u32 = 1;
const REST_BESIDE_OTHERS: u32 = 9;
/// Rows that are not sealed are counted so far.
const COUNTED: usize = 100_000;

/// How it goes, for `/healthz`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub segments: u64,
    /// Clicks and conversions that came after the last segment of theirs; counted up to a hundred
    /// thousand each.
    pub unsealed_rows: u64,
    /// Changes of sealed rows that no segment says yet.
    pub loose_rows: u64,
}

/// What the sealer last found.
#[derive(Debug, Default)]
pub struct Sealing(Mutex<Figures>);

impl Sealing {
    pub fn now(&self) -> Figures {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Figures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread.
pub struct Sealer {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Sealer {
    pub fn start(
        writer: Writer,
        readers: Readers,
        sealing: Arc<Sealing>,
    ) -> Result<Sealer, StoreError> {
        let stop = Arc::default();
        let turns = Turns {
            writer,
            readers,
            sealing,
            stop: Arc::clone(&stop),
        };
        let thread = std::thread::Builder::new()
            .name("sealer".into())
            .spawn(move || turns.run())
            .map_err(|source| StoreError::File {
                action: "start a thread for",
                path: "sealing".into(),
                source,
            })?;
        Ok(Sealer {
            stop,
            thread: Some(thread),
        })
    }

    /// Ends the thread after the segment that it is at.
    pub fn stop(mut self) {
        let (stopped, signal) = &*self.stop;
        *stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        signal.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Turns {
    writer: Writer,
    readers: Readers,
    sealing: Arc<Sealing>,
    stop: Arc<(Mutex<bool>, Condvar)>,
}

impl Turns {
    fn run(&self) {
        loop {
            if let Err(error) = self.turn() {
                tracing::warn!(%error, "reports read raw rows until sealing succeeds again");
            }
            if self.rest(INTERVAL) {
                return;
            }
        }
    }

    /// Seals all that is to be sealed now.
    fn turn(&self) -> Result<(), StoreError> {
        for kind in Kind::ALL {
            loop {
                let (started, commits) = (Instant::now(), self.writer.commits());
                let next = plan::next(&*self.readers.get()?, kind, clock::now_ms())?;
                let Some(ids) = next else {
                    break;
                };
                seal(&self.writer, &self.readers, kind, ids)?;
                let times = match self.writer.is_busy_since(started, commits) {
                    true => REST_BESIDE_OTHERS,
                    false => REST,
                };
                self.tell()?;
                if self.rest(started.elapsed() * times) {
                    return Ok(());
                }
            }
        }
        self.tell()
    }

    fn tell(&self) -> Result<(), StoreError> {
        let figures = figures(&*self.readers.get()?)?;
        *self.sealing.lock() = figures;
        Ok(())
    }

    /// Rests; whether it is to stop.
    fn rest(&self, time: Duration) -> bool {
        let (stopped, signal) = &*self.stop;
        let stopped = stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = signal.wait_timeout_while(stopped, time, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

const LOOSE: &str = "select count(*) from loose";

fn figures(connection: &Connection) -> Result<Figures, StoreError> {
    let mut figures = Figures {
        loose_rows: connection
            .prepare_cached(LOOSE)?
            .query_row([], |row| row.get(0))?,
        ..Figures::default()
    };
    for kind in Kind::ALL {
        let segments = segments::of_kind(connection, kind)?;
        let sealed_to = segments.last().map_or(0, |last| last.ids.end);
        let unsealed = rows::first_ids(connection, kind, &(sealed_to..i64::MAX), COUNTED)?;
        figures.segments += segments.len() as u64;
        figures.unsealed_rows += unsealed.len() as u64;
    }
    Ok(figures)
}
