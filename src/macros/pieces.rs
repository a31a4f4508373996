//! Cuts a template's text into literals and macros.

use super::table;
use crate::domain::problem::Problem;

/// A piece of the text, before it is known where in the link it stands.
pub(super) enum Piece<'t> {
    Text(&'t str),
    Macro { name: &'t str, raw: bool },
}

/// Cuts text into literals and macros.
pub(super) fn pieces<'t>(text: &'t str, warnings: &mut Vec<Problem>) -> Vec<Piece<'t>> {
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
        let content = &text[inner..close];
        let (name, raw) = match content.strip_prefix('_') {
            Some(name) => (name, true),
            None => (content, false),
        };
        if text[close..].starts_with('}') && is_name(name) {
            if literal < open {
                pieces.push(Piece::Text(&text[literal..open]));
            }
            pieces.push(Piece::Macro { name, raw });
            literal = close + 1;
        } else if let Some((name, _)) = name.split_once(':')
            && table::find(name).is_some()
        {
            warnings.push(Problem::new(
                "",
                "unsupported_macro",
                format!(
                    "{{{content}}} stays as it is: macros take no arguments here. Write {{{name}}}."
                ),
            ));
        }
        // An opening brace found instead of a closing one may begin a macro itself.
        from = if text[close..].starts_with('{') {
            close
        } else {
            close + 1
        };
    }
    if literal < text.len() {
        pieces.push(Piece::Text(&text[literal..]));
    }
    pieces
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}
