//! The OpenAPI document, made from the types that are really sent and from the list of endpoints.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use actix_web::http::{Method, header};
use actix_web::{HttpResponse, web};
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::facts::Options;
use super::limits::{BudgetState, CapState};
use super::rates::CurrencyRate;
use super::{BASE, Endpoint, endpoints};
use crate::domain::campaign::Campaign;
use crate::domain::channel::Channel;
use crate::domain::event::Event;
use crate::domain::group::Group;
use crate::domain::landing::Landing;
use crate::domain::list::List;
use crate::domain::network::Network;
use crate::domain::offer::Offer;
use crate::domain::own_metric::OwnMetric;
use crate::domain::problem::Problem;
use crate::domain::rule::Rule;
use crate::domain::saved_report::SavedReport;
use crate::domain::summary::Summary;
use crate::domain::tracking_domain::TrackingDomain;
use crate::domain::traffic_source::TrafficSource;
use crate::editor::{Difference, Report, User};
use crate::evaluator::trial::{Trial, TriedGroup};
use crate::export::Format;
use crate::importer::Preview;
use crate::jobs::costs::{CostPreview, FilePreview};
use crate::presets::PresetSummary;
use crate::presets::network::NetworkAnswer;
use crate::presets::postback_url::UrlParameter;
use crate::presets::rule::RuleAnswer;
use crate::presets::source::SourceAnswer;
use crate::report::request::Fields;
use crate::report::table::Answer;
use crate::simulator::Outcome;
use crate::store::api_keys::ApiKey;
use crate::store::changes::ChangeRow;
use crate::store::conversions::history::ConversionBrief;
use crate::store::conversions::log::{ConversionInFull, LoggedConversion};
use crate::store::imports::{Import, ImportRow};
use crate::store::jobs::Job;
use crate::store::jobs::costs::CostUpdate;
use crate::store::offer_clicks::log::LoggedStep;
use crate::store::outbox::log::{OutgoingCall, OutgoingCallInFull};
use crate::store::postbacks::log::Postback;
use crate::store::postbacks::unmapped::UnmappedWord;
use crate::store::report_links::ReportLink;
use crate::store::rules::log::RuleRun;
use crate::store::set_aside::SetAside;
use crate::store::tallies::Tally;
use crate::web::error::BODY_MAX;

/// Where the document is, below the API's base.
pub const PATH: &str = "/openapi.json";

/// The fields of each schema that a sent document cannot leave out.
const REQUIRED: &[(&str, &[&str])] = &[
    ("Campaign", &["name"]),
    ("Offer", &["name", "url"]),
    ("Landing", &["name", "url"]),
    ("Network", &["name"]),
    ("TrafficSource", &["name"]),
    ("TrackingDomain", &["host"]),
    ("List", &["name"]),
    ("Group", &["name", "kind"]),
    ("Event", &["name"]),
    ("Rule", &["name", "actions"]),
    ("RuleAction", &["key"]),
    ("Channel", &["name", "kind"]),
    ("Summary", &["name", "channel_id"]),
    ("SavedReport", &["name", "request"]),
    ("ColumnLayout", &["key"]),
    ("ColourRule", &["metric", "operator", "value", "colour"]),
    ("OwnMetric", &["name", "formula"]),
    ("Cap", &["daily"]),
    ("Fallback", &["kind", "url", "campaign_id"]),
    ("Filter", &["key", "value"]),
    ("Flow", &["target"]),
    ("KeptParameter", &["name"]),
    ("OutgoingHeader", &["name"]),
    ("CallTemplate", &["url"]),
    ("ParameterName", &["name"]),
    ("Target", &["kind", "url", "reply", "campaign_id"]),
    ("WeightedLanding", &["landing_id"]),
    ("WeightedOffer", &["offer_id"]),
];

/// Fields of an entity that only the server sets.
const SERVERS_OWN: &[&str] = &["id", "created_at", "updated_at"];

