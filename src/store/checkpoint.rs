//! Checkpoints: copying the write-ahead log into the database, away from the writer.
//!
//! This thread does the bulk, on a connection of its own, so that no commit waits for it. But
//! while the writer goes on writing, the log is never seen fully copied and would grow for ever
//! (measured: past 1 GB); so when little remains, the writer is asked to copy the rest itself,
//! between two commits, after which SQLite starts the log again from its beginning.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::error::StoreError;
use super::writer::Writer;

/// How often the log is looked at.
const INTERVAL: Duration = Duration::from_secs(1);
/// A log shorter than this many pages (256 MB) is not worth the writer's time: whoever waits for a
/// commit waits for what the writer copies, too, and for the disk to take it (10 to 20 ms). With 16 MB
/// that was each second of heavy traffic. In ordinary traffic the log is started anew long before, by
/// itself: whenever a pass has copied all of it and nobody has written meanwhile.
const WORTH_FINISHING: i64 = 65_536;
/// The writer is asked to finish when fewer pages than these remain, or when the log is twice as long.
const SMALL_REST: i64 = 96;
/// Each pass leaves what was written while it copied, so the rest soon is small, or never.
const PASSES: usize = 16;

/// The checkpointing thread.
pub struct Checkpointer {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub fn start(path: &Path, writer: Writer) -> Result<Checkpointer, StoreError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::ZERO)?;
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let signal = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("checkpoint".into())
            .spawn(move || run(&connection, &writer, &signal))
            .map_err(|source| StoreError::File {
                action: "start a thread for",
                path: "checkpoints".into(),
                source,
            })?;
        Ok(Checkpointer {
            stop,
            thread: Some(thread),
        })
    }

    pub fn stop(mut self) {
        let (stopped, signal) = &*self.stop;
        *stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        signal.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, writer: &Writer, (stopped, signal): &(Mutex<bool>, Condvar)) {
    let mut seen = 0;
    let mut stop = stopped.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        stop = signal
            .wait_timeout(stop, INTERVAL)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        if *stop {
            return;
        }
        let commits = writer.commits();
        if commits == seen {
            continue;
        }
        seen = commits;
        match copy(connection) {
            Ok(true) => {
                writer.finish_checkpoint.store(true, Ordering::Release);
                writer.poke();
            }
            Ok(false) => {}
            // A locked or full file: the log waits, nothing is lost; the next round tries again.
            Err(error) => tracing::debug!(%error, "a checkpoint failed"),
        }
    }
}

/// Copies what there is; whether the log is long, and the writer should copy the little that remains.
fn copy(connection: &Connection) -> Result<bool, rusqlite::Error> {
    for _ in 0..PASSES {
        let (log, copied) = checkpoint(connection)?;
        if log < WORTH_FINISHING {
            return Ok(false);
        }
        if log - copied < SMALL_REST || log >= 2 * WORTH_FINISHING {
            return Ok(true);
        }
    }
    Ok(false)
}

/// (pages in the log, pages of them copied).
fn checkpoint(connection: &Connection) -> Result<(i64, i64), rusqlite::Error> {
    connection.query_row("pragma wal_checkpoint(passive)", [], |row| {
        Ok((row.get(1)?, row.get(2)?))
    })
}
