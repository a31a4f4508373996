//! What a returning visitor finds, case by case.

use std::cell::Cell;

use super::testing::{AT, World, campaign, flow, german, only, split, to_address};
use super::trace::{Bound, Dropped, Step, Story};
use super::visit::{Choices, Memory, Seen, Uncounted, Visit};
use super::*;
use crate::domain::campaign::{Bind, Campaign, ChooseOffer, Rotation};
use crate::domain::flow::FlowKind;
use crate::domain::state::State;

/// Remembers one visitor's choices.
#[derive(Default)]
struct Remembering(Cell<Option<Choices>>);

impl Memory for Remembering {
    fn seen(&self, campaign: &Campaign) -> Seen {
        Seen {
            choices: self.0.get().filter(|_| campaign.bind != Bind::None),
            ..Seen::default()
        }
    }
}

impl Remembering {
    /// A visit to campaign 1: where it ends, and the steps. What is to be remembered is.
    fn visit(&self, world: &World, seed: u64) -> (Option<Choices>, Vec<Step>) {
        let catalog = world.catalog();
        let campaign = catalog.campaign_by_id(1).expect("it is there");
        let (visitor, mut dice) = (german(), Dice::seeded(seed));
        let visit = Visit::new(&visitor, AT, &|_| None, self, &Uncounted, &mut dice);
        let mut story = Story::default();
        let decision = decide(&catalog, campaign, &visit, &mut dice, &mut story);
        if let Some(choices) = decision.choices() {
            self.0.set(Some(choices));
        }
        let went = decision.flow_id.map(|flow_id| Choices {
            flow_id,
            landing_id: decision.landing_id,
            offer_id: decision.offer_id,
        });
        (went, story.steps)
    }

    fn bound_to(flow_id: u64, landing_id: Option<u64>, offer_id: Option<u64>) -> Self {
        Self(Cell::new(Some(Choices {
            flow_id,
            landing_id,
            offer_id,
        })))
    }
}

/// Flows 1 to 4 by weight, each to landings 1 to 4 and offers 1 to 4.
fn world(bind: Bind, change: impl FnOnce(&mut Campaign)) -> World {
    let all = [(1, 10), (2, 10), (3, 10), (4, 10)];
    let flows = (1..=4).map(|id| flow(id, FlowKind::Regular, split(&all, &all)));
    let mut document = campaign(1, "push", flows.collect());
    document.rotation = Rotation::Weight;
    document.bind = bind;
    change(&mut document);
    let mut world = World::new();
    for id in 1..=4 {
        world = world.landing(id, &format!("https://landing/{id}")).offer(
            id,
            &format!("https://offer/{id}"),
            None,
        );
    }
    world.campaign(document)
}

/// How many different ends 40 visits of one visitor have: flows, landings, offers.
fn ends(world: &World) -> [usize; 3] {
    let memory = Remembering::default();
    let mut found = [vec![], vec![], vec![]];
    for seed in 0..40 {
        let went = memory.visit(world, seed).0.expect("a flow takes everybody");
        found[0].push(Some(went.flow_id));
        found[1].push(went.landing_id);
        found[2].push(went.offer_id);
    }
    found.map(|mut ids| {
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    })
}

#[test]
fn each_word_binds_what_it_says_and_all_before_it() {
    assert_eq!(ends(&world(Bind::None, |_| {})), [4, 4, 4]);
    assert_eq!(ends(&world(Bind::Flow, |_| {})), [1, 4, 4]);
    assert_eq!(ends(&world(Bind::Landing, |_| {})), [1, 1, 4]);
    assert_eq!(ends(&world(Bind::Offer, |_| {})), [1, 1, 1]);
}

#[test]
fn positions_decide_for_themselves_and_what_is_behind_them_is_bound() {
    let world = world(Bind::Offer, |document| {
        document.rotation = Rotation::Position;
    });
    let memory = Remembering::bound_to(3, Some(3), Some(3));

    let first = memory.visit(&world, 1).0.expect("a flow takes everybody");

    assert_eq!(first.flow_id, 1);
    assert_eq!(ends(&world), [1, 1, 1]);
}

