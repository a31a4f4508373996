//! Whether the visitor came over HTTPS, as the proxies in front say.
//!
//! Of a list the left end counts: that is the visitor's own connection. A visitor who writes there
//! himself only gets a cookie that his browser keeps for HTTPS.

use super::super::request::Headers;

pub(super) fn is_https(headers: &Headers<'_>) -> bool {
    let first = |name: &str| {
        let mut entries = headers.bytes(name)?.split(|byte| *byte == b',');
        entries.next().map(<[u8]>::trim_ascii)
    };
    let plain = first("x-forwarded-proto");
    let scheme = plain.or_else(|| first("forwarded").and_then(proto));
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"https"))
}

/// The `proto` of one element of `Forwarded`: `for=192.0.2.1;proto=https`, `Proto="https"`.
fn proto(element: &[u8]) -> Option<&[u8]> {
    element.split(|byte| *byte == b';').find_map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
        let unquoted = value
            .strip_prefix(b"\"")
            .and_then(|v| v.strip_suffix(b"\""));
        name.eq_ignore_ascii_case(b"proto")
            .then_some(unquoted.unwrap_or(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_of_the_visitors_own_connection_counts() {
        for (name, value, expected) in [
            ("x-forwarded-proto", "https", true),
            ("x-forwarded-proto", " HTTPS ,http", true),
            ("x-forwarded-proto", "http, https", false),
            ("x-forwarded-proto", "", false),
            ("x-forwarded-proto", "httpsx", false),
            ("forwarded", "for=192.0.2.1;proto=https", true),
            ("forwarded", "Proto=\"https\"; for=_x, proto=http", true),
            ("forwarded", "for=192.0.2.1, for=x;proto=https", false),
            ("forwarded", "proto", false),
            ("x-forwarded-ssl", "https", false),
        ] {
            let headers = Headers::new([(name, value.as_bytes())]);
            assert_eq!(is_https(&headers), expected, "{name}: {value}");
        }
        let both = [
            ("forwarded", &b"proto=https"[..]),
            ("x-forwarded-proto", b"http"),
        ];
        assert!(!is_https(&Headers::new(both)));
    }
}
