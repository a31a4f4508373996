//! Where a visitor goes.

use super::catalog::Catalog;
use super::compiled::{CompiledCampaign, CompiledFallback, CompiledFlow, Regular};
use super::dice::Dice;
use super::redirect::{self, Reply};
use super::rotation::Weighted;
use super::target;
use super::trace::{Bound, Dropped, NotFound, Odds, Step, Trace};
use super::visit::{Asked, Choices, Seen, Visit};
use crate::domain::flow::RedirectKind;
use crate::macros::{MacroContext, Template};

/// How often a fallback may lead on to another campaign.
pub const MAX_JUMPS: usize = 8;

/// What was decided about one visitor.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'c> {
    /// The campaign that decided in the end, after jumps.
    pub campaign: &'c CompiledCampaign,
    /// What that campaign remembers of the visitor.
    pub seen: Seen,
    /// `None` where the fallback decided.
    pub flow_id: Option<u64>,
    pub landing_id: Option<u64>,
    /// The offer behind the landing too: both are drawn at once.
    pub offer_id: Option<u64>,
    /// Whether it is what the visitor finds again. A forced flow does not end a binding.
    pub binds: bool,
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
    /// What is to be remembered for the visitor's next visit.
    pub fn choices(&self) -> Option<Choices> {
        let flow_id = self.flow_id.filter(|_| self.binds)?;
        Some(Choices {
            flow_id,
            landing_id: self.landing_id,
            offer_id: self.offer_id,
        })
    }

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
/// or by weight, then the default flow, then the fallback. Pure but for what it takes of limits:
/// the same documents, visit and seed give the same decision, with and without a listener.
pub fn decide<'c: 'v, 'v>(
    catalog: &'c Catalog,
    campaign: &'c CompiledCampaign,
    visit: &'v Visit<'v>,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Decision<'c> {
    let mut campaign = campaign;
    let mut seen = Seen::default();
    for _ in 0..=MAX_JUMPS {
        seen = visit.memory.seen(&campaign.document);
        if let Some(decision) = by_flows(campaign, seen, visit, dice, trace) {
            return decision;
        }
        match &campaign.fallback {
            CompiledFallback::Campaign(id) => match catalog.campaign_by_id(*id) {
                Some(next) => {
                    trace.step(|| Step::FallbackCampaign { campaign_id: *id });
                    campaign = next;
                }
                None => return not_found(campaign, seen, NotFound::MissingCampaign, trace),
            },
            CompiledFallback::Redirect(template) => {
                trace.step(|| Step::FallbackRedirect);
                let destination = Destination::Redirect {
                    kind: RedirectKind::Http,
                    template,
                };
                return by_fallback(campaign, seen, destination);
            }
            CompiledFallback::NotFound => {
                return not_found(campaign, seen, NotFound::Chosen, trace);
            }
        }
    }
    not_found(campaign, seen, NotFound::TooManyJumps, trace)
}

fn by_flows<'c: 'v, 'v>(
    campaign: &'c CompiledCampaign,
    seen: Seen,
    visit: &'v Visit<'v>,
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
    let decision = choose_flow(campaign, seen, visit, dice, trace);
    if decision.is_none() {
        trace.step(|| Step::NoFlow { campaign_id });
    }
    decision
}

fn choose_flow<'c: 'v, 'v, T: Trace>(
    campaign: &'c CompiledCampaign,
    seen: Seen,
    visit: &'v Visit<'v>,
    dice: &mut Dice,
    trace: &mut T,
) -> Option<Decision<'c>> {
    let ask = |flow: &'c CompiledFlow, drawn: Option<Odds>, dice: &mut Dice, trace: &mut T| {
        trace.step(|| Step::FlowConsidered {
            flow_id: flow.id,
            kind: flow.kind,
            drawn,
        });
        let asked = Asked {
            visit,
            campaign: &campaign.document,
            flow_id: flow.id,
            seen,
        };
        if !flow.filters.accept(&asked, trace) {
            visit.give_back();
            trace.step(|| Step::FlowRejected { flow_id: flow.id });
            return None;
        }
        trace.step(|| Step::FlowChosen { flow_id: flow.id });
        let decision = target::draw(campaign, flow, &asked, dice, trace);
        visit.keep();
        Some(decision)
    };
    let forced = campaign.forced.iter();
    if let Some(decision) = forced
        .into_iter()
        .find_map(|flow| ask(flow, None, dice, trace))
    {
        return Some(decision);
    }
    match &campaign.regular {
        Regular::Position(flows) => {
            if let Some(decision) = flows.iter().find_map(|flow| ask(flow, None, dice, trace)) {
                return Some(decision);
            }
        }
        Regular::Weight(flows) => {
            let bound = bound_flow(campaign, flows, seen, trace);
            if let Some(index) = bound {
                let flow = &flows.items()[index];
                trace.step(|| Step::BoundFlow { flow_id: flow.id });
                if let Some(decision) = ask(flow, None, dice, trace) {
                    return Some(decision);
                }
                trace.step(|| dropped(flow.id, Dropped::Rejected));
            }
            let mut draws = flows.draws();
            while let Some(index) = draws.draw(dice) {
                if Some(index) == bound {
                    continue; // Asked already.
                }
                let drawn = Some(odds(flows, index));
                if let Some(decision) = ask(&flows.items()[index], drawn, dice, trace) {
                    return Some(decision);
                }
            }
        }
    }
    let default = campaign.default.as_ref()?;
    ask(default, None, dice, trace)
}

/// The place of the regular flow that the visitor is bound to. A binding to another kind of flow
/// holds for what is behind that flow.
fn bound_flow(
    campaign: &CompiledCampaign,
    flows: &Weighted<CompiledFlow>,
    seen: Seen,
    trace: &mut impl Trace,
) -> Option<usize> {
    let flow_id = seen.choices?.flow_id;
    let found = flows.items().iter().position(|flow| flow.id == flow_id);
    let is_other_kind = || {
        let mut others = campaign.forced.iter().chain(&campaign.default);
        others.any(|flow| flow.id == flow_id)
    };
    if found.is_none() && trace.listens() && !is_other_kind() {
        trace.step(|| dropped(flow_id, Dropped::NotLive));
    }
    found
}

fn dropped(id: u64, why: Dropped) -> Step {
    Step::BindingDropped {
        of: Bound::Flow,
        id,
        why,
    }
}

fn by_fallback<'c>(
    campaign: &'c CompiledCampaign,
    seen: Seen,
    destination: Destination<'c>,
) -> Decision<'c> {
    Decision {
        campaign,
        seen,
        flow_id: None,
        landing_id: None,
        offer_id: None,
        binds: false,
        destination,
    }
}

fn not_found<'c>(
    campaign: &'c CompiledCampaign,
    seen: Seen,
    why: NotFound,
    trace: &mut impl Trace,
) -> Decision<'c> {
    trace.step(|| Step::NotFound { why });
    by_fallback(campaign, seen, Destination::NotFound)
}

pub(super) fn odds<T>(weighted: &Weighted<T>, index: usize) -> Odds {
    Odds {
        weight: weighted.weight(index),
        of: weighted.total(),
    }
}
