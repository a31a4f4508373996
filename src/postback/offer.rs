//! Which offer a conversion is credited to.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::offer::Offer;

/// The last clicked offer that belongs to the network whose key was called, else the last clicked
/// one, else the click's own. `clicked` are the offers of the click's steps, in their order.
pub fn credited(
    network_id: Option<u64>,
    clicked: &[u64],
    of_click: Option<u64>,
    offers: &BTreeMap<u64, Arc<Offer>>,
) -> Option<u64> {
    let belongs = |id: &&u64| {
        let offer = offers.get(id);
        network_id.is_some() && offer.is_some_and(|offer| offer.network_id == network_id)
    };
    let of_network = clicked.iter().rev().find(belongs);
    of_network.or(clicked.last()).copied().or(of_click)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_that_calls_comes_before_the_last_click() {
        let offer = |id, network_id| {
            let offer = Offer {
                id,
                network_id,
                ..Offer::default()
            };
            (id, Arc::new(offer))
        };
        let offers = BTreeMap::from([offer(1, Some(5)), offer(2, Some(6)), offer(3, None)]);
        let cases = [
            (Some(5), &[1, 2][..], Some(3), Some(1)),
            (Some(6), &[1, 2, 3], None, Some(2)),
            (Some(7), &[1, 2], None, Some(2)),
            (None, &[1, 3], Some(2), Some(3)),
            (Some(5), &[], Some(3), Some(3)),
            (None, &[], None, None),
        ];
        for (network_id, clicked, of_click, expected) in cases {
            let found = credited(network_id, clicked, of_click, &offers);
            assert_eq!(found, expected, "{network_id:?} {clicked:?}");
        }
    }
}
