//! What is to be sent next.

use rusqlite::{Connection, named_params};

use crate::store::error::StoreError;
use crate::store::readers::Readers;

/// A row that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub id: i64,
    pub host: String,
}

/// What a look into the outbox finds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    pub due: Vec<Due>,
    /// When the next row of a host becomes due of which none is.
    pub next_at: Option<i64>,
}

/// Rows that are due: of each host as many as it has `places` for, in all not more than `most`, the
/// host first that has waited longest. Its cost depends on the number of hosts that something waits
/// for, not on how much does.
pub fn look(
    readers: &Readers,
    now: i64,
    most: usize,
    places: impl Fn(&str) -> usize,
    is_open: impl Fn(i64) -> bool,
) -> Result<Found, StoreError> {
    let reader = readers.get()?;
    let mut found = Found::default();
    for (host, first_at) in hosts(&reader)? {
        if first_at > now {
            found.next_at = Some(first_at);
            break; // They come in the order of that time.
        }
        let room = places(&host).min(most - found.due.len());
        if room > 0 {
            let ids = due_of(&reader, &host, now, room, &is_open)?;
            found.due.extend(ids.into_iter().map(|id| Due {
                id,
                host: host.clone(),
            }));
        }
    }
    Ok(found)
}

/// The hosts that something waits for, and the first time at which something of each is due: a step
/// in the index for each host.
fn hosts(connection: &Connection) -> Result<Vec<(String, i64)>, rusqlite::Error> {
    const HOSTS: &str = "
        with recursive waiting (host) as (
            select min(host) from outbox where state = 'waiting'
            union all
            select (select min(host) from outbox where state = 'waiting' and host > waiting.host)
            from waiting where waiting.host is not null
        )
        select host, (
            select min(next_at) from outbox where state = 'waiting' and host = waiting.host
        ) as first_at
        from waiting where host is not null order by first_at";
    let mut statement = connection.prepare_cached(HOSTS)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Without those that are under way.
fn due_of(
    connection: &Connection,
    host: &str,
    now: i64,
    most: usize,
    is_open: &impl Fn(i64) -> bool,
) -> Result<Vec<i64>, rusqlite::Error> {
    const DUE: &str = "
        select id from outbox
        where state = 'waiting' and host = :host and next_at <= :now
        order by next_at";
    let mut statement = connection.prepare_cached(DUE)?;
    let rows = statement.query_map(named_params! { ":host": host, ":now": now }, |row| {
        row.get(0)
    })?;
    let free = rows.filter(|id| !id.as_ref().is_ok_and(|id| is_open(*id)));
    free.take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::{Durability, open_writer};
    use crate::store::migrations::migrate;

    #[test]
    fn each_host_gives_what_it_has_places_for_and_the_longest_waiting_comes_first() {
        const ROWS: &str = "
            insert into outbox (id, at, kind, key, method, url, host, headers, body,
                success_contains, success_lacks, state, next_at)
            select value ->> 0, 0, 'call', value ->> 0, 'GET', 'u', value ->> 1, '[]', '', '', '',
                iif(value ->> 2 < 0, 'sent', 'waiting'), abs(value ->> 2)
            from json_each('[[1,\"b\",5],[2,\"b\",7],[3,\"b\",6],[4,\"a\",8],[5,\"c\",90],[6,\"a\",-1],[7,\"d\",95]]')";
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrate(&mut connection, &path).unwrap();
        connection.execute_batch(ROWS).unwrap();
        let readers = Readers::open(&path).unwrap();
        let ids = |now, most, places: &dyn Fn(&str) -> usize, open: i64| {
            let found = look(&readers, now, most, places, |id| id == open).unwrap();
            let ids: Vec<i64> = found.due.iter().map(|due| due.id).collect();
            (ids, found.next_at)
        };

        assert_eq!(ids(10, 9, &|_| 9, 0), (vec![1, 3, 2, 4], Some(90)));
        assert_eq!(ids(10, 9, &|_| 2, 1), (vec![3, 2, 4], Some(90)));
        assert_eq!(
            ids(10, 9, &|host| usize::from(host == "a"), 0),
            (vec![4], Some(90))
        );
        assert_eq!(ids(10, 2, &|_| 9, 0).0, [1, 3]);
        assert_eq!(ids(4, 9, &|_| 9, 0), (vec![], Some(5)));
        assert_eq!(ids(99, 9, &|_| 9, 0).1, None);
    }
}
