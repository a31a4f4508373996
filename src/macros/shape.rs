//! Where in a link each macro stands, and what it may do there.
//!
//! An open redirect is a link of the operator's domain that leads wherever its visitor, or whoever
//! sent the visitor, wants. Browsers read URLs leniently (<https://url.spec.whatwg.org>): `\` is a
//! `/`, `https:x` and `https:////x` have the host `x`. So the places are cut out of the template's
//! skeleton, its literal text with a mark for each macro:
//!
//! | template | `x` stands | a visitor's value |
//! |---|---|---|
//! | `{x}://host/`, `a{x}:b` | in the scheme | left out |
//! | `https://{x}/`, `https:{x}`, `https://host{x}` | where it is the host | left out |
//! | `https://{x}.com/` | where it is the registrable name | left out |
//! | `https://{x}.example.com/`, `https://{x}@host/`, `https://host:{x}/` | before the path | encoded |
//! | `{x}`, `/{x}`, `app:{x}` | in a path without a host of ours before it | encoded |
//! | `https://host/{x}`, and after any `?` or `#` | behind a host | as asked |
//!
//! An encoded value has no `/ \ : @ ? #`, so it cannot leave its place.

/// What a macro whose value the visitor knows may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freedom {
    /// Raw, if so written.
    Raw,
    /// Encoded, however written.
    Encoded,
    /// Not at all: it would choose the host or the scheme.
    None,
}

/// Mark of a macro with a value of the visitor's.
pub(super) const VISITOR: char = '\u{0}';
/// Mark of a macro with a value of ours. Literal text has neither mark, because it is encoded.
pub(super) const TRACKER: char = '\u{1}';

/// What lies where in a skeleton; offsets in bytes.
pub(super) struct Shape<'s> {
    skeleton: &'s str,
    /// The host part, without user and port; empty where the template names none.
    host: std::ops::Range<usize>,
    /// End of user, host and port.
    authority_end: usize,
    /// A mark stands in the scheme, which ends here.
    open_scheme_end: usize,
    /// First `?` or `#`.
    path_end: usize,
    has_host: bool,
}

impl<'s> Shape<'s> {
    pub(super) fn of(skeleton: &'s str) -> Self {
        let find = |from: usize, stops: &[char]| {
            skeleton[from..]
                .find(stops)
                .map_or(skeleton.len(), |at| from + at)
        };
        let path_end = find(0, &['?', '#']);
        let slashes = |from: usize| {
            skeleton[from..]
                .bytes()
                .take_while(|byte| matches!(byte, b'/' | b'\\'))
                .count()
        };
        let mut shape = Shape {
            skeleton,
            host: 0..0,
            authority_end: 0,
            open_scheme_end: 0,
            path_end,
            has_host: false,
        };
        let first = find(0, &[':', '/', '\\', '?', '#']);
        let has_scheme = skeleton[first..].starts_with(':') && first > 0;
        let scheme = if has_scheme { &skeleton[..first] } else { "" };
        if scheme.contains([VISITOR, TRACKER]) {
            shape.open_scheme_end = first;
        }
        let after_scheme = if has_scheme { first + 1 } else { 0 };
        let leading = slashes(after_scheme);
        let is_web = ["http", "https", "ws", "wss", "ftp"]
            .iter()
            .any(|web| scheme.eq_ignore_ascii_case(web));
        // The host of an app's own link (`tg://resolve`) is only a word to that app.
        if is_web || shape.open_scheme_end > 0 || (!has_scheme && leading >= 2) {
            let start = after_scheme + leading;
            let end = find(start, &['/', '\\', '?', '#']);
            let host_start = skeleton[start..end]
                .rfind('@')
                .map_or(start, |at| start + at + 1);
            let host_end = match skeleton[host_start..end].rfind(']') {
                Some(bracket) => host_start + bracket + 1,
                None => skeleton[host_start..end]
                    .find(':')
                    .map_or(end, |at| host_start + at),
            };
            shape.host = host_start..host_end;
            shape.authority_end = end;
            shape.has_host = true;
        } else if has_scheme {
            shape.has_host = leading >= 2;
            if shape.has_host {
                shape.authority_end = find(after_scheme + leading, &['/', '\\', '?', '#']);
            }
        }
        shape
    }

