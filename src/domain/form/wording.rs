//! How messages show what was sent, and what was probably meant.

use serde_json::Value;

/// A value as a message shows it: short.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(_) => "A list".to_owned(),
        Value::Object(_) => "An object".to_owned(),
        other => other.to_string(),
    }
}

/// A text as a message shows it: quoted, control characters escaped, at most 80 characters.
pub fn quoted(text: &str) -> String {
    match text.char_indices().nth(80) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}...", &text[..end]),
    }
}
