//! The real counters: shared by all workers, outside the catalog, so that a save changes none.
//!
//! A counter is one atomic number. Finding it takes a read lock on one of a few tables, which only
//! a new counter ever closes to others: once an hour or day for each flow, offer and campaign.
//! Whoever stores the totals asks for what has [`Counts::changed`] and says when it is
//! [`Counts::stored`].

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{PoisonError, RwLock};

use ahash::{AHashMap, RandomState};
use chrono_tz::Tz;

use super::visit::{Counted, Counter, Counters, Length};

const TABLES: usize = 32;
/// Periods kept behind the current one in UTC: some zone is still in the day before, and somebody
/// may want to look at yesterday.
const HOURS_KEPT: i64 = 48;
const DAYS_KEPT: i64 = 2;

/// All counters.
#[derive(Debug)]
pub struct Counts {
    tables: Vec<RwLock<AHashMap<Counter, Cell>>>,
    hasher: RandomState,
    /// Row id of the last change of a conversion that has been counted.
    last_change: AtomicI64,
}

#[derive(Debug, Default)]
struct Cell {
    count: AtomicU64,
    /// What the database has.
    stored: AtomicU64,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            tables: (0..TABLES).map(|_| RwLock::default()).collect(),
            hasher: RandomState::new(),
            last_change: AtomicI64::new(-1),
        }
    }
}

impl Counts {
    /// Counters as they were stored.
    pub fn restored(rows: impl IntoIterator<Item = (Counter, u64)>) -> Self {
        let counts = Self::default();
        for (counter, count) in rows {
            counts.make(counter, |cell| {
                cell.count.store(count, Relaxed);
                cell.stored.store(count, Relaxed);
            });
        }
        counts
    }

    /// Adds any number, without a limit; a negative one takes away, down to 0.
    pub fn add(&self, counter: Counter, number: i64) {
        let add = |cell: &Cell| {
            let _ = cell.count.fetch_update(Relaxed, Relaxed, |count| {
                Some(count.saturating_add_signed(number))
            });
        };
        if number != 0 && self.find(counter, add).is_none() {
            self.make(counter, add);
        }
    }

    /// The change of a conversion with this row id has been counted, and those before it.
    pub fn note_change(&self, id: i64) {
        self.last_change.fetch_max(id, Relaxed);
    }

    /// To be asked before what has [`changed`](Self::changed).
    pub fn last_change(&self) -> i64 {
        self.last_change.load(Relaxed)
    }

    /// What has another value than the database.
    pub fn changed(&self) -> Vec<(Counter, u64)> {
        let mut changed = Vec::new();
        for table in &self.tables {
            let table = table.read().unwrap_or_else(PoisonError::into_inner);
            changed.extend(table.iter().filter_map(|(counter, cell)| {
                let count = cell.count.load(Relaxed);
                (count != cell.stored.load(Relaxed)).then_some((*counter, count))
            }));
        }
        changed
    }

    /// The database has these values now.
    pub fn stored(&self, rows: &[(Counter, u64)]) {
        for (counter, count) in rows {
            self.find(*counter, |cell| cell.stored.store(*count, Relaxed));
        }
    }

    /// Drops counters of periods that are over.
    pub fn drop_old(&self, now: i64) {
        for table in &self.tables {
            let is_kept = |counter: &Counter| counter.period >= oldest(counter.what, now);
            let mut table = table.write().unwrap_or_else(PoisonError::into_inner);
            table.retain(|counter, _| is_kept(counter));
        }
    }

    fn find<T>(&self, counter: Counter, with: impl FnOnce(&Cell) -> T) -> Option<T> {
        let table = self.table(&counter).read();
        let table = table.unwrap_or_else(PoisonError::into_inner);
        table.get(&counter).map(with)
    }

    fn make<T>(&self, counter: Counter, with: impl FnOnce(&Cell) -> T) -> T {
        let table = self.table(&counter).write();
        let mut table = table.unwrap_or_else(PoisonError::into_inner);
        with(table.entry(counter).or_default())
    }

    fn table(&self, counter: &Counter) -> &RwLock<AHashMap<Counter, Cell>> {
        &self.tables[self.hasher.hash_one(counter) as usize % TABLES]
    }
}

impl Counters for Counts {
    fn take(&self, counter: Counter, most: u64) -> bool {
        let take = |cell: &Cell| {
            let taken = cell
                .count
                .fetch_update(Relaxed, Relaxed, |count| (count < most).then(|| count + 1));
            taken.is_ok()
        };
        if most == 0 {
            return false;
        }
        self.find(counter, take)
            .unwrap_or_else(|| self.make(counter, take))
    }

