//! Where a chosen flow sends its visitor.

use super::compiled::{CompiledCampaign, CompiledFlow, CompiledTarget};
use super::decide::{Decision, Destination, odds};
use super::dice::Dice;
use super::rotation::Weighted;
use super::trace::{Bound, Dropped, Step, Trace};
use super::visit::Asked;
use crate::domain::campaign::Bind;
use crate::domain::flow::{FlowKind, RedirectKind};

/// Takes the bound landing and offer, or draws them, and sends the visitor to the first there is.
pub(super) fn draw<'c>(
    campaign: &'c CompiledCampaign,
    flow: &'c CompiledFlow,
    asked: &Asked<'_>,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Decision<'c> {
    let mut decision = Decision {
        campaign,
        seen: asked.seen,
        flow_id: Some(flow.id),
        landing_id: None,
        offer_id: None,
        binds: binds(flow, asked),
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
    let bind = campaign.document.bind;
    let bound = asked
        .seen
        .choices
        .filter(|choices| choices.flow_id == flow.id);
    let bound_offer = bound.and_then(|choices| choices.offer_id);
    let found = if bind == Bind::Offer {
        find_bound(offers, bound_offer, |offer| offer.document.id)
    } else {
        Found::Unbound
    };
    tell(found, Bound::Offer, trace);
    if let Some(index) = found.or_draw(offers, dice) {
        let offer = &offers.items()[index];
        let offer_id = offer.document.id;
        let template = &offer.template;
        decision.offer_id = Some(offer_id);
        decision.destination = Destination::Redirect { kind, template };
        trace.step(|| match found {
            Found::At(_) => Step::BoundOffer { offer_id },
            _ => Step::OfferDrawn {
                offer_id,
                odds: odds(offers, index),
            },
        });
    }
    let bound_landing = bound.and_then(|choices| choices.landing_id);
    let found = if matches!(bind, Bind::Landing | Bind::Offer) {
        find_bound(landings, bound_landing, |landing| landing.document.id)
    } else {
        Found::Unbound
    };
    tell(found, Bound::Landing, trace);
    if let Some(index) = found.or_draw(landings, dice) {
        let landing = &landings.items()[index];
        let landing_id = landing.document.id;
        let template = &landing.template;
        decision.landing_id = Some(landing_id);
        decision.destination = Destination::Redirect { kind, template };
        trace.step(|| match found {
            Found::At(_) => Step::BoundLanding { landing_id },
            _ => Step::LandingDrawn {
                landing_id,
                odds: odds(landings, index),
            },
        });
    }
    decision
}

/// A forced flow that takes a visitor who is bound to another flow only interrupts: afterwards
/// the visitor finds the other again.
fn binds(flow: &CompiledFlow, asked: &Asked<'_>) -> bool {
    let stands = asked.seen.choices;
    flow.kind != FlowKind::Forced || stands.is_none_or(|choices| choices.flow_id == flow.id)
}

/// Where among several the visitor is bound to.
#[derive(Clone, Copy)]
enum Found {
    Unbound,
    /// What the visitor was bound to has no part in this any more.
    Gone(u64),
    At(usize),
}

impl Found {
    fn or_draw<T>(self, all: &Weighted<T>, dice: &mut Dice) -> Option<usize> {
        match self {
            Found::At(index) => Some(index),
            Found::Unbound | Found::Gone(_) => all.draw(dice),
        }
    }
}

fn find_bound<T>(all: &Weighted<T>, bound: Option<u64>, id_of: impl Fn(&T) -> u64) -> Found {
    let Some(id) = bound else {
        return Found::Unbound;
    };
    let found = all.items().iter().position(|one| id_of(one) == id);
    found.map_or(Found::Gone(id), Found::At)
}

fn tell(found: Found, of: Bound, trace: &mut impl Trace) {
    if let Found::Gone(id) = found {
        let why = Dropped::NotLive;
        trace.step(|| Step::BindingDropped { of, id, why });
    }
}
