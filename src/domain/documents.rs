//! All documents an operator edits, in memory: what the catalogue is compiled from.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::campaign::Campaign;
use super::entity::{Entity, Reference};
use super::group::Group;
use super::landing::Landing;
use super::list::List;
use super::network::Network;
use super::offer::Offer;
use super::parameter::{self, ParameterNames};
use super::state::State;
use super::tracking_domain::TrackingDomain;
use super::traffic_source::TrafficSource;

/// Every document by its id, archived ones too. Cheap to clone: the documents are shared.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    pub campaigns: BTreeMap<u64, Arc<Campaign>>,
    pub offers: BTreeMap<u64, Arc<Offer>>,
    pub landings: BTreeMap<u64, Arc<Landing>>,
    pub networks: BTreeMap<u64, Arc<Network>>,
    pub traffic_sources: BTreeMap<u64, Arc<TrafficSource>>,
    pub domains: BTreeMap<u64, Arc<TrackingDomain>>,
    pub lists: BTreeMap<u64, Arc<List>>,
    pub groups: BTreeMap<u64, Arc<Group>>,
}

impl Documents {
    /// Who names this entity, and in which field; archived ones do not count.
    pub fn users_of(&self, wanted: Reference) -> Vec<(Reference, String)> {
        let mut users = Vec::new();
        note(&self.campaigns, wanted, &mut users);
        note(&self.offers, wanted, &mut users);
        note(&self.landings, wanted, &mut users);
        note(&self.networks, wanted, &mut users);
        note(&self.traffic_sources, wanted, &mut users);
        note(&self.domains, wanted, &mut users);
        users
    }

    /// The traffic source of a campaign, in whatever state.
    pub fn traffic_source_of(&self, campaign: &Campaign) -> Option<&Arc<TrafficSource>> {
        self.traffic_sources.get(&campaign.traffic_source_id?)
    }

    /// What the link of a campaign calls our parameters: its own names, then those of its source.
    pub fn parameters_of(&self, campaign: &Campaign) -> ParameterNames {
        match self.traffic_source_of(campaign) {
            Some(source) => parameter::combined(&campaign.parameters, &source.parameters),
            None => campaign.parameters.clone(),
        }
    }
}

fn note<E: Entity>(
    entities: &BTreeMap<u64, Arc<E>>,
    wanted: Reference,
    users: &mut Vec<(Reference, String)>,
) {
    for (id, entity) in entities {
        let Some(user) = Reference::of(E::WORD, *id) else {
            continue;
        };
        if entity.head().state != State::Archived {
            let fields = entity.named().into_iter();
            let here = fields.filter(|(_, reference)| *reference == wanted);
            users.extend(here.map(|(field, _)| (user, field)));
        }
    }
}
