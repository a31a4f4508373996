//! No room, or no right to write.

use std::fs;
use std::time::Duration;

use crate::disk::{Scope, SmallDisk, Weather, limit_file_size};
use crate::load::{longest_wait, visits};
use crate::tracker::{Options, Tracker, spawn};

const BOUND: Duration = Duration::from_secs(1);

/// Visitors before, during and after a fault; all of them must be stored in the end.
fn survives(tracker: &Tracker, begin: impl FnOnce(), end: impl FnOnce()) {
    tracker.simple_campaign("offer");
    let mut promises = visits(tracker, "offer", Duration::from_millis(300));

    begin();
    let during = visits(tracker, "offer", Duration::from_secs(3));
    end();

    assert!(
        longest_wait(&during) < BOUND,
        "a visitor waited {:?}",
        longest_wait(&during)
    );
    promises.extend(during);
    promises.extend(visits(tracker, "offer", Duration::from_millis(300)));
    tracker.assert_stored(&promises);
}

#[test]
fn full_disk_keeps_clicks_in_the_spill_until_there_is_room() {
    let tracker = spawn();
    let disk = &tracker.disk;

    survives(
        &tracker,
        || disk.turns(Weather::Full, Scope::Everything),
        || disk.heal(),
    );
}

#[test]
fn full_disk_and_kill_9_lose_no_answered_click() {
    let mut tracker = spawn();
    tracker.simple_campaign("offer");
    tracker.disk.turns(Weather::Full, Scope::Everything);
    let promises = visits(&tracker, "offer", Duration::from_secs(2));

    tracker.kill_9();
    tracker.disk.heal();
    tracker.start();

    tracker.assert_stored(&promises);
}

#[test]
fn full_disk_with_a_full_spill_still_sends_visitors_on_and_stores_them_later() {
    let tracker = Options::default().set("STORAGE__SPILL_MB", "1").spawn();
    let disk = &tracker.disk;

    survives(
        &tracker,
        || disk.turns(Weather::Full, Scope::Everything),
        || disk.heal(),
    );
}

#[test]
fn read_only_disk_still_sends_visitors_on_and_stores_them_later() {
    let tracker = spawn();
    let disk = &tracker.disk;

    survives(
        &tracker,
        || disk.turns(Weather::ReadOnly, Scope::Everything),
        || disk.heal(),
    );
}

#[test]
fn read_only_database_alone_goes_to_the_spill() {
    let tracker = spawn();
    let disk = &tracker.disk;

    survives(
        &tracker,
        || disk.turns(Weather::ReadOnly, Scope::Database),
        || disk.heal(),
    );
}

#[test]
fn spill_that_cannot_be_written_does_not_matter_while_the_database_can() {
    let tracker = spawn();
    let disk = &tracker.disk;

    survives(
        &tracker,
        || disk.turns(Weather::ReadOnly, Scope::Spill),
        || disk.heal(),
    );
}

#[test]
fn really_full_file_system_loses_no_answered_click() {
    let Some(small) = SmallDisk::mount(48) else {
        return;
    };
    let tracker = Options::default()
        .data(&small.path().join("data"))
        .set("STORAGE__SPILL_MB", "8")
        .spawn();

    survives(&tracker, || small.fill(), || small.free());
}

#[test]
fn really_full_file_system_and_kill_9_lose_no_answered_click() {
    let Some(small) = SmallDisk::mount(48) else {
        return;
    };
    let mut tracker = Options::default()
        .data(&small.path().join("data"))
        .set("STORAGE__SPILL_MB", "8")
        .spawn();
    tracker.simple_campaign("offer");
    small.fill();
    let promises = visits(&tracker, "offer", Duration::from_secs(2));

    tracker.kill_9();
    small.free();
    tracker.start();

    tracker.assert_stored(&promises);
}

#[test]
fn limit_on_file_sizes_is_an_error_of_one_write_and_not_the_end_of_the_process() {
    let tracker = spawn();
    let pid = tracker.pid();
    let wal = tracker.data().join("millrace.db-wal");

    survives(
        &tracker,
        || {
            limit_file_size(
                pid,
                Some(fs::metadata(&wal).map_or(4096, |file| file.len().max(4096))),
            )
        },
        || limit_file_size(pid, None),
    );
}
