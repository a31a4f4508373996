//! A URL with macros in it.

use std::fmt;

use super::context::MacroContext;
use super::encode::{Encoder, Encoding};
use super::pieces::{Piece, pieces};
use super::shape::{Freedom, Shape, TRACKER, VISITOR};
use super::table::{self, Macro, Origin};
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;

/// A parsed template; what it expands to is a URL, or empty.
#[derive(Clone, PartialEq)]
pub struct Template {
    /// As written, without surrounding white space.
    text: Box<str>,
    segments: Box<[Segment]>,
    /// Begins with neither scheme nor host, so it must not come to begin with `//`.
    is_relative: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Segment {
    Text(Box<str>),
    Value { of: Value, encoding: Encoding },
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Registered(&'static Macro),
    /// The click parameter of this name.
    Parameter(Box<str>),
}

impl Value {
    fn origin(&self) -> Origin {
        match self {
            Value::Registered(entry) => entry.origin,
            Value::Parameter(_) => Origin::Visitor,
        }
    }
}

impl Template {
    /// Reads a template. The problems are warnings: the template works, though perhaps not as
    /// meant.
    pub fn parse(text: &str) -> (Template, Vec<Problem>) {
        let text = text.trim();
        let mut warnings = Vec::new();
        let mut skeleton = String::with_capacity(text.len());
        let mut places: Vec<(usize, Segment, bool)> = Vec::new();
        for piece in pieces(text, &mut warnings) {
            let start = skeleton.len();
            match piece {
                Piece::Text(text) => {
                    if text.contains(['{', '}']) && warnings.is_empty() {
                        warnings.push(stray_brace());
                    }
                    Encoder::new(&mut skeleton, Encoding::Text).push(text);
                    let literal = skeleton[start..].into();
                    places.push((start, Segment::Text(literal), false));
                }
                Piece::Macro { name, raw } => {
                    let of = match table::find(name) {
                        Some(entry) => Value::Registered(entry),
                        None => {
                            warnings.push(unknown(name));
                            Value::Parameter(name.into())
                        }
                    };
                    skeleton.push(match of.origin() {
                        Origin::Visitor => VISITOR,
                        Origin::Tracker => TRACKER,
                    });
                    let encoding = Encoding::Value;
                    places.push((start, Segment::Value { of, encoding }, raw));
                }
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
        let template = Template {
            is_relative: shape.is_relative(),
            text: text.into(),
            segments: segments.into(),
        };
        (template, warnings)
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
            Segment::Value { of, .. } => {
                matches!(of, Value::Registered(entry) if entry.name == name)
            }
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
                    let mut encoder = Encoder::new(out, *encoding);
                    match of {
                        Value::Registered(entry) => (entry.value)(context, &mut encoder),
                        Value::Parameter(name) => encoder.push_some((context.parameters)(name)),
                    }
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
        let (mut link, fragment) = match self.text.find('#') {
            Some(at) => (self.text[..at].to_owned(), &self.text[at..]),
            None => (self.text.to_string(), ""),
        };
        let parameters = parameters.text.trim_start_matches(['?', '&']);
        for parameter in parameters.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match find_parameter(&link, name) {
                Some(range) if link[range.clone()].is_empty() => {
                    let at = range.start;
                    let sign = if link[..at].ends_with('=') { "" } else { "=" };
                    link.insert_str(at, &format!("{sign}{value}"));
                }
                Some(_) => {}
                None => {
                    match link.find('?') {
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

impl fmt::Debug for Template {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Template({:?})", self.text)
    }
}

/// Where in the link's query the value of parameter `name` is; behind the name, if it has no `=`.
fn find_parameter(link: &str, name: &str) -> Option<std::ops::Range<usize>> {
    let mut start = link.find('?')? + 1;
    for part in link[start..].split('&') {
        let end = start + part.len();
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

fn unknown(name: &str) -> Problem {
    let known = table::all()
        .flat_map(|entry| std::iter::once(entry.name).chain(entry.aliases.iter().copied()));
    let advice = match nearest(name, known) {
        Some(near) => format!(" Did you mean {{{near}}}?"),
        None => String::new(),
    };
    Problem::new(
        "",
        "unknown_macro",
        format!(
            "{{{name}}} is no macro of ours, so it becomes the click parameter \"{name}\", or nothing without one.{advice}"
        ),
    )
}

fn open_redirect(value: &Value) -> Problem {
    let name = match value {
        Value::Registered(entry) => entry.name,
        Value::Parameter(name) => name,
    };
    Problem::new(
        "",
        "open_redirect",
        format!(
            "{{{name}}} would let anybody choose where this link leads, so nothing is put there. Write the host out, as in https://example.com/?x={{{name}}}."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::macros::testing::Sample;

    fn template(text: &str) -> Template {
        Template::parse(text).0
    }

    fn warnings(text: &str) -> Vec<(&'static str, String)> {
        let found = Template::parse(text).1;
        found.into_iter().map(|w| (w.code, w.message)).collect()
    }

    #[test]
    fn braces_that_belong_to_no_macro_are_told() {
        for text in [
            "https://x.example/?c={click_id",
            "https://x.example/?c=click_id}",
            "https://x.example/?c={{click_id}}",
        ] {
            assert_eq!(warnings(text)[0].0, "stray_brace", "{text}");
        }
        assert_eq!(warnings("https://x.example/?c={click_id}"), []);
    }

    #[test]
    fn templates_expand() {
        let sample = Sample::new()
            .with("zone", "a b&c")
            .with("path", "x/y?z=1#f");
        let cases = [
            ("", ""),
            ("  https://x/ ", "https://x/"),
            (
                "https://x/?a={campaign_name}&b=1",
                "https://x/?a=US%20push&b=1",
            ),
            ("https://x/{Campaign_Name}", "https://x/US%20push"),
            ("https://x/?z={zone}", "https://x/?z=a%20b%26c"),
            ("https://x/?z={_zone}", "https://x/?z=a%20b&c"),
            ("https://x/{_path}", "https://x/x/y?z=1#f"),
            ("https://x/{path}", "https://x/x%2Fy%3Fz%3D1%23f"),
            ("https://x/?z={absent}&y=1", "https://x/?z=&y=1"),
            ("https://x/?z={Zone}", "https://x/?z="),
            ("https://{current_domain}/lp", "https://go.example.com/lp"),
            ("https://x/{", "https://x/{"),
            ("https://x/}{}{_}{a b}", "https://x/}{}{_}{a%20b}"),
            ("https://x/{{ad.id}}{ip}", "https://x/{{ad.id}}203.0.113.9"),
            ("https://x/{a{ip}", "https://x/{a203.0.113.9"),
            ("https://x/é\"'<\n>", "https://x/%C3%A9%22%27%3C%0A%3E"),
        ];
        for (text, expected) in cases {
            assert_eq!(sample.expand(&template(text)), expected, "{text}");
        }
    }

    #[test]
    fn unknown_names_are_warned_about_with_the_nearest_known_one() {
        let found = warnings("https://x/?a={contry}&b={fbclid}&c={date:Y-m-d}&d={ip}");

        assert_eq!(
            found.iter().map(|(code, _)| *code).collect::<Vec<_>>(),
            ["unsupported_macro", "unknown_macro", "unknown_macro"]
        );
        assert!(found[1].1.ends_with("Did you mean {country}?"), "{found:?}");
        assert!(!found[2].1.contains("Did you mean"), "{found:?}");
    }

    #[test]
    fn a_parameter_never_chooses_the_host() {
        let evil = [
            "evil.com",
            "https://evil.com/",
            "//evil.com",
            "\\\\evil.com",
            "/evil.com",
            ".evil.com",
            "@evil.com",
            ":80@evil.com",
            "javascript:alert(1)",
            "2130706433",
        ];
        let cases = [
            ("{_x}", None),
            ("{x}", None),
            ("/{_x}", None),
            ("/{y}/{_x}", None),
            ("{y}{_x}", None),
            ("https://{_x}/", Some("https:///")),
            ("https://{x}/", Some("https:///")),
            ("https:{_x}", Some("https:")),
            ("{_x}://host/", Some("://host/")),
            ("https://host.example{_x}", Some("https://host.example")),
            (
                "https://host.example{_sub_id_1}",
                Some("https://host.example"),
            ),
        ];
        for value in evil {
            let mut sample = Sample::new().with("x", value);
            sample.visitor.parameters.sub_ids = vec![(1, value.to_owned())];
            for (text, expected) in cases {
                let out = sample.expand(&template(text));

                match expected {
                    Some(expected) => assert_eq!(out, expected, "{text} {value}"),
                    None => assert!(
                        !out.starts_with("//") && !out.starts_with("/\\") && !out.contains(':'),
                        "{text} {value}: {out}"
                    ),
                }
            }
            let label = sample.expand(&template("https://{_x}.example.com/"));
            let inside = label
                .trim_end_matches(".example.com/")
                .trim_start_matches("https://");
            assert!(!inside.contains(['/', '\\', '?', '#', '@', ':']), "{label}");
        }
        assert_eq!(warnings("https://{sub1}/")[0].0, "open_redirect");
        assert_eq!(warnings("https://{sub1}.example.com/"), []);
    }

    #[test]
    fn parameters_are_added_where_they_belong() {
        let cases = [
            ("https://x/", "a={ip}", "https://x/?a={ip}"),
            ("https://x/?b=1", "a={ip}", "https://x/?b=1&a={ip}"),
            ("https://x/?", "a={ip}", "https://x/?a={ip}"),
            ("https://x/?b=1&", "a={ip}", "https://x/?b=1&a={ip}"),
            ("https://x/#f?", "a={ip}", "https://x/?a={ip}#f?"),
            (
                "https://x/?b=1#f",
                "?a={ip}&c=2",
                "https://x/?b=1&a={ip}&c=2#f",
            ),
            ("https://x/", "", "https://x/"),
            (
                "https://x/?a={subid}",
                "a={click_id}",
                "https://x/?a={subid}",
            ),
            (
                "https://x/?a=&b=1",
                "a={click_id}",
                "https://x/?a={click_id}&b=1",
            ),
            (
                "https://x/?b=1&a",
                "a={click_id}",
                "https://x/?b=1&a={click_id}",
            ),
            (
                "https://x/?aa=1",
                "a={click_id}",
                "https://x/?aa=1&a={click_id}",
            ),
            ("https://x/?a=1", "a={ip}&b={ip}", "https://x/?a=1&b={ip}"),
        ];
        for (link, query, expected) in cases {
            let joined = template(link).with_query(&template(query));
            assert_eq!(joined.text(), expected, "{link} with {query}");
        }
    }

    #[test]
    fn a_template_knows_its_macros_by_any_name() {
        assert!(template("https://x/?a={SubID}").mentions("click_id"));
        assert!(!template("https://x/?a={subid").mentions("click_id"));
    }
}
