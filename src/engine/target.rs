//! Where a chosen flow sends its visitor.

use std::sync::Arc;

use super::catalog::Catalog;
use super::compiled::{CompiledCampaign, CompiledFlow, CompiledOffer, CompiledTarget};
use super::decide::{Decision, Destination, odds};
use super::dice::Dice;
use super::rotation::Weighted;
use super::trace::{Bound, Dropped, Step, Trace};
use super::visit::{Asked, Caps, Choices};
use crate::domain::campaign::{Bind, ChooseOffer};
use crate::domain::flow::FlowKind;
use crate::domain::offer::MAX_OVERFLOWS;

/// Takes the bound landing and offer, or draws them, and sends the visitor to the first there is.
/// `None` where there are offers and all of them are full.
pub(super) fn draw<'c>(
    catalog: &'c Catalog,
    campaign: &'c CompiledCampaign,
    flow: &'c CompiledFlow,
    asked: &Asked<'_>,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Option<Decision<'c>> {
    let mut decision = Decision {
        passages: Vec::new(),
        campaign,
        seen: asked.seen,
        flow_id: Some(flow.id),
        landing_id: None,
        offer_id: None,
        later_offer_id: None,
        binds: binds(flow, asked),
        destination: Destination::NotFound,
    };
    let (way, landings, offers) = match &flow.target {
        CompiledTarget::Redirect { way, template } => {
            let way = *way;
            decision.destination = Destination::Redirect { way, template };
            return Some(decision);
        }
        CompiledTarget::Reply(reply) => {
            trace.step(|| Step::Reply {
                reply: reply.kind(),
            });
            decision.destination = Destination::Reply(reply);
            return Some(decision);
        }
        CompiledTarget::Campaign(id) => {
            decision.destination = Destination::Campaign(*id);
            return Some(decision);
        }
        CompiledTarget::Split {
            way,
            landings,
            offers,
        } => (*way, landings, offers),
    };
    let bind = campaign.document.bind;
    let bound = asked
        .seen
        .choices
        .filter(|choices| choices.flow_id == flow.id);
    let is_later =
        campaign.document.choose_offer == ChooseOffer::AtOfferClick && !landings.items().is_empty();
    let bound_offer = bound_offer(offers, bound.filter(|_| bind == Bind::Offer), trace);
    if is_later {
        decision.later_offer_id = bound_offer.map(|offer| offer.document.id);
    } else if offers.total() > 0 {
        let open = bound_offer.and_then(|offer| {
            open_offer(catalog, offer, &asked.visit.caps(), trace)
                // Who takes the overflow does so for today.
                .inspect(|open| decision.binds &= open.document.id == offer.document.id)
        });
        let open = match open {
            Some(open) => open,
            None => draw_open(catalog, offers, asked, dice, trace)?,
        };
        let template = &open.template;
        decision.offer_id = Some(open.document.id);
        decision.destination = Destination::Redirect { way, template };
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
        decision.destination = Destination::Redirect { way, template };
        trace.step(|| match found {
            Found::At(_) => Step::BoundLanding { landing_id },
            _ => Step::LandingDrawn {
                landing_id,
                odds: odds(landings, index),
            },
        });
    }
    Some(decision)
}

/// The offer that the visitor is bound to, while it takes part.
fn bound_offer<'c>(
    offers: &'c Weighted<Arc<CompiledOffer>>,
    bound: Option<Choices>,
    trace: &mut impl Trace,
) -> Option<&'c CompiledOffer> {
    let id = bound.and_then(|choices| choices.offer_id);
    let found = find_bound(offers, id, |offer| offer.document.id);
    tell(found, Bound::Offer, trace);
    let Found::At(index) = found else { return None };
    let offer = &offers.items()[index];
    trace.step(|| Step::BoundOffer {
        offer_id: offer.document.id,
    });
    Some(offer)
}

/// Draws until an offer is open, or its overflow is.
fn draw_open<'c>(
    catalog: &'c Catalog,
    offers: &'c Weighted<Arc<CompiledOffer>>,
    asked: &Asked<'_>,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Option<&'c CompiledOffer> {
    let mut draws = offers.draws();
    loop {
        let index = draws.draw(dice)?;
        let offer = &offers.items()[index];
        trace.step(|| Step::OfferDrawn {
            offer_id: offer.document.id,
            odds: odds(offers, index),
        });
        if let Some(open) = open_offer(catalog, offer, &asked.visit.caps(), trace) {
            return Some(open);
        }
    }
}

/// The offer itself while its cap lets it have visitors; else the first of its overflow offers
/// that is active and not full. `None` where nobody takes the overflow.
pub(super) fn open_offer<'c>(
    catalog: &'c Catalog,
    offer: &'c CompiledOffer,
    caps: &Caps<'_>,
    trace: &mut impl Trace,
) -> Option<&'c CompiledOffer> {
    let mut offer = offer;
    for _ in 0..=MAX_OVERFLOWS {
        let Some(cap) = &offer.document.cap else {
            return Some(offer);
        };
        let today = offer.conversions_of_the_day(caps.at);
        if caps.counters.count(today) < u64::from(cap.daily) {
            return Some(offer);
        }
        trace.step(|| Step::OfferFull {
            offer_id: offer.document.id,
        });
        offer = catalog
            .offer(cap.overflow_offer_id?)
            .filter(|next| next.is_live())?;
        trace.step(|| Step::OverflowOffer {
            offer_id: offer.document.id,
        });
    }
    None
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
