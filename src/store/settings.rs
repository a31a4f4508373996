//! Named values that the program itself keeps: secrets, marks.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::error::StoreError;
use super::writer::Writer;

/// The value of that name.
pub fn find(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    const SQL: &str = "select value from settings where name = :name";
    let mut statement = connection.prepare_cached(SQL)?;
    let value = statement.query_row(named_params! { ":name": name }, |row| row.get(0));
    value.optional()
}

/// Keeps a value under a name, in place of what was there.
pub fn set(connection: &Connection, name: &str, value: &[u8]) -> Result<(), rusqlite::Error> {
    const SQL: &str = "
        insert into settings (name, value) values (:name, :value)
        on conflict (name) do update set value = excluded.value";
    let mut statement = connection.prepare_cached(SQL)?;
    statement.execute(named_params! { ":name": name, ":value": value })?;
    Ok(())
}

/// Forgets the value of that name.
pub fn remove(connection: &Connection, name: &str) -> Result<(), rusqlite::Error> {
    const SQL: &str = "delete from settings where name = :name";
    let mut statement = connection.prepare_cached(SQL)?;
    statement.execute(named_params! { ":name": name })?;
    Ok(())
}

/// Leaves a mark for the next run.
pub fn leave(writer: &Writer, name: &'static str) -> Result<(), StoreError> {
    writer.edit_blocking(move |connection| Ok(set(connection, name, &[1])?))
}

/// Takes a mark away; whether it was there.
pub fn take(writer: &Writer, name: &'static str) -> Result<bool, StoreError> {
    const SQL: &str = "delete from settings where name = ?1";
    writer.edit_blocking(move |connection| Ok(connection.execute(SQL, [name])? > 0))
}

/// The secret of that name: 16 random bytes, made when first asked for.
pub fn secret16(connection: &Connection, name: &str) -> Result<[u8; 16], StoreError> {
    if let Some(value) = find(connection, name)? {
        return value.try_into().map_err(|value: Vec<u8>| {
            let length = value.len();
            StoreError::Damaged(format!(
                "the secret {name} has {length} bytes instead of 16"
            ))
        });
    }
    let mut secret = [0; 16];
    super::api_keys::random(&mut secret)?;
    set(connection, name, &secret)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::entities::tests::database;

    #[test]
    fn a_secret_is_made_once() {
        let connection = database();

        let first = secret16(&connection, "click_ids").unwrap();

        assert_ne!(first, [0; 16]);
        assert_eq!(secret16(&connection, "click_ids").unwrap(), first);
        assert_ne!(secret16(&connection, "cookies").unwrap(), first);
    }

    #[test]
    fn a_secret_of_another_length_is_reported_and_kept() {
        let connection = database();
        set(&connection, "click_ids", b"short").unwrap();

        let error = secret16(&connection, "click_ids").unwrap_err();

        assert!(matches!(error, StoreError::Damaged(_)));
        assert_eq!(
            find(&connection, "click_ids").unwrap(),
            Some(b"short".to_vec())
        );
    }
}
