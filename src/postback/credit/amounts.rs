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
/// or a share of the revenue; or as the postback says. What is rejected costs nothing. What was
/// charged once stays as it is until the postback states another cost or, for a share, the revenue
/// is another one: the campaign's cost may have been edited since.
///
/// `stated`: the cost that the postback itself tells.
pub(super) fn cost(
    stated: Option<Micros>,
    before: Option<&Conversion>,
    row: &Conversion,
    terms: &Terms<'_>,
) -> Option<Money> {
    let click = terms.click?;
    let (amount, currency) = charged(stated, before, row, terms)?;
    let earns = row.status.is_some_and(Status::earns) && !row.is_test;
    let amount = if earns { amount } else { Micros::ZERO };
    Some(worth(amount, currency, click.at, terms.rates))
}

fn charged(
    stated: Option<Micros>,
    before: Option<&Conversion>,
    row: &Conversion,
    terms: &Terms<'_>,
) -> Option<(Micros, Currency)> {
    let booked = before.and_then(|before| before.cost);
    let so_far = booked.map(|cost| (cost.amount, cost.currency));
    let standing = so_far.filter(|(amount, _)| *amount != Micros::ZERO);
    let Some(model) = terms.click.and_then(|click| click.cost) else {
        return so_far;
    };
    let stated = stated.filter(|cost| *cost >= Micros::ZERO);
    let stated = stated.map(|cost| (cost, model.currency));
    match model.model {
        CostModel::Cpa => {
            let counts = terms.event.is_none_or(|event| event.counts_as_conversion);
            let own = || stated.or(standing).unwrap_or((model.value, model.currency));
            (row.is_first() && counts).then(own)
        }
        CostModel::Revshare => {
            let earned = |row: &Conversion| (row.revenue.amount, row.revenue.currency);
            let is_same = before.is_some_and(|before| earned(before) == earned(row));
            let share = || {
                let (amount, currency) = earned(row);
                Some((amount.scaled(model.value.0, WHOLE)?, currency))
            };
            stated.or(standing.filter(|_| is_same)).or_else(share)
        }
        CostModel::None | CostModel::Cpc | CostModel::Cpm | CostModel::Cpuc => so_far,
    }
}
