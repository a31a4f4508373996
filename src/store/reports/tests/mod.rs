//! Reports, against the same by plain SQL.

mod facts;
mod oracle;
mod world;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use chrono_tz::Tz;
use fastrand::Rng;
use proptest::prelude::*;

use super::*;
use crate::domain::period;
use crate::report::{MetricRef, RevenueKind, Sums, View};
use facts::{DIMENSIONS, OF_CONVERSIONS};
use oracle::{Allowed, Group, Numbers};
use world::{DAY, HOUR, World};

const ZONES: [&str; 6] = [
    "UTC",
    "Europe/Kyiv",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Apia",
];

fn span(world: &World, dice: &mut Rng) -> Span {
    match dice.u8(..4) {
        0 => Span {
            from: 0,
            to: 4_000_000_000_000,
        },
        _ => {
            let from = world.now + dice.i64(-2 * DAY..4 * DAY);
            // Some are empty, some the other way round.
            let to = from + dice.i64(-HOUR..4 * DAY);
            Span { from, to }
        }
    }
}

fn some_dimension(dice: &mut Rng) -> &'static str {
    match dice.u8(..12) {
        0 => OF_CONVERSIONS[dice.usize(..OF_CONVERSIONS.len())].0,
        // Those of time are few among all.
        1..4 => DIMENSIONS[dice.usize(43..50)].0,
        _ => DIMENSIONS[dice.usize(..DIMENSIONS.len())].0,
    }
}

fn needs(dice: &mut Rng) -> Needs {
    if dice.bool() {
        let mut all = Needs::default();
        for key in facts::keys() {
            all.add(MetricRef::parse(key).unwrap().needs(View::default()));
        }
        return all;
    }
    Needs {
        uniques: dice.bool(),
        landings: dice.bool(),
        cost: dice.bool(),
        conversions: dice.bool(),
        ..Needs::default()
    }
}

/// Whether all that a metric follows from was asked for.
fn is_asked_for(key: &str, asked: &Needs) -> bool {
    let mut both = asked.clone();
    both.add(MetricRef::parse(key).unwrap().needs(View::default()));
    both.clicks = asked.clicks;
    both.bots = asked.bots;
    both == *asked
}

fn numbers(sums: &Sums) -> Numbers {
    let value = |key, without_bots| {
        let view = View {
            revenue: RevenueKind::All,
            without_bots,
        };
        let value = MetricRef::parse(key).unwrap().value(sums, view);
        value.unwrap_or_default().0
    };
    let keys = facts::keys();
    keys.map(|key| (key, [value(key, false), value(key, true)]))
        .collect()
}

fn found(grouped: &Grouped, dimensions: usize) -> BTreeMap<Group, Numbers> {
    let groups = 0..grouped.len();
    let groups = groups.map(|group| {
        let values = 0..dimensions;
        let values = values.map(|one| grouped.value(group, one).map(str::to_owned));
        (values.collect(), numbers(&grouped.sums(group)))
    });
    let by_values: BTreeMap<Group, Numbers> = groups.collect();
    assert_eq!(by_values.len(), grouped.len(), "a group is there twice");
    by_values
}

