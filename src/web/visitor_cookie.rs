//! The cookie by which a returning visitor is known: ours alone, signed, without any meaning to
//! others.
//!
//! It carries the visitor's key and a keyed tag. One that was not made here, or was cut or
//! changed, is as good as none.

use actix_web::http::header::HeaderValue;

use super::cookie;
use crate::detect::request::Headers;
use crate::engine::memory::Visitors;

const NAME: &str = "mr_visitor";

/// A year: the longest window there can be.
const HOURS_MAX: u32 = 8_760;

/// The visitor of the request's cookie.
pub(super) fn read(headers: &Headers<'_>, visitors: &Visitors) -> Option<u64> {
    cookie::values(headers, NAME).find_map(|value| visitors.read_cookie(value))
}

/// The header that makes a visitor known for so many hours. Sent once: the cookie ends with the
/// longest window that was there when it was made.
pub(super) fn write(
    visitors: &Visitors,
    visitor: u64,
    hours: u32,
    is_https: bool,
) -> Option<HeaderValue> {
    let seconds = u64::from(hours.clamp(1, HOURS_MAX)) * 3_600;
    cookie::set(NAME, &visitors.cookie(visitor), seconds, is_https)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor_of(cookies: &[&str]) -> Option<u64> {
        let visitors = Visitors::new(1 << 20, &[7; 16]);
        let pairs = cookies.iter().map(|value| ("cookie", value.as_bytes()));
        read(&Headers::new(pairs), &visitors)
    }

    #[test]
    fn the_cookie_is_found_among_others_and_a_forged_one_is_none() {
        let visitors = Visitors::new(1 << 20, &[7; 16]);
        let ours = visitors.cookie(5);
        let forged = Visitors::new(1 << 20, &[8; 16]).cookie(5);

        let with = |text: &str| text.replace("OURS", &ours).replace("FORGED", &forged);
        for (cookies, expected) in [
            (vec![], None),
            (vec!["mr_visitor=OURS"], Some(5)),
            (vec!["a=1; mr_visitor=OURS; b=2"], Some(5)),
            (vec!["a=1;mr_visitor=OURS"], Some(5)),
            (vec!["a=1", "mr_visitor=OURS"], Some(5)),
            (vec!["mr_visitor=FORGED; mr_visitor=OURS"], Some(5)),
            (vec!["mr_visitor=FORGED"], None),
            (vec!["mr_visitor="], None),
            (vec!["mr_visitor"], None),
            (vec!["xmr_visitor=OURS"], None),
            (vec!["mr_visitor=OURS0"], None),
            (vec!["mr_visitor=\"OURS\""], Some(5)),
        ] {
            let cookies: Vec<String> = cookies.into_iter().map(with).collect();
            let cookies: Vec<&str> = cookies.iter().map(String::as_str).collect();

            assert_eq!(visitor_of(&cookies), expected, "{cookies:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_and_lasts_a_year_at_most() {
        let visitors = Visitors::new(1 << 20, &[7; 16]);

        let header = write(&visitors, 9, 100_000, true).expect("a header");

        let text = header.to_str().expect("plain text");
        assert!(text.contains("; Max-Age=31536000;"), "{text}");
        let pair = text.split(';').next().unwrap_or_default();
        assert_eq!(visitor_of(&[pair]), Some(9));
    }
}
