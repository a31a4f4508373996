//! What is meant by revenue, and so by profit, ROI, EPC, ...

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevenueKind {
    /// On hold and confirmed.
    #[default]
    All,
    Confirmed,
    Hold,
}

impl RevenueKind {
    pub const ALL: &'static [(&'static str, RevenueKind)] = &[
        ("all", RevenueKind::All),
        ("confirmed", RevenueKind::Confirmed),
        ("hold", RevenueKind::Hold),
    ];

    /// The part of an amount on hold and a confirmed one that is meant.
    pub fn of(self, hold: i64, confirmed: i64) -> i128 {
        match self {
            RevenueKind::All => i128::from(hold) + i128::from(confirmed),
            RevenueKind::Confirmed => i128::from(confirmed),
            RevenueKind::Hold => i128::from(hold),
        }
    }
}
