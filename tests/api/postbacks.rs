//! Postbacks as requests: where they may come, how the click is found, who may send them, what is
//! answered, and what no postback can do.

use serde_json::json;

use crate::payer::{KEY, Payer, assert_plain, text};
use crate::tracker::Options;

const FORM: &str = "application/x-www-form-urlencoded";

/// Of the right form, made by nobody.
const FORGED: &str = "06bk7w3r4t8m1n5q2x9z";

#[test]
fn every_address_takes_postbacks() {
    let payer = Payer::of_offer(json!({"network_id": null}));
    let by_key = [
        format!("/postback/{KEY}?click_id="),
        format!("/{KEY}/postback?click_id="),
    ];
    let targets = [
        "/postback?click_id=",
        &by_key[0],
        &by_key[1],
        "/click?cnv_id=",
        "/click.php?payout=1&cnv_id=",
        "/click?payout=1&CNV_ID=",
        "/click?payout=1&amp;cnv_id=",
    ];
    for target in targets {
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
        assert_eq!(
            payer.rows(&click),
            [format!("conversion {expected}")],
            "{amount}"
        );
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
        text(answer)
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
