//! `/lp.js`: the script that puts the click id on a landing's links to `/go`.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderName, HeaderValue};

const SCRIPT: &str = include_str!("lp.js");

/// The script, the same for everybody; pages elsewhere load it, so any origin may.
pub(super) async fn script() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .insert_header((
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        ))
        .body(SCRIPT)
}
