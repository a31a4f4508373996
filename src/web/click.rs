//! The click path: a campaign link becomes a stored click and a redirect.
//!
//! Everything that is not a fixed address of ours arrives here. No SQL, no `Result`: whatever is
//! missing or broken, the visitor is sent on, or told that there is nothing here.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse};

use super::recent;
use super::respond::{self, respond};
use super::state::{Hot, Shared};
use super::{click_cookie, go, postback, visitor_cookie};
use crate::clock;
use crate::detect::bot::is_browser_prefetch;
use crate::detect::params::{self, Query, unexpanded};
use crate::detect::request::{ClickRequest, Headers};
use crate::domain::click::{Click, ClickCost};
use crate::domain::id::Id;
use crate::domain::tracking_domain::without_port;
use crate::domain::visitor::{Parameters, Visitor};
use crate::engine::counters::Looking;
use crate::engine::link::{is_of_address, link};
use crate::engine::memory::Known;
use crate::engine::trace::Silent;
use crate::engine::visit::{Counters, Visit};
use crate::engine::{self, Catalog, Chosen, CompiledCampaign, Decision, Link, Marks, budget};
use crate::macros::{MacroContext, Parent};

/// Answers a visit to a campaign link.
pub(super) async fn click(request: HttpRequest) -> HttpResponse {
    let Some(hot) = request.app_data::<Rc<Hot>>() else {
        return respond::not_found();
    };
    let method = request.method();
    if ![Method::GET, Method::HEAD, Method::POST].contains(method) {
        return respond::method_not_allowed();
    }
    if postback::is_postback(request.path(), request.query_string()) {
        return postback::from_link(&request, &hot.shared).await;
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
            let reply = super::link::fallback(hot, &arrived, &query, template);
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
    let is_of_address =
        |name: &str| is_of_address(request.path(), name) || name.eq_ignore_ascii_case(params::TEST);
    let visitor = observe(hot, &arrived, &query, campaign, is_of_address);
    let is_head = method == Method::HEAD;
    let is_test = params::is_test(&query);
    // Nobody was here yet with a HEAD or a preview: the visit that counts is still to come. A test is
    // nobody's.
    let is_visit = !is_head && !visitor.is_preview() && !is_test;
    let cookie = visitor_cookie::read(&arrived.headers, &shared.visitors);
    let stranger = hot.dice.borrow_mut().throw();
    let agent = &visitor.agent.user_agent;
    let known = (shared.visitors).known(visitor.ip, agent, cookie, arrived.at, stranger);

    let decision = decide(
        hot, &catalog, campaign, &arrived, &query, &visitor, &known, is_visit,
    );
    let marks = match is_visit {
        true => decision.remember(&known),
        false => Marks::default(),
    };
    let paying = decision.paying_campaign();
    let is_unique = marks.paying().unique.in_campaign;
    let cost = engine::cost::at_click(&paying.cost, &visitor.parameters, is_unique);
    let next_id = || (!is_head).then(|| shared.ids.next(arrived.at));
    // Of the campaigns that sent the visitor on: earlier ids than that of the last.
    let parents: Vec<Id> = decision.passages.iter().filter_map(|_| next_id()).collect();
    let id = next_id();
    let click_id = id.map(|id| shared.codec.encode(id));
    let reply = {
        let document = &decision.campaign.document;
        let parent_click_id = parents.last().map(|id| shared.codec.encode(*id));
        let random = hot.dice.borrow_mut().throw();
        let rates = shared.rates.now();
        let facts = Chosen {
            unique: Some(marks.last.unique),
            visitor: Some(known.called(document).key),
            ..Chosen::of(&decision, &catalog, &rates, arrived.at)
        };
        let context = MacroContext {
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
            parent: decision.passages.last().map(|passage| Parent {
                campaign_id: passage.campaign.document.id,
                click_id: parent_click_id.as_ref().map_or("", |id| id.as_str()),
            }),
            facts: &facts,
        };
        decision.reply_with(&context, |location| {
            let landing = decision.landing_id.and_then(|id| catalog.landing(id));
            if landing.is_some_and(|landing| landing.document.pass_query) {
                let own = query.iter().filter(|(name, _)| !is_of_address(name));
                engine::pass_query(location, own);
            }
        })
    };
    let Some(id) = id else {
        shared.tallies.count("head", campaign_id);
        return respond(reply, shared, arrived.host);
    };
    let is_https = (shared.rules.proxies).is_https(arrived.peer, &arrived.headers);
    // Sent again with each click that is unique somewhere, so that it outlives every window.
    let visitor_cookie = known
        .identity()
        .filter(|_| is_visit && (cookie.is_none() || marks.any_unique()))
        .and_then(|key| {
            let hours = catalog.longest_hours();
            visitor_cookie::write(&shared.visitors, key, hours, is_https)
        });
    let cost = cost.filter(|_| !is_test);
    spend(shared, paying, cost, arrived.at);
    if !is_test {
        count_unexpanded(shared, &visitor.parameters, campaign_id);
    }
    let document = &decision.campaign.document;
    let mark = marks.last;
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
        visitor: mark.visitor,
        is_unique_campaign: mark.unique.in_campaign,
        is_unique_flow: mark.unique.in_flow,
        is_unique_global: mark.unique.anywhere,
        is_test,
    };
    let clicks = decision.clicks(&parents, &marks, click);
    drop(catalog);
    let on_landing = clicks.last().filter(|click| click.landing_id.is_some());
    let on_landing = on_landing.map(Arc::clone);
    if let Some(click) = &on_landing {
        shared.recent.keep(recent::Known::new(Arc::clone(click)));
    }
    hot.lane.store_all(clicks).await;
    let click_cookie = (on_landing.as_ref().and(click_id.as_ref()))
        .and_then(|click_id| click_cookie::write(click_id.as_str(), is_https));
    let mut response = respond(reply, shared, arrived.host);
    for cookie in visitor_cookie.into_iter().chain(click_cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Everything that the request tells about who clicked.
fn observe(
    hot: &Hot,
    arrived: &ClickRequest<'_>,
    query: &Query<'_>,
    campaign: &CompiledCampaign,
    is_of_address: impl Fn(&str) -> bool,
) -> Visitor {
    let mut visitor = (hot.detectors).observe(arrived, query, &campaign.parameters);
    let others = &mut visitor.parameters.others;
    others.retain(|(name, _)| !is_of_address(name));
    visitor
}

/// Decides; where the visit itself is still to come nothing is used up.
#[allow(clippy::too_many_arguments)] // All that a decision goes by, asked for once.
fn decide<'c>(
    hot: &Hot,
    catalog: &'c Catalog,
    campaign: &'c CompiledCampaign,
    arrived: &ClickRequest<'_>,
    query: &Query<'_>,
    visitor: &Visitor,
    known: &Known<'_>,
    is_visit: bool,
) -> Decision<'c> {
    let dice = &mut *hot.dice.borrow_mut();
    let parameters = |name: &str| query.get(name);
    let counts = &*hot.shared.counts;
    let looking = Looking(counts);
    let counters: &dyn Counters = if is_visit { counts } else { &looking };
    let visit = Visit::new(visitor, arrived.at, &parameters, known, counters, dice);
    engine::decide(catalog, campaign, &visit, dice, &mut Silent)
}

/// Counts what a click cost towards its campaign's budget.
fn spend(shared: &Shared, campaign: &CompiledCampaign, cost: Option<ClickCost>, at: i64) {
    let Some(cost) = cost else { return };
    let (document, zone) = (&campaign.document, campaign.zone);
    let rates = shared.rates.now();
    if !budget::spend(&shared.counts, &rates, document, zone, cost, at) {
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
