//! What decisions come out, case by case, and what holds for all of them.

use proptest::prelude::*;
use serde_json::json;

use super::testing::{World, campaign, filter, flow, redirect, split, visitor};
use super::trace::{NotFound, Odds, PassedOver, Silent, Step, Story};
use super::*;
use crate::domain::campaign::{Campaign, Fallback, Rotation};
use crate::domain::flow::{Flow, FlowKind, Mode};
use crate::domain::state::State;
use crate::domain::visitor::{DeviceType, Visitor};
use crate::macros::testing::Sample;

/// What matters of a decision: (flow, landing, offer, address).
type Outcome = (Option<u64>, Option<u64>, Option<u64>, Option<String>);

fn outcome(decision: &Decision<'_>) -> Outcome {
    let address = match decision.destination {
        Destination::Redirect { template, .. } => Some(template.text().to_owned()),
        Destination::NotFound => None,
    };
    (
        decision.flow_id,
        decision.landing_id,
        decision.offer_id,
        address,
    )
}

fn decided(catalog: &Catalog, id: u64, visitor: &Visitor, dice: &mut Dice) -> Outcome {
    let campaign = catalog.campaign_by_id(id).expect("the campaign is there");
    outcome(&decide(catalog, campaign, visitor, dice, &mut Silent))
}

fn story(catalog: &Catalog, id: u64, visitor: &Visitor) -> Vec<Step> {
    let campaign = catalog.campaign_by_id(id).expect("the campaign is there");
    let mut story = Story::default();
    decide(catalog, campaign, visitor, &mut Dice::seeded(1), &mut story);
    story.steps
}

fn german() -> Visitor {
    visitor("DE", DeviceType::Mobile)
}

fn only(country: &str) -> crate::domain::flow::Filter {
    filter("country", Mode::Accept, json!([country]))
}

/// A flow that leads to an address named after it.
fn to_address(id: u64, kind: FlowKind) -> Flow {
    flow(id, kind, redirect(&format!("https://x/{id}")))
}

fn flow_for(flows: Vec<Flow>, rotation: Rotation, visitor: &Visitor) -> Option<u64> {
    let mut document = campaign(1, "push", flows);
    document.rotation = rotation;
    let catalog = World::new().campaign(document).catalog();
    decided(&catalog, 1, visitor, &mut Dice::seeded(7)).0
}

#[test]
fn flows_are_asked_forced_first_then_regular_then_default() {
    use FlowKind::{Default, Forced, Regular};
    let cases = [
        (
            "forced",
            vec![
                to_address(1, Default),
                to_address(2, Regular),
                to_address(3, Forced),
            ],
            Some(3),
        ),
        (
            "regular",
            vec![to_address(1, Default), to_address(2, Regular)],
            Some(2),
        ),
        ("default", vec![to_address(1, Default)], Some(1)),
        (
            "first forced",
            vec![to_address(1, Forced), to_address(2, Forced)],
            Some(1),
        ),
        (
            "rejected forced",
            vec![
                to_address(1, Forced).filtered(only("FR")),
                to_address(2, Forced),
                to_address(3, Regular),
            ],
            Some(2),
        ),
        (
            "rejected regular",
            vec![
                to_address(1, Regular).filtered(only("FR")),
                to_address(2, Regular).filtered(only("DE")),
            ],
            Some(2),
        ),
        (
            "all rejected",
            vec![
                to_address(1, Forced).filtered(only("FR")),
                to_address(2, Regular).filtered(only("FR")),
                to_address(3, Default),
            ],
            Some(3),
        ),
        (
            "nobody",
            vec![to_address(1, Regular).filtered(only("FR"))],
            None,
        ),
        ("none at all", vec![], None),
        (
            "paused and archived",
            vec![
                to_address(1, Forced).in_state(State::Paused),
                to_address(2, Regular).in_state(State::Archived),
                to_address(3, Default).in_state(State::Paused),
                to_address(4, Default),
            ],
            Some(4),
        ),
    ];
    for (name, flows, expected) in cases {
        for rotation in [Rotation::Position, Rotation::Weight] {
            assert_eq!(
                flow_for(flows.clone(), rotation, &german()),
                expected,
                "{name}"
            );
        }
    }
}

#[test]
fn position_ignores_weights_and_weight_ignores_flows_without() {
    let flows = vec![
        to_address(1, FlowKind::Regular).weighing(0),
        to_address(2, FlowKind::Regular).weighing(1),
    ];

    assert_eq!(
        flow_for(flows.clone(), Rotation::Position, &german()),
        Some(1)
    );
    assert_eq!(
        flow_for(flows[..1].to_vec(), Rotation::Weight, &german()),
        None
    );
    assert_eq!(flow_for(flows, Rotation::Weight, &german()), Some(2));
}

