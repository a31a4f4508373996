//! The click path: a campaign link becomes a stored click and a redirect.
//!
//! Everything that is not a fixed address of ours arrives here. No SQL, no `Result`: whatever is
//! missing or broken, the visitor is sent on, or told that there is nothing here.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse};

use super::recent::Known;
use super::respond::{self, respond};
use super::state::{Hot, Shared};
use super::{click_cookie, go};
use crate::clock;
use crate::detect::bot::is_browser_prefetch;
use crate::detect::params::{ParameterMap, Query, unexpanded};
use crate::detect::request::{ClickRequest, Headers};
use crate::domain::check;
use crate::domain::click::{Click, ClickCost};
use crate::domain::id::Id;
use crate::domain::tracking_domain::without_port;
use crate::domain::visitor::Parameters;
use crate::engine::counters::Looking;
use crate::engine::trace::Silent;
use crate::engine::visit::{Counters, Forgetful, Visit};
use crate::engine::{self, Catalog, Chosen, CompiledCampaign, Link, Reply, budget};
use crate::macros::{MacroContext, Parent, Template};

/// What names the campaign on `/click`; `key` is what other trackers call it.
const CAMPAIGN_ID: [&str; 2] = ["campaign_id", "key"];

/// Answers a visit to a campaign link.
pub(super) async fn click(request: HttpRequest) -> HttpResponse {
    let Some(hot) = request.app_data::<Rc<Hot>>() else {
        return respond::not_found();
    };
    let method = request.method();
    if ![Method::GET, Method::HEAD, Method::POST].contains(method) {
        return respond::method_not_allowed();
    }
    if go::is_step(request.path(), request.query_string()) {
        return go::go(&request, hot).await;
    }
    let shared = &hot.shared;
    let arrived = arrived(&request);
    let query = Query::parse(arrived.query);
    let catalog = shared.catalog.load();
    let campaign = match link(&catalog, arrived.host, request.path(), &query) {
        Link::Campaign(campaign) => campaign,
        Link::Redirect(template) => {
            shared.tallies.count("unknown_link", 0);
            let reply = fallback(hot, &arrived, &query, template);
            return respond(reply, shared, arrived.host);
        }
        Link::NotFound => {
            shared.tallies.count("unknown_link", 0);
            return respond::not_found();
        }
    };
    let campaign_id = campaign.document.id;
    if is_browser_prefetch(&arrived.headers) {
        shared.tallies.count("prefetch", campaign_id);
        return respond::no_prefetch();
    }

    let mut visitor = hot
        .detectors
        .observe(&arrived, &query, &campaign.parameters);
    if is_click_path(request.path()) {
        // Part of the address, not of the visit.
        let others = &mut visitor.parameters.others;
        others.retain(|(name, _)| !CAMPAIGN_ID.contains(&name.as_str()));
    }
    let is_head = method == Method::HEAD;
    let (decision, random) = {
        let dice = &mut *hot.dice.borrow_mut();
        let parameters = |name: &str| query.get(name);
        let looking = Looking(&*shared.counts);
        let counters: &dyn Counters = if is_head { &looking } else { &*shared.counts };
        let visit = Visit::new(
            &visitor,
            arrived.at,
            &parameters,
            &Forgetful,
            counters,
            dice,
        );
        let decision = engine::decide(&catalog, campaign, &visit, dice, &mut Silent);
        (decision, dice.throw())
    };
    let document = &decision.campaign.document;
    let paying = decision.paying_campaign();
    let cost = engine::cost::at_click(&paying.cost, &visitor.parameters);
    let next_id = || (!is_head).then(|| shared.ids.next(arrived.at));
    // Of the campaigns that sent the visitor on: earlier ids than that of the last.
    let parents: Vec<Id> = decision.passages.iter().filter_map(|_| next_id()).collect();
    let id = next_id();
    let click_id = id.map(|id| shared.codec.encode(id));
    let parent_click_id = parents.last().map(|id| shared.codec.encode(*id));
    let reply = decision.reply(&MacroContext {
        click_id: click_id.as_ref().map_or("", |id| id.as_str()),
        at: arrived.at,
        campaign_id: document.id,
        campaign_name: &document.name,
        flow_id: decision.flow_id,
        landing_id: decision.landing_id,
        offer_id: decision.offer_id,
        traffic_source_id: document.traffic_source_id,
        parent: decision.passages.last().map(|passage| Parent {
            campaign_id: passage.campaign.document.id,
            click_id: parent_click_id.as_ref().map_or("", |id| id.as_str()),
        }),
        visitor: &visitor,
        cost,
        host: without_port(arrived.host),
        random,
        parameters: &|name| query.get(name),
        facts: &Chosen::of(&decision, &catalog, &shared.rates.now(), arrived.at),
    });
    let landing = decision.landing_id.and_then(|id| catalog.landing(id));
    let reply = match landing {
        Some(landing) if landing.document.pass_query => {
            let is_ours = |name| is_click_path(request.path()) && CAMPAIGN_ID.contains(&name);
            engine::pass_query(reply, query.iter().filter(|(name, _)| !is_ours(*name)))
        }
        _ => reply,
    };
    let Some(id) = id else {
        shared.tallies.count("head", campaign_id);
        return respond(reply, shared, arrived.host);
    };
    spend(shared, paying, cost, arrived.at);
    count_unexpanded(shared, &visitor.parameters, campaign_id);
    let click = Click {
        id,
        at: arrived.at,
        campaign_id: document.id,
        flow_id: decision.flow_id,
        landing_id: decision.landing_id,
        offer_id: decision.offer_id,
        traffic_source_id: document.traffic_source_id,
        domain_id: catalog.domain(arrived.host).map(|domain| domain.id),
        ip: visitor.ip,
        agent: visitor.agent,
        place: visitor.place,
        language: visitor.language,
        referrer: visitor.referrer,
        bot_reason: visitor.bot.map(|bot| bot.reason),
        parameters: visitor.parameters,
        cost,
        parent_id: None,
    };
    let shows_landing = click.landing_id.is_some();
    let clicks = decision.clicks(&parents, click);
    drop(catalog);
    if shows_landing && let Some(last) = clicks.last() {
        shared.recent.keep(Known::new(Arc::clone(last)));
    }
    hot.lane.store_all(clicks).await;
    let mut response = respond(reply, shared, arrived.host);
    if let (true, Some(click_id)) = (shows_landing, &click_id) {
        click_cookie::set(&mut response, click_id.as_str());
    }
    response
}

