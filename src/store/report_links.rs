//! Links by which others look at a saved report, without any other right.
//!
//! A token has 160 random bits and only its SHA-256 is stored, so looking it up by that hash tells
//! nobody who guesses how near he was.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::api_keys::{base32, random};
use super::error::StoreError;
use super::log::values;
use super::readers::Readers;
use super::writer::Writer;

const RANDOM_BYTES: usize = 20;
/// Letters of a token.
const TOKEN_LENGTH: usize = RANDOM_BYTES * 8 / 5;

/// A link as it can be told: its token is known to nobody but whom it was given to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReportLink {
    pub id: u64,
    pub saved_report_id: u64,
    /// Whom it was made for.
    pub name: String,
    /// What it does not show: `cost`, `revenue`, `profit`.
    pub hides: Vec<String>,
    /// `null`: never.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    pub is_expired: bool,
}

/// What a new link is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    pub saved_report_id: u64,
    pub name: String,
    pub hides: Vec<&'static str>,
    /// UTC milliseconds.
    pub expires_at: Option<i64>,
}

const COLUMNS: &str = "
    select id, saved_report_id, name, hides, expires_at, created_at from report_links";

/// Makes a link: its id, and its token, which is known only now.
pub fn make(writer: &Writer, link: NewLink, now_ms: i64) -> Result<(u64, String), StoreError> {
    const SQL: &str = "
        insert into report_links (saved_report_id, name, hash, hides, expires_at, created_at)
        values (:saved_report_id, :name, :hash, :hides, :expires_at, :created_at)";
    let mut bytes = [0; RANDOM_BYTES];
    random(&mut bytes)?;
    let token = base32(&bytes);
    let hash = hash(&token);
    let id = writer.edit_blocking(move |connection| {
        connection.prepare_cached(SQL)?.execute(named_params! {
            ":saved_report_id": link.saved_report_id as i64,
            ":name": link.name,
            ":hash": hash,
            ":hides": serde_json::Value::from(link.hides).to_string(),
            ":expires_at": link.expires_at,
            ":created_at": now_ms,
        })?;
        Ok(connection.last_insert_rowid().unsigned_abs())
    })?;
    Ok((id, token))
}

/// The links to a saved report, oldest first.
pub fn list(readers: &Readers, report_id: u64, now_ms: i64) -> Result<Vec<ReportLink>, StoreError> {
    let connection = readers.get()?;
    let sql = format!("{COLUMNS} where saved_report_id = ?1 order by id");
    let mut statement = connection.prepare_cached(&sql)?;
    let links = statement.query_map([report_id as i64], |row| read(row, now_ms))?;
    Ok(links.collect::<Result<_, _>>()?)
}

/// The link with this token, if it has not expired.
pub fn find(readers: &Readers, token: &str, now_ms: i64) -> Result<Option<ReportLink>, StoreError> {
    if token.len() != TOKEN_LENGTH {
        return Ok(None);
    }
    let found = by_hash(&*readers.get()?, &hash(token), now_ms)?;
    Ok(found.filter(|link| !link.is_expired))
}

fn by_hash(
    connection: &Connection,
    hash: &[u8; 32],
    now_ms: i64,
) -> Result<Option<ReportLink>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} where hash = ?1"))?;
    let found = statement.query_row([&hash[..]], |row| read(row, now_ms));
    found.optional()
}

/// Takes a link away. `false` if this report has none with this id.
pub fn revoke(writer: &Writer, report_id: u64, id: u64) -> Result<bool, StoreError> {
    const SQL: &str = "
        delete from report_links where id = :id and saved_report_id = :saved_report_id";
    let ids = [id, report_id].map(|id| i64::try_from(id).unwrap_or(0));
    writer.edit_blocking(move |connection| {
        let values = named_params! { ":id": ids[0], ":saved_report_id": ids[1] };
        Ok(connection.prepare_cached(SQL)?.execute(values)? > 0)
    })
}

fn read(row: &Row<'_>, now_ms: i64) -> Result<ReportLink, rusqlite::Error> {
    let hides: String = row.get("hides")?;
    let expires_at: Option<i64> = row.get("expires_at")?;
    let id = |name: &str| row.get::<_, i64>(name).map(i64::unsigned_abs);
    Ok(ReportLink {
        id: id("id")?,
        saved_report_id: id("saved_report_id")?,
        name: row.get("name")?,
        // Whoever cannot read what to hide shows nothing.
        hides: serde_json::from_str(&hides).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into())
        })?,
        expires_at: expires_at.map(values::time),
        created_at: values::time(row.get("created_at")?),
        is_expired: expires_at.is_some_and(|at| at <= now_ms),
    })
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::{Durability, open_writer};
    use crate::store::migrations::migrate;

    fn link(expires_at: Option<i64>) -> NewLink {
        NewLink {
            saved_report_id: 7,
            name: "partner".to_owned(),
            hides: vec!["cost"],
            expires_at,
        }
    }

    #[test]
    fn a_link_opens_until_it_expires_or_is_revoked_and_no_other_token_does() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrate(&mut connection, &path).unwrap();
        let writer = Writer::over(connection);
        let readers = Readers::open(&path).unwrap();

        let (id, token) = make(&writer, link(Some(1_000)), 1).unwrap();
        let (lasting, other) = make(&writer, link(None), 1).unwrap();

        let opens = |token: &str, now| find(&readers, token, now).unwrap().map(|link| link.id);
        assert_eq!(token.len(), TOKEN_LENGTH);
        assert_eq!(opens(&token, 999), Some(id));
        assert_eq!(opens(&token, 1_000), None);
        assert_eq!(opens(&other, i64::MAX), Some(lasting));
        for wrong in [
            "",
            &token[1..],
            &token.to_uppercase(),
            &"0".repeat(TOKEN_LENGTH),
        ] {
            assert_eq!(opens(wrong, 1), None, "{wrong}");
        }

        assert!(!revoke(&writer, 8, lasting).unwrap(), "of another report");
        assert!(revoke(&writer, 7, lasting).unwrap());
        assert!(!revoke(&writer, 7, lasting).unwrap());
        assert_eq!(opens(&other, 1), None);
        let left = list(&readers, 7, 2_000).unwrap();
        assert_eq!(left.len(), 1);
        assert!(left[0].is_expired && left[0].hides == ["cost"], "{left:?}");
    }
}
