//! When rows are tried again, and when not.

use super::*;
use crate::store::connection::{Durability, open_writer};
use crate::store::migrations::migrate;
use crate::store::outbox::due::look;
use crate::store::readers::Readers;

const NOW: i64 = 1_790_000_000_000;

/// A file with the calls 1 and 2, which wait.
fn open(directory: &tempfile::TempDir) -> (Writer, Readers) {
    const CALLS: &str = "
        insert into outbox (id, at, kind, conversion_id, click_id, campaign_id, event, status,
            target, method, url, host, headers, body, success_contains, success_lacks, state,
            next_at)
        select value, 0, 'postback', value, 7, 1, 'conversion', 'sale', 't', 'GET', 'http://h/',
            'h' || value, '[]', '', '', '', 'waiting', 0
        from json_each('[1, 2]')";
    let path = directory.path().join("millrace.db");
    let mut connection = open_writer(&path, Durability::Process).unwrap();
    migrate(&mut connection, &path).unwrap();
    connection.execute_batch(CALLS).unwrap();
    (Writer::over(connection), Readers::open(&path).unwrap())
}

/// What is due of the hosts that are not this one.
fn ids(readers: &Readers, now: i64, busy: &str) -> Vec<i64> {
    let places = |host: &str| usize::from(host != busy) * 10;
    let found = look(readers, now, 10, places, |_| false).unwrap();
    found.due.into_iter().map(|due| due.id).collect()
}

fn begun(writer: &Writer, id: i64, now: i64) -> Vec<Attempt> {
    turn(writer, Vec::new(), vec![id], now).unwrap()
}

fn ended(writer: &Writer, attempt: &Attempt, ended: Ended, at: i64) {
    let finished = Finished {
        id: attempt.id,
        number: attempt.number,
        at,
        ended,
    };
    turn(writer, vec![finished], Vec::new(), at).unwrap();
}

fn success() -> Ended {
    Ended {
        is_success: true,
        ..Ended::default()
    }
}

#[test]
fn a_call_that_never_succeeds_is_tried_ever_less_often_and_expires() {
    let directory = tempfile::tempdir().unwrap();
    let (writer, readers) = open(&directory);
    let mut now = NOW;
    for wait in WAITS {
        let attempt = begun(&writer, 1, now).remove(0);
        ended(&writer, &attempt, Ended::default(), now);
        assert_eq!(ids(&readers, now + wait * 1_000 - 1, "h2"), [0; 0]);
        now += wait * 1_000;
        assert_eq!(ids(&readers, now, "h2"), [1]);
    }
    let last = begun(&writer, 1, now).remove(0);

    ended(&writer, &last, Ended::default(), now);

    assert_eq!(ids(&readers, i64::MAX, ""), [2]);
    assert_eq!(resend(&writer, 1, now).unwrap(), Resent::Queued);
    assert_eq!(ids(&readers, now, "h2"), [1]);
}

#[test]
fn a_receiver_that_asks_for_patience_gets_it() {
    let directory = tempfile::tempdir().unwrap();
    let (writer, readers) = open(&directory);
    let attempt = begun(&writer, 1, NOW).remove(0);
    let patient = Ended {
        wait_seconds: Some(25),
        ..Ended::default()
    };

    ended(&writer, &attempt, patient, NOW);

    assert_eq!(ids(&readers, NOW + 24_999, "h2"), [0; 0]);
    assert_eq!(ids(&readers, NOW + 25_000, "h2"), [1]);
}

#[test]
fn patience_that_is_asked_for_costs_no_try_however_often() {
    let directory = tempfile::tempdir().unwrap();
    let (writer, readers) = open(&directory);
    let patient = Ended {
        wait_seconds: Some(0),
        ..Ended::default()
    };
    let mut now = NOW;
    for _ in 0..WAITS.len() + 2 {
        let attempt = begun(&writer, 1, now).remove(0);
        ended(&writer, &attempt, patient.clone(), now);
        now += WAITS[0] * 1_000;
    }

    let attempt = begun(&writer, 1, now).remove(0);
    ended(&writer, &attempt, Ended::default(), now);

    assert_eq!(
        ids(&readers, now + WAITS[0] * 1_000, "h2"),
        [1],
        "as after the first try"
    );
}

