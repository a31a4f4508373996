//! Spent budgets: who hears of them, in which words, and how often.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::counters::while_stopped;
use crate::payer::wait_until;
use crate::receiver::{Manner, Receiver};
use crate::tracker::{Options, Tracker};

const OK: &str = r#"{"ok":true,"result":{"message_id":1}}"#;
/// Longer than two looks at the budgets.
const A_WHILE: Duration = Duration::from_millis(2_500);

fn tracker(telegram: &Receiver) -> Tracker {
    Options::default()
        .set("OUTBOUND__ALLOW_PRIVATE", "true")
        .set("OUTBOUND__TELEGRAM_API", &telegram.url(""))
        .spawn()
}

fn chat(tracker: &Tracker) -> u64 {
    let document = json!({"name": "Chat", "kind": "telegram", "chat_id": "-100123",
        "bot_token": "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"});
    tracker.create("/api/v1/channels", &document)
}

fn webhook(tracker: &Tracker, url: &str) -> u64 {
    let document = json!({"name": url, "kind": "webhook", "url": url});
    tracker.create("/api/v1/channels", &document)
}

/// A campaign each of whose clicks costs 0.5.
fn campaign(tracker: &Tracker, traffic_source: Option<u64>, budget: Value) -> u64 {
    tracker.rate("EUR", "1.1");
    let id = tracker.simple_campaign("paid");
    let change = json!({"name": "US & push", "traffic_source_id": traffic_source, "budget": budget,
        "timezone": "Europe/Kyiv",
        "cost": {"model": "cpc", "value": "0.5", "currency": "EUR"},
        "fallback": {"kind": "redirect", "url": "http://127.0.0.1:9/fallback"}});
    edit(tracker, id, change);
    id
}

fn edit(tracker: &Tracker, id: u64, change: Value) -> Value {
    let path = format!("/api/v1/campaigns/{id}");
    let mut document = tracker.get(&path).1;
    for (key, value) in change.as_object().unwrap() {
        document[key] = value.clone();
    }
    let (status, answer) = tracker.put(&path, &document);
    assert_eq!(status, 200, "{answer:#}");
    answer
}

fn clicks(tracker: &Tracker, count: usize) {
    for _ in 0..count {
        assert_eq!(tracker.click("/paid", &[]).status, 302);
    }
}

fn texts(telegram: &Receiver) -> Vec<String> {
    let heard = telegram.heard().into_iter();
    let text = |body: &str| serde_json::from_str::<Value>(body).unwrap()["text"].clone();
    heard
        .map(|one| text(&one.body).as_str().unwrap().to_owned())
        .collect()
}

fn wait_for(what: &str, receiver: &Receiver, count: usize) {
    wait_until(what, || receiver.heard().len() >= count);
}

#[test]
fn a_spent_budget_is_told_once_and_again_only_when_it_was_raised() {
    let (telegram, source) = (
        Receiver::new(Manner::Says(200, OK)),
        Receiver::new(Manner::Says(200, "")),
    );
    let mut tracker = tracker(&telegram);
    chat(&tracker);
    let pause = json!({"url": source.url("/pause?id={campaign_id}&n={campaign_name}&why={reason}&s={traffic_source_id}&g={ad_campaign_id}&x={unknown}"),
        "method": "post", "content_type": "json",
        "body": "{\"campaign\": {campaign_id}, \"name\": \"{campaign_name}\", \"spent\": {cost}}"});
    let source_id = tracker.create(
        "/api/v1/traffic-sources",
        &json!({"name": "S", "pause": pause}),
    );
    let id = campaign(&tracker, Some(source_id), json!({"daily": "1"}));
    let path = format!("/api/v1/campaigns/{id}");
    assert_eq!(tracker.get(&path).1["warnings"], json!([]));

    clicks(&tracker, 1);
    sleep(A_WHILE);
    assert_eq!((telegram.heard().len(), source.heard().len()), (0, 0));
    clicks(&tracker, 1);
    wait_for("the chat hears", &telegram, 1);
    wait_for("the source is called", &source, 1);

    let day = tracker.get(&format!("{path}/budget")).1["day"].clone();
    let expected = format!(
        "The daily budget of \"US & push\" (campaign {id}) is spent.\nSpent 1 EUR of 1 EUR on {} (Europe/Kyiv).\nVisitors go on as before.",
        day.as_str().unwrap()
    );
    assert_eq!(texts(&telegram), [expected]);
    let heard = source.heard();
    assert_eq!(
        heard[0].target(),
        format!(
            "/pause?id={id}&n=US%20%26%20push&why=daily%20budget%20spent%3A%201%20of%201%20EUR&s={source_id}&g=&x={{unknown}}"
        )
    );
    assert_eq!(
        heard[0].body,
        format!("{{\"campaign\": {id}, \"name\": \"US & push\", \"spent\": 1}}")
    );
    let (_, state) = tracker.get(&format!("{path}/budget"));
    assert!(state["told_at"].is_u64(), "{state:#}");
    let (_, outbox) = tracker.get(&format!("/api/v1/outbox?campaign_id={id}"));
    assert_eq!(outbox["items"].as_array().unwrap().len(), 2, "{outbox:#}");

    clicks(&tracker, 3);
    tracker.kill_9();
    tracker.start();
    clicks(&tracker, 1);
    sleep(A_WHILE);
    assert_eq!((telegram.heard().len(), source.heard().len()), (1, 1));

    // 3 are spent: a limit below is no news, neither is one that is not reached.
    edit(&tracker, id, json!({"budget": {"daily": "0.5"}}));
    sleep(A_WHILE);
    edit(&tracker, id, json!({"budget": {"daily": "4"}}));
    sleep(A_WHILE);
    assert_eq!((telegram.heard().len(), source.heard().len()), (1, 1));
    assert_eq!(
        tracker.get(&format!("{path}/budget")).1["told_at"],
        Value::Null
    );
    clicks(&tracker, 2);
    wait_for("the chat hears of more", &telegram, 2);
    wait_for("the source is called again", &source, 2);
    assert!(texts(&telegram)[1].contains("Spent 4 EUR of 4 EUR"));
}

