//! What comes out once offers are full and budgets are spent, case by case.

use std::sync::Arc;

use chrono_tz::Tz;
use proptest::prelude::*;

use super::counters::Counts;
use super::testing::{AT, Outcome, World, campaign, flow, german, outcome, split, to_address};
use super::trace::{Step, Story, Trace};
use super::visit::{Counted, Counter, Counters, Forgetful, Visit};
use super::*;
use crate::domain::campaign::{Fallback, Rotation, WhenSpent};
use crate::domain::conversion::Status;
use crate::domain::flow::{Flow, FlowKind};
use crate::domain::money::Micros;
use crate::domain::offer::Cap;
use crate::domain::period;
use crate::domain::state::State;

/// Offers 1 to 6, each with a cap of 10 a day, and who takes their overflow.
fn offers(overflows: &[(u64, u64)]) -> World {
    let mut world = World::new();
    for id in 1..=6 {
        world = world.offer(id, &format!("https://o/{id}"), None);
        let overflow = overflows.iter().find(|(of, _)| *of == id);
        let cap = Cap {
            daily: 10,
            timezone: "Europe/Kyiv".to_owned(),
            statuses: vec![Status::Lead],
            frees_on_rejection: false,
            overflow_offer_id: overflow.map(|(_, to)| *to),
        };
        change(&mut world, id, |offer| offer.cap = Some(cap));
    }
    world
}

fn change(world: &mut World, id: u64, with: impl FnOnce(&mut crate::domain::offer::Offer)) {
    with(Arc::make_mut(
        world.documents.offers.get_mut(&id).expect("an offer"),
    ));
}

fn conversions(id: u64) -> Counter {
    let zone = period::zone("Europe/Kyiv");
    Counter::at(Counted::OfferConversionsPerDay, id, AT, zone)
}

fn full(ids: &[u64]) -> Counts {
    Counts::restored(ids.iter().map(|id| (conversions(*id), 10)))
}

