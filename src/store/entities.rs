//! What an operator edits: documents in, documents out.
//!
//! The document column is the truth and is read by the same reader as what the API receives.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, named_params};
use serde::Serialize;

use super::error::StoreError;
use super::writer::Writer;
use crate::domain::campaign::Campaign;
use crate::domain::documents::Documents;
use crate::domain::entity::Entity;
use crate::domain::form::Form;
use crate::domain::landing::Landing;
use crate::domain::list::List;
use crate::domain::network::Network;
use crate::domain::offer::Offer;
use crate::domain::tracking_domain::TrackingDomain;

/// An entity that has a table.
pub trait Stored: Entity {
    /// Writes the row of this document, new or changed.
    fn save(&self, connection: &Connection) -> Result<(), StoreError>;
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
        campaigns: load_all(connection, "select id, document from campaigns")?,
        offers: load_all(connection, "select id, document from offers")?,
        landings: load_all(connection, "select id, document from landings")?,
        networks: load_all(connection, "select id, document from networks")?,
        domains: load_all(connection, "select id, document from domains")?,
        lists: load_all(connection, "select id, document from lists")?,
    })
}

/// The highest id that a flow ever had, removed flows included; 0 if there was none.
pub fn highest_flow_id(connection: &Connection) -> Result<u64, StoreError> {
    const SQL: &str = "select coalesce(max(id), 0) from flows";
    let id: i64 = connection.query_row(SQL, [], |row| row.get(0))?;
    Ok(id.unsigned_abs())
}

fn load_all<E: Entity>(
    connection: &Connection,
    sql: &str,
) -> Result<BTreeMap<u64, Arc<E>>, StoreError> {
    let mut statement = connection.prepare(sql)?;
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

impl Stored for Campaign {
    fn save(&self, connection: &Connection) -> Result<(), StoreError> {
        save_campaign(connection, self)
    }
}

impl Stored for Offer {
    fn save(&self, connection: &Connection) -> Result<(), StoreError> {
        save_offer(connection, self)
    }
}

impl Stored for Landing {
    fn save(&self, connection: &Connection) -> Result<(), StoreError> {
        save_landing(connection, self)
    }
}

impl Stored for Network {
    fn save(&self, connection: &Connection) -> Result<(), StoreError> {
        save_network(connection, self)
    }
}

impl Stored for TrackingDomain {
    fn save(&self, connection: &Connection) -> Result<(), StoreError> {
        save_domain(connection, self)
    }
}

impl Stored for List {
    fn save(&self, connection: &Connection) -> Result<(), StoreError> {
        save_list(connection, self)
    }
}

/// Writes a campaign and the names of its flows. Flows that it no longer has become archived.
pub fn save_campaign(connection: &Connection, campaign: &Campaign) -> Result<(), StoreError> {
    const SAVE: &str = "
        insert into campaigns
            (id, name, alias, domain_id, state, version, document, created_at, updated_at)
        values
            (:id, :name, :alias, :domain_id, :state, :version, :document, :created_at, :updated_at)
        on conflict (id) do update set
            name = excluded.name, alias = excluded.alias, domain_id = excluded.domain_id,
            state = excluded.state, version = excluded.version, document = excluded.document,
            updated_at = excluded.updated_at";
    const ARCHIVE_FLOWS: &str =
        "update flows set state = 'archived' where campaign_id = :campaign_id";
    const SAVE_FLOW: &str = "
        insert into flows (id, campaign_id, position, name, kind, state)
        values (:id, :campaign_id, :position, :name, :kind, :state)
        on conflict (id) do update set
            position = excluded.position, name = excluded.name, kind = excluded.kind,
            state = excluded.state";
    connection.prepare_cached(SAVE)?.execute(named_params! {
        ":id": campaign.id as i64,
        ":name": campaign.name,
        ":alias": campaign.alias,
        ":domain_id": campaign.domain_id.map(|id| id as i64),
        ":state": word(&campaign.state)?,
        ":version": campaign.version as i64,
        ":document": document(campaign)?,
        ":created_at": campaign.created_at,
        ":updated_at": campaign.updated_at,
    })?;
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

/// Writes an offer.
pub fn save_offer(connection: &Connection, offer: &Offer) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into offers
            (id, name, network_id, state, version, document, created_at, updated_at)
        values
            (:id, :name, :network_id, :state, :version, :document, :created_at, :updated_at)
        on conflict (id) do update set
            name = excluded.name, network_id = excluded.network_id, state = excluded.state,
            version = excluded.version, document = excluded.document,
            updated_at = excluded.updated_at";
    connection.prepare_cached(SQL)?.execute(named_params! {
        ":id": offer.id as i64,
        ":name": offer.name,
        ":network_id": offer.network_id.map(|id| id as i64),
        ":state": word(&offer.state)?,
        ":version": offer.version as i64,
        ":document": document(offer)?,
        ":created_at": offer.created_at,
        ":updated_at": offer.updated_at,
    })?;
    Ok(())
}

/// Writes a landing.
pub fn save_landing(connection: &Connection, landing: &Landing) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into landings (id, name, state, version, document, created_at, updated_at)
        values (:id, :name, :state, :version, :document, :created_at, :updated_at)
        on conflict (id) do update set
            name = excluded.name, state = excluded.state, version = excluded.version,
            document = excluded.document, updated_at = excluded.updated_at";
    save_named(connection, SQL, landing, &landing.name)
}

