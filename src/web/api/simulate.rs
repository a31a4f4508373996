//! `POST /simulate`: what would happen to a made-up visitor.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::body::Document;
use super::{Endpoint, openapi};
use crate::clock;
use crate::engine::counters::Looking;
use crate::simulator::{Question, Surroundings, simulate};
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint {
        path: "/simulate".to_owned(),
        method: Method::POST,
        body_max: BODY_MAX,
        operation: json!({
            "tags": ["facts"],
            "operationId": "simulate",
            "summary": "Decides about a made-up visitor and tells every step; stores nothing and \
                uses no limit up",
            "requestBody": { "required": true, "content": { "application/json": {
                "schema": question_schema(),
                "example": { "link": "us-push?zone=7", "ip": "203.0.113.9",
                    "user_agent": "Mozilla/5.0 (Linux; Android 14; SM-S918B) Chrome/126.0 Mobile",
                    "facts": { "country": "DE" }, "draws": 1000 } } } },
            "responses": openapi::responses("200", openapi::reference("Outcome"),
                &["400", "401", "403", "413", "415", "422"]),
        }),
        route: || web::post().to(answer),
    }]
}

fn question_schema() -> Value {
    let text = |help: &str| json!({ "type": "string", "description": help });
    json!({ "type": "object", "properties": {
        "campaign_id": { "type": "integer" },
        "link": text("An alias, or a whole campaign link; instead of campaign_id"),
        "query": text("The link's query, if it is not part of link"),
        "ip": text("Address of the visitor"),
        "user_agent": text("User-Agent"),
        "accept_language": text("Accept-Language"),
        "referrer": text("Referer"),
        "x_requested_with": text("X-Requested-With"),
        "headers": { "type": "object", "additionalProperties": { "type": "string" } },
        "at": { "description": "Time of the visit: RFC 3339, or milliseconds since 1970; now if left out" },
        "facts": { "type": "object", "description": "Facts that count instead of what detection \
            finds: country, region, city, isp, asn, connection_type, proxy, device_type, brand, \
            model, os, os_version, browser, browser_version, in_app, language, bot; \"unknown\" \
            takes one away" },
        "seen": { "type": "object", "description": "The visitor's past: in_campaign, anywhere, \
            flow_ids, choices {flow_id, landing_id, offer_id}" },
        "seed": { "type": "integer", "description": "The same seed gives the same draws" },
        "draws": { "type": "integer", "minimum": 1, "maximum": 100_000,
            "description": "How often to decide; shares counts all, steps tell the last" } } })
}

async fn answer(
    shared: web::Data<Arc<Shared>>,
    Document(document): Document,
) -> Result<HttpResponse, ApiError> {
    let question = Question::read(&document).map_err(ApiError::Invalid)?;
    let shared = Arc::clone(&shared);
    let outcome = web::block(move || {
        let surroundings = Surroundings {
            catalog: &shared.catalog.load(),
            rules: &shared.rules,
            fingerprint_key: &shared.fingerprint_key,
            counters: &Looking(&*shared.counts),
            rates: &shared.rates.now(),
            now_ms: clock::now_ms(),
        };
        simulate(&question, &surroundings)
    });
    let outcome = outcome.await?.map_err(ApiError::Invalid)?;
    Ok(HttpResponse::Ok().json(outcome))
}
