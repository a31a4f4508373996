//! The tracked link a buyer sends traffic to: one document, flows and all.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::flow::Flow;
use super::money::{Currency, Micros};
use super::state::State;

/// A campaign as it is stored, sent and received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Campaign {
    pub id: u64,
    /// Grows by one with every save.
    pub version: u64,
    pub name: String,
    /// The path of the link: `[A-Za-z0-9_-]{1,64}`, not digits only, none of the reserved words.
    pub alias: String,
    pub state: State,
    /// The one domain that the alias belongs to; `null` means every domain.
    pub domain_id: Option<u64>,
    pub traffic_source_id: Option<u64>,
    pub rotation: Rotation,
    pub cost: Cost,
    /// IANA zone of the campaign's days.
    pub timezone: String,
    /// Where visitors go whom no flow takes, and all visitors of a paused campaign.
    pub fallback: Fallback,
    /// Our parameter name -> what the traffic source calls it.
    pub parameters: BTreeMap<String, ParameterName>,
    pub flows: Vec<Flow>,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

/// How a regular flow is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// The first, in their order, whose filters accept.
    #[default]
    Position,
    /// Drawn by weight, drawing again after a rejection.
    Weight,
}

impl Rotation {
    pub const ALL: &'static [(&'static str, Rotation)] = &[
        ("position", Rotation::Position),
        ("weight", Rotation::Weight),
    ];
}

/// What a click costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Cost {
    pub model: CostModel,
    /// Price per click (per thousand for `cpm`), as a decimal string.
    #[schema(value_type = String, example = "0.015")]
    pub value: Micros,
    #[schema(value_type = String, example = "USD")]
    pub currency: Currency,
    /// Take the price from the link's `cost` parameter where it has a readable one.
    pub from_url: bool,
    /// Share of paid clicks that never arrive, in percent (0 to 99.99): price / (1 - loss).
    #[schema(value_type = String, example = "0")]
    pub traffic_loss: Micros,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostModel {
    #[default]
    None,
    Cpc,
    Cpm,
}

impl CostModel {
    pub const ALL: &'static [(&'static str, CostModel)] = &[
        ("none", CostModel::None),
        ("cpc", CostModel::Cpc),
        ("cpm", CostModel::Cpm),
    ];
}

/// The way out when no flow takes the visitor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fallback {
    #[default]
    NotFound,
    Redirect {
        url: String,
    },
    Campaign {
        campaign_id: u64,
    },
}

/// What the traffic source calls one of our parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ParameterName {
    /// Name in the link's query.
    pub name: String,
    /// The source's macro, copied into links byte for byte.
    pub r#macro: String,
}
