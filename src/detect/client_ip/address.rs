//! One entry of a forwarding header as an address. Everything that is not plainly one is `None`.

use std::net::IpAddr;

/// Longer than any address with brackets and port.
const MAX_LEN: usize = 64;

/// A bare address: `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`.
pub(super) fn parse(entry: &[u8]) -> Option<IpAddr> {
    let entry = entry.trim_ascii();
    if entry.len() > MAX_LEN {
        return None;
    }
    let text = std::str::from_utf8(entry).ok()?;
    let text = text
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(text);
    let address = text.parse::<IpAddr>().ok()?.to_canonical();
    let is_nobody = match address {
        IpAddr::V4(v4) => v4.is_unspecified() || v4.is_broadcast() || v4.is_multicast(),
        IpAddr::V6(v6) => v6.is_unspecified() || v6.is_multicast(),
    };
    (!is_nobody).then_some(address)
}

/// An address with or without a port: `192.0.2.1:80`, `[2001:db8::1]:80`, or as [`parse`] takes.
pub(super) fn parse_with_optional_port(entry: &[u8]) -> Option<IpAddr> {
    parse(entry).or_else(|| {
        let (address, port) = split_port(entry.trim_ascii())?;
        // Without brackets an IPv6 address and its port cannot be told apart.
        let is_bracketed = address.starts_with(b"[") && address.ends_with(b"]");
        (is_port(port) && (is_bracketed || !address.contains(&b':')))
            .then(|| parse(address))
            .flatten()
    })
}

/// An address that always has a port, even after a bare IPv6 address: `2001:db8::1:46532`.
pub(super) fn parse_with_port(entry: &[u8]) -> Option<IpAddr> {
    let (address, port) = split_port(entry.trim_ascii())?;
    is_port(port).then(|| parse(address)).flatten()
}

/// The `for` of one element of `Forwarded`: `for=192.0.2.1;proto=https`, `For="[2001:db8::1]:80"`.
///
/// An element with an open quote or an escape is refused as a whole: it is a piece of a quoted
/// string that a visitor filled with commas.
pub(super) fn parse_forwarded(element: &[u8]) -> Option<IpAddr> {
    let quotes = element.iter().filter(|byte| **byte == b'"').count();
    if !quotes.is_multiple_of(2) || element.contains(&b'\\') {
        return None;
    }
    let value = element.split(|byte| *byte == b';').find_map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        pair[..equals]
            .trim_ascii()
            .eq_ignore_ascii_case(b"for")
            .then(|| pair[equals + 1..].trim_ascii())
    })?;
    let unquoted = value
        .strip_prefix(b"\"")
        .and_then(|inner| inner.strip_suffix(b"\""))
        .unwrap_or(value);
    parse_with_optional_port(unquoted)
}

fn split_port(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = entry.iter().rposition(|byte| *byte == b':')?;
    Some((&entry[..colon], &entry[colon + 1..]))
}

fn is_port(text: &[u8]) -> bool {
    (1..=5).contains(&text.len()) && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Reader = fn(&[u8]) -> Option<IpAddr>;

    fn check(read: Reader, cases: &[(&str, Option<&str>)]) {
        for (text, expected) in cases {
            let expected = expected.map(|ip| ip.parse().expect("an address of the test"));
            assert_eq!(read(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn list_entries_may_have_ports_and_brackets() {
        check(
            parse_with_optional_port,
            &[
                ("192.0.2.1", Some("192.0.2.1")),
                (" 192.0.2.1\t", Some("192.0.2.1")),
                ("192.0.2.1:8080", Some("192.0.2.1")),
                ("2001:db8::1", Some("2001:db8::1")),
                ("[2001:db8::1]", Some("2001:db8::1")),
                ("[2001:db8::1]:443", Some("2001:db8::1")),
                ("::ffff:192.0.2.1", Some("192.0.2.1")),
                ("unknown", None),
                ("_hidden", None),
                ("", None),
                ("192.0.2.1:", None),
                ("192.0.2.1:port", None),
                ("192.0.2.1:123456", None),
                ("192.0.2.300", None),
                ("192.000.002.001", None),
                ("0.0.0.0", None),
                ("255.255.255.255", None),
                ("224.0.0.1", None),
                ("::", None),
                ("ff02::1", None),
                ("fe80::1%eth0", None),
                ("[2001:db8::1", None),
                ("2001:db8::1]", None),
                ("1.2.3.4 5.6.7.8", None),
                ("\"192.0.2.1\"", None),
            ],
        );
    }

    #[test]
    fn a_header_with_a_port_always_loses_it() {
        check(
            parse_with_port,
            &[
                ("198.51.100.10:46532", Some("198.51.100.10")),
                ("2001:db8::1:46532", Some("2001:db8::1")),
                ("2001:db8::1:8080", Some("2001:db8::1")),
                ("2001:db8:1:2:3:4:5:6:8080", Some("2001:db8:1:2:3:4:5:6")),
                ("[2001:db8::1]:46532", Some("2001:db8::1")),
                ("198.51.100.10", None),
                ("unknown:80", None),
                (":80", None),
            ],
        );
    }

    #[test]
    fn the_standard_header_is_read_with_its_quotes() {
        check(
            parse_forwarded,
            &[
                (
                    "for=192.0.2.60;proto=http;by=203.0.113.43",
                    Some("192.0.2.60"),
                ),
                ("proto=https; For=192.0.2.60", Some("192.0.2.60")),
                ("for=\"192.0.2.60:4711\"", Some("192.0.2.60")),
                (
                    "For=\"[2001:db8:cafe::17]:4711\"",
                    Some("2001:db8:cafe::17"),
                ),
                ("for=unknown", None),
                ("for=_gazonk", None),
                ("for=\"_gazonk:80\"", None),
                ("proto=http", None),
                ("for=", None),
                ("for", None),
                ("for=192.0.2.60;host=\"a", None),
                ("for=192.0.2.60;a=b\"", None),
                ("for=\"\\192.0.2.60\"", None),
            ],
        );
    }

    #[test]
    fn an_endless_entry_is_refused_without_being_read() {
        assert_eq!(parse_with_optional_port(&[b'1'; 100_000]), None);
        assert_eq!(parse_with_port(&[b':'; 100_000]), None);
    }
}
