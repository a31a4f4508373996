//! Builders of test data.

use std::sync::Arc;

use serde_json::Value;

use super::catalog::Catalog;
use super::compiled::CompiledCampaign;
use super::decide::{Decision, Destination, decide};
use super::dice::Dice;
use super::trace::{Silent, Trace};
use super::visit::{Asked, Forgetful, Seen, Uncounted, Visit};
use crate::domain::campaign::{Campaign, Cost, CostModel, Fallback, Rotation};
use crate::domain::documents::Documents;
use crate::domain::flow::{
    Filter, Flow, FlowKind, Match, Mode, RedirectKind, Target, WeightedLanding, WeightedOffer,
};
use crate::domain::landing::Landing;
use crate::domain::money::{Currency, Micros};
use crate::domain::network::Network;
use crate::domain::offer::{Offer, Payout, PayoutKind};
use crate::domain::state::State;
use crate::domain::tracking_domain::TrackingDomain;
use crate::domain::visitor::{Agent, Country, DeviceType, Parameters, Place, Visitor};

/// A visitor; an empty country is an unknown one.
pub(crate) fn visitor(country: &str, device_type: DeviceType) -> Visitor {
    Visitor {
        ip: "203.0.113.9".parse().expect("an address"),
        place: Arc::new(Place {
            country: Country::parse(country),
            ..Place::default()
        }),
        agent: Arc::new(Agent {
            device_type,
            ..Agent::default()
        }),
        language: None,
        referrer: None,
        bot: None,
        parameters: Parameters::default(),
    }
}

pub(crate) fn campaign(id: u64, alias: &str, flows: Vec<Flow>) -> Campaign {
    Campaign {
        id,
        version: 1,
        name: format!("Campaign {id}"),
        alias: alias.to_owned(),
        state: State::Active,
        domain_id: None,
        traffic_source_id: None,
        rotation: Rotation::Position,
        cost: Cost {
            model: CostModel::None,
            value: Micros::ZERO,
            currency: Currency::USD,
            from_url: false,
            traffic_loss: Micros::ZERO,
        },
        timezone: "UTC".to_owned(),
        fallback: Fallback::NotFound,
        parameters: Default::default(),
        flows,
        ..Campaign::default()
    }
}

pub(crate) fn flow(id: u64, kind: FlowKind, target: Target) -> Flow {
    Flow {
        id,
        name: format!("Flow {id}"),
        kind,
        state: State::Active,
        weight: 100,
        r#match: Match::All,
        filters: Vec::new(),
        target,
    }
}

impl Flow {
    pub(crate) fn filtered(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    pub(crate) fn weighing(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    pub(crate) fn in_state(mut self, state: State) -> Self {
        self.state = state;
        self
    }
}

pub(crate) fn filter(key: &str, mode: Mode, value: Value) -> Filter {
    Filter {
        key: key.to_owned(),
        mode,
        value: (&value).into(),
    }
}

pub(crate) fn redirect(url: &str) -> Target {
    Target::Redirect {
        redirect: RedirectKind::Http,
        status: None,
        url: url.to_owned(),
    }
}

/// (landing, weight) and (offer, weight).
pub(crate) fn split(landings: &[(u64, u32)], offers: &[(u64, u32)]) -> Target {
    Target::Split {
        redirect: RedirectKind::Http,
        status: None,
        landings: landings
            .iter()
            .map(|(landing_id, weight)| WeightedLanding {
                landing_id: *landing_id,
                weight: *weight,
            })
            .collect(),
        offers: offers
            .iter()
            .map(|(offer_id, weight)| WeightedOffer {
                offer_id: *offer_id,
                weight: *weight,
            })
            .collect(),
    }
}

/// Documents under construction.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) documents: Documents,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn catalog(&self) -> Catalog {
        Catalog::compile(&self.documents).expect("it compiles")
    }

    pub(crate) fn campaign(mut self, campaign: Campaign) -> Self {
        let id = campaign.id;
        self.documents.campaigns.insert(id, Arc::new(campaign));
        self
    }

    pub(crate) fn landing(self, id: u64, url: &str) -> Self {
        self.landing_in(State::Active, id, url)
    }

    pub(crate) fn landing_in(mut self, state: State, id: u64, url: &str) -> Self {
        let landing = Landing {
            id,
            version: 1,
            name: format!("Landing {id}"),
            state,
            url: url.to_owned(),
            click_id_parameter: "click_id".to_owned(),
            pass_query: false,
            notes: String::new(),
            ..Landing::default()
        };
        self.documents.landings.insert(id, Arc::new(landing));
        self
    }

