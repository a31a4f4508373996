//! What one conversion pays, where nothing has been sold yet.

use std::collections::BTreeSet;

use crate::domain::campaign::Campaign;
use crate::domain::documents::Documents;
use crate::domain::flow::Target;
use crate::domain::money::Micros;
use crate::domain::offer::{Offer, PayoutKind};
use crate::domain::period;
use crate::domain::rates::Rates;

/// The mean of what the live offers of these campaigns say that they pay, in the reporting
/// currency, half-even; `None` where none of them says so. Offers that pay a share of the sale say
/// nothing.
pub fn of_offers<'c>(
    campaigns: impl IntoIterator<Item = &'c Campaign>,
    documents: &Documents,
    rates: &Rates,
    at: i64,
) -> Option<Micros> {
    let day = period::day(at, chrono_tz::Tz::UTC);
    let worth = |offer: &Offer| {
        let payout = &offer.payout;
        let says_so = payout.kind != PayoutKind::Percent && payout.value > Micros::ZERO;
        let amount = says_so.then_some(payout.value)?;
        rates.convert(amount, payout.currency, rates.reporting(), day)
    };
    let ids: BTreeSet<u64> = campaigns.into_iter().flat_map(offers).collect();
    let offers = ids.iter().filter_map(|id| documents.offers.get(id));
    let live = offers.filter(|offer| offer.state.is_active());
    let amounts: Vec<Micros> = live.filter_map(|offer| worth(offer)).collect();
    let sum = amounts
        .iter()
        .try_fold(0_i64, |sum, one| sum.checked_add(one.0))?;
    Micros(sum).scaled(
        1,
        i64::try_from(amounts.len())
            .ok()
            .filter(|count| *count > 0)?,
    )
}

/// The offers that its active flows split to.
fn offers(campaign: &Campaign) -> impl Iterator<Item = u64> {
    let flows = campaign.flows.iter().filter(|flow| flow.state.is_active());
    flows.flat_map(|flow| match &flow.target {
        Target::Split { offers, .. } => offers.iter().map(|one| one.offer_id).collect(),
        _ => Vec::new(),
    })
}
