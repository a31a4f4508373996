//! Bad input: whatever a visitor sends, he is sent on, and so is the next one.

use serde_json::json;

use crate::load::promise;
use crate::tracker::{Tracker, campaign, spawn};

/// A campaign whose offer carries everything a visitor can influence.
fn tracker_that_echoes() -> Tracker {
    let tracker = spawn();
    let url = "http://127.0.0.1:9/?c={click_id}&s={source}&k={keyword}&x={anything}&r={referrer}&e={external_id}";
    let offer = tracker.create("/api/v1/offers", &json!({"name": "echo", "url": url}));
    tracker.create("/api/v1/campaigns", &campaign("echo", offer));
    tracker
}

#[test]
fn nonsense_in_the_query_is_still_sent_on() {
    let tracker = tracker_that_echoes();
    let many: Vec<String> = (0..200).map(|n| format!("p{n}={n}")).collect();
    let cases = [
        ("oversized value", format!("source={}", "x".repeat(20_000))),
        ("oversized name", format!("{}=1", "n".repeat(20_000))),
        (
            "invalid UTF-8",
            "source=%ff%fe%80&keyword=%c3%28&%ff=1".into(),
        ),
        ("overlong UTF-8", "source=%c0%af%e0%80%af".into()),
        ("surrogates", "source=%ed%a0%80".into()),
        ("200 parameters", many.join("&")),
        ("zero bytes", "source=%00&%00=%00&external_id=a%00b".into()),
        (
            "lone percent signs",
            "source=%&keyword=100%&anything=%zz%4".into(),
        ),
        (
            "line breaks",
            "source=a%0d%0aSet-Cookie:%20x=1&keyword=%0aLocation:%20http://evil.example/".into(),
        ),
        ("only separators", "&&&&===&=&?&#".into()),
        (
            "repeated names",
            "source=1&source=2&source=&source=3".into(),
        ),
        (
            "HTML and SQL",
            "source=%3Cscript%3E'%22;drop%20table%20clicks;--".into(),
        ),
        (
            "nested macros",
            "source=%7Bclick_id%7D&keyword={keyword}&anything={{{anything}}}".into(),
        ),
        (
            "absurd costs",
            "cost=-1e308&cost=NaN&cost=99999999999999999999999&currency=%F0%9F%92%B0".into(),
        ),
        (
            "right to left and zero width",
            "source=%E2%80%AE%E2%80%8B%EF%BB%BF".into(),
        ),
        ("deep encoding", "source=%25252525".into()),
        ("plus and spaces", "source=+++&keyword=%20%09".into()),
    ];

    for (name, query) in cases {
        let answer = tracker.click(&format!("/echo?{query}"), &[]);

        // The server may refuse a line that is longer than its limits, with a 4xx.
        let refused = query.len() > 10_000 && (400..500).contains(&answer.status);
        assert!(answer.status == 302 || refused, "{name}: {answer:?}");
        assert!(refused || answer.click_id().is_some(), "{name}: {answer:?}");
        assert_eq!(
            answer
                .header("set-cookie")
                .filter(|cookie| cookie.contains("x=1")),
            None,
            "{name}"
        );
        assert!(
            answer.location().is_ascii() && !answer.location().contains(' '),
            "{name}: {answer:?}"
        );
        promise(&mut tracker.visitor(), "echo")
            .unwrap_or_else(|error| panic!("after {name}: {error}"));
    }
}

#[test]
fn queries_of_8_kilobytes_are_taken() {
    let tracker = tracker_that_echoes();

    let answer = tracker.click(&format!("/echo?source={}", "x".repeat(8_000)), &[]);

    assert_eq!(answer.status, 302);
}

#[test]
fn absurd_headers_are_still_sent_on() {
    let tracker = tracker_that_echoes();
    let long = "1.2.3.4, ".repeat(800);
    let wide = "9".repeat(4_000);
    for (name, value) in [
        ("X-Forwarded-For", "not an address"),
        ("X-Forwarded-For", ""),
        ("X-Forwarded-For", ",,,,"),
        ("X-Forwarded-For", long.as_str()),
        (
            "X-Forwarded-For",
            "999.999.999.999, [::1]:99999, fe80::1%eth0",
        ),
        ("X-Forwarded-For", "127.0.0.1, 127.0.0.1"),
        ("Forwarded", "for=\"[2001:db8::1]:4711\";proto=,;;=\""),
        ("X-Real-IP", "' or 1=1 --"),
        ("CF-Connecting-IP", "::ffff:1.2.3.4"),
        ("User-Agent", ""),
        ("User-Agent", "() { :; }; echo"),
        ("User-Agent", wide.as_str()),
        ("Accept-Language", ";;;q=,,q=9999999999,*"),
        ("Referer", "javascript:alert(1)"),
        ("Referer", wide.as_str()),
        ("Cookie", "=;=;;;a"),
        ("Sec-CH-UA", "\"unterminated"),
        ("Sec-CH-UA-Platform", "\"\\\"\\\\\""),
        ("Sec-CH-UA-Model", "\"\""),
        ("X-Requested-With", "\t"),
    ] {
        let answer = tracker.click("/echo?source=z", &[(name, value)]);

        assert_eq!(answer.status, 302, "{name}: {value:?}: {answer:?}");
        assert!(answer.click_id().is_some(), "{name}: {value:?}");
    }
    promise(&mut tracker.visitor(), "echo").unwrap();
}

#[test]
fn bytes_above_ascii_in_headers_are_still_sent_on() {
    let tracker = tracker_that_echoes();
    for header in [
        "User-Agent",
        "Referer",
        "X-Forwarded-For",
        "Accept-Language",
        "Cookie",
    ] {
        let mut request =
            format!("GET /echo HTTP/1.1\r\nHost: localhost\r\n{header}: ").into_bytes();
        request.extend([0xff, 0xfe, 0xd0, 0xbf, 0x80]);
        request.extend(b"\r\n\r\n");

        let answer = tracker.visitor().raw(&request, false).unwrap();

        assert_eq!(answer.status, 302, "{header}: {answer:?}");
    }
}

#[test]
fn requests_that_are_no_http_do_not_disturb_the_next_visitor() {
    let tracker = tracker_that_echoes();
    for request in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET /echo HTTP/9.9\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nzz",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
    ] {
        // Some of these are never answered; what they get, if anything, is not a server error.
        if let Ok(answer) = tracker
            .visitor()
            .raw(&[request, b"\r\n\r\n"].concat(), false)
        {
            assert!(answer.status < 500 || answer.status == 505, "{answer:?}");
        }
        promise(&mut tracker.visitor(), "echo").unwrap();
    }
}

#[test]
fn nonsense_paths_are_never_a_server_error() {
    let tracker = tracker_that_echoes();
    for path in [
        "/%00",
        "/%ff",
        "/%",
        "//echo",
        "/echo/",
        "/echo/x",
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e",
        "/echo%0d%0aX:1",
        "/click",
        "/click?campaign_id=",
        "/click?campaign_id=999999999999999999999",
        "/click?campaign_id=-1",
        "/api/v1/clicks/%ff",
        "/api",
        "/healthz/x",
        "*",
    ] {
        if let Ok(answer) = tracker.visitor().click(path, &[]) {
            assert!(answer.status < 500, "{path}: {answer:?}");
        }
    }
    let long = format!("/{}", "a".repeat(5_000));
    assert_eq!(tracker.click(&long, &[]).status, 404);
    promise(&mut tracker.visitor(), "echo").unwrap();
}
