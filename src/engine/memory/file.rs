//! The tables as a file, so that a restart forgets nobody.
//!
//! Magic, mark of the secret, mark of the time; then the parts of both tables, each a count and
//! its entries, oldest first; then a CRC-32 of all that. Numbers are little-endian. A file of
//! another secret or form, or a damaged one, is not loaded: the clicks tell the same.

use std::io::{self, Write};

use super::Visitors;
use super::aged::{Aged, STRIPES, Then};
use super::past::Past;

/// Names the form; another form gets another number.
const MAGIC: &[u8; 8] = b"MRSEEN\0\x01";

/// Why a file is not loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("it is cut short or damaged")]
    Damaged,
    #[error("it is of another version of this program")]
    OtherForm,
    #[error("it belongs to another database")]
    OtherSecret,
}

impl Visitors {
    /// Writes everything. `since` is a time (UTC milliseconds) up to which every click is in the
    /// tables; what comes later may be missing. One part is copied at a time, so that nobody
    /// waits for the file.
    pub fn save(&self, since: i64, out: impl Write) -> io::Result<()> {
        let mut out = Summed {
            out,
            sum: crc32fast::Hasher::new(),
        };
        out.write_all(MAGIC)?;
        out.write_all(&self.keys.mark.to_le_bytes())?;
        out.write_all(&since.to_le_bytes())?;
        for stripe in 0..STRIPES {
            let entries = self.campaigns.copy(stripe);
            out.write_all(&(entries.len() as u32).to_le_bytes())?;
            for (key, past) in entries {
                out.write_all(&key.to_le_bytes())?;
                for number in numbers(&past) {
                    out.write_all(&number.to_le_bytes())?;
                }
            }
        }
        for stripe in 0..STRIPES {
            let entries = self.everywhere.copy(stripe);
            out.write_all(&(entries.len() as u32).to_le_bytes())?;
            for (key, since) in entries {
                out.write_all(&key.to_le_bytes())?;
                out.write_all(&since.to_le_bytes())?;
            }
        }
        let sum = out.sum.finalize();
        out.out.write_all(&sum.to_le_bytes())?;
        out.out.flush()
    }

    /// Fills the tables, which must be empty, and says up to which time the file knows all
    /// clicks. Where the file has more than there is room for, the oldest are left out.
    pub fn load(&self, bytes: &[u8]) -> Result<i64, Unfit> {
        let mut rest = Bytes(bytes);
        if rest.take::<8>()? != *MAGIC {
            let same_kind = bytes.starts_with(&MAGIC[..7]);
            return Err(if same_kind {
                Unfit::OtherForm
            } else {
                Unfit::Damaged
            });
        }
        let (body, sum) = bytes.split_last_chunk::<4>().ok_or(Unfit::Damaged)?;
        if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
            return Err(Unfit::Damaged);
        }
        if u64::from_le_bytes(rest.take()?) != self.keys.mark {
            return Err(Unfit::OtherSecret);
        }
        let since = i64::from_le_bytes(rest.take()?);
        for _ in 0..STRIPES {
            for _ in 0..rest.number()? {
                let key = u64::from_le_bytes(rest.take()?);
                let mut numbers = [0; NUMBERS];
                for number in &mut numbers {
                    *number = rest.number()?;
                }
                put(&self.campaigns, key, past(numbers));
            }
        }
        for _ in 0..STRIPES {
            for _ in 0..rest.number()? {
                let key = u64::from_le_bytes(rest.take()?);
                put(&self.everywhere, key, rest.number()?);
            }
        }
        Ok(since)
    }
}

fn put<V: Copy>(table: &Aged<V>, key: u64, value: V) {
    table.update(key, |_| (Then::Renew(value), ()));
}

const NUMBERS: usize = 7;

fn numbers(past: &Past) -> [u32; NUMBERS] {
    let [low, high] = past.flows;
    [
        past.minute,
        past.bound,
        past.flow_id,
        past.landing_id,
        past.offer_id,
        low,
        high,
    ]
}

fn past(numbers: [u32; NUMBERS]) -> Past {
    let [minute, bound, flow_id, landing_id, offer_id, low, high] = numbers;
    Past {
        minute,
        bound,
        flow_id,
        landing_id,
        offer_id,
        flows: [low, high],
    }
}

/// What is left to read.
struct Bytes<'b>(&'b [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Unfit> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Unfit::Damaged)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn number(&mut self) -> Result<u32, Unfit> {
        self.take().map(u32::from_le_bytes)
    }
}

/// Sums what is written.
struct Summed<W> {
    out: W,
    sum: crc32fast::Hasher,
}

impl<W: Write> Summed<W> {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.update(bytes);
        self.out.write_all(bytes)
    }
}
