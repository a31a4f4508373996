//! Starting, stopping, commands beside a running server.

use std::process::Stdio;

use crate::tracker::{Options, spawn};

#[test]
fn second_server_on_a_directory_is_refused_with_a_sentence() {
    let tracker = spawn();

    let second = tracker
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .output()
        .unwrap();

    let words = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{words}");
    assert!(words.contains(tracker.data().to_str().unwrap()), "{words}");
    assert!(tracker.get("/healthz").0 == 200);
}

#[test]
fn key_made_beside_a_running_server_counts_at_once() {
    let tracker = spawn();

    let key = tracker.create_key("made later");

    assert_eq!(
        tracker.api("GET", "/api/v1/offers", None, Some(&key)).0,
        200
    );
}

#[test]
fn clicks_can_be_read_with_plain_sql() {
    let tracker = spawn();
    tracker.simple_campaign("offer");
    tracker.click("/offer?source=zone7", &[]);

    let source: String = tracker
        .database()
        .query_row("select source from clicks_readable", [], |row| row.get(0))
        .unwrap();

    assert_eq!(source, "zone7");
}

#[test]
fn unknown_settings_are_refused_by_name() {
    let tracker = spawn();
    let config = tracker.data().join("config.toml");
    std::fs::write(
        &config,
        "[server]\nlisten = \"127.0.0.1:0\"\nnonsense = 1\n",
    )
    .unwrap();

    let output = tracker
        .command(&["serve", "--config", config.to_str().unwrap()])
        .output()
        .unwrap();

    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("nonsense"), "{words}");
}

#[test]
fn settings_of_the_environment_are_used() {
    let tracker = Options::default().set("STORAGE__SPILL_MB", "1").spawn();

    let spill = std::fs::metadata(tracker.data().join("millrace.spill")).unwrap();

    assert!(spill.len() <= 2 * 1024 * 1024, "{} bytes", spill.len());
}
