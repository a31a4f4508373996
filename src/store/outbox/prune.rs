//! Old requests are forgotten, but not that they were sent: what is told once stays told.

use rusqlite::{Connection, named_params};

use crate::domain::id::Id;
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::settings;
use crate::store::writer::Writer;

/// Rows of one piece of work.
pub const PIECE: usize = 500;
/// Name of the setting that says up to which row all is forgotten.
const MARK: &str = "outbox_forgotten";

/// Forgets the requests of the next settled rows that are older than `before`, and the attempts at
/// them. How many rows; fewer than [`PIECE`] where no more can be done now.
pub fn prune(readers: &Readers, writer: &Writer, before: i64) -> Result<usize, StoreError> {
    // What waits is waited for: it may be sent tomorrow.
    const NEXT: &str = "
        select id, state = 'waiting' from outbox
        where id > :from and id < :before order by id limit :piece";
    let reader = readers.get()?;
    let from = mark(&reader)?;
    let before = Id::first_at(before).to_row();
    let mut statement = reader.prepare_cached(NEXT)?;
    let values = named_params! { ":from": from, ":before": before, ":piece": PIECE as i64 };
    let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: Vec<(i64, bool)> = rows.collect::<Result<_, _>>()?;
    let settled: Vec<i64> = rows
        .iter()
        .take_while(|(_, waits)| !waits)
        .map(|(id, _)| *id)
        .collect();
    drop(statement);
    drop(reader);
    let Some(until) = settled.last().copied() else {
        return Ok(0);
    };
    writer.edit_blocking(move |connection| Ok(forget(connection, from, until)?))?;
    Ok(settled.len())
}

fn mark(connection: &Connection) -> Result<i64, rusqlite::Error> {
    let mark = settings::find(connection, MARK)?;
    let mark = mark.and_then(|bytes| bytes.try_into().ok());
    Ok(mark.map_or(0, i64::from_be_bytes))
}

/// In the rows behind `from` up to `until`, but for those that somebody asked for meanwhile.
fn forget(connection: &Connection, from: i64, until: i64) -> Result<(), rusqlite::Error> {
    const ATTEMPTS: &str = "
        delete from outbox_attempts
        where outbox_id > :from and outbox_id <= :until and exists (
            select 1 from outbox where id = outbox_id and state <> 'waiting')";
    const REQUESTS: &str = "
        update outbox set url = '', headers = '[]', body = ''
        where id > :from and id <= :until and state <> 'waiting'";
    for sql in [ATTEMPTS, REQUESTS] {
        let values = named_params! { ":from": from, ":until": until };
        connection.prepare_cached(sql)?.execute(values)?;
    }
    settings::set(connection, MARK, &until.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::{Durability, open_writer};
    use crate::store::migrations::migrate;
    use crate::store::outbox::work::{Resent, resend};

    const DAY: i64 = 86_400_000;
    const NOW: i64 = 1_790_000_000_000;

    #[test]
    fn old_requests_are_forgotten_and_their_rows_stay_unless_they_wait() {
        const ROWS: &str = "
            insert into outbox (id, at, kind, conversion_id, status, target, method, url, host,
                headers, body, success_contains, success_lacks, state, next_at)
            select value ->> 0, 0, 'postback', key, 'sale', 't', 'POST', 'http://h/', 'h',
                '[[\"a\",\"b\"]]', 'body', '', '', value ->> 1, 0
            from json_each(?1)";
        const ATTEMPTS: &str = "
            insert into outbox_attempts (outbox_id, number, at, finished_at, possibly_repeated)
            select id, 1, 0, 1, 0 from outbox";
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrate(&mut connection, &path).unwrap();
        let id = |days: i64| Id::first_at(NOW - days * DAY).to_row();
        let rows = serde_json::json!([
            [id(9), "sent"],
            [id(8), "expired"],
            [id(7), "waiting"],
            [id(6), "skipped"],
            [id(1), "sent"]
        ]);
        connection.execute(ROWS, [rows.to_string()]).unwrap();
        connection.execute(ATTEMPTS, []).unwrap();
        let (writer, readers) = (Writer::over(connection), Readers::open(&path).unwrap());
        let kept = |sql: &str| -> i64 {
            let reader = readers.get().unwrap();
            reader.query_row(sql, [], |row| row.get(0)).unwrap()
        };
        let before = NOW - 3 * DAY;

        assert_eq!(prune(&readers, &writer, before).unwrap(), 2);
        assert_eq!(
            prune(&readers, &writer, before).unwrap(),
            0,
            "one still waits"
        );

        assert_eq!(kept("select count(*) from outbox"), 5);
        let full = "select count(*) from outbox where url <> '' and body <> '' and headers <> '[]'";
        assert_eq!(kept(full), 3);
        assert_eq!(kept("select count(*) from outbox_attempts"), 3);
        assert_eq!(resend(&writer, id(8), NOW).unwrap(), Resent::Forgotten);
        writer
            .edit_blocking(|connection| {
                connection.execute("update outbox set state = 'sent'", [])?;
                Ok(())
            })
            .unwrap();
        assert_eq!(prune(&readers, &writer, before).unwrap(), 2);
        assert_eq!(kept(full), 1);
    }
}
