//! Ids of clicks and of what follows from them, and their public form.
//!
//! An [`Id`] has 63 bits: milliseconds since 2024-01-01 UTC (41), node (6), sequence (16). It is
//! the primary key of its table, so rows lie in the order in which they arrived, with no second
//! index. The time of the click is a column of its own: when the clock is set back, ids go on
//! from the highest one.
//!
//! The public form carries those 63 bits and a 37-bit keyed tag, 100 bits in all, as 20
//! characters of lower-case Crockford base32 (<https://www.crockford.com/base32.html>): letters
//! and digits only and short, because networks cut, lower-case or strip longer ones. The tag lets
//! a forged id be refused before any query.

use std::fmt;
use std::hash::Hasher;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;

/// 2024-01-01T00:00:00Z in Unix milliseconds.
const EPOCH_MS: i64 = 1_704_067_200_000;
const SEQUENCE_BITS: u32 = 16;
const NODE_BITS: u32 = 6;
const TIME_BITS: u32 = 41;
const TAG_BITS: u32 = 37;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Length of the public form.
pub const PUBLIC_LEN: usize = 20;

/// A 63-bit id: time, node, sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(u64);

impl Id {
    /// The id stored in a signed column; `None` if negative.
    pub fn from_row(value: i64) -> Option<Id> {
        u64::try_from(value).ok().map(Id)
    }

    pub fn to_row(self) -> i64 {
        self.0 as i64
    }

    /// The id below it, were it given out.
    pub fn before(self) -> Option<Id> {
        self.0.checked_sub(1).map(Id)
    }

    /// The lowest id that a click at this Unix time (milliseconds) can have. For range queries.
    pub fn first_at(unix_ms: i64) -> Id {
        let since = unix_ms
            .saturating_sub(EPOCH_MS)
            .clamp(0, (1 << TIME_BITS) - 1);
        Id((since as u64) << (NODE_BITS + SEQUENCE_BITS))
    }

    /// The Unix time in milliseconds that the id was made for; not before the click's own `at`,
    /// unless the clock was set back.
    pub fn unix_ms(self) -> i64 {
        (self.0 >> (NODE_BITS + SEQUENCE_BITS)) as i64 + EPOCH_MS
    }
}

/// Makes ids of one node: strictly ascending, whatever the clock does. Shared by all threads.
#[derive(Debug)]
pub struct IdGenerator {
    node: u64,
    last: AtomicU64,
}

impl IdGenerator {
    /// `node` is 0..=63; `highest` the highest id that this node is known to have given out.
    pub fn new(node: u8, highest: Option<Id>) -> Self {
        let node = u64::from(node) & ((1 << NODE_BITS) - 1);
        Self {
            node,
            last: AtomicU64::new(highest.map_or(0, |id| id.0)),
        }
    }

    /// `max(time now, the next free id of this node)`.
    pub fn next(&self, unix_ms: i64) -> Id {
        let at_clock = Id::first_at(unix_ms).0 | self.node << SEQUENCE_BITS;
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            let next = at_clock.max(self.after(last));
            match self
                .last
                .compare_exchange_weak(last, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return Id(next),
                Err(now) => last = now,
            }
        }
    }

    /// The highest id given out so far; the lowest possible one if none was.
    pub fn last(&self) -> Id {
        Id(self.last.load(Ordering::Relaxed))
    }

    /// The next free id of this node above `last`, which may be another node's.
    fn after(&self, last: u64) -> u64 {
        let node_and_sequence = last & ((1 << (NODE_BITS + SEQUENCE_BITS)) - 1);
        let millisecond = last >> (NODE_BITS + SEQUENCE_BITS);
        let (node, sequence) = (
            node_and_sequence >> SEQUENCE_BITS,
            node_and_sequence & ((1 << SEQUENCE_BITS) - 1),
        );
        let first_of = |ms: u64| ms << (NODE_BITS + SEQUENCE_BITS) | self.node << SEQUENCE_BITS;
        match node.cmp(&self.node) {
            std::cmp::Ordering::Less => first_of(millisecond),
            std::cmp::Ordering::Equal if sequence + 1 < 1 << SEQUENCE_BITS => last + 1,
            _ => first_of(millisecond + 1),
        }
    }
}

/// Why a text is not a click id of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnId {
    #[error("a click id has 20 letters and digits")]
    Malformed,
    #[error("this click id was not made here: its check does not fit")]
    Forged,
}

/// Turns ids into their public form and back. The secret is kept in the database.
#[derive(Clone)]
pub struct IdCodec {
    hasher: SipHasher24,
}

