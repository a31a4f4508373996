//! Facts that repeat are stored once: agents and places, found again by their fingerprint.
//!
//! The writer keeps the ids that it used lately in memory. Ids that were given out inside a
//! transaction are forgotten again when it is rolled back.

use std::collections::HashMap;

use rusqlite::{Connection, named_params};

use crate::domain::visitor::{Agent, BotReason, Place};

/// Fingerprint -> row id, in two generations: a full younger one becomes the older, so that what
/// is in use stays and memory is bounded.
struct RecentIds {
    young: HashMap<u128, i64, ahash::RandomState>,
    old: HashMap<u128, i64, ahash::RandomState>,
    uncommitted: Vec<u128>,
    bound: usize,
}

impl RecentIds {
    fn new(bound: usize) -> Self {
        Self {
            young: HashMap::default(),
            old: HashMap::default(),
            uncommitted: Vec::new(),
            bound,
        }
    }

    fn find(&mut self, fingerprint: u128) -> Option<i64> {
        if let Some(id) = self.young.get(&fingerprint) {
            return Some(*id);
        }
        let id = *self.old.get(&fingerprint)?;
        self.keep(fingerprint, id);
        Some(id)
    }

    fn keep(&mut self, fingerprint: u128, id: i64) {
        if self.young.len() >= self.bound {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(fingerprint, id);
    }

    fn learn(&mut self, fingerprint: u128, id: i64) {
        self.uncommitted.push(fingerprint);
        self.keep(fingerprint, id);
    }

    fn rolled_back(&mut self) {
        for fingerprint in self.uncommitted.drain(..) {
            self.young.remove(&fingerprint);
            self.old.remove(&fingerprint);
        }
    }
}

/// Ids of agents and places.
pub(crate) struct Dictionary {
    agents: RecentIds,
    places: RecentIds,
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

impl Dictionary {
    pub(crate) fn new() -> Self {
        Self {
            agents: RecentIds::new(20_000),
            places: RecentIds::new(50_000),
        }
    }

    /// What was learnt since the last commit is on disk now.
    pub(crate) fn committed(&mut self) {
        self.agents.uncommitted.clear();
        self.places.uncommitted.clear();
    }

    pub(crate) fn rolled_back(&mut self) {
        self.agents.rolled_back();
        self.places.rolled_back();
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
    use rusqlite::OptionalExtension;
    connection
        .prepare_cached(sql)?
        .query_row([fingerprint], |row| row.get(0))
        .optional()
}
