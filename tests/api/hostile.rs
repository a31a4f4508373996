//! Bad input: whatever a visitor sends, he is sent on, and so is the next one. Whatever an operator
//! sends is taken or refused with the place of what is wrong, and no visitor notices.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

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

/// A campaign whose first flow has this filter.
fn with_filter(filter: Value) -> Value {
    let away = json!({"kind": "redirect", "url": "http://127.0.0.1:9/?c={click_id}"});
    json!({"name": "hostile", "alias": "hostile", "flows": [
        {"filters": [filter], "target": away}, {"kind": "default", "target": away}]})
}

fn with_target(target: Value) -> Value {
    json!({"name": "hostile", "flows": [{"kind": "default", "target": target}]})
}

/// The fields of a refusal. Each problem is told in a short sentence, and there are not too many.
fn refused(name: &str, status: u16, answer: &Value) -> Vec<String> {
    assert_eq!(status, 422, "{name}: {answer}");
    let problems = answer["problems"].as_array().unwrap();
    assert!(problems.len() <= 101, "{name}: {} problems", problems.len());
    let field = |problem: &Value| {
        let message = problem["message"].as_str().unwrap();
        assert!(message.len() < 2_000, "{name}: {} bytes", message.len());
        problem["field"].as_str().unwrap().to_owned()
    };
    problems.iter().map(field).collect()
}

