//! Negative amounts.

use super::amounts::{self, cost};
use super::{Credit, Terms, fresh, worth};
use crate::domain::conversion::{Conversion, Status};
use crate::domain::money::Micros;
use crate::postback::said::{Said, SaidStatus};
use crate::postback::verdict::Verdict;

/// A negative amount: money only, on the side of what it takes away from.
pub(super) fn correct(
    said: &Said,
    rows: &[Conversion],
    terms: &Terms<'_>,
    amount: Micros,
) -> Credit {
    let is_same = |row: &Conversion| {
        row.is_correction
            && row.is_test == said.is_test
            && row.event == said.event
            && row.tid == said.tid
            && row.revenue.amount == amount
    };
    if said.tid.is_some()
        && let Some(index) = rows.iter().position(is_same)
    {
        let reason = "A duplicate: this correction is known already.".to_owned();
        return Credit::Nothing(Some(index), Verdict::Unchanged, reason);
    }
    let mut row = fresh(said, terms, false);
    row.is_correction = true;
    row.status = match said.status {
        SaidStatus::Known(Status::Lead) => Some(Status::Lead),
        _ => Some(Status::Sale),
    };
    row.revenue = worth(
        amount,
        amounts::currency(said, terms),
        terms.now,
        terms.rates,
    );
    row.cap_day = None;
    row.cost = cost(said.cost, None, &row, terms);
    Credit::New(Box::new(row))
}
