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

/// So many problems are listed; of the rest only the number.
pub const LISTED: usize = 100;
/// A message that quotes what was sent is cut here, in bytes.
const MESSAGE_MAX: usize = 1_500;

impl Problem {
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > MESSAGE_MAX {
            let ends = (0..=MESSAGE_MAX).rev();
            let end = ends.into_iter().find(|end| message.is_char_boundary(*end));
            message.truncate(end.unwrap_or(0));
            message.push_str("...");
        }
        Self {
            field: field.into(),
            code,
            message,
        }
    }

    /// Instead of the problems that are not listed.
    pub fn more(number: usize) -> Self {
        let message = format!("{number} more problems are not listed.");
        Self::new("", "too_many_problems", message)
    }

    /// The first hundred of these, and how many more there are.
    pub fn listed(mut problems: Vec<Problem>) -> Vec<Problem> {
        let more = problems.len().saturating_sub(LISTED);
        // One more is the note of a reader that counted by itself.
        if more > 1 {
            problems.truncate(LISTED);
            problems.push(Self::more(more));
        }
        problems
    }

    /// The same problem seen from one level up: `value` becomes `filters[0].value`.
    pub fn under(mut self, parent: &str) -> Self {
        self.field = match (parent.is_empty(), self.field.is_empty()) {
            (true, _) => self.field,
            (false, true) => parent.to_owned(),
            (false, false) if self.field.starts_with(['[', '.']) => {
                format!("{parent}{}", self.field)
            }
            (false, false) => format!("{parent}.{}", self.field),
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_between_characters() {
        for lead in ["", "x", "xx"] {
            let problem =
                Problem::new("", "invalid", format!("{lead}{}", "\u{20ac}".repeat(1_000)));

            assert!(problem.message.len() <= MESSAGE_MAX + 3, "{lead:?}");
            assert!(problem.message.ends_with("\u{20ac}..."), "{lead:?}");
        }
    }

    #[test]
    fn of_many_problems_the_first_are_listed_and_the_rest_counted() {
        let problem = |n: usize| Problem::new(format!("[{n}]"), "invalid", "It is wrong.");

        let few = Problem::listed((0..LISTED).map(problem).collect());
        let many = Problem::listed((0..100_000).map(problem).collect());

        assert_eq!(few.len(), LISTED);
        assert_eq!(many[..LISTED], few);
        assert_eq!(many[LISTED..], [Problem::more(100_000 - LISTED)]);
    }
}