#[test]
fn documents_that_cannot_work_are_refused_with_the_place_and_disturb_nobody() {
    let tracker = tracker_that_echoes();
    let archived = json!({"name": "gone", "url": "http://127.0.0.1:9/", "state": "archived"});
    let archived = tracker.create("/api/v1/offers", &archived);
    let numbers: Vec<Value> = (0..100_000).map(|n| json!(n)).collect();
    let words: Vec<String> = (0..100_000).map(|n| format!("x{n}")).collect();
    let greedy: Vec<String> = (0..500).map(|n| format!("/(.*{n}){{1,5000}}/")).collect();
    let large: Vec<String> = (0..500).map(|n| format!("/\\w{{40}}{n}/")).collect();
    let many: Vec<String> = (0..501).map(|n| format!("/a{n}/")).collect();
    let spread: Vec<Value> = (0..40)
        .map(|_| json!({"key": "keyword", "value": many[..40]}))
        .collect();
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let flows = vec![json!({"target": {"kind": "reply", "reply": "text", "body": "x"}}); 10_000];
    let entry = |weight: Value| {
        with_target(json!({"kind": "split", "landings": [],
        "offers": [{"offer_id": 1, "weight": weight}]}))
    };
    let keyword = |value: Value| with_filter(json!({"key": "keyword", "value": value}));
    let ip = |value: Value| with_filter(json!({"key": "ip", "value": value}));
    let value = "flows[0].filters[0].value";
    let weight = "flows[0].target.offers[0].weight";
    let url = |url: &str| with_target(json!({"kind": "redirect", "url": url}));
    let cases = [
        (
            "a greedy regexp",
            keyword(json!(["/(.*){1,5000}/"])),
            "flows[0].filters[0].value[0]",
        ),
        (
            "500 greedy regexps",
            keyword(json!(greedy)),
            "flows[0].filters[0].value[0]",
        ),
        ("500 large regexps", keyword(json!(large)), value),
        (
            "too many regexps",
            keyword(json!(many)),
            "flows[0].filters[0].value",
        ),
        (
            "too many regexps in all",
            json!({"name": "many", "flows": [
                {"target": {"kind": "reply", "reply": "text", "body": "x"}},
                {"target": {"kind": "reply", "reply": "text", "body": "x"}, "filters": spread}]}),
            "flows[1].filters[12].value",
        ),
        (
            "half a regexp",
            keyword(json!(["/(a/"])),
            "flows[0].filters[0].value[0]",
        ),
        (
            "nested regexp",
            keyword(json!([format!(
                "/{}a{}/",
                "(".repeat(5_000),
                ")".repeat(5_000)
            )])),
            "flows[0].filters[0].value[0]",
        ),
        (
            "100,000 numbers for texts",
            keyword(json!(numbers)),
            "flows[0].filters[0].value[0]",
        ),
        (
            "100,000 words for addresses",
            ip(json!(words)),
            "flows[0].filters[0].value[0]",
        ),
        (
            "100,000 pasted words for addresses",
            ip(json!(words.join("\n"))),
            value,
        ),
        (
            "a deep value",
            keyword(deep.clone()),
            "flows[0].filters[0].value[0]",
        ),
        (
            "a large object for a share",
            with_filter(json!({"key": "share", "value": {"a": words}})),
            value,
        ),
        (
            "a deep value for uniqueness",
            with_filter(json!({"key": "uniqueness", "value": [words]})),
            value,
        ),
        (
            "a long word for uniqueness",
            with_filter(json!({"key": "uniqueness", "value": "x".repeat(500_000)})),
            value,
        ),
        (
            "a large object for an asn",
            with_filter(json!({"key": "asn", "value": {"a": words}})),
            value,
        ),
        (
            "a large object for a version",
            with_filter(json!({"key": "os_version", "value": [{"a": words}]})),
            "flows[0].filters[0].value[0]",
        ),
        (
            "a large object for a schedule",
            with_filter(
                json!({"key": "schedule", "value": {"timezone": "UTC", "hours": {"mon": [words]}}}),
            ),
            value,
        ),
        (
            "a large key",
            with_filter(json!({"key": "k".repeat(500_000), "value": true})),
            "flows[0].filters[0].key",
        ),
        (
            "10,000 flows",
            json!({"name": "many", "flows": flows}),
            "flows",
        ),
        (
            "an archived offer",
            with_target(
                json!({"kind": "split", "landings": [], "offers": [{"offer_id": archived}]}),
            ),
            "flows[0].target.offers[0].offer_id",
        ),
        (
            "no such offer",
            with_target(
                json!({"kind": "split", "landings": [], "offers": [{"offer_id": i64::MAX}]}),
            ),
            "flows[0].target.offers[0].offer_id",
        ),
        (
            "an id beyond all ids",
            with_target(
                json!({"kind": "split", "landings": [], "offers": [{"offer_id": u64::MAX}]}),
            ),
            "flows[0].target.offers[0].offer_id",
        ),
        (
            "a weight beyond all numbers",
            entry(json!(u64::MAX)),
            weight,
        ),
        ("a negative weight", entry(json!(-1)), weight),
        ("half a weight", entry(json!(1.5)), weight),
        ("a weight of 1e300", entry(json!(1e300)), weight),
        ("a weight in words", entry(json!("much")), weight),
        (
            "a scheme that is code",
            url("javascript:alert(1)"),
            "flows[0].target.url",
        ),
        ("a deep target", with_target(deep), "flows[0].target"),
        (
            "flows that are no list",
            json!({"name": "x", "flows": {"0": 1}}),
            "flows",
        ),
        (
            "flows that are no flows",
            json!({"name": "x", "flows": [null, 1, "x", []]}),
            "flows[0]",
        ),
        ("no object", json!([1]), ""),
    ];

    for (name, document, field) in cases {
        let (status, answer) = tracker.post("/api/v1/campaigns", &document);

        let fields = refused(name, status, &answer);
        assert!(
            fields.iter().any(|one| one.starts_with(field)),
            "{name}: {field} is not among {fields:?}"
        );
        promise(&mut tracker.visitor(), "echo")
            .unwrap_or_else(|error| panic!("after {name}: {error}"));
    }
}

