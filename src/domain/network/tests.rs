//! Documents of networks, alone and among others.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::domain::documents::Documents;
use crate::domain::entity::{Entity, Fresh, Reference};
use crate::domain::event::Event;
use crate::domain::problem::Problem;

fn read(document: Value) -> Network {
    Network::read(&document).unwrap()
}

fn seen(problems: &[Problem]) -> Vec<(&str, &str)> {
    let problems = problems.iter();
    problems.map(|one| (one.field.as_str(), one.code)).collect()
}

fn with_event(document: Value) -> Documents {
    let mut documents = Documents::default();
    let mut event = Event::read(&document).unwrap();
    event.id = 3;
    documents.events.insert(3, Arc::new(event));
    documents
}

#[test]
fn a_document_of_an_older_version_is_read_with_the_defaults() {
    let network = read(json!({ "name": "N", "offer_param": "s={click_id}", "notes": "" }));

    let expected = Network {
        name: "N".to_owned(),
        offer_param: "s={click_id}".to_owned(),
        ..Network::default()
    };
    assert_eq!(network, expected);
    assert_eq!(network.default_status, Status::Sale);
    assert!(network.reopens);
    assert_eq!(network.secret_parameter, "secret");
}

#[test]
fn what_is_stored_is_read_back_as_it_was() {
    let network = read(json!({ "name": "N", "key": "My-Key_1", "preset": "affise",
        "parameters": { "click_id": "s1", "payout": "Amt" },
        "statuses": { " Hold ": "lead", "ПРИНЯТ": "sale", "1": "sale", "dup": "ignore", "x": "rebill" },
        "events": { "REG": "registration", "Order": "conversion" },
        "default_status": "lead", "reopens": false, "secret": "open sesame".replace(' ', "-"),
        "secret_parameter": "token", "allowed_ips": ["10.0.0.7/8", "::ffff:5.9.1.2", "5.9.1.2/32"],
        "currency": "eur", "keep": [{ "name": "geo" }, { "name": "points", "kind": "number" }] }));

    let stored = serde_json::to_value(&network).unwrap();

    assert_eq!(read(stored.clone()), network);
    let words: Vec<&String> = network.statuses.keys().collect();
    assert_eq!(words, ["1", "dup", "hold", "x", "принят"]);
    assert_eq!(network.events["reg"], "registration");
    assert_eq!(network.allowed_ips, ["10.0.0.0/8", "5.9.1.2"]);
    assert_eq!(network.keep[0].kind, KeptKind::Text);
    assert_eq!(stored["currency"], "EUR");
    assert_eq!(
        stored["parameters"],
        json!({ "click_id": "s1", "payout": "Amt" })
    );
    assert_eq!(stored.get("secret"), None);
    assert!(!stored.to_string().contains("sesame"));
    assert_eq!(network.secret_sha256, Some(hashed("open-sesame")));
}

#[test]
fn every_problem_is_told_at_its_path() {
    let long = "x".repeat(101);
    let document = json!({ "name": "N", "key": "Postback", "preset": "../x",
        "parameters": { "clickid": "a", "payot": "b", "tid": "a b", "payout": "s", "status": "S",
            "cost": 5 },
        "statuses": { "ok": "approved", "A": "lead", "a": "sale", "": "sale", long.as_str(): "sale" },
        "events": { "reg": 1, "dep": " " }, "default_status": "hold", "reopens": "no",
        "secret": "short", "secret_sha256": "x", "secret_parameter": "payout",
        "allowed_ips": ["10.0.0.1", "10.0.0.0/33", "example.com"], "currency": "EURO5",
        "keep": [{ "name": "geo" }, { "name": "GEO" }, { "name": "s" }, {}, { "name": "p", "kind": "sum" }],
        "sekret": "x" });

    let problems = Network::read(&document).unwrap_err();

    let long = format!("statuses.{}", &long[..100]);
    let mut found = seen(&problems);
    found.sort_unstable();
    let mut expected = [
        ("parameters.clickid", "unknown_field"),
        ("parameters.payot", "unknown_field"),
        ("parameters.tid", "invalid"),
        ("parameters.status", "duplicate"),
        ("parameters.cost", "invalid"),
        ("secret_parameter", "duplicate"),
        ("preset", "invalid"),
        ("key", "invalid"),
        ("statuses.ok", "invalid"),
        ("statuses.a", "duplicate"),
        ("statuses.", "invalid"),
        (&long, "invalid"),
        ("events.reg", "invalid"),
        ("events.dep", "required"),
        ("default_status", "invalid"),
        ("reopens", "invalid"),
        ("secret_sha256", "invalid"),
        ("secret", "invalid"),
        ("allowed_ips[1]", "invalid"),
        ("allowed_ips[2]", "invalid"),
        ("currency", "invalid"),
        ("keep[1].name", "duplicate"),
        ("keep[2].name", "duplicate"),
        ("keep[3].name", "required"),
        ("keep[4].kind", "invalid"),
        ("sekret", "unknown_field"),
    ];
    expected.sort_unstable();
    assert_eq!(found, expected);
    let message = |field: &str| {
        let mut problems = problems.iter();
        &problems.find(|one| one.field == field).unwrap().message
    };
    assert!(message("parameters.clickid").contains("\"click_id\""));
    assert!(message("parameters.payot").contains("\"payout\""));
    assert!(!message("secret").contains("short"));
}

