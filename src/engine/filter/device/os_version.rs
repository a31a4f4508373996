//! Version of the operating system.

use serde_json::{Value, json};

use super::super::{Condition, FilterKind, Input, Lists, versions};
use crate::domain::problem::Problem;

/// Visitors with certain versions of their operating system.
pub(super) struct OsVersionFilter;

impl FilterKind for OsVersionFilter {
    fn key(&self) -> &'static str {
        "os_version"
    }

    fn label(&self) -> &'static str {
        "OS version"
    }

    fn help(&self) -> &'static str {
        versions::forms!()
    }

    fn example(&self) -> Value {
        json!([">=10", "8.1"])
    }

    fn input(&self) -> Input {
        Input::Versions
    }

    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        versions::compile(value, lists, |asked| {
            asked.visitor().agent.os_version.as_deref()
        })
    }
}
