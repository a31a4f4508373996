//! Sends what lies in the outbox.
//!
//! One thread looks for what is due and commits the attempts; some others send and commit how it
//! went. A receiver that is slow holds up its own calls only: each host has a few of the threads at
//! most. At the end of the program nobody is waited for: attempts that are open then are made again
//! at the next start, and told as possibly repeated.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::clock;
use crate::domain::outgoing::Success;
use crate::outbound::{Call, Outbound};
use crate::store::error::StoreError;
use crate::store::outbox::work::{self, Attempt, Due, Ended};
use crate::store::readers::Readers;
use crate::store::writer::Writer;

/// Calls at once, in all and to one host.
const AT_ONCE: usize = 16;
const PER_HOST: usize = 4;
/// How often it is looked for what is due.
const INTERVAL: Duration = Duration::from_millis(250);
/// How long the end of the program waits for calls that are under way.
const FAREWELL: Duration = Duration::from_millis(500);
/// A result that could not be stored is tried again after this.
const RETRY: Duration = Duration::from_secs(1);
/// Of an answer, how much is kept.
const KEPT: usize = 4_096;

/// The threads.
pub struct Sender {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    writer: Writer,
    readers: Readers,
    outbound: Outbound,
    is_stopping: AtomicBool,
    under_way: Mutex<UnderWay>,
    changed: Condvar,
}

/// Calls between their two commits.
#[derive(Default)]
struct UnderWay {
    calls: usize,
    by_host: HashMap<String, usize>,
}

impl UnderWay {
    fn add(&mut self, host: &str) {
        self.calls += 1;
        *self.by_host.entry(host.to_owned()).or_default() += 1;
    }

    fn remove(&mut self, host: &str) {
        self.calls -= 1;
        if let Some(count) = self.by_host.get_mut(host) {
            *count -= 1;
            if *count == 0 {
                self.by_host.remove(host);
            }
        }
    }

    fn has_room(&self, host: &str) -> bool {
        self.calls < AT_ONCE && self.by_host.get(host).is_none_or(|count| *count < PER_HOST)
    }

    fn busy(&self) -> Vec<String> {
        let full = self.by_host.iter().filter(|(_, count)| **count >= PER_HOST);
        full.map(|(host, _)| host.clone()).collect()
    }
}

impl Sender {
    /// Takes over what the last run left open, and begins.
    pub fn start(writer: Writer, readers: Readers, outbound: Outbound) -> anyhow::Result<Sender> {
        let open = work::reopen(&writer, clock::now_ms())?;
        if open > 0 {
            tracing::warn!(
                calls = open,
                "were under way when the last run ended; they are made again"
            );
        }
        let shared = Arc::new(Shared {
            writer,
            readers,
            outbound,
            is_stopping: AtomicBool::new(false),
            under_way: Mutex::default(),
            changed: Condvar::new(),
        });
        let (hand_over, taken) = mpsc::sync_channel(AT_ONCE);
        let taken = Arc::new(Mutex::new(taken));
        for _ in 0..AT_ONCE {
            let (shared, taken) = (Arc::clone(&shared), Arc::clone(&taken));
            thread::Builder::new()
                .name("outgoing".into())
                .spawn(move || shared.send_all(&taken))?;
        }
        let dispatching = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("outbox".into())
            .spawn(move || dispatching.dispatch(&hand_over))?;
        Ok(Sender {
            shared,
            thread: Some(thread),
        })
    }

    /// Begins no more calls, and gives those under way a moment.
    pub fn stop(mut self) {
        self.shared.is_stopping.store(true, Ordering::Release);
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let until = Instant::now() + FAREWELL;
        let mut under_way = self.shared.under_way();
        while under_way.calls > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                tracing::info!(
                    calls = under_way.calls,
                    "are under way to traffic sources; the next start makes them again"
                );
                return;
            }
            under_way = self.shared.wait(under_way, left);
        }
    }
}