#[test]
fn lists_and_tables_have_an_end() {
    let words = |count: usize| -> Value {
        let words = (0..count).map(|number| (number.to_string(), json!("sale")));
        Value::Object(words.collect())
    };
    let keep = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|number| json!({ "name": format!("p{number}") }))
            .collect()
    };

    read(json!({ "name": "N", "statuses": words(500), "keep": keep(50) }));
    let document = json!({ "name": "N", "statuses": words(501), "keep": keep(51) });
    let problems = Network::read(&document).unwrap_err();

    assert_eq!(
        seen(&problems),
        [("statuses", "out_of_range"), ("keep", "out_of_range")]
    );
}

#[test]
fn a_secret_is_hashed_kept_and_removed() {
    let hash = Some(hashed("12345678"));
    assert_eq!(
        hashed("12345678"),
        "ef797c8118f02dfb649607dd5d3f8c7623048c9c063d532cc95c5ed7a898a64f"
    );
    let cases = [
        (json!({ "secret": "12345678" }), hash.clone()),
        (json!({ "secret_sha256": hash }), hash.clone()),
        (
            json!({ "secret": null, "secret_sha256": hash }),
            hash.clone(),
        ),
        (
            json!({ "secret": "12345678", "secret_sha256": hashed("other") }),
            hash.clone(),
        ),
        (json!({ "secret": "", "secret_sha256": hash }), None),
        (json!({}), None),
    ];
    for (mut document, expected) in cases {
        document["name"] = json!("N");
        assert_eq!(read(document.clone()).secret_sha256, expected, "{document}");
    }
    for bad in [
        json!("1234567"),
        json!("x".repeat(201)),
        json!(12345678),
        json!("1234 5678"),
    ] {
        let problems = Network::read(&json!({ "name": "N", "secret": bad })).unwrap_err();
        assert_eq!(seen(&problems), [("secret", "invalid")], "{bad}");
        assert!(!problems[0].message.contains("1234"), "{problems:?}");
    }
}

#[test]
fn a_key_is_chosen_once_and_belongs_to_one_network_whatever_its_case() {
    let mut documents = Documents::default();
    let mut fresh = Fresh::after(0);
    let mut first = read(json!({ "name": "A" }));
    first.complete(&documents, None, &mut fresh);
    first.id = 1;
    documents.networks.insert(1, Arc::new(first.clone()));
    let mut kept = read(json!({ "id": 1, "name": "A" }));
    let older = kept.clone();
    kept.complete(&documents, Some(&older), &mut fresh);
    let mut second = read(json!({ "name": "B" }));
    second.complete(&documents, None, &mut fresh);

    assert_eq!(first.key.len(), 16);
    assert!(
        first
            .key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    );
    assert_eq!(kept.key, first.key);
    assert_ne!(second.key, first.key);

    second.id = 2;
    second.key = first.key.to_ascii_uppercase();
    assert_eq!(seen(&second.conflicts(&documents)), [("key", "key_taken")]);
    first.state = State::Archived;
    documents.networks.insert(1, Arc::new(first));
    assert_eq!(second.conflicts(&documents), []);
}

#[test]
fn words_for_events_name_events_that_are_there() {
    let mut documents = with_event(json!({ "name": "R", "key": "registration" }));
    let mut network = read(json!({ "id": 1, "name": "N", "events": {
        "reg": "registration", "order": "conversion", "again": "rebill", "dep": "registratoin" } }));

    let problems = network.problems(&documents, None);
    assert_eq!(seen(&problems), [("events.dep", "unknown_reference")]);
    assert!(
        problems[0].message.contains("\"registration\""),
        "{problems:?}"
    );

    network.events.remove("dep");
    assert_eq!(network.problems(&documents, None), []);
    documents.networks.insert(1, Arc::new(network.clone()));
    assert_eq!(
        documents.users_of(Reference::Event(3)),
        [(Reference::Network(1), "events.reg".to_owned())]
    );

    let mut archived = (*documents.events[&3]).clone();
    archived.state = State::Archived;
    documents.events.insert(3, Arc::new(archived));
    assert_eq!(network.problems(&documents, Some(&network)), []);
    let problems = network.problems(&documents, None);
    assert_eq!(seen(&problems), [("events.reg", "archived_reference")]);
}

#[test]
fn what_may_surprise_is_told_and_stored_all_the_same() {
    let mut documents = with_event(json!({ "name": "D", "key": "deposit", "words": ["dep"] }));
    let network = read(json!({ "id": 1, "name": "N", "offer_param": "s1=x",
        "statuses": { "reg": "lead", "dep": "sale", "ok": "sale" }, "events": { "reg": "deposit" },
        "parameters": { "payout": "pay" },
        "keep": [{ "name": "sum" }, { "name": "Goal" }, { "name": "geo" }] }));
    documents.networks.insert(1, Arc::new(network.clone()));

    let warnings = network.warnings(&documents);

    assert_eq!(
        seen(&warnings),
        [
            ("offer_param", "no_click_id"),
            ("statuses.reg", "status_and_event"),
            ("keep[1].name", "kept_and_read"),
            ("statuses.dep", "status_and_event"),
        ]
    );
}