    /// No host and no scheme: the browser adds ours.
    pub(super) fn is_relative(&self) -> bool {
        !self.has_host && self.authority_end == 0
    }

    /// What the visitor's macro whose mark stands at `at` may do.
    pub(super) fn freedom(&self, at: usize) -> Freedom {
        if at < self.open_scheme_end {
            Freedom::None
        } else if self.host.contains(&at) {
            if self.is_below_own_name(at) {
                Freedom::Encoded
            } else {
                Freedom::None
            }
        } else if at >= self.path_end || (self.has_host && at >= self.authority_end) {
            Freedom::Raw
        } else {
            Freedom::Encoded
        }
    }

    /// Whether what follows the last of the visitor's marks in the host is a name of the
    /// operator's: at least two labels, the last of them not a number.
    fn is_below_own_name(&self, at: usize) -> bool {
        let rest = &self.skeleton[at..self.host.end];
        let tail = rest.rsplit(VISITOR).next().unwrap_or_default();
        let Some(name) = tail.strip_prefix('.') else {
            return false;
        };
        let is_label = |label: &str| !label.is_empty();
        let is_word = |label: &str| label.bytes().any(|byte| !byte.is_ascii_digit());
        match name.rsplit_once('.') {
            Some((above, last)) => {
                above.split('.').all(is_label) && is_label(last) && is_word(last)
            }
            // `{x}.{current_domain}`: the whole name is ours.
            None => name == "\u{1}",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_macro_is_as_free_as_its_place_allows() {
        let cases = [
            ("{}://host/", Freedom::None),
            ("ht{}:host", Freedom::None),
            ("https://{}/", Freedom::None),
            ("https://{}", Freedom::None),
            ("https:{}", Freedom::None),
            ("https:/{}", Freedom::None),
            ("https:\\\\{}/", Freedom::None),
            ("HTTPS:////{}/", Freedom::None),
            ("https://host{}", Freedom::None),
            ("https://host.com{}/", Freedom::None),
            ("https://host.{}/", Freedom::None),
            ("https://{}.com/", Freedom::None),
            ("https://{}.com./", Freedom::None),
            ("https://{}.0.0.1/", Freedom::None),
            ("https://user@{}/", Freedom::None),
            ("https://{}.example.com@{}/", Freedom::Encoded),
            ("//{}/", Freedom::None),
            ("/\\{}/", Freedom::None),
            ("https://{}.example.com/", Freedom::Encoded),
            ("https://{}.example.com:8080/", Freedom::Encoded),
            ("https://{}.{ours}/", Freedom::Encoded),
            ("https://{}@host/", Freedom::Encoded),
            ("https://host:{}/", Freedom::Encoded),
            ("{}", Freedom::Encoded),
            ("{}/path", Freedom::Encoded),
            ("/{}", Freedom::Encoded),
            ("/a/{}", Freedom::Encoded),
            ("mailto:{}", Freedom::Encoded),
            ("tg://{}/", Freedom::Encoded),
            ("tg://resolve/{}", Freedom::Raw),
            ("https://host/{}", Freedom::Raw),
            ("https://host\\{}", Freedom::Raw),
            ("https://host?{}", Freedom::Raw),
            ("https://host#{}", Freedom::Raw),
            ("/a?{}", Freedom::Raw),
            ("?{}", Freedom::Raw),
            ("{ours}?{}", Freedom::Raw),
            ("https://{ours}/{}", Freedom::Raw),
        ];
        for (template, expected) in cases {
            let skeleton = template
                .replace("{}", &VISITOR.to_string())
                .replace("{ours}", &TRACKER.to_string());
            let at = skeleton.find(VISITOR).expect("a mark");

            let freedom = Shape::of(&skeleton).freedom(at);

            assert_eq!(freedom, expected, "{template}");
        }
    }

    #[test]
    fn relative_is_what_has_neither_host_nor_scheme() {
        for (skeleton, expected) in [
            ("/a", true),
            ("?a", true),
            ("\u{0}", true),
            ("", true),
            ("//host", false),
            ("https://host", false),
            ("tg://x", false),
        ] {
            assert_eq!(Shape::of(skeleton).is_relative(), expected, "{skeleton}");
        }
    }
}
