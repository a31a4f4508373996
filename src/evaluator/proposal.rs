//! From a group that the conditions of a rule hold of to a run that is to be done.

use serde_json::Value;

use super::numbers::Numbers;
use crate::domain::documents::Documents;
use crate::domain::id::Id;
use crate::editor::Proposed;
use crate::library::Desk;
use crate::rules::{Happened, Ready, Subject, Verdict};
use crate::store::rules::occasion::Occasion;
use crate::store::rules::runs::Run;
use crate::store::sums::Span;

/// One group of a rule at one time.
pub(super) struct Case<'a> {
    pub(super) ready: &'a Ready,
    pub(super) group: &'a [Option<String>],
    pub(super) at: i64,
    /// `None` while nobody has looked at them.
    pub(super) numbers: Option<&'a Numbers>,
    pub(super) occasion: Option<&'a Occasion>,
    pub(super) documents: &'a Documents,
}

impl Case<'_> {
    /// Lends what its conditions and actions ask.
    fn subject<T>(&self, desk: &Desk, run_id: i64, with: impl FnOnce(&Subject<'_>) -> T) -> T {
        let documents = self.documents;
        let rates = desk.library.rates.now();
        let facts = |key: &str| self.occasion?.fact(key, documents);
        let macros = |text: &str| {
            let expand = |one: &Occasion| one.expand(text, &desk.library.codec, documents, &rates);
            self.occasion.map(expand).unwrap_or_default()
        };
        let numbers = |key: &str| self.numbers?.get(key);
        with(&Subject {
            rule: &self.ready.rule,
            group: self.group,
            run_id,
            at: self.at,
            numbers: self.numbers.is_some().then_some(&numbers),
            conversion: self.occasion.map(|occasion| Happened {
                id: occasion.id(),
                click_id: Some(occasion.click_id()),
                payout: occasion.payout(),
                facts: &facts,
                macros: &macros,
            }),
        })
    }

    pub(super) fn verdict(&self, desk: &Desk) -> Verdict {
        self.subject(desk, 0, |subject| self.ready.compiled.verdict(subject))
    }

    /// What the rule wants done, as a run of this key.
    pub(super) fn proposed(
        &self,
        desk: &Desk,
        id: Id,
        key: String,
        window: Option<Span>,
    ) -> Proposed {
        let plan = |subject: &Subject<'_>| self.ready.compiled.plan(subject, self.documents);
        let numbers = self.numbers.map(Numbers::as_json);
        let numbers = numbers.unwrap_or(Value::Object(serde_json::Map::new()));
        Proposed {
            effects: self.subject(desk, id.to_row(), plan),
            run: Run {
                id,
                at: self.at,
                rule_id: self.ready.rule.id,
                rule_version: self.ready.rule.version,
                key,
                group: self.ready.group_name(self.group),
                campaign_id: self.campaign_id(),
                conversion_id: self.occasion.map(Occasion::id),
                numbers: numbers.to_string(),
                window: window.map(|span| (span.from, span.to)),
            },
        }
    }

    /// The campaign that the group is about, if it is about one.
    pub(super) fn campaign_id(&self) -> Option<u64> {
        if let Some(occasion) = self.occasion {
            return Some(occasion.campaign_id());
        }
        let rule = &self.ready.rule;
        let value = |key: &str| {
            let place = rule.group_by.iter().position(|one| one == key)?;
            self.group.get(place)?.as_deref()?.parse::<u64>().ok()
        };
        let of_flow = |id: u64| {
            let mut campaigns = self.documents.campaigns.values();
            let found = campaigns.find(|one| one.flows.iter().any(|flow| flow.id == id));
            found.map(|campaign| campaign.id)
        };
        let only = match rule.scope.campaign_ids[..] {
            [id] => Some(id),
            _ => None,
        };
        value("campaign_id")
            .or_else(|| of_flow(value("flow_id")?))
            .or(only)
    }
}
