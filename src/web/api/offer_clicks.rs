//! The log of steps from landings to offers: `GET /offer-clicks`, `POST /offer-clicks/export`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::body::Document;
use super::log_files::{self, tables};
use super::log_query;
use super::{Endpoint, openapi};
use crate::store::offer_clicks::log;
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/offer-clicks".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["clicks"],
                "operationId": "list_offer_clicks",
                "summary": "Steps from landings to offers, newest first",
                "parameters": log_query::describe_all(&log::FIELDS),
                "responses": openapi::responses("200",
                    log_query::describe_page(openapi::reference("OfferClick")),
                    &["401", "403", "422", "503"]),
            }),
            route: || web::get().to(list),
            body_max: BODY_MAX,
        },
        log_files::endpoint(&tables::OFFER_CLICKS, "clicks", &log::FIELDS, || {
            web::post().to(export)
        }),
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
    let query = request.query_string();
    let table = &tables::OFFER_CLICKS;
    log_files::export(&shared, table, query, &body, &log::FIELDS, log::list)
}
