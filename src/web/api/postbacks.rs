//! The raw log of postbacks: `GET /postbacks`, `GET /postbacks/{id}`, and the words in it that
//! nobody has mapped, `GET /postbacks/unmapped`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::body::Document;
use super::log_files::{self, tables};
use super::log_query;
use super::{Endpoint, openapi};
use crate::domain::form::quoted;
use crate::store::postbacks::{log, unmapped};
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/postbacks".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["postbacks"],
                "operationId": "list_postbacks",
                "summary": "Every postback that came in, whatever became of it, newest first",
                "parameters": log_query::describe_all(&log::FIELDS),
                "responses": openapi::responses("200",
                    log_query::describe_page(openapi::reference("Postback")),
                    &["401", "403", "422", "503"]),
            }),
            route: || web::get().to(list),
            body_max: BODY_MAX,
        },
        log_files::endpoint(&tables::POSTBACKS, "postbacks", &log::FIELDS, || {
            web::post().to(export)
        }),
        Endpoint {
            path: "/postbacks/unmapped".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["postbacks"],
                "operationId": "unmapped_words",
                "summary": "Words for statuses and events that nobody has mapped, by network; \
                    the latest 500",
                "responses": openapi::responses("200", json!({ "type": "object",
                    "properties": { "items": { "type": "array",
                        "items": openapi::reference("UnmappedWord") } } }),
                    &["401", "403", "503"]),
            }),
            route: || web::get().to(list_unmapped),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/postbacks/{id}".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["postbacks"],
                "operationId": "read_postback",
                "summary": "One postback, as it came in and what became of it",
                "parameters": [log_query::describe_path_id()],
                "responses": openapi::responses("200", openapi::reference("Postback"),
                    &["401", "403", "404", "422", "503"]),
            }),
            route: || web::get().to(read),
            body_max: BODY_MAX,
        },
    ]
}

async fn list(
    shared: web::Data<Arc<Shared>>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    log_query::page(&shared, &request, &log::FIELDS, log::list).await
}

async fn export(
    shared: web::Data<Arc<Shared>>,
    request: HttpRequest,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    let (query, table) = (request.query_string(), &tables::POSTBACKS);
    log_files::export(&shared, table, query, &body, &log::FIELDS, log::list)
}

async fn list_unmapped(shared: web::Data<Arc<Shared>>) -> Result<HttpResponse, ApiError> {
    let readers = shared.readers.clone();
    let items = web::block(move || unmapped::words(&readers)).await??;
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": null })))
}

async fn read(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let wanted = log_query::path_id(&id, &shared.codec)?;
    let (readers, codec) = (shared.readers.clone(), shared.codec.clone());
    let found = web::block(move || log::find(&readers, &codec, wanted)).await??;
    let postback = found.ok_or_else(|| {
        ApiError::NotFound(format!(
            "There is no postback {}: old ones are dropped.",
            quoted(&id)
        ))
    })?;
    Ok(HttpResponse::Ok().json(postback))
}
