//! Which payout wins, and what the conversion itself costs.
//!
//! A readable payout of the postback wins (0 counts, for lead and sale); else the amount so far;
//! else the offer's value. What is missing or cannot be read never overwrites. A sale amount feeds
//! percent payouts and is never itself a payout.

use super::Terms;
use super::worth;
use crate::domain::campaign::CostModel;
use crate::domain::conversion::{Conversion, Money, Status};
use crate::domain::money::{Currency, Micros};
use crate::domain::offer::PayoutKind;
use crate::postback::said::{Payout, Said};

/// 100 percent, in millionths of a percent.
const WHOLE: i64 = 100_000_000;

/// The amount and its currency, of a row that becomes `status`.
pub(super) fn payout(
    said: &Said,
    row: Option<&Conversion>,
    status: Option<Status>,
    terms: &Terms<'_>,
) -> (Micros, Currency) {
    let earns = status.is_none_or(Status::earns);
    let stated = match row {
        _ if earns => stated(said, terms),
        None => stated(said, terms).filter(|amount| *amount != Micros::ZERO),
        Some(_) => None,
    };
    if let Some(amount) = stated {
        return (amount, currency(said, terms));
    }
    if let Some(row) = row {
        return (row.revenue.amount, row.revenue.currency);
    }
    let known = terms.offer.map(|offer| &offer.payout);
    match known.filter(|payout| payout.kind != PayoutKind::Percent) {
        Some(payout) => (payout.value, payout.currency),
        None => (Micros::ZERO, currency(said, terms)),
    }
}

/// What the postback itself says that it pays: an amount, or a sale of which it is a share.
pub(super) fn stated(said: &Said, terms: &Terms<'_>) -> Option<Micros> {
    match said.payout {
        Payout::Stated(amount) => Some(amount),
        Payout::Missing | Payout::Unreadable(_) => share_of_the_sale(said, terms),
    }
}

/// The currency of what the postback states: its own, then the network's, then the offer's.
pub(super) fn currency(said: &Said, terms: &Terms<'_>) -> Currency {
    let of_network = || terms.network.and_then(|network| network.currency);
    let of_offer = || terms.offer.map(|offer| offer.payout.currency);
    said.currency
        .or_else(of_network)
        .or_else(of_offer)
        .unwrap_or(terms.rates.reporting())
}

fn share_of_the_sale(said: &Said, terms: &Terms<'_>) -> Option<Micros> {
    let payout = terms.offer.map(|offer| &offer.payout)?;
    match payout.kind {
        PayoutKind::Percent => said.sale_amount?.scaled(payout.value.0, WHOLE),
        _ => None,
    }
}

/// What the conversion costs where the campaign's traffic is paid by results: per first conversion,
/// or a share of the revenue; or as the postback says. What is rejected costs nothing.
pub(super) fn cost(said: &Said, row: &Conversion, terms: &Terms<'_>) -> Option<Money> {
    booked(said.cost, row, terms)
}

/// The same, where `stated` is what somebody says.
pub(super) fn booked(stated: Option<Micros>, row: &Conversion, terms: &Terms<'_>) -> Option<Money> {
    let click = terms.click?;
    let model = click.cost?;
    let earns = row.status.is_some_and(Status::earns) && !row.is_test;
    let stated = stated.filter(|cost| *cost >= Micros::ZERO);
    let counts = terms.event.is_none_or(|event| event.counts_as_conversion);
    let (amount, currency) = match model.model {
        CostModel::Cpa if row.is_first() && counts => match (stated, row.cost) {
            (Some(stated), _) => (stated, model.currency),
            (None, Some(before)) if before.amount != Micros::ZERO => {
                (before.amount, before.currency)
            }
            _ => (model.value, model.currency),
        },
        CostModel::Revshare => match stated {
            Some(stated) => (stated, model.currency),
            None => (
                row.revenue.amount.scaled(model.value.0, WHOLE)?,
                row.revenue.currency,
            ),
        },
        _ => return None,
    };
    let amount = if earns { amount } else { Micros::ZERO };
    Some(worth(amount, currency, click.at, terms.rates))
}
