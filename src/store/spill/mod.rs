//! The spill: where records go while the database does not take them.
//!
//! A preallocated file beside the database (`millrace.spill`), written by a thread of its own so
//! that a frozen disk never holds a worker. One frame per record, one write per frame; the
//! writer takes the frames over into the database before anything else and then empties the file.

mod file;
mod frame;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

pub(crate) use file::SpillFile;
pub(crate) use frame::Framed;

use super::connection::Durability;
use super::error::StoreError;
use super::writer::pending::{Pending, Progress};

/// Handle to the spill; shared by handlers, writer and the spill's own thread.
pub(crate) struct Spill {
    queue: Mutex<Waiting>,
    ready: Condvar,
    file: Mutex<SpillFile>,
    /// Bytes of frames that wait in the file.
    waiting_bytes: AtomicU64,
    /// A write takes longer than visitors should wait.
    stalled: AtomicBool,
    written: AtomicU64,
    failed: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    records: Vec<Arc<Pending>>,
    closed: bool,
}

/// Records of one replay step, and where the next one begins.
pub(crate) struct Piece {
    pub(crate) records: Vec<Framed>,
    pub(crate) until: u64,
}

/// More than this many records waiting for the spill's thread means that it is stuck.
const QUEUE_BOUND: usize = 200_000;

