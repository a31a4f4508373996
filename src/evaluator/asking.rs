//! What has to be summed before a rule can be judged.

use crate::domain::documents::Documents;
use crate::domain::period;
use crate::domain::rule::{Rule, WindowKind};
use crate::domain::state::State;
use crate::report::dimension::{self, Dimension};
use crate::store::sums::{Group, Question, Scope, Span, Spans};

/// The sums of a rule's groups; of these only, where some are named.
pub(super) fn groups(
    rule: &Rule,
    dimensions: &[&'static Dimension],
    documents: &Documents,
    now: i64,
    only: Option<Vec<Group>>,
) -> Question {
    Question {
        scope: Scope {
            campaigns: rule.scope.campaign_ids.clone(),
            traffic_sources: rule.scope.traffic_source_ids.clone(),
            offers: rule.scope.offer_ids.clone(),
        },
        dimensions: dimensions.to_vec(),
        spans: spans(rule, documents, now),
        basis: rule.basis,
        only,
    }
}

/// The sums of each campaign in its scope: what a conversion pays there.
pub(super) fn campaigns(rule: &Rule, documents: &Documents, now: i64) -> Question {
    let by_campaign: Vec<&'static Dimension> = dimension::find("campaign_id").into_iter().collect();
    groups(rule, &by_campaign, documents, now, None)
}

/// The time that a rule looks at. Without a zone of its own its days are those of each campaign.
pub(super) fn spans(rule: &Rule, documents: &Documents, now: i64) -> Spans {
    let span = |zone| {
        let (from, to) = rule.window.span(now, zone);
        Span { from, to }
    };
    if let Some(zone) = &rule.timezone {
        return Spans::of_all(span(period::zone(zone)));
    }
    let mut spans = Spans::of_all(span(chrono_tz::Tz::UTC));
    let has_days = match rule.window.kind {
        WindowKind::Today | WindowKind::Yesterday | WindowKind::Days => true,
        WindowKind::Hours | WindowKind::All => false,
    };
    if has_days {
        let own = documents.campaigns.values();
        let own = own.filter(|campaign| campaign.timezone != "UTC");
        let own = own.map(|campaign| (campaign.id, span(period::zone(&campaign.timezone))));
        spans.by_campaign.extend(own);
    }
    spans
}

/// Groups that are there although nothing was counted in them: each active campaign in the scope of
/// a rule that looks at campaigns, and each paused one if it resumes campaigns. That nothing happens
/// may be just what it looks for.
pub(super) fn empty_groups(rule: &Rule, documents: &Documents) -> Vec<Group> {
    let scope = &rule.scope;
    if rule.group_by != ["campaign_id"] || !scope.offer_ids.is_empty() {
        return Vec::new();
    }
    let has =
        |ids: &[u64], id: Option<u64>| ids.is_empty() || id.is_some_and(|id| ids.contains(&id));
    let resumes = rule.actions.iter().any(|one| one.key == "resume_campaign");
    let is_looked_at = |state: State| state.is_active() || resumes && state == State::Paused;
    let active = documents.campaigns.values();
    let active = active.filter(|campaign| {
        is_looked_at(campaign.state)
            && has(&scope.campaign_ids, Some(campaign.id))
            && has(&scope.traffic_source_ids, campaign.traffic_source_id)
    });
    active
        .map(|campaign| vec![Some(campaign.id.to_string())])
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::domain::campaign::Campaign;
    use crate::domain::entity::Entity;

    const NOW: i64 = 1_790_000_000_000;

    fn documents() -> Documents {
        let mut documents = Documents::default();
        for (id, zone, state) in [
            (1, "UTC", "active"),
            (2, "Asia/Kolkata", "active"),
            (3, "UTC", "paused"),
        ] {
            let campaign = json!({ "id": id, "name": "C", "alias": format!("c{id}"), "timezone": zone,
                "state": state });
            let campaign = Campaign::read(&campaign).expect("a campaign");
            documents.campaigns.insert(id, Arc::new(campaign));
        }
        documents
    }

    fn rule(fields: serde_json::Value) -> Rule {
        let mut document = json!({ "name": "R", "actions": [{ "key": "note" }] });
        for (name, value) in fields.as_object().expect("fields") {
            document[name] = value.clone();
        }
        Rule::read(&document).expect("a rule")
    }

    #[test]
    fn days_are_those_of_each_campaign_unless_the_rule_has_a_zone() {
        let documents = documents();
        let own = spans(&rule(json!({})), &documents, NOW);
        let zoned = rule(json!({ "timezone": "Asia/Kolkata" }));
        let zoned = spans(&zoned, &documents, NOW);
        let hours = rule(json!({ "window": { "kind": "hours", "last": 3 } }));
        let hours = spans(&hours, &documents, NOW);

        assert_ne!(own.of(1), own.of(2));
        assert_eq!(own.of(2), zoned.of(2));
        assert_eq!(zoned.of(1), zoned.of(2));
        assert_eq!(hours.of(1), hours.of(2));
    }

    #[test]
    fn an_active_campaign_is_a_group_without_any_click() {
        let documents = documents();
        let groups = |fields| empty_groups(&rule(fields), &documents);
        let one = |id: &str| vec![Some(id.to_owned())];

        assert_eq!(
            groups(json!({ "group_by": ["campaign_id"] })),
            [one("1"), one("2")]
        );
        let scope = json!({ "group_by": ["campaign_id"], "scope": { "campaign_ids": [2, 3] } });
        assert_eq!(groups(scope), [one("2")]);
        assert_eq!(groups(json!({ "group_by": ["source"] })), [[]; 0]);
    }
}
