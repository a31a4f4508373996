//! Segments made anew from the raw rows, one with each step.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::seal::seal;
use super::{Kind, segments};
use crate::domain::id::Id;
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

/// Where work on all segments goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub kind: Kind,
    pub from_id: i64,
}

impl Cursor {
    pub const START: Cursor = Cursor {
        kind: Kind::Clicks,
        from_id: 0,
    };

    /// Behind the last segment of a kind.
    pub(super) fn of_next_kind(kind: Kind) -> Option<Cursor> {
        match kind {
            Kind::Clicks => Some(Cursor {
                kind: Kind::Conversions,
                from_id: 0,
            }),
            Kind::Conversions => None,
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuilt {
    pub kind: Kind,
    /// Rows of the segment that was made.
    pub rows: u64,
    /// `None` at the end.
    pub next: Option<Cursor>,
}

/// Makes the segment anew that begins there; archived ones are left alone. Rows of the last minute
/// are sealed, too.
pub fn rebuild(
    writer: &Writer,
    readers: &Readers,
    at: Cursor,
    now: i64,
) -> Result<Rebuilt, StoreError> {
    let kind = at.kind;
    let until = Id::first_at(now).to_row();
    let Some(ids) = range(readers, at, until)? else {
        return Ok(Rebuilt {
            kind,
            rows: 0,
            next: Cursor::of_next_kind(kind),
        });
    };
    let sealed = seal(writer, readers, kind, ids.clone())?;
    // Where the sealer came in between, the step is made again.
    let (rows, from_id) = sealed.map_or((0, ids.start), |sealed| (sealed.rows, sealed.end));
    let next = match from_id < until {
        true => Some(Cursor { kind, from_id }),
        false => Cursor::of_next_kind(kind),
    };
    Ok(Rebuilt { kind, rows, next })
}

/// The next ids of which no archived segment is; `None` if there are none before the end.
fn range(readers: &Readers, at: Cursor, until: i64) -> Result<Option<Range<i64>>, StoreError> {
    let mut ids = at.from_id..until;
    for segment in segments::of_kind(&*readers.get()?, at.kind)? {
        if !segment.is_archived || segment.ids.end <= ids.start {
            continue;
        }
        if segment.ids.start > ids.start {
            ids.end = ids.end.min(segment.ids.start);
            break;
        }
        ids.start = segment.ids.end;
    }
    Ok((!ids.is_empty()).then_some(ids))
}
