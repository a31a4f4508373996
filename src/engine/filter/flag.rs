//! Filters that only say yes or no: their value is `true`.

use serde_json::{Value, json};

use super::{Condition, FilterKind, Input, Lists, condition};
use crate::domain::problem::Problem;
use crate::engine::visit::Asked;

/// A filter on a yes or no.
pub(super) struct FlagFilter {
    pub(super) key: &'static str,
    pub(super) aliases: &'static [&'static str],
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) is: fn(&Asked<'_>) -> bool,
    /// What the visitor has there.
    pub(super) seen: fn(&Asked<'_>) -> String,
}

impl FilterKind for FlagFilter {
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
        json!(true)
    }

    fn input(&self) -> Input {
        Input::Flag
    }

    fn compile(&self, value: &Value, _: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        check(value).map_err(|problem| vec![problem])?;
        Ok(condition(self.is, self.seen))
    }
}

/// A flag's value is `true`.
pub(super) fn check(value: &Value) -> Result<(), Problem> {
    let message = match value {
        Value::Bool(true) => return Ok(()),
        Value::Bool(false) => {
            "Write true; to turn the filter round, set its mode to \"reject\".".to_owned()
        }
        other => format!("The value of this filter is true, not {other}."),
    };
    Err(Problem::new("", "invalid", message))
}
