//! Postbacks as requests: how they may come, how the click is found, who may send them, what is
//! answered, and what no postback can do.

use std::io::Write;
use std::net::TcpStream;
use std::thread::{scope, sleep};
use std::time::Duration;

use serde_json::json;

use crate::payer::{KEY, Payer, assert_plain, wait_until};
use crate::tracker::Options;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
/// Of the right form, made by nobody.
const FORGED: &str = "06bk7w3r4t8m1n5q2x9z";

#[test]
fn every_address_takes_postbacks() {
    let payer = Payer::of_offer(json!({"network_id": null}));
    let cases = [
        ("/postback?click_id=", true),
        (&format!("/postback/{KEY}?click_id="), true),
        (&format!("/{KEY}/postback?click_id="), true),
        ("/click?cnv_id=", true),
        ("/click.php?payout=1&cnv_id=", true),
        ("/click?payout=1&CNV_ID=", true),
        ("/click?payout=1&amp;cnv_id=", true),
    ];
    for (target, _) in cases {
        let click = payer.click();
        assert_eq!(
            payer.calls(&format!("{target}{click}")),
            "Success",
            "{target}"
        );
        assert_eq!(payer.rows(&click).len(), 1, "{target}");
        assert_eq!(payer.last("method"), "GET");
    }
    let posted = [
        ("/postback".to_owned(), FORM),
        (format!("/postback/{KEY}"), FORM),
        (format!("/{KEY}/postback"), ""),
    ];
    for (target, content_type) in posted {
        let click = payer.click();
        let body = format!("subid={click}&payout=1");
        assert_eq!(
            payer.posts(&target, content_type, &body),
            "Success",
            "{target}"
        );
        assert_eq!(payer.rows(&click), ["conversion sale 1 USD"], "{target}");
        assert_eq!(payer.last("method"), "POST");
    }
}

#[test]
fn forms_and_json_say_the_same_as_a_query() {
    let payer = Payer::of_network(json!({"parameters": {"payout": "data.offer.payout"}}));
    let cases = [
        (FORM, "subid=ID&payout=7.5&status=approved&tid=a"),
        ("text/plain", "subid=ID&payout=7.5&status=approved&tid=a"),
        (
            JSON,
            r#"{"subid": "ID", "payout": 7.5, "status": "approved", "tid": "a"}"#,
        ),
        (
            FORM,
            r#"{"subid": "ID", "payout": "7.50", "status": "approved", "tid": "a"}"#,
        ),
        (
            JSON,
            r#"{"data": {"click": "ID", "offer": {"payout": 7.500, "more": [1, {"x": null}]}, "status": "approved"}, "tid": "a"}"#,
        ),
        (
            JSON,
            r#"[{"subid": "ID", "payout": 7.5, "status": "approved", "tid": "a"}]"#,
        ),
        (
            "application/json; charset=utf-8",
            "\u{feff}{\"subid\": \"ID\", \"payout\": 7.5, \"tid\": \"a\"}",
        ),
    ];
    for (content_type, body) in cases {
        let click = payer.click();
        let body = body.replace("ID", &click);
        let answer = payer.posts(&format!("/postback/{KEY}"), content_type, &body);
        assert_eq!(answer, "Success", "{body}");
        assert_eq!(payer.rows(&click), ["conversion sale 7.5 USD #a"], "{body}");
    }

    // Query and body together: of repeats the last that is not empty.
    let click = payer.click();
    payer.posts(
        &format!("/postback/{KEY}?subid={click}&payout=1&tid=q"),
        FORM,
        "payout=2&tid=",
    );
    assert_eq!(payer.rows(&click), ["conversion sale 2 USD #q"]);
}

