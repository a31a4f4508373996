//! Storage that does not answer.

use std::thread::{scope, sleep};
use std::time::Duration;

use rusqlite::Connection;

use crate::disk::{Scope, Weather};
use crate::load::{longest_wait, visits};
use crate::tracker::spawn;

const BOUND: Duration = Duration::from_secs(1);

#[test]
fn locked_database_keeps_no_visitor_waiting() {
    let tracker = spawn();
    tracker.simple_campaign("offer");
    let stranger = Connection::open(tracker.data().join("millrace.db")).unwrap();
    stranger.execute_batch("begin exclusive").unwrap();

    let promises = visits(&tracker, "offer", Duration::from_secs(3));
    stranger.execute_batch("rollback").unwrap();

    assert!(
        longest_wait(&promises) < BOUND,
        "a visitor waited {:?}",
        longest_wait(&promises)
    );
    tracker.assert_stored(&promises);
}

#[test]
fn kill_9_behind_a_locked_database_loses_no_answered_click() {
    let mut tracker = spawn();
    tracker.simple_campaign("offer");
    let stranger = Connection::open(tracker.data().join("millrace.db")).unwrap();
    stranger.execute_batch("begin exclusive").unwrap();
    let promises = visits(&tracker, "offer", Duration::from_secs(1));

    tracker.kill_9();
    stranger.execute_batch("rollback").unwrap();
    tracker.start();

    tracker.assert_stored(&promises);
}

#[test]
fn reader_that_never_ends_does_not_disturb() {
    let tracker = spawn();
    tracker.simple_campaign("offer");
    let stranger = tracker.database();
    stranger
        .execute_batch("begin; select count(*) from clicks")
        .unwrap();

    let promises = visits(&tracker, "offer", Duration::from_secs(3));

    assert!(
        longest_wait(&promises) < BOUND,
        "a visitor waited {:?}",
        longest_wait(&promises)
    );
    tracker.assert_stored(&promises);
}

#[test]
fn stalled_database_for_ten_seconds_goes_to_the_spill() {
    let tracker = spawn();
    tracker.simple_campaign("offer");
    tracker.disk.turns(Weather::Stalled, Scope::Database);

    let promises = visits(&tracker, "offer", Duration::from_secs(10));
    tracker.disk.heal();

    assert!(
        longest_wait(&promises) < BOUND,
        "a visitor waited {:?}",
        longest_wait(&promises)
    );
    assert!(
        promises.len() > 500,
        "only {} clicks in ten seconds",
        promises.len()
    );
    tracker.assert_stored(&promises);
}

/// Neither file takes anything: kept in memory, the only exception. Stored once it goes on.
#[test]
fn stalled_disk_for_ten_seconds_still_sends_visitors_on() {
    let tracker = spawn();
    tracker.simple_campaign("offer");
    tracker.disk.turns(Weather::Stalled, Scope::Everything);

    let promises = visits(&tracker, "offer", Duration::from_secs(10));
    tracker.disk.heal();

    assert!(
        longest_wait(&promises) < BOUND,
        "a visitor waited {:?}",
        longest_wait(&promises)
    );
    assert!(
        promises.len() > 500,
        "only {} clicks in ten seconds",
        promises.len()
    );
    tracker.assert_stored(&promises);
}

#[test]
fn disk_that_stalls_again_and_again_loses_nothing() {
    let tracker = spawn();
    tracker.simple_campaign("offer");

    let promises = scope(|threads| {
        threads.spawn(|| {
            for round in 0..8 {
                let scope = [Scope::Database, Scope::Everything, Scope::Spill][round % 3];
                tracker.disk.turns(Weather::Stalled, scope);
                sleep(Duration::from_millis(350));
                tracker.disk.heal();
                sleep(Duration::from_millis(150));
            }
        });
        visits(&tracker, "offer", Duration::from_secs(4))
    });

    assert!(
        longest_wait(&promises) < BOUND,
        "a visitor waited {:?}",
        longest_wait(&promises)
    );
    tracker.assert_stored(&promises);
}
