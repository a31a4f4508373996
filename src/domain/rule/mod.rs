//! What is to be done by itself when numbers, or a conversion, call for it.
//!
//! A rule has a moment (a conversion, or every so many minutes), looks at groups of what is in its
//! scope, and does its actions for each group that its conditions hold of. Which metrics, facts and
//! actions there are is known by the module `rules`, which checks them when a rule is saved.

mod action;
mod condition;
mod read;
#[cfg(test)]
mod tests;
mod window;

use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::basis::Basis;
use super::conversion::Status;
use super::entity::{Entity, heads};
use super::form::Form;
use super::money::Micros;
use super::period;
use super::reference::Reference;
use super::revenue_kind::RevenueKind;
use super::state::State;

pub use action::RuleAction;
pub use condition::{Comparison, Condition, Membership, Than, Times};
pub use window::{Window, WindowKind};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Rule {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    pub scope: Scope,
    pub moment: Moment,
    /// Up to three dimensions: the conditions are asked of each group by itself, and the actions are
    /// done for it. Empty: all of the scope is one group.
    #[schema(example = json!(["campaign_id", "source"]))]
    pub group_by: Vec<String>,
    pub window: Window,
    /// By which time conversions belong to the window; clicks and their cost always by the click.
    pub basis: Basis,
    /// What `revenue`, `profit`, `roi` and the like mean in its conditions.
    pub revenue: RevenueKind,
    /// Bots count neither in clicks nor in rates; their cost and revenue stay.
    pub without_bots: bool,
    /// How much has to be there before numbers mean anything.
    pub minimum: Minimum,
    pub conditions: Condition,
    pub actions: Vec<RuleAction>,
    /// After acting, the same group is left alone for so long. Left out: 60, and 0 at conversions.
    pub cooldown_minutes: u64,
    /// How often it acts in a day at most, over all groups.
    pub max_per_day: u64,
    /// Of days in its window and of `max_per_day`; `null`: each campaign's own, UTC for
    /// `max_per_day`.
    pub timezone: Option<String>,
    /// It only notes what it would do.
    pub dry_run: bool,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Which clicks and conversions count; every list that is not empty has to hold the one in question.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Scope {
    pub campaign_ids: Vec<u64>,
    pub traffic_source_ids: Vec<u64>,
    pub offer_ids: Vec<u64>,
}

/// When it is looked whether the conditions hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Moment {
    /// Every so many minutes, for every group.
    Every { minutes: u64 },
    /// When a conversion comes or moves to one of these statuses, for its group. Left out: lead and
    /// sale; none is all.
    Conversion {
        statuses: Vec<Status>,
        /// `conversion`, `rebill`, keys of own events; empty for all.
        events: Vec<String>,
    },
}

impl Moment {
    /// Whether a conversion of this event that is or became this makes it.
    pub fn is_at(&self, status: Status, event: &str) -> bool {
        match self {
            Moment::Every { .. } => false,
            Moment::Conversion { statuses, events } => {
                statuses.contains(&status)
                    && (events.is_empty() || events.iter().any(|one| one == event))
            }
        }
    }
}

impl Default for Moment {
    fn default() -> Self {
        Moment::Every { minutes: 10 }
    }
}

/// The least that a group needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Minimum {
    pub clicks: u64,
    pub conversions: u64,
    /// In the reporting currency.
    #[schema(value_type = String, example = "0")]
    pub cost: Micros,
}

impl Rule {
    /// How long it leaves a group alone, in milliseconds.
    pub fn cooldown_ms(&self) -> i64 {
        let minutes = i64::try_from(self.cooldown_minutes);
        minutes.unwrap_or(i64::MAX).saturating_mul(60_000)
    }

    /// Of the days of `max_per_day`.
    pub fn zone(&self) -> Tz {
        period::zone(self.timezone.as_deref().unwrap_or("UTC"))
    }
}

impl Entity for Rule {
    const WORD: &'static str = "rule";

    heads!(rules, Rule, name);

    fn from_form(form: &mut Form<'_>) -> Self {
        read::rule(form)
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name]
    }

    fn as_rule(&self) -> Option<&Rule> {
        Some(self)
    }

    fn references(&self) -> Vec<(String, Reference)> {
        let of_scope = [
            (
                "campaign_ids",
                &self.scope.campaign_ids,
                Reference::Campaign as fn(u64) -> Reference,
            ),
            (
                "traffic_source_ids",
                &self.scope.traffic_source_ids,
                Reference::TrafficSource,
            ),
            ("offer_ids", &self.scope.offer_ids, Reference::Offer),
        ];
        let mut references = Vec::new();
        for (field, ids, reference) in of_scope {
            let named = ids.iter().enumerate();
            references.extend(
                named.map(|(index, id)| (format!("scope.{field}[{index}]"), reference(*id))),
            );
        }
        for (index, action) in self.actions.iter().enumerate() {
            let named = action.references().into_iter();
            references
                .extend(named.map(|(field, one)| (format!("actions[{index}].value.{field}"), one)));
        }
        references
    }
}
