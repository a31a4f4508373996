//! Facts that repeat are stored once: agents and places, found again by their fingerprint; routes
//! and currencies, found again as they are; names of ads, noted again when they change.
//!
//! The writer keeps the ids that it used lately in memory. Ids that were given out inside a
//! transaction are forgotten again when it is rolled back.

use std::collections::HashMap;
use std::hash::Hash;

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::ad_names::Noted;
use crate::domain::click::Click;
use crate::domain::money::Currency;
use crate::domain::visitor::{Agent, BotReason, Place};

/// What identifies a row -> its id, in two generations: a full younger one becomes the older, so that what
/// is in use stays and memory is bounded.
pub(super) struct RecentIds<K> {
    young: HashMap<K, i64, ahash::RandomState>,
    old: HashMap<K, i64, ahash::RandomState>,
    uncommitted: Vec<K>,
    bound: usize,
}

impl<K: Copy + Eq + Hash> RecentIds<K> {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            young: HashMap::default(),
            old: HashMap::default(),
            uncommitted: Vec::new(),
            bound,
        }
    }

    pub(super) fn find(&mut self, key: K) -> Option<i64> {
        if let Some(id) = self.young.get(&key) {
            return Some(*id);
        }
        let id = *self.old.get(&key)?;
        self.keep(key, id);
        Some(id)
    }

    fn keep(&mut self, key: K, id: i64) {
        if self.young.len() >= self.bound {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, id);
    }

    pub(super) fn learn(&mut self, key: K, id: i64) {
        self.uncommitted.push(key);
        self.keep(key, id);
    }

    pub(super) fn committed(&mut self) {
        self.uncommitted.clear();
    }

    pub(super) fn rolled_back(&mut self) {
        for key in self.uncommitted.drain(..) {
            self.young.remove(&key);
            self.old.remove(&key);
        }
    }
}

/// What was decided about a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Route {
    campaign_id: u64,
    flow_id: Option<u64>,
    landing_id: Option<u64>,
    offer_id: Option<u64>,
    traffic_source_id: Option<u64>,
    domain_id: Option<u64>,
}

impl Route {
    pub(crate) fn of(click: &Click) -> Self {
        Self {
            campaign_id: click.campaign_id,
            flow_id: click.flow_id,
            landing_id: click.landing_id,
            offer_id: click.offer_id,
            traffic_source_id: click.traffic_source_id,
            domain_id: click.domain_id,
        }
    }

    /// From the columns of `routes` in their order, the first at `index`.
    pub(crate) fn read(row: &Row<'_>, index: usize) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            campaign_id: row.get(index)?,
            flow_id: row.get(index + 1)?,
            landing_id: row.get(index + 2)?,
            offer_id: row.get(index + 3)?,
            traffic_source_id: row.get(index + 4)?,
            domain_id: row.get(index + 5)?,
        })
    }

    /// With this offer, if it has none yet.
    pub(crate) fn filled(self, offer_id: u64) -> Option<Self> {
        self.offer_id.is_none().then_some(Self {
            offer_id: Some(offer_id),
            ..self
        })
    }
}

/// Ids of what repeats.
pub(crate) struct Dictionary {
    agents: RecentIds<u128>,
    places: RecentIds<u128>,
    routes: RecentIds<Route>,
    currencies: RecentIds<Currency>,
    pub(super) ad_names: Noted,
}

const FIND_AGENT: &str = "select id from agents where fingerprint = ?1";
const INSERT_AGENT: &str = "
    insert into agents (fingerprint, user_agent, device_type, brand, model, os, os_version,
        browser, browser_version, in_app, x_requested_with, bot_reason, bot_detail)
    values (:fingerprint, :user_agent, :device_type, :brand, :model, :os, :os_version,
        :browser, :browser_version, :in_app, :x_requested_with, :bot_reason, :bot_detail)";
const FIND_PLACE: &str = "select id from places where fingerprint = ?1";
const INSERT_PLACE: &str = "
    insert into places (fingerprint, country, region, city, isp, asn, connection_type, proxy)
    values (:fingerprint, :country, :region, :city, :isp, :asn, :connection_type, :proxy)";
// A route is looked for only when it is not among the recent ones; the table is small.
const FIND_ROUTE: &str = "
    select id from routes
    where campaign_id = :campaign_id and flow_id is :flow_id and landing_id is :landing_id
        and offer_id is :offer_id and traffic_source_id is :traffic_source_id
        and domain_id is :domain_id";
const INSERT_ROUTE: &str = "
    insert into routes (campaign_id, flow_id, landing_id, offer_id, traffic_source_id, domain_id)
    values (:campaign_id, :flow_id, :landing_id, :offer_id, :traffic_source_id, :domain_id)";
const FIND_CURRENCY: &str = "select id from currencies where code = ?1";
const INSERT_CURRENCY: &str = "insert into currencies (code) values (?1)";

