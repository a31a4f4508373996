//! Values of a list, added and taken off without sending all the others:
//! `POST /lists/{id}/values` and `POST /lists/{id}/values/remove`.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::body::Document;
use super::handlers::parse_id;
use super::resource::Resource;
use super::{Endpoint, openapi};
use crate::domain::form::Form;
use crate::domain::list::{self, List};
use crate::editor::Editor;
use crate::web::error::ApiError;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let endpoint = |path: &str, operation, route| Endpoint {
        path: path.to_owned(),
        method: Method::POST,
        operation,
        route,
        body_max: List::BODY_MAX,
    };
    vec![
        endpoint(
            "/lists/{id}/values",
            operation("add_list_values", "Add values to a list", "added"),
            || web::post().to(add),
        ),
        endpoint(
            "/lists/{id}/values/remove",
            operation("remove_list_values", "Take values off a list", "removed"),
            || web::post().to(remove),
        ),
    ]
}

fn operation(id: &str, summary: &str, counted: &str) -> Value {
    let values = json!({ "type": "object", "required": ["values"], "properties": {
        "values": { "type": "array", "items": { "type": "string" } } } });
    let count = json!({ "type": "object", "required": [counted], "properties": {
        counted: { "type": "integer", "minimum": 0, "description": "How many made a difference." } } });
    let answer = json!({ "allOf": [openapi::reference("ListBrief"), count] });
    let errors = ["400", "401", "403", "404", "413", "415", "422", "503"];
    json!({
        "tags": ["lists"],
        "operationId": id,
        "summary": summary,
        "parameters": [openapi::id_parameter()],
        "requestBody": { "required": true,
            "content": { "application/json": { "schema": values } } },
        "responses": openapi::responses("200", answer, &errors),
    })
}

/// A list without its values, which can be many: `count` says how many.
pub(super) fn brief(list: &List) -> Value {
    json!({
        "id": list.id,
        "version": list.version,
        "name": list.name,
        "state": list.state,
        "count": list.values.len(),
        "notes": list.notes,
        "created_at": list.created_at,
        "updated_at": list.updated_at,
    })
}

async fn add(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<List>(&id)?;
    let add = move || {
        let values = read(&body)?;
        let added = editor.change(id, |list: &mut List| list.add(values));
        added.map_err(ApiError::from)
    };
    let (list, added) = web::block(add).await??;
    Ok(answer(&list, "added", added))
}

async fn remove(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id::<List>(&id)?;
    let remove = move || {
        let values = read(&body)?;
        let removed = editor.change(id, |list: &mut List| Ok(list.remove(&values)));
        removed.map_err(ApiError::from)
    };
    let (list, removed) = web::block(remove).await??;
    Ok(answer(&list, "removed", removed))
}

/// `{"values": [...]}`
fn read(body: &Value) -> Result<Vec<String>, ApiError> {
    let read = |form: &mut Form<'_>| {
        if form.value("values").is_none() {
            form.missing("values", "The values are missing: a list of texts.");
        }
        list::read_values(form)
    };
    Form::read(body, read).map_err(ApiError::Invalid)
}

fn answer(list: &List, counted: &str, count: usize) -> HttpResponse {
    let mut answer = brief(list);
    answer[counted] = count.into();
    HttpResponse::Ok().json(answer)
}
