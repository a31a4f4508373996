//! Version of the browser.

use serde_json::{Value, json};

use super::super::{Condition, FilterKind, Input, Lists, versions};
use crate::domain::problem::Problem;

/// Visitors with certain versions of their browser.
pub(super) struct BrowserVersionFilter;

impl FilterKind for BrowserVersionFilter {
    fn key(&self) -> &'static str {
        "browser_version"
    }

    fn label(&self) -> &'static str {
        "Browser version"
    }

    fn help(&self) -> &'static str {
        versions::forms!()
    }

    fn example(&self) -> Value {
        json!([">=120", "17-18"])
    }

    fn input(&self) -> Input {
        Input::Versions
    }

    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        versions::compile(value, lists, |asked| {
            asked.visitor().agent.browser_version.as_deref()
        })
    }
}
