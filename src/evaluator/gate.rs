//! How often a rule may act: not on the same group again while it cools down, and not more often in
//! a day than it may.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use crate::domain::period;
use crate::domain::rule::Rule;
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::rules::{Verdict, runs};

const MINUTE_MS: i64 = 60_000;

/// Asks the log of runs, and counts what was let through since.
pub(super) struct Gate<'a> {
    readers: &'a Readers,
    now: i64,
    /// By rule and day: how often it has acted. Counted once: there may be a great many.
    acted: HashMap<(u64, i64), u64>,
    passed: HashSet<(u64, String)>,
    /// Rules whose count is of this turn: of those let through before, some may have changed nothing,
    /// which does not count.
    counted: HashSet<u64>,
}

/// Why a run is not done.
pub(super) struct Held {
    pub(super) verdict: Verdict,
    pub(super) reason: String,
}

impl<'a> Gate<'a> {
    pub(super) fn new(readers: &'a Readers, now: i64) -> Self {
        Self {
            readers,
            now,
            acted: HashMap::new(),
            passed: HashSet::new(),
            counted: HashSet::new(),
        }
    }

    /// What was let through so far is in the log by now.
    pub(super) fn go_on(&mut self, now: i64) {
        self.now = now;
        self.passed.clear();
        self.counted.clear();
    }

    /// Lets a run through, or says why not.
    pub(super) fn pass(&mut self, rule: &Rule, group: &str) -> Result<Option<Held>, StoreError> {
        if let Some(held) = self.cools_down(rule, group)? {
            return Ok(Some(held));
        }
        if *self.acted_today(rule)? >= rule.max_per_day && !self.counted.contains(&rule.id) {
            self.count_again(rule);
        }
        let acted = self.acted_today(rule)?;
        if *acted >= rule.max_per_day {
            return Ok(Some(Held {
                verdict: Verdict::DayLimit,
                reason: format!(
                    "It has acted {} times today, as often as it may.",
                    rule.max_per_day
                ),
            }));
        }
        *acted += 1;
        if rule.cooldown_minutes > 0 {
            self.passed.insert((rule.id, group.to_owned()));
        }
        Ok(None)
    }

    /// Asks the log again how often a rule has acted.
    pub(super) fn count_again(&mut self, rule: &Rule) {
        self.acted.retain(|(id, _), _| *id != rule.id);
    }

    fn cools_down(&self, rule: &Rule, group: &str) -> Result<Option<Held>, StoreError> {
        if rule.cooldown_minutes == 0 {
            return Ok(None);
        }
        let within = rule.cooldown_ms();
        let lately = match self.passed.contains(&(rule.id, group.to_owned())) {
            true => Some(self.now),
            false => {
                runs::acted_lately(self.readers, rule.id, group, self.now, within, rule.dry_run)?
            }
        };
        Ok(lately.map(|at| Held {
            verdict: Verdict::CoolingDown,
            reason: format!(
                "It acted on this group {} minutes ago, and leaves it alone for {}.",
                self.now.abs_diff(at) / MINUTE_MS.unsigned_abs(),
                rule.cooldown_minutes
            ),
        }))
    }

    fn acted_today(&mut self, rule: &Rule) -> Result<&mut u64, StoreError> {
        let zone = rule.zone();
        let day = period::day(self.now, zone);
        Ok(match self.acted.entry((rule.id, day)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                self.counted.insert(rule.id);
                let from = period::day_start(day, zone);
                let to = period::day_start(day + 1, zone);
                unknown.insert(runs::acted(self.readers, rule.id, from, to, rule.dry_run)?)
            }
        })
    }
}
