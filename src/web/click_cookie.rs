//! The cookie by which a step to the offer finds its click where the page's link does not name it.
//!
//! Its value is the public click id, whose keyed tag shows that it was made here; so it needs no
//! signature of its own.

use actix_web::http::header::HeaderValue;

use super::cookie;
use crate::detect::request::Headers;

const NAME: &str = "mr_click";
/// 30 days, in seconds.
const MAX_AGE: u64 = 30 * 24 * 3_600;

/// The header that gives the visitor the cookie.
pub(super) fn write(click_id: &str, is_https: bool) -> Option<HeaderValue> {
    cookie::set(NAME, click_id, MAX_AGE, is_https)
}

/// The values of the cookie, as sent.
pub(super) fn read<'h>(headers: &Headers<'h>) -> impl Iterator<Item = &'h str> {
    cookie::values(headers, NAME).filter_map(|value| std::str::from_utf8(value).ok())
}
