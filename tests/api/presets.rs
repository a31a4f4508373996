//! Ready-made traffic sources and networks, as an operator gets and uses them.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::tracker::{Tracker, campaign, spawn};

const SOURCES: &str = "/api/v1/presets/traffic-sources";
const NETWORKS: &str = "/api/v1/presets/networks";

fn listed(tracker: &Tracker, query: &str) -> Vec<Value> {
    let (status, answer) = tracker.get(&format!("/api/v1/presets{query}"));
    assert_eq!(status, 200, "{answer:#}");
    answer["items"].as_array().unwrap().clone()
}

fn slugs(presets: &[Value]) -> Vec<&str> {
    presets
        .iter()
        .map(|preset| preset["slug"].as_str().unwrap())
        .collect()
}

/// What the campaign's own answer warns about with this code.
fn warning(tracker: &Tracker, id: u64, code: &str) -> Option<String> {
    let (_, stored) = tracker.get(&format!("/api/v1/campaigns/{id}"));
    let warnings = stored["warnings"].as_array().unwrap().clone();
    let found = warnings
        .into_iter()
        .find(|warning| warning["code"] == code)?;
    Some(found["message"].as_str().unwrap().to_owned())
}

#[test]
fn presets_are_listed_by_kind_and_found_by_a_part_of_their_name() {
    let tracker = spawn();

    let all = listed(&tracker, "");
    let sources = listed(&tracker, "?kind=traffic_source");
    let networks = listed(&tracker, "?kind=network");
    let rules = listed(&tracker, "?kind=rule");

    assert!(sources.len() >= 90 && networks.len() >= 84 && rules.len() >= 6);
    assert_eq!(all.len(), sources.len() + networks.len() + rules.len());
    assert_eq!(
        slugs(&listed(&tracker, "?search=PROPELLER")),
        ["propellerads"]
    );
    assert_eq!(
        slugs(&listed(&tracker, "?kind=network&search=hasoffers")),
        ["adsup", "tune"]
    );
    assert_eq!(
        listed(&tracker, "?search=nobody-has-this"),
        [] as [Value; 0]
    );
    let (status, answer) = tracker.get("/api/v1/presets?kind=offer&serch=x");
    assert_eq!(status, 422);
    let codes: Vec<_> = answer["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["invalid", "unknown_parameter"]);
}

#[test]
fn an_unknown_preset_is_answered_with_the_nearest() {
    let tracker = spawn();

    let (status, answer) = tracker.get(&format!("{SOURCES}/properlerads"));

    assert_eq!(status, 404);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("Did you mean \"propellerads\"?"),
        "{message}"
    );
    assert_eq!(tracker.get(&format!("{NETWORKS}/propellerads")).0, 404);
}

#[test]
fn every_network_preset_can_be_stored_as_it_comes() {
    let tracker = spawn();

    for slug in slugs(&listed(&tracker, "?kind=network")) {
        let (status, preset) = tracker.get(&format!("{NETWORKS}/{slug}"));
        assert_eq!(status, 200, "{slug}");

        if let Some(currency) = preset["document"]["currency"].as_str() {
            let rates = tracker.get("/api/v1/currency-rates").1;
            if rates["reporting_currency"] != currency {
                tracker.rate(currency, "1.1");
            }
        }

        let (status, stored) = tracker.post("/api/v1/networks", &preset["document"]);

        assert_eq!(status, 201, "{slug}: {stored:#}");
        for field in [
            "name",
            "preset",
            "offer_param",
            "parameters",
            "statuses",
            "currency",
            "notes",
        ] {
            assert_eq!(stored[field], preset["document"][field], "{slug}");
        }
        assert_eq!(stored["offer_param"], preset["offer_param"], "{slug}");
        assert_eq!(stored["statuses"], preset["postback"]["statuses"], "{slug}");
        assert_eq!(stored["warnings"], json!([]), "{slug}");
    }
}

/// What a preset says of a postback is kept; what it does not say has its defaults.
fn assert_holds(stored: &Value, sent: &Value, slug: &str) {
    assert_eq!(stored.is_null(), sent.is_null(), "{slug}");
    for (field, value) in sent.as_object().into_iter().flatten() {
        assert_eq!(&stored[field], value, "{slug}: {field}");
    }
}