#[test]
fn the_landing_comes_first_and_the_offer_is_drawn_with_it() {
    let world = World::new()
        .landing(1, "https://page/?id={click_id}")
        .offer(2, "https://offer/", None)
        .campaign(campaign(
            1,
            "a",
            vec![flow(1, FlowKind::Default, split(&[(1, 1)], &[(2, 1)]))],
        ))
        .campaign(campaign(
            2,
            "b",
            vec![flow(2, FlowKind::Default, split(&[], &[(2, 1)]))],
        ))
        .campaign(campaign(
            3,
            "c",
            vec![flow(3, FlowKind::Default, split(&[(1, 1)], &[]))],
        ));
    let catalog = world.catalog();
    let mut dice = Dice::seeded(1);

    let page = Some("https://page/?id={click_id}".to_owned());
    let offer = Some("https://offer/".to_owned());
    assert_eq!(
        decided(&catalog, 1, &german(), &mut dice),
        (Some(1), Some(1), Some(2), page.clone())
    );
    assert_eq!(
        decided(&catalog, 2, &german(), &mut dice),
        (Some(2), None, Some(2), offer)
    );
    assert_eq!(
        decided(&catalog, 3, &german(), &mut dice),
        (Some(3), Some(1), None, page)
    );
}

#[test]
fn a_flow_without_a_live_target_is_passed_over() {
    let world = World::new()
        .landing(1, "https://page/")
        .landing_in(State::Paused, 2, "https://paused/")
        .offer(1, "https://offer/", None)
        .offer_in(State::Archived, 2, "https://archived/", None)
        .offer(3, "", None);
    let cases = [
        ("paused landing", split(&[(2, 1)], &[(1, 1)]), false),
        ("archived offer", split(&[], &[(2, 1)]), false),
        (
            "landing before an archived offer",
            split(&[(1, 1)], &[(2, 1)]),
            false,
        ),
        ("no weight", split(&[], &[(1, 0)]), false),
        ("offer without an address", split(&[], &[(3, 1)]), false),
        (
            "the rest is live",
            split(&[(1, 1), (2, 99)], &[(1, 1), (2, 99)]),
            true,
        ),
    ];
    for (name, target, is_live) in cases {
        let flows = vec![
            flow(1, FlowKind::Regular, target),
            to_address(2, FlowKind::Default),
        ];
        let catalog = world.clone().campaign(campaign(1, "push", flows)).catalog();

        let chosen = decided(&catalog, 1, &german(), &mut Dice::seeded(1)).0;

        assert_eq!(chosen, Some(if is_live { 1 } else { 2 }), "{name}");
    }
}

fn with_fallback(id: u64, state: State, fallback: Fallback) -> Campaign {
    let mut document = campaign(
        id,
        &format!("c{id}"),
        vec![to_address(id, FlowKind::Regular)],
    );
    document.state = state;
    document.fallback = fallback;
    document
}

#[test]
fn a_campaign_that_is_not_active_answers_with_its_fallback() {
    let url = "https://fallback/".to_owned();
    for state in [State::Paused, State::Archived] {
        let world = World::new()
            .campaign(with_fallback(
                1,
                state,
                Fallback::Redirect { url: url.clone() },
            ))
            .campaign(with_fallback(2, state, Fallback::NotFound))
            .campaign(with_fallback(
                3,
                state,
                Fallback::Campaign { campaign_id: 4 },
            ))
            .campaign(with_fallback(4, State::Active, Fallback::NotFound));
        let catalog = world.catalog();
        let mut dice = Dice::seeded(1);

        assert_eq!(
            decided(&catalog, 1, &german(), &mut dice),
            (None, None, None, Some(url.clone()))
        );
        assert_eq!(
            decided(&catalog, 2, &german(), &mut dice),
            (None, None, None, None)
        );
        let third = catalog.campaign_by_id(3).expect("it is there");
        let decision = decide(&catalog, third, &german(), &mut dice, &mut Silent);
        assert_eq!(decision.flow_id, Some(4));
        assert_eq!(decision.campaign.document.id, 4);
    }
}

