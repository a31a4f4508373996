//! What is said by itself, beside the requests: that a budget is spent ([`budgets`]), and how the day
//! went ([`summaries`]).
//!
//! Each has a thread of its own, because counting a day may take seconds and a spent budget has to be
//! told at once. Both only put messages into the outbox, in one transaction with the note that they
//! did; so nothing is said twice, whatever restarts.

pub mod budgets;
mod patience;
mod rounds;
pub mod summaries;

use std::time::Duration;

use crate::clock;

use budgets::Watcher;
use rounds::Rounds;
use summaries::Teller;

/// How often it is looked whether a budget is spent.
const BUDGETS_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked whether a summary is due.
const SUMMARIES_EVERY: Duration = Duration::from_secs(2);

/// Its threads.
pub struct Herald {
    rounds: Vec<Rounds>,
}

impl Herald {
    pub fn start(mut watcher: Watcher, mut teller: Teller) -> std::io::Result<Herald> {
        let budgets = Rounds::start("budgets", BUDGETS_EVERY, move |_| {
            watcher.round(clock::now_ms());
        })?;
        let summaries = Rounds::start("summaries", SUMMARIES_EVERY, move |stop| {
            teller.round(clock::now_ms(), stop);
        })?;
        Ok(Herald {
            rounds: vec![budgets, summaries],
        })
    }

    /// Ends the threads; what one is at is left.
    pub fn stop(self) {
        for rounds in self.rounds {
            rounds.stop();
        }
    }
}
