//! `POST /bulk`: changes of many entities at once; `GET /bulk`: those that were made;
//! `POST /bulk/{id}/undo`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::{Map, Value, json};

use super::body::Document;
use super::{Endpoint, openapi};
use crate::editor::bulk::{ACTIONS, ActionRow, Shape};
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
                    "schema": { "type": "object", "required": ["action"],
                        "additionalProperties": false, "properties": {
                            "preview": { "type": "boolean", "default": true },
                            "action": { "oneOf": ACTIONS.iter().map(schema).collect::<Vec<_>>() } } },
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

/// One action as it is sent.
fn schema(row: &ActionRow) -> Value {
    let mut properties = Map::new();
    properties.insert("kind".to_owned(), json!({ "const": row.word }));
    for field in row.fields {
        let mut schema = shape(field.shape);
        schema["description"] = json!(field.help);
        properties.insert(field.name.to_owned(), schema);
    }
    let needed = row.fields.iter().filter(|field| field.required);
    let required: Vec<&str> = std::iter::once("kind")
        .chain(needed.map(|field| field.name))
        .collect();
    let mut schema = json!({ "title": row.word, "description": row.help, "type": "object",
        "required": required, "properties": properties, "additionalProperties": false });
    if !row.one_of.is_empty() {
        let one_of = row.one_of.iter().map(|name| json!({ "required": [name] }));
        schema["oneOf"] = one_of.collect();
    }
    schema
}

fn shape(shape: Shape) -> Value {
    let id = || json!({ "type": "integer", "format": "int64", "minimum": 1 });
    let ids = || json!({ "type": "array", "items": id() });
    match shape {
        Shape::Id => id(),
        Shape::Ids => ids(),
        Shape::Chosen => json!({ "oneOf": [{ "const": "all" }, ids()] }),
        Shape::Text => json!({ "type": "string" }),
        Shape::Weight => json!({ "type": "integer", "minimum": 0, "maximum": 1_000_000 }),
        Shape::Word(words) => json!({ "type": "string", "enum": words }),
        Shape::Words(words) => {
            json!({ "type": "array", "items": { "type": "string", "enum": words } })
        }
        Shape::Patch => json!({ "type": "object", "minProperties": 1 }),
        Shape::Flow => openapi::reference("FlowDraft"),
        Shape::Filter => openapi::reference("FilterDraft"),
    }
}

async fn bulk(
    editor: web::Data<Editor>,
    shared: web::Data<Arc<Shared>>,
    Document(request): Document,
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
