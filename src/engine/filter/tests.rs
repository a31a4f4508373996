//! What all filters have in common, and how they decide together.

use std::collections::HashSet;

use serde_json::json;

use super::lists::testing::lists;
use super::*;
use crate::domain::flow::{Filter, Match, Mode};
use crate::domain::visitor::DeviceType;
use crate::engine::testing::{asking, filter, visitor};
use crate::engine::trace::Silent;

#[test]
fn entries_are_complete_and_their_examples_compile() {
    let mut keys = HashSet::new();
    for kind in all() {
        let key = kind.key();
        for word in kind.aliases().iter().chain([&key]) {
            assert!(keys.insert(*word), "{word} is there twice");
            assert!(
                word.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            );
        }
        assert!(!kind.label().is_empty() && kind.help().len() > 20, "{key}");
        assert!(
            kind.compile(&kind.example(), &Lists::default()).is_ok(),
            "{key}"
        );
    }
    assert_eq!(options().len(), all().count());
}

#[test]
fn every_choice_that_is_offered_compiles() {
    for kind in all() {
        let (values, absent) = match kind.input() {
            Input::Choices { choices } | Input::FlagOrChoices { choices } => (
                choices
                    .into_iter()
                    .map(|choice| json!([choice.value]))
                    .collect(),
                None,
            ),
            Input::Choice { choices } => (
                choices
                    .into_iter()
                    .map(|choice| json!(choice.value))
                    .collect(),
                None,
            ),
            Input::Values { usual, absent, .. } => (
                usual.iter().map(|value| json!([value])).collect(),
                Some(absent),
            ),
            _ => (Vec::new(), None),
        };
        for value in values.into_iter().chain(absent.map(|word| json!([word]))) {
            assert!(
                kind.compile(&value, &Lists::default()).is_ok(),
                "{} {value}",
                kind.key()
            );
        }
    }
}

#[test]
fn values_of_the_wrong_shape_are_refused_by_every_filter() {
    for kind in all() {
        let wrong = [
            json!(null),
            json!(false),
            json!(-7),
            json!({}),
            json!([]),
            json!([7]),
            json!(["\0"]),
            json!([{"list_id": "x"}]),
            json!({"nonsense": 1}),
            json!(""),
        ];
        for value in wrong {
            let problems = kind
                .compile(&value, &Lists::default())
                .err()
                .unwrap_or_default();

            assert!(!problems.is_empty(), "{} takes {value}", kind.key());
        }
    }
}

#[test]
fn modes_and_joins_decide_together() {
    use Match::{All, Any};
    use Mode::{Accept, Reject};
    let cases = [
        (All, vec![], true),
        (Any, vec![], true),
        (All, vec![(Accept, true), (Accept, true)], true),
        (All, vec![(Accept, true), (Accept, false)], false),
        (All, vec![(Accept, true), (Reject, false)], true),
        (All, vec![(Reject, true)], false),
        (Any, vec![(Accept, false), (Accept, true)], true),
        (Any, vec![(Accept, false), (Reject, false)], true),
        (Any, vec![(Accept, false), (Reject, true)], false),
    ];
    let german = visitor("DE", DeviceType::Mobile);
    for (join, filters, expected) in cases {
        let documents: Vec<_> = filters
            .iter()
            .map(|(mode, matches)| {
                let country = if *matches { "DE" } else { "FR" };
                filter("country", *mode, json!([country]))
            })
            .collect();

        let compiled = compile(join, &documents);

        assert_eq!(
            asking(&german, 1, |asked| compiled.accept(asked, &mut Silent)),
            expected,
            "{join:?} {filters:?}"
        );
    }
}

#[test]
fn every_problem_of_a_list_is_reported_with_its_place() {
    let filters = [
        filter("contry", Mode::Accept, json!(["DE"])),
        filter("country", Mode::Accept, json!(["DE", "XX"])),
        filter("device_type", Mode::Accept, json!([])),
        filter("limit", Mode::Reject, json!({"total": 0})),
        filter("ip", Mode::Accept, json!(["10.0.0.1", {"list_id": 1}])),
        filter(
            "parameter",
            Mode::Accept,
            json!({"name": "a", "value": ["x", "/(/"]}),
        ),
    ];

    let lists = lists(&[(1, &["10.0.0.2", "zone 7"])]);
    let problems = Filters::compile(Match::All, &filters, &lists)
        .err()
        .unwrap_or_default();

    let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "[0].key",
            "[1].value[1]",
            "[2].value",
            "[3].mode",
            "[3].value.total",
            "[4].value[1].list_id",
            "[5].value.value[1]",
        ]
    );
    assert!(problems[0].message.ends_with("Did you mean \"country\"?"));
    let of_list = "Line 2 of list 1 \"List 1\": \"zone 7\" is no address.";
    assert!(problems[5].message.starts_with(of_list), "{problems:?}");
}

#[test]
fn other_words_of_a_filter_are_understood() {
    for (alias, key) in [
        ("operator", "isp"),
        ("device_model", "model"),
        ("ipv_6", "ipv6"),
    ] {
        assert_eq!(find(alias).map(|kind| kind.key()), Some(key));
    }
}

pub(super) fn compile(join: Match, filters: &[Filter]) -> Filters {
    Filters::compile(join, filters, &Lists::default()).expect("it compiles")
}

#[test]
fn a_list_of_a_hundred_thousand_lines_is_compiled_once_for_all_its_filters() {
    let lines: Vec<String> = (0..100_000_u32)
        .map(|n| std::net::Ipv4Addr::from_bits(0x0a00_0000 + n * 7).to_string())
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let lists = lists(&[(1, &lines)]);
    let value = json!([{"list_id": 1}]);
    let uses: Vec<_> = (0..100)
        .map(|_| filter("ip", Mode::Reject, value.clone()))
        .collect();
    // Each would take a second or so by itself.
    for _ in 0..100 {
        Filters::compile(Match::All, &uses, &lists).expect("it compiles");
    }
    let filters = Filters::compile(Match::All, &uses, &lists).expect("it compiles");
    let mut german = visitor("DE", DeviceType::Mobile);
    let mut takes = |address: &str| {
        german.ip = address.parse().expect("an address");
        asking(&german, 1, |asked| filters.accept(asked, &mut Silent))
    };

    assert!(takes("10.0.0.1"));
    assert!(!takes("10.0.0.7"));
}
