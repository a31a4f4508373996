//! Filters of flows, as visitors meet them.

use serde_json::{Value, json};

use crate::tracker::{Tracker, spawn};
use crate::visitor::PHONE;

const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
const ANDROID: &str = "Mozilla/5.0 (Linux; Android 9; SM-S918B Build/X; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.6099.43 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/440.0.0.0;]";

type Headers<'h> = &'h [(&'h str, &'h str)];

/// A campaign with one flow for each filter; everybody else goes to `/rest`.
fn campaign(alias: &str, filters: &[Value]) -> Value {
    let flow = |(place, filter): (usize, &Value)| {
        json!({
            "name": format!("flow {place}"), "filters": [filter],
            "target": {"kind": "redirect", "url": format!("http://127.0.0.1:9/{}", filter["name"].as_str().unwrap())}
        })
    };
    let mut flows: Vec<Value> = filters.iter().enumerate().map(flow).collect();
    for flow in &mut flows {
        flow["filters"][0].as_object_mut().unwrap().remove("name");
    }
    flows.push(json!({
        "name": "rest", "kind": "default",
        "target": {"kind": "redirect", "url": "http://127.0.0.1:9/rest"}
    }));
    json!({"name": alias, "alias": alias, "flows": flows, "version": 1})
}

/// Where a visitor lands: the last part of the address.
fn lands(tracker: &Tracker, target: &str, headers: Headers<'_>) -> String {
    let answer = tracker.click(target, headers);
    assert_eq!(answer.status, 302, "{target} {headers:?}");
    answer.location().rsplit('/').next().unwrap().to_owned()
}

