//! What each operator holds of, and what is refused.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::form::Form;
use crate::domain::money::Micros;
use crate::domain::problem::Problem;

fn filter(document: &Value) -> Result<Filter, Vec<Problem>> {
    Form::read(document, Filter::read).map(|filter| filter.expect("no problem, so a filter"))
}

fn of(dimension: &str, operator: &str, value: Value) -> Filter {
    let document = json!({ "dimension": dimension, "operator": operator, "value": value });
    filter(&document).unwrap_or_else(|problems| panic!("{document}: {problems:?}"))
}

fn metric(operator: &str, value: Value) -> Result<NumberTest, Vec<Problem>> {
    let document = json!({ "operator": operator, "value": value });
    let read = Form::read(&document, NumberTest::read);
    read.map(|test| test.expect("no problem, so a test"))
}

#[test]
fn operators_of_texts_hold_of_what_they_say() {
    let cases = [
        ("equals", json!("Zone7"), vec!["Zone7"]),
        ("equals", Value::Null, vec![""]),
        ("equals", json!(""), vec![""]),
        (
            "not_equals",
            json!("Zone7"),
            vec!["", "zone7", "zone8", "my zone7 (x)"],
        ),
        ("in", json!(["zone8", null, "zone9"]), vec!["", "zone8"]),
        (
            "not_in",
            json!(["zone8", "Zone7"]),
            vec!["", "zone7", "my zone7 (x)"],
        ),
        (
            "contains",
            json!("ZONE7"),
            vec!["Zone7", "zone7", "my zone7 (x)"],
        ),
        ("contains", json!("(X)"), vec!["my zone7 (x)"]),
        ("not_contains", json!("zone7"), vec!["", "zone8"]),
        (
            "begins_with",
            json!("zone"),
            vec!["Zone7", "zone7", "zone8"],
        ),
        ("ends_with", json!("7"), vec!["Zone7", "zone7"]),
        ("ends_with", json!(8), vec!["zone8"]),
        ("mask", json!("z*e?"), vec!["Zone7", "zone7", "zone8"]),
        ("mask", json!("*7*"), vec!["Zone7", "zone7", "my zone7 (x)"]),
        ("mask", json!("zone"), vec![]),
        ("regexp", json!("^zone[78]$"), vec!["zone7", "zone8"]),
        ("regexp", json!("(?i)^ZONE7"), vec!["Zone7", "zone7"]),
        ("regexp", json!("^$"), vec![""]),
        ("not_regexp", json!("7"), vec!["", "zone8"]),
        ("greater", json!("zone7"), vec!["zone8"]),
        (
            "less_or_equal",
            json!("zone7"),
            vec!["Zone7", "zone7", "my zone7 (x)"],
        ),
        ("between", json!(["zone7", "zone8"]), vec!["zone7", "zone8"]),
        (
            "is_set",
            Value::Null,
            vec!["Zone7", "zone7", "zone8", "my zone7 (x)"],
        ),
        ("is_not_set", Value::Null, vec![""]),
    ];
    for (operator, value, expected) in cases {
        let filter = of("source", operator, value.clone());
        let texts = ["", "Zone7", "zone7", "zone8", "my zone7 (x)"];

        let found: Vec<&str> = texts
            .into_iter()
            .filter(|text| filter.holds(Some(text)))
            .collect();

        assert_eq!(found, expected, "{operator} {value}");
        assert_eq!(
            filter.holds(None),
            expected.contains(&""),
            "{operator} {value}"
        );
    }
}

#[test]
fn numbers_are_compared_as_numbers_whatever_their_length() {
    let cases = [
        (
            "creative_id",
            "greater",
            json!(9),
            vec!["10", "9.5", "23851234567890123456"],
        ),
        (
            "creative_id",
            "between",
            json!(["9", 10]),
            vec!["9", "10", "9.5"],
        ),
        ("creative_id", "less", json!("9.50"), vec!["9"]),
        (
            "creative_id",
            "greater_or_equal",
            json!("23851234567890123456"),
            vec!["23851234567890123456"],
        ),
        ("asn", "less_or_equal", json!(10), vec!["9", "10", "9.5"]),
    ];
    for (dimension, operator, value, expected) in cases {
        let filter = of(dimension, operator, value.clone());
        let texts = ["9", "10", "9.5", "x", "", "23851234567890123456"];
        let found: Vec<&str> = texts
            .into_iter()
            .filter(|text| filter.holds(Some(text)))
            .collect();
        assert_eq!(found, expected, "{dimension} {operator} {value}");
    }
}

#[test]
fn values_are_taken_as_their_dimension_stores_them() {
    assert!(of("country", "in", json!(["de", "AT"])).holds(Some("DE")));
    assert!(of("campaign_id", "equals", json!(12)).holds(Some("12")));
    assert!(of("asn", "in", json!([7, "08"])).holds(Some("07")));
    assert!(!of("asn", "equals", json!(7)).holds(Some("70")));
    assert!(of("asn", "equals", Value::Null).holds(None));
    assert!(of("is_bot", "equals", json!(true)).holds(Some("true")));
    assert!(of("device_type", "not_equals", json!("mobile")).holds(Some("tv")));
}

