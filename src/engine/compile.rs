//! A campaign's document becomes a [`CompiledCampaign`].
//!
//! There is one way to compile: it yields a campaign that works as far as it can, and the list of
//! what is wrong. A save is refused if that list is not empty; a start of the program takes the
//! campaign as it is and logs the list.
//!
//! A flow's target is live if each list that it has holds something that visitors can be sent to:
//! active, with a weight. So a flow whose only landing is paused is passed over rather than
//! sending people past the landing, and one whose offers are all paused rather than onto a landing
//! that leads nowhere.

use std::sync::Arc;

use ahash::AHashMap;

use super::compiled::{
    CompiledCampaign, CompiledFallback, CompiledFlow, CompiledLanding, CompiledOffer,
    CompiledTarget, Regular,
};
use super::decide::MAX_JUMPS;
use super::filter::{self, Filters, Lists};
use super::reply::{self, CompiledReply};
use super::rotation::Weighted;
use super::trace::PassedOver;
use crate::detect::params::ParameterMap;
use crate::domain::campaign::{Bind, Campaign, Fallback, Rotation};
use crate::domain::documents::Documents;
use crate::domain::entity::Reference;
use crate::domain::flow::{Flow, FlowKind, Match, Target};
use crate::domain::money::Micros;
use crate::domain::period;
use crate::domain::problem::Problem;
use crate::domain::state::State;
use crate::macros::Template;

/// Landings, offers and lists, compiled once for all the campaigns that share them.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) landings: AHashMap<u64, Arc<CompiledLanding>>,
    pub(super) offers: AHashMap<u64, Arc<CompiledOffer>>,
    /// As they are: their parameters are in the links of their offers already.
    pub(super) lists: Lists,
}

impl Shelf {
    /// The shelf of these documents; what has not changed is taken over from the older one.
    pub(super) fn after(
        older: &Shelf,
        documents: &Documents,
        changed: impl Fn(Reference) -> bool,
    ) -> Self {
        let mut landings = AHashMap::with_capacity(documents.landings.len());
        for (id, document) in &documents.landings {
            let landing = match older.landings.get(id) {
                Some(landing) if !changed(Reference::Landing(*id)) => Arc::clone(landing),
                _ => Arc::new(CompiledLanding::new(document)),
            };
            landings.insert(*id, landing);
        }
        let mut offers = AHashMap::with_capacity(documents.offers.len());
        for (id, document) in &documents.offers {
            let network = document.network_id;
            let is_changed = changed(Reference::Offer(*id))
                || network.is_some_and(|id| changed(Reference::Network(id)));
            let offer = match older.offers.get(id) {
                Some(offer) if !is_changed => Arc::clone(offer),
                _ => {
                    let network = network.and_then(|id| documents.networks.get(&id));
                    let offer_param = network.map_or("", |network| network.offer_param.as_str());
                    Arc::new(CompiledOffer::new(document, offer_param))
                }
            };
            offers.insert(*id, offer);
        }
        Self {
            landings,
            offers,
            lists: Lists::of(documents, Some(&older.lists)),
        }
    }
}

/// Compiles a campaign as far as it goes; the problems' fields are relative to its document.
pub(super) fn campaign(
    document: &Arc<Campaign>,
    documents: &Documents,
    shelf: &Shelf,
) -> (CompiledCampaign, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut forced = Vec::new();
    let mut regular = Vec::new();
    let mut default = None;
    let mut passed_over = Vec::new();
    let mut regexps = 0;
    for (index, flow) in document.flows.iter().enumerate() {
        let mut found = Vec::new();
        if let Err(problem) = filter::count_regexps(flow, &mut regexps) {
            problems.push(problem.under(&format!("flows[{index}].filters")));
            passed_over.push((flow.id, PassedOver::Broken));
            continue;
        }
        let compiled = compile_flow(flow, document, documents, shelf, &mut found);
        let place = format!("flows[{index}]");
        problems.extend(found.into_iter().map(|problem| problem.under(&place)));
        match (compiled, flow.kind) {
            (Err(why), _) => passed_over.push((flow.id, why)),
            (Ok(compiled), FlowKind::Forced) => forced.push(compiled),
            (Ok(compiled), FlowKind::Regular) => {
                let is_drawn = flow.weight > 0 || document.rotation == Rotation::Position;
                if !is_drawn {
                    passed_over.push((flow.id, PassedOver::NoWeight));
                }
                // Who is bound to it still gets there.
                if is_drawn || document.bind != Bind::None {
                    regular.push((compiled, flow.weight));
                }
            }
            // It takes everybody, so a second one has nothing to do.
            (Ok(compiled), FlowKind::Default) => {
                default.get_or_insert(compiled);
            }
        }
    }
    if let Some(id) = document.domain_id
        && !documents.domains.contains_key(&id)
    {
        problems.push(missing("domain_id", "domain", id));
    }
    let regular = match document.rotation {
        Rotation::Position => {
            Regular::Position(regular.into_iter().map(|(flow, _)| flow).collect())
        }
        Rotation::Weight => Regular::Weight(Weighted::new(regular)),
    };
    let source = documents.traffic_source_of(document);
    let mut cost = document.cost.clone();
    if let Some(source) = source
        && cost.traffic_loss == Micros::ZERO
    {
        cost.traffic_loss = source.traffic_loss;
    }
    let compiled = CompiledCampaign {
        document: Arc::clone(document),
        parameters: compile_parameters(document, documents, &mut problems),
        cost,
        zone: period::zone(&document.timezone),
        asks_for_past: document.bind != Bind::None || document.flows.iter().any(asks_for_past),
        forced,
        regular,
        default,
        passed_over,
        fallback: compile_fallback(document, documents, &mut problems),
    };
    (compiled, problems)
}

