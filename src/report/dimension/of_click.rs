//! A dimension of one click that is at hand, as the store groups it.

use super::{Dimension, Fact, UniqueFor, address};
use crate::detect::referrer;
use crate::domain::click::Click;
use crate::domain::documents::Documents;

impl Dimension {
    /// Its value; `None` where it is empty, or no fact of a click. `offer_id` is the offer that counts: of a conversion its
    /// own.
    pub fn of_click(
        &self,
        click: &Click,
        offer_id: Option<u64>,
        documents: &Documents,
    ) -> Option<String> {
        let id = |id: Option<u64>| id.map(|id| id.to_string());
        let found = match self.fact {
            Fact::Campaign => Some(click.campaign_id.to_string()),
            Fact::CampaignGroup => {
                let campaign = documents.campaigns.get(&click.campaign_id)?;
                id(campaign.group_id)
            }
            Fact::Flow => id(click.flow_id),
            Fact::Landing => id(click.landing_id),
            Fact::Offer => id(offer_id),
            Fact::Network => id(documents.offers.get(&offer_id?)?.network_id),
            Fact::TrafficSource => id(click.traffic_source_id),
            Fact::Domain => id(click.domain_id),
            Fact::Place => self.of_place(click),
            Fact::Agent => self.of_agent(click),
            Fact::Click => self.of_parameters(click),
            Fact::SubId(number) => click.parameters.sub_id(number).map(str::to_owned),
            Fact::ReferrerHost => {
                let host = click.referrer.as_deref().and_then(referrer::host);
                host.map(str::to_owned)
            }
            Fact::Address => Some(click.ip.to_string()),
            Fact::Block { v4, v6 } => Some(address::block(click.ip, v4, v6)),
            Fact::IsUnique(scope) => {
                let is_unique = match scope {
                    UniqueFor::Campaign => click.is_unique_campaign,
                    UniqueFor::Flow => click.is_unique_flow,
                    UniqueFor::All => click.is_unique_global,
                };
                Some(is_unique.to_string())
            }
            Fact::IsBot => Some(click.bot_reason.is_some().to_string()),
            Fact::BotReason => click.bot_reason.map(|reason| reason.as_str().to_owned()),
            Fact::Time(_) | Fact::Event | Fact::Status | Fact::Tid | Fact::Kept => None,
        };
        found.filter(|value| !value.is_empty())
    }

    fn of_place(&self, click: &Click) -> Option<String> {
        let place = &click.place;
        match self.key {
            "country" => place.country.map(|country| country.as_str().to_owned()),
            "region" => place.region.clone(),
            "city" => place.city.clone(),
            "isp" => place.isp.clone(),
            "asn" => place.asn.map(|asn| asn.to_string()),
            "connection_type" => place.connection_type.map(|kind| kind.as_str().to_owned()),
            _ => None,
        }
    }

    fn of_agent(&self, click: &Click) -> Option<String> {
        let agent = &click.agent;
        match self.key {
            "user_agent" => Some(agent.user_agent.clone()),
            "device_type" => Some(agent.device_type.as_str().to_owned()),
            "brand" => agent.brand.clone(),
            "model" => agent.model.clone(),
            "os" => agent.os.clone(),
            "os_version" => agent.os_version.clone(),
            "browser" => agent.browser.clone(),
            "browser_version" => agent.browser_version.clone(),
            "in_app" => agent.in_app.clone(),
            _ => None,
        }
    }

    fn of_parameters(&self, click: &Click) -> Option<String> {
        let parameters = &click.parameters;
        match self.key {
            "language" => click.language.map(|language| language.as_str().to_owned()),
            "referrer" => click.referrer.clone(),
            "external_id" => parameters.external_id.clone(),
            "source" => parameters.source.clone(),
            "keyword" => parameters.keyword.clone(),
            "creative_id" => parameters.creative_id.clone(),
            "ad_group_id" => parameters.ad_group_id.clone(),
            "ad_campaign_id" => parameters.ad_campaign_id.clone(),
            _ => None,
        }
    }
}
