//! Numbers instead of texts: rows are grouped by them.

use ahash::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Gives each string of bytes a number, from 0 on, in the order in which they first come.
#[derive(Clone, Default)]
pub(super) struct Numbering {
    /// All of them, one behind the other.
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    numbers: HashTable<u32>,
    hasher: RandomState,
}

impl Numbering {
    pub(super) fn number(&mut self, key: &[u8]) -> u32 {
        let Self {
            bytes,
            ends,
            numbers,
            hasher,
        } = self;
        let is_same = |number: &u32| slice(bytes, ends, *number) == key;
        let rehash = |number: &u32| hasher.hash_one(slice(bytes, ends, *number));
        match numbers.entry(hasher.hash_one(key), is_same, rehash) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(place) => {
                let number = ends.len() as u32;
                place.insert(number);
                bytes.extend_from_slice(key);
                ends.push(bytes.len());
                number
            }
        }
    }

    /// What a number stands for.
    ///
    /// # Panics
    ///
    /// If it was not given out.
    pub(super) fn of(&self, number: u32) -> &[u8] {
        slice(&self.bytes, &self.ends, number)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes in memory, roughly.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.ends.len() * 16
    }
}

#[inline]
fn slice<'b>(bytes: &'b [u8], ends: &[usize], number: u32) -> &'b [u8] {
    let number = number as usize;
    let start = number.checked_sub(1).map_or(0, |before| ends[before]);
    &bytes[start..ends[number]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_string_has_one_number_and_each_number_one_string() {
        let mut numbering = Numbering::default();
        let texts: Vec<String> = (0..3_000)
            .map(|number| (number % 1_000).to_string())
            .collect();

        let numbers: Vec<u32> = texts
            .iter()
            .map(|text| numbering.number(text.as_bytes()))
            .collect();

        assert_eq!(numbering.len(), 1_000);
        for (text, number) in texts.iter().zip(numbers) {
            assert_eq!(numbering.of(number), text.as_bytes());
            assert_eq!(number.to_string(), *text);
        }
        assert_eq!(numbering.number(b""), 1_000);
        assert_eq!(numbering.of(1_000), b"");
    }
}
