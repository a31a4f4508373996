//! What is found out about visitors, as it is read back from the log.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::tracker::{Options, Tracker, spawn};
use crate::visitor::{PHONE, Visitor};

/// The newest click in the log.
fn newest(tracker: &Tracker) -> Value {
    let (status, page) = tracker.get("/api/v1/clicks?limit=1");
    assert_eq!(status, 200, "{page:#}");
    page["items"][0].clone()
}

fn assert_facts(click: &Value, expected: &[(&str, Value)]) {
    for (field, value) in expected {
        assert_eq!(&click[field], value, "{field} of {click:#}");
    }
}

#[test]
fn a_geo_base_dropped_into_the_data_directory_counts_without_a_restart() {
    let tracker = spawn();
    tracker.simple_campaign("offer");
    let from_canada = [("X-Forwarded-For", "8.8.8.8")];
    tracker.click("/offer", &from_canada);
    assert_facts(
        &newest(&tracker),
        &[("country", json!("US")), ("city", Value::Null)],
    );

    let base = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/geo/city.mmdb");
    let bases = tracker.data().join("geoip");
    fs::create_dir_all(&bases).unwrap();
    fs::write(bases.join("broken.mmdb"), "not a base at all").unwrap();
    fs::copy(base, bases.join("city.mmdb")).unwrap();

    let deadline = Instant::now() + Duration::from_secs(40);
    loop {
        tracker.click("/offer", &from_canada);
        let click = newest(&tracker);
        if click["city"] == json!("Toronto") {
            assert_facts(
                &click,
                &[("country", json!("CA")), ("region", json!("Ontario"))],
            );
            // The built-in base goes on answering for what the new one does not know.
            assert_facts(&click, &[("asn", json!(15169))]);
            break;
        }
        assert!(Instant::now() < deadline, "never picked up: {click:#}");
        sleep(Duration::from_millis(500));
    }
}

#[test]
fn devices_are_told_from_user_agents_hints_and_apps() {
    let tracker = spawn();
    tracker.simple_campaign("offer");
    type Case = (
        &'static [(&'static str, &'static str)],
        &'static [(&'static str, &'static str)],
    );
    let cases: &[Case] = &[
        (
            &[(
                "User-Agent",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.6.1 Mobile/15E148 Safari/604.1",
            )],
            &[
                ("os", "iOS"),
                ("os_version", "26.6.1"),
                ("model", "iPhone"),
                ("brand", "Apple"),
            ],
        ),
        (
            &[
                (
                    "User-Agent",
                    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Mobile Safari/537.36",
                ),
                ("Sec-CH-UA-Model", "\"SM-S918B\""),
                ("Sec-CH-UA-Platform-Version", "\"15.0.0\""),
            ],
            &[
                ("brand", "Samsung"),
                ("model", "SM-S918B"),
                ("browser", "Chrome"),
                ("device_type", "mobile"),
            ],
        ),
        (
            &[
                (
                    "User-Agent",
                    "Mozilla/5.0 (Linux; Android 14; SM-S918B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/149.0.0.0 Mobile Safari/537.36",
                ),
                ("X-Requested-With", "org.telegram.messenger"),
            ],
            &[
                ("in_app", "telegram"),
                ("x_requested_with", "org.telegram.messenger"),
            ],
        ),
    ];
    for (headers, expected) in cases {
        tracker.click("/offer", headers);

        let click = newest(&tracker);

        for (field, value) in *expected {
            assert_eq!(click[field], json!(value), "{field} of {click:#}");
        }
        assert_eq!(click["is_bot"], json!(false), "{click:#}");
    }
    let answer = tracker.click("/offer", &[]);
    let asked = answer.header("accept-ch").unwrap_or_default();
    assert!(asked.contains("Sec-CH-UA-Model"), "{asked}");
}

#[test]
fn the_operators_lists_label_bots_and_everybody_is_sent_to_the_same_place() {
    let tracker = Options::default()
        .set("BOTS__ADDRESSES", "203.0.113.0/24, 2001:db8::/32")
        .set("BOTS__USER_AGENTS", "SpyTool")
        .spawn();
    tracker.simple_campaign("offer");
    let spy = format!("{PHONE} spytool/2");
    let cases = [
        (vec![("X-Forwarded-For", "203.0.113.7")], Some("ip_list")),
        (vec![("X-Forwarded-For", "2001:db8::1")], Some("ip_list")),
        (vec![("User-Agent", spy.as_str())], Some("user_agent_list")),
        (vec![("X-Purpose", "preview")], Some("prefetch")),
        (vec![("X-Forwarded-For", "198.51.100.7")], None),
    ];
    for (headers, reason) in cases {
        let answer = tracker.click("/offer", &headers);

        assert_eq!(answer.status, 302);
        assert!(answer.click_id().is_some(), "{}", answer.location());
        let click = newest(&tracker);
        assert_facts(
            &click,
            &[
                ("is_bot", json!(reason.is_some())),
                ("bot_reason", json!(reason)),
            ],
        );
    }
    let (_, bots) = tracker.get("/api/v1/clicks?is_bot=true");
    let (_, listed) = tracker.get("/api/v1/clicks?bot_reason=ip_list");
    assert_eq!(bots["items"].as_array().map(Vec::len), Some(4));
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
}