#[test]
fn the_click_is_found_wherever_its_id_stands() {
    let payer = Payer::new();
    let names = [
        "click_id",
        "subid",
        "sub_id",
        "clickid",
        "cid",
        "cnv_id",
        "SUBID",
        "Click_Id",
        "aff_sub",
        "s2",
        "transaction",
        "tid",
    ];
    for name in names {
        let click = payer.click();
        assert_eq!(payer.says(&format!("{name}={click}")), "Success", "{name}");
        assert_eq!(payer.rows(&click), ["conversion sale 0 USD"], "{name}");
        assert_eq!(payer.last("found_in"), name);
    }
    let cases = [
        // What is no id of ours does not hide the one behind it.
        "subid=12345&aff_sub={id}",
        "subid={subid}&clickid={id}",
        "subid=&sub1={id}",
        "subid={id}&subid=",
        "subid=wrong&subid={id}",
        "amp;subid={id}",
        "payout=1&amp;subid={id}",
        "subid=%22{id}%22",
        "subid=%20{id}%20",
        "subid={ID}",
    ];
    for query in cases {
        let click = payer.click();
        let query = query
            .replace("{id}", &click)
            .replace("{ID}", &click.to_uppercase());
        assert_eq!(payer.says(&query), "Success", "{query}");
        assert_eq!(payer.rows(&click).len(), 1, "{query}");
    }
    // The likeliest name wins, and the log names the other.
    let (click, other) = (payer.click(), payer.click());
    payer.says(&format!("aff_sub={other}&subid={click}"));
    assert_eq!((payer.rows(&click).len(), payer.rows(&other).len()), (1, 0));
    assert!(
        payer.last("reason").contains("aff_sub"),
        "{}",
        payer.last("reason")
    );
}

#[test]
fn what_is_no_click_of_ours_is_told_and_stores_nothing() {
    let payer = Payer::new();
    let click = payer.click();
    let changed = |at: usize| {
        let mut id = click.clone().into_bytes();
        id[at] = if id[at] == b'7' { b'8' } else { b'7' };
        String::from_utf8(id).unwrap()
    };
    let ids = [
        FORGED.to_owned(),
        changed(3),
        changed(19),
        click[..19].to_owned(),
        format!("{click}0"),
        "0".repeat(20),
        "-1".to_owned(),
        "%00".to_owned(),
        "%D1%82%D0%B5%D1%81%D1%82".to_owned(),
        "';%20drop%20table%20clicks;--".to_owned(),
        "x".repeat(5_000),
    ];
    for id in &ids {
        let answer = payer.says(&format!("subid={id}&payout=1&return=OK"));
        assert!(
            !answer.is_empty() && answer != "Success" && answer != "OK",
            "{id}: {answer}"
        );
        let verdict = payer.last("verdict");
        assert!(
            ["unknown_click", "no_click_id"].contains(&verdict.as_str()),
            "{id}: {verdict}"
        );
        assert!(!payer.last("reason").is_empty());
    }
    for query in [
        "",
        "payout=1",
        "subid=",
        "subid={subid}",
        "&&&==&=",
        "%",
        "a=%zz",
    ] {
        let answer = payer.says(query);
        assert!(
            answer.starts_with("There is no click id") || answer.starts_with("Unknown"),
            "{query}: {answer}"
        );
    }
    assert_eq!(payer.all_rows(), [""; 0]);
    // A word that came without a click is nothing that waits to be mapped.
    payer.says(&format!("subid={FORGED}&status=whatever"));
    assert_eq!(
        payer.count("select count(*) from postbacks where unmapped is not null"),
        0
    );
}

#[test]
fn odd_amounts_are_read_or_flagged_and_never_guessed_at_blindly() {
    let payer = Payer::new();
    let cases = [
        ("7.50", "sale 7.5 USD"),
        ("7,50", "sale 7.5 USD"),
        ("%247", "sale 7 USD"),
        ("7%20000,50", "sale 7000.5 USD"),
        ("7+000.50", "sale 7000.5 USD"),
        ("1,234.56", "sale 1234.56 USD"),
        ("0.0000005", "sale 0 USD"),
        ("5%20EUR", "sale 5 EUR worth 0 unrated"),
        ("1e9", "sale 0 USD unread"),
        ("NaN", "sale 0 USD unread"),
        ("Infinity", "sale 0 USD unread"),
        ("7,500", "sale 0 USD unread"),
        ("99999999999999999999", "sale 0 USD unread"),
        ("{payout}", "sale 0 USD unread"),
        ("%7Bpayout%7D", "sale 0 USD unread"),
        ("[PAYOUT]", "sale 0 USD unread"),
        ("%23payout%23", "sale 0 USD unread"),
        ("0x10", "sale 0 USD unread"),
        ("--5", "sale 0 USD unread"),
        ("%D1%81%D1%82%D0%BE", "sale 0 USD unread"),
        ("-5", "sale -5 USD correction"),
        ("-%245", "sale -5 USD correction"),
    ];
    for (amount, expected) in cases {
        let click = payer.click();
        let answer = payer.says(&format!("subid={click}&payout={amount}"));
        assert_eq!(answer, "Success", "{amount}");
        let row = expected.replace(" unrated", "").replace("unread", "unread");
        let rows = payer.rows(&click);
        let rows: Vec<String> = rows.iter().map(|row| row.replace(" unrated", "")).collect();
        assert_eq!(rows, [format!("conversion {row}")], "{amount}");
        if expected.ends_with("unread") {
            assert!(payer.last("reason").contains("payout"), "{amount}");
        }
    }
}

