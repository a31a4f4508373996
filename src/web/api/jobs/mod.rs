//! Long work: `GET /jobs`, `GET /jobs/{id}`, `POST /jobs/{id}/cancel`, and what is asked for:
//! `/cost-updates` with files and undoing, `/clean-ups`, `/bot-updates`.

mod costs;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::body::Document;
use super::{BASE, Endpoint, openapi};
use crate::domain::form::quoted;
use crate::jobs::{Cleaned, Relabelled};
use crate::store::jobs::{self, Job};
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = vec![
        endpoint(
            "/jobs",
            Method::GET,
            json!({
                "tags": ["jobs"],
                "operationId": "list_jobs",
                "summary": "The latest 200 jobs, newest first",
                "responses": openapi::responses("200", page("Job"), &["401", "403", "503"]),
            }),
            || web::get().to(list),
        ),
        endpoint(
            "/jobs/{id}",
            Method::GET,
            of_id(
                "read_job",
                "How far a job is",
                "Job",
                &["401", "403", "404", "503"],
            ),
            || web::get().to(read),
        ),
        endpoint(
            "/jobs/{id}/cancel",
            Method::POST,
            of_id(
                "cancel_job",
                "End a job before its next piece; what it has done stays done",
                "Job",
                &["401", "403", "404", "409", "503"],
            ),
            || web::post().to(cancel),
        ),
        endpoint(
            "/clean-ups",
            Method::POST,
            asked(
                "clean_up",
                "Delete clicks, their steps to offers, their conversions and the history of these. \
                 Without confirm_clicks it only tells how many there are (200); with that number of \
                 clicks a job begins (202)",
                json!({ "confirm_clicks": { "type": ["integer", "null"], "minimum": 0 } }),
            ),
            || web::post().to(clean_up),
        ),
        endpoint(
            "/bot-updates",
            Method::POST,
            asked(
                "update_bots",
                "Label clicks by the lists of bots as they are now. With preview it only tells how \
                 many labels would change (200), else a job begins (202). No campaigns: all of them",
                json!({ "preview": { "type": "boolean", "default": false } }),
            ),
            || web::post().to(update_bots),
        ),
    ];
    endpoints.extend(costs::endpoints());
    endpoints
}

fn endpoint(
    path: &str,
    method: Method,
    operation: Value,
    route: fn() -> actix_web::Route,
) -> Endpoint {
    Endpoint {
        path: path.to_owned(),
        method,
        operation,
        route,
        body_max: BODY_MAX,
    }
}

fn page(item: &str) -> Value {
    json!({ "type": "object", "required": ["items", "next"], "properties": {
        "items": { "type": "array", "items": openapi::reference(item) },
        "next": { "type": "null" } } })
}

/// An operation on what has an id.
fn of_id(id: &str, summary: &str, answer: &str, errors: &[&str]) -> Value {
    json!({
        "tags": ["jobs"],
        "operationId": id,
        "summary": summary,
        "parameters": [openapi::id_parameter()],
        "responses": openapi::responses("200", openapi::reference(answer), errors),
    })
}

/// The fields of a period, and others.
fn period(others: Value) -> Value {
    let mut properties = json!({
        "campaign_ids": { "type": "array", "items": { "type": "integer", "minimum": 1 } },
        "from": { "type": "string", "example": "2026-11-01",
            "description": "A date, or a date and a time of day, in the time zone." },
        "to": { "type": "string", "example": "2026-11-30",
            "description": "A date is meant with its whole day; a time of day is not included." },
        "timezone": { "type": "string", "default": "UTC" },
    });
    if let (Value::Object(all), Value::Object(others)) = (&mut properties, others) {
        all.extend(others);
    }
    json!({ "type": "object", "required": ["from", "to"], "properties": properties })
}

fn asked(id: &str, summary: &str, others: Value) -> Value {
    let errors = ["400", "401", "403", "409", "413", "415", "422", "503"];
    let mut responses = openapi::responses("202", openapi::reference("Job"), &errors);
    let counted = json!({ "description": "Nothing was changed: these are the numbers.", "content": {
        "application/json": { "schema": { "type": "object" } } } });
    if let Some(responses) = responses.as_object_mut() {
        responses.shift_insert(0, "200".to_owned(), counted);
    }
    json!({
        "tags": ["jobs"],
        "operationId": id,
        "summary": summary,
        "requestBody": { "required": true,
            "content": { "application/json": { "schema": period(others) } } },
        "responses": responses,
    })
}

async fn list(shared: web::Data<Arc<Shared>>) -> Result<HttpResponse, ApiError> {
    let readers = shared.readers.clone();
    let items = web::block(move || jobs::list(&readers)).await??;
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": null })))
}

async fn read(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let wanted = parse_id("job", &id)?;
    let readers = shared.readers.clone();
    let found = web::block(move || jobs::find(&readers, wanted)).await??;
    let job = found.ok_or_else(|| unknown("job", &id))?;
    Ok(HttpResponse::Ok().json(job))
}

async fn cancel(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let wanted = parse_id("job", &id)?;
    let job = web::block(move || shared.jobs.cancel(wanted)).await??;
    Ok(HttpResponse::Ok().json(job))
}

async fn clean_up(
    shared: web::Data<Arc<Shared>>,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    Ok(
        match web::block(move || shared.jobs.clean_up(&body)).await?? {
            Cleaned::Preview(counted) => HttpResponse::Ok().json(counted),
            Cleaned::Begun(job) => accepted(&job),
        },
    )
}

async fn update_bots(
    shared: web::Data<Arc<Shared>>,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    Ok(
        match web::block(move || shared.jobs.relabel(&body)).await?? {
            Relabelled::Preview(changes) => {
                let counted: serde_json::Map<String, Value> = changes
                    .named()
                    .into_iter()
                    .map(|(name, count)| (name.to_owned(), count.into()))
                    .collect();
                HttpResponse::Ok().json(counted)
            }
            Relabelled::Begun(job) => accepted(&job),
        },
    )
}

/// A job that goes on by itself.
fn accepted(job: &Job) -> HttpResponse {
    HttpResponse::Accepted()
        .insert_header(("location", format!("{BASE}/jobs/{}", job.id)))
        .json(job)
}

fn parse_id(what: &str, text: &str) -> Result<u64, ApiError> {
    let id = text.parse().ok().filter(|id| *id <= i64::MAX as u64);
    id.ok_or_else(|| unknown(what, text))
}

fn unknown(what: &str, id: &str) -> ApiError {
    ApiError::NotFound(format!("There is no {what} {}.", quoted(id)))
}