impl Dictionary {
    pub(crate) fn new() -> Self {
        Self {
            agents: RecentIds::new(20_000),
            places: RecentIds::new(50_000),
            routes: RecentIds::new(20_000),
            currencies: RecentIds::new(200),
            ad_names: Noted::new(),
        }
    }

    /// What was learnt since the last commit is on disk now.
    pub(crate) fn committed(&mut self) {
        self.agents.committed();
        self.places.committed();
        self.routes.committed();
        self.currencies.committed();
        self.ad_names.committed();
    }

    pub(crate) fn rolled_back(&mut self) {
        self.agents.rolled_back();
        self.places.rolled_back();
        self.routes.rolled_back();
        self.currencies.rolled_back();
        self.ad_names.rolled_back();
    }

    /// The row id of an agent, inserting it where it is new.
    pub(crate) fn agent(
        &mut self,
        connection: &Connection,
        agent: &Agent,
    ) -> Result<i64, rusqlite::Error> {
        if let Some(id) = self.agents.find(agent.fingerprint) {
            return Ok(id);
        }
        let fingerprint = agent.fingerprint.to_be_bytes();
        let id = match find(connection, FIND_AGENT, &fingerprint)? {
            Some(id) => id,
            None => connection
                .prepare_cached(INSERT_AGENT)?
                .insert(named_params! {
                    ":fingerprint": fingerprint,
                    ":user_agent": agent.user_agent,
                    ":device_type": agent.device_type.as_str(),
                    ":brand": agent.brand,
                    ":model": agent.model,
                    ":os": agent.os,
                    ":os_version": agent.os_version,
                    ":browser": agent.browser,
                    ":browser_version": agent.browser_version,
                    ":in_app": agent.in_app,
                    ":x_requested_with": agent.x_requested_with,
                    ":bot_reason": agent.bot.as_ref().map(|bot| BotReason::as_str(bot.reason)),
                    ":bot_detail": agent.bot.as_ref().map(|bot| bot.detail.as_str()),
                })?,
        };
        self.agents.learn(agent.fingerprint, id);
        Ok(id)
    }

    /// The row id of a route, inserting it where it is new.
    pub(crate) fn route(
        &mut self,
        connection: &Connection,
        route: &Route,
    ) -> Result<i64, rusqlite::Error> {
        if let Some(id) = self.routes.find(*route) {
            return Ok(id);
        }
        let values = named_params! {
            ":campaign_id": route.campaign_id,
            ":flow_id": route.flow_id,
            ":landing_id": route.landing_id,
            ":offer_id": route.offer_id,
            ":traffic_source_id": route.traffic_source_id,
            ":domain_id": route.domain_id,
        };
        let mut find = connection.prepare_cached(FIND_ROUTE)?;
        let id = match find.query_row(values, |row| row.get(0)).optional()? {
            Some(id) => id,
            None => connection.prepare_cached(INSERT_ROUTE)?.insert(values)?,
        };
        self.routes.learn(*route, id);
        Ok(id)
    }

    /// The row id of a currency, inserting it where it is new.
    pub(crate) fn currency(
        &mut self,
        connection: &Connection,
        currency: Currency,
    ) -> Result<i64, rusqlite::Error> {
        if let Some(id) = self.currencies.find(currency) {
            return Ok(id);
        }
        let code = currency.as_str();
        let mut find = connection.prepare_cached(FIND_CURRENCY)?;
        let id = match find.query_row([code], |row| row.get(0)).optional()? {
            Some(id) => id,
            None => connection.prepare_cached(INSERT_CURRENCY)?.insert([code])?,
        };
        self.currencies.learn(currency, id);
        Ok(id)
    }

    /// The row id of a place, inserting it where it is new.
    pub(crate) fn place(
        &mut self,
        connection: &Connection,
        place: &Place,
    ) -> Result<i64, rusqlite::Error> {
        if let Some(id) = self.places.find(place.fingerprint) {
            return Ok(id);
        }
        let fingerprint = place.fingerprint.to_be_bytes();
        let id = match find(connection, FIND_PLACE, &fingerprint)? {
            Some(id) => id,
            None => connection
                .prepare_cached(INSERT_PLACE)?
                .insert(named_params! {
                    ":fingerprint": fingerprint,
                    ":country": place.country.as_ref().map(|country| country.as_str()),
                    ":region": place.region,
                    ":city": place.city,
                    ":isp": place.isp,
                    ":asn": place.asn,
                    ":connection_type": place.connection_type.map(|kind| kind.as_str()),
                    ":proxy": place.proxy,
                })?,
        };
        self.places.learn(place.fingerprint, id);
        Ok(id)
    }
}

fn find(
    connection: &Connection,
    sql: &str,
    fingerprint: &[u8; 16],
) -> Result<Option<i64>, rusqlite::Error> {
    connection
        .prepare_cached(sql)?
        .query_row([fingerprint], |row| row.get(0))
        .optional()
}