#[test]
fn the_gate_of_a_network_opens_for_its_secret_and_its_addresses() {
    let payer =
        Payer::of_network(json!({"secret": "s3cret-0123456789", "allowed_ips": ["8.8.8.0/24"]}));
    let from = |ip: &str, target: &str| {
        let answer = payer.tracker.click(target, &[("X-Forwarded-For", ip)]);
        crate::payer::text(answer)
    };
    let click = payer.click();
    let asks = |ip: &str, more: &str| {
        [
            from(ip, &format!("/postback/{KEY}?subid={click}&payout=1{more}")),
            // Without the key the click's offer tells whose gate it is.
            from(ip, &format!("/postback?subid={click}&payout=1{more}")),
        ]
    };
    let cases = [
        ("9.9.9.9", "&secret=s3cret-0123456789", "9.9.9.9"),
        ("8.8.8.8", "", "The secret is missing"),
        ("8.8.8.8", "&secret=", "The secret is missing"),
        ("8.8.8.8", "&secret=wrong", "does not carry the secret"),
    ];
    for (ip, more, expected) in cases {
        for answer in asks(ip, more) {
            assert!(answer.contains(expected), "{answer}");
            assert_eq!(payer.last("verdict"), "denied");
        }
    }
    assert_eq!(payer.all_rows(), [""; 0]);

    assert_eq!(asks("8.8.8.8", "&secret=s3cret-0123456789")[0], "Success");

    assert_eq!(payer.rows(&click), ["conversion sale 1 USD"]);
    let leaked = "select count(*) from postbacks where parameters like '%s3cret-0123456789%'";
    let kept = "select count(*) from conversions where others like '%s3cret-0123456789%'";
    assert_eq!((payer.count(leaked), payer.count(kept)), (0, 0));
}

#[test]
fn keys_that_nobody_has_are_told() {
    let payer = Payer::new();
    let click = payer.click();
    for target in ["/postback/nobodyskey", "/nobodyskey/postback"] {
        let answer = payer.calls(&format!("{target}?subid={click}&return=OK"));
        assert_eq!(answer, "No network has the key \"nobodyskey\".");
        assert_eq!(payer.last("verdict"), "unknown_network");
    }
    assert_eq!(payer.rows(&click), [""; 0]);

    let strict = Payer::with(
        Options::default().set("POSTBACK__REQUIRE_KEY", "true"),
        json!({}),
        json!({}),
    );
    let click = strict.click();
    let answer = strict.calls(&format!("/postback?subid={click}"));
    assert!(
        answer.starts_with("Only postbacks with the key"),
        "{answer}"
    );
    assert_eq!(strict.last("verdict"), "denied");
    assert_eq!(strict.says(&format!("subid={click}")), "Success");
}

#[test]
fn head_requests_are_counted_and_other_methods_refused() {
    let payer = Payer::new();
    let click = payer.click();
    let send = |method: &str, target: &str| {
        let target = format!("{target}subid={click}&cnv_id={click}");
        payer.tracker.visitor().send(method, &target, &[]).unwrap()
    };
    for target in ["/postback?", "/click?"] {
        let answer = send("HEAD", target);
        assert_eq!(answer.status, 200, "{target}");
        assert_plain(&answer);
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        assert_eq!(send(method, "/postback?").status, 405, "{method}");
    }
    assert_eq!(payer.verdicts(), [""; 0]);
    assert_eq!(payer.rows(&click), [""; 0]);
    payer.tracker.terminate();
    let mut payer = payer;
    payer.tracker.wait();
    let counted = "select coalesce(sum(count), 0) from tallies where what = 'postback_head'";
    assert_eq!(payer.count(counted), 2);
}

