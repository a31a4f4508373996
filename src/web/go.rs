//! `/go`: the step from a landing to an offer.
//!
//! The click comes from the link (`click_id=` and what others call it), else from the cookie. It
//! is found in the table of recent clicks, else by its primary key; an id that was not made here
//! is refused before that. As on the click path there is no `Result`: whatever is missing, the
//! visitor is sent on. Without a known click that is the live offer of `/go?c=<alias>`, else what
//! the index campaign of the host says, counted as `no_entry`.
//!
//! Pages made for other trackers keep their links: `/?_lp=1`, `/click?lp=1`, `/click.php?lp=1`.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, rt, web};

use super::recent::Known;
use super::respond::{self, respond};
use super::state::{Hot, Shared};
use super::{click, click_cookie, link, visitor_cookie};
use crate::detect::bot::{is_browser_prefetch, is_preview};
use crate::detect::params::Query;
use crate::detect::request::{ClickRequest, Headers};
use crate::domain::campaign::Bind;
use crate::domain::click::Click;
use crate::domain::flow::Way;
use crate::domain::id::Id;
use crate::domain::offer_click::OfferClick;
use crate::domain::tracking_domain::without_port;
use crate::domain::visitor::Visitor;
use crate::engine::counters::Looking;
use crate::engine::link::campaign_named;
use crate::engine::onward::{Onward, Wish, onward};
use crate::engine::redirect::Reply;
use crate::engine::trace::Silent;
use crate::engine::visit::{Caps, Memory, Visit};
use crate::engine::{self, Catalog, CompiledCampaign};
use crate::engine::{Chosen, Link};
use crate::macros::MacroContext;
use crate::store::clicks::read;

/// What the click id may be called, the first readable one wins. `_token` is where pages made for
/// Keitaro have it.
const CLICK_ID: [&str; 6] = ["click_id", "subid", "clickid", "cid", "_token", "_subid"];
/// What the number of the offer may be called where it is not in the path.
const NUMBER: [&str; 2] = ["to_offer", "to"];
/// What names the campaign for visitors without a click.
const CAMPAIGN: [&str; 3] = ["c", "key", "campaign_id"];
const OFFER_ID: &str = "offer_id";
/// What makes links of other trackers a step.
const MARKS: [&str; 2] = ["_lp", "lp"];
/// How long the database may take to find a click.
const PATIENCE: Duration = Duration::from_millis(50);

