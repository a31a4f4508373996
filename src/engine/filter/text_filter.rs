//! Filters that are about one text of the visitor.

use serde_json::{Value, json};

use super::sets::Sets;
use super::texts::{Absent, TextSet};
use super::values::Split;
use super::{Condition, FilterKind, Input, Lists, condition};
use crate::domain::problem::Problem;
use crate::engine::visit::Asked;

/// A filter on a text: its words, and where the text is found.
pub(super) struct TextFilter {
    pub(super) key: &'static str,
    pub(super) aliases: &'static [&'static str],
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) example: &'static [&'static str],
    /// Values that editors suggest.
    pub(super) usual: &'static [&'static str],
    pub(super) absent: Absent,
    pub(super) text: for<'v> fn(&Asked<'v>) -> Option<&'v str>,
}

impl FilterKind for TextFilter {
    fn key(&self) -> &'static str {
        self.key
    }

    fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    fn label(&self) -> &'static str {
        self.label
    }

    fn help(&self) -> &'static str {
        self.help
    }

    fn example(&self) -> Value {
        json!(self.example)
    }

    fn input(&self) -> Input {
        Input::Values {
            suggest: self.key,
            usual: self.usual,
            absent: self.absent.word(),
        }
    }

    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        let set = Sets::<TextSet>::compile(value, lists, Split::Lines)?;
        let (text, absent) = (self.text, self.absent);
        Ok(condition(
            move |asked| set.matches(text(asked), absent),
            move |asked| {
                let text = text(asked).filter(|text| !text.is_empty());
                text.unwrap_or(absent.word()).to_owned()
            },
        ))
    }
}
