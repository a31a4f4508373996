//! One row back into a [`Click`]: what a step that comes later needs to know of it.

use std::cell::OnceCell;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use super::flags::Flags;
use super::packed::{unpack_ip, unpack_sub_ids, unpacked};
use crate::domain::click::{Click, ClickCost};
use crate::domain::id::Id;
use crate::domain::money::{Currency, Micros};
use crate::domain::visitor::{
    Agent, ConnectionType, Country, DeviceType, Language, Parameters, Place,
};
use crate::store::error::StoreError;
use crate::store::readers::Readers;

const SELECT: &str = "
    select clicks.at, clicks.flags, clicks.ip, clicks.language, clicks.referrer, clicks.source,
        clicks.keyword, clicks.creative_id, clicks.ad_group_id, clicks.ad_campaign_id,
        clicks.external_id, clicks.sub_ids, clicks.others, clicks.cost,
        currencies.code as currency, routes.campaign_id, routes.flow_id, routes.landing_id,
        routes.offer_id, routes.traffic_source_id, routes.domain_id, places.country,
        places.region, places.city, places.isp, places.asn, places.connection_type, places.proxy,
        agents.user_agent, agents.device_type, agents.brand, agents.model, agents.os,
        agents.os_version, agents.browser, agents.browser_version, agents.in_app,
        agents.x_requested_with
    from clicks
    join routes on routes.id = clicks.route_id
    left join currencies on currencies.id = clicks.currency_id
    join agents on agents.id = clicks.agent_id
    join places on places.id = clicks.place_id
    where clicks.id = ?1";

/// The click of this id, by its primary key. The fingerprints of its agent and place are left out
/// (0): they only serve to store it.
pub fn click(readers: &Readers, id: Id) -> Result<Option<Click>, StoreError> {
    let reader = readers.get()?;
    Ok(find(&reader, id)?)
}

/// The same within a transaction.
pub(in crate::store) fn find(
    connection: &Connection,
    id: Id,
) -> Result<Option<Click>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(SELECT)?;
    let found = statement.query_row([id.to_row()], |row| read(row, id));
    found.optional()
}

/// A click that is read when somebody first asks for it.
pub(in crate::store) struct ClickOf {
    id: Option<Id>,
    found: OnceCell<Option<Click>>,
}

impl ClickOf {
    /// `None`: there is no click.
    pub(in crate::store) fn new(id: Option<Id>) -> Self {
        Self {
            id,
            found: OnceCell::new(),
        }
    }

    pub(in crate::store) fn find(
        &self,
        connection: &Connection,
    ) -> Result<Option<&Click>, rusqlite::Error> {
        if self.found.get().is_none() {
            let click = self.id.map(|id| find(connection, id)).transpose()?;
            let _ = self.found.set(click.flatten());
        }
        Ok(self.found.get().and_then(Option::as_ref))
    }
}

fn read(row: &Row<'_>, id: Id) -> Result<Click, rusqlite::Error> {
    let flags = Flags(row.get("flags")?);
    let ip: Vec<u8> = row.get("ip")?;
    let packed = |name: &str| row.get_ref(name).map(unpacked);
    let text = |name: &str| row.get::<_, Option<String>>(name);
    let cost = match (
        row.get::<_, Option<i64>>("cost")?,
        text("currency")?.as_deref().map(Currency::parse),
    ) {
        (Some(amount), Some(Some(currency))) => Some(ClickCost {
            amount: Micros(amount),
            currency,
            fell_back: flags.cost_fell_back(),
        }),
        _ => None,
    };
    Ok(Click {
        id,
        // Links of offers behind a landing do not name it.
        parent_id: None,
        visitor: None,
        is_unique_campaign: flags.is_unique_campaign(),
        is_unique_flow: flags.is_unique_flow(),
        is_unique_global: flags.is_unique_global(),
        is_test: flags.is_test(),
        at: row.get("at")?,
        campaign_id: row.get("campaign_id")?,
        flow_id: row.get("flow_id")?,
        landing_id: row.get("landing_id")?,
        offer_id: row.get("offer_id")?,
        traffic_source_id: row.get("traffic_source_id")?,
        domain_id: row.get("domain_id")?,
        ip: unpack_ip(&ip).unwrap_or([0, 0, 0, 0].into()),
        agent: Arc::new(agent(row)?),
        place: Arc::new(place(row)?),
        language: text("language")?.as_deref().and_then(Language::parse),
        referrer: text("referrer")?,
        bot_reason: flags.bot_reason(),
        parameters: Parameters {
            external_id: packed("external_id")?,
            source: packed("source")?,
            keyword: packed("keyword")?,
            creative_id: packed("creative_id")?,
            ad_group_id: packed("ad_group_id")?,
            ad_campaign_id: packed("ad_campaign_id")?,
            sub_ids: text("sub_ids")?.map_or(Vec::new(), |json| unpack_sub_ids(&json)),
            others: text("others")?
                .and_then(|json| serde_json::from_str(&json).ok())
                .unwrap_or_default(),
            ..Parameters::default()
        },
        cost,
    })
}

