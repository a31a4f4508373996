//! Plain replies become HTTP responses.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};

use crate::engine::redirect::Reply;

/// No cache may ever answer for us: each visit is a click of its own.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// What we would like to know on the next visit: the frozen user agent hides it.
const CLIENT_HINTS: HeaderValue = HeaderValue::from_static(
    "Sec-CH-UA-Model, Sec-CH-UA-Platform-Version, Sec-CH-UA-Full-Version-List",
);

/// The response to a click.
pub(crate) fn respond(reply: Reply) -> HttpResponse {
    match reply {
        Reply::Redirect { status, location } => {
            // A location that cannot be a header cannot come out of a template; if it does, the
            // visitor is told that there is nothing here rather than sent somewhere wrong.
            let Ok(location) = HeaderValue::try_from(location) else {
                return not_found();
            };
            HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND))
                .insert_header((header::LOCATION, location))
                .insert_header((header::CACHE_CONTROL, NO_STORE))
                .insert_header((HeaderName::from_static("accept-ch"), CLIENT_HINTS))
                .finish()
        }
        Reply::NotFound => not_found(),
    }
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
        .insert_header((
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .content_type("text/plain; charset=utf-8")
        .body(body)
}
