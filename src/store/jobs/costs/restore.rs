//! Clicks get back what they had cost before an update.

use rusqlite::{Connection, OptionalExtension};

use super::charge::Shares;
use super::pieces::{Charged, Piece, in_words};
use super::{LineFound, Moved};
use crate::store::error::StoreError;
use crate::store::jobs::PIECE;

/// What came of restoring some pieces.
#[derive(Debug, Default)]
pub struct Restored {
    /// The pieces before this number are next; `None` at the end.
    pub next: Option<u64>,
    pub clicks: u64,
    /// Clicks whose cost is not the one of the update any more: they keep it.
    pub left: u64,
    pub moved: Vec<Moved>,
}

/// Restores the clicks of the pieces before this number, the last first, as many as one edit takes.
pub fn restore(
    connection: &Connection,
    update_id: u64,
    lines: &[LineFound],
    before: u64,
) -> Result<Restored, StoreError> {
    let mut restored = Restored {
        next: Some(before),
        ..Restored::default()
    };
    while let Some(number) = restored.next {
        let Some(piece) = Piece::before(connection, update_id, number)? else {
            restored.next = None;
            break;
        };
        let done = (restored.clicks + restored.left) as usize;
        if done > 0 && done + piece.ids.len() > PIECE {
            break;
        }
        restored.piece(connection, update_id, lines, &piece)?;
        restored.next = Some(piece.number);
    }
    Ok(restored)
}

impl Restored {
    fn piece(
        &mut self,
        connection: &Connection,
        update_id: u64,
        lines: &[LineFound],
        piece: &Piece,
    ) -> Result<(), StoreError> {
        let shares = Shares::of(connection, update_id, lines, piece)?;
        let before = piece.before.iter().flatten();
        let clicks = piece.ids.iter().zip(shares.each(piece)).zip(before);
        for ((id, charged), before) in clicks {
            let stored = (Some(charged), Some(shares.currency_id));
            let found = Charged::find(connection, *id)?;
            let Some(found) = found.filter(|found| found.stored == stored) else {
                self.left += 1;
                continue;
            };
            Charged::set(connection, *id, *before)?;
            self.clicks += 1;
            let code = before
                .1
                .map(|id| code(connection, id))
                .transpose()?
                .flatten();
            self.moved.push(Moved {
                campaign_id: found.campaign_id,
                at: found.at,
                before: found.cost,
                after: in_words(before.0, code.as_deref()),
            });
        }
        Ok(())
    }
}

fn code(connection: &Connection, currency_id: i64) -> Result<Option<String>, rusqlite::Error> {
    const SQL: &str = "select code from currencies where id = ?1";
    let mut statement = connection.prepare_cached(SQL)?;
    statement
        .query_row([currency_id], |row| row.get(0))
        .optional()
}
