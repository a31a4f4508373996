//! What is known of a rule's groups before any of them is looked at: what its document says.

use super::effect::What;
use super::fact::{self, Fact};
use super::number::Number;
use crate::domain::rule::{Moment, Rule};

/// A rule that is being compiled.
pub struct Known<'a> {
    pub(super) rule: &'a Rule,
    /// What its minimum and its conditions look at, each once.
    pub(super) numbers: &'a [Number],
}

impl Known<'_> {
    pub(super) fn is_at_conversion(&self) -> bool {
        is_at_conversion(self.rule)
    }

    pub(super) fn groups_by(&self, key: &str) -> bool {
        groups_by(self.rule, key)
    }

    /// Whether it is known which campaign, flow, ... a group is about.
    pub(super) fn can_tell(&self, what: What) -> bool {
        self.is_at_conversion()
            || self.groups_by(what.field())
            || what == What::Campaign && self.groups_by(What::Flow.field())
            || only_one(self.rule, what).is_some()
    }
}

pub(super) fn is_at_conversion(rule: &Rule) -> bool {
    matches!(rule.moment, Moment::Conversion { .. })
}

pub(super) fn groups_by(rule: &Rule, key: &str) -> bool {
    rule.group_by.iter().any(|one| one == key)
}

/// The fact of this key, if a group of the rule has it.
///
/// # Errors
/// Why it has not, and what to do.
pub(super) fn fact(rule: &Rule, key: &str) -> Result<Fact, String> {
    let fact = fact::find(key).ok_or_else(|| fact::unknown(key))?;
    if is_at_conversion(rule) || groups_by(rule, key) {
        return Ok(fact);
    }
    Err(match fact::ALL.iter().any(|one| one.key == key) {
        true => format!(
            "\"{key}\" is a fact of one conversion, and this rule looks at groups every so many minutes. Send moment: {{\"kind\": \"conversion\"}}."
        ),
        false => format!(
            "A group has no \"{key}\" of its own: put it into group_by, or send moment: {{\"kind\": \"conversion\"}}."
        ),
    })
}

/// The only one that the scope lets in.
pub(super) fn only_one(rule: &Rule, what: What) -> Option<u64> {
    let ids = match what {
        What::Campaign => &rule.scope.campaign_ids,
        What::Offer => &rule.scope.offer_ids,
        What::Flow | What::Landing => return None,
    };
    match ids[..] {
        [id] => Some(id),
        _ => None,
    }
}
