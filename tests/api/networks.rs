//! Networks and events as an operator edits them, and the postback URL of a network.

use serde_json::{Value, json};

use crate::tracker::{Tracker, spawn};

const NETWORKS: &str = "/api/v1/networks";
const EVENTS: &str = "/api/v1/events";

/// (field, code) of `problems` or `warnings`.
fn told<'a>(answer: &'a Value, what: &str) -> Vec<(&'a str, &'a str)> {
    let told = answer[what]
        .as_array()
        .unwrap_or_else(|| panic!("{answer:#}"));
    let pair = |one: &'a Value| {
        (
            one["field"].as_str().unwrap(),
            one["code"].as_str().unwrap(),
        )
    };
    told.iter().map(pair).collect()
}

fn message<'a>(answer: &'a Value, field: &str) -> &'a str {
    let mut problems = answer["problems"].as_array().unwrap().iter();
    let found = problems.find(|one| one["field"] == field);
    found.unwrap_or_else(|| panic!("{field}: {answer:#}"))["message"]
        .as_str()
        .unwrap()
}

fn urls(tracker: &Tracker, id: u64, query: &str) -> Vec<String> {
    let (status, answer) = tracker.get(&format!("{NETWORKS}/{id}/postback-url{query}"));
    assert_eq!(status, 200, "{answer:#}");
    let items = answer["items"].as_array().unwrap().iter();
    items
        .map(|item| item["url"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_network_is_stored_with_all_it_says_and_survives_a_restart() {
    let mut tracker = spawn();
    tracker.rate("EUR", "1.1");
    tracker.create(
        EVENTS,
        &json!({ "name": "Registration", "words": ["Sign Up"] }),
    );
    let sent = json!({ "name": "N", "key": "My_Key-1", "offer_param": "s1={click_id}",
        "parameters": { "payout": "amt", "tid": "order" },
        "statuses": { " HOLD ": "lead", "Подтверждён": "sale", "11": "rejected", "dup": "ignore" },
        "events": { "REG": "registration", "again": "rebill" },
        "default_status": "lead", "reopens": false, "allowed_ips": ["203.0.113.7/24"],
        "currency": "eur", "keep": [{ "name": "geo" }, { "name": "points", "kind": "number" }] });

    let (status, stored) = tracker.post(NETWORKS, &sent);
    tracker.stop();
    tracker.start();
    let (_, read) = tracker.get(&format!("{NETWORKS}/1"));
    let (put, saved) = tracker.put(&format!("{NETWORKS}/1"), &read);

    assert_eq!(status, 201, "{stored:#}");
    assert_eq!(stored["warnings"], json!([]));
    assert_eq!(
        stored["statuses"],
        json!({ "11": "rejected", "dup": "ignore", "hold": "lead", "подтверждён": "sale" })
    );
    assert_eq!(
        stored["events"],
        json!({ "again": "rebill", "reg": "registration" })
    );
    assert_eq!(stored["parameters"], sent["parameters"]);
    assert_eq!(stored["allowed_ips"], json!(["203.0.113.0/24"]));
    assert_eq!(stored["keep"][0], json!({ "name": "geo", "kind": "text" }));
    assert_eq!([&stored["currency"], &stored["key"]], ["EUR", "My_Key-1"]);
    assert_eq!(read, stored);
    assert_eq!(put, 200, "{saved:#}");
    for field in [
        "statuses",
        "events",
        "parameters",
        "keep",
        "key",
        "reopens",
        "default_status",
    ] {
        assert_eq!(saved[field], stored[field], "{field}");
    }
}

#[test]
fn every_mistake_in_a_network_is_told_at_once_with_the_way_out() {
    let tracker = spawn();
    tracker.create(EVENTS, &json!({ "name": "Deposit" }));
    let sent = json!({ "name": "", "key": "short", "parameters": { "goal": "g", "tid": "a=b" },
        "statuses": { "ok": "sold" }, "events": { "dep": "deposti" }, "default_status": "good",
        "secret": "1234567", "allowed_ips": ["300.1.1.1"], "currency": "€",
        "keep": [{ "name": "secret" }] });

    let (status, answer) = tracker.post(NETWORKS, &sent);

    assert_eq!(status, 422);
    let mut told = told(&answer, "problems");
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("allowed_ips[0]", "invalid"),
            ("currency", "invalid"),
            ("default_status", "invalid"),
            ("events.dep", "unknown_reference"),
            ("keep[0].name", "duplicate"),
            ("key", "invalid"),
            ("name", "required"),
            ("parameters.goal", "unknown_field"),
            ("parameters.tid", "invalid"),
            ("secret", "invalid"),
            ("statuses.ok", "invalid"),
        ]
    );
    assert!(
        message(&answer, "parameters.goal").contains("\"event\""),
        "{answer:#}"
    );
    assert!(
        message(&answer, "events.dep").contains("\"deposit\""),
        "{answer:#}"
    );
    assert!(
        message(&answer, "statuses.ok").contains("rejected"),
        "{answer:#}"
    );
    assert!(!answer.to_string().contains("1234567"), "{answer:#}");
}

#[test]
fn a_key_is_chosen_kept_and_never_shared() {
    let tracker = spawn();

    let (_, first) = tracker.post(NETWORKS, &json!({ "name": "A" }));
    let key = first["key"].as_str().unwrap().to_owned();
    let path = format!("{NETWORKS}/1");
    let (_, renamed) = tracker.put(&path, &json!({ "name": "B", "version": 1 }));
    let (_, copy) = tracker.post(&format!("{path}/clone"), &json!({}));
    let upper = json!({ "name": "C", "key": key.to_uppercase() });
    let (taken, answer) = tracker.post(NETWORKS, &upper);

    assert_eq!(key.len(), 16);
    assert_eq!(renamed["key"], key.as_str());
    assert_ne!(copy["key"], key.as_str());
    assert_eq!(copy["key"].as_str().map(str::len), Some(16));
    assert_eq!(taken, 422);
    assert_eq!(told(&answer, "problems"), [("key", "key_taken")]);
    assert!(
        message(&answer, "key").contains("network 1 \"B\""),
        "{answer:#}"
    );

    let (archived, _) = tracker.api("DELETE", &path, None, Some(&tracker.key));
    let (free, _) = tracker.post(NETWORKS, &upper);
    let (restored, answer) = tracker.post(&format!("{path}/restore"), &json!({}));

    assert_eq!((archived, free, restored), (200, 201, 422));
    assert_eq!(told(&answer, "problems"), [("key", "key_taken")]);
}

#[test]
fn a_secret_is_never_shown_or_stored() {
    let tracker = spawn();
    let path = format!("{NETWORKS}/1");

    let (_, made) = tracker.post(NETWORKS, &json!({ "name": "N", "secret": "s3cret-word" }));
    let hash = made["secret_sha256"].as_str().unwrap().to_owned();
    let (_, read) = tracker.get(&path);
    let (_, kept) = tracker.put(&path, &read);
    let (_, other) = tracker.patch(&path, &json!({ "secret": "another-word", "name": "M" }));
    let (_, same) = tracker.patch(&path, &json!({ "name": "O" }));
    let (_, gone) = tracker.patch(&path, &json!({ "secret": "" }));

    assert_eq!(hash.len(), 64);
    assert_eq!(kept["secret_sha256"], hash.as_str());
    assert_ne!(other["secret_sha256"], hash.as_str());
    assert_eq!(same["secret_sha256"], other["secret_sha256"]);
    assert_eq!(gone["secret_sha256"], Value::Null);
    for answer in [&made, &read, &kept, &other, &same, &gone] {
        assert_eq!(answer.get("secret"), None);
        assert!(!answer.to_string().contains("-word"), "{answer:#}");
    }
    for entry in std::fs::read_dir(tracker.data()).unwrap().flatten() {
        if let Ok(bytes) = std::fs::read(entry.path()) {
            for secret in ["s3cret-word", "another-word"] {
                let is_there = bytes
                    .windows(secret.len())
                    .any(|part| part == secret.as_bytes());
                assert!(!is_there, "{secret} in {:?}", entry.path());
            }
        }
    }
}

#[test]
fn a_secret_set_for_many_is_taken_back_without_being_kept() {
    let tracker = spawn();
    for name in ["A", "B"] {
        tracker.create(NETWORKS, &json!({ "name": name }));
    }
    let action = json!({ "kind": "set", "of": "networks", "ids": "all",
        "fields": { "secret": "s3cret-word" } });

    let (status, report) = tracker.post(
        "/api/v1/bulk",
        &json!({ "preview": false, "action": action }),
    );
    let (_, set) = tracker.get(&format!("{NETWORKS}/2"));
    let undo = format!("/api/v1/bulk/{}/undo", report["change_id"]);
    let (undone, _) = tracker.post(&undo, &json!({}));
    let (_, unset) = tracker.get(&format!("{NETWORKS}/2"));

    assert_eq!(status, 200, "{report:#}");
    assert!(!report.to_string().contains("-word"), "{report:#}");
    assert_eq!(set["secret_sha256"].as_str().map(str::len), Some(64));
    assert_eq!(undone, 200);
    assert_eq!(unset["secret_sha256"], Value::Null);
    assert_eq!(unset["key"], set["key"]);
}

#[test]
fn an_event_has_a_key_for_good_and_words_of_its_own() {
    let tracker = spawn();

    let (status, first) = tracker.post(
        EVENTS,
        &json!({ "name": "First Deposit", "words": ["FTD", " Деп "] }),
    );
    let (taken, answer) = tracker.post(EVENTS, &json!({ "name": "Other", "words": ["x", "ftd"] }));
    let (own, reserved) = tracker.post(EVENTS, &json!({ "name": "Sale" }));
    let (nameless, cyrillic) = tracker.post(EVENTS, &json!({ "name": "Депозит" }));
    let path = format!("{EVENTS}/1");
    let (moved, immutable) = tracker.patch(&path, &json!({ "key": "deposit" }));
    let (renamed, again) = tracker.patch(&path, &json!({ "name": "FD", "words": ["fd"] }));
    let (cloned, copy) = tracker.post(&format!("{path}/clone"), &json!({}));

    assert_eq!(status, 201, "{first:#}");
    assert_eq!(first["key"], "first_deposit");
    assert_eq!(first["words"], json!(["first_deposit", "ftd", "деп"]));
    assert_eq!(taken, 422);
    assert_eq!(told(&answer, "problems"), [("words[2]", "word_taken")]);
    assert!(
        message(&answer, "words[2]").contains("\"First Deposit\""),
        "{answer:#}"
    );
    assert_eq!((own, nameless, moved), (422, 422, 422));
    assert_eq!(told(&reserved, "problems"), [("key", "invalid")]);
    assert_eq!(told(&cyrillic, "problems"), [("key", "required")]);
    assert_eq!(told(&immutable, "problems"), [("key", "immutable")]);
    assert_eq!(renamed, 200, "{again:#}");
    assert_eq!(again["key"], "first_deposit");
    assert_eq!(again["words"], json!(["first_deposit", "fd"]));
    assert_eq!(cloned, 201, "{copy:#}");
    assert_eq!(copy["key"], "fd_copy");
    assert_eq!(copy["words"], json!(["fd_copy"]));
}

#[test]
fn an_event_that_a_network_names_is_archived_only_by_force() {
    let tracker = spawn();
    tracker.create(EVENTS, &json!({ "name": "Call" }));
    let network =
        json!({ "name": "N", "events": { "ring": "call" }, "statuses": { "call": "sale" } });
    let (_, stored) = tracker.post(NETWORKS, &network);
    let path = format!("{EVENTS}/1");

    let (refused, answer) = tracker.api("DELETE", &path, None, Some(&tracker.key));
    let (forced, archived) = tracker.api(
        "DELETE",
        &format!("{path}?force=true"),
        None,
        Some(&tracker.key),
    );
    let (_, network) = tracker.get(&format!("{NETWORKS}/1"));
    let (saved, _) = tracker.put(&format!("{NETWORKS}/1"), &network);
    let (fresh, new) = tracker.post(
        NETWORKS,
        &json!({ "name": "M", "events": { "ring": "call" } }),
    );
    let (taken, same) = tracker.post(EVENTS, &json!({ "name": "Call" }));

    assert_eq!(
        told(&stored, "warnings"),
        [("statuses.call", "status_and_event")]
    );
    assert_eq!(refused, 409, "{answer:#}");
    assert_eq!(
        answer["error"]["users"],
        json!([{ "what": "network", "id": 1, "name": "N", "field": "events.ring" }])
    );
    assert_eq!(forced, 200);
    assert_eq!(told(&archived, "warnings"), [("state", "in_use")]);
    assert!(told(&network, "warnings").contains(&("events.ring", "archived_reference")));
    assert_eq!(
        saved, 200,
        "what was archived since keeps nobody from saving"
    );
    assert_eq!(fresh, 422);
    assert_eq!(
        told(&new, "problems"),
        [("events.ring", "archived_reference")]
    );
    assert_eq!(taken, 422);
    assert_eq!(told(&same, "problems"), [("key", "key_taken")]);
}

#[test]
fn a_network_of_a_preset_is_called_with_the_presets_macros() {
    let tracker = spawn();
    let (_, preset) = tracker.get("/api/v1/presets/networks/affise");
    let mut document = preset["document"].clone();
    document["key"] = json!("affise-1");
    document["secret"] = json!("s3cret-word");
    let id = tracker.create(NETWORKS, &document);

    let bare = urls(&tracker, id, "");
    for host in ["a.example.com", "b.example.com"] {
        tracker.create("/api/v1/domains", &json!({ "host": host }));
    }
    tracker.patch("/api/v1/domains/2", &json!({ "state": "paused" }));
    let active = urls(&tracker, id, "");
    let by_id = urls(&tracker, id, "?domain=2");
    let by_host = urls(&tracker, id, "?domain=B.example.com");
    let path = format!("{NETWORKS}/{id}/postback-url");
    let (unknown, answer) = tracker.get(&format!("{path}?domain=a.exmaple.com"));
    let (misspelt, _) = tracker.get(&format!("{path}?domian=1"));
    let (_, explained) = tracker.get(&path);

    let query = "/postback/affise-1?click_id={sub1}&payout={sum}&currency={currency}\
                 &status={status}&tid={transactionid}&secret=YOUR_SECRET";
    assert_eq!(bare, [format!("http://{}{query}", tracker.address())]);
    assert_eq!(active, [format!("http://a.example.com{query}")]);
    assert_eq!(by_id, [format!("http://b.example.com{query}")]);
    assert_eq!(by_host, by_id);
    assert_eq!((unknown, misspelt), (422, 422));
    assert!(
        message(&answer, "domain").contains("\"a.example.com\""),
        "{answer:#}"
    );
    assert_eq!(explained["parameters"][1]["value"], "{sum}");
    assert_eq!(explained["parameters"][1]["from"], "preset");
    assert_eq!(explained["parameters"][5]["from"], "secret");
    assert_eq!(explained["notes"], preset["notes"]);
}

#[test]
fn a_network_without_a_preset_is_called_with_placeholders() {
    let tracker = spawn();
    let sent = json!({ "name": "N", "key": "abcdef", "offer_param": "aff_sub={click_id}",
        "parameters": { "payout": "amt" }, "currency": "USD", "preset": "afise" });
    let (_, stored) = tracker.post(NETWORKS, &sent);

    let (_, answer) = tracker.get(&format!("{NETWORKS}/1/postback-url"));
    tracker.api("DELETE", &format!("{NETWORKS}/1"), None, Some(&tracker.key));
    let archived = urls(&tracker, 1, "");
    let (missing, _) = tracker.get(&format!("{NETWORKS}/2/postback-url"));

    assert_eq!(told(&stored, "warnings"), [("preset", "unknown_preset")]);
    let advice = stored["warnings"][0]["message"].as_str().unwrap();
    assert!(advice.contains("\"affise\""), "{advice}");
    let expected = format!(
        "http://{}/postback/abcdef?click_id={{aff_sub}}&amt={{payout}}&status={{status}}&tid={{transaction_id}}",
        tracker.address()
    );
    assert_eq!(answer["items"][0]["url"], expected.as_str());
    assert_eq!(answer["parameters"][1]["parameter"], "payout");
    assert_eq!(answer["parameters"][1]["from"], "placeholder");
    assert_eq!(answer["notes"], Value::Null);
    assert_eq!(archived, [] as [String; 0]);
    assert_eq!(missing, 404);
}
