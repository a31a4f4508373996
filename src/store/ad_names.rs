//! What traffic sources call the things behind ids: names of ads, ad groups and ad campaigns. Of
//! several the one that the latest click brought counts.

use std::collections::HashMap;

use rusqlite::{Connection, named_params};

use super::dictionary::RecentIds;
use super::error::StoreError;
use super::readers::Readers;
use super::writer::Writer;
use crate::detect::params::looks_like_macro;
use crate::domain::visitor::Parameters;

/// Characters that are kept of a name.
const LONGEST: usize = 200;
/// Names whose last one is remembered.
const REMEMBERED: usize = 20_000;

/// Names of one kind that are kept.
const KEPT: usize = if cfg!(test) { 2 } else { 50_000 };

/// What has names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Named {
    Creative,
    AdGroup,
    AdCampaign,
}

impl Named {
    pub const ALL: [Named; 3] = [Named::Creative, Named::AdGroup, Named::AdCampaign];

    /// What has names by the key of its dimension.
    pub fn of_dimension(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.dimension() == key)
    }

    /// The dimension of its ids.
    pub fn dimension(self) -> &'static str {
        match self {
            Named::Creative => "creative_id",
            Named::AdGroup => "ad_group_id",
            Named::AdCampaign => "ad_campaign_id",
        }
    }

    /// The parameter that brings its name.
    pub fn parameter(self) -> &'static str {
        match self {
            Named::Creative => "creative_name",
            Named::AdGroup => "ad_group_name",
            Named::AdCampaign => "ad_campaign_name",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Named::Creative => "creative",
            Named::AdGroup => "ad_group",
            Named::AdCampaign => "ad_campaign",
        }
    }

    fn id(self, parameters: &Parameters) -> Option<&str> {
        let id = match self {
            Named::Creative => &parameters.creative_id,
            Named::AdGroup => &parameters.ad_group_id,
            Named::AdCampaign => &parameters.ad_campaign_id,
        };
        id.as_deref()
    }
}

/// What was noted lately: id -> its name, both as hashes of this run of the program.
pub(super) struct Noted {
    lately: RecentIds<u64>,
    hasher: ahash::RandomState,
}

impl Noted {
    pub(super) fn new() -> Self {
        Self {
            lately: RecentIds::new(REMEMBERED),
            hasher: ahash::RandomState::new(),
        }
    }

    pub(super) fn committed(&mut self) {
        self.lately.committed();
    }

    pub(super) fn rolled_back(&mut self) {
        self.lately.rolled_back();
    }

    /// Notes the names that a click of this time brought, as part of its transaction.
    pub(super) fn note(
        &mut self,
        connection: &Connection,
        at: i64,
        parameters: &Parameters,
    ) -> Result<(), rusqlite::Error> {
        // Older clicks may come later, out of the spill.
        const SQL: &str = "
            insert into ad_names (kind, id, name, at) values (:kind, :id, :name, :at)
            on conflict (kind, id) do update set
                name = iif(excluded.at < ad_names.at, ad_names.name, excluded.name),
                at = max(excluded.at, ad_names.at)
            returning name";
        if parameters.others.is_empty() {
            return Ok(());
        }
        for named in Named::ALL {
            let name = parameters.other(named.parameter());
            let (Some(name), Some(id)) = (name, named.id(parameters)) else {
                continue;
            };
            let key = self.hasher.hash_one((named, id));
            let name: String = name.chars().take(LONGEST).collect();
            let seen = self.hasher.hash_one(&name) as i64;
            if self.lately.find(key) == Some(seen) || looks_like_macro(&name) {
                continue;
            }
            let values =
                named_params! { ":kind": named.word(), ":id": id, ":name": name, ":at": at };
            let mut statement = connection.prepare_cached(SQL)?;
            let counts: String = statement.query_row(values, |row| row.get(0))?;
            self.lately.learn(key, self.hasher.hash_one(&counts) as i64);
        }
        Ok(())
    }
}

/// Drops the oldest names beyond the bound of their kind: anybody can follow a link that brings names.
pub fn prune(writer: &Writer) -> Result<(), StoreError> {
    const SQL: &str = "
        delete from ad_names where kind = :kind and at < (
            select at from ad_names where kind = :kind order by at desc limit 1 offset :most)";
    writer.edit_blocking(|connection| {
        for named in Named::ALL {
            let values = named_params! { ":kind": named.word(), ":most": KEPT };
            connection.prepare_cached(SQL)?.execute(values)?;
        }
        Ok(())
    })
}

/// The names of one kind by their ids.
pub fn all(readers: &Readers, named: Named) -> Result<HashMap<String, String>, StoreError> {
    const SQL: &str = "select id, name from ad_names where kind = ?1";
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(SQL)?;
    let rows = statement.query_map([named.word()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::dictionary::Dictionary;
    use crate::store::entities::tests::database;

    #[test]
    fn the_name_of_the_latest_click_counts() {
        let connection = database();
        let mut dictionary = Dictionary::new();
        let mut note = |at: i64, id: &str, name: &str| {
            let parameters = Parameters {
                creative_id: Some(id.to_owned()),
                others: vec![("creative_name".to_owned(), name.to_owned())],
                ..Parameters::default()
            };
            let noted = dictionary.ad_names.note(&connection, at, &parameters);
            noted.unwrap();
        };
        note(10, "7", "Blue");
        note(10, "7", "Blue");
        note(20, "7", "Red");
        // Out of the spill.
        note(15, "7", "Blue");
        note(30, "8", "{{ad.name}}");
        note(40, "9", "Old");
        note(30, "9", "Older");
        note(50, "9", "Older");

        let rows: Vec<String> = connection
            .prepare("select concat_ws(' ', kind, id, name, at) from ad_names")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(rows, ["creative 7 Red 20", "creative 9 Older 50"]);
    }
}
