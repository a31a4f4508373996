//! The columns of reports: made anew and compared with the rows, beside the server and without it.

use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::load::{Load, Promise, visits};
use crate::tracker::{Tracker, spawn};

fn columns(tracker: &Tracker, what: &str) -> Output {
    tracker.command(&["columns", what]).output().unwrap()
}

fn text(output: &Output) -> String {
    let (out, error) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(error)
    )
}

#[track_caller]
fn told(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(output));
    text(output)
}

/// A conversion of a click, whatever there was of it before.
fn convert(tracker: &Tracker, promise: &Promise, status: &str) {
    let target = format!(
        "/postback?click_id={}&status={status}&payout=2",
        promise.click_id
    );
    let answer = tracker.visitor().click(&target, &[]).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn columns_are_made_and_verified_beside_the_server_and_without_it() {
    let mut tracker = spawn();
    tracker.simple_campaign("offer");
    let promises = visits(&tracker, "offer", Duration::from_millis(300));
    for promise in &promises[..5] {
        convert(&tracker, promise, "lead");
    }
    let rows = promises.len() + 5;

    let made = told(&columns(&tracker, "rebuild"));
    convert(&tracker, &promises[1], "sale");
    let verified = told(&columns(&tracker, "verify"));

    assert!(
        made.contains(&format!("Made 2 segments of {rows} rows.")),
        "{made}"
    );
    assert!(
        verified.contains(&format!("2 segments of {rows} rows say")),
        "{verified}"
    );
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let figures: Value = tracker.get("/healthz").1["columns"].clone();
        // The sealing itself changed nothing; the sale changed its conversion.
        if figures["segments"] == 2 && figures["unsealed_rows"] == 0 && figures["loose_rows"] == 1 {
            break;
        }
        assert!(Instant::now() < deadline, "{figures}");
        thread::sleep(Duration::from_millis(200));
    }

    tracker.stop();
    told(&columns(&tracker, "verify"));
    let made = told(&columns(&tracker, "rebuild"));
    assert!(made.contains(&format!("of {rows} rows.")), "{made}");
}

#[test]
fn a_flipped_byte_is_named_and_its_segment_made_anew() {
    let mut tracker = spawn();
    tracker.simple_campaign("offer");
    visits(&tracker, "offer", Duration::from_millis(200));
    tracker.stop();
    told(&columns(&tracker, "rebuild"));
    let flip = "
        update segment_columns set data = cast(data || x'00' as blob)
        where rowid = (select min(rowid) from segment_columns)";
    let database = rusqlite::Connection::open(tracker.data().join("millrace.db")).unwrap();
    assert_eq!(database.execute(flip, []).unwrap(), 1);
    drop(database);

    let found = columns(&tracker, "verify");

    assert!(!found.status.success());
    assert!(
        text(&found).contains("segment 1 of clicks"),
        "{}",
        text(&found)
    );
    told(&columns(&tracker, "verify"));
    let made = told(&columns(&tracker, "rebuild"));
    assert!(made.contains("Made 1 segments"), "{made}");
}

#[test]
fn kill_9_while_sealing_leaves_columns_that_say_what_the_rows_say() {
    let mut tracker = spawn();
    tracker.simple_campaign("offer");
    let mut promises = visits(&tracker, "offer", Duration::from_millis(300));
    let mut sealed = 0;
    for round in 0..4 {
        let load = Load::with_pause(&tracker, "offer", 3, Duration::from_millis(2));
        let is_over = Arc::new(AtomicBool::new(false));
        let command = || tracker.command(&["columns", "rebuild"]);
        let mut commands: Vec<_> = (0..200).map(|_| command()).collect();
        let seen = Arc::clone(&is_over);
        let sealing = thread::spawn(move || {
            let mut done = commands
                .iter_mut()
                .take_while(|_| !seen.load(Ordering::Relaxed));
            done.by_ref()
                .filter_map(|command| command.output().ok())
                .filter(|output| output.status.success())
                .count()
        });
        for promise in promises.iter().rev().take(20) {
            convert(&tracker, promise, "sale");
        }
        thread::sleep(Duration::from_millis(150 + 90 * round));
        tracker.kill_9();
        is_over.store(true, Ordering::Relaxed);
        sealed += sealing.join().unwrap();
        promises.extend(load.finish());
        tracker.start();
        told(&columns(&tracker, "verify"));
    }

    assert!(sealed > 3, "only {sealed} rebuilds in four rounds");
    tracker.assert_stored(&promises);
    told(&columns(&tracker, "rebuild"));
    told(&columns(&tracker, "verify"));
    tracker.stop();
    let rows: u64 = tracker
        .database()
        .query_row("select sum(rows) from segments where kind = 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(rows, tracker.count_clicks());
}
