//! What an operator edits: documents in, documents out.
//!
//! The document column is the truth and is read by the same reader as what the API receives.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{Connection, ToSql, named_params};
use serde::Serialize;

use super::channels;
use super::error::StoreError;
use super::writer::Writer;
use crate::domain::campaign::Campaign;
use crate::domain::channel::Channel;
use crate::domain::documents::Documents;
use crate::domain::entity::Entity;
use crate::domain::event::Event;
use crate::domain::form::Form;
use crate::domain::group::Group;
use crate::domain::group::GroupKind;
use crate::domain::landing::Landing;
use crate::domain::list::List;
use crate::domain::network::Network;
use crate::domain::offer::Offer;
use crate::domain::own_metric::OwnMetric;
use crate::domain::rule::Rule;
use crate::domain::saved_report::SavedReport;
use crate::domain::summary::Summary;
use crate::domain::tracking_domain::TrackingDomain;
use crate::domain::traffic_source::TrafficSource;

/// An entity that has a table.
pub trait Stored: Entity {
    /// Its rows: id and document.
    const LOAD: &'static str;

    /// Writes its row.
    const SAVE: &'static str;

    /// The columns of its row beside those that every entity has, by their parameters' names.
    fn columns(&self) -> Vec<(&'static str, Value)>;

    /// Writes what is kept beside the row.
    fn save_parts(&self, _connection: &Connection) -> Result<(), StoreError> {
        Ok(())
    }

    /// Writes this document, new or changed.
    fn save(&self, connection: &Connection) -> Result<(), StoreError> {
        save_row(connection, self)?;
        self.save_parts(connection)
    }
}

/// The table of an entity, and the columns that are copies of its fields.
macro_rules! stored {
    ($entity:ty, $table:literal, $($column:ident),+ $(; $parts:item)?) => {
        impl Stored for $entity {
            const LOAD: &'static str = concat!("select id, document from ", $table);

            const SAVE: &'static str = concat!(
                "insert into ", $table, " (",
                $(stringify!($column), ", ",)+
                "id, state, version, document, created_at, updated_at) values (",
                $(":", stringify!($column), ", ",)+
                ":id, :state, :version, :document, :created_at, :updated_at) ",
                "on conflict (id) do update set ",
                $(stringify!($column), " = excluded.", stringify!($column), ", ",)+
                "state = excluded.state, version = excluded.version, ",
                "document = excluded.document, updated_at = excluded.updated_at",
            );

            fn columns(&self) -> Vec<(&'static str, Value)> {
                vec![$((concat!(":", stringify!($column)), column(self.$column.clone()))),+]
            }

            $($parts)?
        }
    };
}

stored!(Campaign, "campaigns", name, alias, domain_id, traffic_source_id, group_id;
    fn save_parts(&self, connection: &Connection) -> Result<(), StoreError> {
        save_flows(connection, self)
    }
);
stored!(Offer, "offers", name, network_id, group_id);
stored!(Landing, "landings", name, group_id);
stored!(Network, "networks", name);
stored!(TrafficSource, "traffic_sources", name, group_id);
stored!(TrackingDomain, "domains", host, group_id);
stored!(List, "lists", name);
stored!(Group, "groups", name, kind);
stored!(Event, "events", name, key);
stored!(Rule, "rules", name);
stored!(Summary, "summaries", name);
stored!(SavedReport, "saved_reports", name);
stored!(OwnMetric, "metrics", name, key);
stored!(Channel, "channels", name;
    fn save_parts(&self, connection: &Connection) -> Result<(), StoreError> {
        channels::keep_secret(connection, self)
    }
);

/// A field as a column holds it.
fn column(field: impl Into<Field>) -> Value {
    field.into().0
}

struct Field(Value);

impl From<String> for Field {
    fn from(text: String) -> Self {
        Self(Value::Text(text))
    }
}

