//! What a campaign may spend, as its document says it.

use super::*;
use crate::domain::form::MOST;

/// How much a campaign may spend, in the currency of its cost; `null` means any amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Budget {
    /// For each day of the campaign's zone.
    #[schema(value_type = Option<String>, example = "50")]
    pub daily: Option<Micros>,
    /// For all time.
    #[schema(value_type = Option<String>, example = "1000")]
    pub total: Option<Micros>,
    pub when_spent: WhenSpent,
}

/// What happens once a budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenSpent {
    /// The operator hears of it, and visitors go on as before: the tracker cannot stop the source,
    /// and the clicks are paid. (The message is not sent yet.)
    #[default]
    Notify,
    /// Visitors go to the campaign's fallback, until the next day if the daily budget is spent.
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
        }
    }
}

impl Campaign {
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
        match budget.when_spent {
            WhenSpent::Notify => remarks.push(not_yet_acted_on(
                "budget.when_spent",
                "The message about a spent budget",
            )),
            WhenSpent::Divert if self.fallback == Fallback::NotFound => {
                remarks.push(Problem::new(
                    "budget.when_spent",
                    "visitors_turned_away",
                    "Once the budget is spent visitors find nothing (404): choose a fallback.",
                ));
            }
            WhenSpent::Divert => {}
        }
        remarks
    }
}
