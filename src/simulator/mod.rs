//! What would happen to a visitor: the very code that serves clicks, about one that was made up.
//!
//! A [`Question`] describes the visit as a request (address, headers, link) and, where wanted, as
//! facts that overrule what detection finds. [`simulate`] observes it, decides, expands the link,
//! and tells every step on the way. Nothing is stored, remembered or used up.
//!
//! | file | what it knows |
//! |---|---|
//! | `question.rs` | reading what was asked, all problems at once |
//! | `telling.rs` | the steps of a decision in sentences |

mod question;
mod telling;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

pub use question::Question;

use crate::detect::params::Query;
use crate::detect::{Detectors, Rules};
use crate::domain::campaign::Campaign;
use crate::domain::click::ClickCost;
use crate::domain::problem::Problem;
use crate::domain::rates::Rates;
use crate::domain::tracking_domain::without_port;
use crate::domain::visitor::Visitor;
use crate::engine::trace::{Silent, Step, Story, Trace};
use crate::engine::visit::{Counters, Memory, Seen, Visit};
use crate::engine::{self, Catalog, Chosen, CompiledCampaign, Decision, Dice, Link, Reply};
use crate::macros::{MacroContext, Parent};

/// Stands where a real click would have its id.
const CLICK_ID: &str = "00000000000000000000";

/// What the simulator draws on.
pub struct Surroundings<'s> {
    pub catalog: &'s Catalog,
    pub rules: &'s Arc<Rules>,
    pub fingerprint_key: &'s [u8; 16],
    /// Only ever looked at.
    pub counters: &'s dyn Counters,
    pub rates: &'s Rates,
    pub now_ms: i64,
}

/// What would happen.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Outcome {
    /// The campaign that decided in the end.
    pub campaign_id: u64,
    pub campaign: String,
    pub flow_id: Option<u64>,
    pub flow: Option<String>,
    pub landing_id: Option<u64>,
    pub landing: Option<String>,
    pub offer_id: Option<u64>,
    pub offer: Option<String>,
    /// Decimal string, and the currency it is in.
    pub cost: Option<String>,
    pub cost_currency: Option<String>,
    /// What the browser would be answered.
    #[schema(value_type = Object)]
    pub reply: Reply,
    /// Everything known about the visitor, under the names of the click log.
    #[schema(value_type = Object)]
    pub visitor: Value,
    pub steps: Vec<Told>,
    /// How often each flow, landing and offer was chosen in all draws.
    pub shares: Shares,
}

/// A step, and the same as a sentence.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Told {
    #[serde(flatten)]
    pub step: Step,
    pub text: String,
}

/// Counts of `draws` decisions about the same visitor, by id; 0 stands for none.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Shares {
    pub draws: u64,
    pub flows: BTreeMap<u64, u64>,
    pub landings: BTreeMap<u64, u64>,
    pub offers: BTreeMap<u64, u64>,
}

/// Decides about a made-up visitor.
///
/// # Errors
/// The link or campaign of the question is not there.
pub fn simulate(
    question: &Question,
    surroundings: &Surroundings<'_>,
) -> Result<Outcome, Vec<Problem>> {
    let catalog = surroundings.catalog;
    let campaign = question.campaign(catalog)?;
    let at = question.at.unwrap_or(surroundings.now_ms);
    let headers = question.headers();
    let request = question.request(at, &headers);
    let query = Query::parse(request.query);
    let detectors = Detectors::new(Arc::clone(surroundings.rules), surroundings.fingerprint_key);
    let mut visitor = detectors.observe(&request, &query, &campaign.parameters);
    question.facts.overrule(&mut visitor);

    let mut shares = Shares::default();
    let mut dice = Dice::seeded(question.seed);
    for _ in 1..question.draws {
        let dice = &mut dice;
        let decision = decide(
            surroundings,
            campaign,
            question,
            at,
            &visitor,
            dice,
            &mut Silent,
        );
        shares.count(&decision);
    }
    // The last draw is the one that is told.
    let mut story = Story::default();
    let decision = decide(
        surroundings,
        campaign,
        question,
        at,
        &visitor,
        &mut dice,
        &mut story,
    );
    shares.count(&decision);
    let document = &decision.campaign.document;
    let is_unique = !question.seen.in_campaign;
    let paying = decision.paying_campaign();
    let cost = engine::cost::at_click(&paying.cost, &visitor.parameters, is_unique);
    let reply = decision.reply(&MacroContext {
        click_id: CLICK_ID,
        at,
        campaign_id: document.id,
        campaign_name: &document.name,
        flow_id: decision.flow_id,
        landing_id: decision.landing_id,
        offer_id: decision.offer_id,
        traffic_source_id: document.traffic_source_id,
        visitor: &visitor,
        cost,
        host: without_port(request.host),
        random: dice.throw(),
        parameters: &|name| query.get(name),
        parent: decision.passages.last().map(|passage| Parent {
            campaign_id: passage.campaign.document.id,
            click_id: CLICK_ID,
        }),
        facts: &Chosen {
            unique: Some(decision.seen.unique(decision.flow_id)),
            ..Chosen::of(&decision, catalog, surroundings.rates, at)
        },
    });
    let steps = story.steps.into_iter().map(|step| Told {
        text: telling::sentence(&step, catalog),
        step,
    });
    Ok(Outcome {
        steps: steps.collect(),
        ..outcome(catalog, &decision, cost, reply, &visitor, shares)
    })
}

