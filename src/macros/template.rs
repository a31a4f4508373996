//! A URL with macros in it.

use std::fmt;

use super::context::MacroContext;
use super::encode::{Encoder, Encoding};
use super::pieces::{Piece, pieces, without_macros};
use super::shape::{Freedom, Shape, TRACKER, VISITOR};
use super::table::Origin;
use super::value::{Reader, Value};
use crate::domain::problem::Problem;

/// A parsed template; what it expands to is a URL, or empty.
#[derive(Clone)]
pub struct Template {
    /// As written, without surrounding white space.
    text: Box<str>,
    segments: Box<[Segment]>,
    /// Begins with neither scheme nor host, so it must not come to begin with `//`.
    is_relative: bool,
}

#[derive(Clone)]
enum Segment {
    Text(Box<str>),
    Value { of: Value, encoding: Encoding },
}

impl Template {
    /// Reads a template. The problems are warnings: the template works, though perhaps not as
    /// meant.
    pub fn parse(text: &str) -> (Template, Vec<Problem>) {
        Self::read(text, Reader::of_link())
    }

    /// The same for the link of an outgoing postback.
    pub(super) fn outgoing(text: &str) -> (Template, Vec<Problem>) {
        Self::read(text, Reader::of_link().outgoing())
    }

    fn read(text: &str, mut reader: Reader<'_>) -> (Template, Vec<Problem>) {
        let text = text.trim();
        let mut warnings = Vec::new();
        let mut skeleton = String::with_capacity(text.len());
        let mut places: Vec<(usize, Segment, bool)> = Vec::new();
        for piece in pieces(text) {
            let start = skeleton.len();
            let (literal, found) = match piece {
                Piece::Text(text) => (text, None),
                Piece::Macro(written) => {
                    let found = reader.value(written.name, written.argument);
                    let found = found.unwrap_or_else(|reason| {
                        warnings.push(invalid(written.source, &reason));
                        None
                    });
                    (written.source, found.map(|of| (of, written.raw)))
                }
            };
            warnings.append(&mut reader.warnings);
            if let Some((of, raw)) = found {
                skeleton.push(match of.origin() {
                    Origin::Visitor => VISITOR,
                    Origin::Tracker => TRACKER,
                });
                let encoding = Encoding::Value;
                places.push((start, Segment::Value { of, encoding }, raw));
            } else {
                if literal.contains(['{', '}']) && warnings.is_empty() {
                    warnings.push(stray_brace());
                }
                Encoder::new(&mut skeleton, Encoding::Text).push(literal);
                places.push((start, Segment::Text(skeleton[start..].into()), false));
            }
        }
        let shape = Shape::of(&skeleton);
        let mut segments = Vec::with_capacity(places.len());
        for (at, mut segment, raw) in places {
            if let Segment::Value { of, encoding } = &mut segment {
                let freedom = match of.origin() {
                    Origin::Visitor => shape.freedom(at),
                    Origin::Tracker => Freedom::Raw,
                };
                match freedom {
                    Freedom::Raw if raw => *encoding = Encoding::Raw,
                    Freedom::Raw | Freedom::Encoded => {}
                    Freedom::None => {
                        warnings.push(open_redirect(of));
                        continue;
                    }
                }
            }
            segments.push(segment);
        }
        // Whatever a visitor brings is encoded there, so it is no address.
        if let Some(Segment::Value { of, .. }) = segments.first()
            && of.origin() == Origin::Visitor
            && shape.is_relative()
        {
            warnings.push(open_redirect(of));
        }
        let template = Template {
            is_relative: shape.is_relative(),
            text: text.into(),
            segments: segments.into(),
        };
        (template, warnings)
    }

    /// What keeps a template from being saved: macros whose argument cannot be understood. (One
    /// that is stored already works; such a macro stays as it is.)
    pub fn problems(text: &str) -> Vec<Problem> {
        let mut problems = Template::parse(text).1;
        problems.retain(|problem| problem.code == INVALID);
        problems
    }

