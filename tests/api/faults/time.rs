//! The wall clock misbehaves.

use std::collections::HashSet;
use std::time::Duration;

use crate::load::{Promise, promise, visits};
use crate::tracker::{Tracker, spawn};

fn all_different(promises: &[Promise]) -> bool {
    let ids: HashSet<&str> = promises
        .iter()
        .map(|promise| promise.click_id.as_str())
        .collect();
    ids.len() == promises.len()
}

fn some(tracker: &Tracker, count: usize) -> Vec<Promise> {
    let mut visitor = tracker.visitor();
    (0..count)
        .map(|_| promise(&mut visitor, "offer").unwrap())
        .collect()
}

#[test]
fn clock_set_back_by_an_hour_repeats_no_id_and_loses_no_click() {
    let mut tracker = spawn();
    tracker.simple_campaign("offer");
    let mut promises = visits(&tracker, "offer", Duration::from_millis(500));

    tracker.disk.set_clock_off_by(-3_600_000);
    let later = visits(&tracker, "offer", Duration::from_millis(500));
    tracker.stop();
    tracker.start();
    let restarted = some(&tracker, 20);

    let highest = promises.iter().map(Promise::row_id).max();
    assert!(
        later
            .iter()
            .chain(&restarted)
            .all(|click| Some(click.row_id()) > highest)
    );
    promises.extend(later);
    promises.extend(restarted);
    assert!(all_different(&promises));
    tracker.assert_stored(&promises);
}

#[test]
fn clock_set_forward_and_back_again_loses_no_click() {
    let tracker = spawn();
    tracker.simple_campaign("offer");
    let mut promises = Vec::new();
    for offset in [86_400_000, 0, -86_400_000, 0] {
        tracker.disk.set_clock_off_by(offset);
        promises.extend(visits(&tracker, "offer", Duration::from_millis(200)));
    }

    assert!(all_different(&promises));
    tracker.assert_stored(&promises);
}

#[test]
fn restart_within_the_same_millisecond_repeats_no_id() {
    let mut tracker = spawn();
    tracker.simple_campaign("offer");
    tracker.disk.stop_clock();

    let mut promises = some(&tracker, 30);
    tracker.stop();
    tracker.start();
    promises.extend(some(&tracker, 30));
    tracker.kill_9();
    tracker.start();
    promises.extend(some(&tracker, 30));

    assert!(all_different(&promises));
    tracker.assert_stored(&promises);
}

/// The ids of the spill count too: the database has not seen them yet.
#[test]
fn restart_with_clicks_in_the_spill_repeats_no_id() {
    use crate::disk::{Scope, Weather};
    let mut tracker = spawn();
    tracker.simple_campaign("offer");
    tracker.disk.stop_clock();
    tracker.disk.turns(Weather::Full, Scope::Database);

    let mut promises = some(&tracker, 30);
    tracker.kill_9();
    tracker.disk.heal();
    tracker.start();
    promises.extend(some(&tracker, 30));

    assert!(all_different(&promises));
    tracker.assert_stored(&promises);
}
