//! What pays.

use serde::Serialize;
use utoipa::ToSchema;

use super::money::{Currency, Micros};
use super::state::State;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Offer {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    /// URL template; the network's `offer_param` is appended to it.
    pub url: String,
    pub network_id: Option<u64>,
    pub payout: Payout,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

/// What one conversion pays when the postback does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Payout {
    pub kind: PayoutKind,
    #[schema(value_type = String, example = "5")]
    pub value: Micros,
    #[schema(value_type = String, example = "USD")]
    pub currency: Currency,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayoutKind {
    /// `value` per conversion.
    Fixed,
    /// `value` percent of the sale amount.
    Percent,
    /// Whatever the postback says; `value` where it is silent.
    #[default]
    Postback,
}

impl PayoutKind {
    pub const ALL: &'static [(&'static str, PayoutKind)] = &[
        ("fixed", PayoutKind::Fixed),
        ("percent", PayoutKind::Percent),
        ("postback", PayoutKind::Postback),
    ];
}
