//! A column as a dictionary and codes.

use std::collections::HashMap;

use ahash::RandomState;

use super::bytes::{Rest, put, put_signed};
use super::{MOST_ROWS, Unreadable, Value};

const LAYOUT: u8 = 1;
const EMPTY: u8 = 0;
const NUMBER: u8 = 1;
const TEXT: u8 = 2;
const BYTES: u8 = 3;

/// A column that is being written.
#[derive(Default)]
pub struct Builder {
    entries: Vec<u8>,
    count: usize,
    codes: Vec<u16>,
    numbers: HashMap<i64, u16, RandomState>,
    texts: HashMap<Box<[u8]>, u16, RandomState>,
    bytes: HashMap<Box<[u8]>, u16, RandomState>,
    empty: Option<u16>,
}

impl Builder {
    /// Appends the value of the next row.
    ///
    /// # Panics
    ///
    /// If there are [`MOST_ROWS`] already.
    pub fn push(&mut self, value: Value<'_>) {
        assert!(self.codes.len() < MOST_ROWS, "a segment is full");
        let known = match value {
            Value::Empty => self.empty,
            Value::Number(number) => self.numbers.get(&number).copied(),
            Value::Text(text) => self.texts.get(text.as_bytes()).copied(),
            Value::Bytes(bytes) => self.bytes.get(bytes).copied(),
        };
        let code = known.unwrap_or_else(|| self.enter(value));
        self.codes.push(code);
    }

    fn enter(&mut self, value: Value<'_>) -> u16 {
        // No more entries than rows.
        let code = self.count as u16;
        self.count += 1;
        match value {
            Value::Empty => {
                self.entries.push(EMPTY);
                self.empty = Some(code);
            }
            Value::Number(number) => {
                self.entries.push(NUMBER);
                put_signed(&mut self.entries, number);
                self.numbers.insert(number, code);
            }
            Value::Text(text) => {
                self.enter_bytes(TEXT, text.as_bytes());
                self.texts.insert(text.as_bytes().into(), code);
            }
            Value::Bytes(bytes) => {
                self.enter_bytes(BYTES, bytes);
                self.bytes.insert(bytes.into(), code);
            }
        }
        code
    }

    fn enter_bytes(&mut self, tag: u8, bytes: &[u8]) {
        self.entries.push(tag);
        put(&mut self.entries, bytes.len() as u64);
        self.entries.extend_from_slice(bytes);
    }

    /// The bytes of the block.
    pub fn finish(self) -> Vec<u8> {
        let bits = bits(self.count);
        let mut bytes = Vec::with_capacity(self.entries.len() + self.codes.len() * bits / 8 + 16);
        bytes.push(LAYOUT);
        put(&mut bytes, self.codes.len() as u64);
        put(&mut bytes, self.count as u64);
        bytes.extend_from_slice(&self.entries);
        match bits {
            0 => {}
            16 => bytes.extend(self.codes.iter().flat_map(|code| code.to_le_bytes())),
            _ => bytes.extend(self.codes.chunks(8 / bits).map(|codes| {
                let codes = codes.iter().enumerate();
                codes.fold(0, |byte, (place, code)| {
                    byte | (*code as u8) << (place * bits)
                })
            })),
        }
        bytes
    }
}

/// Bits of a code, where there are so many entries.
fn bits(entries: usize) -> usize {
    match entries {
        0..=1 => 0,
        2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        17..=256 => 8,
        _ => 16,
    }
}

/// A column that was read: the value of a row is the entry that its code names. Each code names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block<'b> {
    pub entries: Vec<Value<'b>>,
    pub codes: Codes,
}

/// The codes of all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Codes {
    /// So many rows, all of which have the first entry.
    Same(usize),
    Bytes(Vec<u8>),
    Words(Vec<u16>),
}

impl Codes {
    pub fn rows(&self) -> usize {
        match self {
            Codes::Same(rows) => *rows,
            Codes::Bytes(codes) => codes.len(),
            Codes::Words(codes) => codes.len(),
        }
    }

    /// The code of a row.
    ///
    /// # Panics
    ///
    /// Unless there is such a row.
    #[inline]
    pub fn of(&self, row: usize) -> usize {
        match self {
            Codes::Same(_) => 0,
            Codes::Bytes(codes) => codes[row].into(),
            Codes::Words(codes) => codes[row].into(),
        }
    }
}

impl<'b> Block<'b> {
    /// Reads a block; whatever the bytes are, an answer comes and memory is bounded by their number
    /// and that of the rows.
    pub fn read(bytes: &'b [u8]) -> Result<Block<'b>, Unreadable> {
        let mut rest = Rest(bytes);
        if rest.byte()? != LAYOUT {
            return Err(Unreadable("its layout is of another version"));
        }
        let (rows, count) = (rest.length()?, rest.length()?);
        if rows > MOST_ROWS || count > rows {
            return Err(Unreadable("it has too many rows or entries"));
        }
        let entries = (0..count).map(|_| entry(&mut rest));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let codes = codes(rest.0, rows, count)?;
        Ok(Block { entries, codes })
    }

    /// The value of a row.
    ///
    /// # Panics
    ///
    /// Unless there is such a row.
    pub fn value(&self, row: usize) -> Value<'b> {
        self.entries[self.codes.of(row)]
    }
}

fn entry<'b>(rest: &mut Rest<'b>) -> Result<Value<'b>, Unreadable> {
    Ok(match rest.byte()? {
        EMPTY => Value::Empty,
        NUMBER => Value::Number(rest.signed()?),
        tag @ (TEXT | BYTES) => {
            let length = rest.length()?;
            let bytes = rest.take(length)?;
            match tag {
                BYTES => Value::Bytes(bytes),
                _ => {
                    let text = std::str::from_utf8(bytes);
                    Value::Text(text.map_err(|_| Unreadable("a text is not UTF-8"))?)
                }
            }
        }
        _ => return Err(Unreadable("an entry is of no known kind")),
    })
}

fn codes(bytes: &[u8], rows: usize, entries: usize) -> Result<Codes, Unreadable> {
    let bits = bits(entries);
    if bytes.len() != (rows * bits).div_ceil(8) {
        return Err(Unreadable("its codes are not as long as it says"));
    }
    let (codes, largest) = match bits {
        0 if rows > 0 && entries == 0 => return Err(Unreadable("it has rows without entries")),
        0 => (Codes::Same(rows), 0),
        16 => {
            let words = bytes.chunks_exact(2);
            let words: Vec<u16> = words
                .map(|two| u16::from_le_bytes([two[0], two[1]]))
                .collect();
            let largest = words.iter().copied().max().unwrap_or(0);
            (Codes::Words(words), largest.into())
        }
        8 => (Codes::Bytes(bytes.to_vec()), largest(bytes)),
        _ => {
            let mut codes = Vec::with_capacity(rows + 8);
            let mask = (1_u8 << bits) - 1;
            for byte in bytes {
                codes.extend((0..8 / bits).map(|place| byte >> (place * bits) & mask));
            }
            codes.truncate(rows);
            let largest = largest(&codes);
            (Codes::Bytes(codes), largest)
        }
    };
    if largest >= entries.max(1) {
        return Err(Unreadable("a code names no entry"));
    }
    Ok(codes)
}

fn largest(codes: &[u8]) -> usize {
    codes.iter().copied().max().unwrap_or(0).into()
}
