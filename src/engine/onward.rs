//! Where a visitor goes from a landing.
//!
//! Documents count as they are now, not as they were when the landing was shown: an offer that is
//! paused or archived gets nobody any more. That the campaign or the flow was paused meanwhile
//! does not matter: the click is paid, and its visitor is on the page.

use std::sync::Arc;

use super::catalog::Catalog;
use super::compiled::{CompiledCampaign, CompiledFallback, CompiledOffer};
use super::dice::Dice;
use super::target::open_offer;
use super::trace::Silent;
use super::visit::Caps;
use crate::domain::flow::{Target, WeightedOffer};
use crate::macros::Template;

/// What is asked for, and what was promised before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    /// The offer that was drawn with the landing, or taken by an earlier step.
    pub assigned: Option<u64>,
    /// The offer that the visitor took on an earlier visit, if that binds.
    pub bound: Option<u64>,
    /// The n-th offer of the flow, from 1.
    pub n: Option<u32>,
    /// This one of the flow's offers.
    pub offer_id: Option<u64>,
}

/// The next step.
#[derive(Debug, Clone, Copy)]
pub enum Onward<'c> {
    Offer {
        offer: &'c CompiledOffer,
        /// Whether it is what the visitor finds again. An overflow is for today.
        binds: bool,
    },
    /// No offer is live: the address of the campaign's fallback.
    Fallback(&'c Template),
    /// No offer is live: this campaign decides anew.
    Campaign(&'c Arc<CompiledCampaign>),
    NotFound,
}

/// The offer for a visitor of a landing of this flow, or else the way out.
///
/// An offer that was asked for by number or id is followed, where it is not live, by the next one
/// that is, in the order of the document. Without such a wish the assigned offer counts; where
/// there is none, the one that the visitor is bound to, if it is among the flow's offers still.
/// Where that is not live any more, one is drawn by weight among the flow's live offers.
/// If none is left, the overflow offer of the assigned one takes over, then the campaign's
/// fallback.
pub fn onward<'c>(
    catalog: &'c Catalog,
    campaign: &'c CompiledCampaign,
    flow_id: Option<u64>,
    wish: &Wish,
    caps: &Caps<'_>,
    dice: &mut Dice,
) -> Onward<'c> {
    let listed = offers(campaign, flow_id);
    let open = |id| open(catalog, caps, id);
    let is_listed = |id: &u64| listed.iter().any(|one| one.offer_id == *id);
    let bound = || wish.bound.filter(is_listed).and_then(open);
    // What an earlier step took stays what the visitor finds again.
    let wished = wished(open, listed, wish).map(|open| Open {
        binds: open.binds && wish.assigned.is_none(),
        ..open
    });
    let passing = |open| Open {
        binds: false,
        ..open
    };
    let found = wished
        .or_else(|| wish.assigned.and_then(open).map(passing))
        .or_else(|| bound().map(passing))
        .or_else(|| draw(open, listed, dice))
        .or_else(|| overflow(catalog, wish.assigned).and_then(open).map(passing));
    match found {
        Some(Open { offer, binds }) => Onward::Offer { offer, binds },
        None => way_out(catalog, campaign),
    }
}

/// The offers of a flow in the order of the document; empty where it has none.
pub fn offers(campaign: &CompiledCampaign, flow_id: Option<u64>) -> &[WeightedOffer] {
    let flows = &campaign.document.flows;
    let flow = flow_id.and_then(|id| flows.iter().find(|flow| flow.id == id));
    match flow.map(|flow| &flow.target) {
        Some(Target::Split { offers, .. }) => offers,
        _ => &[],
    }
}

/// An offer to which visitors may be sent now.
#[derive(Clone, Copy)]
struct Open<'c> {
    offer: &'c CompiledOffer,
    binds: bool,
}

/// The offer itself where visitors may be sent to it now; else, where its cap is full, the offer
/// that takes its overflow.
fn open<'c>(catalog: &'c Catalog, caps: &Caps<'_>, id: u64) -> Option<Open<'c>> {
    let offer = catalog.offer(id).filter(|offer| offer.is_live())?;
    let offer = open_offer(catalog, offer, caps, &mut Silent)?;
    let binds = offer.document.id == id;
    Some(Open { offer, binds })
}

fn wished<'c>(
    open: impl Fn(u64) -> Option<Open<'c>>,
    listed: &[WeightedOffer],
    wish: &Wish,
) -> Option<Open<'c>> {
    let by_id = || {
        let id = wish.offer_id?;
        listed.iter().position(|one| one.offer_id == id)
    };
    let by_number = || {
        let place = usize::try_from(wish.n?.checked_sub(1)?).ok()?;
        (place < listed.len()).then_some(place)
    };
    let (before, from) = listed.split_at(by_id().or_else(by_number)?);
    let mut candidates = from.iter().chain(before);
    candidates.find_map(|one| open(one.offer_id))
}

