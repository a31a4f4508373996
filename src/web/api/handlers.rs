//! The handlers that all resources share.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use serde_json::{Value, json};

use super::body::{Document, OptionalDocument};
use super::page::page;
use super::query::{ListQuery, flags};
use super::resource::Resource;
use super::{BASE, observed};
use crate::domain::documents::Documents;
use crate::domain::problem::Problem;
use crate::editor::{EditError, Editor, as_json};
use crate::macros::{Outgoing, words};
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
    request: HttpRequest,
    Document(document): Document,
) -> Result<HttpResponse, ApiError> {
    let made = edit(editor, &request, move |editor| {
        editor.create::<R>(&document)
    })
    .await?;
    Ok(created::<R>(made))
}

pub(super) async fn read<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let documents = editor.documents();
    let found = R::all(&documents).get(&parse_id::<R>(&id)?);
    let entity = Arc::clone(found.ok_or_else(|| unknown::<R>(&id))?);
    let mut observed = observed::warnings(&request, R::WORD, entity.head().id).await;
    let rates = observed::rates(&request);
    observed.extend(observed::unrated(entity.currency(), rates.as_deref()));
    let told = web::block(move || body(entity.as_ref(), &documents, observed));
    Ok(answer(StatusCode::OK).body(told.await?))
}

pub(super) async fn replace<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    request: HttpRequest,
    Document(document): Document,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<R>(&id)?;
    let saved = edit(editor, &request, move |editor| {
        editor.replace::<R>(id, &document)
    })
    .await?;
    Ok(stored(saved))
}

pub(super) async fn patch<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    request: HttpRequest,
    Document(patch): Document,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<R>(&id)?;
    let saved = edit(editor, &request, move |editor| {
        editor.patch::<R>(id, &patch)
    })
    .await?;
    Ok(stored(saved))
}

/// Without a body the copy differs only where it has to; a body is a merge patch over it.
pub(super) async fn copy<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    request: HttpRequest,
    OptionalDocument(changes): OptionalDocument,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<R>(&id)?;
    let changes = changes.unwrap_or_else(|| json!({}));
    let made = edit(editor, &request, move |editor| {
        editor.copy::<R>(id, &changes)
    })
    .await?;
    Ok(created::<R>(made))
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
    Ok(stored(edit(editor, &request, archive).await?))
}

pub(super) async fn restore<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<R>(&id)?;
    let saved = edit(editor, &request, move |editor| editor.restore::<R>(id)).await?;
    Ok(stored(saved))
}

/// An entity after an edit, as it is answered.
struct Edited {
    id: u64,
    body: String,
}

/// Runs an edit where waiting is allowed. A list can be long, so its answer is written there too.
async fn edit<R: Resource>(
    editor: web::Data<Editor>,
    request: &HttpRequest,
    work: impl FnOnce(&Editor) -> Result<Arc<R>, EditError> + Send + 'static,
) -> Result<Edited, ApiError> {
    let rates = observed::rates(request);
    let edited = web::block(move || {
        work(&editor).map(|entity| Edited {
            id: entity.head().id,
            body: body(
                entity.as_ref(),
                &editor.documents(),
                observed::unrated(entity.currency(), rates.as_deref()),
            ),
        })
    });
    Ok(edited.await??)
}

fn stored(edited: Edited) -> HttpResponse {
    answer(StatusCode::OK).body(edited.body)
}

fn created<R: Resource>(edited: Edited) -> HttpResponse {
    let location = format!("{BASE}/{}/{}", R::PATH, edited.id);
    answer(StatusCode::CREATED)
        .insert_header((header::LOCATION, location))
        .body(edited.body)
}

fn answer(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.content_type(header::ContentType::json());
    answer
}

/// The stored object, and what the operator should know about it.
fn body<R: Resource>(entity: &R, documents: &Documents, observed: Vec<Problem>) -> String {
    let mut body = as_json(entity);
    let mut warnings = entity.warnings(documents);
    warnings.extend(entity.link_warnings());
    for (field, postback) in entity.outgoing() {
        let found = Outgoing::parse(postback).1.into_iter();
        warnings.extend(found.map(|warning| warning.under(&field)));
    }
    for (field, call) in entity.calls() {
        let found = words::warnings(call).into_iter();
        warnings.extend(found.map(|warning| warning.under(&field)));
    }
    warnings.extend(observed);
    body["warnings"] = json!(warnings);
    body.to_string()
}

pub(super) fn parse_id<R: Resource>(text: &str) -> Result<u64, ApiError> {
    text.parse().map_err(|_| unknown::<R>(text))
}

pub(super) fn unknown<R: Resource>(id: &str) -> ApiError {
    let id: String = id.chars().take(100).collect();
    ApiError::NotFound(format!("There is no {} {id}.", R::WORD))
}
