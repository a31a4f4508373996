//! Daily summaries: the same numbers as in the logs, at their time, once.

use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::counters::while_stopped;
use crate::payer::{Payer, wait_until};
use crate::receiver::{Manner, Receiver};
use crate::tracker::{Options, Tracker};

const OK: &str = r#"{"ok":true,"result":{"message_id":1}}"#;
/// Longer than two looks at the clock.
const A_WHILE: Duration = Duration::from_millis(4_500);

fn payer(telegram: &Receiver) -> Payer {
    let options = Options::default()
        .set("OUTBOUND__ALLOW_PRIVATE", "true")
        .set("OUTBOUND__TELEGRAM_API", &telegram.url(""));
    Payer::with(options, json!({}), json!({}))
}

fn chat(tracker: &Tracker) -> u64 {
    let document = json!({"name": "Chat", "kind": "telegram", "chat_id": "-100123",
        "bot_token": "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"});
    tracker.create("/api/v1/channels", &document)
}

fn texts(telegram: &Receiver) -> Vec<String> {
    let heard = telegram.heard().into_iter();
    let text = |body: &str| serde_json::from_str::<Value>(body).unwrap()["text"].clone();
    heard
        .map(|one| text(&one.body).as_str().unwrap().to_owned())
        .collect()
}

fn items(tracker: &Tracker, path: &str) -> Vec<Value> {
    let (status, page) = tracker.get(&format!("/api/v1/{path}"));
    assert_eq!(status, 200, "{page:#}");
    page["items"].as_array().unwrap().clone()
}

/// In cents.
fn cents(amounts: impl Iterator<Item = Value>) -> i64 {
    let cents = amounts.map(|amount| {
        let amount: f64 = amount.as_str().unwrap_or("0").parse().unwrap();
        (amount * 100.0).round() as i64
    });
    cents.sum()
}

fn preview(tracker: &Tracker, id: u64) -> (String, Value) {
    let path = format!("/api/v1/summaries/{id}/preview");
    let (status, answer) = tracker.post(&path, &json!({}));
    assert_eq!(status, 200, "{answer:#}");
    let text = answer["text"].as_str().unwrap().to_owned();
    (text, answer["data"].clone())
}

