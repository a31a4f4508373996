//! One branch of a campaign: filters, then a target.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::state::State;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Flow {
    /// Kept across saves when sent back.
    pub id: u64,
    pub name: String,
    pub kind: FlowKind,
    pub state: State,
    /// Share among the regular flows of a campaign that rotates by weight.
    pub weight: u32,
    pub r#match: Match,
    pub filters: Vec<Filter>,
    pub target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowKind {
    /// Tried before all others, in order.
    Forced,
    #[default]
    Regular,
    /// Takes whom nobody else took; has no filters.
    Default,
}

impl FlowKind {
    pub const ALL: &'static [(&'static str, FlowKind)] = &[
        ("forced", FlowKind::Forced),
        ("regular", FlowKind::Regular),
        ("default", FlowKind::Default),
    ];
}

/// Whether all filters must accept, or any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    #[default]
    All,
    Any,
}

impl Match {
    pub const ALL: &'static [(&'static str, Match)] = &[("all", Match::All), ("any", Match::Any)];
}

/// A condition on the visitor. What `value` may be is known by the filter's kind
/// (`engine::filter`), which checks it when the campaign is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Filter {
    #[schema(example = "country")]
    pub key: String,
    pub mode: Mode,
    #[schema(value_type = Object, example = json!(["US", "CA"]))]
    pub value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Accept,
    Reject,
}

impl Mode {
    pub const ALL: &'static [(&'static str, Mode)] =
        &[("accept", Mode::Accept), ("reject", Mode::Reject)];
}

/// Where a flow sends its visitors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Target {
    /// A landing by weight, then an offer by weight; without landings straight to the offer.
    Split {
        landings: Vec<WeightedLanding>,
        offers: Vec<WeightedOffer>,
    },
    /// A URL template.
    Redirect { redirect: RedirectKind, url: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct WeightedLanding {
    pub landing_id: u64,
    pub weight: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct WeightedOffer {
    pub offer_id: u64,
    pub weight: u32,
}

/// How the browser is told to go on. One file each under `engine/redirect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedirectKind {
    /// `302 Found` with a `Location`.
    #[default]
    Http,
}

impl RedirectKind {
    pub const ALL: &'static [(&'static str, RedirectKind)] = &[("http", RedirectKind::Http)];
}
