//! Encoding of values, straight into the output: percent-encoding in links, escapes in bodies.

use std::fmt::{self, Write};

use super::escape;

/// What becomes of a value. In a link: which bytes pass unchanged; all others become `%XX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// A whole value: only the unreserved characters of RFC 3986 pass.
    Value,
    /// A piece of a URL as the visitor or the operator wrote it: what RFC 3986 allows in one,
    /// without the apostrophe, which would end an HTML attribute.
    Raw,
    /// The operator's own text: printable ASCII without quotes, `<` and `>`.
    Text,
    /// As it is: for digests, and where the operator asked for it in a body.
    Verbatim,
    /// In a body of plain text: as it is, without control characters.
    Plain,
    /// Between tags, and in quoted attributes.
    Html,
    /// In attributes without quotes.
    HtmlUnquoted,
    /// In scripts of a page, and in attributes that are scripts.
    Script,
    /// In style sheets of a page, and in attributes that are styles.
    Style,
    /// In strings of JSON.
    Json,
}

impl Encoding {
    fn passes(self, byte: u8) -> bool {
        match self {
            Encoding::Value => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
            }
            Encoding::Raw => {
                byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&()*+,;=%".contains(&byte)
            }
            Encoding::Text => {
                byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>')
            }
            // Those of bodies go by characters.
            _ => false,
        }
    }
}

/// Where a macro writes its value. Everything that passes is fit for its place in the link.
#[derive(Debug)]
pub struct Encoder<'o> {
    out: &'o mut String,
    encoding: Encoding,
}

impl<'o> Encoder<'o> {
    pub(super) fn new(out: &'o mut String, encoding: Encoding) -> Self {
        Self { out, encoding }
    }

    pub fn push(&mut self, text: &str) {
        match self.encoding {
            Encoding::Value | Encoding::Raw | Encoding::Text => self.push_percent(text),
            Encoding::Verbatim => self.out.push_str(text),
            Encoding::Plain => escape::text(text, self.out),
            Encoding::Html => escape::html(text, self.out),
            Encoding::HtmlUnquoted => escape::html_unquoted(text, self.out),
            Encoding::Script => escape::script(text, self.out),
            Encoding::Style => escape::style(text, self.out),
            Encoding::Json => escape::json(text, self.out),
        }
    }

    fn push_percent(&mut self, text: &str) {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let mut start = 0;
        for (at, byte) in text.bytes().enumerate() {
            if self.encoding.passes(byte) {
                continue;
            }
            // Only ASCII passes, so a run that is not empty begins and ends between characters.
            if start < at {
                self.out.push_str(&text[start..at]);
            }
            self.out.push('%');
            self.out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            self.out.push(char::from(DIGITS[usize::from(byte & 15)]));
            start = at + 1;
        }
        if start < text.len() {
            self.out.push_str(&text[start..]);
        }
    }

    /// Nothing for `None`.
    pub fn push_some(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            self.push(text);
        }
    }

    /// A number, a decimal, a date: whatever prints.
    pub fn print(&mut self, value: impl fmt::Display) {
        // Writing to a `String` cannot fail; a value whose own `Display` fails is cut short.
        let _ = write!(self, "{value}");
    }
}

impl fmt::Write for Encoder<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

/// The value itself, before any encoding.
pub(super) fn plain(write: impl FnOnce(&mut Encoder<'_>)) -> String {
    let mut value = String::new();
    write(&mut Encoder::new(&mut value, Encoding::Verbatim));
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, encoding: Encoding) -> String {
        let mut out = String::new();
        Encoder::new(&mut out, encoding).push(text);
        out
    }

    #[test]
    fn each_encoding_lets_through_what_its_place_allows() {
        let cases = [
            ("", "", "", ""),
            ("aZ09-._~", "aZ09-._~", "aZ09-._~", "aZ09-._~"),
            ("a b", "a%20b", "a%20b", "a%20b"),
            ("x&y=1?#/", "x%26y%3D1%3F%23%2F", "x&y=1?#/", "x&y=1?#/"),
            (
                "\r\n\0\u{7f}",
                "%0D%0A%00%7F",
                "%0D%0A%00%7F",
                "%0D%0A%00%7F",
            ),
            (
                "\"'<>`",
                "%22%27%3C%3E%60",
                "%22%27%3C%3E%60",
                "%22%27%3C%3E%60",
            ),
            ("\\{|}", "%5C%7B%7C%7D", "%5C%7B%7C%7D", "\\{|}"),
            (
                "Київ",
                "%D0%9A%D0%B8%D1%97%D0%B2",
                "%D0%9A%D0%B8%D1%97%D0%B2",
                "%D0%9A%D0%B8%D1%97%D0%B2",
            ),
            ("é1é", "%C3%A91%C3%A9", "%C3%A91%C3%A9", "%C3%A91%C3%A9"),
        ];
        for (text, value, raw, literal) in cases {
            assert_eq!(encoded(text, Encoding::Value), value, "{text:?}");
            assert_eq!(encoded(text, Encoding::Raw), raw, "{text:?}");
            assert_eq!(encoded(text, Encoding::Text), literal, "{text:?}");
        }
    }
}
