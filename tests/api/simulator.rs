//! The simulator says what then happens, over the API and as a command.

use serde_json::{Value, json};

use crate::tracker::{Tracker, spawn};

const PHONE: &str = "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36";

fn with_campaign() -> Tracker {
    let tracker = spawn();
    let redirect = |url: &str| json!({ "kind": "redirect", "url": url });
    let (status, answer) = tracker.post(
        "/api/v1/campaigns",
        &json!({ "name": "Push", "alias": "push", "flows": [
            { "name": "phones", "target": redirect("https://phones.example/?z={source}"),
              "filters": [{ "key": "device_type", "value": ["mobile"] },
                          { "key": "country", "value": ["AU"] }] },
            { "name": "rest", "kind": "default", "target": redirect("https://rest.example/") } ] }),
    );
    assert_eq!(status, 201, "{answer:#}");
    tracker
}

/// What the command prints, as one text.
fn command(tracker: &Tracker, arguments: &[&str]) -> (bool, String) {
    let mut all = vec!["simulate"];
    all.extend(arguments);
    let output = tracker.command(&all).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

#[test]
fn it_says_what_a_real_click_then_does_and_stores_nothing() {
    let tracker = with_campaign();
    // An address of Australia in the built-in base.
    let visits = [
        ("1.1.1.1", PHONE),
        ("1.1.1.1", "curl/8"),
        ("8.8.8.8", PHONE),
    ];
    for (clicks, (ip, agent)) in (0..).zip(visits) {
        let (status, answer) = tracker.post(
            "/api/v1/simulate",
            &json!({ "link": "push?source=z7", "ip": ip, "user_agent": agent }),
        );
        assert_eq!(status, 200, "{answer:#}");
        assert_eq!(tracker.count_clicks(), clicks);

        let headers = [("X-Forwarded-For", ip), ("User-Agent", agent)];
        let real = tracker.click("/push?source=z7", &headers);

        assert_eq!(answer["reply"]["location"], real.location(), "{answer:#}");
    }
}

#[test]
fn the_command_tells_every_filter_with_and_without_a_server() {
    let mut tracker = with_campaign();
    let question = ["push", "--country", "AU", "--device", "desktop"];

    let (done, beside) = command(&tracker, &question);
    assert!(done, "{beside}");
    tracker.stop();
    let (done, alone) = command(&tracker, &question);

    assert!(done, "{alone}");
    assert_eq!(beside, alone);
    assert!(
        beside.contains("Filter device_type (accept): the visitor has desktop and does not pass."),
        "{beside}"
    );
    assert!(beside.ends_with("-> https://rest.example/\n"), "{beside}");
}

#[test]
fn a_question_that_makes_no_sense_is_refused_with_all_its_problems() {
    let tracker = with_campaign();
    let (status, answer) = tracker.post(
        "/api/v1/simulate",
        &json!({ "link": "nobody", "ip": "x", "facts": { "os": 7 } }),
    );
    assert_eq!(status, 422);
    let fields: Vec<&Value> = answer["problems"].as_array().unwrap().iter().collect();
    assert_eq!(fields.len(), 2, "{answer:#}");

    let (done, text) = command(&tracker, &["nobody"]);
    assert!(!done);
    assert!(text.contains("\"nobody\""), "{text}");
}
