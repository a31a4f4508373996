//! Budgets follow what clicks cost.
//!
//! What a campaign has spent today, and ever, is counted in memory and stored every few seconds. So a
//! `kill -9` within those may leave a budget where it was before the last pieces of a job; the costs of
//! the clicks themselves are never off. Limits of flows keep what they have counted: those visitors
//! did come.

use std::sync::Arc;

use super::Jobs;
use crate::domain::click::ClickCost;
use crate::domain::documents::Documents;
use crate::domain::money::Micros;
use crate::domain::period;
use crate::domain::rates::Rates;
use crate::engine::budget;
use crate::engine::counters::Counts;
use crate::store::jobs::costs::Moved;

/// What budgets are counted by.
pub(super) struct Spending {
    pub(super) documents: Arc<Documents>,
    rates: Arc<Rates>,
    pub(super) counts: Arc<Counts>,
}

impl Spending {
    pub(super) fn of(jobs: &Jobs) -> Self {
        let library = &jobs.desk.library;
        Self {
            documents: library.documents(),
            rates: Arc::clone(&library.rates.now()),
            counts: Arc::clone(&library.counts),
        }
    }

    /// Takes off what clicks had cost, and adds what they cost.
    pub(super) fn follow(&self, moved: &[Moved]) {
        for one in moved {
            let Some(campaign) = self.documents.campaigns.get(&one.campaign_id) else {
                continue;
            };
            let zone = period::zone(&campaign.timezone);
            let taken = one.before.map(|cost| ClickCost {
                amount: Micros(-cost.amount.0),
                ..cost
            });
            for cost in [taken, one.after].into_iter().flatten() {
                budget::spend(&self.counts, &self.rates, campaign, zone, cost, one.at);
            }
        }
    }
}
