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

    /// What was added, changed or removed since `older`: what is the same is shared by both.
    pub fn changed_since(&self, older: &Documents) -> Vec<Reference> {
        let mut changed = Vec::new();
        note_changed(
            &self.campaigns,
            &older.campaigns,
            Reference::Campaign,
            &mut changed,
        );
        note_changed(&self.offers, &older.offers, Reference::Offer, &mut changed);
        note_changed(
            &self.landings,
            &older.landings,
            Reference::Landing,
            &mut changed,
        );
        note_changed(
            &self.networks,
            &older.networks,
            Reference::Network,
            &mut changed,
        );
        note_changed(
            &self.domains,
            &older.domains,
            Reference::Domain,
            &mut changed,
        );
        note_changed(&self.lists, &older.lists, Reference::List, &mut changed);
        changed
    }

    /// Everything that one entity names, and what that names in turn, itself first. Named entities
    /// that are not there are among them. A domain is where links live: what it names has no part
    /// in what a campaign does.
    pub fn reached_from(&self, first: Reference) -> Vec<Reference> {
        let mut reached = vec![first];
        let mut next = 0;
        while let Some(one) = reached.get(next).copied() {
            next += 1;
            for named in self.named_by(one) {
                if !reached.contains(&named) {
                    reached.push(named);
                }
            }
        }
        reached
    }

    fn named_by(&self, reference: Reference) -> Vec<Reference> {
        match reference {
            Reference::Campaign(id) => named_in(&self.campaigns, id),
            Reference::Offer(id) => named_in(&self.offers, id),
            Reference::Landing(id) => named_in(&self.landings, id),
            Reference::Network(id) => named_in(&self.networks, id),
            Reference::List(id) => named_in(&self.lists, id),
            Reference::Domain(_) => Vec::new(),
        }
    }
}

fn note_changed<E>(
    newer: &BTreeMap<u64, Arc<E>>,
    older: &BTreeMap<u64, Arc<E>>,
    of: impl Fn(u64) -> Reference,
    changed: &mut Vec<Reference>,
) {
    for (id, entity) in newer {
        let same = |old: &Arc<E>| Arc::ptr_eq(old, entity);
        if !older.get(id).is_some_and(same) {
            changed.push(of(*id));
        }
    }
    let removed = older.keys().filter(|id| !newer.contains_key(id));
    changed.extend(removed.map(|id| of(*id)));
}

fn named_in<E: Entity>(entities: &BTreeMap<u64, Arc<E>>, id: u64) -> Vec<Reference> {
    let references = entities.get(&id).map(|entity| entity.references());
    let named = references.into_iter().flatten();
    named.map(|(_, reference)| reference).collect()
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
