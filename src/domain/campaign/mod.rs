//! The tracked link a buyer sends traffic to: one document, flows and all.

mod budget;
mod read;

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::check;
use super::documents::Documents;
use super::entity::{Entity, Fresh, Head, Reference, heads, ids, read_head};
use super::flow::{Flow, FlowKind};
use super::form::Form;
use super::jumps;
use super::money::{Currency, Micros};
use super::problem::Problem;
use super::state::State;

pub use super::outgoing::{Method, OutgoingPostback};
pub use super::parameter::{PARAMETERS, ParameterName};
pub use budget::{Budget, Limit, WhenSpent};

/// A campaign as it is stored, sent and received.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Campaign {
    pub id: u64,
    /// Grows by one with every save.
    pub version: u64,
    pub name: String,
    /// The path of the link: `[A-Za-z0-9_-]{1,64}`, not digits only, none of the reserved words.
    pub alias: String,
    pub state: State,
    pub group_id: Option<u64>,
    /// The one domain that the alias belongs to; `null` means every domain.
    pub domain_id: Option<u64>,
    /// Where its clicks are bought: its parameters and its traffic loss count where the campaign
    /// has none of its own.
    pub traffic_source_id: Option<u64>,
    pub rotation: Rotation,
    /// What a returning visitor finds again.
    pub bind: Bind,
    /// How long a binding lasts, from the click that made it.
    pub bind_hours: u32,
    /// Who counts as new.
    pub uniqueness: Uniqueness,
    pub cost: Cost,
    /// IANA zone of the campaign's days.
    pub timezone: String,
    pub budget: Budget,
    /// When the offer behind a landing is drawn.
    pub choose_offer: ChooseOffer,
    /// Where visitors go whom no flow takes, and all visitors of a paused campaign.
    pub fallback: Fallback,
    /// Our parameter name -> what the traffic source calls it. Wins over the same entry of the
    /// traffic source's own map.
    pub parameters: BTreeMap<String, ParameterName>,
    /// Who is told of its conversions, beside the postback of the traffic source.
    pub postbacks: Vec<OutgoingPostback>,
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

/// What a returning visitor finds again; each word includes the ones before it. A bound flow is
/// asked first only in a campaign that rotates by weight: positions decide for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bind {
    #[default]
    None,
    Flow,
    Landing,
    Offer,
}

impl Bind {
    pub const ALL: &'static [(&'static str, Bind)] = &[
        ("none", Bind::None),
        ("flow", Bind::Flow),
        ("landing", Bind::Landing),
        ("offer", Bind::Offer),
    ];
}

/// Two clicks are of one visitor if these are the same, within this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Uniqueness {
    pub by: UniqueBy,
    /// Runs from the click that was unique; it does not slide.
    pub window_hours: u32,
    /// A cookie of ours comes first: a visitor whose address changed is still the same.
    pub cookies: bool,
}

impl Default for Uniqueness {
    fn default() -> Self {
        Self {
            by: UniqueBy::IpUa,
            window_hours: 24,
            cookies: true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UniqueBy {
    /// IP address; of an IPv6 address its first 64 bits.
    Ip,
    /// IP address and user agent.
    #[default]
    IpUa,
    /// The cookie alone: who has none is new.
    Cookie,
}

impl UniqueBy {
    pub const ALL: &'static [(&'static str, UniqueBy)] = &[
        ("ip", UniqueBy::Ip),
        ("ip_ua", UniqueBy::IpUa),
        ("cookie", UniqueBy::Cookie),
    ];
}

/// When the offer behind a landing is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChooseOffer {
    /// Together with the landing.
    #[default]
    AtLanding,
    /// When the visitor goes on.
    AtOfferClick,
}

impl ChooseOffer {
    pub const ALL: &'static [(&'static str, ChooseOffer)] = &[
        ("at_landing", ChooseOffer::AtLanding),
        ("at_offer_click", ChooseOffer::AtOfferClick),
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
    /// Share of paid clicks that never arrive, in percent (0 to 99.99): price / (1 - loss). With 0
    /// that of the traffic source counts.
    #[schema(value_type = String, example = "0")]
    pub traffic_loss: Micros,
}

impl Default for Cost {
    fn default() -> Self {
        Self {
            model: CostModel::None,
            value: Micros::ZERO,
            currency: Currency::USD,
            from_url: false,
            traffic_loss: Micros::ZERO,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostModel {
    #[default]
    None,
    /// Per click.
    Cpc,
    /// Per thousand clicks.
    Cpm,
    /// Per campaign-unique click; the visitor's others cost nothing.
    Cpuc,
    /// Per first conversion, booked with it, while it is a lead or sale.
    Cpa,
    /// Percent of the revenue, booked with each conversion, while it is a lead or sale.
    Revshare,
}

impl CostModel {
    pub const ALL: &'static [(&'static str, CostModel)] = &[
        ("none", CostModel::None),
        ("cpc", CostModel::Cpc),
        ("cpm", CostModel::Cpm),
        ("cpuc", CostModel::Cpuc),
        ("cpa", CostModel::Cpa),
        ("revshare", CostModel::Revshare),
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

#[cfg(test)]
mod tests;
