//! Long work beside the clicks.

mod bot_updates;
mod clean_ups;
mod cost_files;
mod cost_updates;
mod prunes;
mod under_way;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::tracker::{Tracker, campaign, spawn};

const PATIENCE: Duration = Duration::from_secs(120);
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A tracker with the campaigns `push` and `pops`, whose clicks cost 0.25 USD, and their ids.
fn set_up() -> (Tracker, u64, u64) {
    let tracker = spawn();
    let offer = tracker.create(
        "/api/v1/offers",
        &json!({"name": "O", "url": "http://127.0.0.1:9/?c={click_id}", "allow_repeats": true,
            "payout": {"kind": "fixed", "value": "5", "currency": "USD"}}),
    );
    let [push, pops] = ["push", "pops"].map(|alias| {
        let mut document = campaign(alias, offer);
        document["cost"] = json!({"model": "cpc", "value": "0.25", "currency": "USD"});
        tracker.create("/api/v1/campaigns", &document)
    });
    (tracker, push, pops)
}

/// Clicks on a link, with different addresses.
fn clicks(tracker: &Tracker, target: &str, number: usize) {
    for n in 0..number {
        let address = format!("198.51.100.{}", n + 1);
        let headers = [("X-Forwarded-For", address.as_str())];
        assert_eq!(tracker.click(target, &headers).status, 302);
    }
}

/// What is true of today and tomorrow, lest midnight comes in between.
fn lately(others: Value) -> Value {
    let date = |at: i64| {
        let day = chrono::DateTime::from_timestamp_millis(at).unwrap();
        day.format("%Y-%m-%d").to_string()
    };
    let now = millrace::clock::now_ms();
    let mut body = json!({"from": date(now - DAY_MS), "to": date(now + DAY_MS)});
    for (name, value) in others.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// A job, once it has ended.
fn ended(tracker: &Tracker, id: &Value) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (status, job) = tracker.get(&format!("/api/v1/jobs/{id}"));
        assert_eq!(status, 200, "{job:#}");
        if job["state"] != "queued" && job["state"] != "running" {
            return job;
        }
        assert!(Instant::now() < deadline, "it does not end: {job:#}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn done(tracker: &Tracker, id: &Value) -> Value {
    let job = ended(tracker, id);
    assert_eq!(job["state"], "done", "{job:#}");
    job
}

/// Costs stated and charged; the update.
fn charged(tracker: &Tracker, body: &Value) -> Value {
    let (status, update) = tracker.post("/api/v1/cost-updates", body);
    assert_eq!(status, 202, "{update:#}");
    done(tracker, &update["job_id"]);
    update
}

fn undone(tracker: &Tracker, update: &Value) -> Value {
    let path = format!("/api/v1/cost-updates/{}/undo", update["id"]);
    let (status, job) = tracker.post(&path, &Value::Null);
    assert_eq!(status, 202, "{job:#}");
    done(tracker, &job["id"])
}

/// Micro-units and currency of all clicks of a campaign, in their order.
fn costs(tracker: &Tracker, campaign: u64) -> Vec<(Option<i64>, Option<String>)> {
    let database = tracker.database();
    let mut statement = database
        .prepare(
            "select clicks.cost, currencies.code from clicks
             join routes on routes.id = clicks.route_id
             left join currencies on currencies.id = clicks.currency_id
             where routes.campaign_id = ?1 order by clicks.id",
        )
        .unwrap();
    let rows = statement.query_map([campaign], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

fn micros(tracker: &Tracker, campaign: u64) -> Vec<i64> {
    let costs = costs(tracker, campaign).into_iter();
    costs.map(|(cost, _)| cost.unwrap_or(-1)).collect()
}

fn text(tracker: &Tracker, sql: &str) -> String {
    let database = tracker.database();
    let found: Option<String> = database.query_row(sql, [], |row| row.get(0)).unwrap();
    found.unwrap_or_default()
}

/// Every byte of what jobs change in clicks.
fn all_clicks(tracker: &Tracker) -> String {
    text(
        tracker,
        "select group_concat(concat_ws(' ', id, quote(cost), quote(currency_id), flags), '; ')
         from (select * from clicks order by id)",
    )
}

/// Today's spending of a campaign, and all of it.
fn spent(tracker: &Tracker, campaign: u64) -> [Value; 2] {
    let (status, answer) = tracker.get(&format!("/api/v1/campaigns/{campaign}/budget"));
    assert_eq!(status, 200, "{answer:#}");
    [answer["spent"].clone(), answer["spent_total"].clone()]
}
