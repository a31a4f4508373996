//! What an action is planned from: a subject among the documents.

use super::effect::What;
use super::known;
use super::subject::Subject;
use crate::domain::campaign::Campaign;
use crate::domain::documents::Documents;
use crate::domain::period;
use crate::report::dimension;

/// What stands for a value that is not there.
pub(super) const NONE: &str = "(none)";

/// One run of a rule, when its effects are planned.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) documents: &'a Documents,
    /// Which of the rule's actions it is.
    pub(super) index: usize,
}

impl<'a> Scene<'a> {
    /// Which campaign, flow, landing or offer the group is about.
    ///
    /// # Errors
    /// Why nobody can say, as a sentence.
    pub(super) fn id(&self, what: What) -> Result<u64, String> {
        let rule = self.subject.rule;
        let field = what.field();
        if let Some(value) = self.subject.fact(field) {
            let read = value.parse();
            return read.map_err(|_| format!("{value:?} is not the id of a {}.", what.as_str()));
        }
        if what == What::Campaign
            && let Some(flow) = self.subject.fact(What::Flow.field())
            && let Some(campaign) = flow.parse().ok().and_then(|id| self.campaign_of_flow(id))
        {
            return Ok(campaign.id);
        }
        let is_asked = self.subject.conversion.is_some() || known::groups_by(rule, field);
        match known::only_one(rule, what).filter(|_| !is_asked) {
            Some(id) => Ok(id),
            None => Err(format!("The {} has no {}.", self.what(), what.as_str())),
        }
    }

    pub(super) fn campaign(&self) -> Option<&'a Campaign> {
        let id = self.id(What::Campaign).ok()?;
        self.documents.campaigns.get(&id).map(AsRef::as_ref)
    }

    pub(super) fn campaign_of_flow(&self, id: u64) -> Option<&'a Campaign> {
        let mut campaigns = self.documents.campaigns.values();
        let found = campaigns.find(|one| one.flows.iter().any(|flow| flow.id == id));
        found.map(AsRef::as_ref)
    }

    /// A conversion, or a group.
    pub(super) fn what(&self) -> &'static str {
        match self.subject.conversion {
            Some(_) => "conversion",
            None => "group",
        }
    }

    /// The values of the group, as people read them.
    pub(super) fn group(&self) -> String {
        let dimensions = self.subject.rule.group_by.iter();
        let parts: Vec<String> = dimensions
            .map(|key| {
                let label = dimension::find_of_click(key).map_or(key.as_str(), |one| one.label);
                let value = self.subject.fact(key);
                let name = value.as_deref().and_then(|value| self.name_of(key, value));
                match (value, name) {
                    (Some(value), Some(name)) => format!("{label}: {name} ({value})"),
                    (value, _) => format!("{label}: {}", value.as_deref().unwrap_or(NONE)),
                }
            })
            .collect();
        parts.join(", ")
    }

    /// The name of what a dimension's value is the id of.
    pub(super) fn name_of(&self, key: &str, value: &str) -> Option<String> {
        dimension::find_of_click(key)?.entity_name(value, self.documents)
    }

    /// The time on the clocks of the rule, else of the campaign, else of UTC.
    pub(super) fn time(&self) -> String {
        let own = self.subject.rule.timezone.as_deref();
        let zone = own.or_else(|| self.campaign().map(|one| one.timezone.as_str()));
        let zone = period::zone(zone.unwrap_or("UTC"));
        let at = chrono::DateTime::from_timestamp_millis(self.subject.at).unwrap_or_default();
        at.with_timezone(&zone)
            .format("%Y-%m-%d %H:%M %Z")
            .to_string()
    }
}
