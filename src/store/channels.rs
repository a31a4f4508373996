//! Channels in the file: what their documents do not hold.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, named_params};

use super::error::StoreError;
use super::readers::Readers;
use crate::domain::channel::Channel;
use crate::domain::entity::Entity;
use crate::domain::form::Form;
use crate::vault::Vault;

/// A channel as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub channel: Channel,
    /// Its secret, encrypted.
    pub sealed: Option<Vec<u8>>,
}

impl Kept {
    /// Its secret; what is wrong, in words for the operator.
    pub fn secret(&self, vault: &Vault) -> Result<String, String> {
        let again = |why: &str| {
            let field = self.channel.kind.secret_field().replace('_', " ");
            format!(
                "The {field} of the {} cannot be read: {why}. Enter it again.",
                self.subject()
            )
        };
        let sealed = self.sealed.as_deref();
        let sealed = sealed.ok_or_else(|| again("none is stored"))?;
        let opened = vault.open(&self.subject(), sealed);
        opened.map_err(|error| again(&error.to_string()))
    }

    fn subject(&self) -> String {
        subject(self.channel.id)
    }
}

/// What a secret belongs to: `channel 3`.
fn subject(id: u64) -> String {
    Channel::reference(id).to_string()
}

/// Encrypts the secret that was handed over with a channel, if one was.
pub(super) fn keep_secret(connection: &Connection, channel: &Channel) -> Result<(), StoreError> {
    const KEEP: &str = "update channels set sealed = :sealed where id = :id";
    let Some(secret) = channel.secret.take() else {
        return Ok(());
    };
    let sealed = vault(connection)?.seal(&subject(channel.id), &secret)?;
    let values = named_params! { ":id": channel.id as i64, ":sealed": sealed };
    connection.prepare_cached(KEEP)?.execute(values)?;
    Ok(())
}

/// Where the secrets of channels are sealed: beside the database of this connection, wherever that
/// really lies.
pub fn vault(connection: &Connection) -> Result<Vault, StoreError> {
    match connection.path() {
        None | Some("") => Err(StoreError::Damaged(
            "a database in memory has no place for a key".to_owned(),
        )),
        Some(path) => Ok(Vault::beside(Path::new(path))),
    }
}

/// The channel of this id.
pub fn channel(readers: &Readers, id: u64) -> Result<Option<Kept>, StoreError> {
    Ok(find(&*readers.get()?, id)?)
}

/// The same within a transaction.
pub(super) fn find(connection: &Connection, id: u64) -> Result<Option<Kept>, rusqlite::Error> {
    const FIND: &str = "select document, sealed from channels where id = ?1";
    let mut statement = connection.prepare_cached(FIND)?;
    let found = statement.query_row([id as i64], |row| {
        let document: String = row.get(0)?;
        let document = serde_json::from_str(&document).unwrap_or_default();
        Ok(Kept {
            channel: Form::draft(&document, Channel::from_form).0,
            sealed: row.get(1)?,
        })
    });
    found.optional()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::connection::{Durability, open_writer};
    use crate::store::entities::Stored;
    use crate::store::migrations::migrate;

    fn channel(id: u64, secret: Option<&str>) -> Channel {
        let document = json!({ "id": id, "name": "C", "kind": "telegram", "chat_id": "1",
            "bot_token": secret });
        Channel::read(&document).unwrap()
    }

    #[test]
    fn a_secret_stays_until_another_is_sent_and_opens_nowhere_else() {
        const FIRST: &str = "1:aaaaaaaaaaaaaaaaaaaaaaaa";
        const SECOND: &str = "1:bbbbbbbbbbbbbbbbbbbbbbbb";
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrate(&mut connection, &path).unwrap();
        let vault = Vault::beside(&path);
        let secret = |id| find(&connection, id).unwrap().unwrap().secret(&vault);

        channel(1, Some(FIRST)).save(&connection).unwrap();
        channel(2, Some(FIRST)).save(&connection).unwrap();
        channel(1, None).save(&connection).unwrap();
        assert_eq!(secret(1).unwrap(), FIRST);
        channel(1, Some(SECOND)).save(&connection).unwrap();
        assert_eq!(
            (secret(1).unwrap(), secret(2).unwrap()),
            (SECOND.into(), FIRST.into())
        );

        let swap = "update channels set sealed = (select sealed from channels where id = 1)";
        connection.execute(swap, []).unwrap();
        let told = secret(2).unwrap_err();
        assert!(
            told.contains("channel 2") && told.contains("Enter it again"),
            "{told}"
        );
        connection
            .execute("update channels set sealed = null", [])
            .unwrap();
        assert!(secret(1).unwrap_err().contains("none is stored"));
    }
}
