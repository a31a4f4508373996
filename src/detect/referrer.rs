//! Where the visitor came from: the `Referer` header and the host in it.

use super::request::Headers;
use super::text;

/// The header as it is stored: lossy UTF-8, without control characters, at most
/// [`text::MAX_TEXT`] bytes. Empty is absent.
pub fn observe(headers: &Headers<'_>) -> Option<String> {
    let text = text::clean(headers.bytes("referer")?.trim_ascii(), text::MAX_TEXT);
    (!text.is_empty()).then(|| text.into_owned())
}

/// The host of a referrer, without user, port, brackets and final dot; of
/// `android-app://com.example/...` the package.
///
/// In the letters it was sent in: browsers send hosts in lower case, and package names have a case
/// of their own. Compare hosts with `eq_ignore_ascii_case`. What has no host (`about:blank`,
/// `file:///x`, garbage) is `None`.
pub fn host(referrer: &str) -> Option<&str> {
    let rest = match referrer.split_once("//")? {
        ("", rest) => rest,
        (scheme, rest) if is_scheme(scheme.strip_suffix(':')?) => rest,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host_and_port = authority
        .rsplit_once('@')
        .map_or(authority, |(_, after)| after);
    let host = match host_and_port.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?.0,
        None => {
            let host = host_and_port.split(':').next()?;
            host.strip_suffix('.').unwrap_or(host)
        }
    };
    let is_plain = !host.is_empty() && !host.contains([' ', '"', '<', '>', '`', '\'']);
    is_plain.then_some(host)
}

/// A letter, then letters, digits, `+`, `-`, `.` (RFC 3986).
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn observed(value: &[u8]) -> Option<String> {
        observe(&Headers::new([("referer", value)]))
    }

    #[test]
    fn the_host_is_found_in_every_form() {
        let cases: &[(&str, Option<&str>)] = &[
            ("https://example.com/path?q=1#x", Some("example.com")),
            ("https://example.com", Some("example.com")),
            ("http://example.com:8080/", Some("example.com")),
            ("https://user:pass@example.com/", Some("example.com")),
            ("https://evil.test@example.com/", Some("example.com")),
            ("https://example.com/@evil.test", Some("example.com")),
            ("https://example.com?@evil.test", Some("example.com")),
            ("https://example.com\\@evil.test", Some("example.com")),
            ("https://Example.COM./", Some("Example.COM")),
            ("//example.com/path", Some("example.com")),
            ("http://[2001:db8::1]:8080/", Some("2001:db8::1")),
            ("http://[2001:db8::1", None),
            ("https://пример.рф/", Some("пример.рф")),
            (
                "android-app://com.google.android.gm/",
                Some("com.google.android.gm"),
            ),
            ("android-app://com.Example.App", Some("com.Example.App")),
            ("https:///path", None),
            ("https://:80/", None),
            ("file:///etc/passwd", None),
            ("about:blank", None),
            ("example.com/path", None),
            ("example.com//path", None),
            ("https://a b/", None),
            ("1https://example.com", None),
            ("", None),
            ("//", None),
        ];
        for (referrer, expected) in cases {
            assert_eq!(host(referrer), *expected, "{referrer}");
        }
    }

    #[test]
    fn the_stored_text_is_clean_short_and_never_empty() {
        assert_eq!(
            observed(b"https://a.test/").as_deref(),
            Some("https://a.test/")
        );
        assert_eq!(
            observed(b"https://a.test/\xff\x00").as_deref(),
            Some("https://a.test/\u{fffd}")
        );
        assert_eq!(observed(b""), None);
        assert_eq!(observed(b"  "), None);
        assert_eq!(observed(b"\x01"), None);
        assert_eq!(observed(&[b'a'; 3_000]).map(|text| text.len()), Some(1_024));
        assert_eq!(observe(&Headers::default()), None);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_a_host_has_no_delimiters(referrer in "(https?://)?[ -~\u{400}-\u{410}]{0,40}") {
            if let Some(host) = host(&referrer) {
                prop_assert!(!host.is_empty());
                prop_assert!(!host.contains(['/', '?', '#', '@']) );
            }
        }
    }
}
