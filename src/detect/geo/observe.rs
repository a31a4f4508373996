//! The click path's answer: an address becomes a place.
//!
//! Walking the trees of the bases costs some hundred nanoseconds; decoding records and building a
//! [`Place`] costs microseconds and allocates. Far fewer records than addresses exist, and a base
//! stores equal records once, so places are kept by the *offsets* of the records they came from:
//! a hit decodes and allocates nothing, whether or not the address was seen before.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use ahash::RandomState;

use crate::domain::visitor::Place;

use super::bases::{Bases, RecordIds};
use super::{is_public, place};

/// Places per generation of the cache; two generations are kept.
const GENERATION: usize = 8_192;

/// Answers where an address is. One per worker.
pub struct Geo {
    key: [u8; 16],
    /// The place of whatever no base knows.
    nowhere: Arc<Place>,
    cache: RefCell<Cache>,
}

type Places = HashMap<RecordIds, Arc<Place>, RandomState>;

/// Bounded: when the young generation is full it becomes the old one; a hit in the old one moves
/// back to the young, so what is used stays.
#[derive(Default)]
struct Cache {
    /// Which bases the offsets belong to.
    bases: u64,
    young: Places,
    old: Places,
}

impl Geo {
    /// The key of the fingerprints: the same for all workers and all starts of one database.
    pub fn new(key: &[u8; 16]) -> Self {
        Self {
            key: *key,
            nowhere: Arc::new(place::merge(&[], key)),
            cache: RefCell::default(),
        }
    }

    /// Where an address is, by these bases. Private and other local addresses are nowhere;
    /// IPv4 mapped into IPv6 counts as IPv4.
    pub fn observe(&self, bases: &Bases, ip: IpAddr) -> Arc<Place> {
        let ip = ip.to_canonical();
        if !is_public(ip) {
            return Arc::clone(&self.nowhere);
        }
        let ids = bases.find(ip);
        if ids == RecordIds::default() {
            return Arc::clone(&self.nowhere);
        }
        let mut cache = self.cache.borrow_mut();
        cache.belong_to(bases.generation());
        if let Some(place) = cache.find(&ids) {
            return place;
        }
        let found: Vec<_> = bases.iter().filter_map(|base| base.facts(ip)).collect();
        let place = Arc::new(place::merge(&found, &self.key));
        cache.keep(ids, Arc::clone(&place));
        place
    }
}

impl Cache {
    fn belong_to(&mut self, bases: u64) {
        if self.bases != bases {
            self.bases = bases;
            self.young.clear();
            self.old.clear();
        }
    }

    fn find(&mut self, ids: &RecordIds) -> Option<Arc<Place>> {
        if let Some(place) = self.young.get(ids) {
            return Some(Arc::clone(place));
        }
        let place = self.old.remove(ids)?;
        self.keep(*ids, Arc::clone(&place));
        Some(place)
    }

    fn keep(&mut self, ids: RecordIds, place: Arc<Place>) {
        if self.young.len() >= GENERATION {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(ids, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(n: u32) -> RecordIds {
        let mut ids = RecordIds::default();
        ids[0] = n;
        ids
    }

    #[test]
    fn cache_is_bounded_and_keeps_what_is_used() {
        let mut cache = Cache::default();
        let used = Arc::new(Place::default());
        cache.keep(ids(1), Arc::clone(&used));

        for n in 2..100_000 {
            cache.keep(ids(n), Arc::new(Place::default()));
            if n % 1_000 == 0 {
                assert!(Arc::ptr_eq(&cache.find(&ids(1)).unwrap(), &used));
            }
            assert!(cache.young.len() + cache.old.len() <= 2 * GENERATION);
        }

        assert!(cache.find(&ids(2)).is_none());
        cache.belong_to(7);
        assert!(cache.find(&ids(1)).is_none());
    }
}
