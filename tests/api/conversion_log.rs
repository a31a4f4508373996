//! The logs of conversions and postbacks, over postbacks as networks send them.

use serde_json::{Value, json};

use crate::tracker::{Tracker, spawn};

const KEY: &str = "testnetworkkey01";

/// A tracker with a network, an offer of it, and the campaign `push`; the ids of the three.
fn set_up() -> (Tracker, [u64; 3]) {
    let tracker = spawn();
    let network = tracker.create(
        "/api/v1/networks",
        &json!({"name": "N", "key": KEY, "currency": "USD", "secret_parameter": "sig",
            "keep": [{"name": "level", "kind": "text"}]}),
    );
    let offer = tracker.create(
        "/api/v1/offers",
        &json!({"name": "O", "url": "http://127.0.0.1:9/?c={click_id}", "network_id": network}),
    );
    let campaign = tracker.create(
        "/api/v1/campaigns",
        &crate::tracker::campaign("push", offer),
    );
    (tracker, [network, offer, campaign])
}

fn click(tracker: &Tracker, source: &str) -> String {
    let answer = tracker.click(&format!("/push?source={source}&sub_id_3=three"), &[]);
    answer.click_id().unwrap().to_owned()
}

fn postback(tracker: &Tracker, query: &str) -> String {
    let answer = tracker.click(&format!("/postback/{KEY}?{query}"), &[]);
    assert_eq!(answer.status, 200, "{query}");
    String::from_utf8(answer.body).unwrap()
}

fn get(tracker: &Tracker, path: &str) -> Value {
    let (status, answer) = tracker.get(&format!("/api/v1{path}"));
    assert_eq!(status, 200, "{path}: {answer:#}");
    answer
}

/// A field of each item of a list.
fn told(tracker: &Tracker, path: &str, field: &str) -> Vec<Value> {
    let page = get(tracker, path);
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item[field].clone()).collect()
}

fn assert_fields(item: &Value, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(item.get(name), Some(value), "{name} of {item:#}");
    }
}

