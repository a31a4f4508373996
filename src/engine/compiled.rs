//! Documents made ready for deciding. Immutable, shared by all threads.

use std::sync::Arc;

use chrono_tz::Tz;

use super::filter::Filters;
use super::reply::CompiledReply;
use super::rotation::Weighted;
use super::trace::PassedOver;
use super::visit::{Counted, Counter};
use crate::detect::params::ParameterMap;
use crate::domain::campaign::{Campaign, Cost, Fallback};
use crate::domain::flow::{FlowKind, Way};
use crate::domain::landing::Landing;
use crate::domain::offer::Offer;
use crate::domain::period;
use crate::macros::Template;

/// A campaign whose filters are compiled, templates parsed and weights summed. What needs no
/// preparation (name, cost, parameters, ...) is read from its document.
#[derive(Debug)]
pub struct CompiledCampaign {
    pub document: Arc<Campaign>,
    /// Of the campaign's days.
    pub zone: Tz,
    /// What the traffic source calls our click parameters.
    pub parameters: ParameterMap,
    /// What a click costs, with the traffic source's loss where the campaign has none.
    pub cost: Cost,
    /// Whether deciding asks for the visitor's past: for a binding, or a filter on it.
    pub(super) asks_for_past: bool,
    /// In order. Like all flows here: active, and with a live target.
    pub(super) forced: Vec<CompiledFlow>,
    pub(super) regular: Regular,
    pub(super) default: Option<CompiledFlow>,
    /// The flows that take no part, for explanations.
    pub(super) passed_over: Vec<(u64, PassedOver)>,
    pub(super) fallback: CompiledFallback,
}

/// The regular flows in the way in which the campaign rotates.
#[derive(Debug)]
pub(super) enum Regular {
    Position(Vec<CompiledFlow>),
    Weight(Weighted<CompiledFlow>),
}

#[derive(Debug)]
pub(super) enum CompiledFallback {
    NotFound,
    Redirect(Template),
    Campaign(u64),
}

impl CompiledFallback {
    /// `None` for a redirect whose template is empty.
    pub(super) fn new(fallback: &Fallback) -> Option<Self> {
        Some(match fallback {
            Fallback::NotFound => Self::NotFound,
            Fallback::Campaign { campaign_id } => Self::Campaign(*campaign_id),
            Fallback::Redirect { url } => {
                let template = Template::parse(url).0;
                (!template.is_empty()).then_some(Self::Redirect(template))?
            }
        })
    }
}

#[derive(Debug)]
pub(super) struct CompiledFlow {
    pub(super) id: u64,
    pub(super) kind: FlowKind,
    pub(super) filters: Filters,
    pub(super) target: CompiledTarget,
}

/// What is drawn from here always leads somewhere: a flow with nothing to draw is passed over.
#[derive(Debug)]
pub(super) enum CompiledTarget {
    Split {
        /// To the landing, or to the offer where there is none.
        way: Way,
        /// Empty: straight to the offer.
        landings: Weighted<Arc<CompiledLanding>>,
        /// Empty: the landing is all there is.
        offers: Weighted<Arc<CompiledOffer>>,
    },
    Redirect {
        way: Way,
        template: Template,
    },
    Reply(CompiledReply),
    /// Another campaign decides anew.
    Campaign(u64),
}

/// A landing with its final link.
#[derive(Debug)]
pub struct CompiledLanding {
    pub document: Arc<Landing>,
    /// The page, with the click id under `click_id_parameter` unless the page's own link has it.
    pub template: Template,
}

impl CompiledLanding {
    pub(super) fn new(document: &Arc<Landing>) -> Self {
        let page = Template::parse(&document.url).0;
        let name = document.click_id_parameter.trim();
        let template = if page.is_empty() || name.is_empty() || page.mentions("click_id") {
            page
        } else {
            page.with_query(&Template::parse(&format!("{name}={{click_id}}")).0)
        };
        Self {
            document: Arc::clone(document),
            template,
        }
    }

    /// Whether visitors may be sent there.
    pub fn is_live(&self) -> bool {
        self.document.state.is_active() && !self.template.is_empty()
    }
}

/// An offer with its final link.
#[derive(Debug)]
pub struct CompiledOffer {
    pub document: Arc<Offer>,
    /// The offer's link with the parameters of its network that it does not have already.
    pub template: Template,
    /// Of the days of its cap.
    zone: Tz,
}

impl CompiledOffer {
    /// `offer_param` is that of the offer's network, empty without one. A paused network still
    /// gets its parameters: without them its conversions would be lost.
    pub(super) fn new(document: &Arc<Offer>, offer_param: &str) -> Self {
        let link = Template::parse(&document.url).0;
        let template = if link.is_empty() {
            link
        } else {
            link.with_query(&Template::parse(offer_param).0)
        };
        let zone = document.cap.as_ref().map_or("UTC", |cap| &cap.timezone);
        Self {
            document: Arc::clone(document),
            template,
            zone: period::zone(zone),
        }
    }

    /// Whether visitors may be sent there.
    pub fn is_live(&self) -> bool {
        self.document.state.is_active() && !self.template.is_empty()
    }

    /// The counter of the cap's day at a time in UTC milliseconds.
    pub fn conversions_of_the_day(&self, at: i64) -> Counter {
        Counter::at(
            Counted::OfferConversionsPerDay,
            self.document.id,
            at,
            self.zone,
        )
    }
}