#[test]
fn a_channel_that_asks_for_patience_is_left_alone_and_no_other() {
    const CHANNELS: &str = "
        insert into outbox (id, at, kind, channel_id, method, url, host, headers, body,
            success_contains, success_lacks, state, next_at)
        select key + 3, 0, 'telegram', value ->> 0, 'POST', 'http://t/', 't', '[]', '', '', '',
            value ->> 1, value ->> 2
        from json_each('[[5,\"waiting\",0],[5,\"waiting\",0],[6,\"waiting\",0],
            [5,\"waiting\",1790000099000],[5,\"sent\",0]]')";
    let directory = tempfile::tempdir().unwrap();
    let (writer, readers) = open(&directory);
    let connection = open_writer(&directory.path().join("millrace.db"), Durability::Process);
    connection.unwrap().execute_batch(CHANNELS).unwrap();
    let patient = Ended {
        wait_seconds: Some(40),
        ..Ended::default()
    };
    let limited = Finished {
        id: 3,
        number: 1,
        at: NOW,
        ended: patient,
    };

    turn(&writer, vec![limited], Vec::new(), NOW).unwrap();

    assert_eq!(ids(&readers, NOW + 39_999, ""), [1, 2, 5]);
    assert_eq!(ids(&readers, NOW + 40_000, ""), [1, 2, 5, 3, 4]);
    assert_eq!(ids(&readers, NOW + 99_000, "").len(), 6);
    // Another message was under way; it fails, and waits no less.
    let failed = Finished {
        id: 4,
        number: 1,
        at: NOW,
        ended: Ended::default(),
    };
    turn(&writer, vec![failed], Vec::new(), NOW).unwrap();
    assert_eq!(ids(&readers, NOW + 39_999, ""), [1, 2, 5]);
}

#[test]
fn a_call_is_under_way_once_and_a_success_is_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let (writer, readers) = open(&directory);
    let attempt = begun(&writer, 1, NOW).remove(0);

    assert_eq!(begun(&writer, 1, NOW), []);
    ended(&writer, &attempt, success(), NOW);

    assert_eq!(begun(&writer, 1, NOW), []);
    assert_eq!(ids(&readers, i64::MAX, ""), [2]);
    assert_eq!(resend(&writer, 1, NOW).unwrap(), Resent::Sent);
    assert_eq!(reopen(&writer, NOW).unwrap(), 0);
}

#[test]
fn asked_for_while_an_attempt_is_open_it_is_due_when_that_has_failed() {
    let directory = tempfile::tempdir().unwrap();
    let (writer, readers) = open(&directory);
    let attempt = begun(&writer, 1, NOW).remove(0);
    assert_eq!(resend(&writer, 1, NOW + 1).unwrap(), Resent::Queued);

    ended(&writer, &attempt, Ended::default(), NOW + 2);

    assert_eq!(ids(&readers, NOW + 2, "h2"), [1]);
    let again = begun(&writer, 1, NOW + 3).remove(0);
    resend(&writer, 1, NOW + 4).unwrap();
    ended(&writer, &again, success(), NOW + 5);
    assert_eq!(ids(&readers, i64::MAX, ""), [2], "a success is the end");
}

#[test]
fn what_was_open_at_the_end_is_due_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let (writer, _) = open(&directory);
    begun(&writer, 1, NOW);

    assert_eq!(reopen(&writer, NOW + 5).unwrap(), 1);

    assert_eq!(reopen(&writer, NOW + 5).unwrap(), 0);
    assert_eq!(begun(&writer, 1, NOW + 5)[0].number, 2);
}