/// Fields that are sent and never answered: of which schema, name, what they are.
const WRITE_ONLY: &[(&str, &str, &str)] = &[
    (
        "Network",
        "secret",
        "The secret that each postback has to carry: 8 to 200 characters, of which only the SHA-256 is \
         kept, as secret_sha256. An empty text removes it.",
    ),
    (
        "Channel",
        "bot_token",
        "Of a Telegram channel: the token that @BotFather tells. It is kept encrypted and never told; \
         left out, the stored one stays.",
    ),
    (
        "Channel",
        "secret",
        "Of a webhook: whsec_ and 24 to 64 bytes as base64, kept encrypted. Left out, the stored one \
         stays; for a new channel one is made, which GET /channels/{id}/secret tells.",
    ),
];

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
        body_max: BODY_MAX,
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
            "description": "Money is a decimal string, counts are integers. Times are UTC \
                milliseconds; those of clicks, conversions and postbacks are RFC 3339. Fields left out of a sent document take their defaults.",
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
    add::<TrafficSource>(&mut schemas);
    add::<TrackingDomain>(&mut schemas);
    add::<List>(&mut schemas);
    add::<Group>(&mut schemas);
    add::<Event>(&mut schemas);
    add::<Rule>(&mut schemas);
    add::<Trial>(&mut schemas);
    add::<TriedGroup>(&mut schemas);
    add::<Channel>(&mut schemas);
    add::<Summary>(&mut schemas);
    add::<SavedReport>(&mut schemas);
    add::<OwnMetric>(&mut schemas);
    let mut drafts = BTreeMap::new();
    for (name, schema) in &schemas {
        drafts.insert(format!("{name}Draft"), draft(name, schema));
    }
    schemas.append(&mut drafts);
    add::<Problem>(&mut schemas);
    add::<Difference>(&mut schemas);
    add::<User>(&mut schemas);
    add::<ApiKey>(&mut schemas);
    add::<Options>(&mut schemas);
    add::<Tally>(&mut schemas);
    add::<PresetSummary>(&mut schemas);
    add::<SourceAnswer>(&mut schemas);
    add::<NetworkAnswer>(&mut schemas);
    add::<RuleAnswer>(&mut schemas);
    add::<UrlParameter>(&mut schemas);
    add::<Outcome>(&mut schemas);
    add::<Report>(&mut schemas);
    add::<ChangeRow>(&mut schemas);
    add::<SetAside>(&mut schemas);
    add::<Preview>(&mut schemas);
    add::<Import>(&mut schemas);
    add::<ImportRow>(&mut schemas);
    add::<Job>(&mut schemas);
    add::<CostUpdate>(&mut schemas);
    add::<CostPreview>(&mut schemas);
    add::<FilePreview>(&mut schemas);
    add::<LoggedConversion>(&mut schemas);
    add::<ConversionInFull>(&mut schemas);
    add::<ConversionBrief>(&mut schemas);
    add::<LoggedStep>(&mut schemas);
    add::<ReportLink>(&mut schemas);
    add::<Postback>(&mut schemas);
    add::<UnmappedWord>(&mut schemas);
    add::<OutgoingCall>(&mut schemas);
    add::<OutgoingCallInFull>(&mut schemas);
    add::<RuleRun>(&mut schemas);
    add::<Answer>(&mut schemas);
    add::<Fields>(&mut schemas);
    schemas.insert("ListBrief".to_owned(), list_brief());
    add::<CapState>(&mut schemas);
    add::<BudgetState>(&mut schemas);
    add::<CurrencyRate>(&mut schemas);
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
        for (_, field, description) in WRITE_ONLY.iter().filter(|(of, ..)| *of == name) {
            let field_schema =
                json!({ "type": "string", "writeOnly": true, "description": description });
            properties.insert((*field).to_owned(), field_schema);
        }
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

/// A list as it stands among others: `count` instead of the values.
fn list_brief() -> Value {
    let mut brief = serde_json::to_value(List::schema()).unwrap_or_default();
    if let Some(properties) = brief.get_mut("properties").and_then(Value::as_object_mut) {
        properties.shift_remove("values");
        let count = json!({ "type": "integer", "minimum": 0, "description": "How many values." });
        properties.insert("count".to_owned(), count);
    }
    if let Some(required) = brief.get_mut("required").and_then(Value::as_array_mut) {
        for name in required.iter_mut().filter(|name| *name == "values") {
            *name = json!("count");
        }
    }
    brief
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
                    "users": { "type": "array", "items": reference("User"),
                        "description": "With 409 in_use: who names what was to be archived." },
                },
            },
            "problems": { "type": "array", "items": reference("Problem"),
                "description": "With 422: every problem of the document; the first is `error`." },
        },
    })
}

pub(super) fn id_parameter() -> Value {
    json!({ "name": "id", "in": "path", "required": true,
        "schema": { "type": "integer", "format": "int64", "minimum": 1 } })
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
            "409" => "Another version was stored meanwhile, or it is in use.",
            "413" => "The body is too large.",
            "415" => "The body is not called application/json.",
            "429" => "Too much is being done already; try again after Retry-After seconds.",
            "422" => "The document or the query has problems; all are listed.",
            _ => "The storage does not take changes now; nothing was changed.",
        };
        let content = json!({ "application/json": { "schema": reference("Error") } });
        let error = json!({ "description": description, "content": content });
        responses.insert((*status).to_owned(), error);
    }
    Value::Object(responses)
}

/// A file, in whatever format.
pub(super) fn file_responses(errors: &[&str]) -> Value {
    let file = json!({ "schema": { "type": "string", "format": "binary" } });
    let mut responses = responses("200", json!({}), errors);
    responses["200"]["content"] = Format::ALL
        .iter()
        .map(|(_, format)| (format.media_type().to_owned(), file.clone()))
        .collect();
    responses
}

pub(super) fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}
