//! A text, page or JSON document with macros in it.
//!
//! Most braces of a body are its own: style rules, scripts, objects. So only registered macros and
//! the parameters that the campaign declares are macros here; everything else stays byte for byte.
//!
//! Each value is encoded for the place it stands in, and whatever it is, it stays there:
//!
//! | place | a value is |
//! |---|---|
//! | text of a page, a quoted attribute | escaped as HTML |
//! | an attribute without quotes | escaped, white space and all |
//! | `href`, `src`, the `url=` of a refresh, ... | percent-encoded, as in a link |
//! | a script, `onclick`, ... | escaped as a script's string; put it in quotes |
//! | a style sheet, `style` | escaped as CSS |
//! | the name of a tag or an attribute, a host, `srcdoc`, `javascript:` | left out, if the visitor brings it |
//! | a string of JSON | escaped as JSON |
//! | elsewhere in JSON | a number as it is, nothing as `null`, all else as a string |
//! | plain text | as it is, without control characters |
//!
//! `{_name}` is put in as it is, unless the visitor brings the value.

use std::fmt;

use super::context::MacroContext;
use super::encode::{Encoder, Encoding, plain};
use super::escape;
use super::page::{Page, Place};
use super::pieces::{Piece, Written, pieces};
use super::table::Origin;
use super::value::{Reader, Value};
use crate::domain::problem::Problem;

/// What kind of text a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    Html,
    Text,
    Json,
}

/// A parsed body.
#[derive(Clone)]
pub struct Body {
    text: Box<str>,
    kind: BodyKind,
    segments: Box<[Segment]>,
}

#[derive(Clone)]
enum Segment {
    Text(Box<str>),
    Value {
        of: Value,
        encoding: Encoding,
    },
    /// A value of JSON of its own, outside all strings.
    JsonValue(Value),
}

impl Body {
    /// Reads a body. `declared` are the names of the click parameters that may be macros. The
    /// problems are warnings: the body works, though perhaps not as meant.
    pub fn parse(text: &str, kind: BodyKind, declared: &[&str]) -> (Body, Vec<Problem>) {
        Self::read(text, kind, Reader::of_body(declared))
    }

    /// The same in an outgoing postback.
    pub fn outgoing(text: &str, kind: BodyKind) -> (Body, Vec<Problem>) {
        Self::read(text, kind, Reader::of_body(&[]).outgoing())
    }

    fn read(text: &str, kind: BodyKind, mut reader: Reader<'_>) -> (Body, Vec<Problem>) {
        let mut warnings = Vec::new();
        let mut surroundings = Surroundings::of(kind);
        let mut segments: Vec<Segment> = Vec::new();
        let mut literal = String::new();
        for piece in pieces(text) {
            let (source, found) = match piece {
                Piece::Text(text) => (text, None),
                Piece::Macro(written) => {
                    let found = reader.value(written.name, written.argument);
                    let found = found.unwrap_or_else(|reason| {
                        warnings.push(stays(&written, &reason));
                        None
                    });
                    (written.source, found.map(|of| (of, written)))
                }
            };
            let Some((of, written)) = found else {
                surroundings.read(source);
                literal.push_str(source);
                continue;
            };
            if !literal.is_empty() {
                segments.push(Segment::Text(std::mem::take(&mut literal).into()));
            }
            segments.extend(segment(of, &written, &surroundings, &mut warnings));
            surroundings.read_macro();
        }
        if !literal.is_empty() {
            segments.push(Segment::Text(literal.into()));
        }
        let body = Body {
            text: text.into(),
            kind,
            segments: segments.into(),
        };
        (body, warnings)
    }

    /// Whether the registered macro `name` stands in it, or a function of it.
    pub(super) fn draws_on(&self, name: &str) -> bool {
        self.segments.iter().any(|segment| match segment {
            Segment::Value { of, .. } | Segment::JsonValue(of) => of.draws_on(name),
            Segment::Text(_) => false,
        })
    }

    /// The text it was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn kind(&self) -> BodyKind {
        self.kind
    }

    /// Appends the body to `out`.
    pub fn expand(&self, context: &MacroContext<'_>, out: &mut String) {
        out.reserve(self.text.len() + 64);
        for segment in &self.segments {
            match segment {
                Segment::Text(text) => out.push_str(text),
                Segment::Value { of, encoding } => {
                    of.write(context, &mut Encoder::new(out, *encoding));
                }
                Segment::JsonValue(of) => {
                    push_json_value(&plain(|inner| of.write(context, inner)), out);
                }
            }
        }
    }
}

