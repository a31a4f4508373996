//! The OpenAPI document, made from the types that are really sent and from the list of endpoints.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use actix_web::http::{Method, header};
use actix_web::{HttpResponse, web};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{BASE, Endpoint, endpoints};
use crate::domain::campaign::Campaign;
use crate::domain::landing::Landing;
use crate::domain::network::Network;
use crate::domain::offer::Offer;
use crate::domain::problem::Problem;
use crate::domain::tracking_domain::TrackingDomain;
use crate::editor::Difference;
use crate::engine::Options;
use crate::store::set_aside::SetAside;
use crate::store::tallies::Tally;

/// Where the document is, below the API's base.
pub const PATH: &str = "/openapi.json";

/// The fields of each schema that a sent document cannot leave out.
const REQUIRED: &[(&str, &[&str])] = &[
    ("Campaign", &["name"]),
    ("Offer", &["name", "url"]),
    ("Landing", &["name", "url"]),
    ("Network", &["name"]),
    ("TrackingDomain", &["host"]),
    ("Cap", &["daily"]),
    ("Fallback", &["kind", "url", "campaign_id"]),
    ("Filter", &["key", "value"]),
    ("Flow", &["target"]),
    ("OutgoingPostback", &["url"]),
    ("ParameterName", &["name"]),
    ("Target", &["kind", "url", "reply", "campaign_id"]),
    ("WeightedLanding", &["landing_id"]),
    ("WeightedOffer", &["offer_id"]),
];

/// Fields of an entity that only the server sets.
const SERVERS_OWN: &[&str] = &["id", "created_at", "updated_at"];

/// The document as text, made once.
pub fn document() -> &'static str {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    DOCUMENT.get_or_init(|| build(&endpoints()).to_string())
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint {
        path: PATH.to_owned(),
        method: Method::GET,
        operation: json!({
            "summary": "This document",
            "operationId": "openapi",
            "security": [],
            "responses": { "200": { "description": "The OpenAPI document.",
                "content": { "application/json": { "schema": { "type": "object" } } } } },
        }),
        route: || web::get().to(serve),
    }
}

async fn serve() -> HttpResponse {
    let content_type = (header::CONTENT_TYPE, "application/json");
    HttpResponse::Ok()
        .insert_header(content_type)
        .body(document())
}

fn build(endpoints: &[Endpoint]) -> Value {
    let mut paths = Map::new();
    for endpoint in endpoints {
        let item = paths.entry(&endpoint.path).or_insert_with(|| json!({}));
        item[endpoint.method.as_str().to_ascii_lowercase()] = endpoint.operation.clone();
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Millrace",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Money is a decimal string, times are UTC milliseconds, counts are integers. \
                Fields left out of a sent document take their defaults.",
        },
        "servers": [{ "url": BASE }],
        "security": [{ "api_key": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": { "api_key": { "type": "http", "scheme": "bearer",
                "description": "A key made by `millrace api-key create --name <name>`." } },
        },
    })
}

/// Every type by its name, and for each entity and its parts the `...Draft` of a sent document.
fn schemas() -> BTreeMap<String, Value> {
    let mut schemas = BTreeMap::new();
    add::<Campaign>(&mut schemas);
    add::<Offer>(&mut schemas);
    add::<Landing>(&mut schemas);
    add::<Network>(&mut schemas);
    add::<TrackingDomain>(&mut schemas);
    let mut drafts = BTreeMap::new();
    for (name, schema) in &schemas {
        drafts.insert(format!("{name}Draft"), draft(name, schema));
    }
    schemas.append(&mut drafts);
    add::<Problem>(&mut schemas);
    add::<Difference>(&mut schemas);
    add::<Options>(&mut schemas);
    add::<Tally>(&mut schemas);
    add::<SetAside>(&mut schemas);
    schemas.insert("Error".to_owned(), error());
    schemas
}

fn add<T: ToSchema>(schemas: &mut BTreeMap<String, Value>) {
    let mut found = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut found);
    for (name, schema) in found {
        schemas.insert(name, serde_json::to_value(schema).unwrap_or_default());
    }
}

/// The same schema for a document that is sent: only what has no default is required.
fn draft(name: &str, schema: &Value) -> Value {
    let required = REQUIRED.iter().find(|(one, _)| *one == name);
    let mut draft = schema.clone();
    relax(&mut draft, required.map_or(&[], |(_, fields)| fields));
    if let Some(properties) = draft.get_mut("properties").and_then(Value::as_object_mut)
        && properties.contains_key("created_at")
    {
        properties.retain(|field, _| !SERVERS_OWN.contains(&field.as_str()));
        properties.insert(
            "version".to_owned(),
            json!({ "type": "integer", "format": "int64", "minimum": 0,
                "description": "The version that was read; required by PUT, ignored by POST." }),
        );
    }
    draft
}

fn relax(schema: &mut Value, required: &[&str]) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Array(names)) = fields.get_mut("required") {
                names.retain(|name| name.as_str().is_some_and(|name| required.contains(&name)));
                if names.is_empty() {
                    fields.shift_remove("required");
                }
            }
            if let Some(Value::String(target)) = fields.get_mut("$ref") {
                target.push_str("Draft");
            }
            for (key, inner) in fields {
                if key != "example" && key != "required" {
                    relax(inner, required);
                }
            }
        }
        Value::Array(inner) => inner.iter_mut().for_each(|inner| relax(inner, required)),
        _ => {}
    }
}