#[test]
fn only_the_channels_of_the_campaign_hear_and_programs_hear_json() {
    let hooks = Receiver::new(Manner::Says(200, ""));
    let tracker = tracker(&hooks);
    webhook(&tracker, &hooks.url("/other"));
    let own = webhook(&tracker, &hooks.url("/own"));
    let budget = json!({"total": "1", "when_spent": "divert", "channel_ids": [own]});
    let id = campaign(&tracker, None, budget);

    clicks(&tracker, 2);
    wait_for("the channel hears", &hooks, 1);
    sleep(A_WHILE);

    let heard = hooks.heard();
    assert_eq!(hooks.targets(), ["/own"]);
    let told: Value = serde_json::from_str(&heard[0].body).unwrap();
    for (field, expected) in [
        ("type", json!("budget_spent")),
        ("campaign_id", json!(id)),
        ("budget", json!("total")),
        ("amount", json!("1")),
        ("spent", json!("1")),
        ("currency", json!("EUR")),
        ("day", Value::Null),
        ("when_spent", json!("divert")),
    ] {
        assert_eq!(told[field], expected, "{field} of {told:#}");
    }
    let diverted = tracker.click("/paid", &[]);
    assert_eq!(diverted.location(), "http://127.0.0.1:9/fallback");
}

#[test]
fn a_budget_that_cannot_be_told_does_not_keep_others_untold() {
    let telegram = Receiver::new(Manner::Says(200, OK));
    let mut tracker = tracker(&telegram);
    chat(&tracker);
    let first = campaign(&tracker, None, json!({"daily": "0.5"}));
    let second = tracker.simple_campaign("other");
    let change = json!({"name": "Other", "budget": {"daily": "0.5"},
        "cost": {"model": "cpc", "value": "0.5", "currency": "EUR"}});
    edit(&tracker, second, change);
    while_stopped(&mut tracker, |connection| {
        let refusal = format!(
            "create trigger refusal before insert on budgets_told when new.campaign_id = {first}
            begin select raise(abort, 'refused'); end"
        );
        connection.execute_batch(&refusal).unwrap();
    });

    clicks(&tracker, 1);
    sleep(A_WHILE);
    assert_eq!(tracker.click("/other", &[]).status, 302);

    wait_for("the other one is told", &telegram, 1);
    let texts = texts(&telegram);
    assert!(texts[0].contains("\"Other\""), "{texts:#?}");
}

#[test]
fn a_source_that_does_not_say_that_it_paused_is_listed_so() {
    let source = Receiver::new(Manner::Says(200, "no such campaign"));
    let tracker = tracker(&source);
    let pause = json!({"url": source.url("/pause"), "success": {"contains": "paused"}});
    let source_id = tracker.create(
        "/api/v1/traffic-sources",
        &json!({"name": "S", "pause": pause}),
    );
    campaign(&tracker, Some(source_id), json!({"daily": "0.5"}));

    clicks(&tracker, 1);

    let failure = || {
        let (_, page) = tracker.get("/api/v1/outbox?kind=call");
        let id = page["items"][0]["id"].as_str()?.to_owned();
        let call = tracker.get(&format!("/api/v1/outbox/{id}")).1;
        Some(call["tries"][0]["error"].as_str()?.to_owned())
    };
    wait_until("it has failed", || failure().is_some());
    assert_eq!(
        failure().unwrap(),
        "The answer does not say what a success says."
    );
}

#[test]
fn a_budget_of_which_nobody_hears_warns_and_is_told_once_somebody_does() {
    let hooks = Receiver::new(Manner::Says(200, ""));
    let tracker = tracker(&hooks);
    let id = campaign(&tracker, None, json!({"daily": "0.5"}));
    let path = format!("/api/v1/campaigns/{id}");
    let warnings = &tracker.get(&path).1["warnings"];
    assert_eq!(warnings[0]["code"], "nobody_hears", "{warnings:#}");
    clicks(&tracker, 1);
    sleep(A_WHILE);
    assert_eq!(
        tracker.get(&format!("{path}/budget")).1["told_at"],
        Value::Null
    );

    webhook(&tracker, &hooks.url("/late"));

    wait_for("the new channel hears", &hooks, 1);
    assert_eq!(tracker.get(&path).1["warnings"], json!([]));
}

#[test]
fn a_pause_webhook_is_checked_and_its_unknown_words_are_told() {
    let tracker = tracker(&Receiver::new(Manner::Says(200, "")));
    let (status, answer) = tracker.post(
        "/api/v1/traffic-sources",
        &json!({"name": "S", "pause": {"url": "example", "body": "x"}}),
    );
    assert_eq!(status, 422);
    let problems = answer["problems"].as_array().unwrap();
    let fields: Vec<_> = problems.iter().map(|one| &one["field"]).collect();
    assert_eq!(fields, ["pause.url", "pause.body"]);

    let (_, saved) = tracker.post(
        "/api/v1/traffic-sources",
        &json!({"name": "S", "pause": {"url": "https://s.example/?c={campaing_id}&r={roi}&z={sub_id_3}"}}),
    );

    let warnings = saved["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert_eq!(warnings[0]["field"], "pause.url");
    let message = warnings[0]["message"].as_str().unwrap();
    assert!(
        message.ends_with("Did you mean {campaign_id}?"),
        "{message}"
    );
}
