//! One recorded visit to a campaign link.

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::id::Id;
use super::money::{Currency, Micros};
use super::visitor::{Agent, BotReason, Language, Parameters, Place};

/// What is stored of a click. Also the payload of a spill frame, so fields are only ever added,
/// with a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Click {
    pub id: Id,
    /// UTC milliseconds.
    pub at: i64,
    pub campaign_id: u64,
    /// `None` where no flow took the visitor (the fallback did).
    #[serde(default)]
    pub flow_id: Option<u64>,
    #[serde(default)]
    pub landing_id: Option<u64>,
    #[serde(default)]
    pub offer_id: Option<u64>,
    #[serde(default)]
    pub traffic_source_id: Option<u64>,
    #[serde(default)]
    pub domain_id: Option<u64>,
    pub ip: IpAddr,
    pub agent: Arc<Agent>,
    pub place: Arc<Place>,
    #[serde(default)]
    pub language: Option<Language>,
    #[serde(default)]
    pub referrer: Option<String>,
    #[serde(default)]
    pub bot_reason: Option<BotReason>,
    #[serde(default)]
    pub parameters: Parameters,
    #[serde(default)]
    pub cost: Option<ClickCost>,
    /// The click of the campaign that sent the visitor on to this one, in the same visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<Id>,
    /// The visitor's key, where it came from a cookie and does not follow from address and user
    /// agent.
    #[serde(default)]
    pub visitor: Option<u64>,
    /// The visitor's first click within the window: of the campaign, of the flow, of all.
    #[serde(default)]
    pub is_unique_campaign: bool,
    #[serde(default)]
    pub is_unique_flow: bool,
    #[serde(default)]
    pub is_unique_global: bool,
    /// The operator's own visit: it uses nothing up, costs nothing, and its conversions are tests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_test: bool,
}

/// What the click cost, in the currency it was stated in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClickCost {
    pub amount: Micros,
    pub currency: Currency,
    /// The link's `cost` was empty, unreadable or an unexpanded macro, so the fixed value counts.
    #[serde(default)]
    pub fell_back: bool,
}