impl From<Option<u64>> for Field {
    fn from(id: Option<u64>) -> Self {
        Self(id.map_or(Value::Null, |id| Value::Integer(id as i64)))
    }
}

impl From<GroupKind> for Field {
    fn from(kind: GroupKind) -> Self {
        Self(Value::Text(word(&kind).unwrap_or_default()))
    }
}

/// A piece of work in the writer's transaction.
pub type Save = Box<dyn FnOnce(&Connection) -> Result<(), StoreError> + Send>;

/// The work of writing one entity.
pub fn saving<E: Stored>(entity: Arc<E>) -> Save {
    Box::new(move |connection| entity.save(connection))
}

/// Does all of it, or nothing.
pub fn save_all(writer: &Writer, work: Vec<Save>) -> Result<(), StoreError> {
    writer.edit_blocking(move |connection| work.into_iter().try_for_each(|save| save(connection)))
}

/// Everything that is stored.
pub fn load(connection: &Connection) -> Result<Documents, StoreError> {
    Ok(Documents {
        campaigns: load_all(connection)?,
        offers: load_all(connection)?,
        landings: load_all(connection)?,
        networks: load_all(connection)?,
        traffic_sources: load_all(connection)?,
        domains: load_all(connection)?,
        lists: load_all(connection)?,
        groups: load_all(connection)?,
        events: load_all(connection)?,
        rules: load_all(connection)?,
        channels: load_all(connection)?,
        summaries: load_all(connection)?,
        saved_reports: load_all(connection)?,
        metrics: load_all(connection)?,
    })
}

/// The highest id that a flow ever had, removed flows included; 0 if there was none.
pub fn highest_flow_id(connection: &Connection) -> Result<u64, StoreError> {
    const SQL: &str = "select coalesce(max(id), 0) from flows";
    let id: i64 = connection.query_row(SQL, [], |row| row.get(0))?;
    Ok(id.unsigned_abs())
}

fn load_all<E: Stored>(connection: &Connection) -> Result<BTreeMap<u64, Arc<E>>, StoreError> {
    let mut statement = connection.prepare(E::LOAD)?;
    let mut rows = statement.query([])?;
    let mut entities = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (id, document): (i64, String) = (row.get(0)?, row.get(1)?);
        let document = serde_json::from_str(&document)
            .map_err(|error| StoreError::Damaged(format!("{} {id}: {error}", E::WORD)))?;
        // What another version has stored must not keep visitors from being sent on: what can be
        // read of it counts, and the rest is told.
        let (entity, problems) = Form::draft(&document, E::from_form);
        for problem in problems {
            tracing::error!(
                what = E::WORD,
                id,
                field = problem.field,
                "a stored document cannot be read whole: {}",
                problem.message
            );
        }
        entities.insert(id.unsigned_abs(), Arc::new(entity));
    }
    Ok(entities)
}

/// Writes the names of a campaign's flows. Flows that it no longer has become archived.
fn save_flows(connection: &Connection, campaign: &Campaign) -> Result<(), StoreError> {
    const ARCHIVE_FLOWS: &str =
        "update flows set state = 'archived' where campaign_id = :campaign_id";
    const SAVE_FLOW: &str = "
        insert into flows (id, campaign_id, position, name, kind, state)
        values (:id, :campaign_id, :position, :name, :kind, :state)
        on conflict (id) do update set
            position = excluded.position, name = excluded.name, kind = excluded.kind,
            state = excluded.state";
    connection
        .prepare_cached(ARCHIVE_FLOWS)?
        .execute(named_params! { ":campaign_id": campaign.id as i64 })?;
    let mut save_flow = connection.prepare_cached(SAVE_FLOW)?;
    for (position, flow) in campaign.flows.iter().enumerate() {
        save_flow.execute(named_params! {
            ":id": flow.id as i64,
            ":campaign_id": campaign.id as i64,
            ":position": position as i64,
            ":name": flow.name,
            ":kind": word(&flow.kind)?,
            ":state": word(&flow.state)?,
        })?;
    }
    Ok(())
}

