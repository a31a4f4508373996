//! Waits between tries at what goes on failing: longer each time.

use std::collections::HashMap;

const FIRST: i64 = 30_000;
const LONGEST: i64 = 15 * 60_000;

/// When each may be tried again, by its id.
#[derive(Default)]
pub(super) struct Patience {
    failed: HashMap<u64, Failed>,
}

struct Failed {
    /// Of its document: one that was edited may be tried at once.
    version: u64,
    /// UTC milliseconds.
    at: i64,
    wait: i64,
}

impl Patience {
    /// Whether it may be tried now; where the clock was set back too.
    pub(super) fn allows(&self, id: u64, version: u64, now: i64) -> bool {
        self.failed.get(&id).is_none_or(|failed| {
            let waited = now - failed.at;
            version != failed.version || waited < 0 || waited >= failed.wait
        })
    }

    /// It failed; how long it waits now, in milliseconds.
    pub(super) fn note(&mut self, id: u64, version: u64, now: i64) -> i64 {
        let before = self.failed.remove(&id);
        let before = before.filter(|failed| failed.version == version);
        let wait = before.map_or(FIRST, |failed| (failed.wait * 2).min(LONGEST));
        let failed = Failed {
            version,
            at: now,
            wait,
        };
        self.failed.insert(id, failed);
        wait
    }

    pub(super) fn forget(&mut self, id: u64) {
        self.failed.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_failing_is_tried_ever_less_often_until_it_succeeds_or_is_edited() {
        let mut patience = Patience::default();
        let mut now = 1_790_000_000_000;
        for seconds in [30, 60, 120, 240, 480, 900, 900] {
            assert!(patience.allows(7, 1, now), "before {seconds} s");
            assert_eq!(patience.note(7, 1, now), seconds * 1_000);
            now += seconds * 1_000;
            assert!(!patience.allows(7, 1, now - 1));
        }

        patience.note(7, 1, now);
        assert!(patience.allows(8, 1, now), "another one");
        assert!(patience.allows(7, 2, now), "edited");
        assert_eq!(patience.note(7, 2, now), FIRST);
        assert!(patience.allows(7, 2, now - 1), "the clock was set back");
        patience.forget(7);
        assert!(patience.allows(7, 2, now));
    }
}
