//! The rules in use, compiled once for each edit.

use std::sync::Arc;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::compiled::{Compiled, compile};
use crate::domain::documents::Documents;
use crate::domain::problem::Problem;
use crate::domain::rule::{Moment, Rule};
use crate::domain::state::State;

/// The rules in use.
pub type Rules = Vec<Arc<Ready>>;

/// A rule with its document.
pub struct Ready {
    pub rule: Arc<Rule>,
    pub compiled: Compiled,
    /// Of all that it asks and does: the same whatever it is called.
    pub fingerprint: i64,
}

impl Ready {
    /// # Errors
    /// Every problem at once, with its field.
    pub fn of(rule: Arc<Rule>) -> Result<Self, Vec<Problem>> {
        Ok(Self {
            compiled: compile(&rule)?,
            fingerprint: fingerprint(&rule),
            rule,
        })
    }

    pub fn is_at_conversion(&self) -> bool {
        matches!(self.rule.moment, Moment::Conversion { .. })
    }

    /// A group as runs and dues name it: a JSON object of its values by dimension.
    pub fn group_name(&self, group: &[Option<String>]) -> String {
        let dimensions = self.rule.group_by.iter().cloned();
        let values = group.iter().map(|value| match value {
            Some(value) => Value::String(value.clone()),
            None => Value::Null,
        });
        Value::Object(dimensions.zip(values).collect()).to_string()
    }

    /// The group of this name; `None` if the rule has been given other dimensions since.
    pub fn group_of_name(&self, name: &str) -> Option<Vec<Option<String>>> {
        let named: Map<String, Value> = serde_json::from_str(name).ok()?;
        let dimensions = &self.rule.group_by;
        let is_same = named.len() == dimensions.len() && named.keys().eq(dimensions);
        let values = named.into_iter().map(|(_, value)| match value {
            Value::String(value) => Some(value),
            _ => None,
        });
        is_same.then(|| values.collect())
    }
}

/// Every active rule. Those that were not edited since are taken from `before`. One that cannot be
/// compiled, because another version has stored it, is told and left out.
pub fn ready(documents: &Documents, before: &[Arc<Ready>]) -> Rules {
    let active = documents.rules.values();
    let active = active.filter(|rule| rule.state.is_active());
    let made = active.filter_map(|rule| {
        let same = before.iter().find(|one| Arc::ptr_eq(&one.rule, rule));
        if let Some(same) = same {
            return Some(Arc::clone(same));
        }
        match Ready::of(Arc::clone(rule)) {
            Ok(ready) => Some(Arc::new(ready)),
            Err(problems) => {
                for problem in problems {
                    tracing::error!(
                        rule = rule.id,
                        field = problem.field,
                        "a rule is passed over: {}",
                        problem.message
                    );
                }
                None
            }
        }
    });
    made.collect()
}

fn fingerprint(rule: &Rule) -> i64 {
    let asked = Rule {
        id: 0,
        version: 0,
        name: String::new(),
        state: State::Active,
        notes: String::new(),
        created_at: 0,
        updated_at: 0,
        ..rule.clone()
    };
    let written = serde_json::to_vec(&asked).unwrap_or_default();
    let digest = Sha256::digest(&written);
    let first = digest.iter().take(8);
    first.fold(0, |all, byte| all << 8 | i64::from(*byte))
}
