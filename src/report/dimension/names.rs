//! Names of what the values of a dimension are the ids of.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{Dimension, Input};
use crate::domain::documents::Documents;
use crate::domain::reference::Reference;

/// What ids are called.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub documents: Arc<Documents>,
    /// Of ads, ad groups and ad campaigns, as their traffic sources call them: by dimension, by id.
    pub ads: BTreeMap<&'static str, HashMap<String, String>>,
}

impl Dimension {
    /// Under what such names stand beside the ids: `campaign` beside `campaign_id`.
    pub fn name_key(&self) -> Option<&'static str> {
        match self.input {
            Input::Id { .. } | Input::Flow => self.key.strip_suffix("_id"),
            _ => match self.key {
                "creative_id" => Some("creative_name"),
                "ad_group_id" => Some("ad_group_name"),
                "ad_campaign_id" => Some("ad_campaign_name"),
                _ => None,
            },
        }
    }

    /// The newest name of what has this id.
    pub fn name_of(&self, id: &str, names: &Names) -> Option<String> {
        match names.ads.get(self.key) {
            Some(ads) => ads.get(id).cloned(),
            None => self.entity_name(id, &names.documents),
        }
    }

    /// The name of the entity of this id.
    pub fn entity_name(&self, id: &str, documents: &Documents) -> Option<String> {
        let id = id.parse().ok()?;
        let reference = match self.input {
            Input::Flow => {
                let mut flows = documents.campaigns.values().flat_map(|one| &one.flows);
                return flows
                    .find(|flow| flow.id == id)
                    .map(|flow| flow.name.clone());
            }
            Input::Id { of } => match of {
                "campaigns" => Reference::Campaign(id),
                "landings" => Reference::Landing(id),
                "offers" => Reference::Offer(id),
                "networks" => Reference::Network(id),
                "traffic-sources" => Reference::TrafficSource(id),
                "domains" => Reference::Domain(id),
                "groups" => Reference::Group(id),
                _ => return None,
            },
            _ => return None,
        };
        let name = reference.name(documents);
        (!name.is_empty()).then(|| name.to_owned())
    }
}
