//! What the texts in documents may be: names, aliases, URLs, host names, time zones.
//!
//! Each check takes the text and gives it back in its stored form, or says in a sentence what is
//! wrong and what to do.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::form::{Form, quoted};
use super::money::Micros;
use super::nearest::nearest;

/// First path segments that are ours and so cannot be aliases.
pub const RESERVED: &[&str] = &[
    "admin", "api", "click", "go", "postback", "healthz", "metrics", "lander", "lp",
];

/// The longest URL template, in bytes.
pub const URL_MAX: usize = 4_096;
/// The longest notes, in characters.
const NOTES_MAX: usize = 10_000;

/// The fields every form has: `name`, required, 1 to 200 characters.
pub fn read_name(form: &mut Form<'_>) -> String {
    let text = form.text("name");
    if text.is_empty() && form.value("name").is_none_or(|sent| sent.is_string()) {
        form.missing("name", "A name is missing: 1 to 200 characters.");
        return String::new();
    }
    let read = name(text);
    form.checked("name", read, String::new)
}

/// `notes`: any text.
pub fn read_notes(form: &mut Form<'_>) -> String {
    let text = form.text("notes");
    let length = text.chars().count();
    if length > NOTES_MAX {
        let message = format!("{length} characters are more than the {NOTES_MAX} possible.");
        form.problem("notes", "out_of_range", message);
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        form.problem("notes", "invalid", "Notes cannot hold control characters.");
    }
    text.to_owned()
}

/// `traffic_loss`: a share in percent, 0 if left out.
pub fn read_traffic_loss(form: &mut Form<'_>) -> Micros {
    form.amount("traffic_loss", Micros::ZERO..=Micros(99_990_000))
        .unwrap_or(Micros::ZERO)
}

/// A URL template that has to be given.
pub fn read_url(form: &mut Form<'_>, key: &'static str) -> String {
    let text = form.text(key);
    if text.is_empty() && form.value(key).is_none_or(|sent| sent.is_string()) {
        form.missing(key, "A URL is missing: it starts with https:// or http://.");
        return String::new();
    }
    if text.is_empty() {
        return String::new();
    }
    let read = url(text).map(|()| text.to_owned());
    form.checked(key, read, String::new)
}

/// An IANA time zone, UTC if left out.
pub fn read_timezone(form: &mut Form<'_>) -> String {
    let text = form.text("timezone");
    if text.is_empty() {
        return "UTC".to_owned();
    }
    let read = timezone(text);
    form.checked("timezone", read, String::new)
}

/// A name: 1 to 200 characters on one line.
pub fn name(text: &str) -> Result<String, String> {
    let length = text.chars().count();
    if text.chars().any(char::is_control) {
        return Err(format!(
            "The name {} holds a line break or another control character; leave it out.",
            quoted(text)
        ));
    }
    match length {
        1..=200 => Ok(text.to_owned()),
        _ => Err(format!(
            "A name of {length} characters is not one of 1 to 200 characters."
        )),
    }
}

/// The path of a campaign link.
pub fn alias(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if text.is_empty() || text.len() > 64 || !text.bytes().all(fits) {
        return Err(format!(
            "The alias {} is not 1 to 64 letters (a-z, A-Z), digits, \"-\" and \"_\".",
            quoted(text)
        ));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!(
            "The alias \"{text}\" has only digits, so it would be taken for a campaign's id; add a letter."
        ));
    }
    if RESERVED.contains(&text) {
        return Err(format!(
            "The alias \"{text}\" is a path of Millrace itself; choose another."
        ));
    }
    Ok(text.to_owned())
}

/// A network's part of its postback URL.
pub fn network_key(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !(6..=64).contains(&text.len()) || !text.bytes().all(fits) {
        return Err(format!(
            "The key {} is not 6 to 64 letters (a-z, A-Z), digits, \"-\" and \"_\".",
            quoted(text)
        ));
    }
    if RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        return Err(format!(
            "The key \"{text}\" is a path of Millrace itself; choose another."
        ));
    }
    Ok(text.to_owned())
}

