//! The small pages that lead on, and how text gets into them.
//!
//! | place | what is escaped there |
//! |---|---|
//! | an attribute in double quotes | `&`, `<`, `>`, both quotes, the backtick |
//! | a string of a script, in double quotes | everything but plain ASCII without `"'\<>&` and the backtick |
//!
//! In a script that takes `</script>`, `<!--` and the line ends U+2028 and U+2029 apart too.

use std::fmt::Write;

/// An HTML page of ours.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Page {
    pub html: String,
    /// Value of its `Referrer-Policy`; `None` leaves it to the browser.
    pub referrer_policy: Option<&'static str>,
}

const BEFORE: &str = "<!doctype html>\n<html><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
    <meta name=\"robots\" content=\"noindex, nofollow\"><title>...</title>";
const BETWEEN: &str = "</head><body>";
const AFTER: &str = "</body></html>\n";

/// A page under construction: first what belongs into its head, then its body.
pub(super) struct Builder {
    html: String,
}

impl Builder {
    pub(super) fn new() -> Self {
        let mut html = String::with_capacity(1_024);
        html.push_str(BEFORE);
        Self { html }
    }

    /// Markup of ours, as it is.
    pub(super) fn markup(mut self, text: &str) -> Self {
        self.html.push_str(text);
        self
    }

    /// The value of an attribute in double quotes.
    pub(super) fn attribute(mut self, text: &str) -> Self {
        attribute(&mut self.html, text);
        self
    }

    /// The inside of a script's string in double quotes.
    pub(super) fn script_string(mut self, text: &str) -> Self {
        script_string(&mut self.html, text);
        self
    }

    /// Goes to `address` at once.
    pub(super) fn refresh(self, address: &str) -> Self {
        self.markup("<meta http-equiv=\"refresh\" content=\"0;url=")
            .attribute(address)
            .markup("\">")
    }

    /// Goes to `address` by script, leaving no entry in the browser's history.
    pub(super) fn replace(self, address: &str) -> Self {
        self.markup("<script>location.replace(\"")
            .script_string(address)
            .markup("\")</script>")
    }

    pub(super) fn body(self) -> Self {
        self.markup(BETWEEN)
    }

    pub(super) fn finish(mut self) -> Page {
        self.html.push_str(AFTER);
        Page {
            html: self.html,
            referrer_policy: None,
        }
    }
}

impl Page {
    pub(super) fn with_referrer_policy(mut self, policy: &'static str) -> Self {
        self.referrer_policy = Some(policy);
        self
    }
}

fn attribute(out: &mut String, text: &str) {
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            b'`' => "&#96;",
            _ => continue,
        };
        out.push_str(&text[start..at]);
        out.push_str(escaped);
        start = at + 1;
    }
    out.push_str(&text[start..]);
}

fn script_string(out: &mut String, text: &str) {
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if (b' '..=b'~').contains(&byte) && !b"\"'\\<>&`".contains(&byte) => {
                out.push(char::from(byte));
            }
            // Writing to a `String` cannot fail.
            _ => {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_for_its_place() {
        let cases = [
            (
                "https://x/?a=1&b=2",
                "https://x/?a=1&amp;b=2",
                "https://x/?a=1\\u0026b=2",
            ),
            ("\"'`", "&quot;&#39;&#96;", "\\u0022\\u0027\\u0060"),
            (
                "</script><!--",
                "&lt;/script&gt;&lt;!--",
                "\\u003c/script\\u003e\\u003c!--",
            ),
            ("\u{2028}\n\\", "\u{2028}\n\\", "\\u2028\\u000a\\u005c"),
            ("é😀", "é😀", "\\u00e9\\ud83d\\ude00"),
        ];
        for (text, in_attribute, in_script) in cases {
            let (mut attribute_text, mut script_text) = (String::new(), String::new());
            attribute(&mut attribute_text, text);
            script_string(&mut script_text, text);
            assert_eq!(attribute_text, in_attribute, "{text:?}");
            assert_eq!(script_text, in_script, "{text:?}");
        }
    }
}
