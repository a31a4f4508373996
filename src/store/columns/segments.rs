//! Segments as they lie in the file.

use std::collections::BTreeMap;
use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::chunk::{Chunk, Extent, Times};
use super::{Column, Kind};
use crate::report::columns::Unreadable;
use crate::store::error::StoreError;

/// What is stored of a segment beside its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) id: i64,
    pub(super) ids: Range<i64>,
    pub(super) rows: usize,
    pub(super) times: Times,
    pub(super) money: i64,
    pub(super) is_archived: bool,
    pub(super) checksum: u32,
}

/// The bytes of the columns that are not empty throughout.
pub(super) type Blocks = BTreeMap<Column, Vec<u8>>;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, from_id, to_id, rows, min_at, max_at, min_conversion_at, max_conversion_at,
                min_status_at, max_status_at, money, state = 'archived', checksum
            from segments ",
            $rest
        )
    };
}

const OF_KIND: &str = select!("where kind = ?1 order by from_id");
const BY_ID: &str = select!("where id = ?1");
const FROM: &str = select!("where kind = ?1 and from_id >= ?2 order by from_id limit 1");

const ARCHIVED: &str =
    select!("where kind = ?1 and from_id <= ?2 and to_id >= ?3 and state = 'archived' limit 1");

fn read(row: &Row<'_>) -> Result<Segment, rusqlite::Error> {
    let extent = |first: usize| {
        Ok::<_, rusqlite::Error>(Extent {
            from: row.get(first)?,
            to: row.get(first + 1)?,
        })
    };
    Ok(Segment {
        id: row.get(0)?,
        ids: row.get(1)?..row.get(2)?,
        rows: row.get(3)?,
        times: Times {
            click: extent(4)?,
            conversion: extent(6)?,
            status: extent(8)?,
        },
        money: row.get(10)?,
        is_archived: row.get(11)?,
        checksum: row.get(12)?,
    })
}