#[test]
fn a_summary_tells_what_the_logs_hold_and_is_sent_as_previewed() {
    let telegram = Receiver::new(Manner::Says(200, OK));
    let payer = payer(&telegram);
    let tracker = &payer.tracker;
    let cost = |value: &str| json!({"cost": {"model": "cpc", "value": value}});
    payer.edit(&format!("/campaigns/{}", payer.campaign), &cost("0.5"));
    let losing = tracker.simple_campaign("losing");
    payer.edit(&format!("/campaigns/{losing}"), &cost("0.25"));
    let other = tracker.simple_campaign("other");
    payer.edit(&format!("/campaigns/{other}"), &cost("9"));
    for _ in 0..3 {
        tracker.click("/losing", &[]);
    }
    tracker.click("/other", &[]);
    let ids: Vec<String> = (0..4).map(|_| payer.click()).collect();
    payer.says(&format!("subid={}&payout=7.25&status=sale", ids[0]));
    payer.says(&format!("subid={}&payout=3&status=rejected", ids[1]));
    let channel = chat(tracker);
    let summary = json!({"name": "So far", "channel_id": channel, "of": "today", "timezone": "Asia/Kolkata",
        "campaign_ids": [payer.campaign, losing]});
    let id = tracker.create("/api/v1/summaries", &summary);

    let (text, data) = preview(tracker, id);

    let among = |row: &&Value| row["campaign_id"] != json!(other);
    let logged = items(tracker, "clicks");
    let logged: Vec<&Value> = logged.iter().filter(among).collect();
    let sold = items(tracker, "conversions?status=sale");
    let totals = &data["totals"];
    assert_eq!(totals["clicks"], json!(logged.len()));
    let logged_cost = cents(logged.iter().map(|click| click["cost"].clone()));
    let earned = cents(sold.iter().map(|row| row["revenue"].clone()));
    assert_eq!((logged_cost, earned), (275, 725), "{logged:#?} {sold:#?}");
    assert_eq!(cents(std::iter::once(totals["cost"].clone())), logged_cost);
    assert_eq!(cents(std::iter::once(totals["revenue"].clone())), earned);
    assert_eq!(
        (&totals["profit"], &totals["conversions"]),
        (&json!("4.5"), &json!(1))
    );
    assert_eq!(data["before"]["clicks"], 0);
    assert_eq!(data["best"][0]["campaign_id"], json!(payer.campaign));
    assert_eq!(data["best"][0]["profit"], "5.25");
    assert_eq!(data["worst"][0]["campaign_id"], json!(losing));
    assert_eq!(data["worst"].as_array().unwrap().len(), 1);
    for line in [
        "Clicks",
        "7.25",
        "2.75",
        "4.50",
        "163.6 %",
        "-0.75  campaign losing",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    sleep(Duration::from_millis(500));
    assert_eq!(telegram.heard().len(), 0, "a preview sends nothing");

    let (status, answer) = tracker.post(&format!("/api/v1/summaries/{id}/send"), &json!({}));
    assert_eq!(status, 202, "{answer:#}");
    wait_until("it is sent", || telegram.heard().len() == 1);
    assert_eq!(texts(&telegram), [text]);
    let (_, again) = tracker.post(&format!("/api/v1/summaries/{id}/send"), &json!({}));
    assert_ne!(again["id"], answer["id"]);
    wait_until("it is sent again", || telegram.heard().len() == 2);
}

#[test]
fn a_summary_is_sent_late_after_a_stop_once_and_not_when_it_is_too_late() {
    let telegram = Receiver::new(Manner::Says(200, OK));
    let payer = payer(&telegram);
    let mut tracker = payer.tracker;
    let channel = chat(&tracker);
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let ago = |hours: u64| (seconds / 3_600 + 24 - hours) % 24;
    for (name, hours) in [("late", 1), ("too late", 8)] {
        let summary = json!({"name": name, "channel_id": channel, "timezone": "UTC",
            "hour": ago(hours), "minute": 0});
        tracker.create("/api/v1/summaries", &summary);
    }
    // Made after its time: the first one is tomorrow's.
    sleep(A_WHILE);
    assert_eq!(telegram.heard().len(), 0);

    while_stopped(&mut tracker, |connection| {
        let aged = "update summaries set document = json_set(document, '$.created_at', 1000)";
        assert_eq!(connection.execute(aged, []).unwrap(), 2);
    });
    // Recorded: what is killed between the answer and its record is sent again.
    wait_until("the late one is sent", || {
        !items(&tracker, "outbox?state=sent").is_empty()
    });
    tracker.kill_9();
    tracker.start();
    sleep(A_WHILE);

    let texts = texts(&telegram);
    assert_eq!(texts.len(), 1, "{texts:#?}");
    assert!(texts[0].starts_with("late\n"), "{}", texts[0]);
    let queued = items(&tracker, "outbox?kind=telegram");
    let key = queued[0]["key"].as_str().unwrap();
    assert!(key.starts_with("summary:1:20"), "{key}");
}

#[test]
fn a_channel_that_a_summary_names_is_in_use() {
    let telegram = Receiver::new(Manner::Says(200, OK));
    let payer = payer(&telegram);
    let channel = chat(&payer.tracker);
    let id = payer.tracker.create(
        "/api/v1/summaries",
        &json!({"name": "A", "channel_id": channel}),
    );
    let (status, answer) = payer.tracker.post(
        "/api/v1/summaries",
        &json!({"name": "B", "channel_id": 99, "campaign_ids": [98]}),
    );
    assert_eq!(status, 422);
    let problems = answer["problems"].as_array().unwrap();
    let fields: Vec<_> = problems.iter().map(|one| &one["field"]).collect();
    assert_eq!(fields, ["channel_id", "campaign_ids[0]"]);

    let listed = items(&payer.tracker, &format!("summaries?channel_id={channel}"));

    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["id"], json!(id));
    let path = format!("/api/v1/channels/{channel}");
    let key = Some(payer.tracker.key.as_str());
    let (status, answer) = payer.tracker.api("DELETE", &path, None, key);
    assert_eq!(status, 409, "{answer:#}");
}
