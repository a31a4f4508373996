//! What is wrong with something an operator sent, in words for the operator.

use serde::Serialize;

/// One problem of a document: where it is, what is wrong, what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Path of the field: `flows[0].filters[1].value`; empty for the document as a whole.
    pub field: String,
    /// A word for programs: `required`, `invalid`, `unknown_field`, `alias_taken`, ...
    pub code: &'static str,
    /// One sentence for people, naming the value and the way out.
    pub message: String,
}

impl Problem {
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code,
            message: message.into(),
        }
    }

    /// The same problem seen from one level up: `value` becomes `filters[0].value`.
    pub fn under(mut self, parent: &str) -> Self {
        self.field = match (parent.is_empty(), self.field.is_empty()) {
            (true, _) => self.field,
            (false, true) => parent.to_owned(),
            (false, false) if self.field.starts_with('[') => format!("{parent}{}", self.field),
            (false, false) => format!("{parent}.{}", self.field),
        };
        self
    }
}
