//! A JSON body as pairs.
//!
//! Its own reader, because an amount has to stay as it was written (`7.50`, `1e9`), which a parser
//! into values loses, and because bodies are templates that networks fill in: a macro that became
//! nothing (`"payout":,`) or a word without quotes (`"status":approved`) is read as what it is
//! meant to be.

use std::collections::HashMap;

use super::request::MAX_NAME;
use crate::detect::params::looks_like_macro;
use crate::detect::text::cut;

/// Deeper ones are refused.
const MAX_DEPTH: usize = 32;

/// Why a text is not a JSON body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotJson {
    #[error("at byte {at}, {expected} was expected.")]
    Expected { at: usize, expected: &'static str },
    #[error("it is nested more than {MAX_DEPTH} levels deep.")]
    TooDeep,
    #[error(
        "it is a list of several postbacks. Let the network send each in a request of its own."
    )]
    Several,
}

/// The values of a JSON object, or of the one object in an array, in their order; `limit` at most.
///
/// A value is named by its key. Where several keys are the same, each is named by its whole path:
/// `offer.id` and `user.id`. Elements of arrays have their index in the path. `null` is empty.
pub(super) fn read(text: &str, limit: usize) -> Result<Vec<(String, String)>, NotJson> {
    let mut reader = Reader {
        text,
        at: 0,
        path: String::new(),
        leaves: Vec::new(),
        limit,
    };
    reader.value(None, 0)?;
    reader.skip_space();
    if reader.at < text.len() && !reader.is_full() {
        return Err(reader.expected("the end"));
    }
    Ok(named(reader.leaves))
}

/// A value, and where it stood.
struct Leaf {
    path: String,
    /// Where the last key stands in the path.
    key: (usize, usize),
    value: String,
}

impl Leaf {
    fn key(&self) -> &str {
        &self.path[self.key.0..self.key.1]
    }
}

fn named(leaves: Vec<Leaf>) -> Vec<(String, String)> {
    // Of each key its only path, or `None` where there are several.
    let mut paths: HashMap<String, Option<&str>> = HashMap::new();
    for leaf in &leaves {
        paths
            .entry(leaf.key().to_lowercase())
            .and_modify(|path| *path = path.filter(|path| *path == leaf.path))
            .or_insert(Some(&leaf.path));
    }
    let name = |leaf: &Leaf| {
        let is_only = paths[&leaf.key().to_lowercase()].is_some();
        if is_only { leaf.key() } else { &leaf.path }.to_owned()
    };
    let names: Vec<String> = leaves.iter().map(name).collect();
    let values = leaves.into_iter().map(|leaf| leaf.value);
    names.into_iter().zip(values).collect()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    path: String,
    leaves: Vec<Leaf>,
    limit: usize,
}

