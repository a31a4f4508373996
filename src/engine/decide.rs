//! Where a visitor goes.

use super::catalog::Catalog;
use super::compiled::{CompiledCampaign, CompiledFallback, CompiledFlow, CompiledTarget, Regular};
use super::dice::Dice;
use super::redirect::{self, Reply};
use super::rotation::Weighted;
use super::trace::{NotFound, Odds, Step, Trace};
use crate::domain::flow::RedirectKind;
use crate::domain::visitor::Visitor;
use crate::macros::{MacroContext, Template};

/// How often a fallback may lead on to another campaign.
pub const MAX_JUMPS: usize = 8;

/// What was decided about one visitor.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'c> {
    /// The campaign that decided in the end, after jumps.
    pub campaign: &'c CompiledCampaign,
    /// `None` where the fallback decided.
    pub flow_id: Option<u64>,
    pub landing_id: Option<u64>,
    /// The offer behind the landing too: both are drawn at once.
    pub offer_id: Option<u64>,
    pub destination: Destination<'c>,
}

/// Where the visitor goes next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Destination<'c> {
    Redirect {
        kind: RedirectKind,
        template: &'c Template,
    },
    NotFound,
}

impl Decision<'_> {
    /// The answer, with the click's macros expanded.
    pub fn reply(&self, context: &MacroContext<'_>) -> Reply {
        match self.destination {
            Destination::Redirect { kind, template } => {
                let mut location = String::new();
                template.expand(context, &mut location);
                redirect::of(kind).reply(location)
            }
            Destination::NotFound => Reply::NotFound,
        }
    }
}

/// Decides about a visitor of `campaign`: forced flows in order, then regular flows by position
/// or by weight, then the default flow, then the fallback. Pure: the same documents, visitor and
/// seed give the same decision, with and without a listener.
pub fn decide<'c>(
    catalog: &'c Catalog,
    campaign: &'c CompiledCampaign,
    visitor: &Visitor,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Decision<'c> {
    let mut campaign = campaign;
    for _ in 0..=MAX_JUMPS {
        if let Some(decision) = by_flows(campaign, visitor, dice, trace) {
            return decision;
        }
        match &campaign.fallback {
            CompiledFallback::Campaign(id) => match catalog.campaign_by_id(*id) {
                Some(next) => {
                    trace.step(|| Step::FallbackCampaign { campaign_id: *id });
                    campaign = next;
                }
                None => return not_found(campaign, NotFound::MissingCampaign, trace),
            },
            CompiledFallback::Redirect(template) => {
                trace.step(|| Step::FallbackRedirect);
                let destination = Destination::Redirect {
                    kind: RedirectKind::Http,
                    template,
                };
                return by_fallback(campaign, destination);
            }
            CompiledFallback::NotFound => return not_found(campaign, NotFound::Chosen, trace),
        }
    }
    not_found(campaign, NotFound::TooManyJumps, trace)
}

fn by_flows<'c>(
    campaign: &'c CompiledCampaign,
    visitor: &Visitor,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Option<Decision<'c>> {
    let campaign_id = campaign.document.id;
    let state = campaign.document.state;
    if !state.is_active() {
        trace.step(|| Step::CampaignNotActive { campaign_id, state });
        return None;
    }
    trace.step(|| Step::Campaign { campaign_id });
    if trace.listens() {
        for (flow_id, why) in campaign.passed_over.iter().copied() {
            trace.step(|| Step::FlowPassedOver { flow_id, why });
        }
    }
    let Some(flow) = choose_flow(campaign, visitor, dice, trace) else {
        trace.step(|| Step::NoFlow { campaign_id });
        return None;
    };
    trace.step(|| Step::FlowChosen { flow_id: flow.id });
    Some(by_target(campaign, flow, dice, trace))
}

fn choose_flow<'c>(
    campaign: &'c CompiledCampaign,
    visitor: &Visitor,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Option<&'c CompiledFlow> {
    let mut takes = |flow: &CompiledFlow, drawn: Option<Odds>| {
        trace.step(|| Step::FlowConsidered {
            flow_id: flow.id,
            kind: flow.kind,
            drawn,
        });
        let accepts = flow.filters.accept(flow.id, visitor, trace);
        if !accepts {
            trace.step(|| Step::FlowRejected { flow_id: flow.id });
        }
        accepts
    };
    if let Some(flow) = campaign.forced.iter().find(|flow| takes(flow, None)) {
        return Some(flow);
    }
    match &campaign.regular {
        Regular::Position(flows) => {
            if let Some(flow) = flows.iter().find(|flow| takes(flow, None)) {
                return Some(flow);
            }
        }
        Regular::Weight(flows) => {
            let mut draws = flows.draws();
            while let Some(index) = draws.draw(dice) {
                let flow = &flows.items()[index];
                if takes(flow, Some(odds(flows, index))) {
                    return Some(flow);
                }
            }
        }
    }
    campaign.default.as_ref().filter(|flow| takes(flow, None))
}

/// Draws the landing and the offer, and sends the visitor to the first there is.
fn by_target<'c>(
    campaign: &'c CompiledCampaign,
    flow: &'c CompiledFlow,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Decision<'c> {
    let mut decision = Decision {
        campaign,
        flow_id: Some(flow.id),
        landing_id: None,
        offer_id: None,
        destination: Destination::NotFound,
    };
    let (landings, offers) = match &flow.target {
        CompiledTarget::Redirect { kind, template } => {
            decision.destination = Destination::Redirect {
                kind: *kind,
                template,
            };
            return decision;
        }
        CompiledTarget::Split { landings, offers } => (landings, offers),
    };
    let kind = RedirectKind::Http;
    if let Some(index) = offers.draw(dice) {
        let offer = &offers.items()[index];
        let offer_id = offer.document.id;
        let template = &offer.template;
        decision.offer_id = Some(offer_id);
        decision.destination = Destination::Redirect { kind, template };
        trace.step(|| Step::OfferDrawn {
            offer_id,
            odds: odds(offers, index),
        });
    }
    if let Some(index) = landings.draw(dice) {
        let landing = &landings.items()[index];
        let landing_id = landing.document.id;
        let template = &landing.template;
        decision.landing_id = Some(landing_id);
        decision.destination = Destination::Redirect { kind, template };
        trace.step(|| Step::LandingDrawn {
            landing_id,
            odds: odds(landings, index),
        });
    }
    decision
}

fn by_fallback<'c>(campaign: &'c CompiledCampaign, destination: Destination<'c>) -> Decision<'c> {
    Decision {
        campaign,
        flow_id: None,
        landing_id: None,
        offer_id: None,
        destination,
    }
}

fn not_found<'c>(
    campaign: &'c CompiledCampaign,
    why: NotFound,
    trace: &mut impl Trace,
) -> Decision<'c> {
    trace.step(|| Step::NotFound { why });
    by_fallback(campaign, Destination::NotFound)
}

fn odds<T>(weighted: &Weighted<T>, index: usize) -> Odds {
    Odds {
        weight: weighted.weight(index),
        of: weighted.total(),
    }
}
