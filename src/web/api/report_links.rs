//! Links by which others look at a saved report: `/saved-reports/{id}/links`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::json;

use super::body::Document;
use super::handlers::{parse_id, unknown};
use super::{BASE, Endpoint, openapi, shared_reports};
use crate::clock;
use crate::domain::check;
use crate::domain::form::Form;
use crate::domain::saved_report::SavedReport;
use crate::editor::Editor;
use crate::report::request::Hidden;
use crate::store::report_links::{self, NewLink};
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

/// Ten years.
const HOURS_MAX: u64 = 87_600;
const HOUR_MS: i64 = 3_600_000;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let endpoint = |path: &str, method, operation, route| Endpoint {
        path: path.to_owned(),
        method,
        operation,
        route,
        body_max: BODY_MAX,
    };
    let page = json!({ "type": "object", "required": ["items", "next"], "properties": {
        "items": { "type": "array", "items": openapi::reference("ReportLink") },
        "next": { "type": "null" } } });
    let words: Vec<&str> = Hidden::ALL.iter().map(|(word, _)| *word).collect();
    let asked = json!({ "type": "object", "properties": {
        "name": { "type": "string", "description": "Whom it is for." },
        "expires_in_hours": { "type": ["integer", "null"], "minimum": 1, "maximum": HOURS_MAX,
            "description": "Left out or `null`: it never expires." },
        "hides": { "type": "array", "items": { "type": "string", "enum": words },
            "description": "Every metric that says anything about these is left out." } } });
    let made = json!({ "type": "object", "required": ["id", "path", "token"], "properties": {
        "id": { "type": "integer", "format": "int64" },
        "path": { "type": "string", "example": "/api/v1/shared/0123456789abcdefghjkmnpqrstvwxyz" },
        "token": { "type": "string", "description": "Told this once; only its hash is kept." } } });
    let link_id = json!({ "name": "link_id", "in": "path", "required": true,
        "schema": { "type": "integer", "format": "int64", "minimum": 1 } });
    vec![
        endpoint(
            "/saved-reports/{id}/links",
            Method::GET,
            json!({
                "tags": ["saved-reports"],
                "operationId": "list_report_links",
                "summary": "The links to a saved report, expired ones too; the tokens are told to nobody",
                "parameters": [openapi::id_parameter()],
                "responses": openapi::responses("200", page, &["401", "403", "404", "503"]),
            }),
            || web::get().to(list),
        ),
        endpoint(
            "/saved-reports/{id}/links",
            Method::POST,
            json!({
                "tags": ["saved-reports"],
                "operationId": "create_report_link",
                "summary": "Make a link by which anybody who has it looks at this report",
                "parameters": [openapi::id_parameter()],
                "requestBody": { "required": true,
                    "content": { "application/json": { "schema": asked } } },
                "responses": openapi::responses("201", made,
                    &["400", "401", "403", "404", "413", "415", "422", "503"]),
            }),
            || web::post().to(create),
        ),
        endpoint(
            "/saved-reports/{id}/links/{link_id}",
            Method::DELETE,
            json!({
                "tags": ["saved-reports"],
                "operationId": "revoke_report_link",
                "summary": "Revoke a link: it opens nothing from the next request on",
                "parameters": [openapi::id_parameter(), link_id],
                "responses": openapi::responses("200", json!({ "type": "object" }),
                    &["401", "403", "404", "503"]),
            }),
            || web::delete().to(revoke),
        ),
    ]
}

async fn list(
    shared: web::Data<Arc<Shared>>,
    editor: web::Data<Editor>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = find(&editor, &id)?.id;
    let links = move || report_links::list(&shared.readers, id, clock::now_ms());
    let links = web::block(links).await??;
    Ok(HttpResponse::Ok().json(json!({ "items": links, "next": null })))
}

async fn create(
    shared: web::Data<Arc<Shared>>,
    editor: web::Data<Editor>,
    id: web::Path<String>,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    let now = clock::now_ms();
    let saved_report_id = find(&editor, &id)?.id;
    let link = Form::read(&body, |form| read(form, saved_report_id, now));
    let link = link.map_err(ApiError::Invalid)?;
    let make = move || report_links::make(&shared.writer, link, now);
    let (id, token) = web::block(make).await??;
    let path = format!("{BASE}{}{token}", shared_reports::PATH);
    Ok(HttpResponse::Created().json(json!({ "id": id, "path": path, "token": token })))
}

fn read(form: &mut Form<'_>, saved_report_id: u64, now: i64) -> NewLink {
    let name = form.text("name");
    let name = match name.is_empty() {
        true => Ok(String::new()),
        false => check::name(name),
    };
    let expires = form.value("expires_in_hours").is_some();
    let hours = expires.then(|| form.integer("expires_in_hours", 1..=HOURS_MAX, 1));
    let hides = form.choices("hides", Hidden::ALL, &[]);
    NewLink {
        saved_report_id,
        name: form.checked("name", name, String::new),
        hides: hides.into_iter().map(Hidden::word).collect(),
        expires_at: hours.map(|hours| now + hours as i64 * HOUR_MS),
    }
}

async fn revoke(
    shared: web::Data<Arc<Shared>>,
    editor: web::Data<Editor>,
    ids: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (report, link) = ids.into_inner();
    let report = find(&editor, &report)?.id;
    let told: String = link.chars().take(100).collect();
    let none = || ApiError::NotFound(format!("The saved report {report} has no link {told}."));
    let id: u64 = link.parse().map_err(|_| none())?;
    let revoke = move || report_links::revoke(&shared.writer, report, id);
    match web::block(revoke).await?? {
        true => Ok(HttpResponse::Ok().json(json!({ "id": id }))),
        false => Err(none()),
    }
}

fn find(editor: &Editor, id: &str) -> Result<Arc<SavedReport>, ApiError> {
    let found = editor.find::<SavedReport>(parse_id::<SavedReport>(id)?);
    found.ok_or_else(|| unknown::<SavedReport>(id))
}
