//! The handlers that all resources share.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::page::page;
use super::query::{ListQuery, flags};
use super::resource::Resource;
use super::{BASE, observed};
use crate::domain::documents::Documents;
use crate::editor::{EditError, Editor, as_json};
use crate::web::error::ApiError;

pub(super) async fn list<R: Resource>(
    editor: web::Data<Editor>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = ListQuery::parse::<R>(request.query_string())?;
    let documents = editor.documents();
    let wanted = |entity: &&R| {
        query.states.contains(&entity.head().state)
            && query
                .ids
                .iter()
                .all(|(field, id)| entity.id_in(field) == *id)
            && is_found(*entity, &query.search)
    };
    let entities = R::all(&documents).values().map(AsRef::as_ref);
    let (found, next) = page(
        entities.filter(wanted),
        query.sort,
        query.after.as_ref(),
        query.limit,
    );
    let items: Vec<Value> = found.into_iter().map(R::brief).collect();
    let next = next.map(|next| next.print());
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": next })))
}

/// By a part of a name in any case, or by id.
fn is_found<R: Resource>(entity: &R, search: &str) -> bool {
    search.is_empty()
        || entity.head().id.to_string() == search
        || entity
            .search_texts()
            .iter()
            .any(|text| text.to_lowercase().contains(search))
}

pub(super) async fn create<R: Resource>(
    editor: web::Data<Editor>,
    document: web::Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let made = edit(editor, move |editor| editor.create::<R>(&document)).await?;
    Ok(created(made))
}

pub(super) async fn read<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let documents = editor.documents();
    let found = R::all(&documents).get(&parse_id::<R>(&id)?);
    let entity = found.ok_or_else(|| unknown::<R>(&id))?;
    let mut body = body(entity.as_ref(), &documents);
    let observed = observed::warnings(&request, R::WORD, entity.head().id).await;
    if let Some(warnings) = body["warnings"].as_array_mut() {
        warnings.extend(observed.iter().map(|warning| json!(warning)));
    }
    Ok(HttpResponse::Ok().json(body))
}

pub(super) async fn replace<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    document: web::Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<R>(&id)?;
    let saved = edit(editor, move |editor| editor.replace::<R>(id, &document)).await?;
    Ok(stored(saved))
}

pub(super) async fn patch<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    patch: web::Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<R>(&id)?;
    let saved = edit(editor, move |editor| editor.patch::<R>(id, &patch)).await?;
    Ok(stored(saved))
}

/// Without a body the copy differs only where it has to; a body is a merge patch over it.
pub(super) async fn copy<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<R>(&id)?;
    let changes = optional_json(&request, payload, R::BODY_MAX).await?;
    let made = edit(editor, move |editor| editor.copy::<R>(id, &changes)).await?;
    Ok(created(made))
}

/// The body as JSON; an empty object if there is none.
async fn optional_json(
    request: &HttpRequest,
    payload: web::Payload,
    limit: usize,
) -> Result<Value, ApiError> {
    let read = payload.to_bytes_limited(limit).await;
    let body = read.map_err(|_| ApiError::TooLarge(limit))?;
    let body = body.map_err(|error| ApiError::Malformed(error.to_string()))?;
    if body.is_empty() {
        return Ok(json!({}));
    }
    let mime = request.mime_type().ok().flatten();
    let is_json = mime.is_some_and(|mime| {
        let suffix = mime.suffix().map(|suffix| suffix.as_str());
        mime.subtype() == "json" || suffix == Some("json")
    });
    match is_json {
        true => serde_json::from_slice(&body).map_err(|why| ApiError::Malformed(why.to_string())),
        false => Err(ApiError::NotJson),
    }
}

pub(super) async fn archive<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<R>(&id)?;
    let [force] = flags(request.query_string(), ["force"])?;
    let archive = move |editor: &Editor| match force {
        true => editor.archive::<R>(id),
        false => editor.archive_unused::<R>(id),
    };
    Ok(stored(edit(editor, archive).await?))
}

pub(super) async fn restore<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<R>(&id)?;
    let saved = edit(editor, move |editor| editor.restore::<R>(id)).await?;
    Ok(stored(saved))
}

/// An entity after an edit, and all documents then.
type Edited<R> = (Arc<R>, Arc<Documents>);

/// Runs an edit where waiting is allowed.
pub(super) async fn edit<R: Resource>(
    editor: web::Data<Editor>,
    work: impl FnOnce(&Editor) -> Result<Arc<R>, EditError> + Send + 'static,
) -> Result<Edited<R>, ApiError> {
    let edited = web::block(move || work(&editor).map(|entity| (entity, editor.documents())));
    Ok(edited.await??)
}

fn stored<R: Resource>((entity, documents): Edited<R>) -> HttpResponse {
    HttpResponse::Ok().json(body(entity.as_ref(), &documents))
}

fn created<R: Resource>((entity, documents): Edited<R>) -> HttpResponse {
    let location = format!("{BASE}/{}/{}", R::PATH, entity.head().id);
    let mut answer = HttpResponse::build(StatusCode::CREATED);
    answer.insert_header((header::LOCATION, location));
    answer.json(body(entity.as_ref(), &documents))
}

/// The stored object, and what the operator should know about it.
fn body<R: Resource>(entity: &R, documents: &Documents) -> Value {
    let mut body = as_json(entity);
    let mut warnings = entity.warnings(documents);
    warnings.extend(entity.link_warnings());
    body["warnings"] = json!(warnings);
    body
}

pub(super) fn parse_id<R: Resource>(text: &str) -> Result<u64, ApiError> {
    text.parse().map_err(|_| unknown::<R>(text))
}

pub(super) fn unknown<R: Resource>(id: &str) -> ApiError {
    let id: String = id.chars().take(100).collect();
    ApiError::NotFound(format!("There is no {} {id}.", R::WORD))
}
