//! Any parameter of the link's query.

use serde_json::{Value, json};

use super::super::sets::Sets;
use super::super::texts::{Absent, TextSet};
use super::super::values::Split;
use super::super::{Condition, FilterKind, Input, Lists, condition};
use crate::domain::form::{Form, quoted};
use crate::domain::problem::Problem;

/// Visitors whose link has certain values of a parameter.
pub(super) struct ParameterFilter;

/// Longer names are cut when a link is read.
const NAME_MAX: usize = crate::detect::params::MAX_NAME;

impl FilterKind for ParameterFilter {
    fn key(&self) -> &'static str {
        "parameter"
    }

    fn label(&self) -> &'static str {
        "Parameter"
    }

    fn help(&self) -> &'static str {
        "Any parameter of the link by its name there. Exact, \"*part*\", \"/regexp/\" or a named list; \"*\" is any value, \"@empty\" none"
    }

    fn example(&self) -> Value {
        json!({"name": "test", "value": ["x", "abc*"]})
    }

    fn input(&self) -> Input {
        Input::Parameter
    }

    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        let ((name, values), mut problems) = Form::draft(value, |form| {
            let name = form.text("name").to_owned();
            if name.is_empty() {
                form.missing("name", "Name the parameter, as the link has it.");
            } else if name.len() > NAME_MAX || name.contains(char::is_control) {
                let message = format!("{} is no name of a parameter.", quoted(&name));
                form.problem("name", "invalid", message);
            }
            let values = form.value("value");
            if values.is_none() {
                form.missing(
                    "value",
                    "Enter values, such as [\"x\"], or [\"*\"] for any.",
                );
            }
            (name, values.cloned())
        });
        let set = values.map(|values| Sets::<TextSet>::compile(&values, lists, Split::Lines));
        match set {
            Some(Ok(set)) if problems.is_empty() => {
                let label = name.clone();
                Ok(condition(
                    move |asked| set.matches((asked.visit.parameters)(&name), Absent::Empty),
                    move |asked| {
                        let value = (asked.visit.parameters)(&label);
                        format!("{label}={}", value.unwrap_or_default())
                    },
                ))
            }
            Some(Err(found)) => {
                problems.extend(found.into_iter().map(|problem| problem.under("value")));
                Err(problems)
            }
            _ => Err(problems),
        }
    }
}
