//! Clicks are charged with their share.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::pieces::{Charged, Piece, in_words};
use super::{LineFound, Moved};
use crate::domain::cost_update::share;
use crate::domain::money::{Currency, Micros};
use crate::store::error::StoreError;
use crate::store::jobs::PIECE;

/// What came of charging some pieces.
#[derive(Debug, Default)]
pub struct Charge {
    /// Number of the piece with which to go on; `None` at the end.
    pub next: Option<u64>,
    pub clicks: u64,
    /// Clicks whose cost is another now.
    pub changed: u64,
    pub moved: Vec<Moved>,
}

/// Charges the clicks of the pieces from this number on, as many as one edit takes.
pub fn charge(
    connection: &Connection,
    update_id: u64,
    lines: &[LineFound],
    from: u64,
) -> Result<Charge, StoreError> {
    let mut charge = Charge {
        next: Some(from),
        ..Charge::default()
    };
    while let Some(number) = charge.next {
        let Some(piece) = Piece::at(connection, update_id, number)? else {
            charge.next = None;
            break;
        };
        if charge.clicks > 0 && charge.clicks as usize + piece.ids.len() > PIECE {
            break;
        }
        charge.piece(connection, update_id, lines, &piece)?;
        charge.next = Some(piece.number + 1);
    }
    Ok(charge)
}

impl Charge {
    fn piece(
        &mut self,
        connection: &Connection,
        update_id: u64,
        lines: &[LineFound],
        piece: &Piece,
    ) -> Result<(), StoreError> {
        let shares = Shares::of(connection, update_id, lines, piece)?;
        let mut before = Vec::with_capacity(piece.ids.len());
        for (id, after) in piece.ids.iter().zip(shares.each(piece)) {
            self.clicks += 1;
            let Some(found) = Charged::find(connection, *id)? else {
                before.push((None, None));
                continue;
            };
            before.push(found.stored);
            let stored = (Some(after), Some(shares.currency_id));
            if found.stored != stored {
                Charged::set(connection, *id, stored)?;
                self.changed += 1;
                self.moved.push(Moved {
                    campaign_id: found.campaign_id,
                    at: found.at,
                    before: found.cost,
                    after: in_words(Some(after), Some(shares.currency.as_str())),
                });
            }
        }
        Ok(piece.keep(connection, update_id, &before)?)
    }
}

/// What the clicks of a line pay.
pub(super) struct Shares {
    total: Micros,
    clicks: u64,
    pub(super) currency: Currency,
    pub(super) currency_id: i64,
}

impl Shares {
    pub(super) fn of(
        connection: &Connection,
        update_id: u64,
        lines: &[LineFound],
        piece: &Piece,
    ) -> Result<Shares, StoreError> {
        let damaged = |what: &str| StoreError::Damaged(format!("cost update {update_id}: {what}"));
        // They are numbered as they lie.
        let found = usize::try_from(piece.line)
            .ok()
            .and_then(|at| lines.get(at));
        let found = found.ok_or_else(|| damaged("a line is missing"))?;
        let total = found.line.price.of(found.clicks);
        Ok(Shares {
            total: total.ok_or_else(|| damaged("its clicks cost more than can be counted"))?,
            clicks: found.clicks,
            currency: found.line.currency,
            currency_id: currency_id(connection, found.line.currency)?,
        })
    }

    /// In the order of the piece.
    pub(super) fn each(&self, piece: &Piece) -> impl Iterator<Item = i64> {
        let (total, clicks) = (self.total, self.clicks);
        (piece.first..).map(move |index| share(total, clicks, index).0)
    }
}

fn currency_id(connection: &Connection, currency: Currency) -> Result<i64, rusqlite::Error> {
    const FIND: &str = "select id from currencies where code = :code";
    const INSERT: &str = "insert into currencies (code) values (:code)";
    let code = named_params! { ":code": currency.as_str() };
    let mut find = connection.prepare_cached(FIND)?;
    match find.query_row(code, |row| row.get(0)).optional()? {
        Some(id) => Ok(id),
        None => connection.prepare_cached(INSERT)?.insert(code),
    }
}
