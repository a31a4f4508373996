//! The operator's own visits: `millrace_test=1` on a campaign link.

use serde_json::{Value, json};

use crate::payer::Payer;
use crate::tracker::Tracker;

fn stored(tracker: &Tracker, click: &str) -> Value {
    let (status, click) = tracker.get(&format!("/api/v1/clicks/{click}"));
    assert_eq!(status, 200, "{click:#}");
    click
}

/// A campaign `paid` at 0.5 a click, whose first flow takes one visitor.
fn paid(payer: &Payer) -> u64 {
    let to = |url: &str| {
        let url = format!("http://127.0.0.1:9/{url}?c={{click_id}}");
        json!({"kind": "redirect", "redirect": "http", "url": url})
    };
    payer.tracker.create(
        "/api/v1/campaigns",
        &json!({"name": "paid", "alias": "paid", "budget": {"daily": "50", "when_spent": "divert"},
            "fallback": {"kind": "redirect", "url": "http://127.0.0.1:9/fallback"},
            "cost": {"model": "cpc", "value": "0.5", "currency": "USD", "from_url": true},
            "flows": [
                {"name": "limited", "filters": [{"key": "limit", "value": {"total": 1}}], "target": to("limited")},
                {"name": "rest", "kind": "default", "target": to("rest")}]}),
    )
}

#[test]
fn a_test_uses_nothing_up_and_costs_nothing() {
    let mut payer = Payer::new();
    let campaign = paid(&payer);
    let spent = |payer: &Payer| {
        let path = format!("/api/v1/campaigns/{campaign}/budget");
        payer.tracker.get(&path).1["spent"].clone()
    };
    for query in [
        "millrace_test=1",
        "MILLRACE_TEST=yes&cost=3",
        "cost=3&source={zone}&millrace_test=true",
    ] {
        let answer = payer.tracker.click(&format!("/paid?{query}"), &[]);
        assert!(
            answer.location().contains("/limited"),
            "{}",
            answer.location()
        );
        assert!(answer.cookie("mr_visitor").is_none());

        let click = stored(&payer.tracker, answer.click_id().unwrap());

        let facts = ["is_test", "is_unique_campaign", "is_unique_global", "cost"];
        let found: Vec<&Value> = facts.iter().map(|name| &click[name]).collect();
        assert_eq!(
            found,
            [&json!(true), &json!(false), &json!(false), &Value::Null]
        );
        assert_eq!(click["other_parameters"], json!({}));
    }
    assert_eq!(spent(&payer), "0");
    let (_, document) = payer.tracker.get(&format!("/api/v1/campaigns/{campaign}"));
    assert_eq!(
        document["warnings"],
        json!([]),
        "the macro was only a test's"
    );

    // Not after a restart that counts again either.
    payer.tracker.kill_9();
    payer.tracker.start();
    assert_eq!(spent(&payer), "0");
    let answer = payer.tracker.click("/paid?millrace_test=0", &[]);
    assert!(
        answer.location().contains("/limited"),
        "{}",
        answer.location()
    );
    let click = stored(&payer.tracker, answer.click_id().unwrap());
    let facts = ["is_test", "is_unique_campaign", "is_unique_global", "cost"];
    let found: Vec<&Value> = facts.iter().map(|name| &click[name]).collect();
    assert_eq!(
        found,
        [&json!(false), &json!(true), &json!(true), &json!("0.5")]
    );
    assert_eq!(spent(&payer), "0.5");

    let listed = |query: &str| {
        let (_, page) = payer.tracker.get(&format!("/api/v1/clicks?{query}"));
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(
        [listed("is_test=true"), listed("is_test=false"), listed("")],
        [3, 1, 4]
    );
    assert_eq!(
        payer.count("select count(*) from clicks_readable where is_test"),
        3
    );
}

#[test]
fn a_conversion_of_a_test_is_a_test() {
    let payer = Payer::of_offer(json!({"cap": {"daily": 10}}));
    let answer = payer.tracker.click("/push?millrace_test=1", &[]);
    let click = answer.click_id().unwrap();

    payer.says(&format!("subid={click}&payout=3&status=lead"));
    payer.says(&format!("subid={click}&payout=3&status=sale&test=1"));

    assert_eq!(payer.rows(click), ["conversion sale 3 USD test"]);
    let (_, cap) = (payer.tracker).get(&format!("/api/v1/offers/{}/cap", payer.offer));
    assert_eq!(cap["count"], 0);
    let listed = |query: &str| {
        let (_, page) = payer.tracker.get(&format!("/api/v1/conversions{query}"));
        page["items"].as_array().unwrap().len()
    };
    assert_eq!([listed(""), listed("?is_test=true")], [0, 1]);
}
