//! Visitors clicking at once, and what they were promised: whoever gets a redirect with a click
//! id may rely on that click being in the database, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::tracker::Tracker;
use crate::visitor::Visitor;

/// One answered click. Each request carried an external id of its own.
#[derive(Debug, Clone)]
pub(crate) struct Promise {
    pub(crate) click_id: String,
    pub(crate) external_id: String,
    /// How long the visitor waited.
    pub(crate) took: Duration,
}

impl Promise {
    /// The primary key in the table: the upper 63 of the 100 bits of the public form.
    pub(crate) fn row_id(&self) -> i64 {
        let bits = self.click_id.bytes().fold(0u128, |bits, byte| {
            let digit = b"0123456789abcdefghjkmnpqrstvwxyz"
                .iter()
                .position(|&c| c == byte);
            bits << 5 | digit.expect("an id is Crockford base32") as u128
        });
        (bits >> 37) as i64
    }
}

/// Numbers the requests of all loads, so that no external id repeats within a test run.
static SERIAL: AtomicU64 = AtomicU64::new(1);

/// Clicks once and insists on a redirect with a click id.
pub(crate) fn promise(visitor: &mut Visitor, alias: &str) -> std::io::Result<Promise> {
    let external_id = format!("ext{:013}", SERIAL.fetch_add(1, Ordering::Relaxed));
    let started = Instant::now();
    let answer = visitor.click(
        &format!("/{alias}?external_id={external_id}&source=zone7&cost=0.01"),
        &[],
    )?;
    assert_eq!(answer.status, 302, "a visitor was not sent on: {answer:?}");
    Ok(Promise {
        click_id: answer
            .click_id()
            .unwrap_or_else(|| panic!("no click id: {answer:?}"))
            .to_owned(),
        external_id,
        took: started.elapsed(),
    })
}

/// Visitors on threads of their own, until stopped or until the server is gone.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    visitors: Vec<JoinHandle<Vec<Promise>>>,
}

impl Load {
    /// As fast as they can.
    pub(crate) fn start(tracker: &Tracker, alias: &str, visitors: usize) -> Self {
        Self::with_pause(tracker, alias, visitors, Duration::ZERO)
    }

    /// With a pause after each answer.
    pub(crate) fn with_pause(
        tracker: &Tracker,
        alias: &str,
        visitors: usize,
        pause: Duration,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let visitors = (0..visitors)
            .map(|_| {
                let (stop, alias) = (stop.clone(), alias.to_owned());
                let mut visitor = tracker.visitor();
                thread::spawn(move || {
                    let mut promises = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        // A broken connection promised nothing; the server is being killed.
                        let Ok(promise) = promise(&mut visitor, &alias) else {
                            break;
                        };
                        promises.push(promise);
                        thread::sleep(pause);
                    }
                    promises
                })
            })
            .collect();
        Self { stop, visitors }
    }

    /// Ends the visits after their current answers; what was promised to all of them.
    pub(crate) fn finish(self) -> Vec<Promise> {
        self.stop.store(true, Ordering::Relaxed);
        self.visitors
            .into_iter()
            .flat_map(|visitor| visitor.join().expect("a visitor was let down"))
            .collect()
    }
}

/// A few visitors for this long; each paces himself, so that a slow machine is not the subject.
pub(crate) fn visits(tracker: &Tracker, alias: &str, length: Duration) -> Vec<Promise> {
    let load = Load::with_pause(tracker, alias, 3, Duration::from_millis(4));
    thread::sleep(length);
    load.finish()
}

/// The longest wait of any visitor.
pub(crate) fn longest_wait(promises: &[Promise]) -> Duration {
    promises
        .iter()
        .map(|promise| promise.took)
        .max()
        .unwrap_or_default()
}
