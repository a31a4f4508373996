//! All documents an operator edits, in memory: what the catalogue is compiled from.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::campaign::Campaign;
use super::channel::Channel;
use super::entity::{Entity, Reference};
use super::event::Event;
use super::group::Group;
use super::landing::Landing;
use super::list::List;
use super::network::Network;
use super::offer::Offer;
use super::own_metric::OwnMetric;
use super::parameter::{self, ParameterNames};
use super::problem::Problem;
use super::rule::Rule;
use super::saved_report::SavedReport;
use super::state::State;
use super::summary::Summary;
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
    pub events: BTreeMap<u64, Arc<Event>>,
    pub rules: BTreeMap<u64, Arc<Rule>>,
    pub channels: BTreeMap<u64, Arc<Channel>>,
    pub summaries: BTreeMap<u64, Arc<Summary>>,
    pub saved_reports: BTreeMap<u64, Arc<SavedReport>>,
    /// The operator's own ones.
    pub metrics: BTreeMap<u64, Arc<OwnMetric>>,
}

impl Documents {
    /// Who names this entity, and in which field; archived ones do not count.
    pub fn users_of(&self, wanted: Reference) -> Vec<(Reference, String)> {
        let used = self.uses(|named| named == wanted).into_iter();
        used.map(|one| (one.user, one.field)).collect()
    }

    /// All that is in use and names one of the `wanted`.
    pub fn uses(&self, wanted: impl Fn(Reference) -> bool) -> Vec<Use> {
        let mut uses = Vec::new();
        self.note(&self.campaigns, &wanted, &mut uses);
        self.note(&self.offers, &wanted, &mut uses);
        self.note(&self.landings, &wanted, &mut uses);
        self.note(&self.networks, &wanted, &mut uses);
        self.note(&self.traffic_sources, &wanted, &mut uses);
        self.note(&self.domains, &wanted, &mut uses);
        self.note(&self.rules, &wanted, &mut uses);
        self.note(&self.summaries, &wanted, &mut uses);
        self.note(&self.metrics, &wanted, &mut uses);
        uses
    }

    fn note<E: Entity>(
        &self,
        entities: &BTreeMap<u64, Arc<E>>,
        wanted: &impl Fn(Reference) -> bool,
        uses: &mut Vec<Use>,
    ) {
        for (id, entity) in entities {
            let Some(user) = Reference::of(E::WORD, *id) else {
                continue;
            };
            if entity.head().state != State::Archived {
                let fields = entity.named(self).into_iter();
                let here = fields.filter(|(_, named)| wanted(*named));
                uses.extend(here.map(|(field, named)| Use { named, user, field }));
            }
        }
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
        note_changed(
            &self.traffic_sources,
            &older.traffic_sources,
            Reference::TrafficSource,
            &mut changed,
        );
        note_changed(&self.groups, &older.groups, Reference::Group, &mut changed);
        note_changed(&self.lists, &older.lists, Reference::List, &mut changed);
        note_changed(&self.events, &older.events, Reference::Event, &mut changed);
        note_changed(&self.rules, &older.rules, Reference::Rule, &mut changed);
        note_changed(
            &self.channels,
            &older.channels,
            Reference::Channel,
            &mut changed,
        );
        note_changed(
            &self.summaries,
            &older.summaries,
            Reference::Summary,
            &mut changed,
        );
        note_changed(
            &self.saved_reports,
            &older.saved_reports,
            Reference::SavedReport,
            &mut changed,
        );
        note_changed(
            &self.metrics,
            &older.metrics,
            Reference::Metric,
            &mut changed,
        );
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
            Reference::TrafficSource(id) => named_in(&self.traffic_sources, id),
            Reference::List(_) | Reference::Group(_) | Reference::Event(_) => Vec::new(),
            Reference::Domain(_) | Reference::Rule(_) => Vec::new(),
            Reference::SavedReport(_) => Vec::new(),
            Reference::Channel(_) | Reference::Summary(_) | Reference::Metric(_) => Vec::new(),
        }
    }
}

/// A field that names another entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub named: Reference,
    pub user: Reference,
    /// Path of the field in the user's document.
    pub field: String,
}

impl Use {
    /// What is to be said where the named one gets nothing any more.
    pub fn warning(&self) -> Problem {
        let (word, _) = self.named.parts();
        let message = format!(
            "The {} still names this {word} ({}).",
            self.user, self.field
        );
        Problem::new("state", "in_use", message)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn users_name_an_entity_in_whatever_field_they_do() {
        let campaign = Campaign::read(&json!({ "id": 5, "name": "C", "group_id": 1,
            "traffic_source_id": 2, "flows": [{
                "filters": [{ "key": "ip", "value": ["10.0.0.1", { "list_id": 3 }] }],
                "target": { "kind": "redirect", "url": "https://x.example/" } }] }));
        let domain = TrackingDomain::read(&json!({ "id": 6, "host": "go.example.com",
            "index_campaign_id": 5, "fallback": { "kind": "campaign", "campaign_id": 5 } }));
        let mut archived = domain.clone().unwrap();
        (archived.id, archived.state) = (7, State::Archived);
        let mut documents = Documents::default();
        documents.campaigns.insert(5, Arc::new(campaign.unwrap()));
        documents.domains.insert(6, Arc::new(domain.unwrap()));
        documents.domains.insert(7, Arc::new(archived));
        let cases = [
            (Reference::Group(1), vec!["campaign 5: group_id"]),
            (
                Reference::TrafficSource(2),
                vec!["campaign 5: traffic_source_id"],
            ),
            (
                Reference::List(3),
                vec!["campaign 5: flows[0].filters[0].value[1].list_id"],
            ),
            (
                Reference::Campaign(5),
                vec![
                    "domain 6: index_campaign_id",
                    "domain 6: fallback.campaign_id",
                ],
            ),
            (Reference::List(5), vec![]),
        ];
        for (wanted, expected) in cases {
            let users = documents.users_of(wanted).into_iter();
            let users: Vec<String> = users.map(|(user, at)| format!("{user}: {at}")).collect();
            assert_eq!(users, expected, "{wanted}");
        }
    }
}
