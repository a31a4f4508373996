//! A number for each combination of values.
//!
//! Where the combinations that there can be are few, a table says it at once; where they are many,
//! each row is looked up among those that were met.

use super::keys::Keys;

/// Not looked up yet.
const UNSET: u32 = u32::MAX;
/// The table has at most so many places: 32 MB.
const MOST_BITS: u32 = if cfg!(test) { 4 } else { 23 };

/// The groups that one thread has met, of so many dimensions.
pub(super) struct Groups {
    dimensions: usize,
    keys: Keys,
    /// By values packed into bits: the group.
    table: Vec<u32>,
    /// How many bits the values of each dimension take.
    bits: Vec<u32>,
}

impl Groups {
    pub(super) fn new(dimensions: usize) -> Self {
        let mut keys = Keys::new(dimensions);
        if dimensions == 0 {
            // There is one group, whatever is in it.
            keys.number(&[]);
        }
        Self {
            dimensions,
            keys,
            table: Vec::new(),
            bits: Vec::new(),
        }
    }

    /// The group of each of so many rows. Of each dimension there are its values, a number for each
    /// row, and how many values it has so far.
    pub(super) fn of_rows(&mut self, rows: usize, mut values: Vec<(Vec<u32>, usize)>) -> Vec<u32> {
        match self.dimensions {
            0 => vec![0; rows],
            1 => {
                let (values, known) = values.swap_remove(0);
                // Every value is some row's, so each is a group, and of the same number.
                for value in self.keys.len()..known {
                    self.keys.number(&[value as u32]);
                }
                values
            }
            _ => match self.fits(&values) {
                true => self.by_table(&values),
                false => self.by_key(rows, &values),
            },
        }
    }

    /// Whether the table can hold all combinations, and makes it do so.
    fn fits(&mut self, values: &[(Vec<u32>, usize)]) -> bool {
        let bits = values.iter().map(|(_, known)| bits(*known));
        let bits: Vec<u32> = bits.collect();
        let all: u32 = bits.iter().sum();
        if all > MOST_BITS {
            return false;
        }
        if bits != self.bits {
            self.bits = bits;
            self.table.clear();
            self.table.resize(1 << all, UNSET);
        }
        true
    }

    fn by_table(&mut self, values: &[(Vec<u32>, usize)]) -> Vec<u32> {
        let mut packed = values[0].0.clone();
        let mut shift = self.bits[0];
        for ((more, _), bits) in values.iter().zip(&self.bits).skip(1) {
            for (packed, value) in packed.iter_mut().zip(more) {
                *packed |= value << shift;
            }
            shift += bits;
        }
        for place in &mut packed {
            let group = self.table[*place as usize];
            *place = match group {
                UNSET => self.enter(*place),
                group => group,
            };
        }
        packed
    }

    #[cold]
    fn enter(&mut self, packed: u32) -> u32 {
        let mut key = Vec::with_capacity(self.dimensions);
        let mut rest = packed;
        for bits in &self.bits {
            let value = rest & ((1 << bits) - 1);
            key.push(value);
            rest >>= bits;
        }
        let group = self.keys.number(&key);
        self.table[packed as usize] = group;
        group
    }

    fn by_key(&mut self, rows: usize, values: &[(Vec<u32>, usize)]) -> Vec<u32> {
        let mut key = vec![0; self.dimensions];
        let groups = (0..rows).map(|row| {
            for (to, (values, _)) in key.iter_mut().zip(values) {
                *to = values[row];
            }
            self.keys.number(&key)
        });
        groups.collect()
    }

    /// The group of these values.
    pub(super) fn number(&mut self, values: impl Iterator<Item = u32>) -> u32 {
        let key: Vec<u32> = values.collect();
        self.keys.number(&key)
    }

    /// The value that a group has in a dimension.
    ///
    /// # Panics
    ///
    /// If there is no such group or dimension.
    pub(super) fn value(&self, group: u32, dimension: usize) -> u32 {
        self.keys.of(group)[dimension]
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }
}

/// Bits that so many numbers from 0 on take; at least one.
fn bits(numbers: usize) -> u32 {
    numbers.max(2).next_power_of_two().trailing_zeros()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_share_a_group_just_where_they_share_all_values(
            dimensions in 0usize..5,
            chunks in prop::collection::vec((1u32..9, prop::collection::vec(any::<[u32; 4]>(), 0..40)), 0..5),
        ) {
            let mut groups = Groups::new(dimensions);
            let mut known = vec![HashMap::new(); dimensions];
            let mut met: HashMap<Vec<u32>, u32> = HashMap::new();
            for (variety, rows) in chunks {
                // Values are numbered as they are met.
                let rows: Vec<Vec<u32>> = rows.iter().map(|row| {
                    let values = known.iter_mut().zip(row);
                    values.map(|(known, value): (&mut HashMap<u32, u32>, _)| {
                        let next = known.len() as u32;
                        *known.entry(value % variety).or_insert(next)
                    }).collect()
                }).collect();
                let columns = (0..dimensions).map(|one| {
                    let values = rows.iter().map(|row| row[one]).collect();
                    (values, known[one].len())
                });

                let found = groups.of_rows(rows.len(), columns.collect());

                for (row, group) in rows.into_iter().zip(found) {
                    for (dimension, value) in row.iter().enumerate() {
                        prop_assert_eq!(groups.value(group, dimension), *value);
                    }
                    prop_assert_eq!(*met.entry(row).or_insert(group), group);
                }
            }
            let expected = if dimensions == 0 { 1 } else { met.len() };
            prop_assert_eq!(groups.len(), expected);
        }
    }
}