#[test]
fn every_source_preset_fits_a_campaign_and_a_traffic_source_byte_for_byte() {
    let tracker = spawn();

    for slug in slugs(&listed(&tracker, "?kind=traffic_source")) {
        let (status, preset) = tracker.get(&format!("{SOURCES}/{slug}"));
        assert_eq!(status, 200, "{slug}");
        let document = &preset["document"];
        let postbacks = match &document["postback"] {
            Value::Null => json!([]),
            postback => json!([postback]),
        };
        let sent = json!({ "name": document["name"], "notes": document["notes"],
            "parameters": document["parameters"], "postbacks": postbacks, "flows": [] });

        let (status, stored) = tracker.post("/api/v1/campaigns", &sent);

        assert_eq!(status, 201, "{slug}: {stored:#}");
        assert_eq!(stored["parameters"], document["parameters"], "{slug}");
        for (index, postback) in postbacks.as_array().into_iter().flatten().enumerate() {
            assert_holds(&stored["postbacks"][index], postback, slug);
        }

        let (status, stored) = tracker.post("/api/v1/traffic-sources", document);

        assert_eq!(status, 201, "{slug}: {stored:#}");
        for field in ["name", "notes", "parameters"] {
            assert_eq!(stored[field], document[field], "{slug}: {field}");
        }
        assert_holds(&stored["postback"], &document["postback"], slug);
    }
}

#[test]
fn values_of_the_account_are_filled_in_and_wrong_ones_refused() {
    let tracker = spawn();
    let path = format!("{SOURCES}/propellerads");

    let (_, bare) = tracker.get(&path);
    let (status, filled) = tracker.get(&format!("{path}?ADVERTISER_ID=12345&TID=a%2Fb"));
    let (refused, problems) = tracker.get(&format!("{path}?ADVERTISER_ID=1%262&TOKEN=x"));

    let asked: Vec<_> = bare["asks"].as_array().unwrap().iter().collect();
    assert_eq!(asked[0]["key"], "ADVERTISER_ID");
    assert_eq!(asked[1]["key"], "TID");
    let url = bare["document"]["postback"]["url"].as_str().unwrap();
    assert!(url.contains("aid=ADVERTISER_ID&pid=&tid=TID"), "{url}");
    assert_eq!(status, 200);
    assert_eq!(
        filled["document"]["postback"]["url"],
        url.replace("ADVERTISER_ID", "12345")
            .replace("tid=TID", "tid=a/b")
    );
    assert_eq!(refused, 422, "{problems:#}");
    assert_eq!(problems["problems"].as_array().unwrap().len(), 2);
}

#[test]
fn macros_that_nobody_filled_in_are_counted_and_the_campaign_warns_of_them() {
    let mut tracker = spawn();
    let offer = tracker.create(
        "/api/v1/offers",
        &json!({ "name": "o", "url": "http://127.0.0.1:9/?c={click_id}" }),
    );
    let (_, preset) = tracker.get(&format!("{SOURCES}/adsterra"));
    let mut document = campaign("hash", offer);
    document["parameters"] = preset["document"]["parameters"].clone();
    let id = tracker.create("/api/v1/campaigns", &document);
    let other = tracker.simple_campaign("other");
    let literal = "external_id=%23%23SUB_ID_SHORT(action)%23%23&source=%23%23PLACEMENT_ID%23%23";

    tracker.click("/hash?external_id=abc&source=12&sub_id_1=Windows", &[]);
    assert_eq!(warning(&tracker, id, "literal_macro"), None);
    tracker.click(&format!("/hash?{literal}"), &[]);
    tracker.click("/hash?external_id=abd&source=%23%23PLACEMENT_ID%23%23", &[]);
    // Both when the counts are still in memory and when they are in the database.
    for _ in 0..2 {
        // While the counts are on their way from the one to the other, nobody sees them.
        let told = "source in 2 clicks, external_id in 1 click.";
        let mut message = None;
        for _ in 0..100 {
            message = warning(&tracker, id, "literal_macro");
            if message.as_ref().is_some_and(|text| text.contains(told)) {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        assert!(
            message.as_ref().is_some_and(|text| text.contains(told)),
            "{message:?}"
        );
        assert_eq!(warning(&tracker, other, "literal_macro"), None);
        tracker.stop();
        tracker.start();
    }

    let (_, tallies) = tracker.get("/api/v1/tallies");
    let mut counted = BTreeMap::<String, u64>::new();
    for tally in tallies["items"].as_array().unwrap() {
        if tally["campaign_id"] == id {
            let what = tally["what"].as_str().unwrap().to_owned();
            // A test at midnight has two days.
            *counted.entry(what).or_default() += tally["count"].as_u64().unwrap();
        }
    }
    assert_eq!(counted["unexpanded_macro"], 2);
    assert_eq!(counted["unexpanded_macro:source"], 2);
    assert_eq!(counted["unexpanded_macro:external_id"], 1);
}