impl IdCodec {
    pub fn new(secret: &[u8; 16]) -> Self {
        Self {
            hasher: SipHasher24::new_with_key(secret),
        }
    }

    fn tag(&self, id: Id) -> u64 {
        let mut hasher = self.hasher;
        hasher.write_u64(id.0);
        hasher.finish() >> (64 - TAG_BITS)
    }

    pub fn encode(&self, id: Id) -> PublicId {
        let mut bits = u128::from(id.0) << TAG_BITS | u128::from(self.tag(id));
        let mut text = [0; PUBLIC_LEN];
        for place in text.iter_mut().rev() {
            *place = ALPHABET[(bits & 31) as usize];
            bits >>= 5;
        }
        PublicId(text)
    }

    /// Reads case-insensitively; like Crockford's, `o` is 0 and `i`, `l` are 1.
    pub fn decode(&self, text: &str) -> Result<Id, NotAnId> {
        if text.len() != PUBLIC_LEN {
            return Err(NotAnId::Malformed);
        }
        let mut bits: u128 = 0;
        for byte in text.bytes() {
            let digit = match byte.to_ascii_lowercase() {
                b'o' => 0,
                b'i' | b'l' => 1,
                other => ALPHABET
                    .iter()
                    .position(|&c| c == other)
                    .ok_or(NotAnId::Malformed)?,
            };
            bits = bits << 5 | digit as u128;
        }
        let id = Id((bits >> TAG_BITS) as u64);
        let tag = (bits & ((1 << TAG_BITS) - 1)) as u64;
        if tag == self.tag(id) {
            Ok(id)
        } else {
            Err(NotAnId::Forged)
        }
    }
}

/// The 20 characters that leave the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicId([u8; PUBLIC_LEN]);

impl PublicId {
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the alphabet is ASCII")
    }
}

impl fmt::Display for PublicId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    #[test]
    fn ids_ascend_when_the_clock_is_set_back() {
        let ids = IdGenerator::new(3, None);

        let before = ids.next(NOW);
        let after = ids.next(NOW - 3_600_000);

        assert!(after > before);
    }

    #[test]
    fn a_restart_within_the_same_millisecond_repeats_no_id() {
        let first = IdGenerator::new(0, None);
        let highest = (0..1000).map(|_| first.next(NOW)).max();

        let second = IdGenerator::new(0, highest);

        assert!(Some(second.next(NOW)) > highest);
    }

    #[test]
    fn a_full_millisecond_overflows_into_the_next_and_keeps_the_node() {
        let ids = IdGenerator::new(63, None);
        let mut last = ids.next(NOW);

        for _ in 0..70_000 {
            let next = ids.next(NOW);
            assert!(next > last);
            assert_eq!(next.0 >> SEQUENCE_BITS & 63, 63);
            last = next;
        }

        assert_eq!(last.unix_ms(), NOW + 1);
    }

    #[test]
    fn the_highest_id_of_another_node_does_not_change_ours() {
        let other = IdGenerator::new(9, None).next(NOW);

        let ours = IdGenerator::new(4, Some(other)).next(NOW);

        assert!(ours > other);
        assert_eq!(ours.0 >> SEQUENCE_BITS & 63, 4);
    }

    #[test]
    fn threads_never_share_an_id() {
        let ids = IdGenerator::new(0, None);
        let mut all: Vec<Id> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..5_000).map(|_| ids.next(NOW)).collect::<Vec<_>>()))
                .collect();
            workers
                .into_iter()
                .flat_map(|worker| worker.join().expect("no panic"))
                .collect()
        });
        let made = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), made);
    }

    proptest! {
        #[test]
        fn a_public_id_reads_back_in_any_case(raw in 0u64..1 << 63, secret: [u8; 16]) {
            let codec = IdCodec::new(&secret);
            let public = codec.encode(Id(raw)).to_string();
            prop_assert_eq!(codec.decode(&public), Ok(Id(raw)));
            prop_assert_eq!(codec.decode(&public.to_uppercase()), Ok(Id(raw)));
        }

        #[test]
        fn a_changed_character_is_refused(raw in 0u64..1 << 63, place in 0..PUBLIC_LEN, by in 1usize..32) {
            let codec = IdCodec::new(&[7; 16]);
            let mut text = codec.encode(Id(raw)).0;
            let digit = ALPHABET.iter().position(|c| *c == text[place]).expect("of the alphabet");
            text[place] = ALPHABET[(digit + by) % 32];
            prop_assert_eq!(codec.decode(PublicId(text).as_str()), Err(NotAnId::Forged));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = IdCodec::new(&[0; 16]).decode(&text);
        }
    }
}
