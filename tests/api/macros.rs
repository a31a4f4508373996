//! Macros with arguments, as an operator writes them and a visitor meets them.

use serde_json::{Value, json};

use crate::tracker::{campaign, spawn};
use crate::visitor::PHONE;

#[test]
fn macros_with_arguments_reach_the_network() {
    let tracker = spawn();
    let network = tracker.create(
        "/api/v1/networks",
        &json!({"name": "Good Network", "offer_param": "sub1={click_id}&at={_date:Y m,Europe/Kyiv}"}),
    );
    let offer = tracker.create(
        "/api/v1/offers",
        &json!({
            "name": "Loans & more", "network_id": network,
            "payout": {"kind": "fixed", "value": "7.5", "currency": "USD"},
            "url": "http://127.0.0.1:9/{lower:source}?p={payout:usd}&pc={payout_currency}&eur={payout:EUR}\
                    &id={md5:click_id}&k={sha256:lower:kw}&r={random:7,7}&s={sample:x}\
                    &d={device_type:mobile=m,desktop=d}&o={offer_name}&n={network_name}&f={flow_name}#/{domain}?q={kw}"
        }),
    );
    tracker.create("/api/v1/campaigns", &campaign("push", offer));

    let answer = tracker.click(
        "/push?source=Zone%2F7&kw=Red%20Shoes%26x=1%0d%0aSet-Cookie:a",
        &[],
    );

    assert_eq!(answer.status, 302);
    assert_eq!(answer.cookie_names(), ["mr_visitor"]);
    let location = answer.location();
    let (before, fragment) = location.split_once('#').expect("a fragment");
    assert_eq!(
        fragment,
        "/127.0.0.1?q=Red%20Shoes%26x%3D1%20%20Set-Cookie%3Aa"
    );
    let (path, query) = before.split_once('?').expect("a query");
    assert_eq!(path, "http://127.0.0.1:9/zone%2F7");
    let fields: Vec<(&str, &str)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    let value = |name: &str| {
        let found = fields.iter().find(|(key, _)| *key == name);
        found.map_or("(none)", |(_, value)| *value)
    };
    assert_eq!(value("p"), "7.5");
    assert_eq!(value("pc"), "USD");
    assert_eq!(value("eur"), "", "no rate, no amount");
    assert_eq!(value("r"), "7");
    assert_eq!(value("s"), "x");
    assert_eq!(value("d"), "m");
    assert_eq!(value("o"), "Loans%20%26%20more");
    assert_eq!(value("n"), "Good%20Network");
    assert_ne!(value("f"), "");
    let is_hex = |text: &str, len| text.len() == len && text.bytes().all(|b| b.is_ascii_hexdigit());
    assert!(is_hex(value("id"), 32), "{location}");
    assert!(is_hex(value("k"), 64), "{location}");
    assert_eq!(value("sub1").len(), 20, "{location}");
    assert!(value("at").starts_with("20"), "{location}");
    assert_eq!(fields.len(), 13, "{location}");
}

#[test]
fn macros_that_cannot_be_understood_are_refused_all_at_once() {
    let tracker = spawn();

    let (status, answer) = tracker.post(
        "/api/v1/campaigns",
        &json!({
            "name": "", "alias": "push",
            "fallback": {"kind": "redirect", "url": "https://x.example/?d={date:Y,Mars/Phobos}"},
            "flows": [{"name": "a", "kind": "default", "target": {
                "kind": "redirect", "redirect": "http", "url": "https://x.example/?r={random:9,1}&c={cost:dollars}"
            }}]
        }),
    );

    assert_eq!(status, 422, "{answer:#}");
    let problems = answer["problems"]
        .as_array()
        .or_else(|| answer["error"]["problems"].as_array())
        .expect("problems");
    let at = |field: &str| -> Vec<&Value> {
        let found = problems.iter().filter(|problem| problem["field"] == field);
        found.collect()
    };
    assert_eq!(at("name").len(), 1, "{answer:#}");
    assert_eq!(at("fallback.url").len(), 1, "{answer:#}");
    assert_eq!(at("flows[0].target.url").len(), 2, "{answer:#}");
    assert_eq!(at("fallback.url")[0]["code"], "invalid_macro");

    for (path, document, field) in [
        (
            "offers",
            json!({"name": "O", "url": "https://o.example/?c={city:ru}"}),
            "url",
        ),
        (
            "landings",
            json!({"name": "L", "url": "https://l.example/?c={md5}"}),
            "url",
        ),
        (
            "networks",
            json!({"name": "N", "offer_param": "a={click_id}&d={date:Q}"}),
            "offer_param",
        ),
    ] {
        let (status, answer) = tracker.post(&format!("/api/v1/{path}"), &document);
        assert_eq!(status, 422, "{path}: {answer:#}");
        assert_eq!(answer["error"]["field"], field, "{answer:#}");
    }
}

#[test]
fn options_tell_which_argument_a_macro_takes() {
    let tracker = spawn();

    let (status, options) = tracker.get("/api/v1/options");

    assert_eq!(status, 200);
    let macros = options["macros"].as_array().expect("macros");
    let of = |name: &str| {
        let found = macros.iter().find(|entry| entry["name"] == name);
        &found.expect("the macro")["argument"]
    };
    assert_eq!(of("random")["kind"], "range");
    assert_eq!(of("sample")["required"], true);
    assert_eq!(of("payout")["example"], "EUR");
    assert!(of("click_id").is_null());
}

#[test]
fn a_page_greets_its_visitor_in_his_language() {
    let tracker = spawn();
    let body = "{country}|{country_name}|{country:uk}|{country:ru}|{device_type:ru}|{se}|{visitor_code}|{offer}";
    let (status, saved) = tracker.post(
        "/api/v1/campaigns",
        &json!({"name": "push", "alias": "push", "flows": [{"name": "all", "kind": "default",
            "target": {"kind": "reply", "reply": "text", "body": body}}]}),
    );
    assert_eq!(status, 201, "{saved:#}");
    let warnings = saved["warnings"].as_array().expect("warnings");
    let of_offer = warnings.iter().find(|one| one["code"] == "unread_macro");
    let message = of_offer.expect("a warning")["message"].as_str();
    assert!(
        message.is_some_and(|text| text.contains("/go")),
        "{saved:#}"
    );

    let visit = |ip: &str, cookie: &str| {
        let headers = [
            ("X-Forwarded-For", ip),
            ("User-Agent", PHONE),
            ("Referer", "https://www.google.de/"),
            ("Cookie", cookie),
        ];
        let answer = tracker.click("/push", &headers);
        let cookie = answer.cookie("mr_visitor").map(str::to_owned);
        let text = String::from_utf8(answer.body).expect("UTF-8");
        let words: Vec<String> = text.split('|').map(str::to_owned).collect();
        (words, cookie)
    };
    let (first, cookie) = visit("8.8.8.8", "");
    let cookie = cookie.expect("a cookie");
    let (again, _) = visit("8.8.8.8", "");
    let (moved, _) = visit("1.1.1.1", &cookie);
    let (other, _) = visit("1.1.1.1", "");

    let (code, words) = (&first[6], &first[..6]);
    let names = ["United States", "Сполучені Штати", "Соединенные Штаты"];
    assert_eq!(words[0], "US");
    assert_eq!(words[1..4], names);
    assert_eq!(words[4..], ["телефон", "google"]);
    assert_eq!(first[7], "{offer}");
    assert!(code.len() == 16 && code.bytes().all(|b| b.is_ascii_hexdigit()));
    assert_eq!((&again[6], &moved[6]), (code, code));
    assert_ne!(&other[6], code);
}
