//! What happened: events, and what their repetitions do.

use rusqlite::Connection;
use serde_json::json;

use crate::counters::while_stopped;
use crate::payer::Payer;

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
