//! What a campaign may spend, as its document says it.

use super::*;
use crate::domain::form::MOST;
use crate::domain::outgoing::OutgoingCall;

const CHANNELS_MAX: usize = 20;

/// How much a campaign may spend, in the currency of its cost; `null` means any amount.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Budget {
    /// For each day of the campaign's zone.
    #[schema(value_type = Option<String>, example = "50")]
    pub daily: Option<Micros>,
    /// For all time.
    #[schema(value_type = Option<String>, example = "1000")]
    pub total: Option<Micros>,
    pub when_spent: WhenSpent,
    /// The channels that hear of a spent budget; empty for all active ones.
    pub channel_ids: Vec<u64>,
}

/// Which of the two a campaign has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    Daily,
    Total,
}

impl Limit {
    pub const ALL: &'static [(&'static str, Limit)] =
        &[("daily", Limit::Daily), ("total", Limit::Total)];

    pub fn as_str(self) -> &'static str {
        match self {
            Limit::Daily => "daily",
            Limit::Total => "total",
        }
    }
}

/// What happens once a budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenSpent {
    /// The channels hear of it, the traffic source's pause webhook is called, and visitors go on as
    /// before: the tracker cannot stop the source, and the clicks are paid.
    #[default]
    Notify,
    /// All that, and visitors go to the campaign's fallback, until the next day if the daily budget
    /// is spent.
    Divert,
}

impl WhenSpent {
    pub const ALL: &'static [(&'static str, WhenSpent)] =
        &[("notify", WhenSpent::Notify), ("divert", WhenSpent::Divert)];
}

impl Budget {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        Budget {
            daily: form.amount("daily", Micros(1)..=MOST),
            total: form.amount("total", Micros(1)..=MOST),
            when_spent: form.choice("when_spent", WhenSpent::ALL, WhenSpent::default()),
            channel_ids: form.ids("channel_ids", CHANNELS_MAX),
        }
    }

    pub(super) fn references(&self) -> impl Iterator<Item = (String, Reference)> {
        let ids = self.channel_ids.iter().enumerate();
        ids.map(|(index, id)| {
            let field = format!("budget.channel_ids[{index}]");
            (field, Reference::Channel(*id))
        })
    }
}

impl Campaign {
    /// The channels that hear of its spent budget.
    pub fn budget_channels(&self, documents: &Documents) -> Vec<u64> {
        if !self.budget.channel_ids.is_empty() {
            return self.budget.channel_ids.clone();
        }
        let channels = documents.channels.values();
        let active = channels.filter(|channel| channel.state.is_active());
        active.map(|channel| channel.id).collect()
    }

    /// The call that pauses it at its traffic source.
    pub fn pause_call<'d>(&self, documents: &'d Documents) -> Option<&'d OutgoingCall> {
        let source = documents.traffic_sources.get(&self.traffic_source_id?)?;
        let is_there = source.state != State::Archived;
        source.pause.as_ref().filter(|_| is_there)
    }

    /// That nobody would hear of a spent budget.
    pub(super) fn budget_doubts(&self, documents: &Documents) -> Option<Problem> {
        let budget = &self.budget;
        let is_limited = budget.daily.is_some() || budget.total.is_some();
        let is_heard =
            || !self.budget_channels(documents).is_empty() || self.pause_call(documents).is_some();
        if !is_limited || budget.when_spent == WhenSpent::Divert || is_heard() {
            return None;
        }
        Some(Problem::new(
            "budget.when_spent",
            "nobody_hears",
            "Nobody would hear that the budget is spent: add a channel, or a pause webhook to the traffic source.",
        ))
    }

    /// What its budget will not do.
    pub(super) fn budget_remarks(&self) -> Vec<Problem> {
        let budget = &self.budget;
        let mut remarks = Vec::new();
        if budget.daily.is_none() && budget.total.is_none() {
            return remarks;
        }
        let is_free = match self.cost.model {
            CostModel::Cpc | CostModel::Cpm | CostModel::Cpuc => {
                self.cost.value == Micros::ZERO && !self.cost.from_url
            }
            CostModel::None => true,
            // Postbacks may state costs.
            CostModel::Cpa | CostModel::Revshare => false,
        };
        if is_free {
            remarks.push(Problem::new(
                "budget",
                "never_spent",
                "Clicks of this campaign cost nothing, so its budget is never spent: set cost.model and cost.value.",
            ));
        }
        if budget.when_spent == WhenSpent::Divert && self.fallback == Fallback::NotFound {
            remarks.push(Problem::new(
                "budget.when_spent",
                "visitors_turned_away",
                "Once the budget is spent visitors find nothing (404): choose a fallback.",
            ));
        }
        remarks
    }
}
