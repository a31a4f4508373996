//! Clicks deleted.

use serde_json::json;

use super::{clicks, done, lately, set_up, spent, text};
use crate::money::{click, postback};

const CLEAN_UPS: &str = "/api/v1/clean-ups";

const ROWS: &str = "
    select concat_ws(' ', (select count(*) from clicks), (select count(*) from offer_clicks),
        (select count(*) from conversions), (select count(*) from conversion_changes))";

#[test]
fn clicks_go_with_all_that_hangs_on_them_once_their_number_is_confirmed() {
    let (tracker, push, pops) = set_up();
    clicks(&tracker, "/push", 2);
    let id = click(&tracker, "push");
    postback(&tracker, &format!("subid={id}&status=sale&tid=1"));
    postback(&tracker, &format!("subid={id}&status=sale&tid=2"));
    tracker.click(&format!("/go?click_id={id}"), &[]);
    let other = click(&tracker, "pops");
    postback(&tracker, &format!("subid={other}&status=sale"));
    let before = text(&tracker, ROWS);
    let mut body = lately(json!({"campaign_ids": [push]}));

    let (status, counted) = tracker.post(CLEAN_UPS, &body);
    assert_eq!(status, 200, "{counted:#}");
    let steps: i64 = counted["offer_clicks"].as_i64().unwrap();
    assert_eq!(
        (&counted["clicks"], &counted["conversions"]),
        (&json!(3), &json!(2))
    );
    body["confirm_clicks"] = json!(2);
    let (status, refused) = tracker.post(CLEAN_UPS, &body);
    assert_eq!(
        (status, &refused["error"]["code"]),
        (409, &json!("count_changed"))
    );
    assert_eq!(text(&tracker, ROWS), before);
    body["confirm_clicks"] = json!(3);
    let (status, job) = tracker.post(CLEAN_UPS, &body);
    assert_eq!(status, 202, "{job:#}");
    let job = done(&tracker, &job["id"]);

    assert_eq!(
        job["result"],
        json!({"clicks": 3, "offer_clicks": steps, "conversions": 2})
    );
    assert_eq!(text(&tracker, ROWS), "1 0 1 1");
    assert_eq!(spent(&tracker, push), [json!("0"), json!("0")]);
    assert_eq!(spent(&tracker, pops), [json!("0.25"), json!("0.25")]);
    let (status, _) = tracker.get(&format!("/api/v1/clicks/{id}"));
    assert_eq!(status, 404);
    postback(&tracker, &format!("subid={id}&status=sale&tid=3"));
    assert_eq!(text(&tracker, ROWS), "1 0 1 1", "nothing to credit it to");
}

#[test]
fn a_campaign_has_to_be_named() {
    let (tracker, _, _) = set_up();

    let (status, refused) = tracker.post(CLEAN_UPS, &lately(json!({})));

    assert_eq!(
        (status, &refused["error"]["field"]),
        (422, &json!("campaign_ids"))
    );
}
