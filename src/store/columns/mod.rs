//! Segments: clicks and conversions by column, so that a report reads only what it asks for.
//!
//! Raw rows are the truth. A segment covers a range of ids, and every raw row of its kind with such
//! an id belongs to it; what no segment covers is read from the raw rows, packed in the same way
//! ([`crate::report::columns`] says how).
//!
//! | file | what it knows |
//! |---|---|
//! | `column.rs` | the columns, their numbers in the file, where they stand in the raw rows |
//! | `chunk.rs` | rows in the form of a segment |
//! | `rows.rs` | raw rows, packed |
//! | `pieces.rs` | what has to be read for a span of time |
//! | `loose.rs` | changes that no segment says yet |
//! | `segments.rs` | segments as they lie in the file |
//! | `seal.rs` | how raw rows become a segment, and no change is lost |
//! | `plan.rs`, `sealer.rs` | what is sealed when |
//! | `rebuild.rs`, `verify.rs` | all segments made anew, or compared with the raw rows |
//! | `archive.rs` | segments that outlive their raw rows |
//!
//! # Adding a column
//!
//! A variant in `column.rs`, and its row in one of the tables there, with a number that was never used
//! before. Segments of older versions have it only after `millrace columns rebuild`.

pub mod archive;
mod chunk;
mod column;
pub(in crate::store) mod loose;
mod pieces;
mod plan;
mod rebuild;
mod rows;
mod seal;
pub mod sealer;
mod segments;
#[cfg(test)]
mod tests;
mod verify;

use serde::{Deserialize, Serialize};

pub(in crate::store) use chunk::Chunk;
pub(in crate::store) use column::Column;
pub(in crate::store) use pieces::{Piece, chunks, pieces};
pub use rebuild::{Cursor, Rebuilt, rebuild};
pub use verify::{Verified, verify};

use crate::report::columns::MOST_ROWS;

/// Rows of a full segment; few in tests, so that they meet full ones.
const FULL: usize = if cfg!(test) { 40 } else { MOST_ROWS };

/// What a segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Tests are among them; their flags say so.
    Clicks,
    /// With all that a segment keeps of their clicks. Tests and those without a stored click are in
    /// none.
    Conversions,
}

impl Kind {
    pub(in crate::store) const ALL: [Kind; 2] = [Kind::Clicks, Kind::Conversions];

    /// Where its raw rows are.
    pub(super) fn table(self) -> &'static str {
        match self {
            Kind::Clicks => "clicks",
            Kind::Conversions => "conversions",
        }
    }

    /// What it is called in the file. A published number keeps its meaning.
    pub(super) fn number(self) -> u8 {
        match self {
            Kind::Clicks => 1,
            Kind::Conversions => 2,
        }
    }

    /// The column of the ids in whose order its rows lie.
    pub(in crate::store) fn own_id(self) -> Column {
        match self {
            Kind::Clicks => Column::Id,
            Kind::Conversions => Column::ConversionId,
        }
    }
}
