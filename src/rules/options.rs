//! What a rule can be made of, as pickers and editors need it.

use serde::Serialize;

use super::action::{self, ActionOption};
use super::fact::{self, Fact};
use super::word::{self, Word};
use crate::report::dimension::{self, Dimension};
use crate::report::metric::{self, Metric};

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RuleOptions)]
pub struct Options {
    pub rule_actions: Vec<ActionOption>,
    /// What only a conversion has; every dimension is a fact as well.
    pub rule_facts: &'static [Fact],
    /// What texts of rules have beside metrics, dimensions and facts.
    pub rule_words: &'static [Word],
    pub dimensions: Vec<&'static Dimension>,
    pub metrics: Vec<&'static Metric>,
    /// Each about one event, whose key follows a colon: `event:registration`.
    pub event_metrics: Vec<&'static Metric>,
}

pub fn options() -> Options {
    Options {
        rule_actions: action::options(),
        rule_facts: fact::ALL,
        rule_words: word::ALL,
        dimensions: dimension::all().collect(),
        metrics: metric::all().collect(),
        event_metrics: metric::of_events().collect(),
    }
}
