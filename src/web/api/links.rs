//! `GET /campaigns/{id}/links`: the links to copy into the traffic source.
//!
//! The source's macros are copied byte for byte: the source looks for exactly these characters and
//! would not find them percent-encoded.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::handlers::{parse_id, unknown};
use super::{Endpoint, openapi};
use crate::domain::campaign::Campaign;
use crate::domain::documents::Documents;
use crate::domain::parameter::{self, PARAMETERS};
use crate::domain::state::State;
use crate::domain::tracking_domain::TrackingDomain;
use crate::editor::Editor;
use crate::web::error::{ApiError, BODY_MAX};

pub(super) fn endpoint() -> Endpoint {
    let link = json!({ "type": "object", "required": ["domain_id", "host", "url"], "properties": {
        "domain_id": { "type": ["integer", "null"], "format": "int64",
            "description": "null: the host that was asked." },
        "host": { "type": "string", "example": "go.example.com" },
        "url": { "type": "string", "example": "https://go.example.com/us-push?zone={zoneid}" } } });
    let parameter = json!({ "type": "object",
        "required": ["parameter", "meaning", "name", "macro", "from"], "properties": {
        "parameter": { "type": "string", "description": "Our name.", "example": "source" },
        "meaning": { "type": "string" },
        "name": { "type": "string", "description": "Its name in the link.", "example": "zone" },
        "macro": { "type": "string", "description": "What the traffic source puts there; empty: \
            the parameter is understood, but not part of the link.", "example": "{zoneid}" },
        "from": { "type": "string", "enum": ["campaign", "traffic_source"],
            "description": "Whose entry it is." } } });
    let answer = json!({ "type": "object", "required": ["items", "parameters"], "properties": {
        "items": { "type": "array", "items": link },
        "parameters": { "type": "array", "items": parameter } } });
    Endpoint {
        path: "/campaigns/{id}/links".to_owned(),
        method: Method::GET,
        operation: json!({
            "tags": ["campaigns"],
            "operationId": "campaign_links",
            "summary": "The links of a campaign, with the traffic source's macros byte for byte",
            "description": "On the campaign's domain, or on every active domain where its alias is \
                not another campaign's; without a domain on the host that was asked. Links begin \
                with the scheme of the request (X-Forwarded-Proto counts).",
            "parameters": [openapi::id_parameter()],
            "responses": openapi::responses("200", answer, &["401", "403", "404"]),
        }),
        route: || web::get().to(links),
        body_max: BODY_MAX,
    }
}

async fn links(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let documents = editor.documents();
    let found = documents.campaigns.get(&parse_id::<Campaign>(&id)?);
    let campaign = found.ok_or_else(|| unknown::<Campaign>(&id))?;
    let scheme = scheme(&request);
    let parameters = explained(campaign, &documents);
    let query = query(campaign, &documents);
    let link = |domain_id: Option<u64>, host: &str| {
        let url = format!("{scheme}://{host}/{}{query}", campaign.alias);
        json!({ "domain_id": domain_id, "host": host, "url": url })
    };
    let domains = domains(campaign, &documents);
    let mut items: Vec<Value> = domains
        .iter()
        .map(|domain| link(Some(domain.id), &domain.host))
        .collect();
    if items.is_empty() && campaign.domain_id.is_none() && campaign.state != State::Archived {
        items.extend(asked_host(&request).map(|host| link(None, host)));
    }
    Ok(HttpResponse::Ok().json(json!({ "items": items, "parameters": parameters })))
}

/// What the request came by.
pub(super) fn scheme(request: &HttpRequest) -> &'static str {
    match request.connection_info().scheme() {
        "https" => "https",
        _ => "http",
    }
}

/// The host that was asked, with its port.
pub(super) fn asked_host(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::HOST)?.to_str().ok()
}

/// Where the link of a campaign leads to it: its domain, else every active one. An archived
/// campaign may have given its alias away, so it has no link.
fn domains<'d>(campaign: &Campaign, documents: &'d Documents) -> Vec<&'d TrackingDomain> {
    if campaign.state == State::Archived {
        return Vec::new();
    }
    let is_usable = |domain: &&TrackingDomain| match campaign.domain_id {
        // Links that run already go on while the domain is paused.
        Some(id) => domain.id == id && domain.state != State::Archived,
        None => domain.state.is_active() && !has_another(campaign, domain, documents),
    };
    let domains = documents.domains.values().map(AsRef::as_ref);
    domains.filter(is_usable).collect()
}

/// Whether the alias belongs to another campaign on this domain.
fn has_another(campaign: &Campaign, domain: &TrackingDomain, documents: &Documents) -> bool {
    documents.campaigns.values().any(|other| {
        other.domain_id == Some(domain.id)
            && other.alias == campaign.alias
            && other.state != State::Archived
    })
}

/// `?zone={zoneid}&...` in the order of our parameters; those without a macro are left out.
fn query(campaign: &Campaign, documents: &Documents) -> String {
    let names = documents.parameters_of(campaign);
    let mut query = String::new();
    for theirs in PARAMETERS.iter().filter_map(|ours| names.get(*ours)) {
        if !theirs.r#macro.is_empty() {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(&theirs.name);
            query.push('=');
            query.push_str(&theirs.r#macro);
        }
    }
    query
}

/// Each parameter of the link: our name, the source's name, its macro, and whose entry it is.
fn explained(campaign: &Campaign, documents: &Documents) -> Vec<Value> {
    let names = documents.parameters_of(campaign);
    let explain = |ours: &&str| {
        let theirs = names.get(*ours)?;
        let from = match campaign.parameters.contains_key(*ours) {
            true => "campaign",
            false => "traffic_source",
        };
        Some(json!({
            "parameter": ours,
            "meaning": parameter::meaning(ours),
            "name": theirs.name,
            "macro": theirs.r#macro,
            "from": from,
        }))
    };
    PARAMETERS.iter().filter_map(explain).collect()
}
