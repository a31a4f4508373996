//! What rules did: `GET /rule-runs`, `GET /rule-runs/{id}`, `POST /rule-runs/{id}/undo`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::body::Document;
use super::log_files::{self, tables};
use super::log_query;
use super::{Endpoint, openapi};
use crate::domain::form::quoted;
use crate::domain::id::{Id, IdCodec};
use crate::editor::{Editor, RunUndoError};
use crate::store::log::Query;
use crate::store::readers::Readers;
use crate::store::rules::DeedResult;
use crate::store::rules::log::{self, RuleRun};
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/rule-runs".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["rules"],
                "operationId": "list_rule_runs",
                "summary": "Each time that the conditions of a rule held of a group, and what became \
                    of it, newest first",
                "parameters": log_query::describe_all(&log::FIELDS),
                "responses": openapi::responses("200",
                    log_query::describe_page(openapi::reference("RuleRun")),
                    &["401", "403", "422", "503"]),
            }),
            route: || web::get().to(list),
            body_max: BODY_MAX,
        },
        log_files::endpoint(&tables::RULE_RUNS, "rules", &log::FIELDS, || {
            web::post().to(export)
        }),
        Endpoint {
            path: "/rule-runs/{id}".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["rules"],
                "operationId": "read_rule_run",
                "summary": "One run of a rule",
                "parameters": [log_query::describe_path_id()],
                "responses": openapi::responses("200", openapi::reference("RuleRun"),
                    &["401", "403", "404", "422", "503"]),
            }),
            route: || web::get().to(read),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/rule-runs/{id}/undo".to_owned(),
            method: Method::POST,
            operation: json!({
                "tags": ["rules"],
                "operationId": "undo_rule_run",
                "summary": "Brings every field that a run changed back to what it was before, if all \
                    of them still are what the run made of them; messages stay sent",
                "parameters": [log_query::describe_path_id()],
                "responses": openapi::responses("200", json!({ "type": "object",
                    "required": ["run", "remarks"], "properties": {
                        "run": openapi::reference("RuleRun"),
                        "remarks": { "type": "array", "items": { "type": "string" },
                            "description": "What could not be taken back." } } }),
                    &["401", "403", "404", "409", "422", "503"]),
            }),
            route: || web::post().to(undo),
            body_max: BODY_MAX,
        },
    ]
}

async fn list(
    shared: web::Data<Arc<Shared>>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    log_query::page(&shared, &request, &log::FIELDS, |readers, _, query| {
        log::list(readers, query)
    })
    .await
}

async fn export(
    shared: web::Data<Arc<Shared>>,
    request: HttpRequest,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    let (query, table) = (request.query_string(), &tables::RULE_RUNS);
    let list = |readers: &Readers, _: &IdCodec, query: &Query| log::list(readers, query);
    log_files::export(&shared, table, query, &body, &log::FIELDS, list)
}

async fn read(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let wanted = log_query::path_id(&id, &shared.codec)?;
    Ok(HttpResponse::Ok().json(found(&shared, wanted).await?))
}

async fn undo(
    editor: web::Data<Editor>,
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let wanted = log_query::path_id(&id, &shared.codec)?;
    let readers = shared.readers.clone();
    let undone = web::block(move || editor.undo_run(&readers, wanted)).await?;
    undone.map_err(refusal)?;
    let run = found(&shared, wanted).await?;
    let remarks = sent(&run);
    Ok(HttpResponse::Ok().json(json!({ "run": run, "remarks": remarks })))
}

async fn found(shared: &Shared, id: Id) -> Result<RuleRun, ApiError> {
    let readers = shared.readers.clone();
    let found = web::block(move || log::find(&readers, id)).await??;
    found.ok_or_else(|| unknown(id))
}

fn unknown(id: Id) -> ApiError {
    let id = id.to_row().to_string();
    ApiError::NotFound(format!("There is no run {}.", quoted(&id)))
}

fn refusal(error: RunUndoError) -> ApiError {
    let message = error.to_string();
    let code = match error {
        RunUndoError::Edit(error) => return error.into(),
        RunUndoError::NotFound(id) => return unknown(id),
        RunUndoError::UndoneAlready(_) => "undone_already",
        RunUndoError::NothingToUndo(..) => "nothing_to_undo",
        RunUndoError::ChangedSince(_) => "changed_since",
    };
    ApiError::Refused { code, message }
}

/// What a run has told others stays told.
fn sent(run: &RuleRun) -> Vec<String> {
    let queued = run.effects.iter();
    let queued = queued.filter(|deed| deed.result == DeedResult::Queued);
    let remark = match queued.count() {
        0 => None,
        1 => Some("1 message or call of this run cannot be taken back.".to_owned()),
        many => Some(format!(
            "{many} messages and calls of this run cannot be taken back."
        )),
    };
    remark.into_iter().collect()
}
