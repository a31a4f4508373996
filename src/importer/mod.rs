//! Files of conversions: networks that report in batches days later turn leads into sales here.
//!
//! A file and what its sender says about it ([`Order`]) become a `Plan`: rows, each read as a
//! postback is. A preview tells what would become of each; an import applies them, piece by piece
//! and with room for clicks in between (`pace`), and leaves a verdict for each row. One import
//! runs at a time. One that was cut off is sent again: what counts already counts once.

mod order;
mod pace;
mod plan;
mod preview;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use self::pace::Pace;
use self::plan::Plan;
use crate::clock;
use crate::domain::id::IdCodec;
use crate::domain::problem::Problem;
use crate::store::conversions::Books;
use crate::store::conversions::import::{self, Piece, Row, Taken};
use crate::store::error::StoreError;
use crate::store::imports::{self, Import, State, Totals};
use crate::store::readers::Readers;
use crate::store::writer::Writer;

pub use order::Order;
pub use preview::Preview;

/// The largest file, in bytes.
pub const FILE_MAX: usize = 32 * 1024 * 1024;
/// How long an import waits for a storage that takes nothing.
const PATIENCE: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_millis(500);

/// Imports files.
pub struct Importer {
    writer: Writer,
    readers: Readers,
    codec: IdCodec,
    books: Box<dyn Fn() -> Books + Send + Sync>,
    is_stopping: AtomicBool,
    running: Mutex<Option<Running>>,
}

struct Running {
    id: u64,
    thread: JoinHandle<()>,
}

/// Why a file was not imported.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("{}", .0.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<Problem>),
    #[error("Import {0} is still running. Wait until it has finished.")]
    Busy(u64),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Importer {
    /// `books` are asked for again for each piece: settings may change during an import.
    pub fn new(
        writer: Writer,
        readers: Readers,
        codec: IdCodec,
        books: impl Fn() -> Books + Send + Sync + 'static,
    ) -> Self {
        Self {
            writer,
            readers,
            codec,
            books: Box::new(books),
            is_stopping: AtomicBool::new(false),
            running: Mutex::new(None),
        }
    }

    /// After a start: what was running then runs no more.
    pub fn note_interrupted(&self) -> Result<(), StoreError> {
        let interrupted = imports::interrupt(&self.writer, clock::now_ms())?;
        if interrupted > 0 {
            tracing::warn!(interrupted, "imports were cut off; send their files again");
        }
        Ok(())
    }

    /// What would become of each row. Blocks.
    pub fn preview(&self, file: &[u8], order: &Order) -> Result<Preview, Refused> {
        let plan = Plan::make(file, order, &(self.books)())?;
        Ok(preview::preview(self, plan)?)
    }

    /// Begins an import, which goes on by itself. Blocks while the file is read.
    pub fn start(self: &Arc<Self>, file: &[u8], order: &Order) -> Result<Import, Refused> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(busy) = running.as_ref().filter(|one| !one.thread.is_finished()) {
            return Err(Refused::Busy(busy.id));
        }
        let plan = Plan::make(file, order, &(self.books)())?;
        let import = imports::begin(&self.writer, plan.import(order, clock::now_ms()))?;
        let (importer, begun) = (Arc::clone(self), import.clone());
        let thread = std::thread::Builder::new()
            .name("import".into())
            .spawn(move || importer.run(&begun, plan, |_| {}))
            .map_err(|source| StoreError::File {
                action: "start a thread for",
                path: "the import".into(),
                source,
            })?;
        *running = Some(Running {
            id: import.id,
            thread,
        });
        Ok(import)
    }

    /// Imports a file on the calling thread, telling how many rows are done with, and of how many.
    pub fn import(
        &self,
        file: &[u8],
        order: &Order,
        mut tell: impl FnMut(u64, u64),
    ) -> Result<Import, Refused> {
        let plan = Plan::make(file, order, &(self.books)())?;
        let import = imports::begin(&self.writer, plan.import(order, clock::now_ms()))?;
        self.run(&import, plan, |done| tell(done, import.rows));
        let found = imports::find(&self.readers, import.id)?;
        Ok(found.unwrap_or(import))
    }

    /// Ends what is running between two pieces.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.take() {
            let _ = running.thread.join();
        }
    }

    fn run(&self, import: &Import, mut plan: Plan, mut tell: impl FnMut(u64)) {
        let mut pace = Pace::default();
        let mut totals = Totals::new();
        let mut done = 0;
        let (state, error) = loop {
            if self.is_stopping.load(Ordering::Acquire) {
                let error = format!(
                    "The server was stopped; {done} of {} rows count. Send the file again: what \
                     counts already counts once.",
                    import.rows
                );
                break (State::Interrupted, Some(error));
            }
            let books = (self.books)();
            let rows = plan.next(pace.rows(), &books);
            if rows.is_empty() {
                break (State::Finished, None);
            }
            done += rows.len() as u64;
            match self.take(import.id, &books, plan.piece(rows), &totals) {
                Ok(taken) => {
                    totals = taken.totals;
                    tell(done);
                    pace.rest(taken.worked);
                }
                Err(error) => break (State::Failed, Some(error.to_string())),
            }
        };
        tracing::info!(import = import.id, state = state.as_str(), "import ended");
        let ended = imports::end(&self.writer, import.id, state, error, clock::now_ms());
        if let Err(error) = ended {
            tracing::error!(%error, import = import.id, "the end of an import was not noted");
        }
    }

    /// Applies a piece. Where one of its rows cannot be stored, that one alone stays out.
    fn take(
        &self,
        id: u64,
        books: &Books,
        piece: Piece,
        totals: &Totals,
    ) -> Result<Taken, StoreError> {
        let piece = Arc::new(piece);
        let attempt = |piece: &Arc<Piece>, totals: &Totals| {
            patiently(|| import::take(&self.writer, books, id, piece, totals))
        };
        let error = match attempt(&piece, totals) {
            Err(StoreError::Unavailable) => return Err(StoreError::Unavailable),
            Err(error) => error,
            taken => return taken,
        };
        tracing::warn!(%error, import = id, "a piece of an import is taken row by row");
        let mut all = Taken {
            judged: Vec::new(),
            totals: totals.clone(),
            worked: Duration::ZERO,
        };
        for row in &piece.rows {
            let alone = |row: Row| {
                Arc::new(Piece {
                    rows: vec![row],
                    ..*piece
                })
            };
            let taken = match attempt(&alone(row.clone()), &all.totals) {
                Err(StoreError::Unavailable) => return Err(StoreError::Unavailable),
                Err(error) => {
                    let refused = Row {
                        news: Err(format!("It could not be stored: {error}.")),
                        ..row.clone()
                    };
                    attempt(&alone(refused), &all.totals)?
                }
                Ok(taken) => taken,
            };
            all.judged.extend(taken.judged);
            all.totals = taken.totals;
            all.worked += taken.worked;
        }
        Ok(all)
    }
}

/// Asks again while the storage takes nothing: nothing has happened then.
fn patiently<T>(mut work: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let began = Instant::now();
    loop {
        match work() {
            Err(StoreError::Unavailable) if began.elapsed() < PATIENCE => {
                std::thread::sleep(RETRY);
            }
            ended => return ended,
        }
    }
}