#[test]
fn fallbacks_without_end_or_aim_are_not_found() {
    let world = World::new()
        .campaign(with_fallback(
            1,
            State::Paused,
            Fallback::Campaign { campaign_id: 2 },
        ))
        .campaign(with_fallback(
            2,
            State::Paused,
            Fallback::Campaign { campaign_id: 1 },
        ))
        .campaign(with_fallback(
            3,
            State::Paused,
            Fallback::Campaign { campaign_id: 99 },
        ));
    let (catalog, problems) = Catalog::compile_lenient(&world.documents);

    assert_eq!(problems.len(), 3);
    let last = |id| story(&catalog, id, &german()).pop();
    let expected = |why| Some(Step::NotFound { why });
    assert_eq!(last(1), expected(NotFound::TooManyJumps));
    assert_eq!(last(3), expected(NotFound::MissingCampaign));
}

#[test]
fn a_broken_flow_stops_neither_its_campaign_nor_others() {
    let broken = filter("no_such_filter", Mode::Accept, json!(true));
    let mut document = campaign(
        1,
        "a",
        vec![to_address(1, FlowKind::Forced).filtered(broken)],
    );
    document.fallback = Fallback::Redirect {
        url: "https://fallback/".to_owned(),
    };
    let world = World::new().campaign(document).campaign(campaign(
        2,
        "b",
        vec![to_address(2, FlowKind::Regular)],
    ));

    assert!(Catalog::compile(&world.documents).is_err());
    let (catalog, problems) = Catalog::compile_lenient(&world.documents);

    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].campaign_id, 1);
    let mut dice = Dice::seeded(1);
    let fallback = Some("https://fallback/".to_owned());
    assert_eq!(decided(&catalog, 1, &german(), &mut dice).3, fallback);
    assert_eq!(decided(&catalog, 2, &german(), &mut dice).0, Some(2));
}

#[test]
fn a_decision_tells_its_steps() {
    let mut document = campaign(
        1,
        "push",
        vec![
            to_address(1, FlowKind::Forced).in_state(State::Paused),
            to_address(2, FlowKind::Regular)
                .filtered(only("FR"))
                .weighing(30),
            flow(3, FlowKind::Default, split(&[(1, 1)], &[(1, 2), (2, 0)])),
        ],
    );
    document.rotation = Rotation::Weight;
    let world = World::new()
        .landing(1, "https://page/")
        .offer(1, "https://offer/", None)
        .offer(2, "https://other/", None)
        .campaign(document);

    let steps = story(&world.catalog(), 1, &german());

    let why = PassedOver::Paused;
    let considered = |flow_id, kind, drawn| Step::FlowConsidered {
        flow_id,
        kind,
        drawn,
    };
    assert_eq!(
        steps,
        [
            Step::Campaign { campaign_id: 1 },
            Step::FlowPassedOver { flow_id: 1, why },
            considered(2, FlowKind::Regular, Some(Odds { weight: 30, of: 30 })),
            Step::Filter {
                flow_id: 2,
                index: 0,
                key: "country",
                mode: Mode::Accept,
                visitor: "DE".to_owned(),
                accepts: false,
            },
            Step::FlowRejected { flow_id: 2 },
            considered(3, FlowKind::Default, None),
            Step::FlowChosen { flow_id: 3 },
            Step::OfferDrawn {
                offer_id: 1,
                odds: Odds { weight: 2, of: 2 }
            },
            Step::LandingDrawn {
                landing_id: 1,
                odds: Odds { weight: 1, of: 1 }
            },
        ]
    );
    let first = serde_json::to_value(&steps[0]).expect("it serialises");
    assert_eq!(first, json!({"step": "campaign", "campaign_id": 1}));
}

#[test]
fn the_reply_carries_the_click_into_the_link() {
    let world = World::new()
        .network(1, "sub1={click_id}")
        .offer(1, "https://offer/?c={country}", Some(1))
        .campaign(campaign(
            1,
            "push",
            vec![flow(1, FlowKind::Default, split(&[], &[(1, 1)]))],
        ))
        .campaign(campaign(2, "none", vec![]));
    let catalog = world.catalog();
    let sample = Sample::new();
    let reply = |id| {
        let campaign = catalog.campaign_by_id(id).expect("it is there");
        let mut dice = Dice::seeded(1);
        decide(&catalog, campaign, &sample.visitor, &mut dice, &mut Silent).reply(&sample.context())
    };

    assert_eq!(
        reply(1),
        Reply::Redirect {
            status: 302,
            location: "https://offer/?c=DE&sub1=06bk7w3r4t8m1n5q2x9z".to_owned()
        }
    );
    assert_eq!(reply(2), Reply::NotFound);
}

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

        let silent = decide(&catalog, campaign, &german(), &mut Dice::seeded(seed), &mut Silent);
        let mut story = Story::default();
        let told = decide(&catalog, campaign, &german(), &mut Dice::seeded(seed), &mut story);

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
