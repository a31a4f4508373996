//! Where a visitor goes.

use super::budget;
use super::catalog::Catalog;
use super::compiled::{CompiledCampaign, CompiledFallback, CompiledFlow, Regular};
use super::dice::Dice;
use super::redirect::{self, Reply};
use super::reply::CompiledReply;
use super::rotation::Weighted;
use super::target;
use super::trace::{Bound, Dropped, NotFound, Odds, Step, Trace};
use super::visit::{Asked, Choices, Seen, Visit};
use crate::domain::flow::Way;
use crate::macros::{MacroContext, Template};

pub use crate::domain::jumps::MAX_JUMPS;

/// What was decided about one visitor.
#[derive(Debug, Clone)]
pub struct Decision<'c> {
    /// The campaigns whose flows sent the visitor on, in order; for most visits none.
    pub passages: Vec<Passage<'c>>,
    /// The campaign that decided in the end, after jumps.
    pub campaign: &'c CompiledCampaign,
    /// What that campaign remembers of the visitor, if it asked.
    pub seen: Seen,
    /// `None` where the fallback decided.
    pub flow_id: Option<u64>,
    pub landing_id: Option<u64>,
    /// The offer behind the landing too, unless the campaign draws it when the visitor goes on.
    pub offer_id: Option<u64>,
    /// The offer that the visitor is bound to, where the campaign draws it when he goes on.
    pub later_offer_id: Option<u64>,
    /// Whether it is what the visitor finds again. A forced flow does not end a binding.
    pub binds: bool,
    pub destination: Destination<'c>,
}

/// A campaign whose flow sent the visitor on to another one: a click of its own.
#[derive(Debug, Clone, Copy)]
pub struct Passage<'c> {
    pub campaign: &'c CompiledCampaign,
    pub flow_id: u64,
    /// Whether it is what the visitor finds again.
    pub binds: bool,
}

/// Where the visitor goes next.
#[derive(Debug, Clone, Copy)]
pub enum Destination<'c> {
    Redirect {
        way: Way,
        template: &'c Template,
    },
    /// An answer of ours.
    Reply(&'c CompiledReply),
    /// Another campaign is to decide: [`decide`] asks it, so this never comes out of there.
    Campaign(u64),
    NotFound,
}

impl Decision<'_> {
    /// What is to be remembered for the visitor's next visit.
    pub fn choices(&self) -> Option<Choices> {
        let flow_id = self.flow_id.filter(|_| self.binds)?;
        Some(Choices {
            flow_id,
            landing_id: self.landing_id,
            offer_id: self.offer_id.or(self.later_offer_id),
        })
    }

    /// The answer, with the click's macros expanded.
    pub fn reply(&self, context: &MacroContext<'_>) -> Reply {
        self.reply_with(context, |_| {})
    }

    /// The same, with a change to the address before it goes into the answer.
    pub fn reply_with(
        &self,
        context: &MacroContext<'_>,
        change: impl FnOnce(&mut String),
    ) -> Reply {
        match self.destination {
            Destination::Redirect { way, template } => {
                send(self.campaign, way, template, context, change)
            }
            Destination::Reply(reply) => reply.reply(context),
            Destination::Campaign(_) | Destination::NotFound => Reply::NotFound,
        }
    }
}

/// The answer that leads to a template's address, changed before it goes out. Where macros made an
/// address of nothing it is the campaign's fallback, if that is one.
pub fn send(
    campaign: &CompiledCampaign,
    way: Way,
    template: &Template,
    context: &MacroContext<'_>,
    change: impl FnOnce(&mut String),
) -> Reply {
    let expanded = |template: &Template| {
        let mut location = String::new();
        template.expand(context, &mut location);
        redirect::leads_somewhere(&location).then_some(location)
    };
    if let Some(mut location) = expanded(template) {
        change(&mut location);
        return redirect::reply(way, location);
    }
    let fallback = match &campaign.fallback {
        CompiledFallback::Redirect(template) => expanded(template),
        _ => None,
    };
    fallback.map_or(Reply::NotFound, |location| {
        redirect::reply(Way::default(), location)
    })
}

/// Decides about a visitor of `campaign`: forced flows in order, then regular flows by position
/// or by weight, then the default flow, then the fallback. A flow or a fallback may leave it to
/// another campaign, which begins anew. Pure but for what it takes of limits: the same documents,
/// visit and seed give the same decision, with and without a listener.
pub fn decide<'c: 'v, 'v>(
    catalog: &'c Catalog,
    campaign: &'c CompiledCampaign,
    visit: &'v Visit<'v>,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Decision<'c> {
    let mut passages = Vec::new();
    let decision = follow(catalog, campaign, &mut passages, visit, dice, trace);
    Decision {
        passages,
        ..decision
    }
}

