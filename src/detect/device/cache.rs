//! A bounded memory of agents, by the exact bytes of their headers.
//!
//! Set-associative, like a processor's cache: a hash picks a set of [`WAYS`] places, the set is kept in
//! order of use, a newcomer pushes out the one unused for longest. The bound is exact, eviction costs
//! nothing, and the hash is keyed at random, so that nobody can aim at one set from outside.

use std::sync::Arc;

use crate::domain::visitor::Agent;

const WAYS: usize = 8;
const SETS: usize = 512;

/// How many agents are remembered at most.
#[cfg(test)]
pub(super) const CAPACITY: usize = WAYS * SETS;

struct Entry {
    hash: u64,
    key: Box<[u8]>,
    agent: Arc<Agent>,
}

pub(super) struct Cache {
    hasher: ahash::RandomState,
    places: Vec<Option<Entry>>,
}

impl Cache {
    pub(super) fn new() -> Self {
        Self {
            hasher: ahash::RandomState::new(),
            places: std::iter::repeat_with(|| None).take(WAYS * SETS).collect(),
        }
    }

    pub(super) fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash_one(key)
    }

    pub(super) fn find(&mut self, hash: u64, key: &[u8]) -> Option<&Arc<Agent>> {
        let set = self.set(hash);
        let at = set.iter().position(
            |place| matches!(place, Some(entry) if entry.hash == hash && *entry.key == *key),
        )?;
        set[..=at].rotate_right(1);
        set[0].as_ref().map(|entry| &entry.agent)
    }

    pub(super) fn keep(&mut self, hash: u64, key: &[u8], agent: Arc<Agent>) {
        let set = self.set(hash);
        set.rotate_right(1);
        set[0] = Some(Entry {
            hash,
            key: key.into(),
            agent,
        });
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.places.iter().flatten().count()
    }

    fn set(&mut self, hash: u64) -> &mut [Option<Entry>] {
        let first = (hash as usize % SETS) * WAYS;
        &mut self.places[first..first + WAYS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_stays_bounded_and_keeps_what_is_in_use() {
        let mut cache = Cache::new();
        let regular = b"regular".as_slice();
        let hash = cache.hash(regular);
        cache.keep(hash, regular, Arc::default());

        for number in 0..20 * CAPACITY {
            let key = number.to_le_bytes();
            let other = cache.hash(&key);
            cache.keep(other, &key, Arc::default());
            assert!(cache.find(hash, regular).is_some(), "lost after {number}");
        }

        assert!(cache.len() <= CAPACITY);
    }

    #[test]
    fn equal_hashes_of_different_keys_are_told_apart() {
        let mut cache = Cache::new();
        let agent = Arc::new(Agent::default());
        cache.keep(7, b"one", Arc::clone(&agent));

        assert!(cache.find(7, b"two").is_none());
        assert!(
            cache
                .find(7, b"one")
                .is_some_and(|found| Arc::ptr_eq(found, &agent))
        );
    }
}
