//! What postbacks pay: which amount wins, in which currency.

use serde_json::{Value, json};

use crate::payer::Payer;
use crate::tracker::Options;

#[test]
fn the_payout_that_wins() {
    let fixed = json!({"payout": {"kind": "fixed", "value": "4", "currency": "USD"}});
    let percent = json!({"payout": {"kind": "percent", "value": "12.5", "currency": "USD"}});
    let silent = json!({});
    let cases: [(&Value, &[&str], &str); 20] = [
        (&fixed, &["payout=7.50"], "sale 7.5"),
        (&fixed, &[""], "sale 4"),
        (&fixed, &["payout=0"], "sale 0"),
        (&fixed, &["payout=0&status=lead"], "lead 0"),
        (&fixed, &["payout={payout}"], "sale 4 unread"),
        (&fixed, &["payout=abc"], "sale 4 unread"),
        (&fixed, &["payout=", "revenue=6"], "sale 6"),
        (&fixed, &["payout=7&status=lead", "status=sale"], "sale 7"),
        (
            &fixed,
            &["payout=7&status=lead", "status=sale&payout=0"],
            "sale 0",
        ),
        (
            &fixed,
            &["payout=7&status=lead", "status=sale&payout={payout}"],
            "sale 7 unread",
        ),
        (
            &fixed,
            &["payout=7&status=sale", "payout=%5Bpayout%5D"],
            "sale 7 unread",
        ),
        (&fixed, &["payout={payout}", "payout=3"], "sale 3"),
        (
            &fixed,
            &["payout=7", "status=rejected&payout=0"],
            "rejected 7",
        ),
        (&fixed, &["payout=7", "status=trash&payout=1"], "trash 7"),
        (
            &fixed,
            &["payout=7", "status=rejected", "status=sale"],
            "sale 7",
        ),
        (&fixed, &["sale_amount=100"], "sale 4"),
        (&percent, &["sale_amount=100"], "sale 12.5"),
        (
            &percent,
            &["order_sum=80&status=lead", "status=sale&payout=9"],
            "sale 9",
        ),
        (&percent, &["status=lead", "sale_amount=40"], "sale 5"),
        (&silent, &["status=sale"], "sale 0"),
    ];
    let payer = Payer::new();
    for (offer, queries, expected) in cases {
        let mut offer = offer.clone();
        offer["payout"] = match offer["payout"].is_null() {
            true => json!({"kind": "postback", "value": "0", "currency": "USD"}),
            false => offer["payout"].clone(),
        };
        payer.edit(&format!("/offers/{}", payer.offer), &offer);
        let click = payer.click();
        for query in queries {
            payer.says(&format!("subid={click}&{query}"));
        }
        let (told, flag) = match expected.strip_suffix(" unread") {
            Some(told) => (told, " unread"),
            None => (expected, ""),
        };
        let expected = format!("conversion {told} USD{flag}");
        assert_eq!(payer.rows(&click), [expected], "{offer} {queries:?}");
    }

    // Nobody knows an amount: that is said.
    let click = payer.click();
    payer.says(&format!("subid={click}"));
    assert!(
        payer.last("reason").contains("no payout"),
        "{}",
        payer.last("reason")
    );
}

#[test]
fn a_negative_amount_is_money_only() {
    let payer = Payer::of_offer(json!({"cap": {"daily": 10}}));
    let click = payer.click();
    payer.says(&format!("subid={click}&payout=20&tid=a"));

    for _ in 0..2 {
        payer.says(&format!("subid={click}&payout=-7.5&tid=a"));
    }

    assert_eq!(
        payer.rows(&click),
        [
            "conversion sale 20 USD #a",
            "conversion sale -7.5 USD #a correction"
        ]
    );
    payer.says(&format!("subid={click}&tid=a&status=rejected"));
    assert_eq!(
        payer.rows(&click),
        [
            "conversion rejected 20 USD #a",
            "conversion sale -7.5 USD #a correction"
        ]
    );
    let (_, cap) = (payer.tracker).get(&format!("/api/v1/offers/{}/cap", payer.offer));
    assert_eq!(cap["count"], 1);
}

#[test]
fn the_currency_is_the_postbacks_then_the_networks_then_the_offers() {
    let offer = json!({"payout": {"kind": "postback", "value": "2", "currency": "EUR"}});
    let payer = Payer::with(Options::default(), json!({"currency": "UAH"}), offer);
    payer.rate("EUR", "1.1");
    payer.rate("UAH", "0.025");
    let cases = [
        ("payout=10&currency=EUR", "conversion sale 10 EUR worth 11"),
        ("payout=10&currency=eur", "conversion sale 10 EUR worth 11"),
        ("payout=10", "conversion sale 10 UAH worth 0.25"),
        (
            "payout=10&currency={currency}",
            "conversion sale 10 UAH worth 0.25",
        ),
        (
            "payout=10&amp;currency=EUR",
            "conversion sale 10 EUR worth 11",
        ),
        ("payout=10%C2%A4cy=EUR", "conversion sale 10 EUR worth 11"),
        // The offer's own value is in the offer's currency.
        ("payout=", "conversion sale 2 EUR worth 2.2"),
        ("payout=10&currency=USD", "conversion sale 10 USD"),
        (
            "payout=10&currency=XYZ",
            "conversion sale 10 XYZ worth 0 unrated",
        ),
        ("payout=%2410", "conversion sale 10 USD"),
    ];
    for (query, expected) in cases {
        let click = payer.click();
        payer.says(&format!("subid={click}&{query}"));
        assert_eq!(payer.rows(&click), [expected], "{query}");
    }
    let unrated = "select count(*) from postbacks where reason like '%no rate for XYZ%'";
    assert_eq!(payer.count(unrated), 1);

    payer.edit_network(&json!({"currency": null}));
    let click = payer.click();
    payer.says(&format!("subid={click}&payout=10"));
    assert_eq!(payer.rows(&click), ["conversion sale 10 EUR worth 11"]);
}