#[test]
fn weight_zero_still_gets_those_who_are_bound_to_it_and_nobody_else() {
    let world = world(Bind::Offer, |document| {
        let none_for_2 = [(1, 10), (2, 0)];
        for flow in &mut document.flows {
            flow.target = split(&none_for_2, &none_for_2);
        }
        document.flows[1].weight = 0;
    });
    let went = Remembering::bound_to(2, Some(2), Some(2)).visit(&world, 1);

    let choices = Choices {
        flow_id: 2,
        landing_id: Some(2),
        offer_id: Some(2),
    };
    assert_eq!(went.0, Some(choices));
    for step in [
        Step::BoundFlow { flow_id: 2 },
        Step::BoundLanding { landing_id: 2 },
        Step::BoundOffer { offer_id: 2 },
    ] {
        assert!(went.1.contains(&step), "{step:?} of {:#?}", went.1);
    }
    for seed in 0..40 {
        let went = Remembering::default().visit(&world, seed).0;
        let went = went.expect("a flow takes everybody");
        assert!(went.flow_id != 2 && went.landing_id == Some(1) && went.offer_id == Some(1));
    }
}

#[test]
fn a_binding_to_what_is_not_live_is_dropped_and_made_anew() {
    for state in [State::Paused, State::Archived] {
        let mut world = world(Bind::Offer, |document| document.flows[1].state = state);
        world = world.landing_in(state, 3, "https://landing/3");
        world = world.offer_in(state, 3, "https://offer/3", None);

        let memory = Remembering::bound_to(2, Some(1), Some(1));
        let (went, steps) = memory.visit(&world, 1);
        let dropped = |of, id| Step::BindingDropped {
            of,
            id,
            why: Dropped::NotLive,
        };
        assert_ne!(went.map(|went| went.flow_id), Some(2));
        assert!(steps.contains(&dropped(Bound::Flow, 2)), "{steps:#?}");
        assert_eq!(memory.visit(&world, 2).0, went, "bound anew");

        let memory = Remembering::bound_to(1, Some(3), Some(3));
        let (went, steps) = memory.visit(&world, 1);
        let went = went.expect("a flow takes everybody");
        assert_eq!(went.flow_id, 1);
        assert!(went.landing_id != Some(3) && went.offer_id != Some(3));
        assert!(steps.contains(&dropped(Bound::Landing, 3)), "{steps:#?}");
        assert!(steps.contains(&dropped(Bound::Offer, 3)), "{steps:#?}");
        assert_eq!(memory.visit(&world, 2).0, Some(went), "bound anew");
    }
}

#[test]
fn an_offer_drawn_later_is_not_chosen_with_the_landing_and_stays_bound() {
    let later = |state| {
        let world = world(Bind::Offer, |document| {
            document.choose_offer = ChooseOffer::AtOfferClick;
        });
        let memory = Remembering::bound_to(2, Some(3), Some(4));
        let world = world.offer_in(state, 4, "https://offer/4", None);
        let (went, steps) = memory.visit(&world, 1);
        assert_eq!(went.and_then(|went| went.offer_id), None);
        (memory.0.get(), steps)
    };
    let bound = |offer_id| Choices {
        flow_id: 2,
        landing_id: Some(3),
        offer_id,
    };

    let (stays, steps) = later(State::Active);
    assert_eq!(stays, Some(bound(Some(4))));
    assert!(steps.contains(&Step::BoundOffer { offer_id: 4 }));
    let (dropped, _) = later(State::Paused);
    assert_eq!(dropped, Some(bound(None)));
}

#[test]
fn a_bound_flow_whose_filters_reject_now_is_not_asked_twice() {
    let world = world(Bind::Flow, |document| {
        document.flows[1] = document.flows[1].clone().filtered(only("FR"));
    });
    for seed in 0..20 {
        let memory = Remembering::bound_to(2, None, None);

        let (went, steps) = memory.visit(&world, seed);

        assert!(went.is_some_and(|went| went.flow_id != 2));
        let why = Dropped::Rejected;
        let dropped = Step::BindingDropped {
            of: Bound::Flow,
            id: 2,
            why,
        };
        assert!(steps.contains(&dropped));
        let asked = steps
            .iter()
            .filter(|step| **step == Step::FlowRejected { flow_id: 2 });
        assert_eq!(asked.count(), 1);
    }
}

#[test]
fn a_forced_flow_comes_first_and_only_interrupts() {
    let with_forced = world(Bind::Flow, |document| {
        document.flows.push(to_address(9, FlowKind::Forced));
    });
    let without = world(Bind::Flow, |_| {});
    let memory = Remembering::bound_to(3, None, None);

    let (went, steps) = memory.visit(&with_forced, 1);

    assert_eq!(went.map(|went| went.flow_id), Some(9));
    assert!(
        !steps
            .iter()
            .any(|step| matches!(step, Step::BindingDropped { .. }))
    );
    let after = memory.visit(&without, 1).0.expect("a flow takes everybody");
    assert_eq!(after.flow_id, 3);
}
