//! Attempts: which rows are due, and what became of them.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::{EXPIRED, SENT};
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

/// Waits between attempts, in seconds: three days and a half in all.
const WAITS: [i64; 10] = [
    10, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400,
];

/// A row that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub id: i64,
    pub host: String,
}

/// An attempt that is committed, and its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub id: i64,
    pub number: i64,
    pub host: String,
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub success_contains: String,
    pub success_lacks: String,
    tries: i64,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ended {
    pub is_success: bool,
    pub http_status: Option<u16>,
    /// The beginning of the answer.
    pub body: Option<String>,
    pub error: Option<String>,
}

/// Rows that are due, the longest waiting first, without those of hosts that are `busy`.
pub fn due(
    readers: &Readers,
    now: i64,
    busy: &[String],
    most: usize,
) -> Result<Vec<Due>, StoreError> {
    const SQL: &str = "
        select id, host from outbox
        where state = 'waiting' and next_at <= :now
            and host not in (select value from json_each(:busy))
        order by next_at limit :most";
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(SQL)?;
    let busy = serde_json::to_string(busy).unwrap_or_default();
    let values = named_params! { ":now": now, ":busy": busy, ":most": most as i64 };
    let rows = statement.query_map(values, |row| {
        Ok(Due {
            id: row.get(0)?,
            host: row.get(1)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes attempts at those of these rows that still wait. Blocks until it is committed.
pub fn begin(writer: &Writer, ids: Vec<i64>, now: i64) -> Result<Vec<Attempt>, StoreError> {
    writer.edit_blocking(move |connection| {
        let mut attempts = Vec::with_capacity(ids.len());
        for id in ids {
            attempts.extend(begin_one(connection, id, now)?);
        }
        Ok(attempts)
    })
}

fn begin_one(
    connection: &Connection,
    id: i64,
    now: i64,
) -> Result<Option<Attempt>, rusqlite::Error> {
    const TAKE: &str = "
        update outbox set attempts = attempts + 1, tries = tries + 1
        where id = :id and state = 'waiting'
            and not exists (select 1 from outbox_attempts
                where outbox_id = :id and finished_at is null)
        returning id, attempts, host, method, url, headers, body, success_contains, success_lacks,
            tries";
    const NOTE: &str = "
        insert into outbox_attempts (outbox_id, number, at, possibly_repeated)
        select id, attempts, :now, possibly_repeated from outbox where id = :id";
    let mut statement = connection.prepare_cached(TAKE)?;
    let attempt = statement
        .query_row(named_params! { ":id": id }, read)
        .optional()?;
    if attempt.is_some() {
        let values = named_params! { ":id": id, ":now": now };
        connection.prepare_cached(NOTE)?.execute(values)?;
    }
    Ok(attempt)
}

fn read(row: &Row<'_>) -> Result<Attempt, rusqlite::Error> {
    let headers: String = row.get(5)?;
    Ok(Attempt {
        id: row.get(0)?,
        number: row.get(1)?,
        host: row.get(2)?,
        method: row.get(3)?,
        url: row.get(4)?,
        headers: serde_json::from_str(&headers).unwrap_or_default(),
        body: row.get(6)?,
        success_contains: row.get(7)?,
        success_lacks: row.get(8)?,
        tries: row.get(9)?,
    })
}

/// Notes how an attempt ended, and when the next one is due. Blocks until it is committed.
pub fn end(writer: &Writer, attempt: &Attempt, ended: Ended, now: i64) -> Result<(), StoreError> {
    const NOTE: &str = "
        update outbox_attempts
        set finished_at = :now, http_status = :http_status, body = :body, error = :error
        where outbox_id = :id and number = :number";
    const SETTLE: &str = "
        update outbox set state = :state, finished_at = :now where id = :id";
    const LATER: &str = "update outbox set next_at = :next_at where id = :id";
    let (id, number, tries) = (attempt.id, attempt.number, attempt.tries);
    writer.edit_blocking(move |connection| {
        connection.prepare_cached(NOTE)?.execute(named_params! {
            ":id": id, ":number": number, ":now": now, ":http_status": ended.http_status,
            ":body": ended.body, ":error": ended.error,
        })?;
        let wait = usize::try_from(tries - 1).ok();
        let wait = wait.and_then(|index| WAITS.get(index));
        match (ended.is_success, wait) {
            (false, Some(wait)) => {
                let values = named_params! { ":id": id, ":next_at": now + wait * 1_000 };
                connection.prepare_cached(LATER)?.execute(values)?;
            }
            (is_success, _) => {
                let state = if is_success { SENT } else { EXPIRED };
                let values = named_params! { ":id": id, ":state": state, ":now": now };
                connection.prepare_cached(SETTLE)?.execute(values)?;
            }
        }
        Ok(())
    })
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
}

/// Makes a row due at once, with all its tries before it.
pub fn resend(writer: &Writer, id: i64, now: i64) -> Result<Resent, StoreError> {
    const FIND: &str = "select state from outbox where id = ?1";
    const QUEUE: &str = "
        update outbox set state = 'waiting', tries = 0, next_at = ?2, finished_at = null
        where id = ?1";
    writer.edit_blocking(move |connection| {
        let state: Option<String> = connection
            .query_row(FIND, params![id], |row| row.get(0))
            .optional()?;
        Ok(match state.as_deref() {
            None => Resent::Unknown,
            Some(super::SENT) => Resent::Sent,
            Some(super::SKIPPED) => Resent::Skipped,
            Some(_) => {
                connection.execute(QUEUE, params![id, now])?;
                Resent::Queued
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::{Durability, open_writer};
    use crate::store::migrations::migrate;

    const NOW: i64 = 1_790_000_000_000;

    /// A file with the calls 1 and 2, which wait.
    fn open(directory: &tempfile::TempDir) -> (Writer, Readers) {
        const CALLS: &str = "
            insert into outbox (id, at, conversion_id, click_id, campaign_id, event, status, target,
                method, url, host, headers, body, success_contains, success_lacks, state, next_at)
            select value, 0, value, 7, 1, 'conversion', 'sale', 't', 'GET', 'http://h/',
                'h' || value, '[]', '', '', '', 'waiting', 0
            from json_each('[1, 2]')";
        let path = directory.path().join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrate(&mut connection, &path).unwrap();
        connection.execute_batch(CALLS).unwrap();
        (Writer::over(connection), Readers::open(&path).unwrap())
    }

    fn ids(readers: &Readers, now: i64, busy: &[&str]) -> Vec<i64> {
        let busy: Vec<String> = busy.iter().map(|host| (*host).to_owned()).collect();
        let due = due(readers, now, &busy, 10).unwrap();
        due.into_iter().map(|due| due.id).collect()
    }

    #[test]
    fn a_call_that_never_succeeds_is_tried_ever_less_often_and_expires() {
        let directory = tempfile::tempdir().unwrap();
        let (writer, readers) = open(&directory);
        let mut now = NOW;
        for wait in WAITS {
            let attempt = begin(&writer, vec![1], now).unwrap().remove(0);
            end(&writer, &attempt, Ended::default(), now).unwrap();
            assert_eq!(ids(&readers, now + wait * 1_000 - 1, &["h2"]), [0; 0]);
            now += wait * 1_000;
            assert_eq!(ids(&readers, now, &["h2"]), [1]);
        }
        let last = begin(&writer, vec![1], now).unwrap().remove(0);

        end(&writer, &last, Ended::default(), now).unwrap();

        assert_eq!(ids(&readers, i64::MAX, &[]), [2]);
        assert_eq!(resend(&writer, 1, now).unwrap(), Resent::Queued);
        assert_eq!(ids(&readers, now, &["h2"]), [1]);
    }

    #[test]
    fn a_call_is_under_way_once_and_a_success_is_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let (writer, readers) = open(&directory);
        let attempt = begin(&writer, vec![1], NOW).unwrap().remove(0);

        assert_eq!(begin(&writer, vec![1], NOW).unwrap(), []);
        let success = Ended {
            is_success: true,
            ..Ended::default()
        };
        end(&writer, &attempt, success, NOW).unwrap();

        assert_eq!(begin(&writer, vec![1], NOW).unwrap(), []);
        assert_eq!(ids(&readers, i64::MAX, &[]), [2]);
        assert_eq!(resend(&writer, 1, NOW).unwrap(), Resent::Sent);
        assert_eq!(reopen(&writer, NOW).unwrap(), 0);
    }

    #[test]
    fn what_was_open_at_the_end_is_due_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let (writer, _) = open(&directory);
        begin(&writer, vec![1], NOW).unwrap();

        assert_eq!(reopen(&writer, NOW + 5).unwrap(), 1);

        assert_eq!(reopen(&writer, NOW + 5).unwrap(), 0);
        assert_eq!(begin(&writer, vec![1], NOW + 5).unwrap()[0].number, 2);
    }
}
