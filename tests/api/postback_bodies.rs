//! Postbacks in the body of a `POST`.

use serde_json::json;

use crate::payer::{KEY, Payer, text};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

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
        let answer = text(answer);
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
