//! Cuts a text into literals and macros.

/// A piece of the text, before it is known what it means and where it stands.
pub(crate) enum Piece<'t> {
    Text(&'t str),
    Macro(Written<'t>),
}

/// A macro as it is written: `{name}`, `{_name}`, `{name:argument}`.
#[derive(Clone, Copy)]
pub(crate) struct Written<'t> {
    /// Braces and all.
    pub(crate) source: &'t str,
    pub(crate) name: &'t str,
    pub(crate) argument: Option<&'t str>,
    pub(super) raw: bool,
}

/// Longest macro, without its braces; what is longer is text.
const LONGEST: usize = 512;

/// Cuts a text. Whether the names mean anything is for the caller to say.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut literal = 0;
    let mut from = 0;
    while let Some(open) = text[from..].find('{').map(|at| from + at) {
        let inner = open + 1;
        // `{{name}}` belongs to others and stays.
        if text[inner..].starts_with('{') {
            from = text[inner..]
                .find("}}")
                .map_or(inner + 1, |at| inner + at + 2);
            continue;
        }
        let Some(close) = text[inner..].find(['{', '}']).map(|at| inner + at) else {
            break;
        };
        let is_closed = text[close..].starts_with('}');
        if let Some(written) = written(&text[open..=close]).filter(|_| is_closed) {
            if literal < open {
                pieces.push(Piece::Text(&text[literal..open]));
            }
            pieces.push(Piece::Macro(written));
            literal = close + 1;
        }
        // An opening brace found instead of a closing one may begin a macro itself.
        from = if is_closed { close + 1 } else { close };
    }
    if literal < text.len() {
        pieces.push(Piece::Text(&text[literal..]));
    }
    pieces
}

/// The text with every byte of its macros made a `_`, so that signs in their arguments are not
/// taken for signs of the link.
pub(super) fn without_macros(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Macro(written) => out.extend(std::iter::repeat_n('_', written.source.len())),
        }
    }
    out
}

fn written(source: &str) -> Option<Written<'_>> {
    let content = &source[1..source.len() - 1];
    let (raw, content) = match content.strip_prefix('_') {
        Some(content) => (true, content),
        None => (false, content),
    };
    let (name, argument) = match content.split_once(':') {
        Some((name, argument)) => (name, Some(argument)),
        None => (content, None),
    };
    let is_macro = is_name(name) && content.len() <= LONGEST;
    is_macro.then_some(Written {
        source,
        name,
        argument,
        raw,
    })
}

/// Whether a text may be the name of a macro or of a parameter.
pub(super) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}
