//! All documents an operator edits, in memory: what the catalogue is compiled from.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::campaign::Campaign;
use super::entity::{Entity, Reference};
use super::landing::Landing;
use super::list::List;
use super::network::Network;
use super::offer::Offer;
use super::state::State;
use super::tracking_domain::TrackingDomain;

/// Every document by its id, archived ones too. Cheap to clone: the documents are shared.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    pub campaigns: BTreeMap<u64, Arc<Campaign>>,
    pub offers: BTreeMap<u64, Arc<Offer>>,
    pub landings: BTreeMap<u64, Arc<Landing>>,
    pub networks: BTreeMap<u64, Arc<Network>>,
    pub domains: BTreeMap<u64, Arc<TrackingDomain>>,
    pub lists: BTreeMap<u64, Arc<List>>,
}

impl Documents {
    /// Who names this entity, and in which field; archived ones do not count.
    pub fn users_of(&self, wanted: Reference) -> Vec<(Reference, String)> {
        let mut users = Vec::new();
        note(&self.campaigns, wanted, Reference::Campaign, &mut users);
        note(&self.offers, wanted, Reference::Offer, &mut users);
        note(&self.domains, wanted, Reference::Domain, &mut users);
        users
    }
}

fn note<E: Entity>(
    entities: &BTreeMap<u64, Arc<E>>,
    wanted: Reference,
    of: impl Fn(u64) -> Reference,
    users: &mut Vec<(Reference, String)>,
) {
    for (id, entity) in entities {
        if entity.head().state != State::Archived {
            let fields = entity.references().into_iter();
            let here = fields.filter(|(_, reference)| *reference == wanted);
            users.extend(here.map(|(field, _)| (of(*id), field)));
        }
    }
}