impl<'a> Reader<'a> {
    /// Reads the value that stands at `path`; `key` is the last key in it.
    fn value(&mut self, key: Option<(usize, usize)>, depth: usize) -> Result<(), NotJson> {
        if depth > MAX_DEPTH {
            return Err(NotJson::TooDeep);
        }
        self.skip_space();
        if let Some(text) = self.bare_macro().filter(|_| depth > 0) {
            self.at += text.len();
            self.leaf(key, text.to_owned());
            return Ok(());
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(key, depth),
            Some(b'"') => {
                let text = self.string()?;
                self.leaf(key, text);
                Ok(())
            }
            _ => {
                let word = self.word();
                let text = if word == "null" { "" } else { word };
                self.leaf(key, text.to_owned());
                Ok(())
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), NotJson> {
        self.at += 1;
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'"') => {}
                _ => return Err(self.expected("a name in quotes or \"}\"")),
            }
            let name = self.string()?;
            self.skip_space();
            self.expect(b':', "\":\"")?;
            let outer = self.path.len();
            let key = self.enter(&name);
            self.value(Some(key), depth + 1)?;
            self.path.truncate(outer);
            if self.is_full() {
                return Ok(());
            }
            self.comma_or(b'}', "\",\" or \"}\"")?;
        }
    }

    fn array(&mut self, key: Option<(usize, usize)>, depth: usize) -> Result<(), NotJson> {
        self.at += 1;
        for index in 0_usize.. {
            self.skip_space();
            if self.peek() == Some(b']') {
                self.at += 1;
                break;
            }
            if depth == 0 && index > 0 && self.peek() == Some(b'{') {
                return Err(NotJson::Several);
            }
            let outer = self.path.len();
            let element = self.enter(&index.to_string());
            self.value(Some(key.unwrap_or(element)), depth + 1)?;
            self.path.truncate(outer);
            if self.is_full() {
                break;
            }
            self.comma_or(b']', "\",\" or \"]\"")?;
        }
        Ok(())
    }

    fn enter(&mut self, name: &str) -> (usize, usize) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        let begins_at = self.path.len();
        self.path.push_str(cut(name, MAX_NAME));
        (begins_at, self.path.len())
    }

    fn leaf(&mut self, key: Option<(usize, usize)>, value: String) {
        let path = self.path.clone();
        let key = key.unwrap_or((0, path.len()));
        self.leaves.push(Leaf { path, key, value });
    }

    /// The string that begins here. What is wrong within it stays as it is.
    fn string(&mut self) -> Result<String, NotJson> {
        let begins_at = self.at;
        let bytes = self.text.as_bytes();
        let mut at = begins_at + 1;
        let mut is_escaped = false;
        loop {
            match bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    is_escaped = true;
                    at += 2;
                }
                Some(_) => at += 1,
                None => {
                    let expected = "the end of this text, a quote,";
                    let at = begins_at;
                    return Err(NotJson::Expected { at, expected });
                }
            }
        }
        self.at = at + 1;
        let inner = &self.text[begins_at + 1..at];
        if !is_escaped {
            return Ok(inner.to_owned());
        }
        Ok(serde_json::from_str(&self.text[begins_at..=at]).unwrap_or_else(|_| inner.to_owned()))
    }

    /// `{payout}` or `{{payout}}` without quotes, which is no object.
    fn bare_macro(&self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let braces = rest.bytes().take_while(|byte| *byte == b'{').count();
        let inner = cut(rest.get(braces..).filter(|_| braces > 0)?, MAX_NAME);
        let end = braces + inner.find('}')? + braces;
        rest.get(..end).filter(|text| looks_like_macro(text))
    }

    /// Everything up to the end of the member: a number as it is written, `true`, a bare word, or
    /// nothing.
    fn word(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest
            .find([',', '}', ']', '"', '{', '['])
            .unwrap_or(rest.len());
        self.at += end;
        rest[..end].trim()
    }

    /// A comma is passed by; what closes the list is left where it is.
    fn comma_or(&mut self, close: u8, expected: &'static str) -> Result<(), NotJson> {
        self.skip_space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(())
            }
            Some(byte) if byte == close => Ok(()),
            _ => Err(self.expected(expected)),
        }
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), NotJson> {
        if self.peek() != Some(byte) {
            return Err(self.expected(expected));
        }
        self.at += 1;
        Ok(())
    }

    fn expected(&self, expected: &'static str) -> NotJson {
        let at = self.at;
        NotJson::Expected { at, expected }
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn is_full(&self) -> bool {
        self.leaves.len() >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Result<Vec<(String, String)>, NotJson> {
        read(text, 500)
    }

    #[test]
    fn values_are_named_by_their_keys_and_stay_as_they_are_written() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("{}", &[]),
            ("[]", &[]),
            (r#"{"a":"1","b":"2"}"#, &[("a", "1"), ("b", "2")]),
            (
                r#"{"a":7.50,"b":1e9,"c":-0.10,"d":12345678901234567890.5}"#,
                &[
                    ("a", "7.50"),
                    ("b", "1e9"),
                    ("c", "-0.10"),
                    ("d", "12345678901234567890.5"),
                ],
            ),
            (
                r#"{"a":null,"b":true,"c":false,"d":""}"#,
                &[("a", ""), ("b", "true"), ("c", "false"), ("d", "")],
            ),
            ("{ \"a\" :\n 1 ,\t\"b\" : [ ] , \"c\":{} }\n", &[("a", "1")]),
            (
                r#"{"data":{"click_id":"x","payout":{"value":5}}}"#,
                &[("click_id", "x"), ("value", "5")],
            ),
            (
                r#"{"id":1,"offer":{"id":2},"user":{"ID":3,"name":"n"}}"#,
                &[
                    ("id", "1"),
                    ("offer.id", "2"),
                    ("user.ID", "3"),
                    ("name", "n"),
                ],
            ),
            (r#"[{"click_id":"x"}]"#, &[("click_id", "x")]),
            (
                r#"{"items":[{"sku":"a"},{"sku":"b"}],"n":2}"#,
                &[("items.0.sku", "a"), ("items.1.sku", "b"), ("n", "2")],
            ),
            (r#"{"click_id":["x"]}"#, &[("click_id", "x")]),
            (r#"{"tags":["a","b"]}"#, &[("tags.0", "a"), ("tags.1", "b")]),
            (r#"{"a":[[1],[2]]}"#, &[("a.0.0", "1"), ("a.1.0", "2")]),
            (r#"{"a":1,"a":2}"#, &[("a", "1"), ("a", "2")]),
            (r#"["x",5]"#, &[("0", "x"), ("1", "5")]),
            (
                r#"{"a":"\u041a\"\\\/\n","b":"К"}"#,
                &[("a", "К\"\\/\n"), ("b", "К")],
            ),
            (r#"{"a":"\ud800x"}"#, &[("a", r"\ud800x")]),
            (r#"{"a":"}],{[:"}"#, &[("a", "}],{[:")]),
        ];
        for (text, expected) in cases {
            let expected = expected
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            assert_eq!(pairs(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_template_that_was_filled_in_badly_is_still_read() {
        let text = r#"{"a":,"b":{payout},"c":{{status}},"d":approved,"e":on hold,"f":#x#,"g":1,}"#;

        let read = pairs(text).expect("is read");

        let values: Vec<_> = read.iter().map(|(_, value)| value.as_str()).collect();
        let expected = [
            "",
            "{payout}",
            "{{status}}",
            "approved",
            "on hold",
            "#x#",
            "1",
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        let expected = |at, expected| NotJson::Expected { at, expected };
        for (text, error) in [
            ("{", expected(1, "a name in quotes or \"}\"")),
            ("{a:1}", expected(1, "a name in quotes or \"}\"")),
            (r#"{"a"}"#, expected(4, "\":\"")),
            (r#"{"a":"x}"#, expected(5, "the end of this text, a quote,")),
            (r#"{"a":"x\"#, expected(5, "the end of this text, a quote,")),
            (r#"{"a":"x""b":1}"#, expected(8, "\",\" or \"}\"")),
            (r#"{"a":[1}"#, expected(7, "\",\" or \"]\"")),
            (r#"{"a":1"#, expected(6, "\",\" or \"}\"")),
            (r#"{"a":1}x"#, expected(7, "the end")),
            (r#"{"a":1}{"a":2}"#, expected(7, "the end")),
            (r#"[{"a":1},{"a":2}]"#, NotJson::Several),
            (&"[".repeat(100_000), NotJson::TooDeep),
            (&"{\"a\":".repeat(100_000), NotJson::TooDeep),
        ] {
            assert_eq!(pairs(text), Err(error), "{}", cut(text, 40));
        }
    }

    #[test]
    fn no_more_is_read_than_was_asked_for() {
        let many: Vec<String> = (0..10).map(|n| format!("\"k{n}\":{n}")).collect();
        let object = format!("{{\"a\":[{{{}}}],\"z\":1}}", many.join(","));

        let read = read(&object, 3).expect("is read");

        let names: Vec<_> = read.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["k0", "k1", "k2"]);
    }

    #[test]
    fn absurd_names_stay_short() {
        let name = "n".repeat(10_000);
        let text = format!("{{\"a\":1,\"{name}\":{{\"a\":2}}}}");

        let read = pairs(&text).expect("is read");

        assert_eq!(read[1].0, format!("{}.a", &name[..MAX_NAME]));
    }

    proptest! {
        #[test]
        fn what_serde_writes_is_read(values in prop::collection::vec(any::<String>(), 1..8)) {
            let named = (0..).zip(&values).map(|(n, value)| (format!("k{n}"), value.clone().into()));
            let object: serde_json::Map<String, serde_json::Value> = named.collect();
            let text = serde_json::Value::Object(object).to_string();

            let read = pairs(&text).expect("is JSON");

            let read: Vec<_> = read.into_iter().map(|(_, value)| value).collect();
            prop_assert_eq!(read, values);
        }

        #[test]
        fn no_text_panics(text in any::<String>(), likely in r#"[\[{]["\[{}a:,\\1 é]{0,30}"#) {
            let _ = (pairs(&text), pairs(&likely));
        }
    }
}
