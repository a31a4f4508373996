//! Objects whose keys are data.

use serde_json::Value;

use super::Form;
use super::wording::shown;

impl<'a> Form<'a> {
    /// The rows of an object whose keys are data, without those that are null; none if left out.
    pub fn rows(&mut self, key: &'static str, most: usize) -> Vec<(&'a str, &'a Value)> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(fields) = value.as_object() else {
            let message = format!("{} is not an object with fields.", shown(value));
            self.problem(key, "invalid", message);
            return Vec::new();
        };
        if fields.len() > most {
            let message = format!(
                "{} entries are more than the {most} possible.",
                fields.len()
            );
            self.problem(key, "out_of_range", message);
            return Vec::new();
        }
        let rows = fields.iter().map(|(name, value)| (name.as_str(), value));
        rows.filter(|(_, value)| !value.is_null()).collect()
    }

    /// A text in one of the [`Form::rows`], without the white space around it.
    pub fn row_text(&mut self, field: &str, value: &'a Value) -> Option<&'a str> {
        let text = value.as_str().map(str::trim);
        if text.is_none() {
            let message = format!("{} is not a text in quotes.", shown(value));
            self.problem(field, "invalid", message);
        }
        text
    }
}

/// The path of a row: `statuses.hold`, with the name cut to a length that can be shown.
pub fn row_path(key: &str, name: &str) -> String {
    let name: String = name.chars().take(100).collect();
    format!("{key}.{name}")
}
