//! Reports that are kept, shown to others by links, and sent as files.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::exports::file;
use crate::payer::Payer;
use crate::tracker::Tracker;

/// Three clicks of two zones at half a dollar, and a sale of seven for the first.
fn payer() -> Payer {
    let payer = Payer::new();
    payer.edit(
        &format!("/campaigns/{}", payer.campaign),
        &json!({"cost": {"model": "cpc", "value": "0.5"}}),
    );
    let zones = ["zone1", "zone1", "zone2"].map(|zone| {
        let answer = payer.tracker.click(&format!("/push?source={zone}"), &[]);
        answer.click_id().unwrap().to_owned()
    });
    payer.says(&format!("subid={}&payout=7&status=sale", zones[0]));
    payer
}

fn zones(name: &str) -> Value {
    json!({"name": name,
        "request": {"range": {"preset": "last_7_days"}, "dimensions": ["source"],
            "metrics": ["clicks", "cost", "revenue", "profit", "cr"],
            "sort": [{"by": "clicks", "desc": true}]},
        "columns": [{"key": "source", "width": 200}, {"key": "profit"}],
        "colours": [{"metric": "profit", "operator": "less", "value": "0", "colour": "red"},
            {"metric": "clicks", "operator": "greater", "value": "1", "colour": "green"}]})
}

/// Without any key.
fn look(tracker: &Tracker, path: &str) -> (u16, Value) {
    tracker.api("GET", path, None, None)
}

fn link(tracker: &Tracker, report: u64, body: &Value) -> Value {
    let path = format!("/api/v1/saved-reports/{report}/links");
    let (status, made) = tracker.post(&path, body);
    assert_eq!(status, 201, "{made:#}");
    made
}

#[test]
fn a_report_is_kept_with_its_layout_and_saved_over_only_by_who_has_seen_it() {
    let payer = payer();
    let id = payer
        .tracker
        .create("/api/v1/saved-reports", &zones("Zones"));
    let path = format!("/api/v1/saved-reports/{id}");

    let (_, stored) = payer.tracker.get(&path);
    for field in ["name", "request", "colours"] {
        assert_eq!(stored[field], zones("Zones")[field], "{stored:#}");
    }
    assert_eq!(
        stored["columns"][1],
        json!({"key": "profit", "width": null})
    );

    let mut changed = stored.clone();
    changed["name"] = json!("Zones by profit");
    assert_eq!(payer.tracker.put(&path, &changed).0, 200);
    let (status, conflict) = payer.tracker.put(&path, &changed);
    assert_eq!(
        (status, &conflict["error"]["code"]),
        (409, &json!("version_conflict"))
    );
}

#[test]
fn a_request_that_no_report_would_take_is_refused_with_the_field_of_each_problem() {
    let payer = payer();
    let mut document = zones("Zones");
    document["request"]["dimensions"] = json!(["sorce"]);
    document["columns"] = json!([{"key": "clcks"}]);
    document["colours"][0]["metric"] = json!("source");

    let (status, answer) = payer.tracker.post("/api/v1/saved-reports", &document);

    assert_eq!(status, 422);
    let problems = answer["problems"].as_array().unwrap().iter();
    let fields: Vec<_> = problems.map(|one| one["field"].as_str().unwrap()).collect();
    let expected = [
        "request.dimensions[0]",
        "columns[0].key",
        "colours[0].metric",
    ];
    assert_eq!(fields, expected, "{answer:#}");
}

#[test]
fn a_place_has_one_default_and_a_copy_is_none() {
    let payer = payer();
    let mut document = zones("First");
    document["default_for"] = json!("campaign");
    let id = payer.tracker.create("/api/v1/saved-reports", &document);

    document["name"] = json!("Second");
    let (status, refused) = payer.tracker.post("/api/v1/saved-reports", &document);
    assert_eq!(
        (status, &refused["error"]["code"]),
        (422, &json!("default_taken"))
    );
    let path = format!("/api/v1/saved-reports/{id}/clone");
    let (status, copy) = payer.tracker.post(&path, &json!({}));
    assert_eq!(
        (status, &copy["default_for"]),
        (201, &Value::Null),
        "{copy:#}"
    );
}

