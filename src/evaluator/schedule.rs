//! Which rules are due. By a clock that only goes forward: whoever sets the clock of the machine
//! neither stops rules nor makes them all run at once.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// When each rule was last looked at.
#[derive(Default)]
pub(super) struct Schedule {
    /// By rule id: its version then, and when.
    seen: HashMap<u64, (u64, Instant)>,
}

impl Schedule {
    /// Whether a rule is due: so many minutes after it was last looked at, and at once when it is
    /// new or was edited.
    pub(super) fn is_due(&self, id: u64, version: u64, minutes: u64, now: Instant) -> bool {
        match self.seen.get(&id) {
            Some((seen, at)) if *seen == version => {
                now.saturating_duration_since(*at) >= Duration::from_secs(60 * minutes)
            }
            _ => true,
        }
    }

    /// It is looked at now.
    pub(super) fn note(&mut self, id: u64, version: u64, now: Instant) {
        self.seen.insert(id, (version, now));
    }

    /// Forgets rules that are no longer in use.
    pub(super) fn keep(&mut self, is_used: impl Fn(u64) -> bool) {
        self.seen.retain(|id, _| is_used(*id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_due_when_it_is_new_edited_or_its_minutes_are_over() {
        let mut schedule = Schedule::default();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);

        assert!(schedule.is_due(1, 1, 10, start));
        schedule.note(1, 1, start);

        assert!(!schedule.is_due(1, 1, 10, after(599)));
        assert!(schedule.is_due(1, 1, 10, after(600)));
        assert!(schedule.is_due(1, 2, 10, after(1)));
        assert!(schedule.is_due(2, 1, 10, after(1)));
        schedule.keep(|id| id != 1);
        assert!(schedule.is_due(1, 1, 10, after(1)));
    }
}
