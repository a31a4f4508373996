//! Words of networks that nobody has mapped.

use rusqlite::params;
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::error::StoreError;
use crate::store::log::values;
use crate::store::readers::Readers;

/// Whoever sends more words than this makes them up.
const MOST: usize = 500;

/// A word, and how often a network has sent it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct UnmappedWord {
    /// `null`: from postbacks without a network's key.
    pub network_id: Option<u64>,
    /// `status` or `event`: what the word stood for.
    #[schema(example = "status")]
    pub kind: String,
    /// In lower case.
    pub word: String,
    pub count: u64,
    #[schema(format = DateTime)]
    pub first_at: String,
    #[schema(format = DateTime)]
    pub last_at: String,
    /// The latest postback that holds it.
    pub example_postback_id: String,
}

/// Counted over the index alone; only the first and the last row of each word are looked up.
pub(in crate::store) const WORDS: &str = "
    select words.network_id, words.unmapped, words.count, first.at as first_at,
        last.at as last_at, words.last_id
    from (
        select network_id, unmapped, count(*) as count, min(id) as first_id, max(id) as last_id
        from postbacks
        where unmapped is not null
        group by network_id, unmapped
    ) as words
    join postbacks as first on first.id = words.first_id
    join postbacks as last on last.id = words.last_id
    order by words.last_id desc
    limit ?1";

/// The words, the one that was sent last comes first.
pub fn words(readers: &Readers) -> Result<Vec<UnmappedWord>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(WORDS)?;
    let rows = statement.query_map(params![MOST], |row| {
        let stored: String = row.get("unmapped")?;
        let (kind, word) = stored.split_once(':').unwrap_or(("status", &stored));
        Ok(UnmappedWord {
            network_id: row.get("network_id")?,
            kind: kind.to_owned(),
            word: word.to_owned(),
            count: row.get("count")?,
            first_at: values::time(row.get("first_at")?),
            last_at: values::time(row.get("last_at")?),
            example_postback_id: row.get::<_, i64>("last_id")?.to_string(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