#[test]
fn a_link_shows_the_report_and_nothing_of_what_it_hides() {
    let payer = payer();
    let tracker = &payer.tracker;
    let id = tracker.create("/api/v1/saved-reports", &zones("Zones"));
    let whole = link(tracker, id, &json!({"name": "partner"}));
    let partly = link(
        tracker,
        id,
        &json!({"hides": ["cost"], "expires_in_hours": 1}),
    );

    let (status, shown) = look(tracker, whole["path"].as_str().unwrap());
    assert_eq!(status, 200, "{shown:#}");
    assert_eq!(shown["name"], "Zones");
    let expected = json!({"source": "zone1", "clicks": 2, "cost": "1", "revenue": "7",
        "profit": "6", "cr": "50"});
    assert_eq!(shown["report"]["rows"][0], expected, "{shown:#}");
    assert_eq!(shown.get("request"), None);

    let (status, shown) = look(tracker, partly["path"].as_str().unwrap());
    assert_eq!(status, 200, "{shown:#}");
    let expected = json!({"source": "zone1", "clicks": 2, "revenue": "7", "cr": "50"});
    assert_eq!(shown["report"]["rows"][0], expected, "{shown:#}");
    assert_eq!(shown["columns"], json!([{"key": "source", "width": 200}]));
    assert_eq!(shown["colours"].as_array().unwrap().len(), 1, "{shown:#}");
    let text = shown.to_string();
    assert!(!text.contains("cost") && !text.contains("profit"), "{text}");

    // It opens nothing but that.
    let token = whole["token"].as_str().unwrap();
    let (status, _) = tracker.api("GET", "/api/v1/campaigns", None, Some(token));
    assert_eq!(status, 401);
    let second = format!("{}?offset=1", whole["path"].as_str().unwrap());
    assert_eq!(
        look(tracker, &second).1["report"]["rows"][0]["source"],
        "zone2"
    );
    let wrong = format!("{}?limit=5", whole["path"].as_str().unwrap());
    assert_eq!(look(tracker, &wrong).0, 422);
}

#[test]
fn a_link_is_listed_without_its_token_and_shows_nothing_once_it_is_revoked() {
    let payer = payer();
    let tracker = &payer.tracker;
    let id = tracker.create("/api/v1/saved-reports", &zones("Zones"));
    let other = tracker.create("/api/v1/saved-reports", &zones("Other"));
    let made = link(
        tracker,
        id,
        &json!({"name": "partner", "hides": ["profit"]}),
    );
    let links = format!("/api/v1/saved-reports/{id}/links");

    let (_, listed) = tracker.get(&links);
    assert_eq!(listed["items"][0]["name"], "partner");
    assert_eq!(listed["items"][0]["hides"], json!(["profit"]));
    assert!(!listed.to_string().contains(made["token"].as_str().unwrap()));

    let of_other = format!("/api/v1/saved-reports/{other}/links/{}", made["id"]);
    assert_eq!(
        tracker.api("DELETE", &of_other, None, Some(&tracker.key)).0,
        404
    );
    assert_eq!(look(tracker, made["path"].as_str().unwrap()).0, 200);
    let own = format!("{links}/{}", made["id"]);
    assert_eq!(tracker.api("DELETE", &own, None, Some(&tracker.key)).0, 200);

    let started = Instant::now();
    let (status, answer) = look(tracker, made["path"].as_str().unwrap());
    assert_eq!(
        (status, &answer["error"]["code"]),
        (404, &json!("not_found"))
    );
    assert!(
        started.elapsed() >= Duration::from_millis(400),
        "guessing costs time"
    );
    assert_eq!(look(tracker, "/api/v1/shared/guess").0, 404);
}

#[test]
fn a_link_to_an_archived_report_shows_nothing() {
    let payer = payer();
    let tracker = &payer.tracker;
    let id = tracker.create("/api/v1/saved-reports", &zones("Zones"));
    let made = link(tracker, id, &json!({}));

    let path = format!("/api/v1/saved-reports/{id}");
    assert_eq!(
        tracker.api("DELETE", &path, None, Some(&tracker.key)).0,
        200
    );

    assert_eq!(look(tracker, made["path"].as_str().unwrap()).0, 404);
}

#[test]
fn a_report_is_a_file_with_all_its_rows() {
    let payer = payer();
    let mut body = zones("")["request"].clone();
    body["limit"] = json!(1);
    body["tree"] = json!(true);
    body["dimensions"] = json!(["campaign_id", "source"]);

    let rows = file(&payer.tracker, "/reports/export", &body).rows();

    let campaign = payer.campaign.to_string();
    assert_eq!(
        rows,
        [
            [
                "campaign_id",
                "campaign",
                "source",
                "clicks",
                "cost",
                "revenue",
                "profit",
                "cr"
            ],
            [
                &campaign,
                "campaign push",
                "zone1",
                "2",
                "1",
                "7",
                "6",
                "50"
            ],
            [
                &campaign,
                "campaign push",
                "zone2",
                "1",
                "0.5",
                "0",
                "-0.5",
                "0"
            ],
        ]
    );
}