impl Shared {
    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'g>(
        &self,
        guard: MutexGuard<'g, UnderWay>,
        most: Duration,
    ) -> MutexGuard<'g, UnderWay> {
        let waited = self.changed.wait_timeout(guard, most);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    fn dispatch(&self, hand_over: &SyncSender<Attempt>) {
        while !self.is_stopping() {
            if let Err(error) = self.round(hand_over) {
                tracing::warn!(%error, "the outbox is looked at again in the next round");
            }
            drop(self.wait(self.under_way(), INTERVAL));
        }
    }

    /// Begins as many of the due calls as there is room for.
    fn round(&self, hand_over: &SyncSender<Attempt>) -> Result<(), StoreError> {
        let busy = self.under_way().busy();
        let due = work::due(&self.readers, clock::now_ms(), &busy, AT_ONCE * PER_HOST)?;
        let chosen = self.choose(due);
        if chosen.is_empty() {
            return Ok(());
        }
        let ids = chosen.iter().map(|due| due.id).collect();
        let begun = work::begin(&self.writer, ids, clock::now_ms());
        let attempts = begun.as_deref().unwrap_or_default();
        for due in &chosen {
            if !attempts.iter().any(|attempt| attempt.id == due.id) {
                self.under_way().remove(&due.host);
            }
        }
        for attempt in begun? {
            // There is a place for each: no more are under way than it holds.
            let _ = hand_over.send(attempt);
        }
        Ok(())
    }

    fn choose(&self, due: Vec<Due>) -> Vec<Due> {
        let mut under_way = self.under_way();
        let mut chosen = due;
        chosen.retain(|due| {
            let has_room = under_way.has_room(&due.host);
            if has_room {
                under_way.add(&due.host);
            }
            has_room
        });
        chosen
    }

    fn send_all(&self, taken: &Mutex<Receiver<Attempt>>) {
        loop {
            let next = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(attempt) = next else { return };
            let ended = self.send(&attempt);
            self.note(&attempt, &ended);
            self.under_way().remove(&attempt.host);
            self.changed.notify_all();
        }
    }

    fn send(&self, attempt: &Attempt) -> Ended {
        let key = attempt.id.to_string();
        let reply = self.outbound.call(&Call {
            method: &attempt.method,
            url: &attempt.url,
            headers: &attempt.headers,
            body: &attempt.body,
            key: &key,
        });
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => {
                return Ended {
                    error: Some(error),
                    ..Ended::default()
                };
            }
        };
        let success = Success {
            contains: attempt.success_contains.clone(),
            lacks: attempt.success_lacks.clone(),
        };
        let error = match reply.status {
            200..=299 if success.accepts(&reply.body) => None,
            200..=299 => Some("The answer does not say what a success says.".to_owned()),
            300..=399 => Some("The answer leads elsewhere; redirects are not followed.".to_owned()),
            status => Some(format!("The answer is the error {status}.")),
        };
        Ended {
            is_success: error.is_none(),
            http_status: Some(reply.status),
            body: Some(beginning(reply.body)),
            error,
        }
    }

    /// A call that was made and cannot be noted is not made again: its result waits for the file.
    fn note(&self, attempt: &Attempt, ended: &Ended) {
        while let Err(error) = work::end(&self.writer, attempt, ended.clone(), clock::now_ms()) {
            tracing::warn!(%error, id = attempt.id, "how an outgoing call ended cannot be stored yet");
            if self.is_stopping() {
                return;
            }
            thread::sleep(RETRY);
        }
    }
}

fn beginning(mut text: String) -> String {
    let mut end = KEPT.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_few_places_and_others_have_the_rest() {
        let mut under_way = UnderWay::default();
        for _ in 0..PER_HOST {
            assert!(under_way.has_room("slow.example"));
            under_way.add("slow.example");
        }

        assert!(!under_way.has_room("slow.example"));
        assert!(under_way.has_room("quick.example"));
        assert_eq!(under_way.busy(), ["slow.example"]);
        under_way.remove("slow.example");
        assert!(under_way.has_room("slow.example"));
        assert_eq!(under_way.busy(), [""; 0]);
    }

    #[test]
    fn the_beginning_ends_between_two_characters() {
        let text = format!("{}é", "a".repeat(KEPT - 1));

        assert_eq!(beginning(text).len(), KEPT - 1);
        assert_eq!(beginning("short".to_owned()), "short");
    }
}
