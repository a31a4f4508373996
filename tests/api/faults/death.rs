//! The process ends: at once, or politely.

use std::thread::sleep;
use std::time::Duration;

use crate::disk::{Scope, Weather};
use crate::load::{Load, visits};
use crate::tracker::{Options, spawn};

#[test]
fn kill_9_at_full_load_loses_no_answered_click() {
    let mut tracker = spawn();
    tracker.simple_campaign("offer");

    let mut promises = Vec::new();
    for round in 0..5 {
        let load = Load::start(&tracker, "offer", 6);
        sleep(Duration::from_millis(400 + 130 * round));
        tracker.kill_9();
        promises.extend(load.finish());
        tracker.start();
    }

    assert!(
        promises.len() > 200,
        "only {} clicks in five rounds",
        promises.len()
    );
    tracker.assert_stored(&promises);
}

#[test]
fn kill_9_while_clicks_are_only_in_the_spill_loses_none() {
    let mut tracker = spawn();
    tracker.simple_campaign("offer");
    tracker.disk.turns(Weather::Stalled, Scope::Database);
    let promises = visits(&tracker, "offer", Duration::from_secs(2));

    tracker.kill_9();
    tracker.disk.heal();
    // Killed in the middle of its replay, too, at several points.
    for pause in [0, 20, 60, 150] {
        tracker.start();
        sleep(Duration::from_millis(pause));
        tracker.kill_9();
    }
    tracker.start();

    tracker.assert_stored(&promises);
}

#[test]
fn kill_9_and_then_a_replay_beside_new_clicks_stores_both() {
    let mut tracker = spawn();
    tracker.simple_campaign("offer");
    tracker.disk.turns(Weather::Full, Scope::Database);
    let mut promises = visits(&tracker, "offer", Duration::from_secs(1));

    tracker.kill_9();
    tracker.disk.heal();
    tracker.start();
    promises.extend(visits(&tracker, "offer", Duration::from_secs(1)));

    tracker.assert_stored(&promises);
}

#[test]
fn kill_9_loses_nothing_with_durability_power() {
    let mut tracker = Options::default()
        .set("STORAGE__DURABILITY", "power")
        // A busy disk may take longer than 100 ms to sync either file, and then visitors would go
        // on with their clicks in memory only.
        .set("STORAGE__ACK_TIMEOUT_MS", "20000")
        .spawn();
    tracker.simple_campaign("offer");
    let load = Load::start(&tracker, "offer", 4);
    sleep(Duration::from_millis(800));

    tracker.kill_9();
    let promises = load.finish();
    tracker.start();

    tracker.assert_stored(&promises);
}

#[test]
fn shutdown_keeps_every_accepted_click() {
    let mut tracker = spawn();
    tracker.simple_campaign("offer");
    let load = Load::start(&tracker, "offer", 6);
    sleep(Duration::from_millis(700));

    tracker.stop();
    let promises = load.finish();

    // Nobody runs who could replay anything: it has to be in the database already.
    tracker.assert_stored(&promises);
}

#[test]
fn shutdown_while_the_database_is_full_leaves_the_clicks_to_the_next_start() {
    let mut tracker = spawn();
    tracker.simple_campaign("offer");
    tracker.disk.turns(Weather::Full, Scope::Database);
    let promises = visits(&tracker, "offer", Duration::from_secs(1));

    tracker.terminate();
    tracker.wait();
    tracker.disk.heal();
    tracker.start();

    tracker.assert_stored(&promises);
}
