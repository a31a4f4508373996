//! What decisions come out, case by case.

use serde_json::json;

use super::testing::{
    World, campaign, decide_about, decided, filter, flow, german, only, split, to_address,
};
use super::trace::{NotFound, Odds, PassedOver, Silent, Step, Story};
use super::*;
use crate::domain::campaign::{Campaign, Fallback, Rotation};
use crate::domain::flow::{Flow, FlowKind, Mode};
use crate::domain::state::State;
use crate::domain::visitor::Visitor;
use crate::macros::testing::Sample;

fn story(catalog: &Catalog, id: u64, visitor: &Visitor) -> Vec<Step> {
    let campaign = catalog.campaign_by_id(id).expect("the campaign is there");
    let mut story = Story::default();
    decide_about(catalog, campaign, visitor, &mut Dice::seeded(1), &mut story);
    story.steps
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
        let decision = decide_about(&catalog, third, &german(), &mut dice, &mut Silent);
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
        decide_about(&catalog, campaign, &sample.visitor, &mut dice, &mut Silent)
            .reply(&sample.context())
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
