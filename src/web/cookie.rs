//! Cookies of the tracking domain: reading them among others, and the header that sets one.

use actix_web::http::header::HeaderValue;

use crate::detect::request::Headers;

/// The values of the cookies of this name, as sent, without quotes.
pub(super) fn values<'h>(headers: &Headers<'h>, name: &str) -> impl Iterator<Item = &'h [u8]> {
    headers
        .all("cookie")
        .flat_map(|line| line.split(|byte| *byte == b';'))
        .filter_map(move |pair| {
            let value = pair.trim_ascii().strip_prefix(name.as_bytes())?;
            value.strip_prefix(b"=")
        })
        .map(|value| {
            let inner = value
                .strip_prefix(b"\"")
                .and_then(|v| v.strip_suffix(b"\""));
            inner.unwrap_or(value)
        })
}

/// The header that sets a cookie. `Lax`: a step from a landing is a navigation, often from a page
/// elsewhere. `Secure` only where the visitor came over HTTPS: over plain HTTP browsers would not
/// keep such a cookie.
pub(super) fn set(name: &str, value: &str, seconds: u64, is_https: bool) -> Option<HeaderValue> {
    let secure = if is_https { "; Secure" } else { "" };
    let cookie =
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(cookie).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_and_only_under_its_name() {
        let headers = Headers::new([
            ("cookie", &b"a=1; mine=one;mines=no; xmine=no;mine"[..]),
            ("cookie", b"\xff=1; mine=\xff"),
            ("cookie", b"mine=\"two\"; mine=\"three; mine="),
        ]);

        let found: Vec<_> = values(&headers, "mine").collect();

        assert_eq!(found, [&b"one"[..], b"\xff", b"two", b"\"three", b""]);
    }

    #[test]
    fn what_is_set_is_read_and_secure_only_over_https() {
        for is_https in [false, true] {
            let header = set("mine", "value", 60, is_https).expect("a header");
            let text = header.to_str().expect("text");

            let secure = if is_https { "; Secure" } else { "" };
            let rest = format!("; Path=/; Max-Age=60; HttpOnly; SameSite=Lax{secure}");
            assert_eq!(text, format!("mine=value{rest}"));
            let pair = text.split(';').next().expect("a pair");
            let headers = Headers::new([("cookie", pair.as_bytes())]);
            assert_eq!(values(&headers, "mine").next(), Some(&b"value"[..]));
        }
        assert!(set("mine", "a\nb", 60, true).is_none());
    }
}
