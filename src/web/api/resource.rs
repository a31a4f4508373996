//! What all editable entities answer to: list, create, read, replace, archive, restore.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::query::ListQuery;
use super::{BASE, Endpoint, openapi};
use crate::domain::campaign::Campaign;
use crate::domain::documents::Documents;
use crate::domain::landing::Landing;
use crate::domain::list::List;
use crate::domain::network::Network;
use crate::domain::offer::Offer;
use crate::domain::problem::Problem;
use crate::domain::tracking_domain::TrackingDomain;
use crate::editor::{EditError, Editor, as_json};
use crate::engine::Catalog;
use crate::macros::Template;
use crate::store::entities::Stored;
use crate::web::error::ApiError;

/// An entity with an address.
pub trait Resource: Stored {
    /// Plural noun of its path: `campaigns`.
    const PATH: &'static str;

    /// What is odd about its links, though they work: mistyped macros above all.
    fn link_warnings(&self) -> Vec<Problem> {
        Vec::new()
    }
}

impl Resource for Campaign {
    const PATH: &'static str = "campaigns";

    fn link_warnings(&self) -> Vec<Problem> {
        Catalog::campaign_warnings(self)
    }
}

impl Resource for Offer {
    const PATH: &'static str = "offers";

    fn link_warnings(&self) -> Vec<Problem> {
        template_warnings("url", &self.url)
    }
}

impl Resource for Landing {
    const PATH: &'static str = "landings";

    fn link_warnings(&self) -> Vec<Problem> {
        template_warnings("url", &self.url)
    }
}

impl Resource for List {
    const PATH: &'static str = "lists";
}

impl Resource for Network {
    const PATH: &'static str = "networks";

    fn link_warnings(&self) -> Vec<Problem> {
        template_warnings("offer_param", &self.offer_param)
    }
}

impl Resource for TrackingDomain {
    const PATH: &'static str = "domains";
}

fn template_warnings(field: &str, template: &str) -> Vec<Problem> {
    let warnings = Template::parse(template).1.into_iter();
    warnings.map(|warning| warning.under(field)).collect()
}

/// The six endpoints of a resource.
pub(super) fn endpoints<R: Resource>() -> Vec<Endpoint> {
    let (path, word) = (R::PATH, R::WORD);
    let schema = R::name();
    let all = format!("/{path}");
    let one = format!("/{path}/{{id}}");
    let endpoint = |path: &str, method, operation, route| Endpoint {
        path: path.to_owned(),
        method,
        operation,
        route,
    };
    vec![
        endpoint(
            &all,
            Method::GET,
            openapi::list(path, word, &schema),
            || web::get().to(list::<R>),
        ),
        endpoint(
            &all,
            Method::POST,
            openapi::create(path, word, &schema),
            || web::post().to(create::<R>),
        ),
        endpoint(
            &one,
            Method::GET,
            openapi::read(path, word, &schema),
            || web::get().to(read::<R>),
        ),
        endpoint(
            &one,
            Method::PUT,
            openapi::replace(path, word, &schema),
            || web::put().to(replace::<R>),
        ),
        endpoint(
            &one,
            Method::DELETE,
            openapi::archive(path, word, &schema),
            || web::delete().to(archive::<R>),
        ),
        endpoint(
            &format!("{one}/restore"),
            Method::POST,
            openapi::restore(path, word, &schema),
            || web::post().to(restore::<R>),
        ),
    ]
}

async fn list<R: Resource>(
    editor: web::Data<Editor>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = ListQuery::parse(request.query_string())?;
    let documents = editor.documents();
    // One more than asked for tells whether there is a next page.
    let after = (
        std::ops::Bound::Excluded(query.after),
        std::ops::Bound::Unbounded,
    );
    let mut found: Vec<&Arc<R>> = R::all(&documents)
        .range(after)
        .map(|(_, entity)| entity)
        .filter(|entity| query.states.contains(&entity.head().state))
        .filter(|entity| is_found(entity.as_ref(), &query.search))
        .take(query.limit + 1)
        .collect();
    let has_more = found.len() > query.limit;
    found.truncate(query.limit);
    let next = found
        .last()
        .filter(|_| has_more)
        .map(|last| last.head().id.to_string());
    Ok(HttpResponse::Ok().json(json!({ "items": found, "next": next })))
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

async fn create<R: Resource>(
    editor: web::Data<Editor>,
    document: web::Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let (created, documents) = edit(editor, move |editor| editor.create::<R>(&document)).await?;
    let location = format!("{BASE}/{}/{}", R::PATH, created.head().id);
    let mut answer = HttpResponse::build(StatusCode::CREATED);
    answer.insert_header((header::LOCATION, location));
    Ok(answer.json(body(created.as_ref(), &documents)))
}

async fn read<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let documents = editor.documents();
    let found = R::all(&documents).get(&parse_id::<R>(&id)?);
    let entity = found.ok_or_else(|| unknown::<R>(&id))?;
    Ok(HttpResponse::Ok().json(body(entity.as_ref(), &documents)))
}

async fn replace<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    document: web::Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<R>(&id)?;
    let (saved, documents) = edit(editor, move |editor| editor.replace::<R>(id, &document)).await?;
    Ok(HttpResponse::Ok().json(body(saved.as_ref(), &documents)))
}

async fn archive<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<R>(&id)?;
    let (saved, documents) = edit(editor, move |editor| editor.archive::<R>(id)).await?;
    Ok(HttpResponse::Ok().json(body(saved.as_ref(), &documents)))
}

async fn restore<R: Resource>(
    editor: web::Data<Editor>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<R>(&id)?;
    let (saved, documents) = edit(editor, move |editor| editor.restore::<R>(id)).await?;
    Ok(HttpResponse::Ok().json(body(saved.as_ref(), &documents)))
}

/// Runs an edit where waiting is allowed; its result, and all documents after it.
async fn edit<R: Resource>(
    editor: web::Data<Editor>,
    work: impl FnOnce(&Editor) -> Result<Arc<R>, EditError> + Send + 'static,
) -> Result<(Arc<R>, Arc<Documents>), ApiError> {
    let edited = web::block(move || work(&editor).map(|entity| (entity, editor.documents())));
    Ok(edited.await??)
}

/// The stored object, and what the operator should know about it.
fn body<R: Resource>(entity: &R, documents: &Documents) -> Value {
    let mut body = as_json(entity);
    let mut warnings = entity.warnings(documents);
    warnings.extend(entity.link_warnings());
    body["warnings"] = json!(warnings);
    body
}

fn parse_id<R: Resource>(text: &str) -> Result<u64, ApiError> {
    text.parse().map_err(|_| unknown::<R>(text))
}

fn unknown<R: Resource>(id: &str) -> ApiError {
    let id: String = id.chars().take(100).collect();
    ApiError::NotFound(format!("There is no {} {id}.", R::WORD))
}