/// Whether this address is a step to an offer.
pub(super) fn is_step(path: &str, raw_query: &str) -> bool {
    let marked = |mark: &str| {
        raw_query
            .split('&')
            .filter_map(|pair| pair.strip_prefix(mark)?.strip_prefix('='))
            .any(|value| !value.is_empty() && value != "0")
    };
    match path {
        "/" => marked("_lp"),
        "/click" | "/click.php" => marked("lp"),
        _ => path
            .strip_prefix("/go")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

/// Answers a step.
pub(super) async fn go(request: &HttpRequest, hot: &Hot) -> HttpResponse {
    let shared = &hot.shared;
    let arrived = click::arrived(request);
    let query = Query::parse(arrived.query);
    let ids = named_clicks(shared, &query, &arrived.headers);
    if is_browser_prefetch(&arrived.headers) {
        let known = ids.iter().find_map(|id| shared.recent.find(*id));
        let campaign_id = known.map_or(0, |known| known.click.campaign_id);
        shared.tallies.count("prefetch", campaign_id);
        return respond::no_prefetch();
    }
    let known = find(shared, &ids).await;
    let wish = Wish {
        n: number(request.path(), &query),
        offer_id: query.get(OFFER_ID).and_then(|id| id.parse().ok()),
        ..Wish::default()
    };
    let is_preview = is_preview(&arrived.headers);
    // Nobody took an offer with a HEAD or a preview: the step that counts is still to come.
    let is_taken = request.method() != Method::HEAD && !is_preview;
    let step = match &known {
        Some(known) => from_click(hot, &arrived, &query, known, wish, is_taken),
        None => no_entry(hot, &arrived, &query, ids.first().copied(), wish),
    };
    if request.method() == Method::HEAD {
        shared.tallies.count("head", step.campaign_id);
        return respond(step.reply, shared, arrived.host);
    }
    if known.is_none() {
        shared.tallies.count("no_entry", step.campaign_id);
    }
    if let (Some(known), Some(offer_id)) = (&known, step.offer_id) {
        shared.recent.fill_offer(known.click.id, offer_id);
    }
    if known.is_some() || step.offer_id.is_some() {
        let offer_click = OfferClick {
            id: shared.ids.next(arrived.at),
            at: arrived.at,
            click_id: click_of(&known, &ids),
            offer_id: step.offer_id,
            n: wish.n,
            no_entry_campaign_id: known.is_none().then_some(step.campaign_id),
            is_preview,
        };
        hot.lane.store(offer_click).await;
    }
    respond(step.reply, shared, arrived.host)
}

/// What was decided about a step.
struct Step {
    reply: Reply,
    campaign_id: u64,
    offer_id: Option<u64>,
}

/// The click that the step belongs to. An id with a valid tag is ours, even if its row is gone or
/// could not be read in time.
fn click_of(known: &Option<Known>, ids: &[Id]) -> Option<Id> {
    let found = known.as_ref().map(|known| known.click.id);
    found.or(ids.first().copied())
}

/// The ids that were made here: of the link, then of the cookie.
fn named_clicks(shared: &Shared, query: &Query<'_>, headers: &Headers<'_>) -> Vec<Id> {
    let decode = |text: &str| shared.codec.decode(text.trim()).ok();
    let link = CLICK_ID
        .iter()
        .find_map(|name| query.get(name).and_then(decode));
    let cookie = click_cookie::read(headers).find_map(decode);
    let mut ids: Vec<Id> = link.into_iter().chain(cookie).collect();
    ids.dedup();
    ids
}

/// The click of the first id that has one: what the link names counts before the cookie.
async fn find(shared: &Shared, ids: &[Id]) -> Option<Known> {
    for id in ids.iter().copied() {
        if let Some(known) = shared.recent.find(id) {
            return Some(known);
        }
        let readers = shared.readers.clone();
        let reading = web::block(move || read::click(&readers, id).ok()?);
        // Nothing is known where the database does not answer in time, not even that the cookie's
        // click is the one that is meant.
        if let Some(click) = rt::time::timeout(PATIENCE, reading).await.ok()?.ok()? {
            return Some(shared.recent.keep_read(Known::new(Arc::new(click))));
        }
    }
    None
}

fn caps(hot: &Hot, at: i64) -> Caps<'_> {
    Caps {
        counters: &*hot.shared.counts,
        at,
    }
}

/// The number in `/go/{n}`, else in the query; other things there are no number.
fn number(path: &str, query: &Query<'_>) -> Option<u32> {
    let in_path = path.strip_prefix("/go/").map(|rest| rest.trim_matches('/'));
    let in_query = NUMBER.iter().find_map(|name| query.get(name));
    let number = in_path.and_then(|text| text.parse().ok());
    number
        .or_else(|| in_query.and_then(|text| text.parse().ok()))
        .filter(|number| *number > 0)
}

/// A parameter of the step's own link, for links of offers that name it.
fn own_parameter<'q>(query: &'q Query<'_>, name: &str) -> Option<&'q str> {
    (!is_ours(name)).then(|| query.get(name))?
}

fn is_ours(name: &str) -> bool {
    let mut ours = CLICK_ID
        .iter()
        .chain(&NUMBER)
        .chain(&CAMPAIGN)
        .chain(&MARKS);
    ours.any(|own| own.eq_ignore_ascii_case(name)) || name.eq_ignore_ascii_case(OFFER_ID)
}

/// The step of a known click: its facts, and today's documents.
fn from_click(
    hot: &Hot,
    arrived: &ClickRequest<'_>,
    query: &Query<'_>,
    known: &Known,
    wish: Wish,
    is_taken: bool,
) -> Step {
    let click = known.click.as_ref();
    let catalog = hot.shared.catalog.load();
    let Some(campaign) = catalog.campaign_by_id(click.campaign_id) else {
        return nowhere(click.campaign_id);
    };
    let visitor = visitor_of(click);
    let parameters = |name: &str| {
        let kept = campaign.parameters.kept(&visitor.parameters, name);
        kept.or_else(|| own_parameter(query, name))
    };
    let dice = &mut *hot.dice.borrow_mut();
    let memory = hot.shared.visitors.known(
        click.ip,
        &click.agent.user_agent,
        click.visitor,
        arrived.at,
        dice.throw(),
    );
    let wish = Wish {
        assigned: known.offer_id,
        bound: bound_offer(campaign, click.flow_id, &memory),
        ..wish
    };
    let caps = caps(hot, arrived.at);
    let next = onward(&catalog, campaign, click.flow_id, &wish, &caps, dice);
    if let (true, Onward::Offer { offer, binds: true }) = (is_taken, next)
        && let Some(flow_id) = click.flow_id
        && campaign.document.bind == Bind::Offer
    {
        memory.take_offer(&campaign.document, flow_id, offer.document.id);
    }
    let visitor_key = memory.called(&campaign.document).key;
    let public = hot.shared.codec.encode(click.id);
    let random = dice.throw();
    let rates = hot.shared.rates.now();
    let looking = Looking(&*hot.shared.counts);
    let visit = Visit::new(&visitor, arrived.at, &parameters, &memory, &looking, dice);
    // What answers is found first, because macros ask which offer it is.
    let decision = match next {
        Onward::Campaign(next) => Some(engine::decide(&catalog, next, &visit, dice, &mut Silent)),
        _ => None,
    };
    // The visitor has seen a landing: of the other campaign he gets the offer. Its own landing
    // would lead back here.
    let (campaign, flow_id, next) = match &decision {
        Some(decision) => {
            let wish = Wish {
                assigned: decision.offer_id,
                ..Wish::default()
            };
            let (campaign, flow_id) = (decision.campaign, decision.flow_id);
            let onward = onward(&catalog, campaign, flow_id, &wish, &caps, dice);
            (campaign, flow_id, onward)
        }
        None => (campaign.as_ref(), click.flow_id, next),
    };
    let offer_id = match next {
        Onward::Offer { offer, .. } => Some(offer.document.id),
        _ => None,
    };
    let facts = Chosen {
        catalog: &catalog,
        campaign: &campaign.document,
        unique: None,
        visitor: Some(visitor_key),
        rates: &rates,
        at: click.at,
        flow_id: click.flow_id,
        landing_id: click.landing_id,
        offer_id,
    };
    let context = MacroContext {
        click_id: public.as_str(),
        at: click.at,
        campaign_id: click.campaign_id,
        campaign_name: &campaign.document.name,
        flow_id: click.flow_id,
        landing_id: click.landing_id,
        offer_id,
        traffic_source_id: click.traffic_source_id,
        visitor: &visitor,
        cost: click.cost,
        host: without_port(arrived.host),
        random,
        parameters: &parameters,
        parent: None,
        facts: &facts,
    };
    let reply = match (next, decision) {
        (Onward::Offer { offer, .. }, _) => {
            let way = way(campaign, flow_id);
            engine::send(campaign, way, &offer.template, &context, |_| {})
        }
        (_, Some(decision)) if decision.landing_id.is_none() => decision.reply(&context),
        (Onward::Fallback(template), _) => {
            engine::send(campaign, Way::default(), template, &context, |_| {})
        }
        _ => Reply::NotFound,
    };
    Step {
        reply,
        campaign_id: click.campaign_id,
        offer_id,
    }
}

/// The offer that the visitor of a flow took before, if the campaign binds offers.
fn bound_offer(
    campaign: &CompiledCampaign,
    flow_id: Option<u64>,
    memory: &impl Memory,
) -> Option<u64> {
    let document = &campaign.document;
    let choices = match document.bind {
        Bind::Offer => memory.seen(document).choices?,
        _ => return None,
    };
    choices
        .offer_id
        .filter(|_| Some(choices.flow_id) == flow_id)
}

/// A visitor whose click nobody knows: drawn like a straight click's offer, of the campaign that
/// the link names, else of the host's index campaign.
fn no_entry(
    hot: &Hot,
    arrived: &ClickRequest<'_>,
    query: &Query<'_>,
    click_id: Option<Id>,
    wish: Wish,
) -> Step {
    let catalog = hot.shared.catalog.load();
    let entry = match entry(&catalog, arrived.host, query) {
        Link::Campaign(entry) => entry,
        Link::Redirect(template) => {
            return Step {
                reply: link::fallback(hot, arrived, query, template),
                ..nowhere(0)
            };
        }
        Link::NotFound => return nowhere(0),
    };
    let mut visitor = hot.detectors.observe(arrived, query, &entry.parameters);
    visitor.parameters.others.retain(|(name, _)| !is_ours(name));
    let parameters = |name: &str| own_parameter(query, name);
    let dice = &mut *hot.dice.borrow_mut();
    let looking = Looking(&*hot.shared.counts);
    let cookie = visitor_cookie::read(&arrived.headers, &hot.shared.visitors);
    let agent = &visitor.agent.user_agent;
    let memory = (hot.shared.visitors).known(visitor.ip, agent, cookie, arrived.at, dice.throw());
    let visit = Visit::new(&visitor, arrived.at, &parameters, &memory, &looking, dice);
    let decision = engine::decide(&catalog, entry, &visit, dice, &mut Silent);
    let campaign = decision.campaign;
    let wish = Wish {
        assigned: decision.offer_id,
        ..wish
    };
    let caps = caps(hot, arrived.at);
    let offer = match onward(&catalog, campaign, decision.flow_id, &wish, &caps, dice) {
        Onward::Offer { offer, .. } => Some(offer),
        _ => None,
    };
    let public = click_id.map(|id| hot.shared.codec.encode(id));
    let offer_id = offer.map(|offer| offer.document.id);
    let rates = hot.shared.rates.now();
    let facts = Chosen {
        offer_id,
        visitor: Some(memory.called(&campaign.document).key),
        ..Chosen::of(&decision, &catalog, &rates, arrived.at)
    };
    let context = MacroContext {
        click_id: public.as_ref().map_or("", |id| id.as_str()),
        at: arrived.at,
        campaign_id: campaign.document.id,
        campaign_name: &campaign.document.name,
        flow_id: decision.flow_id,
        landing_id: None,
        offer_id,
        traffic_source_id: campaign.document.traffic_source_id,
        visitor: &visitor,
        cost: None,
        host: without_port(arrived.host),
        random: dice.throw(),
        parameters: &parameters,
        parent: None,
        facts: &facts,
    };
    Step {
        reply: match offer {
            Some(offer) => {
                let way = way(campaign, decision.flow_id);
                engine::send(campaign, way, &offer.template, &context, |_| {})
            }
            None => decision.reply(&context),
        },
        campaign_id: campaign.document.id,
        offer_id,
    }
}

/// Where a visitor enters whose click nobody knows: the campaign that the link names, else what
/// the host has for unknown links.
fn entry<'c>(catalog: &'c Catalog, host: &str, query: &Query<'_>) -> Link<'c> {
    let named = CAMPAIGN.iter().find_map(|name| {
        let name = query.get(name)?;
        campaign_named(catalog, host, name)
    });
    named.map_or_else(|| catalog.unknown_link(host), Link::Campaign)
}

fn nowhere(campaign_id: u64) -> Step {
    Step {
        reply: Reply::NotFound,
        campaign_id,
        offer_id: None,
    }
}

/// How visitors of a flow are sent on.
fn way(campaign: &CompiledCampaign, flow_id: Option<u64>) -> Way {
    let mut flows = campaign.document.flows.iter();
    let flow = flows.find(|flow| Some(flow.id) == flow_id);
    flow.map_or(Way::default(), |flow| flow.target.way())
}

/// The facts of a click as macros and filters ask for them.
fn visitor_of(click: &Click) -> Visitor {
    Visitor {
        ip: click.ip,
        place: Arc::clone(&click.place),
        agent: Arc::clone(&click.agent),
        language: click.language,
        referrer: click.referrer.clone(),
        bot: None,
        parameters: click.parameters.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_told_from_clicks() {
        for (path, query) in [
            ("/go", ""),
            ("/go/", ""),
            ("/go/2", "x=1"),
            ("/go/anything/else", ""),
            ("/", "_lp=1"),
            ("/", "a=b&_lp=1&_token=x"),
            ("/click", "lp=1"),
            ("/click.php", "lp=1&to_offer=2"),
        ] {
            assert!(is_step(path, query), "{path}?{query}");
        }
        for (path, query) in [
            ("/", ""),
            ("/", "lp=1"),
            ("/", "_lp=0"),
            ("/", "x_lp=1"),
            ("/gone", ""),
            ("/go-now", "lp=1"),
            ("/click", "campaign_id=1&slp=1"),
            ("/click.php", "key=push"),
            ("/push", "_lp=1"),
        ] {
            assert!(!is_step(path, query), "{path}?{query}");
        }
    }

    #[test]
    fn the_number_is_in_the_path_or_in_the_query() {
        for (path, query, expected) in [
            ("/go", "", None),
            ("/go/2", "", Some(2)),
            ("/go/2/", "to=3", Some(2)),
            ("/go/x", "to=3", Some(3)),
            ("/click", "lp=1&to_offer=4", Some(4)),
            ("/go/0", "", None),
            ("/go/-1", "to=https://x/", None),
            ("/go/99999999999", "", None),
        ] {
            assert_eq!(
                number(path, &Query::parse(query)),
                expected,
                "{path}?{query}"
            );
        }
    }
}