#[test]
fn documents_that_are_odd_work() {
    let tracker = tracker_that_echoes();
    let words: Vec<String> = (0..100_000).map(|n| format!("x{n}")).collect();
    let keyword = |value: Value| with_filter(json!({"key": "keyword", "value": value}));
    let away = json!({"kind": "redirect", "url": "http://127.0.0.1:9/?c={click_id}"});
    let weightless = json!({"name": "hostile", "alias": "hostile", "rotation": "weight",
        "fallback": away, "flows": [
            {"weight": 0, "target": away},
            {"weight": 0, "target": {"kind": "split", "landings": [],
                "offers": [{"offer_id": 1, "weight": 0}]}}]});
    let cases = [
        (
            "a regexp that explodes elsewhere",
            keyword(json!(["/(a+)+$/"])),
            None,
        ),
        ("100,000 values", keyword(json!(words)), None),
        ("weights of 0 everywhere", weightless, None),
        (
            "a macro that nobody knows",
            with_target(
                json!({"kind": "redirect", "url": "http://127.0.0.1:9/?c={click_id}&x={nobody_knows}"}),
            ),
            Some("unknown_macro"),
        ),
        (
            "a macro cut in half",
            with_target(
                json!({"kind": "redirect", "url": "http://127.0.0.1:9/?c={click_id}&x={sour"}),
            ),
            Some("stray_brace"),
        ),
    ];

    for (name, mut document, warning) in cases {
        document["alias"] = json!("hostile");
        let (status, stored) = tracker.post("/api/v1/campaigns", &document);
        assert_eq!(status, 201, "{name}: {stored:#}");
        let warnings = stored["warnings"].as_array().unwrap();
        let is_told = |code| warnings.iter().any(|one| one["code"] == code);
        assert!(warning.is_none_or(is_told), "{name}: {warnings:#?}");
        let target = format!("/hostile?keyword={}!", "a".repeat(1_000));

        let answer = tracker.click(&target, &[]);

        assert_eq!(answer.status, 302, "{name}: {answer:?}");
        assert!(answer.click_id().is_some(), "{name}: {answer:?}");
        let path = format!("/api/v1/campaigns/{}", stored["id"]);
        let (status, _) = tracker.api("DELETE", &path, None, Some(&tracker.key));
        assert_eq!(status, 200, "{name}");
    }
}

#[test]
fn bodies_that_are_too_large_or_too_deep_are_refused() {
    let tracker = tracker_that_echoes();
    let large = json!({"name": "large", "notes": "x".repeat(5 << 20), "flows": []});
    assert_eq!(tracker.post("/api/v1/campaigns", &large).0, 413);
    assert_eq!(tracker.put("/api/v1/campaigns/1", &large).0, 413);
    assert_eq!(tracker.post("/api/v1/simulate", &large).0, 413);
    promise(&mut tracker.visitor(), "echo").unwrap();

    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let bodies = [
        deep.as_str(),
        "{\"name\": 1e999}",
        "{\"name\": \"\\ud800\"}",
        "{\"name\":",
        "\u{feff}{}",
        "",
    ];
    for body in bodies {
        let head = format!(
            "POST /api/v1/campaigns HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
            tracker.key,
            body.len()
        );
        let request = [head.as_bytes(), body.as_bytes()].concat();

        let answer = tracker.visitor().raw(&request, false).unwrap();

        let start: String = body.chars().take(20).collect();
        assert_eq!(answer.status, 400, "{start}: {answer:?}");
        promise(&mut tracker.visitor(), "echo").unwrap();
    }
}

#[test]
fn circles_are_refused_by_name_and_visitors_never_go_round() {
    let tracker = tracker_that_echoes();
    let to = |id: u64| json!({"kind": "campaign", "campaign_id": id});
    let name = |n: usize| format!("loop{n}");
    let save = |id: u64, field: &str, value: Value| {
        let path = format!("/api/v1/campaigns/{id}");
        let mut document = tracker.get(&path).1;
        document[field] = value;
        tracker.put(&path, &document)
    };
    let flow = |id: u64| json!([{"kind": "default", "target": to(id)}]);
    for (field, value, place) in [
        (
            "fallback",
            &to as &dyn Fn(u64) -> Value,
            "fallback.campaign_id",
        ),
        ("flows", &flow, "flows[0].target.campaign_id"),
    ] {
        let ids: Vec<u64> = (0..3)
            .map(|n| {
                let document = json!({"name": name(n), "alias": format!("{field}{n}"),
                    "fallback": {"kind": "redirect", "url": "http://127.0.0.1:9/?c={click_id}"}, "flows": []});
                tracker.create("/api/v1/campaigns", &document)
            })
            .collect();
        let (status, answer) = save(ids[0], field, value(ids[0]));
        assert_eq!(refused(field, status, &answer)[0], place, "of itself");
        for pair in ids.windows(2) {
            let (status, answer) = save(pair[0], field, value(pair[1]));
            assert_eq!(status, 200, "{answer:#}");
        }

        let (status, answer) = save(ids[2], field, value(ids[0]));

        assert_eq!(refused(field, status, &answer)[0], place);
        for n in 0..3 {
            let answer = tracker.click(&format!("/{field}{n}"), &[]);
            assert_eq!(answer.status, 302, "{field}{n}: {answer:?}");
        }
    }

    let cap = |overflow: Value| json!({"daily": 1, "overflow_offer_id": overflow});
    let mut next = Value::Null;
    let ids = [0, 1, 2].map(|n| {
        let offer = json!({"name": name(n), "url": "http://127.0.0.1:9/?c={click_id}", "cap": cap(next.clone())});
        let id = tracker.create("/api/v1/offers", &offer);
        next = json!(id);
        id
    });
    for overflow in [ids[0], ids[2]] {
        let path = format!("/api/v1/offers/{}", ids[0]);
        let mut document = tracker.get(&path).1;
        document["cap"] = cap(json!(overflow));
        let (status, answer) = tracker.put(&path, &document);
        assert_eq!(
            refused("overflow", status, &answer),
            ["cap.overflow_offer_id"],
            "{answer:#}"
        );
    }
    promise(&mut tracker.visitor(), "echo").unwrap();
}