fn decide_with(
    catalog: &Catalog,
    counters: &Counts,
    at: i64,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Outcome {
    let visitor = german();
    let visit = Visit::new(&visitor, at, &|_| None, &Forgetful, counters, dice);
    let campaign = catalog.campaign_by_id(1).expect("the campaign is there");
    outcome(&decide(catalog, campaign, &visit, dice, trace))
}

/// Where a visitor goes, and the steps that are about what is full or spent.
fn decided(world: World, flows: Vec<Flow>, counts: &Counts) -> (Outcome, Vec<Step>) {
    let catalog = world.campaign(campaign(1, "push", flows)).catalog();
    let mut story = Story::default();
    let outcome = decide_with(&catalog, counts, AT, &mut Dice::seeded(3), &mut story);
    story.steps.retain(|step| {
        matches!(
            step,
            Step::OfferFull { .. } | Step::OverflowOffer { .. } | Step::FlowFull { .. }
        )
    });
    (outcome, story.steps)
}

fn default_to(offers: &[(u64, u32)]) -> Vec<Flow> {
    vec![flow(9, FlowKind::Default, split(&[], offers))]
}

fn offer_of(outcome: &Outcome) -> Option<u64> {
    outcome.2
}

#[test]
fn visitors_of_a_full_offer_go_to_its_overflow_and_on_from_there() {
    let world = || offers(&[(1, 2), (2, 3)]);

    let (open, _) = decided(world(), default_to(&[(1, 1)]), &full(&[]));
    let (first, _) = decided(world(), default_to(&[(1, 1)]), &full(&[1]));
    let (second, steps) = decided(world(), default_to(&[(1, 1)]), &full(&[1, 2]));

    assert_eq!(offer_of(&open), Some(1));
    assert_eq!(offer_of(&first), Some(2));
    assert_eq!(
        second,
        (Some(9), None, Some(3), Some("https://o/3".to_owned()))
    );
    let expected = [
        Step::OfferFull { offer_id: 1 },
        Step::OverflowOffer { offer_id: 2 },
        Step::OfferFull { offer_id: 2 },
        Step::OverflowOffer { offer_id: 3 },
    ];
    assert_eq!(steps, expected);
}

#[test]
fn one_conversion_less_than_the_cap_is_not_full() {
    let counts = Counts::restored([(conversions(1), 9)]);

    let (before, _) = decided(offers(&[]), default_to(&[(1, 1)]), &counts);
    counts.add(conversions(1), 1);
    let (after, _) = decided(offers(&[]), default_to(&[(1, 1)]), &counts);

    assert_eq!((offer_of(&before), offer_of(&after)), (Some(1), None));
}

#[test]
fn the_day_of_a_cap_ends_at_midnight_of_its_own_zone() {
    let catalog = offers(&[])
        .campaign(campaign(1, "push", default_to(&[(1, 1)])))
        .catalog();
    let counts = full(&[1]);
    let zone = period::zone("Europe/Kyiv");
    let midnight = period::day_start(period::day(AT, zone) + 1, zone);
    let decide_at = |at| {
        let dice = &mut Dice::seeded(1);
        offer_of(&decide_with(
            &catalog,
            &counts,
            at,
            dice,
            &mut trace::Silent,
        ))
    };

    assert_eq!(decide_at(midnight - 1), None);
    assert_eq!(decide_at(midnight), Some(1));
    assert_ne!(
        midnight.rem_euclid(86_400_000),
        0,
        "another midnight than UTC's"
    );
}

#[test]
fn an_overflow_offer_that_is_paused_is_not_followed() {
    for state in [State::Paused, State::Archived] {
        let mut world = offers(&[(1, 2)]);
        change(&mut world, 2, |offer| offer.state = state);

        let (outcome, _) = decided(world, default_to(&[(1, 1), (3, 1)]), &full(&[1]));

        assert_eq!(offer_of(&outcome), Some(3), "{state:?}");
    }
}

#[test]
fn a_flow_whose_offers_are_full_is_passed_over_by_position() {
    let flows = vec![
        flow(1, FlowKind::Forced, split(&[], &[(1, 1)])),
        flow(2, FlowKind::Regular, split(&[(1, 1)], &[(2, 1)])),
        flow(3, FlowKind::Regular, split(&[], &[(3, 1)])),
    ];
    let world = offers(&[]).landing(1, "https://l/1");

    let (outcome, steps) = decided(world, flows, &full(&[1, 2]));

    assert_eq!((outcome.0, offer_of(&outcome)), (Some(3), Some(3)));
    assert!(steps.contains(&Step::FlowFull { flow_id: 1 }));
    assert!(steps.contains(&Step::FlowFull { flow_id: 2 }));
}

#[test]
fn a_flow_whose_offers_are_full_is_passed_over_by_weight() {
    let flows = vec![
        flow(1, FlowKind::Regular, split(&[], &[(1, 1)])).weighing(1_000_000),
        flow(2, FlowKind::Regular, split(&[], &[(2, 1)])).weighing(1),
    ];
    let mut document = campaign(1, "push", flows);
    document.rotation = Rotation::Weight;
    let catalog = offers(&[]).campaign(document).catalog();
    let counts = full(&[1]);

    for seed in 0..50 {
        let dice = &mut Dice::seeded(seed);
        let found = decide_with(&catalog, &counts, AT, dice, &mut trace::Silent);
        assert_eq!(found.0, Some(2));
    }
}

#[test]
fn the_fallback_serves_a_campaign_whose_offers_are_all_full() {
    let mut document = campaign(1, "push", default_to(&[(1, 1), (2, 1)]));
    document.fallback = Fallback::Redirect {
        url: "https://x/full".to_owned(),
    };
    let catalog = offers(&[]).campaign(document).catalog();

    let dice = &mut Dice::seeded(1);
    let found = decide_with(&catalog, &full(&[1, 2]), AT, dice, &mut trace::Silent);

    assert_eq!(found, (None, None, None, Some("https://x/full".to_owned())));
}

#[test]
fn a_stored_circle_of_overflows_ends() {
    let (outcome, _) = decided(
        offers(&[(1, 2), (2, 1)]),
        default_to(&[(1, 1), (3, 1)]),
        &full(&[1, 2]),
    );

    assert_eq!(offer_of(&outcome), Some(3));
}

#[test]
fn visitors_of_a_spent_campaign_go_to_its_fallback_only_where_it_says_so() {
    for (when_spent, spent, expected) in [
        (WhenSpent::Divert, 999_999, "https://x/9"),
        (WhenSpent::Divert, 1_000_000, "https://x/spent"),
        (WhenSpent::Notify, 1_000_000, "https://x/9"),
    ] {
        let mut document = campaign(1, "push", vec![to_address(9, FlowKind::Default)]);
        document.budget.daily = Some(Micros(1_000_000));
        document.budget.when_spent = when_spent;
        document.fallback = Fallback::Redirect {
            url: "https://x/spent".to_owned(),
        };
        let catalog = World::new().campaign(document).catalog();
        let counter = Counter::at(Counted::CampaignCostPerDay, 1, AT, Tz::UTC);
        let counts = Counts::restored([(counter, spent)]);
        let mut story = Story::default();

        let found = decide_with(&catalog, &counts, AT, &mut Dice::seeded(1), &mut story);

        assert_eq!(found.3.as_deref(), Some(expected), "{when_spent:?} {spent}");
        let told = story
            .steps
            .contains(&Step::CampaignSpent { campaign_id: 1 });
        assert_eq!(told, expected == "https://x/spent");
    }
}

#[test]
fn a_flow_that_is_full_gives_back_what_its_filters_took() {
    let catalog = offers(&[])
        .campaign(campaign(1, "push", default_to(&[(1, 1)])))
        .catalog();
    let counts = full(&[1]);
    let visitor = german();
    let mut dice = Dice::seeded(1);
    let visit = Visit::new(&visitor, AT, &|_| None, &Forgetful, &counts, &mut dice);
    let clicks = Counter::at(Counted::FlowClicks, 9, AT, Tz::UTC);
    assert!(visit.reserve(clicks, 5));

    let campaign = catalog.campaign_by_id(1).expect("the campaign is there");
    decide(&catalog, campaign, &visit, &mut dice, &mut trace::Silent);

    assert_eq!(counts.count(clicks), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// The weight of full offers goes to the rest, in the proportion of their weights.
    #[test]
    fn open_offers_share_the_visitors_by_weight(
        weights in prop::collection::vec(1u32..50, 2..6), which in any::<u8>(), seed in any::<u64>()
    ) {
        let all: Vec<(u64, u32)> = (1..).zip(weights.iter().copied()).collect();
        let is_full = |id: u64| which & (1 << id) != 0;
        let closed: Vec<u64> = all.iter().map(|(id, _)| *id).filter(|id| is_full(*id)).collect();
        let catalog = offers(&[])
            .campaign(campaign(1, "push", default_to(&all)))
            .catalog();
        let counts = full(&closed);
        let mut dice = Dice::seeded(seed);
        let mut hits = [0u32; 7];
        for _ in 0..4_000 {
            let found = decide_with(&catalog, &counts, AT, &mut dice, &mut trace::Silent);
            hits[offer_of(&found).unwrap_or(0) as usize] += 1;
        }

        let open: Vec<(u64, u32)> = all.iter().copied().filter(|(id, _)| !is_full(*id)).collect();
        let total: u32 = open.iter().map(|(_, weight)| weight).sum();
        prop_assert_eq!(hits[0] == 4_000, open.is_empty());
        for (id, weight) in open {
            let share = f64::from(weight) / f64::from(total);
            let deviation = (4_000.0 * share * (1.0 - share)).sqrt();
            let off = (f64::from(hits[id as usize]) - 4_000.0 * share).abs();
            prop_assert!(off <= 5.0 * deviation + 1.0, "{:?} {:?}", all, hits);
        }
    }
}
