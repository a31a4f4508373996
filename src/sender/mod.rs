//! Sends what lies in the outbox.
//!
//! One thread finds what is due, and commits in one edit how calls have ended and which begin; some
//! others send. It sleeps until something is due, was put in, or has ended, and between two edits it
//! lets a moment pass, so that few edits carry many calls: clicks and postbacks want the writer too.
//! A receiver that is slow holds up its own calls only: each host has a few places (`places`).
//! At the end of the program nobody is waited for: attempts that are open then are made again
//! at the next start, and told as possibly repeated.

mod places;
mod post;
mod telegram;
mod webhook;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use self::places::{AT_ONCE, Places};
use crate::background;
use crate::clock;
use crate::store::error::StoreError;
use crate::store::outbox::Doorbell;
use crate::store::outbox::due::{self, Due};
use crate::store::outbox::work::{self, Attempt, Ended, Finished};
use crate::store::readers::Readers;
use crate::store::writer::Writer;

pub use post::Post;

/// Between two edits; longer while others wait for the writer.
const PAUSE: Duration = Duration::from_millis(2);
const PAUSE_BESIDE_OTHERS: Duration = Duration::from_millis(25);
/// The longest sleep: the clock may be set meanwhile.
const SLEEP: Duration = Duration::from_secs(30);
/// After the file could not be read or written.
const RETRY: Duration = Duration::from_secs(1);
/// How long the end of the program waits for calls that are under way.
const FAREWELL: Duration = Duration::from_millis(500);

/// The threads.
pub struct Sender {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    writer: Writer,
    readers: Readers,
    post: Post,
    is_stopping: AtomicBool,
    /// Rung when something was put in or has ended.
    bell: Arc<Doorbell>,
    places: Mutex<Places>,
    finished: Mutex<Vec<Finished>>,
}

/// A call that is committed, and the host whose place it has.
struct Job {
    attempt: Attempt,
    host: String,
}

impl Sender {
    /// Takes over what the last run left open, and begins.
    pub fn start(writer: Writer, readers: Readers, post: Post) -> anyhow::Result<Sender> {
        let open = work::reopen(&writer, clock::now_ms())?;
        if open > 0 {
            tracing::warn!(
                calls = open,
                "were under way when the last run ended; they are made again"
            );
        }
        let shared = Arc::new(Shared {
            bell: writer.outbox_bell(),
            writer,
            readers,
            post,
            is_stopping: AtomicBool::new(false),
            places: Mutex::default(),
            finished: Mutex::default(),
        });
        let (hand_over, taken) = mpsc::sync_channel(AT_ONCE);
        let taken = Arc::new(Mutex::new(taken));
        for _ in 0..AT_ONCE {
            let (shared, taken) = (Arc::clone(&shared), Arc::clone(&taken));
            thread::Builder::new()
                .name("outgoing".into())
                .spawn(move || shared.send_all(&taken))?;
        }
        let mut dispatcher = Dispatcher {
            shared: Arc::clone(&shared),
            hand_over,
            open: HashSet::new(),
            finished: Vec::new(),
        };
        let thread = thread::Builder::new()
            .name("outbox".into())
            .spawn(move || dispatcher.run())?;
        Ok(Sender {
            shared,
            thread: Some(thread),
        })
    }

    /// Begins no more calls, and gives those under way a moment.
    pub fn stop(mut self) {
        self.shared.is_stopping.store(true, Ordering::Release);
        self.shared.bell.ring();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finished(&self) -> MutexGuard<'_, Vec<Finished>> {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    fn send_all(&self, taken: &Mutex<Receiver<Job>>) {
        background::step_back();
        loop {
            let next = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Job { attempt, host }) = next else {
                return;
            };
            let ended = survived(|| self.post.send(&attempt));
            let has_answered = ended.http_status.is_some();
            self.finished().push(Finished {
                id: attempt.id,
                number: attempt.number,
                at: clock::now_ms(),
                ended,
            });
            self.places().leave(&host, has_answered);
            self.bell.ring();
        }
    }
}

/// A fault in a call ends that call, not the thread, which has others to make. What it says is in the
/// log.
fn survived(send: impl FnOnce() -> Ended) -> Ended {
    catch_unwind(AssertUnwindSafe(send)).unwrap_or_else(|_| Ended {
        error: Some("A fault of Millrace itself broke the call off.".to_owned()),
        ..Ended::default()
    })
}

/// What only the one thread knows that finds and commits.
struct Dispatcher {
    shared: Arc<Shared>,
    hand_over: SyncSender<Job>,
    /// Attempts whose end is not committed yet: in the file they still wait.
    open: HashSet<i64>,
    /// Ends that are to be committed. A call that was made is not made again, so they wait for the
    /// file.
    finished: Vec<Finished>,
}