#[test]
fn lines_of_lists_that_are_no_addresses_are_told_or_refuse_the_filter() {
    let tracker = tracker_that_echoes();
    let list = json!({"name": "mixed", "values": ["8.8.8.8", "no address", "1.1.1.0/99"]});
    let list = tracker.create("/api/v1/lists", &list);
    let filter = json!({"key": "ip", "value": [{"list_id": list}]});

    let (status, answer) = tracker.post("/api/v1/campaigns", &with_filter(filter));

    let fields = refused("a list", status, &answer);
    assert_eq!(fields[0], "flows[0].filters[0].value[0].list_id");
    let message = answer["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains("Line 2"), "{message}");
    for values in [
        json!("8.8.8.8"),
        json!([1]),
        json!([{"list_id": 1}]),
        json!(["x".repeat(2_000)]),
    ] {
        let body = json!({"name": "wrong", "values": values});
        let (status, answer) = tracker.post("/api/v1/lists", &body);
        assert!(
            refused("a list", status, &answer)[0].starts_with("values"),
            "{answer:#}"
        );
    }
}

/// The example of the documentation, with a flow for each filter's own example.
fn example(tracker: &Tracker) -> Value {
    let options = tracker.get("/api/v1/options").1;
    let away =
        json!({"kind": "redirect", "redirect": "http", "url": "http://127.0.0.1:9/?c={click_id}"});
    let filter = |option: &Value| json!({"key": option["key"], "value": option["example"]});
    let filters: Vec<Value> = options["filters"]
        .as_array()
        .unwrap()
        .iter()
        .map(filter)
        .collect();
    let mut flows: Vec<Value> = filters
        .chunks(8)
        .map(|filters| json!({"kind": "regular", "weight": 10, "match": "any", "filters": filters, "target": away}))
        .collect();
    flows.push(
        json!({"kind": "forced", "target": {"kind": "reply", "reply": "text", "body": "{click_id}"},
        "filters": [{"key": "keyword", "mode": "reject", "value": ["*"]}]}),
    );
    flows.push(
        json!({"name": "rest", "kind": "default", "target": {"kind": "split",
        "landings": [], "offers": [{"offer_id": 1, "weight": 100}]}}),
    );
    json!({ "name": "US push", "alias": "us-push", "state": "active", "domain_id": null, "traffic_source_id": null,
        "rotation": "weight", "bind": "offer",
        "uniqueness": { "by": "ip_ua", "window_hours": 24 },
        "cost": { "model": "cpc", "value": "0.015", "currency": "USD", "from_url": true, "traffic_loss": "0" },
        "timezone": "Europe/Kyiv", "budget": { "daily": "50" }, "bind_hours": 24, "choose_offer": "at_landing",
        "fallback": { "kind": "redirect", "url": "https://example.com/other" },
        "parameters": { "source": { "name": "zone", "macro": "{zoneid}" } },
        "postbacks": [{ "url": "https://example.com/?id={external_id}" }], "flows": flows })
}

/// What may stand in a document where something else is meant.
fn any_value() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "",
        "*",
        "/",
        "/(/",
        "/(a+)+$/",
        "{",
        "{click_id",
        "split",
        "campaign",
        "archived",
        "default",
        "@empty",
        "unknown",
        "http://",
        "https://x.example/{",
        "UTC",
        "1.1.1.1/0",
        "::/0",
        "\0",
        "\u{202e}",
        "99999999999999999999",
        "-1",
        "2026-02-30",
        "25:00-24:00",
        "us-push",
        "echo",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-3i64..5).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let key = prop::sample::select(vec![
            "kind",
            "url",
            "value",
            "list_id",
            "name",
            "campaign_id",
            "offer_id",
            "timezone",
            "x",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|fields| {
                let fields = fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value));
                Value::Object(fields.collect())
            }),
        ]
    })
}

