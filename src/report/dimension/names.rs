//! Names of what the values of a dimension are the ids of.

use super::{Dimension, Input};
use crate::domain::documents::Documents;
use crate::domain::reference::Reference;

impl Dimension {
    /// Under what such names stand beside the ids: `campaign` beside `campaign_id`.
    pub fn name_key(&self) -> Option<&'static str> {
        match self.input {
            Input::Id { .. } | Input::Flow => self.key.strip_suffix("_id"),
            _ => None,
        }
    }

    /// The newest name of what has this id.
    pub fn name_of(&self, id: &str, documents: &Documents) -> Option<String> {
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
