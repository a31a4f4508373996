//! Which time of a conversion a period is about.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// When its click came.
    Click,
    /// When the first postback came; never changes.
    #[default]
    Conversion,
    /// When it became what it is: last night's approvals.
    Status,
}

impl Basis {
    pub const ALL: &'static [(&'static str, Basis)] = &[
        ("click", Basis::Click),
        ("conversion", Basis::Conversion),
        ("status", Basis::Status),
    ];
}
