//! What was spent on campaigns on days without a click that it could be spread over. It has a time, a
//! campaign and the group of that; every other dimension of it is empty.

use super::{Span, Work};
use crate::store::error::StoreError;
use crate::store::unassigned_costs;

/// Adds it to each pile that it concerns.
pub(super) fn count(work: &mut Work<'_, '_>) -> Result<(), StoreError> {
    let reader = work.readers.get()?;
    for range in work.tracks.plan.all_times() {
        let span = Span {
            from: range.start,
            to: range.end,
        };
        for cost in unassigned_costs::between(&reader, span, &[])? {
            let (row, worth) = (cost.row, cost.worth(work.costs.rates()));
            let (piles, tracks) = work.tracks.of(row.campaign_id);
            for track in tracks {
                let Some(stretch) = track.stretch(row.at) else {
                    continue;
                };
                let pile = &piles[track.pile];
                let codes = work.facts.codes_of_campaign(&pile.columns, row.campaign_id);
                if worth.0 != 0 && pile.takes(&codes) {
                    track.sums(stretch, &codes).charge(worth);
                }
            }
        }
    }
    work.tracks.settle();
    Ok(())
}
