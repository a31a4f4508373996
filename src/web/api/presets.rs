//! Ready-made traffic sources, networks and rules: `GET /presets`, and one of them as a document that can
//! be stored as it is.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::{Endpoint, openapi};
use crate::domain::form::quoted;
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::presets::{self, PresetKind};
use crate::web::error::{ApiError, BODY_MAX};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/presets".to_owned(),
            method: Method::GET,
            body_max: BODY_MAX,
            operation: list_operation(),
            route: || web::get().to(list),
        },
        Endpoint {
            path: "/presets/traffic-sources/{slug}".to_owned(),
            method: Method::GET,
            body_max: BODY_MAX,
            operation: one_operation(
                "traffic_source_preset",
                "A ready-made traffic source, as a document for POST /traffic-sources. Values of \
                 `asks` are sent as query parameters of their own: ?ADVERTISER_ID=12345",
                "TrafficSourcePreset",
            ),
            route: || web::get().to(source),
        },
        Endpoint {
            path: "/presets/networks/{slug}".to_owned(),
            method: Method::GET,
            body_max: BODY_MAX,
            operation: one_operation(
                "network_preset",
                "A ready-made affiliate network, as a document for POST /networks",
                "NetworkPreset",
            ),
            route: || web::get().to(network),
        },
        Endpoint {
            path: "/presets/rules/{slug}".to_owned(),
            method: Method::GET,
            body_max: BODY_MAX,
            operation: one_operation(
                "rule_preset",
                "A ready-made rule, as a document for POST /rules. Ids of `asks` are sent as query \
                 parameters of their own: ?list_id=3&campaign_ids=1,2",
                "RulePreset",
            ),
            route: || web::get().to(rule),
        },
    ]
}

fn list_operation() -> Value {
    let parameter = |name: &str, schema: Value, what: &str| {
        json!({ "name": name, "in": "query", "required": false, "schema": schema,
            "description": what })
    };
    let kinds: Vec<&str> = PresetKind::ALL.iter().map(|(word, _)| *word).collect();
    let page = json!({ "type": "object", "properties": {
        "items": { "type": "array", "items": openapi::reference("PresetSummary") },
        "next": { "type": "null" } } });
    json!({
        "tags": ["presets"],
        "operationId": "presets",
        "summary": "Ready-made traffic sources, networks and rules, all at once",
        "parameters": [
            parameter("kind", json!({ "type": "string", "enum": kinds }), "Left out: all."),
            parameter("search", json!({ "type": "string" }), "A part of a name or platform."),
        ],
        "responses": openapi::responses("200", page, &["401", "403", "422"]),
    })
}

fn one_operation(id: &str, summary: &str, schema: &str) -> Value {
    json!({
        "tags": ["presets"],
        "operationId": id,
        "summary": summary,
        "parameters": [{ "name": "slug", "in": "path", "required": true,
            "schema": { "type": "string", "example": "propellerads" } }],
        "responses": openapi::responses("200", openapi::reference(schema), &["401", "403", "404", "422"]),
    })
}

async fn list(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let mut kind = None;
    let mut search = String::new();
    let mut problems = Vec::new();
    for (name, value) in pairs(&request)? {
        match (name.as_str(), value.trim()) {
            ("search", text) => search = text.to_lowercase(),
            ("kind", "") => {}
            ("kind", word) => {
                kind = PresetKind::ALL.iter().find(|(known, _)| *known == word);
                if kind.is_none() {
                    let kinds: Vec<&str> = PresetKind::ALL.iter().map(|(word, _)| *word).collect();
                    let message = format!("{} is none of {}.", quoted(word), kinds.join(", "));
                    problems.push(Problem::new("kind", "invalid", message));
                }
            }
            _ => {
                let mut message = format!("There is no query parameter {} here.", quoted(&name));
                if let Some(near) = nearest(&name, ["kind", "search"]) {
                    message.push_str(&format!(" Did you mean \"{near}\"?"));
                }
                let field: String = name.chars().take(100).collect();
                problems.push(Problem::new(field, "unknown_parameter", message));
            }
        }
    }
    if !problems.is_empty() {
        return Err(ApiError::Invalid(problems));
    }
    let items: Vec<_> = presets::all()
        .filter(|preset| kind.is_none_or(|(_, kind)| preset.kind == *kind))
        .filter(|preset| preset.is_found(&search))
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": null })))
}

async fn source(request: HttpRequest, slug: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let slugs = || presets::sources().iter().map(|one| one.slug.as_str());
    let preset =
        presets::find_source(&slug).ok_or_else(|| unknown("traffic source", &slug, slugs()))?;
    let values: BTreeMap<String, String> = pairs(&request)?.into_iter().collect();
    let answer = preset.expand(&values).map_err(ApiError::Invalid)?;
    Ok(HttpResponse::Ok().json(answer))
}

async fn network(slug: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let slugs = || presets::networks().iter().map(|one| one.slug.as_str());
    let preset = presets::find_network(&slug).ok_or_else(|| unknown("network", &slug, slugs()))?;
    Ok(HttpResponse::Ok().json(preset.expand()))
}

async fn rule(request: HttpRequest, slug: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let slugs = || presets::rules().iter().map(|one| one.slug.as_str());
    let preset = presets::find_rule(&slug).ok_or_else(|| unknown("rule", &slug, slugs()))?;
    let values: BTreeMap<String, String> = pairs(&request)?.into_iter().collect();
    let answer = preset.expand(&values).map_err(ApiError::Invalid)?;
    Ok(HttpResponse::Ok().json(answer))
}

pub(super) fn pairs(request: &HttpRequest) -> Result<Vec<(String, String)>, ApiError> {
    match web::Query::<Vec<(String, String)>>::from_query(request.query_string()) {
        Ok(pairs) => Ok(pairs.into_inner()),
        Err(error) => {
            let message = format!("The query is not readable: {error}.");
            Err(ApiError::invalid("", "invalid", message))
        }
    }
}

fn unknown<'a>(what: &str, slug: &str, known: impl Iterator<Item = &'a str>) -> ApiError {
    let slug: String = slug.chars().take(100).collect();
    let mut message = format!("There is no {what} preset {}.", quoted(&slug));
    match nearest(&slug, known) {
        Some(near) => message.push_str(&format!(" Did you mean \"{near}\"?")),
        None => message.push_str(" GET /api/v1/presets lists all of them."),
    }
    ApiError::NotFound(message)
}
