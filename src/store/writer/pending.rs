//! A record on its way to the disk, and how far it has come.
//!
//! The handler that answers the visitor, the writer and the spill share it. Every transition is
//! safe to lose or repeat, because storing a record twice is the same as storing it once
//! (`on conflict(id) do nothing`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::bell::Bell;
use crate::store::record::Record;

/// How far a record has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Progress {
    /// In the writer's queue.
    Queued = 0,
    /// Committed.
    Stored = 1,
    /// The writer could not commit it and has let go of it; its handler takes it to the spill.
    Failed = 2,
    /// In the spill's queue (and perhaps still in the writer's).
    Spilling = 3,
    /// In the spill file.
    Spilled = 4,
    /// The spill could not take it.
    SpillFailed = 5,
    /// Its visitor was sent on without it being stored; it waits in memory.
    Orphan = 6,
}

impl Progress {
    fn of(value: u8) -> Self {
        match value {
            0 => Progress::Queued,
            1 => Progress::Stored,
            2 => Progress::Failed,
            3 => Progress::Spilling,
            4 => Progress::Spilled,
            5 => Progress::SpillFailed,
            _ => Progress::Orphan,
        }
    }
}

/// A record, its progress, and the bell of the worker thread that waits for it.
pub(crate) struct Pending {
    pub(crate) record: Record,
    progress: AtomicU8,
    pub(crate) bell: Arc<Bell>,
}

impl Pending {
    pub(crate) fn new(record: Record, bell: Arc<Bell>) -> Self {
        Self {
            record,
            progress: AtomicU8::new(Progress::Queued as u8),
            bell,
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress::of(self.progress.load(Ordering::Acquire))
    }

    /// It is committed. Says where it was before.
    pub(crate) fn stored(&self) -> Progress {
        Progress::of(self.progress.swap(Progress::Stored as u8, Ordering::AcqRel))
    }

    /// Moves on from `from` to `to`; `Err` with where it really is, if that is elsewhere.
    pub(crate) fn advance(&self, from: Progress, to: Progress) -> Result<(), Progress> {
        self.progress
            .compare_exchange(from as u8, to as u8, Ordering::AcqRel, Ordering::Acquire)
            .map(|_| ())
            .map_err(Progress::of)
    }
}