/// One decision.
fn decide<'c>(
    surroundings: &Surroundings<'c>,
    campaign: &'c CompiledCampaign,
    question: &Question,
    at: i64,
    visitor: &Visitor,
    dice: &mut Dice,
    trace: &mut impl Trace,
) -> Decision<'c> {
    let query = Query::parse(&question.query);
    let memory = MadeUp(question.seen);
    let parameters = |name: &str| query.get(name);
    let counters = surroundings.counters;
    let visit = Visit::new(visitor, at, &parameters, &memory, counters, dice);
    engine::decide(surroundings.catalog, campaign, &visit, dice, trace)
}

fn outcome(
    catalog: &Catalog,
    decision: &Decision<'_>,
    cost: Option<ClickCost>,
    reply: Reply,
    visitor: &Visitor,
    shares: Shares,
) -> Outcome {
    let document = &decision.campaign.document;
    let landing = decision.landing_id.and_then(|id| catalog.landing(id));
    let offer = decision.offer_id.and_then(|id| catalog.offer(id));
    Outcome {
        campaign_id: document.id,
        campaign: document.name.clone(),
        flow_id: decision.flow_id,
        flow: decision.flow_id.and_then(|id| flow_name(document, id)),
        landing_id: decision.landing_id,
        landing: landing.map(|one| one.document.name.clone()),
        offer_id: decision.offer_id,
        offer: offer.map(|one| one.document.name.clone()),
        cost: cost.map(|cost| cost.amount.to_string()),
        cost_currency: cost.map(|cost| cost.currency.as_str().to_owned()),
        reply,
        visitor: telling::facts(visitor),
        steps: Vec::new(),
        shares,
    }
}

fn flow_name(campaign: &Campaign, id: u64) -> Option<String> {
    let flow = campaign.flows.iter().find(|flow| flow.id == id)?;
    Some(flow.name.clone())
}

impl Shares {
    fn count(&mut self, decision: &Decision<'_>) {
        self.draws += 1;
        let flow = self.flows.entry(decision.flow_id.unwrap_or(0));
        *flow.or_default() += 1;
        if let Some(id) = decision.landing_id {
            *self.landings.entry(id).or_default() += 1;
        }
        if let Some(id) = decision.offer_id {
            *self.offers.entry(id).or_default() += 1;
        }
    }
}

/// What the question says about the past, whatever the campaign.
struct MadeUp(Seen);

impl Memory for MadeUp {
    fn seen(&self, _: &Campaign) -> Seen {
        self.0
    }
}

impl Question {
    fn campaign<'c>(&self, catalog: &'c Catalog) -> Result<&'c CompiledCampaign, Vec<Problem>> {
        if let Some(id) = self.campaign_id {
            let found = catalog.campaign_by_id(id).map(AsRef::as_ref);
            return found.ok_or_else(|| {
                let message = format!("There is no campaign {id}.");
                vec![Problem::new("campaign_id", "unknown", message)]
            });
        }
        let path = format!("/{}", self.alias);
        let query = Query::parse(&self.query);
        let link = engine::link::link(catalog, &self.host, &path, &query);
        let what = match link {
            Link::Campaign(campaign) => return Ok(campaign),
            Link::Redirect(template) => format!("the domain's fallback {}", template.text()),
            Link::NotFound => "\"not found\"".to_owned(),
        };
        let message = format!(
            "No campaign has the alias \"{}\" (capitals count); such a link is answered with {what}.",
            self.alias
        );
        Err(vec![Problem::new("link", "unknown", message)])
    }
}

#[cfg(test)]
mod tests;
