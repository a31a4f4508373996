//! A summary beside its time: `POST /summaries/{id}/preview` and `/send`.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use serde_json::json;

use super::handlers::{parse_id, unknown};
use super::{Endpoint, openapi};
use crate::clock;
use crate::domain::documents::Documents;
use crate::domain::period;
use crate::domain::summary::Summary;
use crate::editor::Editor;
use crate::herald::summaries::{Composed, Uncounted, compose};
use crate::store::outbox::message;
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let operation = |id: &str, summary: &str, status: &str, answer: serde_json::Value| {
        json!({
            "tags": ["summaries"],
            "operationId": id,
            "summary": summary,
            "parameters": [openapi::id_parameter()],
            "responses": openapi::responses(status, answer, &["401", "403", "404", "409", "503"]),
        })
    };
    let preview = json!({ "type": "object", "required": ["text", "data"], "properties": {
        "text": { "type": "string", "description": "For people." },
        "data": { "type": "object", "description": "The body that a webhook gets." } } });
    let sent = json!({ "type": "object", "required": ["id"],
        "properties": { "id": { "type": "string", "example": "1234567890123456789" } } });
    vec![
        Endpoint {
            path: "/summaries/{id}/preview".to_owned(),
            method: Method::POST,
            operation: operation(
                "preview_summary",
                "What it would say now; nothing is sent",
                "200",
                preview,
            ),
            route: || web::post().to(preview_of),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/summaries/{id}/send".to_owned(),
            method: Method::POST,
            operation: operation(
                "send_summary",
                "Send it now, beside its time; GET /outbox/{id} tells what becomes of it",
                "202",
                sent,
            ),
            route: || web::post().to(send),
            body_max: BODY_MAX,
        },
    ]
}

async fn preview_of(
    shared: web::Data<Arc<Shared>>,
    editor: web::Data<Editor>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let documents = editor.documents();
    let summary = find(&documents, &id)?;
    let shared = Arc::clone(&shared);
    let composed = web::block(move || now(&shared, &documents, &summary)).await??;
    let Composed { text, data } = composed;
    Ok(HttpResponse::Ok().json(json!({ "text": text, "data": data })))
}

async fn send(
    shared: web::Data<Arc<Shared>>,
    editor: web::Data<Editor>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let documents = editor.documents();
    let summary = find(&documents, &id)?;
    let shared = Arc::clone(&shared);
    let queued = web::block(move || -> Result<Option<i64>, ApiError> {
        let at = clock::now_ms();
        // Each one is another.
        let key = format!(
            "summary:{}:now:{}",
            summary.id,
            shared.ids.next(at).to_row()
        );
        let message = now(&shared, &documents, &summary)?.message(&summary, key);
        let ids = Arc::clone(&shared.ids);
        let queued = shared.writer.edit_blocking(move |connection| {
            Ok(message::queue(connection, &ids, &documents, at, &message)?)
        })?;
        Ok(queued)
    });
    let id = queued.await??.map(|id| id.to_string());
    Ok(HttpResponse::build(StatusCode::ACCEPTED).json(json!({ "id": id })))
}

/// What it says today. Blocks.
fn now(shared: &Shared, documents: &Documents, summary: &Summary) -> Result<Composed, ApiError> {
    let now = clock::now_ms();
    let today = period::day(now, summary.zone());
    let rates = Arc::clone(&shared.rates.now());
    let (readers, mut pace) = (&shared.readers, || true);
    let composed = compose(readers, documents, &rates, summary, (today, now), &mut pace);
    match composed {
        Ok(composed) => composed.ok_or(ApiError::Unavailable),
        Err(Uncounted::Store(error)) => Err(error.into()),
        Err(Uncounted::Unanswered(error)) => Err(ApiError::Refused {
            code: "uncountable",
            message: format!("It cannot be counted: {error}."),
        }),
    }
}

fn find(documents: &Documents, id: &str) -> Result<Arc<Summary>, ApiError> {
    let found = documents.summaries.get(&parse_id::<Summary>(id)?);
    found.cloned().ok_or_else(|| unknown::<Summary>(id))
}