fn asks_for_past(flow: &Flow) -> bool {
    let mut filters = flow.filters.iter();
    filters.any(|one| filter::asks_for_past(&one.key))
}

/// The names of the campaign and of its traffic source. What is wrong with the source's is a
/// problem of the source: then only the campaign's own count.
fn compile_parameters(
    document: &Campaign,
    documents: &Documents,
    problems: &mut Vec<Problem>,
) -> ParameterMap {
    if let Ok(both) = ParameterMap::compile(&documents.parameters_of(document)) {
        return both;
    }
    ParameterMap::compile(&document.parameters).unwrap_or_else(|found| {
        problems.extend(found.into_iter().map(|problem| problem.under("parameters")));
        ParameterMap::default_names()
    })
}

/// What is odd about a campaign's templates, though it works.
pub(super) fn warnings(document: &Campaign) -> Vec<Problem> {
    let mut warnings = Vec::new();
    let mut look = |url: &str, field: &str| {
        let found = Template::parse(url).1.into_iter();
        warnings.extend(found.map(|warning| warning.under(field)));
    };
    for (index, flow) in document.flows.iter().enumerate() {
        if let Target::Redirect { url, .. } = &flow.target {
            look(url, &format!("flows[{index}].target.url"));
        }
    }
    if let Fallback::Redirect { url } = &document.fallback {
        look(url, "fallback.url");
    }
    for (index, flow) in document.flows.iter().enumerate() {
        if let Target::Reply { reply, body, .. } = &flow.target {
            let found = CompiledReply::new(*reply, None, body, &reply::declared(document)).1;
            let field = format!("flows[{index}].target.body");
            warnings.extend(found.into_iter().map(|warning| warning.under(&field)));
        }
    }
    warnings
}

