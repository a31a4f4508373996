//! Which rules are due. By a clock that only goes forward: whoever sets the clock of the machine
//! neither stops rules nor makes them all run at once. What was looked at is known over a restart.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::store::rules::looks::Look;

/// When each rule was last looked at.
#[derive(Default)]
pub(super) struct Schedule {
    /// By rule id; without an instant where that was before the machine was started.
    seen: HashMap<u64, (Look, Option<Instant>)>,
}

impl Schedule {
    /// Goes on from what is stored.
    pub(super) fn open(looks: Vec<Look>, now_ms: i64, now: Instant) -> Self {
        let seen = looks.into_iter().map(|look| {
            // A look in the future is one of a clock that was set back since.
            let elapsed = u64::try_from(now_ms - look.at).unwrap_or(0);
            let at = now.checked_sub(Duration::from_millis(elapsed));
            (look.rule_id, (look, at))
        });
        Self {
            seen: seen.collect(),
        }
    }

    /// Whether a rule is due: so many minutes after it was last looked at, and at once when it is
    /// new or asks something else than then.
    pub(super) fn is_due(&self, id: u64, fingerprint: i64, minutes: u64, now: Instant) -> bool {
        match self.seen.get(&id) {
            Some((look, Some(at))) if look.fingerprint == fingerprint => {
                now.saturating_duration_since(*at) >= Duration::from_secs(60 * minutes)
            }
            _ => true,
        }
    }

    /// The last look at it, which makes what it does next the same however often it is tried; 0 for
    /// a new one.
    pub(super) fn slot(&self, id: u64) -> i64 {
        self.seen.get(&id).map_or(0, |(look, _)| look.at)
    }

    /// It was looked at.
    pub(super) fn note(&mut self, look: Look, now: Instant) {
        self.seen.insert(look.rule_id, (look, Some(now)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(fingerprint: i64, at: i64) -> Look {
        Look {
            rule_id: 1,
            fingerprint,
            at,
        }
    }

    #[test]
    fn a_rule_is_due_when_it_is_new_asks_something_else_or_its_minutes_are_over() {
        let mut schedule = Schedule::default();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);

        assert!(schedule.is_due(1, 7, 10, start));
        assert_eq!(schedule.slot(1), 0);
        schedule.note(look(7, 5_000), start);

        assert!(!schedule.is_due(1, 7, 10, after(599)));
        assert!(schedule.is_due(1, 7, 10, after(600)));
        assert!(schedule.is_due(1, 8, 10, after(1)));
        assert!(schedule.is_due(2, 7, 10, after(1)));
        assert_eq!(schedule.slot(1), 5_000);
    }

    #[test]
    fn a_restart_makes_no_rule_due_and_neither_does_a_clock_that_was_set_back() {
        let start = Instant::now();
        let later = start + Duration::from_secs(60);
        let (now, minute) = (1_790_000_000_000, 60_000);

        let restarted = Schedule::open(vec![look(7, now - 8 * minute)], now, start);
        let set_back = Schedule::open(vec![look(7, now + 500 * minute)], now, start);
        let long_ago = Schedule::open(vec![look(7, 0)], now, start);

        assert!(!restarted.is_due(1, 7, 10, later));
        assert!(restarted.is_due(1, 7, 10, later + Duration::from_secs(60)));
        assert!(!set_back.is_due(1, 7, 10, later));
        assert!(set_back.is_due(1, 7, 10, start + Duration::from_secs(600)));
        assert!(long_ago.is_due(1, 7, 10, start));
    }
}