/// An address or a range of addresses, as shortly as it can be written.
pub fn ip_range(text: &str) -> Result<String, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().to_string());
    }
    let Ok(range) = text.parse::<IpNet>() else {
        return Err(format!(
            "{} is neither an address nor a range such as 203.0.113.0/24 or 2001:db8::/32.",
            quoted(text)
        ));
    };
    let range = range.trunc();
    Ok(match range.prefix_len() == range.max_prefix_len() {
        true => range.addr().to_canonical().to_string(),
        false => range.to_string(),
    })
}

/// A URL template: http or https, macros in braces anywhere; or one that begins with a macro.
pub fn url(text: &str) -> Result<(), String> {
    if text.len() > URL_MAX {
        return Err(format!(
            "A URL of {} bytes is longer than {URL_MAX}.",
            text.len()
        ));
    }
    let is_bad = |c: &char| c.is_control() || c.is_whitespace();
    if let Some(bad) = without_arguments(text).chars().find(is_bad) {
        return Err(format!(
            "The URL holds {bad:?}; a URL has no spaces, line breaks or control characters (write %20)."
        ));
    }
    if begins_with_macro(text) {
        return Ok(());
    }
    let scheme = ["https://", "http://"].iter().find(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    let Some(scheme) = scheme else {
        return Err(format!(
            "The URL {} does not start with https:// or http://.",
            quoted(text)
        ));
    };
    let rest = &text[scheme.len()..];
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if authority.contains('{') {
        return Ok(());
    }
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    host_and_port(host).map_err(|why| format!("The URL {} {why}", quoted(text)))
}

/// A template without what stands behind the colon of its macros, where a space may stand:
/// `{date:Y-m-d H:i}` becomes `{date}`. Other white space and control characters stay.
pub fn without_arguments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (place, part) in text.split('{').enumerate() {
        if place > 0 {
            out.push('{');
        }
        let is_fine = |c: char| c == ' ' || !(c.is_whitespace() || c.is_control());
        match part.split_once('}') {
            Some((inner, rest)) if place > 0 => match inner.split_once(':') {
                Some((name, argument)) if argument.chars().all(is_fine) => {
                    out.extend([name, "}", rest]);
                }
                _ => out.push_str(part),
            },
            _ => out.push_str(part),
        }
    }
    out
}

/// Whether a template leaves even the scheme to a macro: `{offer_url}`.
fn begins_with_macro(text: &str) -> bool {
    text.strip_prefix('{')
        .and_then(|rest| rest.split_once('}'))
        .is_some_and(|(name, _)| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && byte != b'{')
        })
}

fn host_and_port(text: &str) -> Result<(), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']').unwrap_or((rest, "?"));
        let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return match address.parse::<Ipv6Addr>().is_ok() && is_port {
            true => Ok(()),
            false => Err("has no readable IPv6 address and port.".to_owned()),
        };
    }
    let (host, port) = text.split_once(':').unwrap_or((text, "80"));
    if host.is_empty() {
        return Err("has no host name.".to_owned());
    }
    if !host.is_ascii() {
        return Err(PUNYCODE.to_owned());
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if !host.bytes().all(fits) || !is_port(port) {
        return Err(format!("has no readable host and port: {}.", quoted(text)));
    }
    Ok(())
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}

const PUNYCODE: &str =
    "has letters outside a-z in its host name; write it in punycode, as in xn--e1afmkfd.com.";

