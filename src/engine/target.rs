//! Where a chosen flow sends its visitor.

use super::compiled::{CompiledCampaign, CompiledFlow, CompiledTarget};
use super::decide::{Decision, Destination, odds};
use super::dice::Dice;
use super::trace::{Step, Trace};
use super::visit::Asked;

/// Draws the landing and the offer, and sends the visitor to the first there is.
pub(super) fn draw<'c>(
    campaign: &'c CompiledCampaign,
    flow: &'c CompiledFlow,
    asked: &Asked<'_>,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Decision<'c> {
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
            return decision;
        }
        CompiledTarget::Reply(reply) => {
            trace.step(|| Step::Reply {
                reply: reply.kind(),
            });
            decision.destination = Destination::Reply(reply);
            return decision;
        }
        CompiledTarget::Campaign(id) => {
            decision.destination = Destination::Campaign(*id);
            return decision;
        }
        CompiledTarget::Split {
            way,
            landings,
            offers,
        } => (*way, landings, offers),
    };
    if let Some(index) = offers.draw(dice) {
        let offer = &offers.items()[index];
        let offer_id = offer.document.id;
        let template = &offer.template;
        decision.offer_id = Some(offer_id);
        decision.destination = Destination::Redirect { way, template };
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
        decision.destination = Destination::Redirect { way, template };
        trace.step(|| Step::LandingDrawn {
            landing_id,
            odds: odds(landings, index),
        });
    }
    decision
}