    fn give_back(&self, counter: Counter) {
        self.add(counter, -1);
    }

    fn count(&self, counter: Counter) -> u64 {
        let read = self.find(counter, |cell| cell.count.load(Relaxed));
        read.unwrap_or(0)
    }
}

/// The oldest period that is kept; a total is never old.
pub fn oldest(what: Counted, now: i64) -> i64 {
    match what.length() {
        Length::Hour => Length::Hour.period(now, Tz::UTC) - HOURS_KEPT,
        Length::Day => Length::Day.period(now, Tz::UTC) - DAYS_KEPT,
        Length::Ever => 0,
    }
}

/// Counters that are only looked at: a limit answers as it would, and stays as it is. For HEAD
/// requests and simulations.
pub struct Looking<'c>(pub &'c dyn Counters);

impl Counters for Looking<'_> {
    fn take(&self, counter: Counter, most: u64) -> bool {
        self.0.count(counter) < most
    }

    fn give_back(&self, _: Counter) {}

    fn count(&self, counter: Counter) -> u64 {
        self.0.count(counter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn counter(id: u64) -> Counter {
        Counter::at(Counted::FlowClicksPerDay, id, NOW, Tz::UTC)
    }

    #[test]
    fn many_threads_together_take_exactly_as_many_as_there_are() {
        let counts = Counts::default();

        let taken: usize = std::thread::scope(|scope| {
            let take = || {
                (0..1_000)
                    .filter(|_| counts.take(counter(1), 1_500))
                    .count()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads
                .into_iter()
                .map(|one| one.join().expect("no panic"))
                .sum()
        });

        assert_eq!(taken, 1_500);
        assert_eq!(counts.count(counter(1)), 1_500);
    }

    #[test]
    fn what_is_given_back_can_be_taken_again_and_never_less_than_none() {
        let counts = Counts::default();
        assert!(counts.take(counter(1), 1));
        assert!(!counts.take(counter(1), 1));

        counts.give_back(counter(1));
        counts.give_back(counter(1));

        assert_eq!(counts.count(counter(1)), 0);
        assert!(counts.take(counter(1), 1));
        assert!(!counts.take(counter(2), 0));
    }

    #[test]
    fn looking_answers_as_taking_would_and_changes_nothing() {
        let counts = Counts::restored([(counter(1), 4)]);
        let looking = Looking(&counts);

        assert!(looking.take(counter(1), 5));
        assert!(looking.take(counter(1), 5));
        assert!(!looking.take(counter(1), 4));
        looking.give_back(counter(1));

        assert_eq!(counts.count(counter(1)), 4);
    }

    #[test]
    fn only_what_differs_from_the_database_is_written() {
        let counts = Counts::restored([(counter(1), 4), (counter(2), 9)]);
        counts.add(counter(1), 3);

        let changed = counts.changed();
        counts.add(counter(1), 1);
        counts.stored(&changed);

        assert_eq!(changed, [(counter(1), 7)]);
        assert_eq!(counts.changed(), [(counter(1), 8)]);
    }

    #[test]
    fn periods_that_are_over_are_dropped_and_totals_stay() {
        let later = NOW + 4 * 86_400_000;
        let total = Counter::at(Counted::CampaignCost, 1, NOW, Tz::UTC);
        let hour = Counter::at(Counted::FlowClicksPerHour, 1, later, Tz::UTC);
        let counts = Counts::restored([(counter(1), 4), (total, 5), (hour, 6)]);

        counts.drop_old(later);

        let found = [counter(1), total, hour].map(|counter| counts.count(counter));
        assert_eq!(found, [0, 5, 6]);
    }

    #[test]
    fn every_word_is_stored_once() {
        for (index, (word, counted)) in Counted::ALL.iter().enumerate() {
            assert_eq!(counted.word(), *word);
            assert!(Counted::ALL[..index].iter().all(|(other, _)| other != word));
        }
    }

    proptest! {
        #[test]
        fn no_order_of_taking_and_giving_back_passes_the_limit(
            steps in prop::collection::vec(any::<bool>(), 0..200), most in 0u64..20
        ) {
            let counts = Counts::default();
            let mut held = 0;
            for take in steps {
                if take {
                    let taken = counts.take(counter(1), most);
                    prop_assert_eq!(taken, held < most);
                    held += u64::from(taken);
                } else if held > 0 {
                    counts.give_back(counter(1));
                    held -= 1;
                }
                prop_assert_eq!(counts.count(counter(1)), held);
            }
        }
    }
}
