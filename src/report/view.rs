//! How numbers are looked at: the two switches above every report.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is meant by revenue, and whether bots count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
pub struct View {
    /// What `revenue` is, and all that follows from it: profit, ROI, EPC, ...
    #[serde(default)]
    pub revenue: RevenueKind,
    /// Takes bots out of clicks, uniques, views and rates. Their cost and revenue stay.
    #[serde(default)]
    pub without_bots: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevenueKind {
    /// On hold and confirmed.
    #[default]
    Earned,
    Confirmed,
    Hold,
}

impl RevenueKind {
    pub const ALL: &'static [(&'static str, RevenueKind)] = &[
        ("earned", RevenueKind::Earned),
        ("confirmed", RevenueKind::Confirmed),
        ("hold", RevenueKind::Hold),
    ];

    /// The part of an amount on hold and a confirmed one that is meant.
    pub(super) fn of(self, hold: i64, confirmed: i64) -> i128 {
        match self {
            RevenueKind::Earned => i128::from(hold) + i128::from(confirmed),
            RevenueKind::Confirmed => i128::from(confirmed),
            RevenueKind::Hold => i128::from(hold),
        }
    }
}
