//! What holds for every tree of conditions.

use proptest::prelude::*;

use super::compiled::Verdict;
use super::testing::{Asked, rule};
use crate::domain::money::Micros;
use crate::domain::rule::{Comparison, Condition, Membership, Minimum, Rule, Than, Times};

const KEYS: &[&str] = &["clicks", "cost", "roi", "payout", "event:deposit"];

fn condition() -> impl Strategy<Value = Condition> {
    let key = || prop::sample::select(KEYS).prop_map(str::to_owned);
    let is = prop::sample::select(Comparison::ALL).prop_map(|(_, is)| is);
    let amount = || (-3_i64..4).prop_map(|value| Micros(value * Micros::UNIT));
    let than = prop_oneof![
        amount().prop_map(Than::Value),
        (amount(), key()).prop_map(|(value, of)| Than::Times(Times { value, of })),
    ];
    let metric =
        (key(), is, than).prop_map(|(metric, is, than)| Condition::Metric { metric, is, than });
    let fact = (any::<bool>(), prop::sample::select(&["a", "b"][..])).prop_map(|(is_in, value)| {
        Condition::Fact {
            fact: "source".to_owned(),
            is: if is_in {
                Membership::In
            } else {
                Membership::NotIn
            },
            values: vec![value.to_owned()],
        }
    });
    prop_oneof![metric, fact].prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Condition::All),
            prop::collection::vec(inner, 1..3).prop_map(Condition::Any),
        ]
    })
}

/// What is compared, whatever stands around it.
fn watching(conditions: Condition, clicks: u64) -> Rule {
    Rule {
        conditions,
        minimum: Minimum {
            clicks,
            ..Minimum::default()
        },
        group_by: vec!["source".to_owned()],
        actions: rule(
            serde_json::json!({ "actions": [{ "key": "note", "value": { "text": "x" } }] }),
        )
        .actions,
        ..Rule::default()
    }
}

/// The same conditions, decided at once: every number is known, or has no value.
fn holds(condition: &Condition, source: &str, numbers: &[(String, i64)]) -> bool {
    let number = |key: &str| {
        let found = numbers.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| i128::from(*value))
    };
    match condition {
        Condition::All(list) => list.iter().all(|one| holds(one, source, numbers)),
        Condition::Any(list) => list.iter().any(|one| holds(one, source, numbers)),
        Condition::Fact { is, values, .. } => {
            values.iter().any(|value| value == source) == (*is == Membership::In)
        }
        Condition::Metric { metric, is, than } => {
            let (factor, of) = match than {
                Than::Value(value) => (value.0, Some(1_000_000)),
                Than::Times(times) => (times.value.0, number(&times.of)),
            };
            let (Some(left), Some(of)) = (number(metric), of) else {
                return false;
            };
            is.holds(left * 1_000_000, i128::from(factor) * of)
        }
    }
}

proptest! {
    #[test]
    fn without_the_numbers_nothing_is_said_that_they_could_deny(
        conditions in condition(), clicks in 0_u64..2, source in prop::sample::select(&["a", "b"][..]),
        values in prop::collection::vec(prop::option::of(-3_i64..4), KEYS.len()),
    ) {
        let rule = watching(conditions.clone(), clicks);
        let numbers = KEYS.iter().zip(values);
        let numbers: Vec<(String, i64)> = numbers
            .filter_map(|(key, value)| Some(((*key).to_owned(), value? * Micros::UNIT)))
            .collect();
        let blind = Asked::group(&[source]);
        let seeing = Asked { numbers: Some(numbers.clone()), ..blind.clone() };

        let (before, after) = (blind.verdict(&rule), seeing.verdict(&rule));

        prop_assert_ne!(after, Verdict::NeedsNumbers);
        prop_assert!(before == Verdict::NeedsNumbers || before == after, "{before:?}, {after:?}");
        let of_clicks = numbers.iter().find(|(key, _)| key == "clicks");
        let enough = clicks == 0 || of_clicks.is_some_and(|(_, value)| *value >= Micros::UNIT);
        let expected = enough && holds(&conditions, source, &numbers);
        prop_assert_eq!(after == Verdict::Holds, expected);
    }
}