#[test]
fn each_filter_takes_its_visitors() {
    let tracker = spawn();
    let zones = tracker.create(
        "/api/v1/lists",
        &json!({"name": "zones", "values": ["zone7", "bad*"]}),
    );
    let filters = [
        json!({"name": "ip", "key": "ip", "value": "5.9.10.0/24\n5.9.20-30.*, 5.9.40.1-5.9.40.9"}),
        json!({"name": "ipv6", "key": "ipv6", "value": true}),
        json!({"name": "country", "key": "country", "value": "CA DE"}),
        json!({"name": "asn", "key": "asn", "value": ["AS13335"]}),
        json!({"name": "isp", "key": "operator", "value": ["*yandex*"]}),
        json!({"name": "in_app", "key": "in_app", "value": ["facebook"]}),
    ];
    tracker.create("/api/v1/campaigns", &campaign("place", &filters));
    let from = |ip: &str| lands(&tracker, "/place", &[("X-Forwarded-For", ip)]);
    assert_eq!(from("5.9.10.200"), "ip");
    assert_eq!(from("5.9.25.1"), "ip");
    assert_eq!(from("5.9.40.9"), "ip");
    assert_eq!(from("5.9.40.10"), "country");
    assert_eq!(from("2a01:4f8::1"), "ipv6");
    assert_eq!(from("1.1.1.1"), "asn");
    assert_eq!(from("77.88.8.8"), "isp");
    assert_eq!(from("8.8.8.8"), "rest");
    let app = lands(
        &tracker,
        "/place",
        &[("X-Forwarded-For", "8.8.8.8"), ("User-Agent", ANDROID)],
    );
    assert_eq!(app, "in_app");

    let filters = [
        json!({"name": "user_agent", "key": "user_agent", "value": ["/Windows NT 1[01]/"]}),
        json!({"name": "model", "key": "device_model", "value": ["SM-S9*"]}),
        json!({"name": "language", "key": "language", "value": "uk, ru"}),
        json!({"name": "google", "key": "referrer", "value": ["*google.*"]}),
        json!({"name": "bot", "key": "bot", "value": true}),
        json!({"name": "list", "key": "source", "value": [{"list_id": zones}]}),
        json!({"name": "keyword", "key": "keyword", "value": ["/^red .*s$/i"]}),
        json!({"name": "sub", "key": "sub_id_7", "value": ["x"]}),
        json!({"name": "parameter", "key": "parameter", "value": {"name": "test", "value": ["*"]}}),
        json!({"name": "ios", "key": "os_version", "value": [">=18.8", "18.6-18.7"]}),
    ];
    tracker.create("/api/v1/campaigns", &campaign("device", &filters));
    let cases: &[(&str, Headers<'_>, &str)] = &[
        ("", &[("User-Agent", DESKTOP)], "user_agent"),
        ("", &[("User-Agent", ANDROID)], "model"),
        ("", &[("Accept-Language", "uk-UA,en;q=0.5")], "language"),
        ("", &[("Referer", "https://www.google.com/")], "google"),
        ("", &[("User-Agent", "curl/8.5.0")], "bot"),
        ("source=ZONE7", &[], "list"),
        ("source=badzone", &[], "list"),
        ("source=zone8&keyword=Red%20shoes", &[], "keyword"),
        ("sub_id_7=X", &[], "sub"),
        ("test=1", &[], "parameter"),
        ("test=", &[], "ios"),
    ];
    for (query, headers, expected) in cases {
        assert_eq!(
            lands(&tracker, &format!("/device?{query}"), headers),
            *expected,
            "{query} {headers:?}"
        );
    }
    assert!(PHONE.contains("OS 18_7"));

    let always = json!({"timezone": "UTC", "hours": {
        "mon": ["00:00-24:00"], "tue": ["00:00-24:00"], "wed": ["00:00-24:00"], "thu": ["00:00-24:00"],
        "fri": ["00:00-24:00"], "sat": ["00:00-24:00"], "sun": ["00:00-24:00"]}});
    let filters = [
        json!({"name": "never", "key": "schedule", "mode": "reject", "value": always}),
        json!({"name": "past", "key": "interval", "value": {"to": "2020-01-01", "timezone": "UTC"}}),
        json!({"name": "nobody", "key": "share", "mode": "reject", "value": 100}),
        json!({"name": "unreferred", "key": "empty_referrer", "value": true}),
        json!({"name": "open", "key": "interval", "value": {"from": "2020-01-01", "timezone": "UTC"}}),
    ];
    tracker.create("/api/v1/campaigns", &campaign("time", &filters));
    assert_eq!(lands(&tracker, "/time", &[]), "unreferred");
    assert_eq!(
        lands(&tracker, "/time", &[("Referer", "https://example.com/")]),
        "open"
    );
}

#[test]
fn a_list_can_change_under_its_filters_but_not_break_them() {
    let tracker = spawn();
    let list = tracker.create(
        "/api/v1/lists",
        &json!({"name": "bad addresses", "values": ["1.1.1.1"]}),
    );
    let filters = [json!({"name": "bad", "key": "ip", "value": [{"list_id": list}]})];
    tracker.create("/api/v1/campaigns", &campaign("push", &filters));
    let from = |ip: &str| lands(&tracker, "/push", &[("X-Forwarded-For", ip)]);
    assert_eq!(
        (from("1.1.1.1"), from("8.8.8.8")),
        ("bad".to_owned(), "rest".to_owned())
    );
    let path = format!("/api/v1/lists/{list}");
    let (_, mut stored) = tracker.get(&path);

    stored["values"] = json!(["8.8.8.0/24", "zone 7"]);
    let (status, answer) = tracker.put(&path, &stored);
    assert_eq!(status, 422, "{answer:#}");
    assert_eq!(answer["error"]["field"], json!("values[1]"), "{answer:#}");
    assert_eq!(from("1.1.1.1"), "bad");

    stored["values"] = json!(["8.8.8.0/24"]);
    assert_eq!(tracker.put(&path, &stored).0, 200);
    assert_eq!(
        (from("1.1.1.1"), from("8.8.8.8")),
        ("rest".to_owned(), "bad".to_owned())
    );
}

#[test]
fn filters_that_cannot_work_are_refused_with_all_their_places() {
    let tracker = spawn();
    let list = tracker.create(
        "/api/v1/lists",
        &json!({"name": "zones", "values": ["zone7"]}),
    );
    let filters = [
        json!({"name": "a", "key": "ip", "value": [{"list_id": list}]}),
        json!({"name": "b", "key": "user_agent", "value": ["x", "/(/"]}),
        json!({"name": "c", "key": "source", "value": [{"list_id": 99}]}),
        json!({"name": "d", "key": "limit", "mode": "reject", "value": {"per_day": 5}}),
        json!({"name": "e", "key": "country", "value": "US UK"}),
    ];

    let (status, answer) = tracker.post("/api/v1/campaigns", &campaign("push", &filters));

    assert_eq!(status, 422, "{answer:#}");
    let problems = answer["error"]["problems"]
        .as_array()
        .or(answer["problems"].as_array());
    let fields: Vec<_> = problems
        .unwrap()
        .iter()
        .filter_map(|one| one["field"].as_str())
        .collect();
    for field in [
        "flows[0].filters[0].value[0].list_id",
        "flows[1].filters[0].value[1]",
        "flows[2].filters[0].value[0].list_id",
        "flows[3].filters[0].mode",
        "flows[3].filters[0].value.timezone",
        "flows[4].filters[0].value",
    ] {
        assert!(fields.contains(&field), "{field} is not among {fields:?}");
    }
}

#[test]
fn pickers_get_every_filter_with_its_group_and_editor() {
    let (status, options) = spawn().get("/api/v1/options");

    assert_eq!(status, 200);
    let filters = options["filters"].as_array().unwrap();
    let find = |key: &str| filters.iter().find(|one| one["key"] == key).unwrap();
    for (key, group, input) in [
        ("country", "geo", "countries"),
        ("ip", "geo", "addresses"),
        ("asn", "geo", "asns"),
        ("proxy", "geo", "flag_or_choices"),
        ("os_version", "device", "versions"),
        ("sub_id_30", "parameters", "values"),
        ("parameter", "parameters", "parameter"),
        ("empty_referrer", "parameters", "flag"),
        ("schedule", "time", "schedule"),
        ("interval", "time", "interval"),
        ("uniqueness", "visitor", "choice"),
        ("limit", "other", "limit"),
        ("share", "other", "percent"),
    ] {
        let found = find(key);
        assert_eq!(
            (&found["group"], &found["input"]["kind"]),
            (&json!(group), &json!(input)),
            "{key}"
        );
        assert_eq!(found["can_reject"], json!(key != "limit"));
    }
}
