//! Numbers of the operator's own: formulas as they are saved, named and taken out of use.

use serde_json::{Value, json};

use crate::tracker::{Tracker, spawn};

fn metric(name: &str, formula: &str) -> Value {
    json!({"name": name, "formula": formula})
}

/// (status, field, message) of what is refused.
fn refused(answer: (u16, Value)) -> (u16, String, String) {
    let (status, answer) = answer;
    let text = |key: &str| answer["error"][key].as_str().unwrap_or_default().to_owned();
    (status, text("field"), text("message"))
}

fn delete(tracker: &Tracker, path: &str) -> (u16, Value) {
    tracker.api("DELETE", path, None, Some(&tracker.key))
}

/// What pickers are offered.
fn options(tracker: &Tracker) -> Value {
    let (status, options) = tracker.get("/api/v1/options");
    assert_eq!(status, 200);
    options
}

fn keys(list: &Value) -> Vec<&str> {
    let metrics = list.as_array().unwrap().iter();
    metrics.map(|one| one["key"].as_str().unwrap()).collect()
}

#[test]
fn a_metric_is_stored_as_it_was_understood_and_offered_beside_the_others() {
    let mut tracker = spawn();
    tracker.create(
        "/api/v1/networks",
        &json!({"name": "N", "keep": [{"name": "weight", "kind": "number"}, {"name": "city"}]}),
    );
    let document = json!({"name": "Net profit", "formula": "(revenue*.97)-cost", "format": "money",
        "decimals": 3, "better": "up", "help": "After the bank's share."});

    let (status, stored) = tracker.post("/api/v1/metrics", &document);

    assert_eq!(status, 201, "{stored:#}");
    assert_eq!(stored["key"], "net_profit");
    assert_eq!(stored["formula"], "revenue * 0.97 - cost");
    assert_eq!(stored["warnings"], json!([]));
    tracker.create(
        "/api/v1/metrics",
        &metric("Net share", "net_profit / revenue * 100"),
    );
    tracker.kill_9();
    tracker.start();
    let options = options(&tracker);
    let net = json!({"key": "net_profit", "label": "Net profit", "help": "After the bank's share.",
        "formula": "revenue * 0.97 - cost", "format": "money", "decimals": 3, "better": "up"});
    assert_eq!(options["own_metrics"][0], net);
    assert_eq!(keys(&options["own_metrics"]), ["net_profit", "net_share"]);
    assert_eq!(keys(&options["kept_metrics"]), ["kept_sum", "kept_average"]);
    assert_eq!(options["kept_numbers"], json!(["weight"]));
    let running = options["running_metrics"].as_array().unwrap();
    for (key, is_sum) in [
        ("clicks", true),
        ("cr", false),
        ("net_profit", true),
        ("net_share", false),
    ] {
        assert_eq!(running.contains(&json!(key)), is_sum, "{key}");
    }
}

