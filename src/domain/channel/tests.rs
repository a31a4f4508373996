//! Which channels can be stored, and what becomes of their secrets.

use serde_json::json;

use super::*;

const TOKEN: &str = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11";

fn read(document: Value) -> Channel {
    Channel::read(&document).unwrap()
}

fn fields(document: Value) -> Vec<String> {
    let problems = Channel::read(&document).unwrap_err().into_iter();
    problems.map(|problem| problem.field).collect()
}

fn completed(mut channel: Channel, stored: Option<&Channel>) -> (Channel, Vec<Problem>) {
    let mut fresh = Fresh::after(0);
    let problems = channel.complete(&Documents::default(), stored, &mut fresh);
    (channel, problems)
}

#[test]
fn a_secret_is_handed_over_and_is_no_part_of_the_document() {
    let channel = read(
        json!({ "name": "C", "kind": "telegram", "chat_id": "@my_chat",
        "bot_token": TOKEN }),
    );

    let stored = serde_json::to_string(&channel).unwrap();
    assert!(
        !stored.contains("bot_token") && !stored.contains("DEF1234"),
        "{stored}"
    );
    assert_eq!(channel.secret.take().as_deref(), Some(TOKEN));
    assert_eq!(
        Channel::read(&serde_json::from_str(&stored).unwrap()),
        Ok(channel)
    );
}

#[test]
fn mistakes_are_told_where_they_are_and_never_repeat_a_secret() {
    assert_eq!(fields(json!({})), ["name", "kind", "chat_id"]);
    let telegram = json!({ "name": "C", "kind": "telegram", "chat_id": "my chat",
        "url": "https://x.example/", "secret": "whsec_AAAA", "bot_token": "s3cret" });
    assert_eq!(
        fields(telegram.clone()),
        ["chat_id", "url", "bot_token", "secret"]
    );
    let told = format!("{:?}", Channel::read(&telegram));
    assert!(!told.contains("s3cret") && !told.contains("AAAA"), "{told}");
    for url in ["ftp://x.example/", "https://x.example/{click_id}", "/x", ""] {
        let webhook = json!({ "name": "C", "kind": "webhook", "url": url });
        assert_eq!(fields(webhook), ["url"], "{url}");
    }
    let webhook = json!({ "name": "C", "kind": "webhook", "url": "https://x.example/",
        "chat_id": "1", "secret": "whsec_tooshort" });
    assert_eq!(fields(webhook), ["chat_id", "secret"]);
}

#[test]
fn every_channel_has_a_secret_of_its_kind() {
    let webhook = json!({ "name": "C", "kind": "webhook", "url": "https://x.example/" });
    let telegram = json!({ "name": "C", "kind": "telegram", "chat_id": "-100123" });

    let (made, problems) = completed(read(webhook.clone()), None);
    assert_eq!(problems, []);
    let secret = made.secret.take().unwrap();
    assert_eq!(signing_key(&secret).unwrap().len(), 32);
    assert_ne!(completed(read(webhook), None).0.secret.take(), Some(secret));

    let (_, problems) = completed(read(telegram.clone()), None);
    assert_eq!(problems[0].field, "bot_token");
    // What is stored stays, unless the channel becomes one of another kind.
    assert_eq!(
        completed(read(telegram.clone()), Some(&read(telegram.clone()))).1,
        []
    );
    assert_eq!(completed(read(telegram), Some(&made)).1.len(), 1);
}
