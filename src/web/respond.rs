//! Plain replies become HTTP responses.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};

use super::api::is_admin_host;
use super::state::Shared;
use crate::clock;
use crate::engine::redirect::{ContentKind, Page, Reply, leading_page};

/// No cache may ever answer for us: each visit is a click of its own.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// What we would like to know on the next visit: the frozen user agent hides it.
const CLIENT_HINTS: HeaderValue = HeaderValue::from_static(
    "Sec-CH-UA-Model, Sec-CH-UA-Platform-Version, Sec-CH-UA-Full-Version-List",
);

/// Pages of operators must not act in the name of the dashboard beside them.
const SANDBOX: HeaderValue =
    HeaderValue::from_static("sandbox allow-scripts allow-forms allow-popups allow-top-navigation");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// The response to a click on a link of this host.
pub(crate) fn respond(reply: Reply, shared: &Shared, host: &str) -> HttpResponse {
    match reply {
        Reply::Redirect { status, location } => {
            // A location that cannot be a header cannot come out of a template; if it does, the
            // visitor is told that there is nothing here rather than sent somewhere wrong.
            let Ok(location) = HeaderValue::try_from(location) else {
                return not_found();
            };
            let mut builder = builder(status, StatusCode::FOUND);
            builder.insert_header((header::LOCATION, location));
            builder.finish()
        }
        Reply::Page(leading) => page(leading),
        Reply::TwoPages { location } => {
            let address = shared.steps.address(&location, clock::now_ms());
            page(leading_page(&address.unwrap_or(location)))
        }
        Reply::Content { status, kind, body } => {
            let mut builder = builder(status, StatusCode::OK);
            builder.insert_header((header::X_CONTENT_TYPE_OPTIONS, NOSNIFF));
            let content_type = match kind {
                ContentKind::Text => "text/plain; charset=utf-8",
                ContentKind::Html => "text/html; charset=utf-8",
            };
            if kind == ContentKind::Html && is_admin_host(&shared.admin_hosts, host) {
                builder.insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX));
            }
            builder.content_type(content_type).body(body)
        }
        Reply::NotFound => not_found(),
    }
}

/// One of the small pages that lead on.
fn page(page: Page) -> HttpResponse {
    let mut builder = builder(200, StatusCode::OK);
    builder.insert_header((header::X_CONTENT_TYPE_OPTIONS, NOSNIFF));
    if let Some(policy) = page.referrer_policy {
        builder.insert_header((header::REFERRER_POLICY, HeaderValue::from_static(policy)));
    }
    builder
        .content_type("text/html; charset=utf-8")
        .body(page.html)
}

/// What all answers to clicks have in common.
fn builder(status: u16, otherwise: StatusCode) -> HttpResponseBuilder {
    let mut builder = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(otherwise));
    builder.insert_header((header::CACHE_CONTROL, NO_STORE));
    builder.insert_header((HeaderName::from_static("accept-ch"), CLIENT_HINTS));
    builder
}

/// Nothing here.
pub(crate) fn not_found() -> HttpResponse {
    text(StatusCode::NOT_FOUND, "Not found\n")
}

pub(crate) fn method_not_allowed() -> HttpResponse {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Use GET, HEAD or POST\n");
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    response
}

/// The answer to a browser's prefetch. Chromium would later show a stored answer without asking
/// again, and the real visit would be lost.
pub(crate) fn no_prefetch() -> HttpResponse {
    text(StatusCode::SERVICE_UNAVAILABLE, "")
}

fn text(status: StatusCode, body: &'static str) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CACHE_CONTROL, NO_STORE))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, NOSNIFF))
        .content_type("text/plain; charset=utf-8")
        .body(body)
}
