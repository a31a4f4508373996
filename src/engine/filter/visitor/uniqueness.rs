//! Whether the visitor comes for the first time.

use serde_json::{Value, json};

use super::super::{Choice, Condition, FilterKind, Input, Lists, condition, words};
use crate::domain::problem::Problem;
use crate::engine::visit::Asked;

/// Visitors who are new to the flow, the campaign, or everywhere.
pub(super) struct UniquenessFilter;

/// Where a visitor is new.
#[derive(Clone, Copy)]
enum Scope {
    Flow,
    Campaign,
    Everywhere,
}

const SCOPES: &[(&str, Scope)] = &[
    ("flow", Scope::Flow),
    ("campaign", Scope::Campaign),
    ("everywhere", Scope::Everywhere),
];

const CHOICES: &[(&str, &str)] = &[
    ("flow", "New to this flow"),
    ("campaign", "New to the campaign"),
    ("everywhere", "New to every campaign"),
];

impl FilterKind for UniquenessFilter {
    fn key(&self) -> &'static str {
        "uniqueness"
    }

    fn label(&self) -> &'static str {
        "Uniqueness"
    }

    fn help(&self) -> &'static str {
        "Visitors who were not there within the campaign's window of uniqueness: \"flow\" (or true), \"campaign\" or \"everywhere\""
    }

    fn example(&self) -> Value {
        json!("campaign")
    }

    fn input(&self) -> Input {
        Input::Choice {
            choices: Choice::all(CHOICES),
        }
    }

    fn asks_for_past(&self) -> bool {
        true
    }

    fn compile(&self, value: &Value, _: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        let scope = match value {
            Value::Bool(true) => Ok(Scope::Flow),
            Value::String(text) => words::read(text.trim(), SCOPES, "scope of uniqueness"),
            other => Err(format!(
                "Write \"flow\", \"campaign\" or \"everywhere\" here, not {other}."
            )),
        };
        let scope = scope.map_err(|message| vec![Problem::new("", "invalid", message)])?;
        Ok(condition(
            move |asked| match scope {
                Scope::Flow => !asked.seen.in_flow(asked.flow_id),
                Scope::Campaign => !asked.seen.in_campaign,
                Scope::Everywhere => !asked.seen.anywhere,
            },
            seen,
        ))
    }
}

/// The narrowest place that knows the visitor.
fn seen(asked: &Asked<'_>) -> String {
    let known = if asked.seen.in_flow(asked.flow_id) {
        "seen in this flow"
    } else if asked.seen.in_campaign {
        "seen in the campaign"
    } else if asked.seen.anywhere {
        "seen in another campaign"
    } else {
        "new"
    };
    known.to_owned()
}
