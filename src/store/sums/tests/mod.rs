//! The answers, against the same worked out row by row.

mod naive;
mod world;

use std::collections::BTreeMap;

use fastrand::Rng;
use proptest::prelude::*;
use rusqlite::params;

use super::*;
use crate::domain::id::Id;
use crate::report::{MetricRef, RevenueKind, View, dimension};
use naive::{Counted, Naive, TRIED};
use world::{DAY, HOUR, NOW, World};

const NO_PACE: fn() -> bool = || true;

fn span(dice: &mut Rng) -> Span {
    let from = NOW + dice.i64(-2 * DAY..4 * DAY);
    // Some are empty, some the other way round.
    let to = from + dice.i64(-HOUR..3 * DAY);
    Span { from, to }
}

fn some_of(dice: &mut Rng, ids: &[u64]) -> Vec<u64> {
    match dice.u8(..3) {
        0 => ids.iter().copied().filter(|_| dice.bool()).collect(),
        _ => Vec::new(),
    }
}

fn question(dice: &mut Rng, naive: &Naive<'_>) -> Question {
    let mut keys = TRIED.to_vec();
    dice.shuffle(&mut keys);
    keys.truncate(dice.usize(..4));
    let mut spans = Spans::of_all(span(dice));
    for campaign in 1..4 {
        if dice.u8(..3) == 0 {
            spans.by_campaign.insert(campaign, span(dice));
        }
    }
    let mut question = Question {
        scope: Scope {
            campaigns: some_of(dice, &[1, 2, 3, 99]),
            traffic_sources: some_of(dice, &[1, 2, 98]),
            offers: some_of(dice, &[7, 8, 9, 97]),
        },
        dimensions: keys.iter().filter_map(|key| dimension::find(key)).collect(),
        spans,
        basis: Basis::ALL[dice.usize(..3)].1,
        only: None,
    };
    if dice.u8(..3) == 0 {
        let mut only: Vec<Group> = naive.answer(&question).into_keys().collect();
        only.retain(|_| dice.bool());
        only.push(keys.iter().map(|_| Some("never met".to_owned())).collect());
        question.only = Some(only);
    }
    question
}

/// What the naive way counts too.
const COUNTED: [&str; 22] = [
    "clicks",
    "unique_clicks",
    "unique_flow_clicks",
    "unique_global_clicks",
    "landing_views",
    "offer_clicks",
    "offer_click_repeats",
    "bots",
    "conversions",
    "leads",
    "sales",
    "rejected",
    "trash",
    "rebills",
    "customers",
    "revenue_hold",
    "revenue_confirmed",
    "revenue_rejected",
    "cost",
    "event:deposit",
    "event_revenue:ghost",
    "time_to_conversion",
];

fn counted(sums: &Sums) -> Counted {
    let value = |key: &str, without_bots| {
        let view = View {
            revenue: RevenueKind::All,
            without_bots,
        };
        let value = MetricRef::parse(key).unwrap().value(sums, view);
        // Only the average over nothing is none.
        value.unwrap_or_default().0
    };
    COUNTED
        .map(|key| (key.to_owned(), [value(key, false), value(key, true)]))
        .into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn one_pass_answers_what_each_row_says_to_the_last_micro_unit(seed: u64) {
        let dice = &mut Rng::with_seed(seed);
        let mut world = World::new();
        world.fill(dice);
        let naive = Naive::of(&world);
        let questions: Vec<Question> = (0..12).map(|_| question(dice, &naive)).collect();

        let readers = world.readers();
        let (documents, rates) = (&world.documents, &world.rates);
        let answers = answer(&readers, documents, rates, &questions, &mut NO_PACE.clone());

        let answers = answers.unwrap().expect("nobody stopped it");
        for (index, question) in questions.iter().enumerate() {
            let found: BTreeMap<Group, Counted> = answers
                .of(index)
                .expect("few groups")
                .iter()
                .map(|(group, sums)| (group.clone(), counted(sums)))
                .collect();
            let mut expected = naive.answer(question);
            for counted in expected.values_mut() {
                counted.retain(|key, _| COUNTED.contains(&key.as_str()));
                for key in COUNTED {
                    counted.entry(key.to_owned()).or_default();
                }
            }
            prop_assert_eq!(found, expected, "{:?}", question);
        }
    }
}

/// Clicks of a campaign, each from a source of its own, a millisecond apart.
fn insert_clicks(world: &World, route_id: i64, count: i64) {
    let transaction = world.connection.unchecked_transaction().unwrap();
    for number in 0..count {
        insert_click_at(world, route_id, NOW + number, number);
    }
    transaction.commit().unwrap();
}

fn insert_click_at(world: &World, route_id: i64, at: i64, source: i64) {
    const SQL: &str = "
        insert into clicks (id, route_id, agent_id, place_id, ip, source, flags)
        values (?, ?, 1, 1, x'01020304', ?, 0)";
    let id = Id::first_at(at).to_row() + route_id;
    let values = params![id, route_id, source];
    world.connection.execute(SQL, values).unwrap();
}

fn about(campaign: u64, dimensions: &[&str], to: i64) -> Question {
    Question {
        scope: Scope {
            campaigns: vec![campaign],
            ..Scope::default()
        },
        dimensions: dimensions
            .iter()
            .filter_map(|key| dimension::find(key))
            .collect(),
        spans: Spans::of_all(Span { from: NOW, to }),
        basis: Basis::Click,
        only: None,
    }
}

/// The number of groups of each answer.
fn sizes(world: &World, questions: &[Question]) -> Vec<Result<usize, Unanswered>> {
    let readers = world.readers();
    let (documents, rates) = (&world.documents, &world.rates);
    let answers = answer(&readers, documents, rates, questions, &mut NO_PACE.clone());
    let answers = answers.unwrap().expect("nobody stopped it");
    (0..questions.len())
        .map(|index| answers.of(index).map(|groups| groups.len()))
        .collect()
}

