//! Visitors: people and robots.

use std::net::IpAddr;
use std::sync::Arc;

use fastrand::Rng;

use super::agents::Agents;
use super::places::Places;
use super::world::Source;
use crate::domain::visitor::{Agent, Bot, BotReason, Language, Place};

/// The share of clicks that are robots'.
pub(super) const ROBOTS: f64 = 0.034;
/// Of previews: messengers and apps that load a link before anybody looks.
pub(super) const PREVIEWS: f64 = 0.011;

/// Somebody, or something.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) ip: IpAddr,
    pub(super) place: Arc<Place>,
    pub(super) agent: Arc<Agent>,
    pub(super) language: Option<Language>,
    /// The number of the country.
    pub(super) country: usize,
}

/// Everybody there is.
pub(super) struct People {
    pub(super) places: Places,
    pub(super) agents: Agents,
}

impl People {
    /// Somebody new from this country, as the source sends them.
    pub(super) fn person(&self, country: usize, source: &Source, rng: &mut Rng) -> Person {
        let home = &self.places.countries[country];
        let (ip, place) = home.address(rng);
        Person {
            ip,
            place,
            agent: self
                .agents
                .person(source.mobile, source.app.as_deref(), rng),
            language: home.language(rng),
            country,
        }
    }

    pub(super) fn robot(&self, country: usize, rng: &mut Rng) -> Person {
        let (ip, place) = self.places.data_centre(rng);
        Person {
            ip,
            place,
            agent: self.agents.robot(rng),
            language: None,
            country,
        }
    }
}

/// What an app that loads a link ahead gives away.
pub(super) fn preview() -> Bot {
    Bot {
        reason: BotReason::Prefetch,
        detail: "x-purpose".to_owned(),
    }
}