#[test]
fn the_log_is_filtered_by_every_kind_of_field() {
    let tracker = spawn();
    let campaign = tracker.simple_campaign("offer");
    let german = [
        ("X-Forwarded-For", "5.9.0.1"),
        ("Referer", "https://News.Example.com:8443/a"),
    ];
    tracker.click("/offer?source=0815&sub_id_3=0&creative_id=77&x=1", &german);
    tracker.click(
        "/offer?source=815&sub_id_3=a%20b",
        &[("X-Forwarded-For", "8.8.8.8")],
    );
    let now = newest(&tracker)["at"].as_str().unwrap().to_owned();

    let first = json!("0815");
    let second = json!("815");
    for (query, expected) in [
        ("source=0815".to_owned(), vec![&first]),
        ("source=815".to_owned(), vec![&second]),
        ("source=815&source=0815".to_owned(), vec![&second, &first]),
        ("sub_id_3=0".to_owned(), vec![&first]),
        ("sub_id_3=a%20b".to_owned(), vec![&second]),
        ("sub_id_2=0".to_owned(), vec![]),
        ("creative_id=77".to_owned(), vec![&first]),
        ("country=DE".to_owned(), vec![&first]),
        ("ip=8.8.8.8".to_owned(), vec![&second]),
        (
            format!("campaign_id={campaign}&device_type=mobile"),
            vec![&second, &first],
        ),
        ("campaign_id=999".to_owned(), vec![]),
        (format!("to={now}&from=0"), vec![&first]),
        (format!("from={now}"), vec![&second]),
    ] {
        let (status, page) = tracker.get(&format!("/api/v1/clicks?{query}"));

        assert_eq!(status, 200, "{query}: {page:#}");
        let sources: Vec<_> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|click| &click["source"])
            .collect();
        assert_eq!(sources, expected, "{query}");
    }
    let (_, page) = tracker.get("/api/v1/clicks?source=0815");
    assert_facts(
        &page["items"][0],
        &[
            ("referrer_host", json!("news.example.com")),
            ("other_parameters", json!({"x": "1"})),
            ("sub_id_3", json!("0")),
        ],
    );
}

#[test]
fn a_domains_index_campaign_answers_its_root_and_unknown_links() {
    let tracker = spawn();
    let campaign = tracker.simple_campaign("offer");
    let domain = tracker.create(
        "/api/v1/domains",
        &json!({"host": "go.example.com", "index_campaign_id": campaign}),
    );
    for (host, path, status) in [
        ("go.example.com", "/", 302),
        ("GO.example.com:8080", "/no-such-link", 302),
        ("other.example.com", "/", 404),
        ("other.example.com", "/no-such-link", 404),
        ("go.example.com", "/favicon.ico", 404),
        // Ours: a postback is no visitor, and is answered wherever it comes.
        ("go.example.com", "/postback?subid=1", 200),
        ("other.example.com", "/go/2", 404),
        ("go.example.com", "/metrics", 404),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {PHONE}\r\n\r\n");

        let answer = Visitor::new(tracker.address())
            .raw(request.as_bytes(), false)
            .unwrap();

        assert_eq!(answer.status, status, "{host}{path}");
        if status == 302 {
            assert_eq!(newest(&tracker)["domain_id"], json!(domain));
        }
    }
}

#[test]
fn the_api_answers_only_on_the_hosts_named_for_it() {
    let tracker = Options::default()
        .set("ADMIN__HOSTS", "panel.example.com")
        .spawn();
    for (host, status) in [
        ("panel.example.com", 200),
        ("PANEL.example.com:8080", 200),
        ("go.example.com", 404),
    ] {
        let request = format!("GET /api/v1/openapi.json HTTP/1.1\r\nHost: {host}\r\n\r\n");

        let answer = Visitor::new(tracker.address())
            .raw(request.as_bytes(), false)
            .unwrap();

        assert_eq!(answer.status, status, "{host}");
    }
}