/// All else follows from these two, and from what was declared.
impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.text == other.text
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Body({:?}, {:?})", self.kind, self.text)
    }
}

/// What stands before a macro.
pub(super) enum Surroundings {
    Html(Page),
    Text,
    Json { in_string: bool, escaped: bool },
}

impl Surroundings {
    pub(super) fn of(kind: BodyKind) -> Self {
        match kind {
            BodyKind::Html => Surroundings::Html(Page::new()),
            BodyKind::Text => Surroundings::Text,
            BodyKind::Json => Surroundings::Json {
                in_string: false,
                escaped: false,
            },
        }
    }

    pub(super) fn read(&mut self, text: &str) {
        match self {
            Surroundings::Html(page) => page.read(text),
            Surroundings::Text => {}
            Surroundings::Json { in_string, escaped } => {
                for byte in text.bytes() {
                    match byte {
                        _ if *escaped => *escaped = false,
                        b'\\' if *in_string => *escaped = true,
                        b'"' => *in_string = !*in_string,
                        _ => {}
                    }
                }
            }
        }
    }

    pub(super) fn read_macro(&mut self) {
        match self {
            Surroundings::Html(page) => page.read_macro(),
            Surroundings::Text => {}
            Surroundings::Json { escaped, .. } => *escaped = false,
        }
    }
}

/// What a macro becomes where it stands; nothing where a value would not stay there.
fn segment(
    of: Value,
    written: &Written<'_>,
    surroundings: &Surroundings,
    warnings: &mut Vec<Problem>,
) -> Option<Segment> {
    let is_visitors = of.origin() == Origin::Visitor;
    let is_marked_up = !matches!(surroundings, Surroundings::Text);
    if written.raw && is_marked_up {
        if !is_visitors {
            let encoding = Encoding::Verbatim;
            return Some(Segment::Value { of, encoding });
        }
        warnings.push(no_raw(written));
    }
    let encoding = match surroundings {
        Surroundings::Text => Encoding::Plain,
        Surroundings::Json { escaped: true, .. } if is_visitors => {
            warnings.push(nowhere(written));
            return None;
        }
        Surroundings::Json { in_string, .. } if *in_string => Encoding::Json,
        Surroundings::Json { .. } => return Some(Segment::JsonValue(of)),
        Surroundings::Html(page) => match page.place() {
            Place::Text => Encoding::Html,
            Place::Unquoted => Encoding::HtmlUnquoted,
            Place::Link => Encoding::Value,
            Place::Script => Encoding::Script,
            Place::Style => Encoding::Style,
            Place::Nowhere if is_visitors => {
                warnings.push(nowhere(written));
                return None;
            }
            Place::Nowhere => Encoding::HtmlUnquoted,
        },
    };
    Some(Segment::Value { of, encoding })
}

pub(super) fn push_json_value(value: &str, out: &mut String) {
    if value.is_empty() {
        out.push_str("null");
    } else if is_json_number(value) {
        out.push_str(value);
    } else {
        out.push('"');
        escape::json(value, out);
        out.push('"');
    }
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?`: a number that any reader of JSON takes for the same.
fn is_json_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    is_digits(whole) && is_digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

fn stays(written: &Written<'_>, reason: &str) -> Problem {
    Problem::new(
        "",
        "unread_macro",
        format!(
            "{} stays as it is, which is right if it is no macro. As a macro it cannot be read: {reason}",
            written.source
        ),
    )
}

fn no_raw(written: &Written<'_>) -> Problem {
    Problem::new(
        "",
        "no_raw",
        format!(
            "{} is encoded all the same: the visitor chooses its value, and could write HTML or code with it.",
            written.source
        ),
    )
}

fn nowhere(written: &Written<'_>) -> Problem {
    Problem::new(
        "",
        "unsafe_place",
        format!(
            "{} is left out: the visitor chooses its value, and here it could add a tag, an attribute or code. Put it into the text or into a quoted attribute.",
            written.source
        ),
    )
}

#[cfg(test)]
mod tests;