/// All of a kind, in the order of their ids.
pub(super) fn of_kind(connection: &Connection, kind: Kind) -> Result<Vec<Segment>, StoreError> {
    let mut statement = connection.prepare_cached(OF_KIND)?;
    let rows = statement.query_map([kind.number()], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn find(connection: &Connection, id: i64) -> Result<Option<Segment>, StoreError> {
    let mut statement = connection.prepare_cached(BY_ID)?;
    Ok(statement.query_row([id], read).optional()?)
}

/// The archived one that has all of these ids.
pub(super) fn archived(
    connection: &Connection,
    kind: Kind,
    ids: &Range<i64>,
) -> Result<Option<Segment>, StoreError> {
    let mut statement = connection.prepare_cached(ARCHIVED)?;
    let found = statement.query_row((kind.number(), ids.start, ids.end), read);
    Ok(found.optional()?)
}

/// The time of the latest click in an archived segment, in UTC milliseconds.
pub(super) fn last_archived(connection: &Connection) -> Result<Option<i64>, rusqlite::Error> {
    const SQL: &str = "select max(max_at) from segments where kind = 1 and state = 'archived'";
    connection
        .prepare_cached(SQL)?
        .query_row([], |row| row.get(0))
}

/// The first that begins at that id or later.
pub(super) fn first_from(
    connection: &Connection,
    kind: Kind,
    from: i64,
) -> Result<Option<Segment>, StoreError> {
    let mut statement = connection.prepare_cached(FROM)?;
    let found = statement.query_row((kind.number(), from), read);
    Ok(found.optional()?)
}

const COLUMN: &str = "select data from segment_columns where segment_id = ?1 and column = ?2";

/// Some columns of a segment.
pub(super) fn blocks(
    connection: &Connection,
    id: i64,
    columns: &[Column],
) -> Result<Blocks, StoreError> {
    let mut statement = connection.prepare_cached(COLUMN)?;
    let mut blocks = Blocks::new();
    for column in columns {
        let data = statement.query_row((id, column.number()), |row| row.get(0));
        blocks.extend(data.optional()?.map(|data| (*column, data)));
    }
    Ok(blocks)
}

/// That of a segment with these columns.
pub(super) fn checksum(blocks: &Blocks) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for (column, data) in blocks {
        hasher.update(&[column.number()]);
        hasher.update(&(data.len() as u64).to_le_bytes());
        hasher.update(data);
    }
    hasher.finalize()
}

const LAST_ID: &str = "select seq from sqlite_sequence where name = 'segments'";

/// The last id that was given out: it moves with each segment that is stored.
pub(super) fn last_id(connection: &Connection) -> Result<i64, rusqlite::Error> {
    let mut statement = connection.prepare_cached(LAST_ID)?;
    let last: Option<i64> = statement.query_row([], |row| row.get(0)).optional()?;
    Ok(last.unwrap_or(0))
}

const INSERT: &str = "
    insert into segments (kind, from_id, to_id, rows, min_id, max_id, min_at, max_at,
        min_conversion_at, max_conversion_at, min_status_at, max_status_at, money, state, checksum)
    values (:kind, :from_id, :to_id, :rows, :min_id, :max_id, :min_at, :max_at,
        :min_conversion_at, :max_conversion_at, :min_status_at, :max_status_at, :money,
        iif(:is_archived, 'archived', 'live'), :checksum)";
const INSERT_COLUMN: &str =
    "insert into segment_columns (segment_id, column, data) values (?1, ?2, ?3)";

/// Stores a chunk as the segment of these ids; its own number in the file is given to it.
pub(super) fn insert(
    connection: &Connection,
    segment: &Segment,
    chunk: &Chunk,
) -> Result<(), StoreError> {
    let own = chunk.ids().map_err(damaged)?;
    let times = &segment.times;
    let id = connection.prepare_cached(INSERT)?.insert(named_params! {
        ":kind": chunk.kind.number(),
        ":from_id": segment.ids.start,
        ":to_id": segment.ids.end,
        ":rows": segment.rows,
        ":min_id": own.first(),
        ":max_id": own.last(),
        ":min_at": times.click.from,
        ":max_at": times.click.to,
        ":min_conversion_at": times.conversion.from,
        ":max_conversion_at": times.conversion.to,
        ":min_status_at": times.status.from,
        ":max_status_at": times.status.to,
        ":money": segment.money,
        ":is_archived": segment.is_archived,
        ":checksum": segment.checksum,
    })?;
    let mut statement = connection.prepare_cached(INSERT_COLUMN)?;
    for (column, data) in &chunk.blocks {
        statement.execute((id, column.number(), data))?;
    }
    Ok(())
}

const OVERLAPPING: &str = "
    select id, state = 'archived' from segments
    where kind = ?1 and to_id > ?2 and from_id < ?3";
const IS_OVERLAPPED: &str = "
    select exists (
        select 1 from segments where kind = ?1 and to_id > ?2 and from_id < ?3 and id <> ?4)";
const DELETE_COLUMNS: &str = "delete from segment_columns where segment_id = ?1";
const DELETE: &str = "delete from segments where id = ?1";

/// Whether another segment has some of its ids.
pub(super) fn is_overlapped(
    connection: &Connection,
    kind: Kind,
    segment: &Segment,
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(IS_OVERLAPPED)?;
    let ids = &segment.ids;
    let values = (kind.number(), ids.start, ids.end, segment.id);
    Ok(statement.query_row(values, |row| row.get(0))?)
}

/// Drops the segments with some of these ids, so that their rows are read raw; `false`, with nothing
/// changed, if one of them is archived.
pub(super) fn drop_overlapping(
    connection: &Connection,
    kind: Kind,
    ids: &Range<i64>,
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(OVERLAPPING)?;
    let rows = statement.query_map((kind.number(), ids.start, ids.end), |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let found: Vec<(i64, bool)> = rows.collect::<Result<_, _>>()?;
    if found.iter().any(|(_, is_archived)| *is_archived) {
        return Ok(false);
    }
    for (id, _) in found {
        connection.prepare_cached(DELETE_COLUMNS)?.execute([id])?;
        connection.prepare_cached(DELETE)?.execute([id])?;
    }
    Ok(true)
}

/// A column that is none, as an error of the store.
pub(super) fn damaged(error: Unreadable) -> StoreError {
    StoreError::Damaged(error.to_string())
}