impl Spill {
    pub(crate) fn open(path: &Path, preallocate: u64, durability: Durability) -> Spill {
        let file = SpillFile::open(path, preallocate, durability);
        let waiting_bytes = AtomicU64::new(file.tail());
        Spill {
            queue: Mutex::default(),
            ready: Condvar::new(),
            file: Mutex::new(file),
            waiting_bytes,
            stalled: AtomicBool::new(false),
            written: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    /// Hands a record (progress `Spilling`) to the spill's thread.
    pub(crate) fn push(&self, pending: Arc<Pending>) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.closed || queue.records.len() >= QUEUE_BOUND {
            drop(queue);
            let _ = pending.advance(Progress::Spilling, Progress::SpillFailed);
            return;
        }
        queue.records.push(pending);
        drop(queue);
        self.ready.notify_one();
    }

    /// This record, which was pushed, has waited too long for the file; until the write under way
    /// has ended, no other record waits for it.
    pub(crate) fn stalls_on(&self, pending: &Pending) {
        self.stalled.store(true, Ordering::Release);
        // Said first, then looked at: the thread, which takes the word back when its write has
        // ended, either does so after this or has already moved the click on.
        if pending.progress() != Progress::Spilling {
            self.stalled.store(false, Ordering::Release);
        }
    }

    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Acquire)
    }

    /// Bytes of frames that wait to be taken over.
    pub(crate) fn waiting_bytes(&self) -> u64 {
        self.waiting_bytes.load(Ordering::Acquire)
    }

    /// Records written to the file since the start.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Records that the file did not take.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Up to `most` records from byte `from` on.
    pub(crate) fn read(&self, from: u64, most: usize) -> Result<Piece, StoreError> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.read(from, most)
    }

    /// Empties the file if nothing was written behind `until`; `false` if something was.
    pub(crate) fn empty(&self, until: u64) -> Result<bool, StoreError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.tail() > until {
            return Ok(false);
        }
        file.empty()?;
        self.waiting_bytes.store(0, Ordering::Release);
        Ok(true)
    }

    /// Starts the thread that writes. `poke` tells the writer that something waits in the file.
    pub(crate) fn start(
        self: &Arc<Self>,
        poke: impl Fn() + Send + 'static,
    ) -> std::io::Result<JoinHandle<()>> {
        let spill = Arc::clone(self);
        std::thread::Builder::new()
            .name("spill".into())
            .spawn(move || spill.run(poke))
    }

    /// Lets the thread finish what waits, then end.
    pub(crate) fn close(&self) {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .closed = true;
        self.ready.notify_one();
    }

    fn run(&self, poke: impl Fn()) {
        loop {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            while queue.records.is_empty() && !queue.closed {
                queue = self
                    .ready
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            let records = std::mem::take(&mut queue.records);
            let closed = queue.closed;
            drop(queue);
            if records.is_empty() && closed {
                return;
            }
            self.write(&records);
            poke();
        }
    }

    fn write(&self, records: &[Arc<Pending>]) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut written = 0;
        for pending in records {
            match file.append(&frame::payload(&pending.record)) {
                Ok(()) => written += 1,
                Err(_) => break,
            }
        }
        if written > 0 && file.sync().is_err() {
            written = 0;
        }
        self.waiting_bytes.store(file.tail(), Ordering::Release);
        drop(file);
        self.written.fetch_add(written as u64, Ordering::Relaxed);
        self.failed
            .fetch_add((records.len() - written) as u64, Ordering::Relaxed);
        for (index, pending) in records.iter().enumerate() {
            let to = if index < written {
                Progress::Spilled
            } else {
                Progress::SpillFailed
            };
            let _ = pending.advance(Progress::Spilling, to);
        }
        self.stalled.store(false, Ordering::Release);
        super::writer::ring(records.iter());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::id::IdGenerator;
    use crate::domain::offer_click::OfferClick;
    use crate::store::record::Record;

    fn open(path: &Path) -> SpillFile {
        SpillFile::open(path, 4_096, Durability::Process)
    }

    fn payloads(file: &SpillFile) -> Vec<String> {
        let piece = file.read(0, usize::MAX).expect("readable");
        let text = |record| match record {
            Framed::Unreadable { payload, .. } => payload,
            Framed::Record(record) => format!("{record:?}"),
        };
        piece.records.into_iter().map(text).collect()
    }

    #[test]
    fn records_read_back_from_their_frames_and_so_do_clicks_of_the_first_versions() {
        let ids = IdGenerator::new(0, None);
        let step = Record::from(OfferClick {
            id: ids.next(1_790_000_000_000),
            at: 1_790_000_000_000,
            click_id: Some(ids.next(1_790_000_000_000)),
            offer_id: Some(3),
            n: Some(2),
            no_entry_campaign_id: None,
            is_preview: true,
        });
        let old = br#"C{"id":7,"at":5,"campaign_id":1,"ip":"203.0.113.9","agent":{"fingerprint":1,"user_agent":"x","device_type":"mobile"},"place":{"fingerprint":2}}"#;
        let newer = b"Z{}";

        let read = [&frame::payload(&step)[..], old, newer].map(frame::decode);

        assert_eq!(read[0], Framed::Record(step));
        let Framed::Record(Record::Click(click)) = &read[1] else {
            panic!("{:?}", read[1]);
        };
        assert_eq!((click.campaign_id, click.at), (1, 5));
        assert!(
            matches!(&read[2], Framed::Unreadable { .. }),
            "{:?}",
            read[2]
        );
    }

    proptest! {
        #[test]
        fn a_file_cut_anywhere_gives_back_the_whole_frames_before_the_cut(
            texts in proptest::collection::vec("x.{0,40}", 1..8),
            cut in 0.0f64..1.0,
        ) {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let path = directory.path().join("spill");
            let mut file = open(&path);
            let mut ends = Vec::new();
            for text in &texts {
                file.append(text.as_bytes()).expect("written");
                ends.push(file.tail());
            }
            let at = (file.tail() as f64 * cut) as u64;
            drop(file);
            // What a crash leaves behind a cut is anything but the frame that was meant to be.
            let mut bytes = std::fs::read(&path).expect("readable");
            bytes[at as usize..].iter_mut().for_each(|byte| *byte = !*byte);
            std::fs::write(&path, bytes).expect("written");

            let whole = ends.iter().filter(|end| **end <= at).count();

            prop_assert_eq!(payloads(&open(&path)), texts[..whole].to_vec());
        }

        #[test]
        fn frames_of_before_the_emptying_do_not_come_back(
            old in proptest::collection::vec("x.{0,20}", 1..8),
            new in proptest::collection::vec("x.{0,20}", 0..8),
        ) {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let path = directory.path().join("spill");
            let mut file = open(&path);
            for text in &old {
                file.append(text.as_bytes()).expect("written");
            }
            file.empty().expect("emptied");
            for text in &new {
                file.append(text.as_bytes()).expect("written");
            }
            drop(file);

            prop_assert_eq!(payloads(&open(&path)), new);
        }
    }
}