#[test]
fn answers_of_the_senders_choice_are_plain_text() {
    let payer = Payer::new();
    let click = payer.click();
    let answer = payer.says(&format!(
        "subid={click}&return=%3Cscript%3Ealert(1)%3C/script%3E"
    ));
    assert_eq!(answer, "<script>alert(1)</script>");

    let click = payer.click();
    let long = "x".repeat(3_000);
    assert_eq!(
        payer.says(&format!("subid={click}&return={long}")),
        "Success"
    );

    let click = payer.click();
    let answer = payer.says(&format!("subid={click}&return=a%0d%0aSet-Cookie:%20x=1"));
    assert!(
        !answer.contains('\n') || answer.starts_with('a'),
        "{answer}"
    );
}

#[test]
fn bodies_that_cannot_be_read_are_logged_with_the_reason() {
    let payer = Payer::new();
    let click = payer.click();
    let target = format!("/postback/{KEY}?subid={click}");
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let cases: [(&str, &str, &str); 5] = [
        (
            "multipart/form-data; boundary=x",
            "--x\r\n\r\n--x--",
            "multipart",
        ),
        ("text/xml", "<subid>1</subid>", "neither a form nor JSON"),
        (JSON, "{\"subid\": ", "not JSON"),
        (JSON, "{]", "not JSON"),
        (JSON, &deep, "not JSON"),
    ];
    for (content_type, body, expected) in cases {
        let answer = payer.posts(&target, content_type, body);
        assert!(answer.contains(expected), "{answer}");
        assert_eq!(payer.last("verdict"), "unreadable");
        assert!(
            payer.last("parameters").contains(&click),
            "the query is logged"
        );
    }
    assert_eq!(payer.rows(&click), [""; 0]);

    // JSON that says nothing leaves the query.
    for body in ["", "{}", "[]", "null=1"] {
        payer.posts(&format!("{target}&tid=a&payout=1"), JSON, body);
    }
    assert_eq!(payer.rows(&click), ["conversion sale 1 USD #a"]);
}

#[test]
fn bodies_of_a_megabyte_are_read_and_larger_ones_told() {
    let payer = Payer::new();
    let target = format!("/postback/{KEY}");
    let click = payer.click();
    let filler = "x".repeat((1 << 20) - 60);
    assert_eq!(
        payer.posts(
            &target,
            FORM,
            &format!("subid={click}&payout=1&filler={filler}")
        ),
        "Success"
    );
    assert_eq!(payer.rows(&click), ["conversion sale 1 USD"]);
    let logged = payer.count("select max(length(parameters)) from postbacks");
    assert!(logged < 10_000, "{logged} bytes are logged");

    let click = payer.click();
    for size in [(1 << 20) + 1, 5 << 20] {
        let mut body = format!("subid={click}&payout=1&filler=").into_bytes();
        body.resize(size, b'x');
        let answer = payer.answer_to(&format!("{target}?cid={click}"), FORM, &body);
        let answer = crate::payer::text(answer);
        assert!(answer.contains("larger than"), "{answer}");
        assert_eq!(payer.last("verdict"), "too_large");
    }
    assert_eq!(payer.rows(&click), [""; 0]);

    let click = payer.click();
    let many: String = (0..5_000).map(|n| format!("p{n}={n}&")).collect();
    assert_eq!(
        payer.posts(&target, FORM, &format!("subid={click}&{many}tid=late")),
        "Success"
    );
    assert_eq!(payer.rows(&click), ["conversion sale 0 USD"]);
    assert!(
        payer.last("reason").contains("first 500"),
        "{}",
        payer.last("reason")
    );
    let kept = payer.count("select max(length(others)) from conversions");
    assert!(kept < 8_000, "{kept} bytes are kept");
}

