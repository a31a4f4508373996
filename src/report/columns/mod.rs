//! How the rows of a segment are kept: one block of bytes for each column. Pure.
//!
//! A segment is at most [`MOST_ROWS`] rows in the order of their ids. What lies in a column mostly
//! repeats, so a [`Block`] is a dictionary of its values, in the order in which they first appear,
//! and a code of 0 to 16 bits for each row. Ids, which never repeat, are steps from one to the next
//! (`ids.rs`).
//!
//! Rows are filtered and grouped by codes; a value is looked at once for each segment, not once for
//! each row.
//!
//! # The bytes of a block
//!
//! | | |
//! |---|---|
//! | 1 byte | number of the layout: 1 |
//! | varint | rows |
//! | varint | entries of the dictionary |
//! | entries | tag (0 empty, 1 number, 2 text, 3 bytes), then a zigzag varint, or a varint of the length and so many bytes |
//! | codes | as many bits as the number of entries needs, of 0, 1, 2, 4, 8, 16; the lowest bits of a byte come first |
//!
//! Varints are those of [Protocol Buffers](https://protobuf.dev/programming-guides/encoding/#varints).

mod block;
mod bytes;
mod ids;
#[cfg(test)]
mod tests;

pub use block::{Block, Builder, Codes};
pub use ids::{pack_ids, unpack_ids};

/// Most rows of one segment: a code fits into 16 bits.
pub const MOST_ROWS: usize = 1 << 16;

/// What a row has in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Value<'a> {
    Empty,
    Number(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// Bytes that are no block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a column of a segment cannot be read: {0}; \"millrace columns verify\" tells which one, and has \
     it made anew"
)]
pub struct Unreadable(pub &'static str);
