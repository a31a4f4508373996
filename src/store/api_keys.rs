//! Keys that scripts sign in with: `mr_` and 40 characters, stored only as SHA-256.
//!
//! A key has 200 random bits, so a plain hash is enough: there is nothing to guess. The hashes
//! are few and held in memory; a request never waits for the database to be let in.

use std::collections::HashSet;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rusqlite::{Connection, named_params};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::StoreError;
use super::readers::Readers;
use super::writer::Writer;

const PREFIX: &str = "mr_";
/// Crockford's base32 in lower case: nothing that is easily misread.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const RANDOM_BYTES: usize = 25;

type Hash = [u8; 32];

/// Makes a key and stores its hash. The key itself is known only now.
pub fn create(connection: &Connection, name: &str, now_ms: i64) -> Result<String, StoreError> {
    const SQL: &str = "
        insert into api_keys (name, hash, created_at) values (:name, :hash, :created_at)";
    let mut bytes = [0; RANDOM_BYTES];
    random(&mut bytes)?;
    let key = format!("{PREFIX}{}", base32(&bytes));
    connection.execute(
        SQL,
        named_params! { ":name": name, ":hash": hash(&key), ":created_at": now_ms },
    )?;
    Ok(key)
}

/// A key as it can be told: what it opens with is known to nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ApiKey {
    pub id: u64,
    pub name: String,
    pub created_at: i64,
}

/// Every key, oldest first.
pub fn list(readers: &Readers) -> Result<Vec<ApiKey>, StoreError> {
    const SQL: &str = "select id, name, created_at from api_keys order by id";
    let connection = readers.get()?;
    let mut statement = connection.prepare_cached(SQL)?;
    let keys = statement.query_map([], |row| {
        Ok(ApiKey {
            id: row.get::<_, i64>(0)?.unsigned_abs(),
            name: row.get(1)?,
            created_at: row.get(2)?,
        })
    })?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// Makes a key that counts at once: its id, and the key itself.
pub fn make(
    writer: &Writer,
    keys: &Arc<ApiKeys>,
    name: String,
    now_ms: i64,
) -> Result<(u64, String), StoreError> {
    let keys = Arc::clone(keys);
    writer.edit_blocking(move |connection| {
        let key = create(connection, &name, now_ms)?;
        // Before the commit, so that no revocation comes in between. If the commit fails nobody
        // is told the key.
        keys.learn(&key);
        Ok((connection.last_insert_rowid().unsigned_abs(), key))
    })
}

/// Takes a key away; from then on it lets nobody in. `false` if there is none with this id.
pub fn revoke(writer: &Writer, keys: &ApiKeys, id: u64) -> Result<bool, StoreError> {
    const SQL: &str = "delete from api_keys where id = :id returning hash";
    let id = i64::try_from(id).unwrap_or(0);
    let revoked: Option<Hash> = writer.edit_blocking(move |connection| {
        let mut statement = connection.prepare_cached(SQL)?;
        let mut rows = statement.query(named_params! { ":id": id })?;
        let hash = rows.next()?.map(|row| row.get(0)).transpose()?;
        Ok(hash)
    })?;
    if let Some(hash) = revoked {
        keys.forget(&hash);
    }
    Ok(revoked.is_some())
}

/// The hashes of all keys, for any number of threads to ask.
#[derive(Debug, Default)]
pub struct ApiKeys(ArcSwap<HashSet<Hash>>);

impl ApiKeys {
    /// The keys that are stored now.
    pub fn load(connection: &Connection) -> Result<Self, StoreError> {
        let keys = Self::default();
        keys.reload(connection)?;
        Ok(keys)
    }

    /// Takes over what was stored meanwhile. Call it after [`create`].
    pub fn reload(&self, connection: &Connection) -> Result<(), StoreError> {
        const SQL: &str = "select hash from api_keys";
        let mut statement = connection.prepare(SQL)?;
        let hashes = statement.query_map([], |row| row.get(0))?;
        let hashes: HashSet<Hash> = hashes.collect::<Result<_, _>>()?;
        self.0.store(hashes.into());
        Ok(())
    }

    fn learn(&self, key: &str) {
        let hash = hash(key);
        self.0.rcu(|hashes| {
            let mut hashes = HashSet::clone(hashes);
            hashes.insert(hash);
            hashes
        });
    }

    fn forget(&self, hash: &Hash) {
        self.0.rcu(|hashes| {
            let mut hashes = HashSet::clone(hashes);
            hashes.remove(hash);
            hashes
        });
    }

    /// Whether this is a key of ours.
    pub fn accept(&self, key: &str) -> bool {
        key.starts_with(PREFIX) && self.0.load().contains(&hash(key))
    }
}

fn hash(key: &str) -> Hash {
    Sha256::digest(key.as_bytes()).into()
}

pub(super) fn base32(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
    (0..bytes.len() * 8 / 5)
        .map(|place| (0..5).fold(0, |value, step| value << 1 | bit(place * 5 + step)))
        .map(|value| char::from(ALPHABET[usize::from(value)]))
        .collect()
}

/// Fills with what nobody can guess.
pub(super) fn random(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|error| StoreError::File {
        action: "read random bytes from",
        path: "the operating system".to_owned(),
        source: std::io::Error::other(error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::entities::tests::database;

    #[test]
    fn a_key_is_accepted_after_a_reload_and_no_other_is() {
        let connection = database();
        let keys = ApiKeys::load(&connection).unwrap();

        let key = create(&connection, "import script", 1).unwrap();

        assert_eq!(key.len(), PREFIX.len() + 40);
        assert!(!keys.accept(&key), "known before the reload");
        keys.reload(&connection).unwrap();
        assert!(keys.accept(&key));
        for other in [
            "",
            "mr_",
            &key[3..],
            &key.to_uppercase(),
            &format!("{key}0"),
        ] {
            assert!(!keys.accept(other), "{other}");
        }
    }

    #[test]
    fn a_made_key_counts_until_it_is_revoked() {
        let writer = Writer::over(database());
        let keys = Arc::new(ApiKeys::default());

        let (id, key) = make(&writer, &keys, "script".to_owned(), 1).unwrap();
        let (_, other) = make(&writer, &keys, "other".to_owned(), 1).unwrap();

        assert!(keys.accept(&key) && keys.accept(&other));
        assert!(revoke(&writer, &keys, id).unwrap());
        assert!(!keys.accept(&key) && keys.accept(&other));
        assert!(
            !revoke(&writer, &keys, id).unwrap(),
            "there is none any more"
        );
    }

    #[test]
    fn the_database_holds_no_key() {
        let connection = database();

        let key = create(&connection, "import script", 1).unwrap();

        let stored: Vec<u8> = connection
            .query_row("select hash from api_keys", [], |row| row.get(0))
            .unwrap();
        assert_eq!(stored, hash(&key));
    }

    #[test]
    fn base32_takes_five_bits_at_a_time() {
        assert_eq!(base32(&[0xff, 0, 0, 0, 0x1f]), "zw00000z");
    }
}
