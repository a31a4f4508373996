//! A request becomes pairs, whatever the network puts them into: query, form or JSON.
//!
//! Networks state the wrong content type, or none, so the first character of a body counts for
//! more than its type. Nothing in a query or a form is refused; only a body can be unreadable.

use std::borrow::Cow;

use super::json::{self, NotJson};
use super::logged::cut_remark;
use crate::detect::params::query::{decode, without_amp};
use crate::detect::text;

/// How many pairs are kept; those after are not looked at.
pub const MAX_PAIRS: usize = 500;
/// Bytes kept of a name.
pub const MAX_NAME: usize = 200;
/// Bytes kept of a value; one that was cut ends with [`CUT`].
pub const MAX_VALUE: usize = 2_000;
pub const CUT: char = '…';

/// Values that were cut and are named.
const MAX_TOLD: usize = 5;

/// What came in the body of a `POST`.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    pub content_type: Option<&'a str>,
    pub bytes: &'a [u8],
}

/// A body that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unreadable {
    pub why: Why,
    /// What the query held nevertheless.
    pub query: Vec<(String, String)>,
}

/// Why a body could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error(
        "The body is multipart/form-data, which is not read. Let the network send the parameters \
         in the query, as a form (application/x-www-form-urlencoded) or as JSON."
    )]
    Multipart,
    #[error(
        "The body is neither a form nor JSON. Let the network send the parameters in the query, as \
         a form (name=value&...) or as a JSON object."
    )]
    Unknown,
    #[error("The body is not JSON that can be read: {0}")]
    Json(#[from] NotJson),
}

/// What a body is, by its content type and its beginning.
enum Kind {
    Nothing,
    Form,
    Json,
}

/// The pairs of the query, then those of the body, decoded; repeats and empty values included.
///
/// `+` is a space, invalid UTF-8 becomes U+FFFD and control characters vanish. Names lose the
/// `amp;` of an HTML-escaped link.
pub fn pairs(query: &str, body: Option<Body<'_>>) -> Result<Vec<(String, String)>, Unreadable> {
    let mut pairs = Vec::new();
    read_form(query.trim_start_matches('?'), &mut pairs);
    let Some(body) = body else {
        return Ok(pairs);
    };
    match read_body(body, &mut pairs) {
        Ok(()) => Ok(pairs),
        Err(why) => Err(Unreadable { why, query: pairs }),
    }
}

/// Whether something of these pairs was left out, in words for the log.
pub(super) fn remarks(pairs: &[(String, String)]) -> Vec<String> {
    let mut cut = pairs
        .iter()
        .filter(|(_, value)| value.len() + 3 > MAX_VALUE && value.ends_with(CUT));
    let mut remarks: Vec<String> = cut
        .by_ref()
        .take(MAX_TOLD)
        .map(|(name, _)| {
            format!("The value of {name} was longer than {MAX_VALUE} bytes and was cut.")
        })
        .collect();
    match cut.count() {
        0 => {}
        more => remarks.push(format!("So were {more} more values.")),
    }
    remarks.extend(cut_remark(pairs));
    if pairs.len() >= MAX_PAIRS {
        remarks.push(format!(
            "Only the first {MAX_PAIRS} parameters were looked at."
        ));
    }
    remarks
}

