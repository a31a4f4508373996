//! What postbacks make of clicks: conversions, their identity, and how they move.

use serde_json::{Value, json};

use crate::payer::{KEY, Payer};

#[test]
fn both_forms_of_the_postback_url_store_the_conversion() {
    let payer = Payer::new();
    let (ours, keitaros) = (payer.click(), payer.click());

    let answer = payer.calls(&format!(
        "/postback?click_id={ours}&payout=7.50&status=approved&goal=conversion&sub1=a&cid={ours}"
    ));
    assert_eq!(answer, "Success");
    let answer = payer.calls(&format!(
        "/{KEY}/postback?subid={keitaros}&payout=3&status=ok2&tid=T-1&lead_status=wait1,wait2\
        &sale_status=ok1,OK2&rejected_status=no1&ignore_status=test&return=OK"
    ));
    assert_eq!(answer, "OK");

    assert_eq!(payer.rows(&ours), ["conversion sale 7.5 USD"]);
    assert_eq!(payer.rows(&keitaros), ["conversion sale 3 USD #T-1"]);
    let of = |column: &str| payer.count(&format!("select min({column}) from conversions"));
    assert_eq!(of("campaign_id"), payer.campaign as i64);
    assert_eq!(of("offer_id"), payer.offer as i64);
    assert_eq!(of("network_id"), payer.network as i64);
    let others = "select others from conversions order by id limit 1";
    let others: String = (payer.tracker.database())
        .query_row(others, [], |row| row.get(0))
        .unwrap();
    assert_eq!(others, r#"{"sub1":"a"}"#);
}

#[test]
fn the_lists_of_a_request_say_what_its_words_mean() {
    let payer = Payer::new();
    let lists = "lead_status=1,hold&sale_status=2,ok&rejected_status=3,lead&trash_status=4\
        &rebill_status=5&ignore_status=6,sale";
    let cases = [
        ("1", "conversion lead 0 USD"),
        ("HOLD", "conversion lead 0 USD"),
        ("2", "conversion sale 0 USD"),
        ("3", "conversion rejected 0 USD"),
        // The request's own list beats what everybody means by the word.
        ("Lead", "conversion rejected 0 USD"),
        ("4", "conversion trash 0 USD"),
        ("5", "rebill sale 0 USD"),
    ];
    for (word, expected) in cases {
        let click = payer.click();

        let answer = payer.says(&format!("subid={click}&status={word}&{lists}"));

        assert_eq!(
            (answer.as_str(), payer.rows(&click)),
            ("Success", vec![expected.to_owned()]),
            "{word}"
        );
    }
    for word in ["6", "sale"] {
        let click = payer.click();

        let answer = payer.says(&format!("subid={click}&status={word}&{lists}"));

        assert_eq!(answer, format!("The status \"{word}\" is ignored."));
        assert_eq!(payer.rows(&click), [""; 0], "{word}");
        assert_eq!(payer.last("verdict"), "ignored");
    }
}

#[test]
fn statuses_move_as_the_table_says() {
    let payer = Payer::new();
    let closed = Payer::of_network(json!({"reopens": false}));
    let all = ["lead", "sale", "rejected", "trash"];
    for from in all {
        for to in all {
            let moves = match (from, to) {
                _ if from == to => None,
                ("lead", _) | ("sale", "rejected" | "trash") => Some([true, true]),
                ("rejected" | "trash", "sale") => Some([true, false]),
                _ => Some([false, false]),
            };
            for (payer, place) in [(&payer, 0), (&closed, 1)] {
                let click = payer.click();
                payer.says(&format!("subid={click}&status={from}&payout=5"));

                let answer = payer.says(&format!("subid={click}&status={to}"));

                let verdict = payer.last("verdict");
                let (status, expected) = match moves.map(|moves| moves[place]) {
                    None => (from, "unchanged"),
                    Some(true) => (to, "updated"),
                    Some(false) => (from, "move_refused"),
                };
                assert_eq!(verdict, expected, "{from} {to}");
                assert_eq!(answer == "Success", expected == "updated", "{answer}");
                assert!(!answer.is_empty());
                let row = format!("conversion {status} 5 USD");
                assert_eq!(payer.rows(&click), [row], "{from} {to}");
            }
        }
    }
}

#[test]
fn a_conversion_keeps_its_history() {
    let payer = Payer::new();
    let click = payer.click();
    for status in ["hold", "Approved", "chargeback"] {
        payer.says(&format!("subid={click}&tid=a&payout=2&status={status}"));
    }

    let sql = "select group_concat(status || ' ' || original_status || ' ' || origin, ', ')
        from conversion_changes";
    let database = payer.tracker.database();
    let told: String = database.query_row(sql, [], |row| row.get(0)).unwrap();

    assert_eq!(
        told,
        "1 hold postback, 2 Approved postback, 3 chargeback postback"
    );
    assert_eq!(payer.rows(&click), ["conversion rejected 2 USD #a"]);
    let sql = "select previous_status * 10 + (status_at >= at) from conversions";
    assert_eq!(payer.count(sql), 21);
}

#[test]
fn no_status_is_a_sale_or_what_the_network_says() {
    let payer = Payer::new();
    let click = payer.click();
    payer.says(&format!("subid={click}&payout=1"));
    assert_eq!(payer.rows(&click), ["conversion sale 1 USD"]);

    payer.edit_network(&json!({"default_status": "lead"}));
    for query in ["payout=1", "payout=1&status=", "payout=1&cnv_status=%20"] {
        let click = payer.click();
        payer.says(&format!("subid={click}&{query}"));
        assert_eq!(payer.rows(&click), ["conversion lead 1 USD"], "{query}");
    }
}

#[test]
fn a_networks_words_beat_those_of_everybody_and_numbers_are_its_own() {
    let payer = Payer::of_network(json!({
        "statuses": {"approved": "lead", "1": "sale", "отклонён": "rejected", "test": "ignore"}}));
    let cases = [
        ("approved", "conversion lead 1 USD"),
        ("APPROVED", "conversion lead 1 USD"),
        ("1", "conversion sale 1 USD"),
        ("2", "conversion ? 1 USD"),
        (
            "%D0%9E%D0%A2%D0%9A%D0%9B%D0%9E%D0%9D%D0%81%D0%9D",
            "conversion rejected 1 USD",
        ),
        ("confirmed", "conversion sale 1 USD"),
    ];
    for (word, expected) in cases {
        let click = payer.click();
        payer.says(&format!("subid={click}&payout=1&status={word}"));
        assert_eq!(payer.rows(&click), [expected], "{word}");
    }

    // Nobody's number without a network: the click's offer has none.
    let foreign = Payer::of_offer(json!({"network_id": null}));
    let click = foreign.click();
    foreign.calls(&format!("/postback?subid={click}&payout=1&status=1"));
    assert_eq!(foreign.rows(&click), ["conversion ? 1 USD"]);
    assert_eq!(foreign.last("unmapped"), "status:1");
}

#[test]
fn one_transaction_is_one_row() {
    let payer = Payer::new();
    let click = payer.click();
    let says = |query: &str| payer.says(&format!("subid={click}&{query}"));

    says("status=lead&payout=2");
    assert_eq!(payer.rows(&click), ["conversion lead 2 USD"]);
    says("status=lead&payout=2&tid=a");
    assert_eq!(
        payer.rows(&click),
        ["conversion lead 2 USD #a"],
        "a tid fills in"
    );
    says("status=sale");
    assert_eq!(
        payer.rows(&click),
        ["conversion sale 2 USD #a"],
        "no tid and one row"
    );
    says("status=sale&payout=3&tid=a");
    assert_eq!(
        payer.rows(&click),
        ["conversion sale 3 USD #a"],
        "another amount"
    );
    says("status=sale&payout=9&tid=b");
    assert_eq!(
        payer.rows(&click),
        [
            "conversion sale 3 USD #a",
            "conversion sale 9 USD #b repeat"
        ],
        "a new tid is a rebill"
    );
    says("status=rejected&tid=b");
    let both = [
        "conversion sale 3 USD #a",
        "conversion rejected 9 USD #b repeat",
    ];
    assert_eq!(payer.rows(&click), both);

    let answer = says("status=sale&payout=1");

    assert!(answer.contains("2 conversions"), "{answer}");
    assert_eq!(payer.last("verdict"), "ambiguous");
    assert_eq!(payer.rows(&click), both);
}

#[test]
fn an_offer_that_pays_once_logs_further_transactions() {
    let payer = Payer::of_offer(json!({"allow_repeats": false}));
    let click = payer.click();
    payer.says(&format!("subid={click}&tid=a&payout=1"));

    let answer = payer.says(&format!("subid={click}&tid=b&payout=1"));

    assert!(answer.contains("does not allow repeats"), "{answer}");
    assert_eq!(payer.last("verdict"), "repeat_not_allowed");
    assert_eq!(payer.rows(&click), ["conversion sale 1 USD #a"]);

    // Allowed later, the same postback can be read again.
    payer.edit(
        &format!("/offers/{}", payer.offer),
        &json!({"allow_repeats": true}),
    );
    let id = payer.last("id");
    let (status, answer) = payer
        .tracker
        .post("/api/v1/postbacks/replay", &json!({"ids": [id]}));
    assert_eq!(status, 200, "{answer:#}");
    assert_eq!(
        payer.rows(&click),
        [
            "conversion sale 1 USD #a",
            "conversion sale 1 USD #b repeat"
        ]
    );
}

#[test]
fn an_identical_postback_changes_nothing() {
    let payer = Payer::new();
    let click = payer.click();
    let query = format!("subid={click}&tid=a&payout=5&status=sale");
    payer.says(&query);

    let answer = payer.says(&query);

    assert_eq!(answer, "A duplicate: all of it is known already.");
    assert_eq!(payer.rows(&click), ["conversion sale 5 USD #a"]);
    assert_eq!(payer.verdicts(), ["stored", "unchanged"]);
    // The text of `return` is for what was stored or updated only.
    assert_eq!(payer.says(&format!("{query}&return=OK")), answer);
}

#[test]
fn an_earlier_conversion_is_found_by_its_network_and_transaction() {
    let payer = Payer::new();
    let (click, other) = (payer.click(), payer.click());
    payer.says(&format!("subid={click}&tid=a&payout=2&status=lead"));
    payer.says(&format!("subid={other}&tid=b&payout=2&status=lead"));

    assert_eq!(payer.says("tid=a&status=approved"), "Success");
    let unknown = payer.says("tid=c&status=approved");
    let keyless = payer.calls("/postback?tid=b&status=approved");

    assert_eq!(payer.rows(&click), ["conversion sale 2 USD #a"]);
    assert_eq!(payer.rows(&other), ["conversion lead 2 USD #b"]);
    assert!(unknown.contains("\"c\""), "{unknown}");
    assert!(keyless.contains("\"b\""), "{keyless}");
    assert_eq!(
        payer.verdicts()[2..],
        ["updated", "no_click_id", "no_click_id"]
    );
}

#[test]
fn what_pays_nothing_or_is_no_click_is_told_with_its_cause() {
    let payer = Payer::of_offer(json!({"payout": {"kind": "percent", "value": "40"}}));
    let reason = || payer.last("reason");

    payer.says(&format!("subid={}", payer.click()));
    let percent = reason();
    payer.says("subid={sub1}&payout=5");
    let not_filled_in = reason();
    payer.says("subid=abc&payout=5");

    assert!(percent.contains("40 percent"), "{percent}");
    assert!(percent.contains("sale_amount"), "{percent}");
    assert!(not_filled_in.contains("is a macro"), "{not_filled_in}");
    assert!(reason().contains("was not made here"), "{}", reason());
}

#[test]
fn tests_are_labelled_and_take_no_place() {
    let payer = Payer::of_offer(json!({"cap": {"daily": 10}}));
    let (_, campaign) = (payer.tracker).get(&format!("/api/v1/campaigns/{}", payer.campaign));
    assert_eq!(campaign["id"], payer.campaign);
    let click = payer.click();

    payer.says(&format!("subid={click}&payout=3&test=1"));
    payer.says(&format!("subid={click}&payout=5&status=lead"));
    payer.says(&format!("subid={click}&status=rejected&test=1"));

    assert_eq!(
        payer.rows(&click),
        ["conversion rejected 3 USD test", "conversion lead 5 USD"]
    );
    let (_, cap) = (payer.tracker).get(&format!("/api/v1/offers/{}/cap", payer.offer));
    assert_eq!(cap["count"], 1);
}

#[test]
fn any_sale_takes_the_bot_label_off() {
    let payer = Payer::new();
    let robot = [(
        "User-Agent",
        "Googlebot/2.1 (+http://www.google.com/bot.html)",
    )];
    let label = |click: &str| {
        let (_, click) = payer.tracker.get(&format!("/api/v1/clicks/{click}"));
        (click["is_bot"].clone(), click["bot_reason"].clone())
    };
    let labelled = (json!(true), json!("crawler"));
    let cases = [
        ("status=lead", false),
        ("status=rejected", false),
        ("status=sale&test=1", false),
        ("payout=-5", false),
        ("status=sale", true),
        ("status=rebill", true),
    ];
    for (query, clears) in cases {
        let answer = payer.tracker.click("/push", &robot);
        let click = answer.click_id().unwrap();
        assert_eq!(label(click), labelled);

        assert_eq!(payer.says(&format!("subid={click}&{query}")), "Success");

        let expected = match clears {
            true => (json!(false), json!("converted")),
            false => labelled.clone(),
        };
        assert_eq!(label(click), expected, "{query}");
    }

    // It stays off, and who never had one gets none.
    let click = payer.click();
    payer.says(&format!("subid={click}&status=sale"));
    assert_eq!(label(&click), (json!(false), Value::Null));
}
