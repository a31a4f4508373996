//! A bounded hash table that forgets the oldest first. Shared by all threads.
//!
//! It is made of [`STRIPES`] parts with a lock each, so that threads seldom meet; a lock is held
//! for some tens of nanoseconds. Each part keeps its entries in one vector: chained from its
//! buckets, and linked by age. The memory is taken from the system as it fills.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Parts of a table. Which part a key belongs to never changes, so a saved table loads into one of
/// another size.
pub(super) const STRIPES: usize = 64;

/// Keys are hashes already: all their bits are used as they are.
#[derive(Debug)]
pub(super) struct Aged<V> {
    stripes: Vec<Mutex<Stripe<V>>>,
}

#[derive(Debug)]
struct Stripe<V> {
    /// First entry of each chain. In all links 0 is none, and n the entry n - 1.
    buckets: Vec<u32>,
    entries: Vec<Entry<V>>,
    oldest: u32,
    newest: u32,
    evicted: u64,
    changes: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry<V> {
    key: u64,
    /// Next of the same bucket.
    chain: u32,
    older: u32,
    newer: u32,
    value: V,
}

/// What becomes of an entry that was looked at.
pub(super) enum Then<V> {
    /// Nothing is made, or changed.
    Leave,
    /// It gets this value, and keeps its age.
    Keep(V),
    /// It gets this value, and becomes the newest.
    Renew(V),
}

impl<V: Copy> Aged<V> {
    /// Bytes that one entry takes.
    pub(super) const ENTRY: usize = size_of::<Entry<V>>() + size_of::<u32>();

    pub(super) fn new(capacity: usize) -> Self {
        let each = (capacity / STRIPES).clamp(1, u32::MAX as usize / 2);
        let stripe = || {
            Mutex::new(Stripe {
                buckets: vec![0; each],
                entries: Vec::with_capacity(each),
                oldest: 0,
                newest: 0,
                evicted: 0,
                changes: 0,
            })
        };
        Self {
            stripes: std::iter::repeat_with(stripe).take(STRIPES).collect(),
        }
    }

    fn stripe(&self, key: u64) -> MutexGuard<'_, Stripe<V>> {
        lock(&self.stripes[(key >> 58) as usize % STRIPES])
    }

    pub(super) fn find(&self, key: u64) -> Option<V> {
        let stripe = self.stripe(key);
        let found = stripe.find(key)?;
        Some(stripe.entries[found].value)
    }

    /// Looks at an entry and decides about it, in one step for all threads. One that is not there
    /// is made, as the newest, unless it is to be left.
    pub(super) fn update<R>(&self, key: u64, decide: impl FnOnce(Option<V>) -> (Then<V>, R)) -> R {
        let mut stripe = self.stripe(key);
        let found = stripe.find(key);
        let (then, result) = decide(found.map(|at| stripe.entries[at].value));
        stripe.changes += u64::from(!matches!(then, Then::Leave));
        match (then, found) {
            (Then::Leave, _) => {}
            (Then::Keep(value), Some(at)) => stripe.entries[at].value = value,
            (Then::Renew(value), Some(at)) => {
                stripe.entries[at].value = value;
                stripe.unlink(at);
                stripe.link_newest(at);
            }
            (Then::Keep(value) | Then::Renew(value), None) => {
                let at = stripe.room();
                stripe.fill(at, key, value);
                stripe.link_newest(at);
            }
        }
        result
    }

    /// Makes an entry that is older than all others; `false` if there is no room for it.
    pub(super) fn insert_oldest(&self, key: u64, value: V) -> bool {
        let mut stripe = self.stripe(key);
        if stripe.entries.len() == stripe.buckets.len() || stripe.find(key).is_some() {
            return false;
        }
        stripe.changes += 1;
        let at = stripe.room();
        stripe.fill(at, key, value);
        stripe.link_oldest(at);
        true
    }

    pub(super) fn len(&self) -> usize {
        self.stripes.iter().map(|one| lock(one).entries.len()).sum()
    }

    pub(super) fn capacity(&self) -> usize {
        self.stripes.iter().map(|one| lock(one).buckets.len()).sum()
    }

    /// Entries that were forgotten to make room.
    pub(super) fn evicted(&self) -> u64 {
        self.stripes.iter().map(|one| lock(one).evicted).sum()
    }

    /// Grows with every change.
    pub(super) fn changes(&self) -> u64 {
        self.stripes.iter().map(|one| lock(one).changes).sum()
    }

    /// The entries of one part, oldest first, copied out.
    pub(super) fn copy(&self, stripe: usize) -> Vec<(u64, V)> {
        let stripe = lock(&self.stripes[stripe]);
        let mut copy = Vec::with_capacity(stripe.entries.len());
        let mut next = stripe.oldest;
        while let Some(at) = index(next) {
            let entry = &stripe.entries[at];
            copy.push((entry.key, entry.value));
            next = entry.newer;
        }
        copy
    }
}

impl<V: Copy> Stripe<V> {
    fn bucket(&self, key: u64) -> usize {
        (((key & 0xffff_ffff) * self.buckets.len() as u64) >> 32) as usize
    }

    fn find(&self, key: u64) -> Option<usize> {
        let mut next = self.buckets[self.bucket(key)];
        while let Some(at) = index(next) {
            let entry = &self.entries[at];
            if entry.key == key {
                return Some(at);
            }
            next = entry.chain;
        }
        None
    }

    /// A place for one more: a new one, or that of the oldest. It is in no list yet.
    fn room(&mut self) -> usize {
        if self.entries.len() < self.buckets.len() {
            return self.entries.len();
        }
        let at = index(self.oldest).unwrap_or(0);
        self.unlink(at);
        let (bucket, gone) = (self.bucket(self.entries[at].key), self.entries[at].chain);
        match index(self.buckets[bucket]) {
            Some(first) if first != at => {
                let mut before = first;
                while let Some(next) = index(self.entries[before].chain)
                    && next != at
                {
                    before = next;
                }
                self.entries[before].chain = gone;
            }
            _ => self.buckets[bucket] = gone,
        }
        self.evicted += 1;
        at
    }

    fn fill(&mut self, at: usize, key: u64, value: V) {
        let bucket = self.bucket(key);
        let entry = Entry {
            key,
            chain: self.buckets[bucket],
            older: 0,
            newer: 0,
            value,
        };
        self.buckets[bucket] = link(at);
        match self.entries.get_mut(at) {
            Some(place) => *place = entry,
            None => self.entries.push(entry),
        }
    }

    fn unlink(&mut self, at: usize) {
        let Entry { older, newer, .. } = self.entries[at];
        match index(older) {
            Some(older) => self.entries[older].newer = newer,
            None => self.oldest = newer,
        }
        match index(newer) {
            Some(newer) => self.entries[newer].older = older,
            None => self.newest = older,
        }
    }

    fn link_newest(&mut self, at: usize) {
        let before = std::mem::replace(&mut self.newest, link(at));
        self.entries[at].older = before;
        self.entries[at].newer = 0;
        match index(before) {
            Some(before) => self.entries[before].newer = link(at),
            None => self.oldest = link(at),
        }
    }

    fn link_oldest(&mut self, at: usize) {
        let after = std::mem::replace(&mut self.oldest, link(at));
        self.entries[at].older = 0;
        self.entries[at].newer = after;
        match index(after) {
            Some(after) => self.entries[after].older = link(at),
            None => self.newest = link(at),
        }
    }
}

fn index(link: u32) -> Option<usize> {
    link.checked_sub(1).map(|at| at as usize)
}

fn link(at: usize) -> u32 {
    at as u32 + 1
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