impl Dispatcher {
    fn run(&mut self) {
        let shared = Arc::clone(&self.shared);
        while !shared.is_stopping() {
            let (since, commits) = (Instant::now(), shared.writer.commits());
            let sleep = self.round(clock::now_ms()).unwrap_or_else(|error| {
                tracing::warn!(%error, "the outbox is looked at again in a moment");
                RETRY
            });
            shared.bell.wait(sleep);
            thread::sleep(PAUSE);
            if shared.writer.is_busy_since(since, commits) {
                thread::sleep(PAUSE_BESIDE_OTHERS);
            }
        }
        self.finish();
    }

    /// Commits what has ended, begins as much of what is due as there is room for, and says how long
    /// there is nothing else to do.
    fn round(&mut self, now: i64) -> Result<Duration, StoreError> {
        self.finished.append(&mut self.shared.finished());
        let (found, chosen) = self.choose(now)?;
        if chosen.is_empty() && self.finished.is_empty() {
            return Ok(until(found.next_at, now));
        }
        let ids = chosen.iter().map(|due| due.id).collect();
        let begun = work::turn(&self.shared.writer, self.finished.clone(), ids, now);
        let Ok(attempts) = begun else {
            for due in &chosen {
                self.shared.places().give_back(&due.host);
            }
            return begun.map(|_| RETRY);
        };
        let has_ended = !self.finished.is_empty();
        for finished in self.finished.drain(..) {
            self.open.remove(&finished.id);
        }
        self.begin(chosen, attempts);
        // What has just failed may be due before anything that was found.
        Ok(match has_ended {
            true => Duration::ZERO,
            false => until(found.next_at, now),
        })
    }

    /// Rows to be begun, each with a place of its host.
    fn choose(&self, now: i64) -> Result<(due::Found, Vec<Due>), StoreError> {
        let room = self.shared.places().room();
        if room == 0 {
            return Ok(Default::default());
        }
        // Places are taken here only, so there can but be more of them meanwhile.
        let free = |host: &str| self.shared.places().room_of(host);
        let is_open = |id| self.open.contains(&id);
        let mut found = due::look(&self.shared.readers, now, room, free, is_open)?;
        let chosen = std::mem::take(&mut found.due);
        for due in &chosen {
            self.shared.places().take(&due.host);
        }
        Ok((found, chosen))
    }

    /// Hands over what is committed. What did not begin has nothing to send any more.
    fn begin(&mut self, chosen: Vec<Due>, attempts: Vec<Attempt>) {
        let mut attempts = attempts.into_iter().peekable();
        for Due { id, host } in chosen {
            match attempts.next_if(|attempt| attempt.id == id) {
                Some(attempt) => {
                    self.open.insert(id);
                    // There is room for each: no more are under way than it holds.
                    let _ = self.hand_over.send(Job { attempt, host });
                }
                None => self.shared.places().give_back(&host),
            }
        }
    }

    /// Commits what still ends within a moment.
    fn finish(&mut self) {
        let until = Instant::now() + FAREWELL;
        loop {
            self.finished.append(&mut self.shared.finished());
            if !self.finished.is_empty() {
                let finished = self.finished.clone();
                let now = clock::now_ms();
                match work::turn(&self.shared.writer, finished, Vec::new(), now) {
                    Ok(_) => self.finished.drain(..).for_each(|one| {
                        self.open.remove(&one.id);
                    }),
                    Err(error) => tracing::warn!(%error, "how calls ended cannot be stored"),
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            if self.open.is_empty() || left.is_zero() {
                break;
            }
            self.shared.bell.wait(left);
        }
        if !self.open.is_empty() {
            tracing::info!(
                calls = self.open.len(),
                "are under way to others; the next start makes them again"
            );
        }
    }
}

fn until(next_at: Option<i64>, now: i64) -> Duration {
    let left = next_at.and_then(|at| u64::try_from(at - now).ok());
    left.map_or(SLEEP, |left| Duration::from_millis(left).min(SLEEP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_in_a_call_is_how_that_call_ended() {
        let ended = survived(|| panic!("a bad answer"));

        assert!(!ended.is_success);
        assert!(ended.error.unwrap().contains("fault of Millrace"));
    }

    #[test]
    fn the_sleep_ends_when_the_next_call_is_due() {
        assert_eq!(until(Some(1_500), 1_000), Duration::from_millis(500));
        assert_eq!(until(Some(i64::MAX), 1_000), SLEEP);
        assert_eq!(until(None, 1_000), SLEEP);
    }
}
