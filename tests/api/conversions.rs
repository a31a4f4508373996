//! What postbacks make of clicks: events, statuses, identity, amounts, offers.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::counters::while_stopped;
use crate::payer::{KEY, Payer, row_id};
use crate::tracker::Options;

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
                assert_eq!(answer.is_empty(), false);
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
fn events_are_told_in_either_place() {
    let payer = Payer::new();
    payer.event(json!({"name": "Registration", "words": ["reg"]}));
    payer.event(json!({"name": "Deposit", "words": ["dep", "ftd"]}));
    payer.edit_network(&json!({"events": {"7": "deposit", "paid again": "rebill"}}));
    let cases = [
        ("goal=reg", "registration sale 1 USD"),
        ("EVENT=Reg&status=lead", "registration lead 1 USD"),
        ("et=DEP&status=rejected", "deposit rejected 1 USD"),
        ("type=ftd", "deposit sale 1 USD"),
        ("status=reg", "registration sale 1 USD"),
        ("cnv_status=deposit", "deposit sale 1 USD"),
        ("status=hold&goal=registration", "registration lead 1 USD"),
        ("goal=7", "deposit sale 1 USD"),
        ("status=7", "deposit sale 1 USD"),
        ("goal=paid%20again", "rebill sale 1 USD"),
        ("status=rebill", "rebill sale 1 USD"),
        ("goal=rebill&status=hold", "rebill lead 1 USD"),
        ("goal=conversion", "conversion sale 1 USD"),
        // The statuses of some networks stand where others have the goal.
        ("goal=hold", "conversion lead 1 USD"),
        ("goal={goal}", "conversion sale 1 USD"),
        ("goal=gold", "conversion sale 1 USD"),
    ];
    for (query, expected) in cases {
        let click = payer.click();
        let answer = payer.says(&format!("subid={click}&payout=1&{query}"));
        assert_eq!(answer, "Success", "{query}");
        assert_eq!(payer.rows(&click), [expected], "{query}");
    }
    assert_eq!(payer.last("unmapped"), "event:gold");

    // A registration, a deposit and a conversion are three rows of one click.
    let click = payer.click();
    for query in [
        "goal=reg",
        "goal=dep&payout=4",
        "status=lead&payout=5",
        "goal=reg&status=sale",
    ] {
        payer.says(&format!("subid={click}&{query}"));
    }
    assert_eq!(
        payer.rows(&click),
        [
            "registration sale 0 USD",
            "deposit sale 4 USD",
            "conversion lead 5 USD"
        ]
    );
}

#[test]
fn an_event_says_what_its_repetitions_do() {
    let payer = Payer::new();
    for policy in ["ignore", "update", "new", "add_payout"] {
        payer.event(json!({"name": policy, "key": policy, "duplicates": policy}));
    }
    let cases: [(&str, &[&str], &[&str]); 8] = [
        (
            "ignore",
            &["payout=5", "payout=6&status=rejected"],
            &["ignore sale 5 USD"],
        ),
        (
            "update",
            &["payout=5", "payout=6", "status=trash"],
            &["update trash 6 USD"],
        ),
        (
            "new",
            &["payout=5", "payout=6"],
            &["new sale 5 USD", "new sale 6 USD"],
        ),
        (
            "new",
            &["payout=5&tid=a", "payout=6&tid=a"],
            &["new sale 6 USD #a"],
        ),
        (
            "add_payout",
            &["payout=5", "payout=6"],
            &["add_payout sale 11 USD"],
        ),
        (
            "add_payout",
            &["payout=5", "", "payout={p}"],
            &["add_payout sale 5 USD unread"],
        ),
        (
            "add_payout",
            &["payout=5", "payout=5&status=rejected"],
            &["add_payout rejected 5 USD"],
        ),
        (
            "add_payout",
            &[
                "payout=5&status=sale",
                "payout=5&status=lead",
                "payout=5&status=nobody",
            ],
            &["add_payout sale 5 USD"],
        ),
    ];
    for (event, queries, expected) in cases {
        let click = payer.click();
        for query in queries {
            payer.says(&format!("subid={click}&goal={event}&{query}"));
        }
        assert_eq!(payer.rows(&click), expected, "{event} {queries:?}");
    }
}

#[test]
fn where_each_request_counts_an_identical_one_is_a_retry_for_ten_minutes() {
    let mut payer = Payer::of_offer(json!({"payout": {"kind": "percent", "value": "10"}}));
    payer.event(json!({"name": "new", "key": "new", "duplicates": "new"}));
    payer.event(json!({"name": "add", "key": "add", "duplicates": "add_payout"}));
    let cases = [
        ("goal=new&payout=5", "new sale 5 USD"),
        ("goal=new&payout=5&status=nobody", "new ? 5 USD"),
        ("goal=add&payout=5", "add sale 5 USD"),
        ("goal=rebill&payout=5", "rebill sale 5 USD"),
        ("payout=-5", "conversion sale -5 USD correction"),
        ("sale_amount=-50", "conversion sale -5 USD correction"),
    ];
    let mut clicks = Vec::new();
    for (query, expected) in cases {
        let click = payer.click();
        for _ in 0..3 {
            payer.says(&format!("subid={click}&{query}"));
        }
        assert_eq!(payer.rows(&click), [expected], "{query}");
        assert_eq!(payer.last("verdict"), "retry");
        let reason = payer.last("reason");
        assert!(
            reason.starts_with("The same request came before"),
            "{reason}"
        );
        clicks.push((click, query, expected));
    }

    while_stopped(&mut payer.tracker, |file: &Connection| {
        file.execute("update postbacks set at = at - 601000", [])
            .unwrap();
    });
    for (click, query, expected) in clicks {
        payer.says(&format!("subid={click}&{query}"));
        let rows = payer.rows(&click);
        match expected {
            "add sale 5 USD" => assert_eq!(rows, ["add sale 10 USD"]),
            _ => assert_eq!(rows, [expected, expected], "{query}"),
        }
    }
}

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