fn draw<'c>(
    open: impl Fn(u64) -> Option<Open<'c>>,
    listed: &[WeightedOffer],
    dice: &mut Dice,
) -> Option<Open<'c>> {
    let drawable = || {
        let open = |one: &WeightedOffer| Some((open(one.offer_id)?, one.weight));
        listed.iter().filter_map(open)
    };
    let total: u64 = drawable().map(|(_, weight)| u64::from(weight)).sum();
    if total == 0 {
        return None;
    }
    let mut point = dice.below(total);
    for (offer, weight) in drawable() {
        match point.checked_sub(u64::from(weight)) {
            None => return Some(offer),
            Some(rest) => point = rest,
        }
    }
    None
}

fn overflow(catalog: &Catalog, assigned: Option<u64>) -> Option<u64> {
    let cap = catalog.offer(assigned?)?.document.cap.as_ref()?;
    cap.overflow_offer_id
}

fn way_out<'c>(catalog: &'c Catalog, campaign: &'c CompiledCampaign) -> Onward<'c> {
    match &campaign.fallback {
        CompiledFallback::Redirect(template) => Onward::Fallback(template),
        CompiledFallback::Campaign(id) => match catalog.campaign_by_id(*id) {
            Some(next) => Onward::Campaign(next),
            None => Onward::NotFound,
        },
        CompiledFallback::NotFound => Onward::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::campaign::Fallback;
    use crate::domain::conversion::Status;
    use crate::domain::flow::FlowKind;
    use crate::domain::offer::Cap;
    use crate::domain::state::State;
    use crate::engine::testing::{World, campaign, flow, split};
    use crate::engine::visit::{Counter, Counters, Uncounted};

    const CAPS: Caps<'static> = Caps {
        counters: &Uncounted,
        at: 0,
    };

    /// Campaign 1, whose flow 5 has the landing 1 and the offers 1, 2, 3 (weights 10, 0, 30) in
    /// these states.
    fn world(states: [State; 3]) -> World {
        let flow = flow(
            5,
            FlowKind::Default,
            split(&[(1, 1)], &[(1, 10), (2, 0), (3, 30)]),
        );
        let mut push = campaign(1, "push", vec![flow]);
        push.fallback = Fallback::Redirect {
            url: "https://fallback/".to_owned(),
        };
        let mut world = World::new()
            .landing(1, "https://page/")
            .campaign(push)
            .offer(4, "https://overflow/", None);
        for (id, state) in (1..).zip(states) {
            world = world.offer_in(state, id, &format!("https://offer/{id}"), None);
        }
        world
    }

    fn go(world: &World, wish: Wish, seed: u64) -> Option<u64> {
        let catalog = world.catalog();
        let campaign = catalog.campaign_by_id(1).expect("the campaign is there");
        let mut dice = Dice::seeded(seed);
        match onward(&catalog, campaign, Some(5), &wish, &CAPS, &mut dice) {
            Onward::Offer { offer, .. } => Some(offer.document.id),
            Onward::Fallback(template) => {
                assert_eq!(template.text(), "https://fallback/");
                None
            }
            other => panic!("{other:?}"),
        }
    }

    fn nth(n: u32) -> Wish {
        Wish {
            assigned: Some(3),
            n: Some(n),
            ..Wish::default()
        }
    }

    use State::{Active, Archived, Paused};

    #[test]
    fn a_number_is_the_place_in_the_document_and_passes_on_what_is_not_live() {
        let all = world([Active; 3]);
        assert_eq!(go(&all, nth(1), 1), Some(1));
        assert_eq!(go(&all, nth(2), 1), Some(2));
        assert_eq!(go(&all, nth(3), 1), Some(3));

        assert_eq!(go(&world([Paused, Active, Active]), nth(1), 1), Some(2));
        assert_eq!(go(&world([Active, Active, Archived]), nth(3), 1), Some(1));
    }

    #[test]
    fn a_number_that_no_offer_has_is_no_wish() {
        for n in [0, 4, u32::MAX] {
            assert_eq!(go(&world([Active; 3]), nth(n), 1), Some(3), "{n}");
        }
    }

    #[test]
    fn only_offers_of_the_flow_can_be_asked_for_by_id() {
        let by_id = |id| Wish {
            assigned: Some(3),
            offer_id: Some(id),
            ..Wish::default()
        };
        assert_eq!(go(&world([Active; 3]), by_id(2), 1), Some(2));
        assert_eq!(go(&world([Active; 3]), by_id(4), 1), Some(3));
    }

    #[test]
    fn the_assigned_offer_counts_while_it_is_live_and_then_the_rest_of_the_flow() {
        let assigned = Wish {
            assigned: Some(3),
            ..Wish::default()
        };
        for seed in 0..20 {
            assert_eq!(go(&world([Active; 3]), assigned, seed), Some(3));
            assert_eq!(
                go(&world([Active, Active, Paused]), assigned, seed),
                Some(1)
            );
        }
        assert_eq!(go(&world([Paused; 3]), assigned, 1), None);
    }

    /// Where `wish` leads with any seed, if always to one offer, and whether that binds.
    fn always(world: &World, wish: Wish, caps: &Caps<'_>) -> Option<(u64, bool)> {
        let catalog = world.catalog();
        let campaign = catalog.campaign_by_id(1).expect("the campaign is there");
        let mut found: Vec<_> = (0..20)
            .map(|seed| {
                let dice = &mut Dice::seeded(seed);
                match onward(&catalog, campaign, Some(5), &wish, caps, dice) {
                    Onward::Offer { offer, binds } => (offer.document.id, binds),
                    other => panic!("{other:?}"),
                }
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        match found[..] {
            [one] => Some(one),
            _ => None,
        }
    }

    fn bound(id: u64) -> Wish {
        Wish {
            bound: Some(id),
            ..Wish::default()
        }
    }

    #[test]
    fn who_is_bound_takes_the_same_offer_while_it_is_live_and_of_the_flow() {
        let all = world([Active; 3]);
        assert_eq!(always(&all, Wish::default(), &CAPS), None);
        // Weight 0 is no reason to leave a binding.
        assert_eq!(always(&all, bound(2), &CAPS), Some((2, false)));
        assert_eq!(always(&all, bound(4), &CAPS), None);
        for state in [Paused, Archived] {
            let world = world([state, Active, Active]);
            assert_eq!(always(&world, bound(1), &CAPS), Some((3, true)));
        }
        let asked = Wish {
            n: Some(1),
            ..bound(3)
        };
        assert_eq!(always(&all, asked, &CAPS), Some((1, true)));
        let assigned = Wish {
            assigned: Some(1),
            ..bound(3)
        };
        assert_eq!(always(&all, assigned, &CAPS), Some((1, false)));
        let asked = Wish {
            n: Some(2),
            ..assigned
        };
        assert_eq!(always(&all, asked, &CAPS), Some((2, false)));
        let gone = world([Paused, Active, Active]);
        assert_eq!(always(&gone, assigned, &CAPS), Some((3, false)));
    }

    #[test]
    fn a_full_offer_that_a_visitor_is_bound_to_gives_way_to_its_overflow_for_today() {
        /// As many conversions as any cap has.
        struct Full;
        impl Counters for Full {
            fn take(&self, _: Counter, _: u64) -> bool {
                false
            }
            fn give_back(&self, _: Counter) {}
            fn count(&self, _: Counter) -> u64 {
                u64::MAX
            }
        }
        let full = Caps {
            counters: &Full,
            at: 0,
        };
        let capped = |overflow_offer_id| {
            let mut world = world([Active, Paused, Active]);
            let offers = &mut world.documents.offers;
            let mut capped = (*offers[&1]).clone();
            capped.cap = Some(Cap {
                daily: 1,
                timezone: "UTC".to_owned(),
                statuses: vec![Status::Sale],
                frees_on_rejection: false,
                overflow_offer_id,
            });
            offers.insert(1, Arc::new(capped));
            world
        };

        assert_eq!(always(&capped(Some(4)), bound(1), &full), Some((4, false)));
        assert_eq!(always(&capped(None), bound(1), &full), Some((3, true)));
    }

    #[test]
    fn the_overflow_of_the_assigned_offer_comes_before_the_fallback() {
        let mut world = world([Archived; 3]);
        let offers = &mut world.documents.offers;
        let mut capped = (*offers[&3]).clone();
        capped.cap = Some(Cap {
            daily: 1,
            timezone: "UTC".to_owned(),
            statuses: vec![Status::Sale],
            frees_on_rejection: false,
            overflow_offer_id: Some(4),
        });
        offers.insert(3, Arc::new(capped));
        let assigned = Wish {
            assigned: Some(3),
            ..Wish::default()
        };

        assert_eq!(go(&world, assigned, 1), Some(4));
    }

    #[test]
    fn a_flow_that_is_gone_still_leads_to_the_assigned_offer() {
        let catalog = world([Active; 3]).catalog();
        let campaign = catalog.campaign_by_id(1).expect("the campaign is there");
        let wish = Wish {
            assigned: Some(2),
            n: Some(1),
            ..Wish::default()
        };

        let next = onward(
            &catalog,
            campaign,
            Some(77),
            &wish,
            &CAPS,
            &mut Dice::seeded(1),
        );

        assert!(matches!(next, Onward::Offer { offer, .. } if offer.document.id == 2));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn without_an_assigned_offer_the_weights_hold(seed in any::<u64>()) {
            let catalog = world([Active; 3]).catalog();
            let campaign = catalog.campaign_by_id(1).expect("the campaign is there");
            let mut dice = Dice::seeded(seed);
            let mut hits = [0u32; 4];

            for _ in 0..4_000 {
                match onward(&catalog, campaign, Some(5), &Wish::default(), &CAPS, &mut dice) {
                    Onward::Offer { offer, .. } => hits[offer.document.id as usize] += 1,
                    other => panic!("{other:?}"),
                }
            }

            prop_assert_eq!(hits[2], 0);
            // One in four, within five standard deviations (27 each).
            prop_assert!((865..=1135).contains(&hits[1]), "{:?}", hits);
        }
    }
}
