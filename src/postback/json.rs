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
        if let Some(text) = self.bare_macro() {
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