/// Goes from campaign to campaign until one decides. No flow sends a visitor to a campaign that
/// has passed him on already: each counts the visit once.
fn follow<'c: 'v, 'v>(
    catalog: &'c Catalog,
    mut campaign: &'c CompiledCampaign,
    passages: &mut Vec<Passage<'c>>,
    visit: &'v Visit<'v>,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Decision<'c> {
    let mut seen = Seen::default();
    for jumps in 0..=MAX_JUMPS {
        // Looking it up is a visit to cold memory, twice.
        seen = match campaign.asks_for_past || trace.listens() {
            true => visit.memory.seen(&campaign.document),
            false => Seen::default(),
        };
        let may_enter = |id: u64| {
            let is_new = id != campaign.document.id && !has_passed(passages, id);
            is_new && jumps < MAX_JUMPS && catalog.campaign_by_id(id).is_some()
        };
        if let Some(decision) = by_flows(catalog, campaign, seen, visit, &may_enter, dice, trace) {
            let Destination::Campaign(id) = decision.destination else {
                return decision;
            };
            let (Some(flow_id), Some(next)) = (decision.flow_id, catalog.campaign_by_id(id)) else {
                return decision;
            };
            trace.step(|| Step::Jump {
                flow_id,
                campaign_id: id,
            });
            passages.push(Passage {
                campaign,
                flow_id,
                binds: decision.binds,
            });
            campaign = next;
            continue;
        }
        match &campaign.fallback {
            CompiledFallback::Campaign(id) if has_passed(passages, *id) => {
                return not_found(campaign, seen, NotFound::TooManyJumps, trace);
            }
            CompiledFallback::Campaign(id) => match catalog.campaign_by_id(*id) {
                Some(next) => {
                    trace.step(|| Step::FallbackCampaign { campaign_id: *id });
                    campaign = next;
                }
                None => return not_found(campaign, seen, NotFound::MissingCampaign, trace),
            },
            CompiledFallback::Redirect(template) => {
                trace.step(|| Step::FallbackRedirect);
                let way = Way::default();
                let destination = Destination::Redirect { way, template };
                return by_fallback(campaign, seen, destination);
            }
            CompiledFallback::NotFound => {
                return not_found(campaign, seen, NotFound::Chosen, trace);
            }
        }
    }
    not_found(campaign, seen, NotFound::TooManyJumps, trace)
}

fn has_passed(passages: &[Passage<'_>], campaign_id: u64) -> bool {
    let mut ids = passages.iter().map(|one| one.campaign.document.id);
    ids.any(|id| id == campaign_id)
}

fn by_flows<'c: 'v, 'v>(
    catalog: &'c Catalog,
    campaign: &'c CompiledCampaign,
    seen: Seen,
    visit: &'v Visit<'v>,
    may_enter: &dyn Fn(u64) -> bool,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Option<Decision<'c>> {
    let campaign_id = campaign.document.id;
    let state = campaign.document.state;
    if !state.is_active() {
        trace.step(|| Step::CampaignNotActive { campaign_id, state });
        return None;
    }
    if budget::diverts(&campaign.document, campaign.zone, visit) {
        trace.step(|| Step::CampaignSpent { campaign_id });
        return None;
    }
    trace.step(|| Step::Campaign { campaign_id });
    if trace.listens() {
        for (flow_id, why) in campaign.passed_over.iter().copied() {
            trace.step(|| Step::FlowPassedOver { flow_id, why });
        }
    }
    let decision = choose_flow(catalog, campaign, seen, visit, may_enter, dice, trace);
    if decision.is_none() {
        trace.step(|| Step::NoFlow { campaign_id });
    }
    decision
}

fn choose_flow<'c: 'v, 'v, T: Trace>(
    catalog: &'c Catalog,
    campaign: &'c CompiledCampaign,
    seen: Seen,
    visit: &'v Visit<'v>,
    may_enter: &dyn Fn(u64) -> bool,
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
        let decision = target::draw(catalog, campaign, flow, &asked, dice, trace);
        if decision.is_none() {
            visit.give_back();
            trace.step(|| Step::FlowFull { flow_id: flow.id });
            return None;
        }
        if let Some(Destination::Campaign(campaign_id)) =
            decision.as_ref().map(|one| one.destination)
            && !may_enter(campaign_id)
        {
            visit.give_back();
            trace.step(|| Step::JumpRefused {
                flow_id: flow.id,
                campaign_id,
            });
            return None;
        }
        visit.keep();
        decision
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
        passages: Vec::new(),
        campaign,
        seen,
        flow_id: None,
        landing_id: None,
        offer_id: None,
        later_offer_id: None,
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
