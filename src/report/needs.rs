//! What numbers follow from, so that a report reads no column of which nothing is shown.

use std::collections::BTreeSet;

/// Which facts of clicks and conversions have to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// How many clicks there are.
    pub clicks: bool,
    /// Which of them are bots'.
    pub bots: bool,
    /// Which are unique, for the campaign, the flow or everywhere.
    pub uniques: bool,
    /// Which were shown a landing.
    pub landings: bool,
    /// Their steps to offers.
    pub steps: bool,
    /// What clicks cost, and conversions where the traffic is paid by results.
    pub cost: bool,
    /// Conversions with their status, event and amount.
    pub conversions: bool,
    /// The amounts among it: what they have earned.
    pub revenue: bool,
    /// How long after their click conversions came.
    pub delays: bool,
    /// Own events one by one.
    pub events: bool,
    /// The kept numbers of these names.
    pub kept: BTreeSet<String>,
}

impl Needs {
    /// Adds what another number follows from.
    pub fn add(&mut self, other: Needs) {
        self.clicks |= other.clicks;
        self.bots |= other.bots;
        self.uniques |= other.uniques;
        self.landings |= other.landings;
        self.steps |= other.steps;
        self.cost |= other.cost;
        self.conversions |= other.conversions;
        self.revenue |= other.revenue;
        self.delays |= other.delays;
        self.events |= other.events;
        self.kept.extend(other.kept);
    }

    /// Whether any of it belongs to clicks: it has no value in rows that only conversions have, such as
    /// those of a status.
    pub fn are_of_clicks(&self) -> bool {
        self.clicks || self.bots || self.uniques || self.landings || self.steps || self.cost
    }
}
