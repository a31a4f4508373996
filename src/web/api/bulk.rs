//! `POST /bulk`: changes of many entities at once; `GET /bulk`: those that were made;
//! `POST /bulk/{id}/undo`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::{Endpoint, openapi};
use crate::editor::{Editor, UndoError};
use crate::store::changes;
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/bulk".to_owned(),
            method: Method::POST,
            body_max: BODY_MAX,
            operation: json!({
                "tags": ["bulk"],
                "operationId": "bulk",
                "summary": "Changes many entities in one transaction; with preview (the default) \
                    only shows what would change",
                "requestBody": { "required": true, "content": { "application/json": {
                    "schema": { "type": "object", "required": ["action"], "properties": {
                        "preview": { "type": "boolean", "default": true },
                        "action": { "type": "object", "required": ["kind"], "properties": {
                            "kind": { "type": "string", "enum": ["replace_offer", "replace_landing",
                                "find_replace", "set", "set_flows", "set_weight", "add_flow",
                                "copy_flow", "add_filter", "remove_filter"] } } } } },
                    "example": { "preview": true, "action":
                        { "kind": "replace_offer", "from": 1, "to": 2, "campaigns": "all" } } } } },
                "responses": openapi::responses("200", openapi::reference("Report"),
                    &["400", "401", "403", "413", "415", "422", "503"]),
            }),
            route: || web::post().to(bulk),
        },
        Endpoint {
            path: "/bulk".to_owned(),
            method: Method::GET,
            body_max: BODY_MAX,
            operation: json!({
                "tags": ["bulk"],
                "operationId": "list_bulk",
                "summary": "The latest 200 bulk changes, newest first",
                "responses": openapi::responses("200", json!({ "type": "object", "properties": {
                    "items": { "type": "array", "items": openapi::reference("ChangeRow") } } }),
                    &["401", "403", "503"]),
            }),
            route: || web::get().to(list),
        },
        Endpoint {
            path: "/bulk/{id}/undo".to_owned(),
            method: Method::POST,
            body_max: BODY_MAX,
            operation: json!({
                "tags": ["bulk"],
                "operationId": "undo_bulk",
                "summary": "Brings everything back to what it was before a bulk change, if nobody \
                    has edited it since",
                "parameters": [{ "name": "id", "in": "path", "required": true,
                    "schema": { "type": "integer" } }],
                "responses": openapi::responses("200", openapi::reference("Report"),
                    &["401", "403", "404", "409", "422", "503"]),
            }),
            route: || web::post().to(undo),
        },
    ]
}

async fn bulk(
    editor: web::Data<Editor>,
    shared: web::Data<Arc<Shared>>,
    request: web::Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let report = web::block(move || editor.bulk(&shared.readers, &request)).await??;
    Ok(HttpResponse::Ok().json(report))
}

async fn list(shared: web::Data<Arc<Shared>>) -> Result<HttpResponse, ApiError> {
    let readers = shared.readers.clone();
    let items = web::block(move || changes::list(&readers)).await??;
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": null })))
}

async fn undo(
    editor: web::Data<Editor>,
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let unknown = || ApiError::NotFound("There is no such bulk change.".to_owned());
    let id: u64 = id.parse().map_err(|_| unknown())?;
    let undone = web::block(move || editor.undo(&shared.readers, id)).await?;
    match undone {
        Ok(report) => Ok(HttpResponse::Ok().json(report)),
        Err(UndoError::NotFound(_)) => Err(unknown()),
        Err(UndoError::Edit(error)) => Err(error.into()),
        Err(UndoError::UndoneAlready(id)) => Err(ApiError::Refused {
            code: "undone_already",
            message: format!("Change {id} was undone already."),
        }),
        Err(UndoError::Edited(who)) => {
            let who: Vec<String> = who.iter().map(ToString::to_string).collect();
            Err(ApiError::Refused {
                code: "edited_since",
                message: format!(
                    "These were edited since, so the change cannot be undone as a whole: {}.",
                    who.join(", ")
                ),
            })
        }
    }
}