#[test]
fn too_many_groups_are_refused_and_other_questions_answered() {
    let world = World::new();
    insert_clicks(&world, 1, MOST_GROUPS as i64 + 1);
    let limit = MOST_GROUPS as i64;

    let sizes = sizes(
        &world,
        &[
            about(1, &["source"], NOW + limit + 1),
            about(1, &["source"], NOW + limit),
            about(1, &["country"], NOW + DAY),
            about(1, &[], NOW + DAY),
        ],
    );

    assert_eq!(
        sizes,
        [Err(Unanswered::TooMany), Ok(MOST_GROUPS), Ok(1), Ok(1)]
    );
}

#[test]
fn a_pile_that_fills_the_memory_is_dropped_and_the_others_are_answered() {
    let world = World::new();
    insert_clicks(&world, 1, 3_100);
    insert_clicks(&world, 3, 10);

    let one_of_many = Question {
        only: Some(vec![vec![Some("3000".to_owned())]]),
        ..about(1, &["source"], NOW + DAY)
    };
    let sizes = sizes(
        &world,
        &[
            about(1, &["source"], NOW + DAY),
            about(1, &["source"], NOW + 5),
            about(2, &["source", "country"], NOW + DAY),
            one_of_many,
        ],
    );

    assert_eq!(
        sizes,
        [
            Err(Unanswered::TooMany),
            Err(Unanswered::TooMany),
            Ok(10),
            Ok(1)
        ]
    );
}

#[test]
fn the_greedy_question_is_dropped_and_not_the_one_with_the_largest_campaign() {
    let world = World::new();
    for (route_id, clicks) in [(1, 950), (3, 700), (5, 700)] {
        insert_clicks(&world, route_id, clicks);
    }
    let greedy = Question {
        scope: Scope::default(),
        ..about(1, &["source", "campaign_id"], NOW + DAY)
    };

    let sizes = sizes(&world, &[greedy, about(1, &["source"], NOW + DAY)]);

    assert_eq!(sizes, [Err(Unanswered::TooMany), Ok(950)]);
}

#[test]
fn a_dropped_pile_takes_nothing_from_campaigns_that_come_later() {
    let world = World::new();
    insert_clicks(&world, 1, 3_100);
    insert_click_at(&world, 3, NOW + HOUR, 7);
    let both = Question {
        scope: Scope::default(),
        ..about(1, &["source"], NOW + DAY)
    };

    let sizes = sizes(&world, &[both, about(2, &["source"], NOW + DAY)]);

    assert_eq!(sizes, [Err(Unanswered::TooMany), Err(Unanswered::TooMany)]);
}

#[test]
fn a_pass_that_is_stopped_has_no_answer() {
    let world = World::new();
    insert_clicks(&world, 1, 50);
    let questions = [about(1, &[], NOW + DAY)];
    let mut pages = 0;
    let mut pace = || {
        pages += 1;
        pages < 3
    };

    let readers = world.readers();
    let answers = answer(
        &readers,
        &world.documents,
        &world.rates,
        &questions,
        &mut pace,
    );

    assert!(answers.unwrap().is_none());
    assert_eq!(pages, 3);
}

#[test]
fn a_span_of_a_campaign_beats_the_common_one() {
    let world = World::new();
    insert_clicks(&world, 1, 20);
    insert_clicks(&world, 3, 20);
    let mut question = about(1, &["campaign_id", "source"], NOW + 5);
    question.scope = Scope::default();
    let own = Span {
        from: NOW + 10,
        to: NOW + 12,
    };
    question.spans.by_campaign.insert(2, own);

    assert_eq!(sizes(&world, &[question]), [Ok(5 + 2)]);
}

#[test]
fn money_without_a_click_is_the_campaigns_at_its_time() {
    let world = World::new();
    insert_clicks(&world, 1, 1);
    let rows = "
        insert into unassigned_costs (update_id, selection, campaign_id, at, amount, currency, replaced_by)
        values (1, x'', 1, ?1, 3000000, 'USD', null), (1, x'', 1, ?1, 5000000, 'USD', 2),
            (1, x'', 2, ?1, 7000000, 'USD', null), (1, x'', 1, ?1 + 86400000, 9000000, 'USD', null)";
    world.connection.execute(rows, [NOW]).unwrap();
    let of_a_source = Question {
        scope: Scope {
            traffic_sources: vec![1],
            ..Scope::default()
        },
        ..about(1, &["campaign_id"], NOW + DAY)
    };
    let questions = [
        about(1, &["campaign_group_id"], NOW + DAY),
        about(1, &["source"], NOW + DAY),
        of_a_source,
    ];

    let readers = world.readers();
    let (documents, rates) = (&world.documents, &world.rates);
    let answers = answer(&readers, documents, rates, &questions, &mut NO_PACE.clone());
    let answers = answers.unwrap().expect("nobody stopped it");

    let costs = |index| {
        let groups = answers.of(index).expect("few groups");
        let mut costs: Vec<(Group, i64)> = groups
            .into_iter()
            .map(|(group, sums)| (group, sums.cost().0))
            .collect();
        costs.sort();
        costs
    };
    let group = |value: Option<&str>| vec![value.map(str::to_owned)];
    assert_eq!(costs(0), [(group(Some("4")), 3_000_000)]);
    // The click is from source 0.
    assert_eq!(costs(1), [(group(None), 3_000_000), (group(Some("0")), 0)]);
    assert_eq!(costs(2), [(group(Some("1")), 0)]);
}
