//! Clicks judged again by other lists.

use serde_json::json;

use super::{clicks, done, lately, set_up, text};
use crate::money::{click, postback};
use crate::tracker::Tracker;

const BOT_UPDATES: &str = "/api/v1/bot-updates";

fn reasons(tracker: &Tracker) -> String {
    text(
        tracker,
        "select group_concat(coalesce(bot_reason, '-'), ' ')
         from (select bot_reason from clicks_readable order by id)",
    )
}

#[test]
fn labels_follow_the_lists_and_what_a_conversion_cleared_stays_clear() {
    let (mut tracker, push, _) = set_up();
    clicks(&tracker, "/push", 2);
    let preview = [
        ("X-Forwarded-For", "198.51.100.3"),
        ("X-Purpose", "preview"),
    ];
    tracker.click("/push", &preview);
    let tool = [
        ("X-Forwarded-For", "198.51.100.4"),
        ("User-Agent", "curl/8.5.0"),
    ];
    let converted = tracker.click("/push", &tool);
    let id = converted.click_id().unwrap().to_owned();
    postback(&tracker, &format!("subid={id}&status=sale"));
    let phone = [
        ("X-Forwarded-For", "198.51.100.9"),
        (
            "User-Agent",
            "Mozilla/5.0 (Linux; Android 14) MyChecker/2 Mobile",
        ),
    ];
    tracker.click("/push", &phone);
    click(&tracker, "pops");
    let before = reasons(&tracker);
    assert_eq!(
        before.split(' ').skip(2).take(3).collect::<Vec<_>>(),
        ["prefetch", "converted", "-"]
    );
    tracker.stop();
    tracker.set("BOTS__ADDRESSES", "198.51.100.1");
    tracker.set("BOTS__USER_AGENTS", "mychecker");
    tracker.start();
    let mut body = lately(json!({"campaign_ids": [push]}));
    body["preview"] = json!(true);

    let (status, counted) = tracker.post(BOT_UPDATES, &body);
    assert_eq!(status, 200, "{counted:#}");
    assert_eq!(reasons(&tracker), before);
    body["preview"] = json!(false);
    let (status, job) = tracker.post(BOT_UPDATES, &body);
    assert_eq!(status, 202, "{job:#}");
    let job = done(&tracker, &job["id"]);

    assert_eq!(job["result"], counted);
    let after = reasons(&tracker);
    let after: Vec<&str> = after.split(' ').collect();
    assert_eq!(after[0], "ip_list");
    assert_eq!(after[1..2], before.split(' ').collect::<Vec<_>>()[1..2]);
    assert_eq!(after[2..5], ["prefetch", "converted", "user_agent_list"]);
    assert_eq!(job["done"], 5);

    tracker.stop();
    tracker.set("BOTS__ADDRESSES", "192.0.2.1");
    tracker.set("BOTS__USER_AGENTS", "somebody else");
    tracker.start();
    let (_, job) = tracker.post(BOT_UPDATES, &body);
    done(&tracker, &job["id"]);
    assert_eq!(reasons(&tracker), before);
}
