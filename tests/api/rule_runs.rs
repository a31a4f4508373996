//! What rules did, as it is listed and taken back.

use millrace::domain::id::Id;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::tracker::{Tracker, campaign, spawn};

/// 2026-09-21T14:13:20Z.
const NOW: i64 = 1_790_000_000_000;
const HOUR: i64 = 3_600_000;

/// A run as it stands in the file.
struct Row {
    number: i64,
    rule_id: i64,
    campaign_id: Option<i64>,
    verdict: &'static str,
    effects: Value,
}

impl Row {
    fn at(&self) -> i64 {
        NOW + self.number * HOUR
    }

    fn id(&self) -> i64 {
        Id::first_at(self.at()).to_row()
    }

    fn write(&self, database: &Connection) {
        let run = "
            insert into rule_runs (id, at, rule_id, rule_version, key, \"group\", campaign_id,
                conversion_id, numbers, window_from, window_to, verdict, reason, effects)
            values (?1, ?2, ?3, 1, ?1, '[\"zone7\", null]', ?4, 77, '{\"roi\": \"-60.5\"}',
                ?2 - 3600000, ?2, ?5, 'Because.', ?6)";
        let values = params![
            self.id(),
            self.at(),
            self.rule_id,
            self.campaign_id,
            self.verdict,
            self.effects.to_string()
        ];
        database.execute(run, values).unwrap();
    }
}

/// What run 1 changed: campaign 1 was paused, and its offer weighed more before.
const CHANGED: &str = "
    insert into rule_effects (run_id, number, rule_id, at, what, id, field, item, before, after,
        direction)
    values (?1, 0, 5, ?2, 'campaign', 1, 'state', '', 'active', 'paused', -1),
        (?1, 1, 5, ?2, 'offer', 1, 'weight', '1', '200', '100', -1)";

/// A paused campaign, and runs 1 (which paused it), 2 (dry, of another rule) and 3 (only told).
fn with_runs() -> (Tracker, [String; 3]) {
    let mut tracker = spawn();
    let url = json!({ "name": "O", "url": "https://o.example/" });
    let offer = tracker.create("/api/v1/offers", &url);
    let mut document = campaign("us", offer);
    document["state"] = json!("paused");
    tracker.create("/api/v1/campaigns", &document);
    let message = json!({ "what": "message", "id": 4, "name": "", "field": "", "flow_id": null,
        "before": null, "after": "It burns.", "result": "queued", "reason": null,
        "outbox_id": "12" });
    let row = |number, rule_id, campaign_id, verdict, effects| Row {
        number,
        rule_id,
        campaign_id,
        verdict,
        effects,
    };
    let rows = [
        row(1, 5, Some(1), "done", json!([message])),
        row(2, 6, Some(2), "dry_run", json!([])),
        row(3, 5, None, "done", json!([message])),
    ];
    tracker.stop();
    let database = Connection::open(tracker.data().join("millrace.db")).unwrap();
    for row in &rows {
        row.write(&database);
    }
    let values = params![rows[0].id(), rows[0].at()];
    database.execute(CHANGED, values).unwrap();
    drop(database);
    tracker.start();
    (tracker, rows.map(|row| row.id().to_string()))
}

