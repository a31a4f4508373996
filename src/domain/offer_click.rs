//! The visitor's step from a landing to an offer.

use serde::{Deserialize, Serialize};

use super::id::Id;

/// What is stored of an offer click. Also the payload of a spill frame, so fields are only ever
/// added, with a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfferClick {
    /// From the same generator as the ids of clicks.
    pub id: Id,
    /// UTC milliseconds.
    pub at: i64,
    /// `None` where nobody knows which click it belongs to.
    #[serde(default)]
    pub click_id: Option<Id>,
    /// `None` where no offer was live and the visitor took the fallback.
    #[serde(default)]
    pub offer_id: Option<u64>,
    /// Which offer of the flow was asked for, from 1; `None` for the one that was drawn.
    #[serde(default)]
    pub n: Option<u32>,
    /// Whose offer it was, where no stored click says so.
    #[serde(default)]
    pub no_entry_campaign_id: Option<u64>,
    /// The request announced itself as a preview: nobody went on yet.
    #[serde(default)]
    pub is_preview: bool,
}
