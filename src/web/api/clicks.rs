//! The click log: `GET /clicks`, `GET /clicks/{click_id}`; by the filters of reports,
//! `POST /clicks/query` and `POST /clicks/export`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::body::Document;
use super::log_files::{self, tables};
use super::log_query::{self, LogQuery};
use super::row_query::{self, RowQuery};
use super::{Endpoint, openapi};
use crate::domain::documents::Documents;
use crate::domain::form::quoted;
use crate::domain::id::{Id, IdCodec};
use crate::editor::Editor;
use crate::store::clicks::log;
use crate::store::log::Query;
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/clicks".to_owned(),
            method: Method::GET,
            operation: describe_list(),
            route: || web::get().to(list),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/clicks/query".to_owned(),
            method: Method::POST,
            operation: json!({
                "tags": ["clicks"],
                "operationId": "query_clicks",
                "summary": "Clicks by the filters of reports, newest first",
                "requestBody": { "required": true,
                    "content": { "application/json": { "schema": row_query::describe_page() } } },
                "responses": openapi::responses("200", log_query::describe_page(click_schema()),
                    &["400", "401", "403", "413", "415", "422", "503"]),
            }),
            route: || web::post().to(query),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/clicks/export".to_owned(),
            method: Method::POST,
            operation: log_files::describe(
                &tables::CLICKS,
                "clicks",
                row_query::describe_file(&tables::CLICKS),
            ),
            route: || web::post().to(export),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/clicks/{click_id}".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["clicks"],
                "operationId": "read_click",
                "summary": "One click, with every stored fact under its dimension's name",
                "parameters": [{ "name": "click_id", "in": "path", "required": true,
                    "schema": { "type": "string", "minLength": 20, "maxLength": 20 } }],
                "responses": openapi::responses("200", one_click_schema(), &["401", "403", "404", "422"]),
            }),
            route: || web::get().to(read),
            body_max: BODY_MAX,
        },
    ]
}

async fn list(
    shared: web::Data<Arc<Shared>>,
    request: actix_web::HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let form = LogQuery {
        fields: &log::FIELDS,
        codec: &shared.codec,
        cursor,
        is_paged: true,
        own: &[],
    };
    let query = form.parse(request.query_string(), |_, _| None)?;
    page(&shared, query).await
}

async fn query(
    shared: web::Data<Arc<Shared>>,
    editor: web::Data<Editor>,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    let documents = editor.documents();
    let (query, ()) = rows(&shared, &documents).page(&body, |_| ())?;
    page(&shared, query).await
}

async fn export(
    shared: web::Data<Arc<Shared>>,
    editor: web::Data<Editor>,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    let documents = editor.documents();
    let rows = rows(&shared, &documents);
    let (query, layout, ()) = rows.file(&body, &tables::CLICKS, |_| ())?;
    log_files::send(&shared, layout, query, log::list)
}

fn rows<'a>(shared: &'a Shared, documents: &'a Arc<Documents>) -> RowQuery<'a> {
    RowQuery {
        fields: &log::FIELDS,
        codec: &shared.codec,
        documents,
        cursor,
    }
}

fn cursor(text: &str, codec: &IdCodec) -> Option<Id> {
    codec.decode(text).ok()
}

async fn page(shared: &Shared, query: Query) -> Result<HttpResponse, ApiError> {
    let (readers, codec) = (shared.readers.clone(), shared.codec.clone());
    let page = web::block(move || log::list(&readers, &codec, &query)).await??;
    let next = page.next.map(|id| shared.codec.encode(id).to_string());
    Ok(HttpResponse::Ok().json(json!({ "items": page.items, "next": next })))
}

async fn read(
    shared: web::Data<Arc<Shared>>,
    click_id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = shared.codec.decode(&click_id).map_err(|error| {
        ApiError::invalid(
            "click_id",
            "invalid",
            format!("{}: {error}.", quoted(&click_id)),
        )
    })?;
    let (readers, codec) = (shared.readers.clone(), shared.codec.clone());
    let found = web::block(move || log::find(&readers, &codec, id)).await??;
    let mut click = found.ok_or_else(|| {
        ApiError::NotFound(format!(
            "No click {} is stored: it was made here, but its record is not in the database (yet).",
            quoted(&click_id)
        ))
    })?;
    let reporting = shared.rates.now().reporting();
    click.insert("reporting_currency".into(), reporting.as_str().into());
    Ok(HttpResponse::Ok().json(click))
}

fn click_schema() -> Value {
    json!({ "type": "object", "required": ["click_id", "at"], "additionalProperties": true,
        "properties": { "click_id": { "type": "string" }, "at": { "type": "string", "format": "date-time" } } })
}

/// One click by itself tells its steps to offers and its conversions too.
fn one_click_schema() -> Value {
    let mut schema = click_schema();
    schema["properties"]["landing_clicked"] = json!({ "type": "boolean" });
    schema["properties"]["offer_clicks"] = json!({ "type": "array", "items": { "type": "object",
        "required": ["at", "offer_id", "n", "is_preview"], "properties": {
            "at": { "type": "string", "format": "date-time" },
            "offer_id": { "type": ["integer", "null"] },
            "n": { "type": ["integer", "null"], "description":
                "Which offer of the flow was asked for, from 1; `null` for the one that was drawn." },
            "is_preview": { "type": "boolean" } } } });
    schema["properties"]["conversions"] =
        json!({ "type": "array", "items": openapi::reference("ConversionBrief") });
    schema["properties"]["reporting_currency"] = json!({ "type": "string", "description":
        "Of the revenue of its conversions." });
    schema
}

fn describe_list() -> Value {
    json!({
        "tags": ["clicks"],
        "operationId": "list_clicks",
        "summary": "clicks, newest first",
        "parameters": log_query::describe_all(&log::FIELDS),
        "responses": openapi::responses("200", log_query::describe_page(click_schema()),
            &["401", "403", "422", "503"]),
    })
}