#[derive(Debug, Clone)]
enum Change {
    Replace(Value),
    Remove,
    Duplicate,
}

/// Every place of a document, as a pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                places(value, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                places(entry, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn mutate(document: &mut Value, at: prop::sample::Index, change: Change) {
    let mut all = Vec::new();
    places(document, "", &mut all);
    let place = at.get(&all);
    let Some((parent, last)) = place.rsplit_once('/') else {
        return;
    };
    match (document.pointer_mut(parent).unwrap(), change) {
        (Value::Object(fields), Change::Remove) => {
            fields.remove(last);
        }
        (Value::Object(fields), Change::Duplicate) => {
            let copy = fields[last].clone();
            fields.insert(format!("{last}2"), copy);
        }
        (Value::Object(fields), Change::Replace(value)) => {
            fields.insert(last.to_owned(), value);
        }
        (Value::Array(entries), change) => {
            let index: usize = last.parse().unwrap();
            match change {
                Change::Remove => drop(entries.remove(index)),
                Change::Duplicate => entries.insert(index, entries[index].clone()),
                Change::Replace(value) => entries[index] = value,
            }
        }
        _ => {}
    }
}

#[test]
fn whatever_becomes_of_a_document_the_answer_explains_it_and_a_click_is_answered() {
    let tracker = tracker_that_echoes();
    let document = example(&tracker);
    let id = tracker.create("/api/v1/campaigns", &document);
    let path = format!("/api/v1/campaigns/{id}");
    let change = prop_oneof![
        4 => any_value().prop_map(Change::Replace),
        3 => Just(Change::Remove),
        2 => Just(Change::Duplicate),
    ];
    let changes = prop::collection::vec((any::<prop::sample::Index>(), change), 1..3);
    let config = ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let visitor = std::cell::RefCell::new(tracker.visitor());
    let stored = tracker.get(&path).1;
    let version = std::cell::Cell::new(stored["version"].as_u64().unwrap());
    let accepted = std::cell::Cell::new(0);

    let result = TestRunner::new(config).run(&(changes, any::<bool>()), |(changes, is_patch)| {
        let mut sent = document.clone();
        for (at, change) in changes {
            mutate(&mut sent, at, change);
        }
        if let Some(fields) = sent.as_object_mut() {
            fields.insert("version".to_owned(), json!(version.get()));
        }
        let method = if is_patch { "PATCH" } else { "PUT" };

        let (status, answer) = tracker.api(method, &path, Some(&sent), Some(&tracker.key));

        if status == 200 {
            version.set(answer["version"].as_u64().unwrap());
            accepted.set(accepted.get() + 1);
        } else {
            prop_assert!(
                (400..500).contains(&status),
                "{method} {status}: {answer:#}"
            );
            let message = answer["error"]["message"].as_str();
            prop_assert!(message.is_some_and(|text| !text.is_empty()), "{answer:#}");
            if status == 422 {
                let problems = answer["problems"].as_array();
                prop_assert!(problems.is_some_and(|all| !all.is_empty()), "{answer:#}");
            }
        }
        let alias = match &answer["alias"] {
            Value::String(alias) => alias.clone(),
            _ => format!("click?campaign_id={id}"),
        };
        for target in [
            format!("/{alias}?zone=7&keyword=red%20shoes"),
            "/echo".to_owned(),
        ] {
            let clicked = visitor.borrow_mut().click(&target, &[]);
            let clicked =
                clicked.map_err(|error| TestCaseError::fail(format!("{target}: {error}")))?;
            prop_assert!(clicked.status < 500, "{target}: {clicked:?}");
        }
        Ok(())
    });

    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(accepted.get() > 10, "only {} were accepted", accepted.get());
    promise(&mut visitor.borrow_mut(), "echo").unwrap();
}
