//! Attempts: which are begun, and what became of them.

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::begin::begin;
use super::{EXPIRED, SENT, SKIPPED, news};
use crate::domain::message::Request;
use crate::store::channels::Kept;
use crate::store::error::StoreError;
use crate::store::writer::Writer;

/// Waits between attempts, in seconds: three days and a half in all.
const WAITS: [i64; 10] = [
    10, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400,
];

/// An attempt that is committed, and what is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub id: i64,
    pub number: i64,
    pub what: What,
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A request as it stands.
    Request(Request),
    /// This text or JSON to a channel.
    Message { to: Box<Kept>, body: String },
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ended {
    pub is_success: bool,
    pub http_status: Option<u16>,
    /// The beginning of the answer.
    pub body: Option<String>,
    pub error: Option<String>,
    /// The answer does not judge what was sent: it asks to be left alone for so many seconds.
    pub wait_seconds: Option<i64>,
}

/// An attempt that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    pub id: i64,
    pub number: i64,
    /// UTC milliseconds.
    pub at: i64,
    pub ended: Ended,
}

/// Notes how attempts have ended and begins others at those of these rows that still wait: in one
/// edit, so that a thousand calls a second are a few hundred edits. Blocks until it is committed.
pub fn turn(
    writer: &Writer,
    finished: Vec<Finished>,
    rows: Vec<i64>,
    now: i64,
) -> Result<Vec<Attempt>, StoreError> {
    writer.edit_blocking(move |connection| {
        for one in &finished {
            end(connection, one)?;
        }
        let mut attempts = Vec::with_capacity(rows.len());
        for id in rows {
            attempts.extend(begin(connection, id, now)?);
        }
        Ok(attempts)
    })
}

/// Notes how an attempt ended, and when the next one is due.
fn end(connection: &Connection, finished: &Finished) -> Result<(), rusqlite::Error> {
    const NOTE: &str = "
        update outbox_attempts
        set finished_at = :now, http_status = :http_status, body = :body, error = :error
        where outbox_id = :id and number = :number";
    const TRIES: &str = "select tries from outbox where id = :id";
    const SETTLE: &str = "
        update outbox set state = :state, finished_at = :now where id = :id";
    // Not before what its channel has asked for meanwhile.
    const LATER: &str = "
        update outbox set next_at = max(next_at, :next_at) where id = :id";
    let Finished {
        id,
        number,
        at,
        ended,
    } = finished;
    connection.prepare_cached(NOTE)?.execute(named_params! {
        ":id": id, ":number": number, ":now": at, ":http_status": ended.http_status,
        ":body": ended.body, ":error": ended.error,
    })?;
    let settle = |state: &str| -> Result<(), rusqlite::Error> {
        let values = named_params! { ":id": id, ":state": state, ":now": at };
        connection.prepare_cached(SETTLE)?.execute(values)?;
        Ok(())
    };
    if ended.is_success {
        return settle(SENT);
    }
    if let Some(wait) = ended.wait_seconds {
        let wait = wait.max(WAITS[0]);
        return put_off(connection, *id, at + wait * 1_000);
    }
    let mut statement = connection.prepare_cached(TRIES)?;
    let tries: i64 = statement.query_row(named_params! { ":id": id }, |row| row.get(0))?;
    let Ok(before) = usize::try_from(tries - 1) else {
        return Ok(()); // It was asked for again meanwhile, so it is due already.
    };
    let Some(wait) = WAITS.get(before) else {
        return settle(EXPIRED);
    };
    let values = named_params! { ":id": id, ":next_at": at + wait * 1_000 };
    connection.prepare_cached(LATER)?.execute(values)?;
    Ok(())
}

/// Leaves the channel of a row alone until then: all that waits for it. The attempt was none of the
/// row's tries.
fn put_off(connection: &Connection, id: i64, until: i64) -> Result<(), rusqlite::Error> {
    const GIVE_BACK: &str = "
        update outbox set tries = max(tries - 1, 0), next_at = max(next_at, :until)
        where id = :id";
    // The host leads to them in the index.
    const HOLD: &str = "
        update outbox set next_at = :until
        where state = 'waiting' and next_at < :until
            and host = (select host from outbox where id = :id)
            and channel_id = (select channel_id from outbox where id = :id)";
    for sql in [GIVE_BACK, HOLD] {
        let values = named_params! { ":id": id, ":until": until };
        connection.prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}

/// At the start: attempts that were open when the tracker ended are made again, and told as
/// possibly repeated. How many there were.
pub fn reopen(writer: &Writer, now: i64) -> Result<usize, StoreError> {
    const MARK: &str = "
        update outbox set possibly_repeated = 1, next_at = ?1
        where state = 'waiting' and exists (
            select 1 from outbox_attempts where outbox_id = outbox.id and finished_at is null)";
    const CLOSE: &str = "
        update outbox_attempts
        set finished_at = ?1, error = 'The tracker ended meanwhile; it may have arrived.'
        where finished_at is null and outbox_id in (
            select id from outbox where state = 'waiting')";
    writer.edit_blocking(move |connection| {
        let open = connection.execute(MARK, params![now])?;
        if open > 0 {
            connection.execute(CLOSE, params![now])?;
        }
        Ok(open)
    })
}

/// What came of being asked to send a row again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resent {
    Queued,
    Unknown,
    /// A recorded success is not repeated.
    Sent,
    Skipped,
    /// What was to be sent is not kept any more.
    Forgotten,
}

/// Makes a row due at once, with all its tries before it; when an attempt is under way, as soon as
/// that has failed.
pub fn resend(writer: &Writer, id: i64, now: i64) -> Result<Resent, StoreError> {
    const FIND: &str = "select state, url = '' from outbox where id = ?1";
    const QUEUE: &str = "
        update outbox set state = 'waiting', tries = 0, next_at = ?2, finished_at = null
        where id = ?1";
    writer.edit_blocking(move |connection| {
        let found: Option<(String, bool)> = connection
            .query_row(FIND, params![id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(
            match found
                .as_ref()
                .map(|(state, is_empty)| (state.as_str(), *is_empty))
            {
                None => Resent::Unknown,
                Some((SENT, _)) => Resent::Sent,
                Some((SKIPPED, _)) => Resent::Skipped,
                Some((_, true)) => Resent::Forgotten,
                Some(_) => {
                    connection.execute(QUEUE, params![id, now])?;
                    news::note();
                    Resent::Queued
                }
            },
        )
    })
}

#[cfg(test)]
mod tests {
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
}