/// Counts what a click cost towards its campaign's budget.
fn spend(shared: &Shared, campaign: &CompiledCampaign, cost: Option<ClickCost>, at: i64) {
    let Some(cost) = cost else { return };
    let (document, zone) = (&campaign.document, campaign.zone);
    if !budget::spend(
        &shared.counts,
        &shared.rates.now(),
        document,
        zone,
        cost,
        at,
    ) {
        shared.tallies.count("cost_without_rate", document.id);
    }
}

/// Counts the parameters that arrived as literal macros: the campaign warns of them.
fn count_unexpanded(shared: &Shared, parameters: &Parameters, campaign_id: u64) {
    let mut found = unexpanded::unexpanded(parameters).peekable();
    if found.peek().is_some() {
        let counted = std::iter::once(unexpanded::TALLY).chain(found);
        shared.tallies.count_each(counted, campaign_id);
    }
}

/// The request as plain data.
pub(super) fn arrived(request: &HttpRequest) -> ClickRequest<'_> {
    let head = request.head();
    let headers = Headers::new(
        head.headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes())),
    );
    let host = head
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    ClickRequest {
        at: clock::now_ms(),
        peer: head
            .peer_addr
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip()),
        host: host.or_else(|| request.uri().host()).unwrap_or_default(),
        query: request.query_string(),
        headers,
    }
}

/// What answers a link: the campaign of the path's alias or of `/click?campaign_id=`, the index
/// campaign of the host, or what the host has for unknown links.
fn link<'c>(catalog: &'c Catalog, host: &str, path: &str, query: &Query<'_>) -> Link<'c> {
    let alias = path.strip_prefix('/').unwrap_or(path);
    let alias = alias.strip_suffix('/').unwrap_or(alias);
    if is_click_path(path) {
        let name = CAMPAIGN_ID.iter().find_map(|name| query.get(name));
        let found = name.and_then(|name| campaign_named(catalog, host, name));
        return found.map_or_else(|| catalog.unknown_link(host), Link::Campaign);
    }
    if alias.contains('.') {
        return Link::NotFound; // A file that somebody looks for: favicon.ico, .well-known, ...
    }
    let first = alias.split('/').next().unwrap_or_default();
    if first != "click" && check::RESERVED.contains(&first) {
        return Link::NotFound; // Ours, though nothing answers there: a lost postback is no visitor.
    }
    let found = match alias {
        "" => catalog.index_campaign(host),
        _ => catalog.campaign(host, alias),
    };
    found.map_or_else(|| catalog.unknown_link(host), Link::Campaign)
}

/// Where a domain sends those who come by an unknown link. They are no clicks of a campaign.
fn fallback(
    hot: &Hot,
    arrived: &ClickRequest<'_>,
    query: &Query<'_>,
    template: &Template,
) -> Reply {
    let visitor = hot
        .detectors
        .observe(arrived, query, &ParameterMap::default_names());
    let mut location = String::new();
    let context = MacroContext {
        click_id: "",
        at: arrived.at,
        campaign_id: 0,
        campaign_name: "",
        flow_id: None,
        landing_id: None,
        offer_id: None,
        traffic_source_id: None,
        visitor: &visitor,
        cost: None,
        host: without_port(arrived.host),
        random: hot.dice.borrow_mut().throw(),
        parameters: &|name| query.get(name),
        parent: None,
        facts: &(),
    };
    template.expand(&context, &mut location);
    Reply::Redirect {
        status: 302,
        location,
    }
}

/// The address that names its campaign in the query; the second spelling is other trackers'.
fn is_click_path(path: &str) -> bool {
    matches!(path, "/click" | "/click/" | "/click.php")
}

/// The campaign of this id or alias.
pub(super) fn campaign_named<'c>(
    catalog: &'c Catalog,
    host: &str,
    name: &str,
) -> Option<&'c Arc<CompiledCampaign>> {
    match name.parse() {
        Ok(id) => catalog.campaign_by_id(id),
        Err(_) => catalog.campaign(host, name),
    }
}
