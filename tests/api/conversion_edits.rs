//! Conversions by hand: entered, tested and edited over the API.

use serde_json::{Value, json};

use crate::payer::Payer;

const PATH: &str = "/api/v1/conversions";

fn entered(payer: &Payer, document: Value) -> Value {
    let (status, answer) = payer.tracker.post(PATH, &document);
    assert_eq!(status, 201, "{answer:#}");
    answer
}

fn edit(payer: &Payer, conversion: &Value, change: Value) -> (u16, Value) {
    let id = conversion["id"].as_str().unwrap();
    payer.tracker.patch(&format!("{PATH}/{id}"), &change)
}

#[test]
fn what_is_entered_by_hand_is_the_networks_whose_offer_was_taken() {
    let payer = Payer::of_network(json!({"currency": "EUR"}));
    payer.rate("EUR", "2");
    let other = (payer.tracker).create("/api/v1/networks", &json!({"name": "Other"}));

    let own = entered(
        &payer,
        json!({"click_id": payer.click(), "payout": "5", "tid": "t1"}),
    );
    let named = entered(
        &payer,
        json!({"click_id": payer.click(), "payout": "5", "network_id": other}),
    );

    assert_eq!(own["network_id"], payer.network);
    assert_eq!(
        (&own["currency"], &own["revenue"]),
        (&json!("EUR"), &json!("10"))
    );
    assert_eq!(named["network_id"], other);
    let (_, page) = (payer.tracker).get(&format!("{PATH}?network_id={}", payer.network));
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_test_without_a_click_is_of_the_network_that_it_names_or_of_its_offers() {
    let payer = Payer::new();

    let bare = entered(&payer, json!({"is_test": true}));
    let named = entered(
        &payer,
        json!({"is_test": true, "network_id": payer.network}),
    );
    let of_offer = entered(&payer, json!({"is_test": true, "offer_id": payer.offer}));

    assert_eq!(bare["network_id"], Value::Null);
    assert_eq!(named["network_id"], payer.network);
    assert_eq!(of_offer["network_id"], payer.network);
}

#[test]
fn two_conversions_never_get_the_same_transaction() {
    let payer = Payer::new();
    let click = payer.click();
    let first = entered(
        &payer,
        json!({"click_id": click, "payout": "1", "tid": "a"}),
    );
    let second = entered(
        &payer,
        json!({"click_id": click, "payout": "2", "tid": "b"}),
    );
    let elsewhere = entered(&payer, json!({"click_id": payer.click(), "tid": "c"}));

    let (status, refused) = edit(&payer, &second, json!({"tid": "a", "payout": "9"}));

    assert_eq!(status, 409, "{refused:#}");
    assert_eq!(refused["error"]["code"], "tid_taken");
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains(first["id"].as_str().unwrap()), "{message}");
    assert_eq!(
        payer.rows(&click),
        [
            "conversion sale 1 USD #a",
            "conversion sale 2 USD #b repeat"
        ]
    );
    for (conversion, tid) in [(&second, "b"), (&second, "d"), (&elsewhere, "a")] {
        let (status, answer) = edit(&payer, conversion, json!({"tid": tid}));
        assert_eq!((status, &answer["tid"]), (200, &json!(tid)), "{answer:#}");
    }
}

#[test]
fn money_is_taken_back_by_corrections_only() {
    let payer = Payer::new();
    let click = payer.click();
    let sale = entered(
        &payer,
        json!({"click_id": click, "payout": "5", "tid": "a"}),
    );

    let (status, refused) = edit(&payer, &sale, json!({"payout": "-1"}));
    let correction = entered(
        &payer,
        json!({"click_id": click, "payout": "-2", "tid": "a"}),
    );
    let (changed, _) = edit(&payer, &correction, json!({"payout": "-3"}));

    assert_eq!(status, 422, "{refused:#}");
    assert_eq!(refused["error"]["field"], "payout");
    assert_eq!(changed, 200);
    assert_eq!(
        payer.rows(&click),
        [
            "conversion sale 5 USD #a",
            "conversion sale -3 USD #a correction"
        ]
    );
}

#[test]
fn a_currency_without_a_rate_is_warned_of() {
    let payer = Payer::new();
    let click = payer.click();

    let sale = entered(
        &payer,
        json!({"click_id": click, "payout": "5", "currency": "PLN"}),
    );
    let (_, still) = edit(&payer, &sale, json!({"payout": "6"}));
    let (_, rated) = edit(&payer, &sale, json!({"currency": "USD"}));

    for answer in [&sale, &still] {
        assert_eq!(answer["warnings"][0]["code"], "no_rate", "{answer:#}");
        assert_eq!(answer["warnings"][0]["field"], "currency");
    }
    assert_eq!(rated["warnings"], json!([]));
}
