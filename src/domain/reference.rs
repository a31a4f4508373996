//! How one entity names another.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::documents::Documents;
use super::entity::{Entity, Head};
use super::state::State;

/// Another entity, named by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reference {
    Campaign(u64),
    Offer(u64),
    Landing(u64),
    Network(u64),
    TrafficSource(u64),
    Domain(u64),
    List(u64),
    Group(u64),
    Event(u64),
    Rule(u64),
    Channel(u64),
    Summary(u64),
    SavedReport(u64),
    Metric(u64),
}

impl Reference {
    /// By [`Entity::WORD`] and id.
    pub fn of(word: &str, id: u64) -> Option<Self> {
        Some(match word {
            "campaign" => Self::Campaign(id),
            "offer" => Self::Offer(id),
            "landing" => Self::Landing(id),
            "network" => Self::Network(id),
            "traffic source" => Self::TrafficSource(id),
            "domain" => Self::Domain(id),
            "list" => Self::List(id),
            "group" => Self::Group(id),
            "event" => Self::Event(id),
            "rule" => Self::Rule(id),
            "channel" => Self::Channel(id),
            "summary" => Self::Summary(id),
            "saved report" => Self::SavedReport(id),
            "metric" => Self::Metric(id),
            _ => return None,
        })
    }

    /// [`Entity::WORD`] and id.
    pub fn parts(self) -> (&'static str, u64) {
        match self {
            Self::Campaign(id) => ("campaign", id),
            Self::Offer(id) => ("offer", id),
            Self::Landing(id) => ("landing", id),
            Self::Network(id) => ("network", id),
            Self::TrafficSource(id) => ("traffic source", id),
            Self::Domain(id) => ("domain", id),
            Self::List(id) => ("list", id),
            Self::Group(id) => ("group", id),
            Self::Event(id) => ("event", id),
            Self::Rule(id) => ("rule", id),
            Self::Channel(id) => ("channel", id),
            Self::Summary(id) => ("summary", id),
            Self::SavedReport(id) => ("saved report", id),
            Self::Metric(id) => ("metric", id),
        }
    }

    /// The state of what is named; `None` if it is not there.
    pub fn state(self, documents: &Documents) -> Option<State> {
        self.look(documents).map(|(head, _)| head.state)
    }

    /// The version of what is named; `None` if it is not there.
    pub fn version(self, documents: &Documents) -> Option<u64> {
        self.look(documents).map(|(head, _)| head.version)
    }

    /// The name of what is named; empty if it is not there.
    pub fn name(self, documents: &Documents) -> &str {
        self.look(documents).map_or("", |(_, name)| name)
    }

    fn look(self, documents: &Documents) -> Option<(Head, &str)> {
        match self {
            Self::Campaign(id) => look(&documents.campaigns, id),
            Self::Offer(id) => look(&documents.offers, id),
            Self::Landing(id) => look(&documents.landings, id),
            Self::Network(id) => look(&documents.networks, id),
            Self::TrafficSource(id) => look(&documents.traffic_sources, id),
            Self::Domain(id) => look(&documents.domains, id),
            Self::List(id) => look(&documents.lists, id),
            Self::Group(id) => look(&documents.groups, id),
            Self::Event(id) => look(&documents.events, id),
            Self::Rule(id) => look(&documents.rules, id),
            Self::Channel(id) => look(&documents.channels, id),
            Self::Summary(id) => look(&documents.summaries, id),
            Self::SavedReport(id) => look(&documents.saved_reports, id),
            Self::Metric(id) => look(&documents.metrics, id),
        }
    }
}

fn look<E: Entity>(entities: &BTreeMap<u64, Arc<E>>, id: u64) -> Option<(Head, &str)> {
    let found = entities.get(&id)?;
    Some((found.head(), found.title()))
}

impl std::fmt::Display for Reference {
    /// `offer 12`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (word, id) = self.parts();
        write!(out, "{word} {id}")
    }
}
