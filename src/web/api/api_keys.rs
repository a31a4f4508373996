//! Keys of the API: `GET /api-keys`, `POST /api-keys`, `DELETE /api-keys/{id}`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::json;

use super::body::Document;
use super::{Endpoint, openapi};
use crate::clock;
use crate::domain::check;
use crate::domain::form::Form;
use crate::store::api_keys;
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let endpoint = |path: &str, method, operation, route| Endpoint {
        path: path.to_owned(),
        method,
        operation,
        route,
        body_max: BODY_MAX,
    };
    let page = json!({ "type": "object", "required": ["items"], "properties": {
        "items": { "type": "array", "items": openapi::reference("ApiKey") } } });
    let name = json!({ "type": "object", "required": ["name"], "properties": {
        "name": { "type": "string", "example": "import script" } } });
    let key = json!({ "type": "object", "required": ["id", "name", "key"], "properties": {
        "id": { "type": "integer", "format": "int64" }, "name": { "type": "string" },
        "key": { "type": "string", "description": "Told this once; only its hash is kept." } } });
    vec![
        endpoint(
            "/api-keys",
            Method::GET,
            json!({
                "tags": ["api-keys"],
                "operationId": "list_api_keys",
                "summary": "All API keys by name; the keys themselves are told to nobody",
                "responses": openapi::responses("200", page, &["401", "403", "503"]),
            }),
            || web::get().to(list),
        ),
        endpoint(
            "/api-keys",
            Method::POST,
            json!({
                "tags": ["api-keys"],
                "operationId": "create_api_key",
                "summary": "Make an API key",
                "requestBody": { "required": true,
                    "content": { "application/json": { "schema": name } } },
                "responses": openapi::responses("201", key,
                    &["400", "401", "403", "413", "415", "422", "503"]),
            }),
            || web::post().to(create),
        ),
        endpoint(
            "/api-keys/{id}",
            Method::DELETE,
            json!({
                "tags": ["api-keys"],
                "operationId": "revoke_api_key",
                "summary": "Revoke an API key: it lets nobody in from the next request on",
                "parameters": [openapi::id_parameter()],
                "responses": openapi::responses("200", json!({ "type": "object" }),
                    &["401", "403", "404", "503"]),
            }),
            || web::delete().to(revoke),
        ),
    ]
}

async fn list(shared: web::Data<Arc<Shared>>) -> Result<HttpResponse, ApiError> {
    let keys = web::block(move || api_keys::list(&shared.readers)).await??;
    Ok(HttpResponse::Ok().json(json!({ "items": keys, "next": null })))
}

async fn create(
    shared: web::Data<Arc<Shared>>,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    let name = Form::read(&body, check::read_name).map_err(ApiError::Invalid)?;
    let called = name.clone();
    let make = move || api_keys::make(&shared.writer, &shared.keys, called, clock::now_ms());
    let (id, key) = web::block(make).await??;
    Ok(HttpResponse::Created().json(json!({ "id": id, "name": name, "key": key })))
}

async fn revoke(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let told: String = id.chars().take(100).collect();
    let unknown = || ApiError::NotFound(format!("There is no API key {told}."));
    let id: u64 = id.parse().map_err(|_| unknown())?;
    let revoke = move || api_keys::revoke(&shared.writer, &shared.keys, id);
    match web::block(revoke).await?? {
        true => Ok(HttpResponse::Ok().json(json!({ "id": id }))),
        false => Err(unknown()),
    }
}
