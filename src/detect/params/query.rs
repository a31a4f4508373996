//! A raw query as decoded pairs.
//!
//! Nothing here fails: links come back from messengers with `&amp;`, from ad networks with broken
//! escapes, and from scanners with anything at all. What needs no decoding is borrowed.

use std::borrow::Cow;

use crate::detect::text;

/// How many pairs are kept; those after are not looked at.
pub const MAX_PAIRS: usize = 200;
/// Pairs that begin behind this many bytes of the raw query are not looked at.
pub const MAX_QUERY: usize = 16 * 1_024;
/// Bytes kept of a name.
pub const MAX_NAME: usize = 256;
/// Bytes kept of a value.
pub const MAX_VALUE: usize = text::MAX_TEXT;

/// The pairs of a query in their order, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Query<'a> {
    /// Reads `name=value&...` without the `?`.
    ///
    /// `+` is a space, invalid UTF-8 becomes U+FFFD, a broken escape stays as it is, line breaks and
    /// tabs become spaces and other control characters vanish. Names lose the `amp;` that an
    /// HTML-escaped link leaves. Pairs without a name are dropped; a name without `=` has an empty
    /// value.
    pub fn parse(raw: &'a str) -> Self {
        let separators = raw.bytes().filter(|byte| *byte == b'&').count();
        let mut pairs = Vec::with_capacity(if raw.is_empty() {
            0
        } else {
            (separators + 1).min(MAX_PAIRS)
        });
        let mut begins_at = 0;
        for pair in raw.split('&') {
            if begins_at > MAX_QUERY || pairs.len() == MAX_PAIRS {
                break;
            }
            begins_at += pair.len() + 1;
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = without_amp(decode(name, MAX_NAME));
            if !name.is_empty() {
                pairs.push((name, decode(value, MAX_VALUE)));
            }
        }
        Self { pairs }
    }

    /// The pairs in their order, repeats and empty values included.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// The value of a parameter, its name compared without regard to ASCII case; of repeats the
    /// last that is not blank. Blank is absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .rev()
            .find(|(known, value)| known.eq_ignore_ascii_case(name) && !is_blank(value))
            .map(|(_, value)| value.as_ref())
    }

    /// The pair at a place of [`Query::iter`].
    pub(super) fn pair(&self, at: usize) -> Option<(&str, &str)> {
        let (name, value) = self.pairs.get(at)?;
        Some((name.as_ref(), value.as_ref()))
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

/// Nothing but white space counts as no value.
pub(super) fn is_blank(value: &str) -> bool {
    value.trim_start().is_empty()
}

/// `&amp;name=` in a link reads as the parameter `amp;name`; escaped twice, as `amp;amp;name`.
pub fn without_amp(name: Cow<'_, str>) -> Cow<'_, str> {
    const AMP: &str = "amp;";
    let has_amp = |name: &str| {
        name.get(..AMP.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(AMP))
    };
    let mut rest = name.as_ref();
    while has_amp(rest) {
        rest = &rest[AMP.len()..];
    }
    let cut = name.len() - rest.len();
    match name {
        name if cut == 0 => name,
        Cow::Borrowed(name) => Cow::Borrowed(&name[cut..]),
        Cow::Owned(name) => Cow::Owned(name[cut..].to_owned()),
    }
}

/// Percent-decodes a name or a value, `limit` bytes at most.
pub fn decode(raw: &str, limit: usize) -> Cow<'_, str> {
    // Most names and values: one look at each byte, and nothing to do. 0xc2 may begin a control
    // character.
    let is_special = |byte| matches!(byte, 0..=0x1f | b'%' | b'+' | 0x7f | 0xc2);
    if !raw.bytes().any(is_special) {
        return Cow::Borrowed(text::cut(raw, limit));
    }
    if !raw.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return text::clean_str(raw, limit);
    }
    // A few more than the limit, so that cutting happens on whole characters.
    let enough = limit + 4;
    let mut decoded = Vec::with_capacity(raw.len().min(enough));
    let mut rest = raw.as_bytes();
    while let [byte, after @ ..] = rest {
        if decoded.len() >= enough {
            break;
        }
        let (byte, after) = match (byte, after) {
            (b'+', _) => (b' ', after),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (b'%', &rest[1..]),
            },
            (byte, _) => (*byte, after),
        };
        rest = after;
        match byte {
            b'\t' | b'\n' | b'\r' => decoded.push(b' '),
            0..=0x1f | 0x7f => {}
            byte => decoded.push(byte),
        }
    }
    let decoded = String::from_utf8(decoded)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    match text::clean_str(&decoded, limit) {
        Cow::Borrowed(kept) if kept.len() == decoded.len() => Cow::Owned(decoded),
        kept => Cow::Owned(kept.into_owned()),
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    fn pairs(raw: &str) -> Vec<(String, String)> {
        Query::parse(raw)
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    #[test]
    fn queries_are_read_whatever_happened_to_them() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("", &[]),
            ("a=1&b=2", &[("a", "1"), ("b", "2")]),
            ("a=1&a=2", &[("a", "1"), ("a", "2")]),
            ("a", &[("a", "")]),
            ("a=", &[("a", "")]),
            ("=1&&=&a=1", &[("a", "1")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a=x+y%20z", &[("a", "x y z")]),
            ("%61%5B%5d=%2B", &[("a[]", "+")]),
            ("a=%D0%9A%D0%B8%D1%97%D0%B2", &[("a", "Київ")]),
            ("a=Київ", &[("a", "Київ")]),
            ("a=%FF%41", &[("a", "\u{fffd}A")]),
            ("a=%D0", &[("a", "\u{fffd}")]),
            ("a=100%", &[("a", "100%")]),
            ("a=%zz%4", &[("a", "%zz%4")]),
            ("a=%%41", &[("a", "%A")]),
            ("a=x%00y%0D%0Az%7f", &[("a", "xy  z")]),
            ("a=x\u{1}y", &[("a", "xy")]),
            ("a=%C2%85x", &[("a", "x")]),
            (
                "a=1&amp;b=2&amp;amp;c=3",
                &[("a", "1"), ("b", "2"), ("c", "3")],
            ),
            ("amp=1&amp;=2", &[("amp", "1")]),
            ("%61mp;b=2", &[("b", "2")]),
            (
                "a={zoneid}&b=##X(y)##",
                &[("a", "{zoneid}"), ("b", "##X(y)##")],
            ),
        ];
        for (raw, expected) in cases {
            let expected: Vec<_> = expected
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            assert_eq!(pairs(raw), expected, "{raw}");
        }
    }

    #[test]
    fn of_repeats_the_last_that_is_not_blank_wins() {
        let query = Query::parse("Source=a&source=b&SOURCE=&source=%20&other=");

        assert_eq!(query.get("source"), Some("b"));
        assert_eq!(query.get("SOURCE"), Some("b"));
        assert_eq!(query.get("other"), None);
        assert_eq!(query.get("missing"), None);
    }

    #[test]
    fn what_needs_no_decoding_is_borrowed() {
        let query = Query::parse("source=zone-7&amp;keyword=київ");

        assert!(query.pairs.iter().all(|(name, value)| {
            matches!(name, Cow::Borrowed(_)) && matches!(value, Cow::Borrowed(_))
        }));
    }

    #[test]
    fn absurd_queries_are_bounded() {
        let many = "a=1&".repeat(100_000);
        let long_value = format!("a={}&b=1", "ы".repeat(3_000));
        let long_escapes = format!("a={}", "%D1%8B".repeat(3_000));
        let long_name = format!("{}=1", "n".repeat(5_000));
        let behind = format!("a={}&b=1", "x".repeat(MAX_QUERY));

        assert_eq!(Query::parse(&many).iter().len(), MAX_PAIRS);
        for raw in [&long_value, &long_escapes] {
            let query = Query::parse(raw);
            let value = query.get("a").expect("is there");
            assert_eq!(value.len(), MAX_VALUE);
            assert!(value.chars().all(|character| character == 'ы'));
        }
        assert_eq!(Query::parse(&long_value).get("b"), Some("1"));
        assert_eq!(pairs(&long_name)[0].0.len(), MAX_NAME);
        assert_eq!(Query::parse(&behind).get("b"), None);
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(
            values in prop::collection::vec(any::<String>(), 1..6),
            plus in any::<bool>(),
        ) {
            let values: Vec<String> = values
                .iter()
                .map(|value| value.chars().filter(|c| !c.is_control()).collect())
                .collect();
            let raw: Vec<String> = values
                .iter()
                .enumerate()
                .map(|(index, value)| {
                    let encoded = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
                    let encoded = if plus { encoded.replace("%20", "+") } else { encoded };
                    format!("p{index}={encoded}")
                })
                .collect();
            let read = pairs(&raw.join("&"));
            prop_assert_eq!(read.len(), values.len());
            for ((_, read), value) in read.iter().zip(&values) {
                prop_assert_eq!(read.as_str(), text::cut(value, MAX_VALUE));
            }
        }

        #[test]
        fn no_text_panics_and_the_bounds_hold(raw in any::<String>(), escapes in "[%a-f0-9+&=;]{0,200}") {
            for raw in [&raw, &escapes] {
                for (name, value) in Query::parse(raw).iter() {
                    prop_assert!(!name.is_empty() && name.len() <= MAX_NAME && value.len() <= MAX_VALUE);
                    prop_assert!(!name.chars().chain(value.chars()).any(char::is_control));
                }
            }
        }
    }
}
