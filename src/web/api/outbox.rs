//! What traffic sources and channels are told: `GET /outbox`, `GET /outbox/{id}`, `POST /outbox/{id}/resend`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::body::Document;
use super::log_files::{self, tables};
use super::log_query;
use super::{Endpoint, openapi};
use crate::clock;
use crate::domain::form::quoted;
use crate::domain::id::Id;
use crate::store::outbox::log;
use crate::store::outbox::work::{self, Resent};
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/outbox".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["outbox"],
                "operationId": "list_outgoing_calls",
                "summary": "What traffic sources are told of conversions, and channels of what rules \
                    found, skipped ones included, newest first",
                "parameters": log_query::describe_all(&log::FIELDS),
                "responses": openapi::responses("200",
                    log_query::describe_page(openapi::reference("OutgoingCall")),
                    &["401", "403", "422", "503"]),
            }),
            route: || web::get().to(list),
            body_max: BODY_MAX,
        },
        log_files::endpoint(&tables::OUTBOX, "outbox", &log::FIELDS, || {
            web::post().to(export)
        }),
        Endpoint {
            path: "/outbox/{id}".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["outbox"],
                "operationId": "read_outgoing_call",
                "summary": "One call with all attempts at it",
                "parameters": [log_query::describe_path_id()],
                "responses": openapi::responses("200", openapi::reference("OutgoingCallInFull"),
                    &["401", "403", "404", "422", "503"]),
            }),
            route: || web::get().to(read),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/outbox/{id}/resend".to_owned(),
            method: Method::POST,
            operation: json!({
                "tags": ["outbox"],
                "operationId": "resend_outgoing_call",
                "summary": "Try a waiting or expired call now, with all its tries before it; one \
                    that succeeded is never repeated",
                "parameters": [log_query::describe_path_id()],
                "responses": openapi::responses("200", openapi::reference("OutgoingCallInFull"),
                    &["401", "403", "404", "422", "503"]),
            }),
            route: || web::post().to(resend),
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
    let (query, table) = (request.query_string(), &tables::OUTBOX);
    log_files::export(&shared, table, query, &body, &log::FIELDS, log::list)
}

async fn read(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let wanted = log_query::path_id(&id, &shared.codec)?;
    answer(&shared, wanted).await
}

async fn resend(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let wanted = log_query::path_id(&id, &shared.codec)?;
    let writer = shared.writer.clone();
    let resent =
        web::block(move || work::resend(&writer, wanted.to_row(), clock::now_ms())).await??;
    match resent {
        Resent::Queued | Resent::Unknown => answer(&shared, wanted).await,
        Resent::Sent => Err(ApiError::invalid(
            "id",
            "already_sent",
            "It has succeeded, and a success is never repeated.".to_owned(),
        )),
        Resent::Forgotten => Err(ApiError::invalid(
            "id",
            "forgotten",
            "It is so old that its request is not kept any more; [outbound] log_days says how long \
             requests are."
                .to_owned(),
        )),
        Resent::Skipped => Err(ApiError::invalid(
            "id",
            "skipped",
            "It was skipped for the reason that it names, and so it is never sent.".to_owned(),
        )),
    }
}

async fn answer(shared: &Shared, id: Id) -> Result<HttpResponse, ApiError> {
    let (readers, codec) = (shared.readers.clone(), shared.codec.clone());
    let found = web::block(move || log::find(&readers, &codec, id)).await??;
    let call = found.ok_or_else(|| {
        let id = id.to_row().to_string();
        ApiError::NotFound(format!("There is no outgoing call {}.", quoted(&id)))
    })?;
    Ok(HttpResponse::Ok().json(call))
}
