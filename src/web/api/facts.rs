//! What the program knows: `GET /options` (its registries), `GET /tallies` (what is only
//! counted) and `GET /set-aside` (what could not be stored).

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Endpoint, openapi};
use crate::editor::Editor;
use crate::engine;
use crate::report::own::{self, OwnOptions};
use crate::rules;
use crate::store::{set_aside, tallies};
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/options".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["facts"],
                "operationId": "options",
                "summary": "Filters, redirect kinds, macros, metrics, dimensions, and what rules can ask \
                    for and do; with label, help and example",
                "responses": openapi::responses("200", openapi::reference("Options"), &["401", "403"]),
            }),
            route: || web::get().to(options),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/tallies".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["facts"],
                "operationId": "tallies",
                "summary": "What was only counted in the last 31 days, by UTC day: HEAD requests, \
                    browser prefetches, unknown links, macros that arrived as they were",
                "responses": openapi::responses("200", json!({ "type": "object",
                    "properties": { "items": { "type": "array", "items": openapi::reference("Tally") } } }),
                    &["401", "403", "503"]),
            }),
            route: || web::get().to(list_tallies),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/set-aside".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["facts"],
                "operationId": "set_aside",
                "summary": "The latest 200 records that could not be stored for a reason of their own",
                "responses": openapi::responses("200", json!({ "type": "object",
                    "properties": { "items": { "type": "array", "items": openapi::reference("SetAside") } } }),
                    &["401", "403", "503"]),
            }),
            route: || web::get().to(list_set_aside),
            body_max: BODY_MAX,
        },
    ]
}

/// Everything that can be chosen, in campaigns, rules and reports.
#[derive(Serialize, ToSchema)]
pub(super) struct Options {
    #[serde(flatten)]
    engine: engine::Options,
    #[serde(flatten)]
    rules: rules::Options,
    #[serde(flatten)]
    own: OwnOptions,
}

async fn options(editor: web::Data<Editor>) -> HttpResponse {
    HttpResponse::Ok().json(Options {
        engine: engine::options(),
        rules: rules::options(),
        own: own::options(&editor.documents()),
    })
}

async fn list_set_aside(shared: web::Data<Arc<Shared>>) -> Result<HttpResponse, ApiError> {
    let readers = shared.readers.clone();
    let items = web::block(move || set_aside::list(&readers)).await??;
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": null })))
}

async fn list_tallies(shared: web::Data<Arc<Shared>>) -> Result<HttpResponse, ApiError> {
    let readers = shared.readers.clone();
    let items = web::block(move || tallies::list(&readers)).await??;
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": null })))
}