    /// The text it was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether the registered macro `name` stands in it, under any of its names.
    pub fn mentions(&self, name: &str) -> bool {
        self.segments.iter().any(|segment| match segment {
            Segment::Value { of, .. } => of.is(name),
            Segment::Text(_) => false,
        })
    }

    /// Whether the registered macro `name` stands in it, or a function of it.
    pub(super) fn draws_on(&self, name: &str) -> bool {
        self.segments.iter().any(|segment| match segment {
            Segment::Value { of, .. } => of.draws_on(name),
            Segment::Text(_) => false,
        })
    }

    /// Appends the link to `out`. Only printable ASCII without spaces, quotes, `<` and `>` comes
    /// out, whatever the values are.
    pub fn expand(&self, context: &MacroContext<'_>, out: &mut String) {
        let start = out.len();
        out.reserve(self.text.len() + 64);
        for segment in &self.segments {
            match segment {
                Segment::Text(text) => out.push_str(text),
                Segment::Value { of, encoding } => {
                    of.write(context, &mut Encoder::new(out, *encoding));
                }
            }
        }
        if self.is_relative {
            // `/{a}/{b}` with an empty `a` would lead to the host `b`.
            while matches!(&out.as_bytes()[start..], [b'/' | b'\\', b'/' | b'\\', ..]) {
                out.remove(start);
            }
        }
    }

    /// This link with more parameters: `a={x}&b=1`, put behind its query and before its fragment.
    /// A parameter that the link already has stays as it is; one that it has without a value
    /// (`...&sub1=`, as networks hand their links out) gets the value.
    pub fn with_query(&self, parameters: &Template) -> Template {
        // Signs in the arguments of macros are none of the link's.
        let (mut link, fragment) = match without_macros(&self.text).find('#') {
            Some(at) => (self.text[..at].to_owned(), &self.text[at..]),
            None => (self.text.to_string(), ""),
        };
        let parameters = parameters.text.trim_start_matches(['?', '&']);
        let mut from = 0;
        for part in without_macros(parameters).split('&') {
            let parameter = &parameters[from..from + part.len()];
            from += part.len() + 1;
            if parameter.is_empty() {
                continue;
            }
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match find_parameter(&link, name) {
                Some(range) if link[range.clone()].is_empty() => {
                    let at = range.start;
                    let sign = if link[..at].ends_with('=') { "" } else { "=" };
                    link.insert_str(at, &format!("{sign}{value}"));
                }
                Some(_) => {}
                None => {
                    match without_macros(&link).find('?') {
                        None => link.push('?'),
                        Some(_) if link.ends_with(['?', '&']) => {}
                        Some(_) => link.push('&'),
                    }
                    link.push_str(parameter);
                }
            }
        }
        link.push_str(fragment);
        Template::parse(&link).0
    }
}

/// All else follows from the text.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Template({:?})", self.text)
    }
}

/// Where in the link's query the value of parameter `name` is; behind the name, if it has no `=`.
fn find_parameter(link: &str, name: &str) -> Option<std::ops::Range<usize>> {
    let signs = without_macros(link);
    let mut start = signs.find('?')? + 1;
    for part in signs[start..].split('&') {
        let end = start + part.len();
        let part = &link[start..end];
        match part.split_once('=') {
            Some((key, _)) if key == name => return Some(start + key.len() + 1..end),
            None if part == name => return Some(end..end),
            _ => start = end + 1,
        }
    }
    None
}

fn stray_brace() -> Problem {
    Problem::new(
        "",
        "stray_brace",
        "There is a { or } that belongs to no macro, and is sent as it is; a macro is written \
         {name}, as in {click_id}.",
    )
}

/// The code of a macro that cannot be understood: a document with one is not saved.
pub(super) const INVALID: &str = "invalid_macro";

fn invalid(source: &str, reason: &str) -> Problem {
    Problem::new("", INVALID, format!("{source} cannot be read: {reason}"))
}

fn open_redirect(value: &Value) -> Problem {
    let name = value.name();
    Problem::new(
        "",
        "open_redirect",
        format!(
            "{{{name}}} would let anybody choose where this link leads, so nothing is put there. Write the host out, as in https://example.com/?x={{{name}}}."
        ),
    )
}
