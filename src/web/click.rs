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
use crate::clock;
use crate::detect::bot::is_browser_prefetch;
use crate::detect::params::Query;
use crate::detect::request::{ClickRequest, Headers};
use crate::domain::click::Click;
use crate::engine::catalog::{Catalog, CompiledCampaign};
use crate::engine::{self, NoTrace};
use crate::macros::MacroContext;

/// Answers a visit to a campaign link.
pub async fn click(request: HttpRequest) -> HttpResponse {
    let Some(hot) = request.app_data::<Rc<Hot>>() else { return respond::not_found() };
    let shared = &hot.shared;
    let is_head = request.method() == Method::HEAD;
    if !is_head && request.method() != Method::GET && request.method() != Method::POST {
        return respond::method_not_allowed();
    }
    let arrived = arrived(&request);
    let query = Query::parse(arrived.query);
    let catalog = shared.catalog.load();
    let Some(campaign) = campaign(&catalog, arrived.host, request.path(), &query) else {
        shared.tallies.count("unknown_link", 0);
        return respond::not_found();
    };
    if is_browser_prefetch(&arrived.headers) {
        shared.tallies.count("prefetch", campaign.id);
        return respond::no_prefetch();
    }

    let visitor = hot.detectors.observe(&arrived, &query, &campaign.parameters);
    let dice = &mut *hot.dice.borrow_mut();
    let decision = engine::decide(&catalog, campaign, &visitor, dice, &mut NoTrace);
    let cost = engine::cost::of_click(&campaign.cost, &visitor.parameters);
    if is_head {
        shared.tallies.count("head", campaign.id);
        return respond(decision.reply(&MacroContext::without_click(&visitor)));
    }
    let id = shared.ids.next(arrived.at);
    let click_id = shared.codec.encode(id);
    let reply = decision.reply(&MacroContext { click_id: click_id.as_str() });
    let click = Click::record(id, arrived.at, visitor, &decision, cost);
    drop(catalog);

    hot.lane.store(click).await;
    respond(reply)
}
