//! Where a chosen flow sends its visitor.

use super::catalog::Catalog;
use super::compiled::{CompiledCampaign, CompiledFlow, CompiledOffer, CompiledTarget};
use super::decide::{Decision, Destination, odds};
use super::dice::Dice;
use super::trace::{Step, Trace};
use super::visit::{Asked, Caps};
use crate::domain::campaign::ChooseOffer;
use crate::domain::offer::MAX_OVERFLOWS;

/// Draws the landing and the offer, and sends the visitor to the first there is. `None` where
/// there are offers and all of them are full.
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
    let is_later =
        campaign.document.choose_offer == ChooseOffer::AtOfferClick && !landings.items().is_empty();
    if !is_later && offers.total() > 0 {
        let mut draws = offers.draws();
        let open = loop {
            let index = draws.draw(dice)?;
            let offer = &offers.items()[index];
            trace.step(|| Step::OfferDrawn {
                offer_id: offer.document.id,
                odds: odds(offers, index),
            });
            if let Some(open) = open_offer(catalog, offer, &asked.visit.caps(), trace) {
                break open;
            }
        };
        let template = &open.template;
        decision.offer_id = Some(open.document.id);
        decision.destination = Destination::Redirect { way, template };
    }
    if let Some(index) = landings.draw(dice) {
        let landing = &landings.items()[index];
        let landing_id = landing.document.id;
        let template = &landing.template;
        decision.landing_id = Some(landing_id);
        decision.destination = Destination::Redirect { way, template };
        trace.step(|| Step::LandingDrawn {
            landing_id,
            odds: odds(landings, index),
        });
    }
    Some(decision)
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