/// A host name as it is stored: lower-case, no port, no dot at the end.
pub fn host(text: &str) -> Result<String, String> {
    if text.contains("://") || text.contains('/') {
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        let bare = bare.split(['/', '?', '#']).next().unwrap_or_default();
        return Err(format!(
            "{} is a URL; write only the host name, {}.",
            quoted(text),
            quoted(bare)
        ));
    }
    if !text.is_ascii() {
        return Err(format!("{} {PUNYCODE}", quoted(text)));
    }
    let host = text.trim_end_matches('.').to_ascii_lowercase();
    if host.contains(':') {
        return Err(format!(
            "{} has a port; write only the host name: it answers on every port.",
            quoted(text)
        ));
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_name = host.len() <= 253 && host.split('.').all(is_label);
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_numeric = last.bytes().all(|byte| byte.is_ascii_digit());
    if !is_name || (is_numeric && host.parse::<Ipv4Addr>().is_err()) {
        return Err(format!(
            "{} is not a host name such as go.example.com.",
            quoted(text)
        ));
    }
    Ok(host)
}

/// An IANA zone, as it is spelled there.
pub fn timezone(text: &str) -> Result<String, String> {
    if let Ok(zone) = text.parse::<chrono_tz::Tz>() {
        return Ok(zone.name().to_owned());
    }
    let zones = || chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    if let Some(zone) = zones().find(|zone| zone.eq_ignore_ascii_case(text)) {
        return Ok(zone.to_owned());
    }
    // The distance is counted against lower-case letters, so compare in lower case.
    let lower: Vec<String> = zones().map(str::to_ascii_lowercase).collect();
    let near = nearest(text, lower.iter().map(String::as_str))
        .and_then(|near| zones().find(|zone| zone.eq_ignore_ascii_case(near)));
    Err(match near {
        Some(near) => format!("{} is no time zone. Did you mean \"{near}\"?", quoted(text)),
        None => format!(
            "{} is no time zone such as \"UTC\" or \"Europe/Kyiv\".",
            quoted(text)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_may_stand_only_in_arguments_of_macros() {
        let cases = [
            ("https://x/?d={date:Y-m-d H:i,UTC}&{_s:a=1 b=2}", true),
            ("https://x/?d={date:Y}", true),
            ("https://x/?d={date Y}", false),
            ("https://x/?d={date:Y H", false),
            ("https://x/?d=date:Y H}", false),
            ("https://x/?d={date:Y\nH}", false),
            ("https://x/?d={date:Y} {ip}", false),
        ];
        for (text, expected) in cases {
            assert_eq!(url(text).is_ok(), expected, "{text}");
        }
        assert_eq!(without_arguments("a{b:c d}e{f}g:h}"), "a{b}e{f}g:h}");
    }

    #[test]
    fn aliases_are_letters_digits_and_two_signs_and_none_of_our_paths() {
        for good in ["us-push", "a", "X_9", "0x", &"a".repeat(64)] {
            assert_eq!(alias(good), Ok(good.to_owned()), "{good}");
        }
        for bad in [
            "",
            "1234",
            "admin",
            "lp",
            "a b",
            "ü",
            "a/b",
            "a.b",
            &"a".repeat(65),
        ] {
            assert!(alias(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn urls_are_http_templates() {
        for good in [
            "https://example.com/?c={click_id}",
            "http://localhost:8080",
            "HTTPS://EXAMPLE.COM/x#y",
            "https://{sub_id_1}.example.com/",
            "https://[2001:db8::1]:443/x",
            "https://5.9.1.2/a",
            "{offer_url}&x=1",
        ] {
            assert_eq!(url(good), Ok(()), "{good}");
        }
        for bad in [
            "example.com",
            "ftp://example.com",
            "javascript:alert(1)",
            "//example.com",
            "https://",
            "https:///path",
            "https://exa mple.com",
            "https://example.com/\r\nSet-Cookie: x=1",
            "https://пример.рф/",
            "https://example.com:99999/",
            "https://exa\"mple.com/",
            "{",
            "{}x",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
        assert!(url(&format!("https://example.com/{}", "a".repeat(URL_MAX))).is_err());
    }

    #[test]
    fn host_names_are_stored_in_lower_case_without_a_dot_at_the_end() {
        let cases = [
            ("Go.Example.COM", Some("go.example.com")),
            ("go.example.com.", Some("go.example.com")),
            ("localhost", Some("localhost")),
            ("5.9.1.2", Some("5.9.1.2")),
            ("xn--e1afmkfd.com", Some("xn--e1afmkfd.com")),
            ("https://go.example.com/", None),
            ("go.example.com:8080", None),
            ("пример.рф", None),
            ("5.9.1", None),
            ("-a.com", None),
            ("a..com", None),
            ("a_b.com", None),
            ("", None),
        ];
        for (text, stored) in cases {
            assert_eq!(host(text).ok().as_deref(), stored, "{text}");
        }
    }

    #[test]
    fn a_zone_is_spelled_as_in_the_iana_base() {
        assert_eq!(timezone("europe/kyiv"), Ok("Europe/Kyiv".to_owned()));
        let message = timezone("Europe/Kyif").unwrap_err();
        assert!(message.contains("Europe/Kyiv"), "{message}");
        assert!(timezone("+03:00").is_err());
    }
}