#[test]
fn an_approved_lead_is_one_conversion_with_its_history() {
    let (tracker, [network, offer, campaign]) = set_up();
    let click_id = click(&tracker, "zone7");
    let sent = format!("subid={click_id}&tid=t1&payout=5.5&level=gold&colour=red");

    assert_eq!(
        postback(&tracker, &format!("{sent}&status=lead")),
        "Success"
    );
    assert_eq!(
        postback(&tracker, &format!("{sent}&status=Approved")),
        "Success"
    );

    let page = get(&tracker, "/conversions");
    assert_eq!(page["reporting_currency"], "USD");
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page:#}");
    let item = &page["items"][0];
    let expected = json!({
        "click_id": click_id, "campaign_id": campaign, "offer_id": offer, "network_id": network,
        "traffic_source_id": null, "event": "conversion", "tid": "t1", "status": "sale",
        "previous_status": "lead", "original_status": "Approved", "payout": "5.5",
        "currency": "USD", "rate": "1", "revenue": "5.5", "sale_amount": null, "cost": null,
        "is_repeat": false, "is_correction": false, "is_test": false, "is_payout_unread": false,
        "kept": {"level": "gold"}, "other_parameters": {"colour": "red"}, "source": "zone7",
        "sub_id_3": "three", "device_type": "mobile", "ip": "127.0.0.1",
    });
    assert_fields(item, &expected);
    let recorded = get(&tracker, &format!("/clicks/{click_id}"));
    assert_eq!(item["click_at"], recorded["at"]);
    let brief = json!([{
        "id": item["id"], "at": item["at"], "status_at": item["status_at"], "event": "conversion",
        "tid": "t1", "status": "sale", "original_status": "Approved", "payout": "5.5",
        "currency": "USD", "revenue": "5.5", "offer_id": offer, "is_repeat": false,
        "is_correction": false, "is_test": false,
    }]);
    assert_eq!(recorded["conversions"], brief);
    assert_eq!(recorded["reporting_currency"], "USD");

    let id = item["id"].as_str().unwrap();
    let one = get(&tracker, &format!("/conversions/{id}"));
    assert_fields(&one, item);
    assert_eq!(one["reporting_currency"], "USD");
    let postbacks = told(&tracker, &format!("/postbacks?conversion_id={id}"), "id");
    let changes = one["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 2, "{one:#}");
    for (change, (status, word, postback)) in changes.iter().zip([
        ("lead", "lead", &postbacks[1]),
        ("sale", "Approved", &postbacks[0]),
    ]) {
        let expected = json!({"origin": "postback", "status": status, "original_status": word,
            "postback_id": postback, "payout": "5.5", "currency": "USD", "revenue": "5.5",
            "tid": "t1", "offer_id": offer});
        assert_fields(change, &expected);
    }
    let about: Vec<&Value> = one["postbacks"].as_array().unwrap().iter().collect();
    assert_eq!(about.len(), 2, "{one:#}");
    assert_eq!(
        (&about[0]["id"], &about[1]["id"]),
        (&postbacks[1], &postbacks[0])
    );
    assert_eq!(about[1]["verdict"], "updated");
}

#[test]
fn conversions_are_found_by_what_their_clicks_and_networks_said() {
    let (tracker, [network, ..]) = set_up();
    let [first, second] = ["zone1", "zone2"].map(|source| click(&tracker, source));
    postback(&tracker, &format!("subid={first}&tid=a&status=lead"));
    postback(&tracker, &format!("subid={second}&tid=b&status=wunderbar"));

    for (query, expected) in [
        ("source=zone1", &["a"][..]),
        ("source=zone1&source=zone2", &["b", "a"]),
        ("sub_id_3=three&status=lead", &["a"]),
        ("status=unmapped", &["b"]),
        ("original_status=WUNDERBAR", &["b"]),
        (&format!("click_id={first}"), &["a"]),
        (&format!("network_id={network}&limit=1"), &["b"]),
        ("network_id=999", &[]),
        ("tid=a&currency=usd", &["a"]),
        ("event=registration", &[]),
        ("from=2026-01-01T00:00:00Z&basis=click", &["b", "a"]),
        ("to=2026-01-01T00:00:00Z&basis=status", &[]),
        ("is_test=true", &[]),
    ] {
        let found = told(&tracker, &format!("/conversions?{query}"), "tid");
        assert_eq!(found, expected, "{query}");
    }
}

#[test]
fn tests_are_told_only_to_whoever_asks() {
    let (tracker, _) = set_up();
    let click_id = click(&tracker, "zone1");
    postback(&tracker, &format!("subid={click_id}&tid=real"));
    postback(&tracker, &format!("subid={click_id}&tid=try&test=1"));

    for (query, expected) in [
        ("", &["real"][..]),
        ("?is_test=any", &["try", "real"]),
        ("?is_test=true", &["try"]),
    ] {
        let found = told(&tracker, &format!("/conversions{query}"), "tid");
        assert_eq!(found, expected, "{query}");
    }
}

#[test]
fn both_logs_page_from_the_newest_without_gaps() {
    let (tracker, _) = set_up();
    let tids: Vec<String> = (0..7).map(|number| format!("t{number}")).collect();
    for tid in &tids {
        let click_id = click(&tracker, tid);
        postback(&tracker, &format!("subid={click_id}&tid={tid}"));
    }

    for (log, whole) in [("conversions", "tid"), ("postbacks", "id")] {
        let expected = told(&tracker, &format!("/{log}"), whole);
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = get(&tracker, &format!("/{log}?limit=3&cursor={cursor}"));
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 3);
            paged.extend(items.iter().map(|item| item[whole].clone()));
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(paged.len(), 7, "{log}");
        assert_eq!(paged, expected, "{log}");
    }
    let newest_first: Vec<&String> = tids.iter().rev().collect();
    assert_eq!(
        json!(told(&tracker, "/conversions", "tid")),
        json!(newest_first)
    );
}

#[test]
fn every_postback_is_in_the_raw_log_and_says_what_became_of_it() {
    let (tracker, [network, ..]) = set_up();
    let click_id = click(&tracker, "zone1");
    postback(&tracker, &format!("SubID={click_id}&b=2&a=1&b=3&sig=hush"));
    postback(
        &tracker,
        "subid=00000000000000000000&note=H%C3%A9llo%20World",
    );
    postback(&tracker, "payout=1");
    tracker.click("/postback/nobodyhasthiskey?payout=1", &[]);

    let page = get(&tracker, "/postbacks");
    let items = page["items"].as_array().unwrap();
    let verdicts: Vec<_> = items.iter().map(|item| item["verdict"].clone()).collect();
    let expected = ["unknown_network", "no_click_id", "unknown_click", "stored"];
    assert_eq!(verdicts, expected, "{page:#}");
    let stored = &items[3];
    let conversion = told(&tracker, "/conversions", "id").remove(0);
    let expected = json!({
        "ip": "127.0.0.1", "method": "GET", "network_key": KEY, "network_id": network,
        "click_id": click_id, "found_in": "SubID", "conversion_id": conversion, "unmapped": null,
        "is_replayed": false, "is_parked": false,
    });
    assert_fields(stored, &expected);
    let parameters = stored["parameters"].as_array().unwrap();
    let names: Vec<&Value> = parameters.iter().map(|pair| &pair[0]).collect();
    assert_eq!(names, ["SubID", "b", "a", "b", "sig"]);
    assert!(!stored.to_string().contains("hush"), "{stored:#}");
    let id = stored["id"].as_str().unwrap();
    assert_eq!(&get(&tracker, &format!("/postbacks/{id}")), stored);
    assert_eq!(items[0]["network_key"], "nobodyhasthiskey");

    for (query, expected) in [
        (
            "verdict=stored&verdict=no_click_id",
            &["no_click_id", "stored"][..],
        ),
        (&format!("click_id={click_id}"), &["stored"]),
        (&format!("network_id={network}&method=POST"), &[]),
        ("q=h%C3%A9LLO%20wor", &["unknown_click"]),
        (
            "ip=127.0.0.1&network_key=nobodyhasthiskey",
            &["unknown_network"],
        ),
    ] {
        let found = told(&tracker, &format!("/postbacks?{query}"), "verdict");
        assert_eq!(found, expected, "{query}");
    }
}

#[test]
fn words_that_nobody_has_mapped_are_listed_by_network() {
    let (tracker, [network, ..]) = set_up();
    assert_eq!(get(&tracker, "/postbacks/unmapped")["items"], json!([]));
    for status in ["Wunderbar", "wunderbar", "sale"] {
        let click_id = click(&tracker, "zone1");
        postback(&tracker, &format!("subid={click_id}&status={status}"));
    }

    let items = get(&tracker, "/postbacks/unmapped")["items"].clone();

    let latest = told(&tracker, "/postbacks?unmapped=wunderbar&limit=1", "id");
    assert_eq!(items.as_array().unwrap().len(), 1, "{items:#}");
    let expected = json!({"network_id": network, "kind": "status", "word": "wunderbar",
        "count": 2, "example_postback_id": latest[0]});
    assert_fields(&items[0], &expected);
    assert!(items[0]["first_at"].as_str() < items[0]["last_at"].as_str());
}

#[test]
fn what_cannot_be_asked_is_told_with_what_can() {
    let (tracker, _) = set_up();
    let (_, document) = tracker.api("GET", "/api/v1/openapi.json", None, None);

    for (path, field, code, hint) in [
        (
            "/conversions?statsu=sale",
            "statsu",
            "unknown_parameter",
            "\"status\"",
        ),
        (
            "/conversions?bassis=click",
            "bassis",
            "unknown_parameter",
            "\"basis\"",
        ),
        (
            "/conversions?basis=clik",
            "basis",
            "invalid",
            "click, conversion, status",
        ),
        (
            "/conversions?status=approved",
            "status",
            "invalid",
            "lead, sale",
        ),
        (
            "/conversions?is_test=both",
            "is_test",
            "invalid",
            "true, false, any",
        ),
        (
            "/conversions?click_id=abc",
            "click_id",
            "invalid",
            "20 letters and digits",
        ),
        ("/conversions?cursor=abc", "cursor", "invalid", "\"next\""),
        ("/conversions/abc", "id", "invalid", "digits"),
        (
            "/postbacks?verdict=lost",
            "verdict",
            "invalid",
            "unknown_click",
        ),
        (
            "/postbacks?source=zone1",
            "source",
            "unknown_parameter",
            "no filter",
        ),
        ("/postbacks/99999999999999999999", "id", "invalid", "digits"),
    ] {
        let (status, answer) = tracker.get(&format!("/api/v1{path}"));
        assert_eq!(status, 422, "{path}");
        let error = &answer["error"];
        assert_eq!(
            (&error["field"], &error["code"]),
            (&json!(field), &json!(code))
        );
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(hint), "{path}: {message}");
    }
    for path in ["/conversions/1", "/postbacks/1"] {
        assert_eq!(tracker.get(&format!("/api/v1{path}")).0, 404, "{path}");
    }
    let parameters = &document["paths"]["/conversions"]["get"]["parameters"];
    let parameters = parameters.as_array().unwrap().iter();
    for parameter in parameters.map(|parameter| parameter["name"].as_str().unwrap()) {
        let (status, answer) = tracker.get(&format!("/api/v1/conversions?{parameter}=~"));
        assert_ne!(answer["error"]["code"], "unknown_parameter", "{parameter}");
        assert!(status == 200 || status == 422, "{parameter}: {status}");
    }
    let schemas = &document["components"]["schemas"];
    for (name, field) in [
        ("Conversion", "is_payout_unread"),
        ("ConversionChange", "origin"),
        ("ConversionBrief", "revenue"),
        ("Postback", "found_in"),
        ("UnmappedWord", "example_postback_id"),
    ] {
        let schema = &schemas[name];
        assert!(
            schema["properties"].get(field).is_some(),
            "{name}: {schema:#}"
        );
    }
}
