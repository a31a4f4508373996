//! Ids of rows: ascending, mostly a few milliseconds apart, and of those mostly the first of theirs.
//!
//! A varint of the number of rows, then for each the milliseconds since the one before and the rest
//! of the id, a varint each.

use super::bytes::{Rest, put};
use super::{MOST_ROWS, Unreadable};

/// Where the milliseconds of an id begin.
const REST_BITS: u32 = 22;
const REST: i64 = (1 << REST_BITS) - 1;

/// Ascending ids, none of them negative, as bytes.
pub fn pack_ids(ids: &[i64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ids.len() * 3 + 4);
    put(&mut bytes, ids.len() as u64);
    let mut before = 0;
    for id in ids {
        let ms = id >> REST_BITS;
        put(&mut bytes, (ms - before) as u64);
        put(&mut bytes, (id & REST) as u64);
        before = ms;
    }
    bytes
}

/// The ids back.
pub fn unpack_ids(bytes: &[u8]) -> Result<Vec<i64>, Unreadable> {
    let mut rest = Rest(bytes);
    let rows = rest.length()?;
    if rows > MOST_ROWS {
        return Err(Unreadable("it has too many rows"));
    }
    let mut ids = Vec::with_capacity(rows);
    let mut ms: i64 = 0;
    for _ in 0..rows {
        let step = i64::try_from(rest.number()?).ok();
        let next = step.and_then(|step| ms.checked_add(step));
        ms = next
            .filter(|ms| *ms <= i64::MAX >> REST_BITS)
            .ok_or(Unreadable("an id is too large"))?;
        ids.push(ms << REST_BITS | rest.number()? as i64 & REST);
    }
    Ok(ids)
}