fn save_row<E: Stored>(connection: &Connection, entity: &E) -> Result<(), StoreError> {
    let head = entity.head();
    let mut row = entity.columns();
    row.extend([
        (":id", Value::Integer(head.id as i64)),
        (":state", Value::Text(word(&head.state)?)),
        (":version", Value::Integer(head.version as i64)),
        (":document", Value::Text(document(entity)?)),
        (":created_at", Value::Integer(head.created_at)),
        (":updated_at", Value::Integer(head.updated_at)),
    ]);
    let row: Vec<(&str, &dyn ToSql)> = row
        .iter()
        .map(|(name, value)| (*name, value as &dyn ToSql))
        .collect();
    connection.prepare_cached(E::SAVE)?.execute(&row[..])?;
    Ok(())
}

fn document(entity: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(entity).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// The word of a state or kind, as in JSON.
fn word(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(StoreError::Damaged(format!("{other:?} is not a word"))),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::migrations::migrate;

    /// An empty database in memory.
    pub(crate) fn database() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .pragma_update(None, "foreign_keys", "on")
            .unwrap();
        migrate(&mut connection, std::path::Path::new("unused")).unwrap();
        connection
    }

    fn campaign(flows: serde_json::Value) -> Campaign {
        let document = json!({
            "id": 3, "version": 2, "created_at": 10, "updated_at": 20,
            "name": "US push", "alias": "us", "flows": flows,
        });
        Campaign::read(&document).unwrap()
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let connection = database();
        let target = json!({ "kind": "redirect", "url": "https://example.com/" });
        let saved = campaign(json!([{ "id": 1, "target": target }]));
        let network = json!({ "id": 1, "version": 1, "name": "N", "offer_param": "s={click_id}" });
        let network = Network::read(&network).unwrap();
        let offer = json!({ "id": 7, "name": "O", "url": "https://o.example/", "network_id": 1,
            "cap": { "daily": 5 }, "payout": { "kind": "fixed", "value": "5.5" } });
        let offer = Offer::read(&offer).unwrap();

        saved.save(&connection).unwrap();
        network.save(&connection).unwrap();
        offer.save(&connection).unwrap();

        let loaded = load(&connection).unwrap();
        assert_eq!(*loaded.campaigns[&3], saved);
        assert_eq!(*loaded.networks[&1], network);
        assert_eq!(*loaded.offers[&7], offer);
    }

    #[test]
    fn a_removed_flow_stays_as_an_archived_row() {
        let connection = database();
        let target = json!({ "kind": "redirect", "url": "https://example.com/" });
        let both =
            json!([{ "id": 1, "target": target }, { "id": 2, "name": "b", "target": target }]);
        campaign(both).save(&connection).unwrap();

        let one = json!([{ "id": 1, "target": target }]);
        campaign(one).save(&connection).unwrap();

        let state: String = connection
            .query_row("select state from flows where id = 2", [], |row| row.get(0))
            .unwrap();
        assert_eq!(state, "archived");
        assert_eq!(highest_flow_id(&connection).unwrap(), 2);
    }

    #[test]
    fn what_cannot_be_read_of_a_document_does_not_keep_the_rest_from_counting() {
        let connection = database();
        campaign(json!([])).save(&connection).unwrap();
        connection
            .execute(
                "update campaigns set document = '{\"name\":\"x\",\"rotation\":\"x\"}'",
                [],
            )
            .unwrap();

        let campaigns = load(&connection).unwrap().campaigns;

        assert_eq!(campaigns[&3].name, "x");
        assert_eq!(campaigns[&3].rotation, Default::default());

        connection
            .execute("update campaigns set document = 'no JSON'", [])
            .unwrap();
        let message = load(&connection).unwrap_err().to_string();
        assert!(message.contains("campaign 3"), "{message}");
    }
}