#[test]
fn problems_name_their_field_and_the_way_out() {
    let cases = [
        (json!({}), "dimension", "required", "Name a dimension"),
        (
            json!({"dimension": "contry", "operator": "is_set"}),
            "dimension",
            "unknown_field",
            "\"country\"",
        ),
        (
            json!({"dimension": "country"}),
            "operator",
            "required",
            "Send an operator",
        ),
        (
            json!({"dimension": "country", "operator": "equal", "value": "DE"}),
            "operator",
            "unknown_operator",
            "\"equals\"",
        ),
        (
            json!({"dimension": "country", "operator": "equals"}),
            "value",
            "required",
            "needs a value",
        ),
        (
            json!({"dimension": "country", "operator": "equals", "value": "Germany"}),
            "value",
            "invalid",
            "two letters",
        ),
        (
            json!({"dimension": "country", "operator": "in", "value": "DE"}),
            "value",
            "invalid",
            "a list",
        ),
        (
            json!({"dimension": "country", "operator": "in", "value": []}),
            "value",
            "invalid",
            "a list",
        ),
        (
            json!({"dimension": "source", "operator": "in", "value": ["a", {}]}),
            "value[1]",
            "invalid",
            "no object",
        ),
        (
            json!({"dimension": "source", "operator": "is_set", "value": "x"}),
            "value",
            "invalid",
            "takes no value",
        ),
        (
            json!({"dimension": "source", "operator": "contains", "value": ""}),
            "value",
            "invalid",
            "is_set",
        ),
        (
            json!({"dimension": "source", "operator": "regexp", "value": "("}),
            "value",
            "invalid",
            "no regexp",
        ),
        (
            json!({"dimension": "source", "operator": "regexp", "value": "(?:a{1000}){1000}"}),
            "value",
            "invalid",
            "smaller repetitions",
        ),
        (
            json!({"dimension": "source", "operator": "between", "value": ["b", "a"]}),
            "value",
            "invalid",
            "swap",
        ),
        (
            json!({"dimension": "source", "operator": "between", "value": ["b"]}),
            "value",
            "invalid",
            "two",
        ),
        (
            json!({"dimension": "source", "operator": "less", "value": ""}),
            "value",
            "invalid",
            "empty",
        ),
        (
            json!({"dimension": "asn", "operator": "less", "value": "x"}),
            "value",
            "invalid",
            "not a number",
        ),
        (
            json!({"dimension": "offer_id", "operator": "equals", "value": "x"}),
            "value",
            "invalid",
            "not an id",
        ),
        (
            json!({"dimension": "device_type", "operator": "equals", "value": "mobil"}),
            "value",
            "invalid",
            "\"mobile\"",
        ),
        (
            json!({"dimension": "source", "operator": "equals", "value": "a", "valeu": 1}),
            "valeu",
            "unknown_field",
            "\"value\"",
        ),
    ];
    for (document, field, code, told) in cases {
        let problems = filter(&document).expect_err(&document.to_string());
        let first = &problems[0];
        assert_eq!(
            (first.field.as_str(), first.code),
            (field, code),
            "{document}"
        );
        assert!(
            first.message.contains(told),
            "{document}: {}",
            first.message
        );
    }
}

#[test]
fn metrics_are_tested_as_numbers_and_nothing_fits_no_number() {
    let cases = [
        ("equals", json!("1.5"), vec!["1.5"]),
        ("not_equals", json!("1.5"), vec!["-2", "0", "3"]),
        ("greater", json!(0), vec!["1.5", "3"]),
        ("greater_or_equal", json!("0"), vec!["0", "1.5", "3"]),
        ("less", json!("1.5"), vec!["-2", "0"]),
        ("less_or_equal", json!("1.5"), vec!["-2", "0", "1.5"]),
        ("between", json!(["0", "1.5"]), vec!["0", "1.5"]),
        ("is_set", Value::Null, vec!["-2", "0", "1.5", "3"]),
        ("is_not_set", Value::Null, vec![]),
    ];
    for (operator, value, expected) in cases {
        let test = metric(operator, value.clone()).expect("a test");
        let holds = |text: &&str| test.holds(text.parse::<Micros>().ok());
        let found: Vec<&str> = ["-2", "0", "1.5", "3"].into_iter().filter(holds).collect();
        assert_eq!(found, expected, "{operator} {value}");
        assert_eq!(test.holds(None), operator == "is_not_set", "{operator}");
    }
    for (operator, value, field) in [
        ("contains", json!("1"), "operator"),
        ("equals", json!("x"), "value"),
        ("between", json!(["1", "x"]), "value[1]"),
        ("between", json!("1"), "value"),
        ("between", json!(["2", "1"]), "value"),
        ("less", Value::Null, "value"),
    ] {
        let problems = metric(operator, value.clone()).expect_err(operator);
        assert_eq!(problems[0].field, field, "{operator} {value}: {problems:?}");
    }
}

#[test]
fn every_operator_is_whole_and_its_key_its_own() {
    let keys: std::collections::HashSet<&str> = all().iter().map(|one| one.key).collect();
    assert_eq!(keys.len(), all().len());
    for operator in all() {
        assert!(
            !operator.label.is_empty() && operator.help.ends_with('.'),
            "{}",
            operator.key
        );
        assert_eq!(find(operator.key).map(|one| one.key), Some(operator.key));
    }
}

proptest! {
    #[test]
    fn masks_match_as_the_naive_matcher_says(mask in "[ab.*?]{1,6}", text in "[abAB.]{0,8}") {
        fn naive(mask: &[u8], text: &[u8]) -> bool {
            match (mask, text) {
                ([], []) => true,
                ([b'*', rest @ ..], _) => {
                    naive(rest, text) || !text.is_empty() && naive(mask, &text[1..])
                }
                ([b'?', mask @ ..], [_, text @ ..]) => naive(mask, text),
                ([a, mask @ ..], [b, text @ ..]) => a.eq_ignore_ascii_case(b) && naive(mask, text),
                _ => false,
            }
        }
        let filter = of("source", "mask", json!(mask));
        prop_assert_eq!(filter.holds(Some(&text)), naive(mask.as_bytes(), text.as_bytes()));
    }
}