fn agent(row: &Row<'_>) -> Result<Agent, rusqlite::Error> {
    let device_type: String = row.get("device_type")?;
    let known = DeviceType::ALL
        .iter()
        .find(|(word, _)| *word == device_type);
    Ok(Agent {
        fingerprint: 0,
        user_agent: row.get("user_agent")?,
        device_type: known.map_or(DeviceType::default(), |(_, kind)| *kind),
        brand: row.get("brand")?,
        model: row.get("model")?,
        os: row.get("os")?,
        os_version: row.get("os_version")?,
        browser: row.get("browser")?,
        browser_version: row.get("browser_version")?,
        in_app: row.get("in_app")?,
        x_requested_with: row.get("x_requested_with")?,
        bot: None,
    })
}

fn place(row: &Row<'_>) -> Result<Place, rusqlite::Error> {
    let country: Option<String> = row.get("country")?;
    let connection_type: Option<String> = row.get("connection_type")?;
    let known = |word: String| {
        let mut all = ConnectionType::ALL.iter();
        all.find(|(known, _)| *known == word).map(|(_, kind)| *kind)
    };
    Ok(Place {
        fingerprint: 0,
        country: country.as_deref().and_then(Country::parse),
        region: row.get("region")?,
        city: row.get("city")?,
        isp: row.get("isp")?,
        asn: row.get("asn")?,
        connection_type: connection_type.and_then(known),
        proxy: row.get("proxy")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::IdGenerator;
    use crate::domain::visitor::BotReason;
    use crate::macros::testing::Sample;
    use crate::store::clicks::insert;
    use crate::store::connection::{Durability, open_writer};
    use crate::store::dictionary::Dictionary;
    use crate::store::migrations::migrate;

    #[test]
    fn a_click_reads_back_as_it_was_stored() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrate(&mut connection, &path).unwrap();
        let visitor = Sample::new().visitor;
        let at = 1_790_000_000_000;
        let full = Click {
            parent_id: None,
            visitor: None,
            is_unique_campaign: false,
            is_unique_flow: false,
            is_unique_global: false,
            is_test: false,
            // The clock was set back by a second.
            id: IdGenerator::new(0, None).next(at + 1_000),
            at,
            campaign_id: 1,
            flow_id: Some(2),
            landing_id: Some(3),
            offer_id: None,
            traffic_source_id: Some(5),
            domain_id: Some(6),
            ip: visitor.ip,
            agent: visitor.agent,
            place: visitor.place,
            language: visitor.language,
            referrer: visitor.referrer,
            bot_reason: Some(BotReason::Prefetch),
            parameters: Parameters {
                external_id: Some("007".to_owned()),
                source: Some("12".to_owned()),
                others: vec![("fbclid".to_owned(), "a\"b".to_owned())],
                ..visitor.parameters
            },
            cost: Some(ClickCost {
                amount: Micros(1_500),
                currency: Currency::parse("EUR").unwrap(),
                fell_back: true,
            }),
        };
        let bare = Click {
            parent_id: None,
            visitor: None,
            is_unique_campaign: false,
            is_unique_flow: false,
            is_unique_global: false,
            is_test: false,
            id: IdGenerator::new(0, Some(full.id)).next(at),
            agent: Arc::default(),
            place: Arc::default(),
            language: None,
            referrer: None,
            bot_reason: None,
            parameters: Parameters::default(),
            cost: None,
            ..full.clone()
        };
        let mut statement = insert::prepare(&connection).unwrap();
        let mut dictionary = Dictionary::new();
        for click in [&full, &bare] {
            insert::insert(&connection, &mut statement, &mut dictionary, click).unwrap();
        }
        let readers = Readers::open(&path).unwrap();

        for stored in [full, bare] {
            let read = click(&readers, stored.id).unwrap().unwrap();

            let expected = Click {
                agent: Arc::new(Agent {
                    fingerprint: 0,
                    ..(*stored.agent).clone()
                }),
                place: Arc::new(Place {
                    fingerprint: 0,
                    ..(*stored.place).clone()
                }),
                ..stored
            };
            assert_eq!(read, expected);
        }
        assert_eq!(click(&readers, Id::first_at(at)).unwrap(), None);
    }
}
