//! What a rule can be made of, as pickers and editors need it.

use serde::Serialize;

use super::action::{self, ActionOption};
use super::fact::{self, Fact};
use super::word::{self, Word};

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RuleOptions)]
pub struct Options {
    pub rule_actions: Vec<ActionOption>,
    /// What only a conversion has; every dimension is a fact as well.
    pub rule_facts: &'static [Fact],
    /// What texts of rules have beside metrics, dimensions and facts.
    pub rule_words: &'static [Word],
}

pub fn options() -> Options {
    Options {
        rule_actions: action::options(),
        rule_facts: fact::ALL,
        rule_words: word::ALL,
    }
}