#[test]
fn what_is_wrong_with_a_formula_is_told_with_its_place_and_the_nearest_name() {
    let tracker = spawn();
    tracker.create("/api/v1/metrics", &metric("Fees", "revenue * 0.03"));
    let cases = [
        (
            json!({"name": "A", "formula": "revenue - * cost"}),
            "formula",
            "\"*\" stands where a metric, a number or \"(\" is missing (at character 11).",
        ),
        (
            json!({"name": "A", "formula": "(revenue - cost"}),
            "formula",
            "'(' is never closed (at character 1).",
        ),
        (
            json!({"name": "A", "formula": "revenue - fee"}),
            "formula",
            "There is no metric \"fee\". Did you mean \"fees\"?",
        ),
        (
            json!({"name": "A", "formula": "revenu - fees"}),
            "formula",
            "There is no metric \"revenu\". Did you mean \"revenue\"?",
        ),
        (
            json!({"name": "ROI", "formula": "profit"}),
            "key",
            "The key \"roi\" is a metric of Millrace itself; choose another, such as \"my_roi\".",
        ),
        (
            json!({"name": "A", "key": "fees", "formula": "profit"}),
            "key",
            "The key \"fees\" already belongs to metric 1 \"Fees\"; choose another.",
        ),
        (
            json!({"name": "Прибыль", "formula": "profit"}),
            "key",
            "A key is missing: the name has no Latin letters to make one of. Choose one such as \"net_profit\".",
        ),
        (
            json!({"name": "A"}),
            "formula",
            "A formula is missing, such as \"revenue * 0.97 - cost\".",
        ),
    ];
    for (document, field, message) in cases {
        let refused = refused(tracker.post("/api/v1/metrics", &document));
        assert_eq!(
            refused,
            (422, field.to_owned(), message.to_owned()),
            "{document}"
        );
    }

    let (status, doubtful) = tracker.post(
        "/api/v1/metrics",
        &metric(
            "Doubtful",
            "event_revenue:depsit + kept_sum:\"order value\"",
        ),
    );
    assert_eq!(status, 201, "{doubtful:#}");
    let warnings = doubtful["warnings"].as_array().unwrap().iter();
    let codes: Vec<_> = warnings.map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["unknown_event", "unknown_number"]);
}

#[test]
fn no_metric_comes_to_name_itself() {
    let tracker = spawn();
    tracker.create("/api/v1/metrics", &metric("A", "clicks"));
    tracker.create("/api/v1/metrics", &metric("B", "a + 1"));
    tracker.create("/api/v1/metrics", &metric("C", "b * b"));

    let circle = refused(tracker.patch("/api/v1/metrics/1", &json!({"formula": "clicks - c"})));

    let message = "It refers to itself: a -> c -> b -> a.";
    assert_eq!(circle, (422, "formula".to_owned(), message.to_owned()));
    let (_, stored) = tracker.get("/api/v1/metrics/1");
    assert_eq!(
        (&stored["formula"], &stored["version"]),
        (&json!("clicks"), &json!(1))
    );

    let moved = refused(tracker.patch("/api/v1/metrics/1", &json!({"key": "z"})));
    assert_eq!((moved.0, moved.1), (422, "key".to_owned()));
    assert!(moved.2.contains("stays \"a\""), "{}", moved.2);
}

#[test]
fn a_metric_that_others_name_is_not_archived() {
    let tracker = spawn();
    tracker.create("/api/v1/metrics", &metric("Fees", "revenue * 0.03"));
    let net = tracker.create(
        "/api/v1/metrics",
        &metric("Net", "profit - fees - fees * 0.1"),
    );

    let (status, answer) = delete(&tracker, "/api/v1/metrics/1");

    assert_eq!(
        (status, &answer["error"]["code"]),
        (409, &json!("in_use")),
        "{answer:#}"
    );
    let user = json!({"what": "metric", "id": net, "name": "Net", "field": "formula"});
    assert_eq!(answer["error"]["users"], json!([user]));

    let (status, _) = delete(&tracker, &format!("/api/v1/metrics/{net}"));
    assert_eq!(status, 200);
    let (status, _) = delete(&tracker, "/api/v1/metrics/1");
    assert_eq!(status, 200);
    assert_eq!(options(&tracker)["own_metrics"], json!([]));
    // The key of an archived metric stays its own, and nothing new names it.
    let again = refused(tracker.post("/api/v1/metrics", &metric("Fees", "1")));
    assert_eq!((again.0, again.1), (422, "key".to_owned()));
    let naming = refused(tracker.post("/api/v1/metrics", &metric("Late", "fees * 2")));
    assert_eq!((naming.0, naming.1), (422, "formula".to_owned()));
    assert!(naming.2.contains("archived"), "{}", naming.2);
    let (status, _) = tracker.post("/api/v1/metrics/1/restore", &json!({}));
    assert_eq!(status, 200);
    assert_eq!(keys(&options(&tracker)["own_metrics"]), ["fees"]);
}