#[test]
fn the_same_postback_fifty_times_at_once_is_one_conversion() {
    let payer = Payer::new();
    payer.event(json!({"name": "Deposit", "key": "deposit", "duplicates": "add_payout"}));
    let click = payer.click();
    for (query, row) in [
        ("payout=5", "conversion sale 5 USD"),
        ("goal=rebill&payout=1", "rebill sale 1 USD"),
        ("goal=deposit&payout=2", "deposit sale 2 USD"),
        ("payout=-1", "conversion sale -1 USD correction"),
    ] {
        let before = payer.rows(&click).len();
        let answers: Vec<String> = scope(|threads| {
            let asks = || payer.says(&format!("subid={click}&{query}"));
            let senders: Vec<_> = (0..50).map(|_| threads.spawn(asks)).collect();
            senders.into_iter().map(|one| one.join().unwrap()).collect()
        });

        let stored = answers.iter().filter(|answer| *answer == "Success").count();
        assert_eq!(stored, 1, "{query}");
        assert_eq!(payer.rows(&click)[before..], [row], "{query}");
    }
    assert_eq!(payer.verdicts().len(), 200);
}

#[test]
fn two_statuses_that_race_end_where_the_table_leads() {
    let payer = Payer::of_network(json!({"reopens": false}));
    for _ in 0..25 {
        let click = payer.click();
        scope(|threads| {
            for status in ["lead", "sale", "rejected"] {
                let query = format!("subid={click}&tid=a&payout=2&status={status}");
                let payer = &payer;
                threads.spawn(move || payer.says(&query));
            }
        });
        // Whatever came first, the rejection is final and the lead never comes back.
        assert_eq!(payer.rows(&click), ["conversion rejected 2 USD #a"]);
    }
}

#[test]
fn who_hangs_up_is_stored_once_whatever_he_does_then() {
    let payer = Payer::new();
    let click = payer.click();
    let request = format!(
        "GET /postback/{KEY}?subid={click}&goal=rebill&payout=3 HTTP/1.1\r\nHost: x\r\n\r\n"
    );

    for _ in 0..20 {
        let mut stream = TcpStream::connect(payer.tracker.address()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        drop(stream);
    }
    wait_until("all are logged", || payer.verdicts().len() == 20);
    payer.says(&format!("subid={click}&goal=rebill&payout=3"));

    assert_eq!(payer.rows(&click), ["rebill sale 3 USD"]);

    // In the middle of a body: nothing was said yet, and nothing is done.
    let click = payer.click();
    let half = format!(
        "POST /postback/{KEY} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nsubid={click}&payout=1"
    );
    let mut stream = TcpStream::connect(payer.tracker.address()).unwrap();
    stream.write_all(half.as_bytes()).unwrap();
    sleep(Duration::from_millis(100));
    drop(stream);
    sleep(Duration::from_millis(300));
    assert_eq!(payer.rows(&click), [""; 0]);
}

#[test]
fn every_postback_is_in_the_log_with_what_became_of_it() {
    let payer = Payer::of_offer(json!({"allow_repeats": false}));
    let click = payer.click();
    let says = |query: &str| {
        payer.says(&format!("subid={click}&{query}"));
    };
    says("tid=a&status=lead");
    says("tid=a&status=sale");
    says("tid=a&status=sale");
    says("tid=a&status=lead");
    says("tid=b");
    says("tid=a&status=nobody");
    says("status=sale&ignore_status=sale");
    payer.says(&format!("subid={FORGED}"));
    payer.says("payout=1");
    payer.calls("/postback/nobodyskey");

    assert_eq!(
        payer.verdicts(),
        [
            "stored",
            "updated",
            "unchanged",
            "move_refused",
            "repeat_not_allowed",
            "unmapped_status",
            "ignored",
            "unknown_click",
            "no_click_id",
            "unknown_network",
        ]
    );
    let silent = "select count(*) from postbacks
        where coalesce(reason, '') = '' and verdict not in ('stored', 'updated')";
    assert_eq!(payer.count(silent), 0);
    let (status, log) = payer.tracker.get("/api/v1/postbacks?verdict=move_refused");
    assert_eq!(
        (status, log["items"].as_array().unwrap().len()),
        (200, 1),
        "{log:#}"
    );
}