fn compare(world: &World, dice: &mut Rng) -> Result<(), TestCaseError> {
    let mut keys: Vec<&'static str> = (0..dice.u8(..5)).map(|_| some_dimension(dice)).collect();
    keys.dedup();
    let allowed = (0..dice.u8(..3)).map(|_| Allowed::of(world, some_dimension(dice), dice));
    let allowed: Vec<Allowed> = allowed.collect();
    let holds = allowed
        .iter()
        .map(|one| |value: Option<&str>| one.holds(value));
    let holds: Vec<_> = holds.collect();
    let reference = |key: &str| DimensionRef::parse(key).unwrap();
    let filters = allowed.iter().zip(&holds).map(|(one, holds)| Where {
        dimension: reference(one.key),
        holds,
    });
    let ask = Ask {
        span: span(world, dice),
        zone: period::zone(ZONES[dice.usize(..ZONES.len())]),
        basis: Basis::ALL[dice.usize(..3)].1,
        dimensions: keys.iter().map(|key| reference(key)).collect(),
        filters: filters.collect(),
        needs: needs(dice),
        most_groups: 1_000_000,
    };

    let (documents, rates) = (&world.documents, &world.rates);
    let grouped = run(
        &world.readers(),
        documents,
        rates,
        &ask,
        &AtomicBool::new(false),
    );

    let mut found = found(&grouped.unwrap(), keys.len());
    let mut expected = oracle::answer(world, &ask, &keys, &allowed);
    for numbers in found.values_mut().chain(expected.values_mut()) {
        numbers.retain(|key, _| is_asked_for(key, &ask.needs));
    }
    let told = format!(
        "{keys:?} {allowed:?} {:?} {} {:?}",
        ask.span, ask.zone, ask.basis
    );
    prop_assert_eq!(found, expected, "{} {:?}", told, ask.needs);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_report_says_what_plain_sql_says_to_the_last_micro_unit(seed: u64) {
        let dice = &mut Rng::with_seed(seed);
        let mut world = World::new(dice);
        oracle::prepare(&world);
        for _ in 0..3 {
            world.fill(dice);
            for _ in 0..dice.u8(..4) {
                world.seal(dice);
            }
            world.change(dice);
            for _ in 0..4 {
                compare(&world, dice)?;
            }
        }
    }
}

fn ask(dimensions: &[&str], most_groups: usize) -> Ask<'static> {
    let dimensions = dimensions
        .iter()
        .map(|key| DimensionRef::parse(key).unwrap());
    Ask {
        span: Span {
            from: 0,
            to: 4_000_000_000_000,
        },
        zone: Tz::UTC,
        basis: Basis::Click,
        dimensions: dimensions.collect(),
        filters: Vec::new(),
        needs: Needs::default(),
        most_groups,
    }
}

fn world() -> World {
    let dice = &mut Rng::with_seed(7);
    let mut world = World::new(dice);
    world.fill(dice);
    world
}

fn asked(world: &World, ask: &Ask<'_>, stop: bool) -> Result<usize, ReportError> {
    let (documents, rates) = (&world.documents, &world.rates);
    let found = run(
        &world.readers(),
        documents,
        rates,
        ask,
        &AtomicBool::new(stop),
    );
    found.map(|grouped| grouped.len())
}

#[test]
fn more_groups_than_are_allowed_are_refused() {
    let world = world();
    for dimensions in [
        ["country"].as_slice(),
        &["country", "day"],
        &["hour", "ip", "source"],
    ] {
        let groups = asked(&world, &ask(dimensions, 1_000), false).unwrap();

        assert!(groups > 2);
        assert_eq!(
            asked(&world, &ask(dimensions, groups), false).unwrap(),
            groups
        );
        let refused = asked(&world, &ask(dimensions, groups - 1), false);
        assert!(
            matches!(refused, Err(ReportError::TooMany)),
            "{dimensions:?}"
        );
    }
}

#[test]
fn a_report_that_is_stopped_has_no_answer() {
    let stopped = asked(&world(), &ask(&["country"], 1_000), true);

    assert!(matches!(stopped, Err(ReportError::Stopped)));
}

#[test]
fn without_dimensions_there_is_one_group_even_of_nothing() {
    let dice = &mut Rng::with_seed(7);
    let world = World::new(dice);

    assert_eq!(asked(&world, &ask(&[], 1), false).unwrap(), 1);
    assert_eq!(asked(&world, &ask(&["country"], 1), false).unwrap(), 0);
}

#[test]
fn every_dimension_is_compared_with_sql() {
    let compared = DIMENSIONS.iter().chain(&OF_CONVERSIONS);
    let compared: Vec<&str> = compared.map(|(key, _)| *key).collect();
    let all = crate::report::dimension::all().map(|one| one.key);
    let of_one_kind = |key: &str| key.starts_with("sub_id_");
    for key in all.filter(|key| !of_one_kind(key)) {
        assert!(compared.contains(&key), "{key}");
    }
}
