//! Whether conditions hold, with and without numbers.

use serde_json::{Value, json};

use super::{country, roi};
use crate::rules::Verdict;
use crate::rules::testing::{Asked, compiled, rule};

#[test]
fn a_tree_that_facts_decide_needs_no_numbers() {
    let verdict = |conditions: Value, place: &str| {
        let rule = rule(json!({ "group_by": ["country"], "conditions": conditions,
            "actions": [{ "key": "list_add", "value": { "list_id": 1 } }] }));
        Asked::group(&[place]).verdict(&rule)
    };
    use Verdict::{DoesNot, Holds, NeedsNumbers};
    let cases = [
        (json!({ "all": [country("in"), roi("0")] }), "DE", DoesNot),
        (json!({ "all": [roi("0"), country("in")] }), "DE", DoesNot),
        (
            json!({ "all": [country("in"), roi("0")] }),
            "US",
            NeedsNumbers,
        ),
        (json!({ "any": [roi("0"), country("in")] }), "US", Holds),
        (
            json!({ "any": [country("in"), roi("0")] }),
            "DE",
            NeedsNumbers,
        ),
        (
            json!({ "all": [country("in"), { "any": [country("not_in"), country("in")] }] }),
            "US",
            Holds,
        ),
        // Whoever has no country is in none.
        (country("in"), "", DoesNot),
        (country("not_in"), "", Holds),
        (json!({ "all": [] }), "", Holds),
    ];
    for (conditions, place, expected) in cases {
        assert_eq!(
            verdict(conditions.clone(), place),
            expected,
            "{conditions} {place}"
        );
    }
}

#[test]
fn a_metric_without_a_value_fits_nothing() {
    for is in ["<", "<=", ">", ">=", "=", "!="] {
        let rule = rule(json!({ "conditions": { "metric": "roi", "is": is, "value": "0" } }));

        assert_eq!(
            Asked::default().with(&[]).verdict(&rule),
            Verdict::DoesNot,
            "{is}"
        );
    }
}

#[test]
fn so_many_times_another_number_is_a_product() {
    let rule = rule(json!({ "conditions":
        { "metric": "cost", "is": ">=", "times": { "value": "2.5", "of": "payout" } } }));
    let cases = [
        (10, Some(4), Verdict::Holds),
        (9, Some(4), Verdict::DoesNot),
        (10, None, Verdict::DoesNot),
    ];
    for (cost, payout, expected) in cases {
        let mut numbers = vec![("cost", cost)];
        numbers.extend(payout.map(|payout| ("payout", payout)));

        assert_eq!(Asked::default().with(&numbers).verdict(&rule), expected);
    }
    assert!(compiled(&rule).needs_payout());
}

#[test]
fn a_group_below_the_minimum_is_left_alone() {
    let rule = rule(json!({ "minimum": { "clicks": 10, "conversions": 1, "cost": "5" } }));
    let least = [("clicks", 10), ("conversions", 1), ("cost", 5)];

    assert_eq!(Asked::default().with(&least).verdict(&rule), Verdict::Holds);
    for missing in 0..3 {
        let mut fewer = least;
        fewer[missing].1 -= 1;
        assert_eq!(
            Asked::default().with(&fewer).verdict(&rule),
            Verdict::DoesNot
        );
    }
    assert_eq!(Asked::default().verdict(&rule), Verdict::NeedsNumbers);
}

#[test]
fn at_a_conversion_its_payout_and_its_facts_are_at_hand() {
    let rule = rule(json!({ "moment": { "kind": "conversion" },
        "conditions": { "all": [
            { "metric": "payout", "is": ">=", "value": "7.5" },
            { "fact": "status", "is": "in", "values": ["sale"] },
        ] },
        "actions": [{ "key": "pause_campaign" }] }));

    let asked = Asked::default();
    assert_eq!(
        asked.clone().at(&[("status", "sale")]).verdict(&rule),
        Verdict::Holds
    );
    assert_eq!(
        asked.at(&[("status", "lead")]).verdict(&rule),
        Verdict::DoesNot
    );
    assert!(!compiled(&rule).needs_numbers());
}

#[test]
fn what_a_text_tells_is_looked_at_before_it_is_told() {
    let rule = rule(
        json!({ "actions": [{ "key": "note", "value": { "text": "{cr} {event:deposit}" } }] }),
    );
    let read = compiled(&rule);

    let metrics: Vec<String> = read.metrics().iter().map(ToString::to_string).collect();
    assert_eq!(metrics, ["cr", "event:deposit"]);
    assert_eq!(Asked::default().verdict(&rule), Verdict::NeedsNumbers);
    assert_eq!(Asked::default().with(&[]).verdict(&rule), Verdict::Holds);
}
