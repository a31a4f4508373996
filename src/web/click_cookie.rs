//! The cookie by which a step to the offer finds its click where the page's link does not name it.
//!
//! Its value is the public click id, whose keyed tag shows that it was made here; so it needs no
//! signature of its own.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};

use crate::detect::request::Headers;

const NAME: &str = "mr_click";
/// 30 days, in seconds.
const MAX_AGE: u32 = 30 * 24 * 3_600;

/// Gives the visitor the cookie. `Lax`: the step is a navigation, often from a page elsewhere.
pub(super) fn set(response: &mut HttpResponse, click_id: &str) {
    let cookie = format!("{NAME}={click_id}; Path=/; Max-Age={MAX_AGE}; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// The values of the cookie, as sent.
pub(super) fn read<'h>(headers: &Headers<'h>) -> impl Iterator<Item = &'h str> {
    headers
        .all("cookie")
        .filter_map(|line| std::str::from_utf8(line).ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('='))
        .map(|value| value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_only_under_its_name() {
        let headers = Headers::new([
            (
                "cookie",
                &b"a=1; mr_click=one;mr_clicks=no; xmr_click=no"[..],
            ),
            ("cookie", b"\xff=1"),
            ("cookie", b"mr_click=\"two\""),
        ]);

        assert_eq!(read(&headers).collect::<Vec<_>>(), ["one", "two"]);
    }

    #[test]
    fn what_is_set_is_read_again_beside_other_cookies() {
        let mut response = HttpResponse::Ok().finish();
        response
            .headers_mut()
            .append(header::SET_COOKIE, HeaderValue::from_static("other=1"));

        set(&mut response, "06bk7w3r4t8m1n5q2x9z");

        let cookies: Vec<_> = response.headers().get_all(header::SET_COOKIE).collect();
        let ours = cookies[1].to_str().expect("text");
        let sent = ours.split(';').next().expect("a pair");
        let headers = Headers::new([("cookie", sent.as_bytes())]);
        assert_eq!(read(&headers).next(), Some("06bk7w3r4t8m1n5q2x9z"));
        assert!(ours.contains("HttpOnly") && ours.contains("SameSite=Lax"));
    }
}
