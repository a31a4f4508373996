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
