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

/// The known word that was probably meant: at most a third of its letters away.
pub fn nearest<'w>(sent: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    if sent.len() > 64 {
        return None;
    }
    let sent = sent.to_ascii_lowercase();
    known
        .map(|word| (distance(sent.as_bytes(), word.as_bytes()), word))
        .filter(|(distance, word)| *distance <= 1.max(word.len() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Levenshtein distance: how many letters to add, drop or change.
fn distance(left: &[u8], right: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
