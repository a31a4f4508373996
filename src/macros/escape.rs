//! Escaping of values for the places of a body, straight into the output.
//!
//! What is escaped is more than the place's own grammar asks for wherever a reader could be more
//! lenient than it: a value must not be able to end what it stands in, nor to begin anything.

use std::fmt::Write;

/// Without control characters, except those that are white space where `keeps_space`.
fn printable(text: &str, keeps_space: bool) -> impl Iterator<Item = char> {
    text.chars()
        .filter(move |c| !c.is_control() || (keeps_space && matches!(c, '\t' | '\n' | '\r')))
}

/// As it is, without control characters.
pub(super) fn text(value: &str, out: &mut String) {
    out.extend(printable(value, false));
}

/// For text between tags and for quoted attributes.
pub(super) fn html(value: &str, out: &mut String) {
    for c in printable(value, true) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            _ => out.push(c),
        }
    }
}

/// For attributes without quotes, which white space would end.
pub(super) fn html_unquoted(value: &str, out: &mut String) {
    for c in printable(value, true) {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') || is_plain_beyond_ascii(c) {
            out.push(c);
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "&#{};", u32::from(c));
        }
    }
}

/// For a string of a script, whatever its quotes. Outside a string it is at most a name or a
/// number: an escaped sign means nothing there.
pub(super) fn script(value: &str, out: &mut String) {
    escape_utf16(value, out, |c| {
        c.is_ascii_alphanumeric()
            || matches!(c, ' ' | '-' | '.' | '_' | ',' | ':' | '@' | '~')
            || is_plain_beyond_ascii(c)
    });
}

/// For a JSON string.
pub(super) fn json(value: &str, out: &mut String) {
    // `<` and `>` as well: JSON is often put into pages.
    escape_utf16(value, out, |c| {
        !(c.is_control() || matches!(c, '"' | '\\' | '<' | '>' | '\u{2028}' | '\u{2029}'))
    });
}

/// For a style sheet: `\26 ` is an escaped `&`.
pub(super) fn style(value: &str, out: &mut String) {
    for c in printable(value, true) {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') || is_plain_beyond_ascii(c) {
            out.push(c);
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "\\{:x} ", u32::from(c));
        }
    }
}

fn escape_utf16(value: &str, out: &mut String, passes: impl Fn(char) -> bool) {
    for c in value.chars() {
        if passes(c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
}

/// Letters of other alphabets, and signs that no reader takes for white space.
fn is_plain_beyond_ascii(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Escape = fn(&str, &mut String);

    #[test]
    fn each_place_has_its_escapes() {
        let value = "a b<'\"&`\\/\n\0é\u{2028}😀";
        let cases: [(Escape, &str); 6] = [
            (text, "a b<'\"&`\\/é\u{2028}😀"),
            (html, "a b&lt;&#39;&quot;&amp;&#96;\\/\né\u{2028}😀"),
            (
                html_unquoted,
                "a&#32;b&#60;&#39;&#34;&#38;&#96;&#92;&#47;&#10;é&#8232;😀",
            ),
            (
                script,
                "a b\\u003c\\u0027\\u0022\\u0026\\u0060\\u005c\\u002f\\u000a\\u0000é\\u2028😀",
            ),
            (json, "a b\\u003c'\\u0022&`\\u005c/\\u000a\\u0000é\\u2028😀"),
            (
                style,
                "a\\20 b\\3c \\27 \\22 \\26 \\60 \\5c \\2f \\a é\\2028 😀",
            ),
        ];
        for (escape, expected) in cases {
            let mut out = String::new();
            escape(value, &mut out);
            assert_eq!(out, expected);
        }
    }
}
