//! Messages to chats and webhooks: what arrives, what is tried again, and where a secret is found.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::payer::wait_until;
use crate::receiver::{Heard, Manner, Receiver};
use crate::tracker::{Options, Tracker};

const TOKEN: &str = "987654:Zx9-Yw8_Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0";
/// The part of it that is secret.
const SECRET_PART: &str = "Vu7Ts6Rq5Po4";
const OK: &str = r#"{"ok":true,"result":{"message_id":1}}"#;

/// A tracker whose bots talk to this receiver, and which keeps nothing to itself.
fn tracker(telegram: &Receiver) -> Tracker {
    Options::default()
        .set("OUTBOUND__ALLOW_PRIVATE", "true")
        .set("OUTBOUND__TELEGRAM_API", &telegram.url(""))
        .set("LOG__LEVEL", "trace")
        .spawn()
}

fn chat(tracker: &Tracker) -> u64 {
    let document = json!({"name": "Chat", "kind": "telegram", "chat_id": "-100123",
        "bot_token": TOKEN});
    tracker.create("/api/v1/channels", &document)
}

fn webhook(tracker: &Tracker, receiver: &Receiver) -> u64 {
    let document = json!({"name": "Hook", "kind": "webhook", "url": receiver.url("/hook?a=1")});
    tracker.create("/api/v1/channels", &document)
}

/// Sends a test message; its id in the outbox.
fn test(tracker: &Tracker, channel: u64) -> String {
    let (status, answer) = tracker.post(&format!("/api/v1/channels/{channel}/test"), &json!({}));
    assert_eq!(status, 202, "{answer:#}");
    answer["id"].as_str().expect("an id").to_owned()
}

fn message(tracker: &Tracker, id: &str) -> Value {
    tracker.get(&format!("/api/v1/outbox/{id}")).1
}

fn resend(tracker: &Tracker, id: &str) {
    let (status, answer) = tracker.post(&format!("/api/v1/outbox/{id}/resend"), &json!({}));
    assert_eq!(status, 200, "{answer:#}");
}

/// Waits until a message is in this state.
fn wait_for(tracker: &Tracker, id: &str, state: &str) -> Value {
    wait_until(&format!("{id} is {state}"), || {
        message(tracker, id)["state"] == state
    });
    message(tracker, id)
}

/// Waits until an attempt at it has failed with these words.
fn wait_for_error(tracker: &Tracker, id: &str, words: &str) -> Value {
    wait_until(&format!("it fails with: {words}"), || {
        let tries = message(tracker, id)["tries"].clone();
        let mut tries = tries.as_array().into_iter().flatten();
        tries.any(|one| one["error"].to_string().contains(words))
    });
    message(tracker, id)
}

/// RFC 2104, written out: nothing of what is tested checks itself.
fn hmac_sha256(key: &[u8], content: &str) -> Vec<u8> {
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(pad, key)| *pad ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(content);
    let outer = Sha256::new().chain_update(pad(0x5c));
    outer.chain_update(inner.finalize()).finalize().to_vec()
}

fn assert_signed(heard: &Heard, secret: &str) {
    let key = secret.strip_prefix("whsec_").expect("a secret");
    let key = BASE64_STANDARD.decode(key).unwrap();
    let header = |name: &str| heard.header(name).unwrap_or_else(|| panic!("no {name}"));
    let content = format!(
        "{}.{}.{}",
        header("webhook-id"),
        header("webhook-timestamp"),
        heard.body
    );
    let expected = BASE64_STANDARD.encode(hmac_sha256(&key, &content));
    assert_eq!(header("webhook-signature"), format!("v1,{expected}"));
    let sent: u64 = header("webhook-timestamp").parse().unwrap();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert!(now.abs_diff(sent) < 60, "{sent} is not now, {now}");
}

