//! Reading the values that many filters share.

use serde_json::Value;

use crate::domain::problem::Problem;

/// A list of texts that is not empty, each read by `read`, which says what is wrong with one.
/// All problems are reported, with their places.
pub(super) fn list<T>(
    value: &Value,
    mut read: impl FnMut(&str) -> Result<T, String>,
) -> Result<Vec<T>, Vec<Problem>> {
    let Some(entries) = value.as_array() else {
        return Err(vec![Problem::new(
            "",
            "invalid",
            format!("A list is expected here, such as [\"...\"], not {value}."),
        )]);
    };
    if entries.is_empty() {
        return Err(vec![Problem::new(
            "",
            "required",
            "The list is empty, so nobody would match. Add an entry or remove the filter.",
        )]);
    }
    let mut texts = Vec::with_capacity(entries.len());
    let mut problems = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let read = match entry.as_str() {
            Some(text) => read(text.trim()),
            None => Err(format!("A text is expected here, not {entry}.")),
        };
        match read {
            Ok(text) => texts.push(text),
            Err(message) => {
                problems.push(Problem::new(format!("[{index}]"), "invalid", message));
            }
        }
    }
    if problems.is_empty() {
        Ok(texts)
    } else {
        Err(problems)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_bad_entries_are_reported_at_once() {
        let read = |text: &str| text.parse::<u8>().map_err(|_| format!("no {text}"));

        assert_eq!(list(&json!([" 1 ", "2"]), read), Ok(vec![1, 2]));
        let problems = list(&json!(["1", "x", 3]), read).expect_err("two are bad");
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["[1]", "[2]"]);
    }
}