/// Writes a network.
pub fn save_network(connection: &Connection, network: &Network) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into networks (id, name, state, version, document, created_at, updated_at)
        values (:id, :name, :state, :version, :document, :created_at, :updated_at)
        on conflict (id) do update set
            name = excluded.name, state = excluded.state, version = excluded.version,
            document = excluded.document, updated_at = excluded.updated_at";
    save_named(connection, SQL, network, &network.name)
}

/// Writes a tracking domain.
pub fn save_domain(connection: &Connection, domain: &TrackingDomain) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into domains (id, host, state, version, document, created_at, updated_at)
        values (:id, :name, :state, :version, :document, :created_at, :updated_at)
        on conflict (id) do update set
            host = excluded.host, state = excluded.state, version = excluded.version,
            document = excluded.document, updated_at = excluded.updated_at";
    save_named(connection, SQL, domain, &domain.host)
}

/// Writes a list.
pub fn save_list(connection: &Connection, list: &List) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into lists (id, name, state, version, document, created_at, updated_at)
        values (:id, :name, :state, :version, :document, :created_at, :updated_at)
        on conflict (id) do update set
            name = excluded.name, state = excluded.state, version = excluded.version,
            document = excluded.document, updated_at = excluded.updated_at";
    save_named(connection, SQL, list, &list.name)
}

/// Runs a statement that takes nothing but a head, a name and the document.
fn save_named<E: Entity>(
    connection: &Connection,
    sql: &str,
    entity: &E,
    name: &str,
) -> Result<(), StoreError> {
    let head = entity.head();
    connection.prepare_cached(sql)?.execute(named_params! {
        ":id": head.id as i64,
        ":name": name,
        ":state": word(&head.state)?,
        ":version": head.version as i64,
        ":document": document(entity)?,
        ":created_at": head.created_at,
        ":updated_at": head.updated_at,
    })?;
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
        save_campaign(&connection, &campaign(both)).unwrap();

        save_campaign(
            &connection,
            &campaign(json!([{ "id": 1, "target": target }])),
        )
        .unwrap();

        let state: String = connection
            .query_row("select state from flows where id = 2", [], |row| row.get(0))
            .unwrap();
        assert_eq!(state, "archived");
        assert_eq!(highest_flow_id(&connection).unwrap(), 2);
    }

    #[test]
    fn what_cannot_be_read_of_a_document_does_not_keep_the_rest_from_counting() {
        let connection = database();
        save_campaign(&connection, &campaign(json!([]))).unwrap();
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