#[test]
fn a_webhook_is_signed_so_that_who_hears_it_can_check_it() {
    let receiver = Receiver::new(Manner::Says(500, "no"));
    let tracker = tracker(&receiver);
    let channel = webhook(&tracker, &receiver);
    let path = format!("/api/v1/channels/{channel}/secret");
    let (status, answer) = tracker.get(&path);
    assert_eq!(status, 200, "{answer:#}");
    let secret = answer["secret"].as_str().unwrap().to_owned();

    let id = test(&tracker, channel);
    wait_for_error(&tracker, &id, "500");
    receiver.turns(Manner::Says(204, ""));
    std::thread::sleep(Duration::from_millis(1_100));
    resend(&tracker, &id);
    let sent = wait_for(&tracker, &id, "sent");

    let heard = receiver.heard();
    assert_eq!(heard.len(), 2);
    for one in &heard {
        assert_eq!(one.line, "POST /hook?a=1 HTTP/1.1");
        assert_eq!(one.header("content-type"), Some("application/json"));
        assert_eq!(one.header("webhook-id"), Some(id.as_str()));
        assert_signed(one, &secret);
        let told: Value = serde_json::from_str(&one.body).unwrap();
        assert_eq!(
            (&told["type"], &told["channel_id"]),
            (&json!("test"), &json!(channel))
        );
    }
    assert_ne!(
        heard[0].header("webhook-timestamp"),
        heard[1].header("webhook-timestamp")
    );
    assert_eq!(
        (&sent["kind"], &sent["channel_id"]),
        (&json!("webhook"), &json!(channel))
    );
    assert_eq!(sent["url"], receiver.url("/hook?a=1"));
    // One of the operator's own.
    let own = format!("whsec_{}", BASE64_STANDARD.encode([7; 24]));
    let (status, _) = tracker.patch(
        &format!("/api/v1/channels/{channel}"),
        &json!({ "secret": own }),
    );
    assert_eq!(status, 200);
    wait_for(&tracker, &test(&tracker, channel), "sent");
    assert_signed(&receiver.heard()[2], &own);
    assert_eq!(tracker.get(&path).1["secret"], own);
}

#[test]
fn a_bot_writes_into_a_chat() {
    let telegram = Receiver::new(Manner::Says(200, OK));
    let tracker = tracker(&telegram);
    let channel = chat(&tracker);

    let sent = wait_for(&tracker, &test(&tracker, channel), "sent");

    let heard = telegram.heard();
    assert_eq!(
        heard[0].line,
        format!("POST /bot{TOKEN}/sendMessage HTTP/1.1")
    );
    let body: Value = serde_json::from_str(&heard[0].body).unwrap();
    assert_eq!(body["chat_id"], "-100123");
    assert_eq!(body["disable_web_page_preview"], true);
    assert!(
        body["text"].as_str().unwrap().contains("\"Chat\""),
        "{body}"
    );
    assert_eq!(sent["url"], "https://api.telegram.org/bot***/sendMessage");
    assert_eq!(sent["body"], body["text"]);
    let (status, answer) = tracker.get(&format!("/api/v1/channels/{channel}/secret"));
    assert_eq!(
        (status, &answer["error"]["code"]),
        (409, &json!("no_secret"))
    );
    let (_, page) = tracker.get(&format!(
        "/api/v1/outbox?kind=telegram&channel_id={channel}"
    ));
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!(tracker.post("/api/v1/channels/9/test", &json!({})).0, 404);
}