fn error() -> Value {
    json!({
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": { "type": "string", "example": "alias_taken" },
                    "field": { "type": "string", "example": "alias" },
                    "message": { "type": "string",
                        "example": "The alias \"us-push\" already belongs to campaign 12." },
                    "current": { "type": "object", "description": "With 409: the stored document." },
                    "differences": { "type": "array", "items": reference("Difference"),
                        "description": "With 409: what was sent differs from it in these fields." },
                },
            },
            "problems": { "type": "array", "items": reference("Problem"),
                "description": "With 422: every problem of the document; the first is `error`." },
        },
    })
}

pub(super) fn list(path: &str, word: &str, schema: &str) -> Value {
    let parameter = |name: &str, schema: Value, description: &str| {
        json!({ "name": name, "in": "query", "required": false, "schema": schema,
            "description": description })
    };
    let page = json!({
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": { "type": "array", "items": reference(schema) },
            "next": { "type": ["string", "null"], "description": "The cursor of the next page." },
        },
    });
    json!({
        "tags": [path],
        "operationId": format!("list_{path}"),
        "summary": format!("{path}, by id"),
        "parameters": [
            parameter("limit", json!({ "type": "integer", "minimum": 1, "maximum": 500, "default": 100 }),
                "How many at most."),
            parameter("cursor", json!({ "type": "string" }), "`next` of the page before."),
            parameter("state", json!({ "type": "string", "enum": ["active", "paused", "archived", "all"] }),
                "Left out: active and paused."),
            parameter("search", json!({ "type": "string" }), &format!("A part of a {word}'s texts, or its id.")),
        ],
        "responses": responses("200", page, &["401", "403", "422"]),
    })
}

pub(super) fn create(path: &str, word: &str, schema: &str) -> Value {
    json!({
        "tags": [path],
        "operationId": format!("create_{word}"),
        "summary": format!("Make a {word}"),
        "requestBody": sent(schema),
        "responses": responses("201", stored(schema), &["400", "401", "403", "413", "415", "422", "503"]),
    })
}

pub(super) fn read(path: &str, word: &str, schema: &str) -> Value {
    one(
        path,
        "read",
        word,
        "Read",
        stored(schema),
        &["401", "403", "404"],
    )
}

pub(super) fn replace(path: &str, word: &str, schema: &str) -> Value {
    let errors = [
        "400", "401", "403", "404", "409", "413", "415", "422", "503",
    ];
    let mut operation = one(path, "replace", word, "Save", stored(schema), &errors);
    operation["requestBody"] = sent(schema);
    operation["description"] = json!(
        "The whole document; `version` is the one that was read. If another was stored meanwhile, \
         the answer is 409 with the differences."
    );
    operation
}

pub(super) fn archive(path: &str, word: &str, schema: &str) -> Value {
    one(
        path,
        "archive",
        word,
        "Archive",
        stored(schema),
        &["401", "403", "404", "422", "503"],
    )
}

pub(super) fn restore(path: &str, word: &str, schema: &str) -> Value {
    let errors = ["401", "403", "404", "422", "503"];
    one(
        path,
        "restore",
        word,
        "Restore from the archive",
        stored(schema),
        &errors,
    )
}

/// An operation on one entity.
fn one(path: &str, verb: &str, word: &str, summary: &str, answer: Value, errors: &[&str]) -> Value {
    json!({
        "tags": [path],
        "operationId": format!("{verb}_{word}"),
        "summary": format!("{summary}: {word}"),
        "parameters": [{ "name": "id", "in": "path", "required": true,
            "schema": { "type": "integer", "format": "int64", "minimum": 1 } }],
        "responses": responses("200", answer, errors),
    })
}

fn sent(schema: &str) -> Value {
    let schema = reference(&format!("{schema}Draft"));
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

/// The stored entity with its warnings.
fn stored(schema: &str) -> Value {
    let warnings = json!({ "type": "object", "required": ["warnings"], "properties": {
        "warnings": { "type": "array", "items": reference("Problem"),
            "description": "What is stored but has no effect, or a surprising one." } } });
    json!({ "allOf": [reference(schema), warnings] })
}

pub(super) fn responses(status: &str, schema: Value, errors: &[&str]) -> Value {
    let mut responses = Map::new();
    let answer =
        json!({ "description": "Done.", "content": { "application/json": { "schema": schema } } });
    responses.insert(status.to_owned(), answer);
    for status in errors {
        let description = match *status {
            "400" => "The body is not JSON.",
            "401" => "No API key, or an unknown one.",
            "403" => "A page of another site asked.",
            "404" => "There is none with this id.",
            "409" => "Another version was stored meanwhile.",
            "413" => "The body is too large.",
            "415" => "The body is not called application/json.",
            "422" => "The document or the query has problems; all are listed.",
            _ => "The storage does not take changes now; nothing was changed.",
        };
        let content = json!({ "application/json": { "schema": reference("Error") } });
        let error = json!({ "description": description, "content": content });
        responses.insert((*status).to_owned(), error);
    }
    Value::Object(responses)
}

pub(super) fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}
