//! A request becomes a visitor. One file answers one question.
//!
//! [`Rules`] are shared by all threads and replaced as a whole; [`Detectors`] belong to one
//! worker thread, so that their caches need no locks.

pub mod bot;
pub mod client_ip;
pub mod device;
pub mod geo;
pub mod language;
pub mod params;
pub mod referrer;
pub mod request;
pub mod search_engine;
pub mod text;

use std::sync::Arc;

use arc_swap::ArcSwap;

use self::bot::BotRules;
use self::client_ip::ProxyRules;
use self::device::Devices;
use self::geo::{Bases, Geo};
use self::params::{ParameterMap, Query};
use self::request::ClickRequest;
use crate::domain::visitor::Visitor;

/// What detection goes by: the operator's rules and the geo bases.
pub struct Rules {
    pub proxies: ProxyRules,
    pub bots: Arc<BotRules>,
    pub bases: ArcSwap<Bases>,
}

/// One worker thread's detectors, with what they have seen lately.
pub struct Detectors {
    rules: Arc<Rules>,
    devices: Devices,
    geo: Geo,
}

impl Detectors {
    /// `key` is the secret of the fingerprints, the same in every thread and after a restart.
    pub fn new(rules: Arc<Rules>, key: &[u8; 16]) -> Self {
        let devices = Devices::new(key, Arc::clone(&rules.bots));
        Self {
            rules,
            devices,
            geo: Geo::new(key),
        }
    }

    /// Everything that the request tells about who clicked. Never fails: what cannot be known is
    /// left out.
    pub fn observe(
        &self,
        request: &ClickRequest<'_>,
        query: &Query<'_>,
        names: &ParameterMap,
    ) -> Visitor {
        let headers = &request.headers;
        let ip = self.rules.proxies.client_ip(request.peer, headers);
        let agent = self.devices.observe(headers);
        let bot = self.rules.bots.request(headers, ip, &agent);
        Visitor {
            ip,
            place: self.geo.observe(&self.rules.bases.load(), ip),
            agent,
            language: language::observe(headers),
            referrer: referrer::observe(headers),
            bot,
            parameters: names.claim(query),
        }
    }
}
