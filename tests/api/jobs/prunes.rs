//! Raw clicks dropped.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{DAY_MS, PATIENCE, set_up, text};
use crate::import::sown;
use crate::money::postback;
use crate::tracker::Tracker;

const ROWS: &str = "select concat_ws(' ', (select count(*) from clicks),
    (select sum(rows) from segments where kind = 1 and state = 'archived'))";

fn command(tracker: &Tracker, arguments: &[&str]) -> String {
    let output = tracker.command(arguments).output().unwrap();
    let (said, complained) = (output.stdout, output.stderr);
    let said = String::from_utf8(said).unwrap() + &String::from_utf8(complained).unwrap();
    assert!(output.status.success(), "{said}");
    said
}

/// 600 clicks of 40 days ago in a segment of their own, the sixth of them with a sale, and one of today.
fn with_old_clicks() -> Tracker {
    let (mut tracker, _, _) = set_up();
    let now = millrace::clock::now_ms();
    let old = sown(&mut tracker, now - 40 * DAY_MS, 600);
    postback(&tracker, &format!("subid={}&status=sale", old[5]));
    let sealed = "select iif(sum(rows) = 600, 'yes', '') from segments where kind = 1";
    let deadline = Instant::now() + PATIENCE;
    while text(&tracker, sealed) != "yes" {
        assert!(Instant::now() < deadline, "old clicks are not sealed");
        thread::sleep(Duration::from_millis(50));
    }
    tracker
}

#[test]
fn old_clicks_lose_their_rows_beside_the_server_but_those_that_earned() {
    let tracker = with_old_clicks();

    let young = command(&tracker, &["prune", "--days", "41"]);
    assert!(young.starts_with("0 raw clicks"), "{young}");
    let said = command(&tracker, &["prune", "--days", "39"]);

    assert!(said.starts_with("599 raw clicks"), "{said}");
    assert_eq!(text(&tracker, ROWS), "2 600");
    assert!(command(&tracker, &["columns", "verify"]).contains("say what the rows say"));
    let (_, jobs) = tracker.get("/api/v1/jobs");
    assert_eq!(jobs["items"][0]["kind"], "prune");
    let result = json!({"segments": 1, "clicks": 599, "skipped": 0});
    assert_eq!(jobs["items"][0]["result"], result);
}

#[test]
fn old_clicks_lose_their_rows_without_a_server_too() {
    let mut tracker = with_old_clicks();
    tracker.stop();

    let said = command(&tracker, &["prune", "--days", "39"]);
    let again = command(&tracker, &["prune", "--days", "39"]);

    assert!(said.starts_with("599 raw clicks"), "{said}");
    assert!(again.starts_with("0 raw clicks"), "{again}");
    tracker.start();
    assert_eq!(text(&tracker, ROWS), "2 600");
}