    pub(crate) fn offer(self, id: u64, url: &str, network_id: Option<u64>) -> Self {
        self.offer_in(State::Active, id, url, network_id)
    }

    pub(crate) fn offer_in(
        mut self,
        state: State,
        id: u64,
        url: &str,
        network_id: Option<u64>,
    ) -> Self {
        let offer = Offer {
            id,
            version: 1,
            name: format!("Offer {id}"),
            state,
            url: url.to_owned(),
            network_id,
            payout: Payout {
                kind: PayoutKind::Postback,
                value: Micros::ZERO,
                currency: Currency::USD,
            },
            cap: None,
            notes: String::new(),
            ..Offer::default()
        };
        self.documents.offers.insert(id, Arc::new(offer));
        self
    }

    pub(crate) fn network(mut self, id: u64, offer_param: &str) -> Self {
        let network = Network {
            id,
            version: 1,
            name: format!("Network {id}"),
            state: State::Active,
            offer_param: offer_param.to_owned(),
            ..Network::default()
        };
        self.documents.networks.insert(id, Arc::new(network));
        self
    }

    pub(crate) fn domain(mut self, id: u64, host: &str, index_campaign_id: Option<u64>) -> Self {
        let domain = TrackingDomain {
            id,
            version: 1,
            host: host.to_owned(),
            state: State::Active,
            index_campaign_id,
            notes: String::new(),
            ..TrackingDomain::default()
        };
        self.documents.domains.insert(id, Arc::new(domain));
        self
    }

    pub(crate) fn pause_domain(mut self, id: u64) -> Self {
        if let Some(domain) = self.documents.domains.get_mut(&id) {
            Arc::make_mut(domain).state = State::Paused;
        }
        self
    }
}

/// What matters of a decision: (flow, landing, offer, address).
pub(crate) type Outcome = (Option<u64>, Option<u64>, Option<u64>, Option<String>);

pub(crate) fn outcome(decision: &Decision<'_>) -> Outcome {
    let address = match decision.destination {
        Destination::Redirect { template, .. } => Some(template.text().to_owned()),
        _ => None,
    };
    (
        decision.flow_id,
        decision.landing_id,
        decision.offer_id,
        address,
    )
}

pub(crate) fn decided(catalog: &Catalog, id: u64, visitor: &Visitor, dice: &mut Dice) -> Outcome {
    let campaign = catalog.campaign_by_id(id).expect("the campaign is there");
    outcome(&decide_about(catalog, campaign, visitor, dice, &mut Silent))
}

/// A decision about a visitor of whom nothing is remembered, and nothing counted.
pub(crate) fn decide_about<'c>(
    catalog: &'c Catalog,
    campaign: &'c CompiledCampaign,
    visitor: &Visitor,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Decision<'c> {
    let visit = Visit::new(visitor, AT, &|_| None, &Forgetful, &Uncounted, dice);
    decide(catalog, campaign, &visit, dice, trace)
}

/// 2026-01-02 03:04:05 UTC, a Friday.
pub(crate) const AT: i64 = 1_767_323_045_000;

/// Asks on behalf of a flow of a campaign, about a visitor of whom nothing is remembered.
pub(crate) fn asking<T>(visitor: &Visitor, flow_id: u64, ask: impl FnOnce(&Asked<'_>) -> T) -> T {
    asking_for(visitor, flow_id, AT, ask)
}

/// The same, at some time.
pub(crate) fn asking_at<T>(visitor: &Visitor, at: i64, ask: impl FnOnce(&Asked<'_>) -> T) -> T {
    asking_for(visitor, 1, at, ask)
}

fn asking_for<T>(visitor: &Visitor, flow_id: u64, at: i64, ask: impl FnOnce(&Asked<'_>) -> T) -> T {
    let mut dice = Dice::seeded(1);
    let visit = Visit::new(visitor, at, &|_| None, &Forgetful, &Uncounted, &mut dice);
    let campaign = campaign(1, "push", Vec::new());
    ask(&Asked {
        visit: &visit,
        campaign: &campaign,
        flow_id,
        seen: Seen::default(),
    })
}

pub(crate) fn german() -> Visitor {
    visitor("DE", DeviceType::Mobile)
}

pub(crate) fn only(country: &str) -> Filter {
    filter("country", Mode::Accept, serde_json::json!([country]))
}

/// A flow that leads to an address named after it.
pub(crate) fn to_address(id: u64, kind: FlowKind) -> Flow {
    flow(id, kind, redirect(&format!("https://x/{id}")))
}