/// A landing with two offers of two networks, and one of nobody.
struct Choice {
    payer: Payer,
    offers: [u64; 3],
}

impl Choice {
    fn new() -> Self {
        let payer = Payer::new();
        let tracker = &payer.tracker;
        let second = tracker.create(
            "/api/v1/networks",
            &json!({"name": "M", "key": "othernetworkkey2"}),
        );
        let offer = |name: &str, network: Option<u64>| {
            tracker.create(
                "/api/v1/offers",
                &json!({"name": name, "url": "http://127.0.0.1:9/?c={click_id}", "network_id": network}),
            )
        };
        let offers = [
            offer("first", Some(payer.network)),
            offer("second", Some(second)),
            offer("nobody's", None),
        ];
        let landing = tracker.create(
            "/api/v1/landings",
            &json!({"name": "page", "url": "http://127.0.0.1:9/?c={click_id}"}),
        );
        let split: Vec<Value> = offers
            .iter()
            .map(|id| json!({"offer_id": id, "weight": 100}))
            .collect();
        tracker.create(
            "/api/v1/campaigns",
            &json!({"name": "choice", "alias": "choice", "flows": [{"name": "all", "kind": "default",
                "target": {"kind": "split", "landings": [{"landing_id": landing, "weight": 100}],
                    "offers": split}}]}),
        );
        Self { payer, offers }
    }

    /// A visitor who goes from the landing to these offers.
    fn visit(&self, steps: &[usize]) -> String {
        let answer = self.payer.tracker.click("/choice", &[]);
        let click = answer.click_id().unwrap().to_owned();
        for step in steps {
            let target = format!("/go/{}?click_id={click}", step + 1);
            assert_eq!(self.payer.tracker.click(&target, &[]).status, 302);
        }
        click
    }

    /// The offers of a click's conversions, by their places.
    fn credited(&self, click: &str) -> Vec<Option<usize>> {
        let database = self.payer.tracker.database();
        let sql = "select offer_id from conversions where click_id = ?1 order by id";
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([row_id(click)], |row| row.get::<_, Option<u64>>(0));
        let place = |id: u64| self.offers.iter().position(|offer| *offer == id);
        rows.unwrap().map(|id| place(id.unwrap()?)).collect()
    }
}

#[test]
fn the_offer_is_the_last_clicked_of_the_network_that_calls() {
    let choice = Choice::new();
    let cases: [(&[usize], &str, Option<usize>); 8] = [
        (&[0, 1], KEY, Some(0)),
        (&[0, 1], "othernetworkkey2", Some(1)),
        (&[1, 0, 2], "othernetworkkey2", Some(1)),
        (&[1, 2], KEY, Some(2)),
        (&[0, 1, 2], "", Some(2)),
        (&[2, 1], "", Some(1)),
        (&[0], KEY, Some(0)),
        (&[], KEY, None),
    ];
    for (steps, key, expected) in cases {
        let click = choice.visit(steps);
        let target = match key {
            "" => format!("/postback?subid={click}&payout=1"),
            key => format!("/postback/{key}?subid={click}&payout=1"),
        };

        assert_eq!(choice.payer.calls(&target), "Success");

        let credited = choice.credited(&click);
        match expected {
            Some(_) => assert_eq!(credited, [expected], "{steps:?} {key}"),
            // Nobody went on: whatever the click was assigned.
            None => assert_eq!(credited.len(), 1),
        }
    }
}

#[test]
fn two_networks_of_one_click_have_a_conversion_each() {
    let choice = Choice::new();
    let click = choice.visit(&[0, 1]);

    for key in [KEY, "othernetworkkey2"] {
        choice.payer.calls(&format!(
            "/postback/{key}?subid={click}&payout=2&tid=1&status=lead"
        ));
    }
    choice
        .payer
        .calls(&format!("/postback/{KEY}?subid={click}&tid=1&status=sale"));

    assert_eq!(choice.credited(&click), [Some(0), Some(1)]);
    assert_eq!(
        choice.payer.rows(&click),
        ["conversion sale 2 USD #1", "conversion lead 2 USD #1"]
    );
}

#[test]
fn the_offer_of_a_conversion_is_frozen() {
    let choice = Choice::new();
    let click = choice.visit(&[0]);
    choice.payer.calls(&format!(
        "/postback/{KEY}?subid={click}&payout=2&tid=1&status=lead"
    ));

    let go = format!("/go/3?click_id={click}");
    choice.payer.tracker.click(&go, &[]);
    choice
        .payer
        .calls(&format!("/postback?subid={click}&tid=1&status=sale"));

    assert_eq!(choice.credited(&click), [Some(0)]);
    assert_eq!(choice.payer.rows(&click), ["conversion sale 2 USD #1"]);
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
