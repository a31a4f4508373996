//! What is to come of earlier visits, until its time has come.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::domain::id::Id;

/// What follows from visits.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Coming {
    Step(Step),
    /// A network says something.
    Postback {
        offer_id: u64,
        click_id: Id,
        /// The click id apart.
        pairs: Vec<(String, String)>,
    },
}

/// Somebody on a landing goes on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    pub(super) click_id: Id,
    pub(super) campaign_id: u64,
    pub(super) flow_id: Option<u64>,
    /// As it was drawn with the landing.
    pub(super) offer_id: Option<u64>,
    /// Whether a story begins then.
    pub(super) converts: bool,
}

/// All that is to come, the soonest first; of two at once the one that was foreseen first.
pub(super) struct Awaited {
    heap: BinaryHeap<Reverse<(i64, u64, Coming)>>,
    foreseen: u64,
    /// Nothing has happened yet from here on, in UTC milliseconds.
    until: i64,
}

impl Awaited {
    pub(super) fn new(until: i64) -> Self {
        Self {
            heap: BinaryHeap::new(),
            foreseen: 0,
            until,
        }
    }

    pub(super) fn expect(&mut self, at: i64, coming: Coming) {
        if at < self.until {
            self.foreseen += 1;
            self.heap.push(Reverse((at, self.foreseen, coming)));
        }
    }

    /// The next thing that has come to pass by then, and when.
    pub(super) fn due(&mut self, by: i64) -> Option<(i64, Coming)> {
        let Reverse((at, ..)) = self.heap.peek()?;
        if *at > by {
            return None;
        }
        let Reverse((at, _, coming)) = self.heap.pop()?;
        Some((at, coming))
    }
}
