//! What holds for all decisions.

use proptest::prelude::*;

use super::testing::{
    World, campaign, decide_about, decided, flow, german, only, outcome, redirect, split,
    to_address,
};
use super::trace::{Silent, Story};
use super::*;
use crate::domain::campaign::{Fallback, Rotation};
use crate::domain::flow::FlowKind;
use crate::domain::state::State;

/// A world in which anything may be paused, weightless or filtered.
fn worlds() -> impl Strategy<Value = World> {
    let state = prop::sample::select(vec![
        State::Active,
        State::Active,
        State::Paused,
        State::Archived,
    ]);
    let kind = prop::sample::select(vec![FlowKind::Forced, FlowKind::Regular, FlowKind::Default]);
    let entries = prop::collection::vec((1u64..4, 0u32..3), 0..3);
    let flow_parts = (
        kind,
        state.clone(),
        0u32..3,
        any::<bool>(),
        entries.clone(),
        entries,
    );
    (
        prop::collection::vec(flow_parts, 0..6),
        prop::collection::vec((state.clone(), state), 3),
        any::<bool>(),
    )
        .prop_map(|(flows, states, by_weight)| {
            let mut world = World::new();
            for (id, (landing, offer)) in (1..).zip(states) {
                world = world
                    .landing_in(landing, id, &format!("https://landing/{id}"))
                    .offer_in(offer, id, &format!("https://offer/{id}"), None);
            }
            let flows =
                (1..)
                    .zip(flows)
                    .map(|(id, (kind, state, weight, french, landings, offers))| {
                        let target = if landings.is_empty() && offers.is_empty() {
                            redirect("https://direct/")
                        } else {
                            split(&landings, &offers)
                        };
                        let flow = flow(id, kind, target).in_state(state).weighing(weight);
                        if french && kind != FlowKind::Default {
                            flow.filtered(only("FR"))
                        } else {
                            flow
                        }
                    });
            let mut document = campaign(1, "push", flows.collect());
            document.rotation = if by_weight {
                Rotation::Weight
            } else {
                Rotation::Position
            };
            document.fallback = Fallback::Redirect {
                url: "https://fallback/".to_owned(),
            };
            world.campaign(document)
        })
}

proptest! {
    #[test]
    fn nobody_is_sent_to_what_is_not_active_and_everybody_is_sent_on(
        world in worlds(), seed in any::<u64>()
    ) {
        let catalog = world.catalog();

        let (flow_id, landing_id, offer_id, address) =
            decided(&catalog, 1, &german(), &mut Dice::seeded(seed));

        prop_assert!(address.is_some());
        let documents = &world.documents;
        if let Some(id) = flow_id {
            let flow = documents.campaigns[&1].flows.iter().find(|flow| flow.id == id);
            prop_assert!(flow.is_some_and(|flow| flow.state.is_active() && flow.filters.is_empty()));
        }
        prop_assert!(landing_id.is_none_or(|id| documents.landings[&id].state.is_active()));
        prop_assert!(offer_id.is_none_or(|id| documents.offers[&id].state.is_active()));
    }

    #[test]
    fn a_listener_changes_nothing(world in worlds(), seed in any::<u64>()) {
        let catalog = world.catalog();
        let campaign = catalog.campaign_by_id(1).expect("it is there");

        let silent = decide_about(&catalog, campaign, &german(), &mut Dice::seeded(seed), &mut Silent);
        let mut story = Story::default();
        let told = decide_about(&catalog, campaign, &german(), &mut Dice::seeded(seed), &mut story);

        prop_assert_eq!(outcome(&silent), outcome(&told));
        prop_assert!(!story.steps.is_empty());
    }
}

#[test]
fn shares_of_flows_and_offers_hold_over_ten_thousand_visitors() {
    let mut document = campaign(
        1,
        "push",
        vec![
            flow(
                1,
                FlowKind::Regular,
                split(&[], &[(1, 30), (2, 70), (3, 0)]),
            )
            .weighing(75),
            to_address(2, FlowKind::Regular).weighing(25),
            to_address(3, FlowKind::Regular)
                .weighing(100)
                .filtered(only("FR")),
        ],
    );
    document.rotation = Rotation::Weight;
    let world = World::new()
        .offer(1, "https://one/", None)
        .offer(2, "https://two/", None)
        .offer(3, "https://three/", None)
        .campaign(document);
    let catalog = world.catalog();
    let mut dice = Dice::seeded(42);
    let mut seen = std::collections::BTreeMap::new();

    for _ in 0..10_000 {
        let (flow_id, _, offer_id, _) = decided(&catalog, 1, &german(), &mut dice);
        *seen.entry((flow_id, offer_id)).or_insert(0i32) += 1;
    }

    for (key, expected) in [
        ((Some(1), Some(1)), 2_250),
        ((Some(1), Some(2)), 5_250),
        ((Some(2), None), 2_500),
    ] {
        let count = seen.get(&key).copied().unwrap_or(0);
        assert!(
            (count - expected).abs() < 250,
            "{key:?}: {count} of {expected}"
        );
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
}