#[test]
fn what_telegram_refuses_is_told_in_its_words_and_its_patience_is_asked_for() {
    const LIMITED: &str = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 40","parameters":{"retry_after":40}}"#;
    const NO_CHAT: &str =
        r#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#;
    let telegram = Receiver::new(Manner::Says(429, LIMITED));
    let tracker = tracker(&telegram);
    let channel = chat(&tracker);

    let id = test(&tracker, channel);
    let limited = wait_for_error(&tracker, &id, "Too Many Requests");
    let waits: i64 = tracker
        .database()
        .query_row(
            "select next_at - finished_at from outbox_attempts join
            (select id, next_at from outbox) on id = outbox_id where outbox_id = ?1",
            [id.parse::<i64>().unwrap()],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!((waits, &limited["state"]), (40_000, &json!("waiting")));

    for (status, body, words) in [
        (400, NO_CHAT, "Telegram says: Bad Request: chat not found"),
        (200, r#"{"ok":false,"description":"odd"}"#, "odd"),
        (200, "ok", "not one of the Bot API"),
    ] {
        telegram.turns(Manner::Says(status, body));
        resend(&tracker, &id);
        wait_for_error(&tracker, &id, words);
    }
    telegram.turns(Manner::Says(200, OK));
    resend(&tracker, &id);
    wait_for(&tracker, &id, "sent");
}

#[test]
fn no_answer_and_no_file_holds_a_secret() {
    // It repeats what it was asked, token and all.
    let telegram = Receiver::new(Manner::Echoes);
    let mut tracker = tracker(&telegram);
    let (channel, hook) = (chat(&tracker), webhook(&tracker, &telegram));
    let path = format!("/api/v1/channels/{channel}");
    let secret_path = format!("/api/v1/channels/{hook}/secret");
    let secret = tracker.get(&secret_path).1["secret"]
        .as_str()
        .unwrap()
        .to_owned();

    let id = test(&tracker, channel);
    wait_for_error(&tracker, &id, "not one of the Bot API");
    assert!(telegram.heard()[0].line.contains(TOKEN), "so it was sent");
    let stale = json!({ "name": "X", "kind": "telegram", "chat_id": "1", "version": 7,
        "bot_token": TOKEN });
    let wrong = json!({ "bot_token": format!("{TOKEN} "), "chat_id": "?" });
    let answers = [
        tracker.get(&path),
        tracker.get("/api/v1/channels"),
        tracker.put(&path, &stale),
        tracker.patch(&path, &wrong),
        tracker.patch(&path, &json!({ "bot_token": TOKEN })),
        tracker.patch(&path, &json!({ "bot_token": format!("{TOKEN}/x") })),
        tracker.post(&format!("{path}/clone"), &json!({ "bot_token": TOKEN })),
        tracker.get(&format!("/api/v1/channels/{hook}")),
        tracker.get("/api/v1/outbox"),
        tracker.get(&format!("/api/v1/outbox/{id}")),
        tracker.get("/api/v1/bulk"),
        tracker.get("/healthz"),
    ];
    let statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
    assert_eq!(
        statuses,
        [200, 200, 409, 422, 200, 422, 201, 200, 200, 200, 200, 200]
    );
    for (_, answer) in &answers {
        let answer = answer.to_string();
        assert!(
            !answer.contains(SECRET_PART) && !answer.contains(&secret),
            "{answer}"
        );
    }
    let without = json!({});
    let (status, answer) = tracker.post(&format!("{path}/clone"), &without);
    assert_eq!(
        (status, &answer["error"]["field"]),
        (422, &json!("bot_token"))
    );

    let assert_nowhere = |tracker: &Tracker| {
        let mut files = 0;
        for file in fs::read_dir(tracker.data()).unwrap().flatten() {
            let Ok(bytes) = fs::read(file.path()) else {
                continue; // A socket.
            };
            files += 1;
            for secret in [SECRET_PART, &secret["whsec_".len()..]] {
                let secret = secret.as_bytes();
                let is_there = bytes.windows(secret.len()).any(|part| part == secret);
                assert!(!is_there, "{:?} holds a secret", file.path());
            }
        }
        assert!(files >= 4, "the database, its log, the spill, the key");
    };
    assert_nowhere(&tracker);
    tracker.stop();
    assert_nowhere(&tracker);
    let log = tracker.log();
    assert!(log.contains("INFO"), "{log}");
    assert!(!log.contains(SECRET_PART) && !log.contains(&secret));
    let key = tracker.data().join("millrace.key");
    let mode = fs::metadata(&key).unwrap().permissions().mode() & 0o777;
    assert_eq!((fs::read(&key).unwrap().len(), mode), (32, 0o600));
}

#[test]
fn a_lost_key_is_told_with_each_message_until_the_secret_is_entered_again() {
    let telegram = Receiver::new(Manner::Says(200, OK));
    let mut tracker = tracker(&telegram);
    let (channel, hook) = (chat(&tracker), webhook(&tracker, &telegram));
    let key = tracker.data().join("millrace.key");

    tracker.stop();
    fs::rename(&key, key.with_extension("away")).unwrap();
    tracker.start();
    let id = test(&tracker, channel);
    let lost = wait_for_error(&tracker, &id, "Enter it again");
    assert!(
        lost["tries"][0]["error"].to_string().contains("no "),
        "{lost:#}"
    );
    let (status, answer) = tracker.get(&format!("/api/v1/channels/{hook}/secret"));
    assert_eq!(status, 409, "{answer:#}");

    let path = format!("/api/v1/channels/{channel}");
    assert_eq!(tracker.patch(&path, &json!({ "bot_token": TOKEN })).0, 200);
    resend(&tracker, &id);
    wait_for(&tracker, &id, "sent");
    // The other channel's was encrypted with the key that is away.
    let id = test(&tracker, hook);
    wait_for_error(&tracker, &id, "not the key");
    fs::rename(key.with_extension("away"), &key).unwrap();
    resend(&tracker, &id);
    wait_for(&tracker, &id, "sent");

    fs::write(&key, "torn").unwrap();
    wait_for_error(&tracker, &test(&tracker, hook), "not a key of 32 bytes");
    let (status, answer) = tracker.patch(&path, &json!({ "bot_token": TOKEN }));
    assert_eq!(
        (status, &answer["error"]["code"]),
        (409, &json!("key_unusable"))
    );
    assert_eq!(
        fs::read(&key).unwrap(),
        b"torn",
        "nobody else's file is written over"
    );
}

#[test]
fn a_channel_that_is_paused_or_archived_hears_nothing() {
    let receiver = Receiver::new(Manner::Says(500, "no"));
    let tracker = tracker(&receiver);
    let channel = webhook(&tracker, &receiver);
    let path = format!("/api/v1/channels/{channel}");
    let before = test(&tracker, channel);
    wait_for_error(&tracker, &before, "500");

    assert_eq!(tracker.patch(&path, &json!({ "state": "paused" })).0, 200);
    let paused = wait_for(&tracker, &test(&tracker, channel), "skipped");
    assert_eq!(
        paused["reason"],
        format!("The channel {channel} is paused.")
    );
    resend(&tracker, &before);
    let skipped = wait_for(&tracker, &before, "skipped");
    assert_eq!(skipped["reason"], paused["reason"]);
    assert_eq!(
        tracker.api("DELETE", &path, None, Some(&tracker.key)).0,
        200
    );
    let archived = wait_for(&tracker, &test(&tracker, channel), "skipped");
    assert!(archived["reason"].to_string().contains("archived"));
    assert_eq!(receiver.heard().len(), 1);
}

#[test]
fn a_message_goes_to_where_its_channel_is_now() {
    let (old, new) = (
        Receiver::new(Manner::Says(500, "no")),
        Receiver::new(Manner::Says(200, "ok")),
    );
    let tracker = tracker(&old);
    let channel = webhook(&tracker, &old);
    let id = test(&tracker, channel);
    wait_for_error(&tracker, &id, "500");

    let path = format!("/api/v1/channels/{channel}");
    assert_eq!(
        tracker.patch(&path, &json!({ "url": new.url("/new") })).0,
        200
    );
    resend(&tracker, &id);

    let sent = wait_for(&tracker, &id, "sent");
    assert_eq!(sent["url"], new.url("/new"));
    assert_eq!(
        (old.heard().len(), new.targets()),
        (1, vec!["/new".to_owned()])
    );
}

#[test]
fn kill_9_loses_no_message_and_repeats_no_recorded_success() {
    let receiver = Receiver::new(Manner::Says(200, "ok"));
    let mut tracker = tracker(&receiver);
    let channel = webhook(&tracker, &receiver);
    let mut ids = Vec::new();
    for round in 0..3 {
        ids.extend((0..10).map(|_| test(&tracker, channel)));
        std::thread::sleep(Duration::from_millis(20 * round));
        tracker.kill_9();
        tracker.start();
    }

    for id in &ids {
        let sent = wait_for(&tracker, id, "sent");
        let heard = receiver.heard();
        let times = heard
            .iter()
            .filter(|one| one.header("webhook-id") == Some(id.as_str()))
            .count();
        let is_told = sent["possibly_repeated"] == json!(true);
        assert!(
            times == 1 || (times > 1 && is_told),
            "{id} came {times} times"
        );
    }
}

#[test]
fn receivers_of_all_manners_hold_up_nobody_else() {
    let (bad, good) = (
        Receiver::new(Manner::Redirects),
        Receiver::new(Manner::Says(200, "ok")),
    );
    let tracker = tracker(&bad);
    let (channel, other) = (webhook(&tracker, &bad), webhook(&tracker, &good));
    let id = test(&tracker, channel);
    wait_for_error(&tracker, &id, "redirects are not followed");
    assert_eq!(bad.targets(), ["/hook?a=1"]);
    bad.turns(Manner::Floods);
    let flooded = wait_for(&tracker, &test(&tracker, channel), "sent");
    assert_eq!(flooded["tries"][0]["body"].as_str().unwrap().len(), 4_096);
    bad.turns(Manner::Silent);
    let silent: Vec<String> = (0..12).map(|_| test(&tracker, channel)).collect();

    for _ in 0..5 {
        wait_for(&tracker, &test(&tracker, other), "sent");
    }
    wait_for_error(&tracker, &silent[0], "within 10 seconds");
    assert!(bad.heard().len() <= 2 + 8 + 1, "{}", bad.heard().len());
}

#[test]
fn webhooks_in_private_networks_are_not_called_by_default() {
    let receiver = Receiver::new(Manner::Says(200, OK));
    let tracker = Options::default()
        .set("OUTBOUND__TELEGRAM_API", &receiver.url(""))
        .spawn();
    let (hook, chat) = (webhook(&tracker, &receiver), chat(&tracker));

    wait_for_error(&tracker, &test(&tracker, hook), "private network");
    // The settings name the address of the Bot API, and they are the operator's own.
    wait_for(&tracker, &test(&tracker, chat), "sent");
    assert_eq!(receiver.heard().len(), 1);
}