fn read_body(body: Body<'_>, pairs: &mut Vec<(String, String)>) -> Result<(), Why> {
    let text = String::from_utf8_lossy(body.bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    match kind(body.content_type.unwrap_or_default(), text)? {
        Kind::Nothing => {}
        Kind::Form => read_form(text, pairs),
        Kind::Json => {
            let left = MAX_PAIRS - pairs.len();
            for (name, value) in json::read(text, left)? {
                push(&name, &value, pairs);
            }
        }
    }
    Ok(())
}

fn kind(content_type: &str, text: &str) -> Result<Kind, Why> {
    let content_type = content_type.to_ascii_lowercase();
    if text.is_empty() {
        Ok(Kind::Nothing)
    } else if content_type.starts_with("multipart/") {
        Err(Why::Multipart)
    } else if text.starts_with(['{', '[']) {
        Ok(Kind::Json)
    } else if content_type.starts_with("application/x-www-form-urlencoded")
        || (text.contains('=') && !text.starts_with('<'))
    {
        Ok(Kind::Form)
    } else {
        Err(Why::Unknown)
    }
}

fn read_form(raw: &str, pairs: &mut Vec<(String, String)>) {
    for part in raw.split('&').filter(|part| !part.is_empty()) {
        let (whole, mangled) = split_mangled(part);
        for pair in [Some(whole), mangled].into_iter().flatten() {
            if pairs.len() == MAX_PAIRS {
                return;
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // A little more than is kept, so that it shows whether there was more.
            let name = without_amp(decode(name, MAX_NAME));
            push(mended(&name), &decode(value, MAX_VALUE + 4), pairs);
        }
    }
}

pub(super) fn push(name: &str, value: &str, pairs: &mut Vec<(String, String)>) {
    let name = text::clean_str(name.trim(), MAX_NAME);
    let value = text::clean_str(value, MAX_VALUE + 4);
    if name.is_empty() || pairs.len() == MAX_PAIRS {
        return;
    }
    let value = if value.len() > MAX_VALUE {
        let kept = text::cut(&value, MAX_VALUE - CUT.len_utf8());
        Cow::Owned(format!("{kept}{CUT}"))
    } else {
        value
    };
    pairs.push((name.into_owned(), value.into_owned()));
}

/// A URL that somebody decoded as HTML has `¤cy` where `&currency` stood, because `&curren` is an
/// entity; the same in what becomes of `¤` on its further way.
const MANGLED_CURRENCY: [&str; 6] = [
    "¤cy",
    "%c2%a4cy",
    "%a4cy",
    "Â¤cy",
    "%c3%82%c2%a4cy",
    "\u{fffd}cy",
];

/// The `&` of the currency went with its name, so that it hangs on the value before it:
/// `payout=7¤cy=USD`.
fn split_mangled(pair: &str) -> (&str, Option<&str>) {
    if !pair.contains("cy=") && !pair.contains("CY=") {
        return (pair, None);
    }
    let lower = pair.to_ascii_lowercase();
    let begins_at = |mark: &&str| lower.find(&format!("{mark}="));
    match MANGLED_CURRENCY.iter().filter_map(begins_at).min() {
        Some(at) if at > 0 => (&pair[..at], Some(&pair[at..])),
        _ => (pair, None),
    }
}

fn mended(name: &str) -> &str {
    let is_mangled = name.eq_ignore_ascii_case("curren;cy")
        || MANGLED_CURRENCY
            .iter()
            .any(|mark| name.eq_ignore_ascii_case(mark));
    if is_mangled { "currency" } else { name }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    fn body<'a>(content_type: &'a str, text: &'a str) -> Option<Body<'a>> {
        Some(Body {
            content_type: Some(content_type).filter(|text| !text.is_empty()),
            bytes: text.as_bytes(),
        })
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn queries_are_read_whatever_happened_to_them() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("", &[]),
            ("?a=1", &[("a", "1")]),
            (
                "a=1&a=2&b&=3&&c=",
                &[("a", "1"), ("a", "2"), ("b", ""), ("c", "")],
            ),
            (
                "a=x+y%20z&b=%D0%9A&c=%FF&d=50%",
                &[("a", "x y z"), ("b", "К"), ("c", "\u{fffd}"), ("d", "50%")],
            ),
            (
                "a=1&amp;b=2&amp;amp;c=3",
                &[("a", "1"), ("b", "2"), ("c", "3")],
            ),
            ("a=x%00y%0Az%1b", &[("a", "xy z")]),
            ("+a+=+1+", &[("a", " 1 ")]),
        ];
        for (query, expected) in cases {
            assert_eq!(pairs(query, None), Ok(owned(expected)), "{query}");
        }
    }

    #[test]
    fn a_currency_that_became_a_currency_sign_is_a_currency() {
        for query in [
            "payout=7&currency=USD",
            "payout=7¤cy=USD",
            "payout=7%C2%A4cy=USD",
            "payout=7%c2%a4cy=USD",
            "payout=7%A4cy=USD",
            "payout=7&¤cy=USD",
            "payout=7&%C2%A4cy=USD",
            "payout=7&%A4CY=USD",
            "payout=7&curren;cy=USD",
            "payout=7&&curren;cy=USD",
            "payout=7%C3%82%C2%A4cy=USD",
        ] {
            let read = pairs(query, None);
            let read = read.map(|pairs| {
                let lower = pairs
                    .into_iter()
                    .map(|(name, value)| (name.to_lowercase(), value));
                lower.collect()
            });
            assert_eq!(
                read,
                Ok(owned(&[("payout", "7"), ("currency", "USD")])),
                "{query}"
            );
        }
        let plain = "fancy=1&cy=2&x=%C2%A4";
        assert_eq!(
            pairs(plain, None),
            Ok(owned(&[("fancy", "1"), ("cy", "2"), ("x", "¤")]))
        );
    }

    #[test]
    fn a_body_is_read_as_what_it_is_whatever_its_type_says() {
        const FORM: &str = "application/x-www-form-urlencoded";
        let form = "a=1&b=x+y%21\r\n";
        let json = "\u{feff} {\"a\":1,\"b\":\"x y!\"}";
        for (content_type, text) in [
            (FORM, form),
            ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", form),
            ("", form),
            ("text/plain", form),
            ("application/json", form),
            ("application/json", json),
            ("application/vnd.api+json; charset=utf-8", json),
            (FORM, json),
            ("", json),
            ("text/html", json),
        ] {
            let read = pairs("q=0", body(content_type, text));
            let expected = owned(&[("q", "0"), ("a", "1"), ("b", "x y!")]);
            assert_eq!(read, Ok(expected), "{content_type}: {text}");
        }
    }

    #[test]
    fn an_empty_body_says_nothing() {
        for content_type in ["", "application/json", "multipart/form-data; boundary=x"] {
            assert_eq!(
                pairs("a=1", body(content_type, " \r\n")),
                Ok(owned(&[("a", "1")]))
            );
        }
    }

    #[test]
    fn a_body_that_cannot_be_read_says_why_and_leaves_the_query() {
        for (content_type, text, why) in [
            (
                "multipart/form-data; boundary=x",
                "--x\r\na=1",
                Why::Multipart,
            ),
            ("application/xml", "<a b=\"1\"/>", Why::Unknown),
            ("", "hello", Why::Unknown),
            ("application/json", "hello", Why::Unknown),
            ("application/json", "[{},{}]", Why::Json(NotJson::Several)),
        ] {
            let unreadable = pairs("a=1", body(content_type, text)).expect_err(text);
            assert_eq!(
                unreadable,
                Unreadable {
                    why,
                    query: owned(&[("a", "1")])
                }
            );
        }
        let unreadable = pairs("", body("", "{\"a\":\"x}")).expect_err("is cut");
        assert_eq!(
            unreadable.to_string(),
            "The body is not JSON that can be read: at byte 5, the end of this text, a quote, was expected."
        );
    }

    #[test]
    fn names_and_values_are_bounded_and_what_was_cut_is_told() {
        let long = "ы".repeat(5_000);
        let fits = "x".repeat(MAX_VALUE);
        let query = format!("a={long}&{}=1&b={fits}", "n".repeat(5_000));
        let json = format!("{{\"c\":\"{long}\"}}");

        let read = pairs(&query, body("", &json)).expect("is read");

        assert!(read[0].1.len() <= MAX_VALUE && read[0].1.ends_with("ы…"));
        assert_eq!(read[1].0.len(), MAX_NAME);
        assert_eq!(read[2].1, fits);
        assert!(read[3].1.len() <= MAX_VALUE && read[3].1.ends_with("ы…"));
        let told = remarks(&read).join(" ");
        assert!(told.contains(" a was") || told.contains("of a "), "{told}");
        assert!(told.contains("of c ") && !told.contains("of b "), "{told}");
    }

    #[test]
    fn only_so_many_pairs_are_looked_at() {
        let query = "a=1&".repeat(300);
        let form = "b=1&".repeat(300);
        let numbers: Vec<String> = (0..300).map(|n| format!("\"k{n}\":1")).collect();
        let json = format!("{{{}}}", numbers.join(","));

        for text in [&form, &json] {
            let read = pairs(&query, body("", text)).expect("is read");
            assert_eq!(read.len(), MAX_PAIRS);
            assert_eq!(remarks(&read).len(), 1);
        }
        assert!(remarks(&owned(&[("a", "short…")])).is_empty());
    }

    #[test]
    fn a_megabyte_of_anything_is_read_at_once() {
        let size = 1 << 20;
        for unit in [
            "a=1&",
            "&",
            "=",
            "%C2%A4cy=&",
            "%",
            "¤cy=",
            "{",
            "[",
            "{\"a\":",
            "[[],",
            "\"",
            "{{x}",
            "\\",
            "ы",
            " ",
        ] {
            for opening in ["", "{\"a\":", "{\"a\":\""] {
                let text = format!("{opening}{}", unit.repeat(size / unit.len()));
                let began = Instant::now();
                let _ = pairs(&text, body("", &text));
                let took = began.elapsed();
                assert!(took < Duration::from_secs(5), "{opening}{unit}: {took:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_request_panics_and_the_bounds_hold(
            query in any::<String>(),
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            escapes in "[%a-f0-9+&=;¤cy]{0,200}",
        ) {
            let body = Some(Body { content_type: None, bytes: &bytes });
            for query in [&query, &escapes] {
                let read = pairs(query, body).unwrap_or_else(|unreadable| unreadable.query);
                for (name, value) in &read {
                    prop_assert!(!name.is_empty() && name.len() <= MAX_NAME && value.len() <= MAX_VALUE);
                    prop_assert!(!name.chars().chain(value.chars()).any(char::is_control));
                }
            }
        }
    }
}