fn compile_flow(
    flow: &Flow,
    campaign: &Campaign,
    documents: &Documents,
    shelf: &Shelf,
    problems: &mut Vec<Problem>,
) -> Result<CompiledFlow, PassedOver> {
    let is_default = flow.kind == FlowKind::Default;
    let filters = if is_default {
        if !flow.filters.is_empty() {
            problems.push(Problem::new(
                "filters",
                "not_allowed",
                "The default flow takes everybody whom no other flow took, so it has no filters. Remove them or make the flow a regular one.",
            ));
        }
        Filters::compile(Match::All, &[], &shelf.lists)
    } else {
        Filters::compile(flow.r#match, &flow.filters, &shelf.lists)
    };
    let filters = filters.map_err(|found| {
        problems.extend(found.into_iter().map(|problem| problem.under("filters")));
        PassedOver::Broken
    });
    let target = compile_target(&flow.target, campaign, documents, shelf, problems);
    match flow.state {
        State::Active => {}
        State::Paused => return Err(PassedOver::Paused),
        State::Archived => return Err(PassedOver::Archived),
    }
    Ok(CompiledFlow {
        id: flow.id,
        kind: flow.kind,
        filters: filters?,
        target: target?,
    })
}

/// What has weight 0 stays in where visitors may be bound to it; it is never drawn.
fn compile_target(
    target: &Target,
    campaign: &Campaign,
    documents: &Documents,
    shelf: &Shelf,
    problems: &mut Vec<Problem>,
) -> Result<CompiledTarget, PassedOver> {
    let way = target.way();
    match target {
        Target::Redirect { url, .. } => {
            let template = Template::parse(url).0;
            if template.is_empty() {
                problems.push(Problem::new(
                    "target.url",
                    "required",
                    "The flow leads nowhere. Enter an address, such as https://example.com/?c={click_id}.",
                ));
                return Err(PassedOver::Broken);
            }
            Ok(CompiledTarget::Redirect { way, template })
        }
        Target::Reply {
            reply,
            status,
            body,
        } => {
            // What is odd about the body is told by `warnings`.
            let names = reply::declared(campaign);
            let compiled = CompiledReply::new(*reply, *status, body, &names).0;
            Ok(CompiledTarget::Reply(compiled))
        }
        Target::Campaign { campaign_id } => match documents.campaigns.get(campaign_id) {
            Some(found) if found.state == State::Archived => Err(PassedOver::NoLiveTarget),
            // A paused one answers with its fallback.
            Some(_) => Ok(CompiledTarget::Campaign(*campaign_id)),
            None => {
                problems.push(missing("target.campaign_id", "campaign", *campaign_id));
                Err(PassedOver::Broken)
            }
        },
        Target::Split {
            landings, offers, ..
        } => {
            if landings.is_empty() && offers.is_empty() {
                problems.push(Problem::new(
                    "target",
                    "required",
                    "The flow leads nowhere. Add a landing or an offer.",
                ));
                return Err(PassedOver::Broken);
            }
            let keeps_landings = matches!(campaign.bind, Bind::Landing | Bind::Offer);
            let keeps_offers = campaign.bind == Bind::Offer;
            let mut live_landings = Vec::new();
            for (index, entry) in landings.iter().enumerate() {
                match shelf.landings.get(&entry.landing_id) {
                    Some(landing) if landing.is_live() && (entry.weight > 0 || keeps_landings) => {
                        live_landings.push((Arc::clone(landing), entry.weight));
                    }
                    Some(_) => {}
                    None => problems.push(missing(
                        format!("target.landings[{index}].landing_id"),
                        "landing",
                        entry.landing_id,
                    )),
                }
            }
            let mut live_offers = Vec::new();
            for (index, entry) in offers.iter().enumerate() {
                match shelf.offers.get(&entry.offer_id) {
                    Some(offer) if offer.is_live() && (entry.weight > 0 || keeps_offers) => {
                        live_offers.push((Arc::clone(offer), entry.weight));
                    }
                    Some(_) => {}
                    None => problems.push(missing(
                        format!("target.offers[{index}].offer_id"),
                        "offer",
                        entry.offer_id,
                    )),
                }
            }
            let live_landings = Weighted::new(live_landings);
            let live_offers = Weighted::new(live_offers);
            if landings.is_empty() == (live_landings.total() == 0)
                && offers.is_empty() == (live_offers.total() == 0)
            {
                Ok(CompiledTarget::Split {
                    way,
                    landings: live_landings,
                    offers: live_offers,
                })
            } else {
                Err(PassedOver::NoLiveTarget)
            }
        }
    }
}

fn compile_fallback(
    document: &Campaign,
    documents: &Documents,
    problems: &mut Vec<Problem>,
) -> CompiledFallback {
    if let Fallback::Campaign { campaign_id } = document.fallback {
        problems.extend(chain_problem(document, campaign_id, documents));
    }
    CompiledFallback::new(&document.fallback).unwrap_or_else(|| {
        problems.push(Problem::new(
            "fallback.url",
            "required",
            "The fallback leads nowhere. Enter an address, or choose \"not_found\".",
        ));
        CompiledFallback::NotFound
    })
}

/// Follows the fallbacks from campaign to campaign: each is there, and there is an end.
fn chain_problem(document: &Campaign, first: u64, documents: &Documents) -> Option<Problem> {
    const FIELD: &str = "fallback.campaign_id";
    let mut next = first;
    for _ in 0..MAX_JUMPS {
        if next == document.id {
            return Some(Problem::new(
                FIELD,
                "loop",
                format!(
                    "The fallback leads to campaign {first} and from there back to this one, so a visitor whom none of them takes would find nothing. Choose another campaign, or an address."
                ),
            ));
        }
        let Some(campaign) = documents.campaigns.get(&next) else {
            // A missing link further on is a problem of the campaign that has it.
            return (next == first).then(|| missing(FIELD, "campaign", first));
        };
        match campaign.fallback {
            Fallback::Campaign { campaign_id } => next = campaign_id,
            _ => return None,
        }
    }
    Some(Problem::new(
        FIELD,
        "too_long",
        format!(
            "From campaign {first} the fallbacks lead on through more than {MAX_JUMPS} campaigns. Shorten the chain."
        ),
    ))
}

fn missing(field: impl Into<String>, what: &str, id: u64) -> Problem {
    Problem::new(
        field,
        "unknown",
        format!("There is no {what} {id}. Choose another one."),
    )
}