fn ids(answer: &Value) -> Vec<&str> {
    let items = answer["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap()).collect()
}

fn refused(tracker: &Tracker, id: &str) -> (u16, String, String) {
    let path = format!("/api/v1/rule-runs/{id}/undo");
    let (status, answer) = tracker.post(&path, &json!({}));
    let text = |field: &str| answer["error"][field].as_str().unwrap().to_owned();
    (status, text("code"), text("message"))
}

#[test]
fn runs_are_listed_newest_first_and_filtered() {
    let (tracker, [first, second, third]) = with_runs();
    let all = [third.as_str(), second.as_str(), first.as_str()];
    let cases = [
        ("", &all[..]),
        ("rule_id=5", &[all[0], all[2]]),
        ("campaign_id=2", &all[1..2]),
        ("verdict=dry_run", &all[1..2]),
        ("verdict=dry_run&verdict=done", &all[..]),
        ("conversion_id=77", &all[..]),
        ("conversion_id=78", &[]),
        ("from=2026-09-21T16:13:20Z", &all[..2]),
        ("to=2026-09-21T16:13:20Z", &all[2..]),
    ];
    for (query, expected) in cases {
        let (status, answer) = tracker.get(&format!("/api/v1/rule-runs?{query}"));
        assert_eq!(status, 200, "{answer:#}");
        assert_eq!(ids(&answer), expected, "{query}");
    }

    let (_, page) = tracker.get("/api/v1/rule-runs?limit=2");
    let next = page["next"].as_str().unwrap();
    let (_, rest) = tracker.get(&format!("/api/v1/rule-runs?limit=2&cursor={next}"));
    assert_eq!(
        (ids(&page), ids(&rest)),
        (all[..2].to_vec(), all[2..].to_vec())
    );

    let (status, answer) = tracker.get("/api/v1/rule-runs?verdict=perhaps");
    assert_eq!(status, 422);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("cooling_down"), "{message}");
}

#[test]
fn a_run_says_what_it_looked_at_and_did() {
    let (tracker, [first, ..]) = with_runs();

    let (status, run) = tracker.get(&format!("/api/v1/rule-runs/{first}"));

    assert_eq!(status, 200, "{run:#}");
    assert_eq!(run["at"], "2026-09-21T15:13:20.000Z");
    assert_eq!(run["group"], json!(["zone7", null]));
    assert_eq!(run["numbers"], json!({ "roi": "-60.5" }));
    assert_eq!(run["window"]["from"], "2026-09-21T14:13:20.000Z");
    assert_eq!(run["conversion_id"], "77");
    assert_eq!(run["reason"], "Because.");
    assert_eq!(run["effects"][0]["after"], "It burns.");
    assert_eq!(tracker.get("/api/v1/rule-runs/1").0, 404);
    assert_eq!(tracker.get("/api/v1/rule-runs/x").0, 422);
}

#[test]
fn a_run_is_taken_back_once_and_what_it_told_is_not() {
    let (tracker, [first, second, third]) = with_runs();
    assert_eq!(tracker.click("/us", &[]).status, 404);

    let (status, answer) = tracker.post(&format!("/api/v1/rule-runs/{first}/undo"), &json!({}));

    assert_eq!(status, 200, "{answer:#}");
    assert_eq!(answer["run"]["verdict"], "undone");
    assert!(answer["run"]["undone_at"].is_string());
    let remark = answer["remarks"][0].as_str().unwrap();
    assert!(remark.contains("cannot be taken back"), "{remark}");
    assert_eq!(tracker.click("/us", &[]).location(), "https://o.example/");
    let (_, campaign) = tracker.get("/api/v1/campaigns/1");
    let weight = &campaign["flows"][0]["target"]["offers"][0]["weight"];
    assert_eq!((&campaign["version"], weight), (&json!(2), &json!(200)));
    for (id, expected) in [
        (&first, "undone_already"),
        (&second, "nothing_to_undo"),
        (&third, "nothing_to_undo"),
    ] {
        let (status, code, _) = refused(&tracker, id);
        assert_eq!((status, code.as_str()), (409, expected));
    }
    assert_eq!(refused(&tracker, "1").0, 404);
}

#[test]
fn what_was_edited_since_keeps_a_run_from_being_taken_back() {
    let (tracker, [first, ..]) = with_runs();
    let edit = json!({ "state": "active", "notes": "mine" });
    assert_eq!(tracker.patch("/api/v1/campaigns/1", &edit).0, 200);

    let (status, code, message) = refused(&tracker, &first);

    assert_eq!((status, code.as_str()), (409, "changed_since"));
    let told = "The state of campaign 1 is active now, and the run had made it paused.";
    assert!(message.contains(told), "{message}");
    let (_, campaign) = tracker.get("/api/v1/campaigns/1");
    let weight = &campaign["flows"][0]["target"]["offers"][0]["weight"];
    assert_eq!((&campaign["version"], weight), (&json!(2), &json!(100)));
}
