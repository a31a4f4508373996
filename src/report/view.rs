//! How numbers are looked at: the two switches above every report.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use crate::domain::revenue_kind::RevenueKind;

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
