//! Requests that no person has asked for yet.
//!
//! Two kinds. A *preview*: a messenger, a mail program or an app fetches the page to draw a card or
//! to have it ready; such a visit is recorded and labelled. A *browser prefetch*: Chromium loads the
//! page early and later shows the stored answer without asking again; the click path refuses those.

use crate::detect::request::Headers;

/// (header, value that announces a preview, what we call it).
///
/// `Purpose: prefetch` came with older Chromium and WebKit, `X-Moz` with Firefox up to 120, `X-Purpose`
/// with Safari's Top Sites and some previewers. Facebook's app preloads through its own HTTP stack,
/// which signs itself `Liger`; its web view, which shows the page to people, does not.
const PREVIEWS: &[(&str, &str, &str)] = &[
    ("x-purpose", "preview", "X-Purpose: preview"),
    ("x-purpose", "prefetch", "X-Purpose: prefetch"),
    ("purpose", "prefetch", "Purpose: prefetch"),
    ("purpose", "preview", "Purpose: preview"),
    ("x-moz", "prefetch", "X-Moz: prefetch"),
    ("x-fb-http-engine", "liger", "X-FB-HTTP-Engine: Liger"),
];

/// The header that announces a preview, if one does.
pub(super) fn find(headers: &Headers<'_>) -> Option<&'static str> {
    PREVIEWS
        .iter()
        .find(|(name, word, _)| headers.all(name).any(|value| has_token(value, word)))
        .map(|(_, _, label)| *label)
}

/// Whether the request announces itself as a preview.
pub fn is_preview(headers: &Headers<'_>) -> bool {
    find(headers).is_some()
}

/// Whether a browser loads the page ahead of its user: `Sec-Purpose: prefetch`, also with
/// parameters (`prefetch;prerender`, `prefetch;anonymous-client-ip`).
pub fn is_browser_prefetch(headers: &Headers<'_>) -> bool {
    headers
        .all("sec-purpose")
        .any(|value| has_token(value, "prefetch"))
}

fn has_token(value: &[u8], word: &str) -> bool {
    value
        .split(|byte| matches!(byte, b';' | b',' | b' ' | b'\t'))
        .any(|token| token.eq_ignore_ascii_case(word.as_bytes()))
}
