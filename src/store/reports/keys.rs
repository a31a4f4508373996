//! Combinations of values by numbers: as [`super::numbering`], for a few numbers of one length.

use ahash::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Gives each combination of so many values a number, from 0 on, in the order in which they first
/// come.
pub(super) struct Keys {
    dimensions: usize,
    /// All of them, one behind the other.
    values: Vec<u32>,
    count: usize,
    numbers: HashTable<u32>,
    hasher: RandomState,
}

impl Keys {
    pub(super) fn new(dimensions: usize) -> Self {
        Self {
            dimensions,
            values: Vec::new(),
            count: 0,
            numbers: HashTable::new(),
            hasher: RandomState::new(),
        }
    }

    /// The number of a combination.
    #[inline]
    pub(super) fn number(&mut self, key: &[u32]) -> u32 {
        let Self {
            dimensions,
            values,
            count,
            numbers,
            hasher,
        } = self;
        let of = |number: &u32| slice(values, *dimensions, *number);
        let is_same = |number: &u32| of(number) == key;
        let rehash = |number: &u32| hash(hasher, of(number));
        match numbers.entry(hash(hasher, key), is_same, rehash) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(place) => {
                let number = *count as u32;
                place.insert(number);
                values.extend_from_slice(key);
                *count += 1;
                number
            }
        }
    }

    /// What a number stands for.
    ///
    /// # Panics
    ///
    /// If it was not given out.
    pub(super) fn of(&self, number: u32) -> &[u32] {
        slice(&self.values, self.dimensions, number)
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }
}

#[inline]
fn slice(values: &[u32], dimensions: usize, number: u32) -> &[u32] {
    let start = number as usize * dimensions;
    &values[start..start + dimensions]
}

/// Up to four values are hashed as one number, which takes a third of the time.
#[inline]
fn hash(hasher: &RandomState, key: &[u32]) -> u64 {
    let two = |one: u32, other: u32| u64::from(one) << 32 | u64::from(other);
    let four = |one: u64, other: u64| u128::from(one) << 64 | u128::from(other);
    match *key {
        [a, b] => hasher.hash_one(two(a, b)),
        [a, b, c] => hasher.hash_one(four(two(a, b), two(c, 0))),
        [a, b, c, d] => hasher.hash_one(four(two(a, b), two(c, d))),
        _ => hasher.hash_one(key),
    }
}
