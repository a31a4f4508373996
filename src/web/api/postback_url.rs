//! `GET /networks/{id}/postback-url`: the URL to paste into the network's account.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::handlers::{parse_id, unknown};
use super::links::{asked_host, scheme};
use super::presets::pairs;
use super::{Endpoint, openapi};
use crate::domain::documents::Documents;
use crate::domain::form::quoted;
use crate::domain::nearest::nearest;
use crate::domain::network::Network;
use crate::domain::problem::Problem;
use crate::domain::state::State;
use crate::domain::tracking_domain::TrackingDomain;
use crate::editor::Editor;
use crate::presets::postback_url;
use crate::web::error::{ApiError, BODY_MAX};

pub(super) fn endpoint() -> Endpoint {
    let url = json!({ "type": "object", "required": ["domain_id", "host", "url"], "properties": {
        "domain_id": { "type": ["integer", "null"], "format": "int64",
            "description": "null: the host that was asked." },
        "host": { "type": "string", "example": "go.example.com" },
        "url": { "type": "string",
            "example": "https://go.example.com/postback/k3y4u7?click_id={sub1}&payout={sum}" } } });
    let answer = json!({ "type": "object", "required": ["items", "parameters", "notes"], "properties": {
        "items": { "type": "array", "items": url },
        "parameters": { "type": "array", "items": openapi::reference("UrlParameter") },
        "notes": { "type": ["string", "null"], "description": "What to know about a network of a \
            preset, in the words of the preset." } } });
    let domain = json!({ "name": "domain", "in": "query", "required": false,
        "schema": { "type": "string" },
        "description": "Id or host of a domain. Left out: every active one, else the host that \
            was asked." });
    Endpoint {
        path: "/networks/{id}/postback-url".to_owned(),
        method: Method::GET,
        operation: json!({
            "tags": ["networks"],
            "operationId": "network_postback_url",
            "summary": "The postback URL of a network, with the network's macros byte for byte",
            "description": "Macros are those of the network's preset. Without one there are \
                placeholders to replace. URLs begin with the scheme of the request \
                (X-Forwarded-Proto counts).",
            "parameters": [openapi::id_parameter(), domain],
            "responses": openapi::responses("200", answer, &["401", "403", "404", "422"]),
        }),
        route: || web::get().to(postback_url),
        body_max: BODY_MAX,
    }
}

async fn postback_url(
    editor: web::Data<Editor>,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let documents = editor.documents();
    let found = documents.networks.get(&parse_id::<Network>(&id)?);
    let network = found.ok_or_else(|| unknown::<Network>(&id))?;
    let wanted = wanted_domain(&request)?;
    let parameters = postback_url::parameters(network);
    let path = format!(
        "/postback/{}{}",
        network.key,
        postback_url::query(&parameters)
    );
    let scheme = scheme(&request);
    let item = |domain_id: Option<u64>, host: &str| json!({ "domain_id": domain_id, "host": host, "url": format!("{scheme}://{host}{path}") });
    let mut items: Vec<Value> = domains(&wanted, &documents)?
        .iter()
        .map(|domain| item(Some(domain.id), &domain.host))
        .collect();
    if items.is_empty() {
        items.extend(asked_host(&request).map(|host| item(None, host)));
    }
    if network.state == State::Archived {
        // Its key may belong to another one by now.
        items.clear();
    }
    let notes = postback_url::preset(network).map(|preset| preset.notes.as_str());
    Ok(
        HttpResponse::Ok()
            .json(json!({ "items": items, "parameters": parameters, "notes": notes })),
    )
}

/// `?domain=`, empty if left out.
fn wanted_domain(request: &HttpRequest) -> Result<String, ApiError> {
    let mut wanted = String::new();
    for (name, value) in pairs(request)? {
        if name != "domain" {
            let message = format!(
                "There is no query parameter {} here; there is domain.",
                quoted(&name)
            );
            let field: String = name.chars().take(100).collect();
            return Err(ApiError::invalid(&field, "unknown_parameter", message));
        }
        wanted = value.trim().to_ascii_lowercase();
    }
    Ok(wanted)
}

/// The one that is wanted, else every active one.
fn domains<'d>(
    wanted: &str,
    documents: &'d Documents,
) -> Result<Vec<&'d TrackingDomain>, ApiError> {
    let domains = documents.domains.values().map(AsRef::as_ref);
    let mut usable = domains.filter(|domain| domain.state != State::Archived);
    if wanted.is_empty() {
        return Ok(usable.filter(|domain| domain.state.is_active()).collect());
    }
    let is_wanted =
        |domain: &&TrackingDomain| domain.host == wanted || domain.id.to_string() == wanted;
    match usable.find(is_wanted) {
        Some(domain) => Ok(vec![domain]),
        None => Err(ApiError::Invalid(vec![unknown_domain(wanted, documents)])),
    }
}

fn unknown_domain(wanted: &str, documents: &Documents) -> Problem {
    let domains = documents.domains.values();
    let hosts = domains.filter(|domain| domain.state != State::Archived);
    let mut message = format!("There is no domain {}.", quoted(wanted));
    match nearest(wanted, hosts.map(|domain| domain.host.as_str())) {
        Some(near) => message.push_str(&format!(" Did you mean \"{near}\"?")),
        None => message.push_str(" GET /api/v1/domains lists them."),
    }
    Problem::new("domain", "unknown_reference", message)
}
