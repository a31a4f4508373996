//! The click path: a campaign link becomes a stored click and a redirect.
//!
//! Everything that is not a fixed address of ours arrives here. No SQL, no `Result`: whatever is
//! missing or broken, the visitor is sent on, or told that there is nothing here.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse};

use super::respond::{self, respond};
use super::state::Hot;
use super::visitor_cookie;
use crate::clock;
use crate::detect::bot::is_browser_prefetch;
use crate::detect::params::Query;
use crate::detect::request::{ClickRequest, Headers};
use crate::domain::check;
use crate::domain::click::Click;
use crate::domain::tracking_domain::without_port;
use crate::domain::visitor::BotReason;
use crate::engine::trace::Silent;
use crate::engine::visit::{Uncounted, Unique, Visit};
use crate::engine::{self, Catalog, CompiledCampaign};
use crate::macros::MacroContext;

/// Names the campaign on `/click`.
const CAMPAIGN_ID: &str = "campaign_id";

/// Answers a visit to a campaign link.
pub(super) async fn click(request: HttpRequest) -> HttpResponse {
    let Some(hot) = request.app_data::<Rc<Hot>>() else {
        return respond::not_found();
    };
    let method = request.method();
    if ![Method::GET, Method::HEAD, Method::POST].contains(method) {
        return respond::method_not_allowed();
    }
    let shared = &hot.shared;
    let arrived = arrived(&request);
    let query = Query::parse(arrived.query);
    let catalog = shared.catalog.load();
    let Some(campaign) = campaign(&catalog, arrived.host, request.path(), &query) else {
        shared.tallies.count("unknown_link", 0);
        return respond::not_found();
    };
    let campaign_id = campaign.document.id;
    if is_browser_prefetch(&arrived.headers) {
        shared.tallies.count("prefetch", campaign_id);
        return respond::no_prefetch();
    }

    let mut visitor = hot
        .detectors
        .observe(&arrived, &query, &campaign.parameters);
    if request.path() == "/click" {
        // Part of the address, not of the visit.
        visitor
            .parameters
            .others
            .retain(|(name, _)| name != CAMPAIGN_ID);
    }
    let cookie = visitor_cookie::read(&arrived.headers, &shared.visitors);
    let (decision, known, random) = {
        let dice = &mut *hot.dice.borrow_mut();
        let user_agent = &visitor.agent.user_agent;
        let stranger = dice.throw();
        let known = shared
            .visitors
            .known(visitor.ip, user_agent, cookie, arrived.at, stranger);
        let parameters = |name: &str| query.get(name);
        let visit = Visit::new(&visitor, arrived.at, &parameters, &known, &Uncounted, dice);
        let decision = engine::decide(&catalog, campaign, &visit, dice, &mut Silent);
        (decision, known, dice.throw())
    };
    let document = &decision.campaign.document;
    let is_head = method == Method::HEAD;
    let is_preview = visitor
        .bot
        .as_ref()
        .is_some_and(|bot| bot.reason == BotReason::Prefetch);
    let unique = if is_head || is_preview {
        // Nobody was here yet: the visit that counts is still to come.
        Unique::default()
    } else {
        known.remember(document, decision.flow_id, decision.choices())
    };
    let called = known.called(document);
    let wants_cookie = cookie.is_none() && document.uniqueness.cookies && !(is_head || is_preview);
    let set_cookie = wants_cookie
        .then(|| visitor_cookie::write(&shared.visitors, called.key, catalog.longest_hours()))
        .flatten();
    let cost = engine::cost::at_click(&document.cost, &visitor.parameters, unique.in_campaign);
    let id = (!is_head).then(|| shared.ids.next(arrived.at));
    let click_id = id.map(|id| shared.codec.encode(id));
    let reply = decision.reply(&MacroContext {
        click_id: click_id.as_ref().map_or("", |id| id.as_str()),
        at: arrived.at,
        campaign_id: document.id,
        campaign_name: &document.name,
        flow_id: decision.flow_id,
        landing_id: decision.landing_id,
        offer_id: decision.offer_id,
        traffic_source_id: document.traffic_source_id,
        visitor: &visitor,
        cost,
        host: without_port(arrived.host),
        random,
        parameters: &|name| query.get(name),
    });
    let Some(id) = id else {
        shared.tallies.count("head", campaign_id);
        return respond(reply);
    };
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
        visitor: called.by_cookie.then_some(called.key),
        is_unique_campaign: unique.in_campaign,
        is_unique_flow: unique.in_flow,
        is_unique_global: unique.anywhere,
    };
    drop(catalog);

    hot.lane.store(click).await;
    let mut response = respond(reply);
    if let Some(cookie) = set_cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// The request as plain data.
fn arrived(request: &HttpRequest) -> ClickRequest<'_> {
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

/// The campaign of a link: by the path's alias, or by `/click?campaign_id=`; else the index
/// campaign of the host.
fn campaign<'c>(
    catalog: &'c Catalog,
    host: &str,
    path: &str,
    query: &Query<'_>,
) -> Option<&'c Arc<CompiledCampaign>> {
    let alias = path.strip_prefix('/').unwrap_or(path);
    let alias = alias.strip_suffix('/').unwrap_or(alias);
    if alias.contains('.') {
        return None; // A file that somebody looks for: favicon.ico, .well-known, ...
    }
    let first = alias.split('/').next().unwrap_or_default();
    if first != "click" && check::RESERVED.contains(&first) {
        return None; // Ours, though nothing answers there: a lost postback is no visitor.
    }
    let found = if alias == "click" {
        let name = query.get(CAMPAIGN_ID).unwrap_or_default();
        match name.parse() {
            Ok(id) => catalog.campaign_by_id(id),
            Err(_) => catalog.campaign(host, name),
        }
    } else {
        catalog.campaign(host, alias)
    };
    found.or_else(|| catalog.index_campaign(host))
}
