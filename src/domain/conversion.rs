//! A result credited to a click.
//!
//! The *event* says what happened, the *status* how far it is. A conversion is identified by its
//! click, offer, event and transaction id.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::Id;
use super::money::{Currency, Micros};
use super::rates::Rate;

/// The event of a postback that names none.
pub const CONVERSION: &str = "conversion";
/// Paid again for the same customer. Adds to rebills and revenue only.
pub const REBILL: &str = "rebill";

/// How far a conversion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// On hold.
    Lead,
    /// Confirmed.
    Sale,
    Rejected,
    Trash,
}

impl Status {
    pub const ALL: &'static [(&'static str, Status)] = &[
        ("lead", Status::Lead),
        ("sale", Status::Sale),
        ("rejected", Status::Rejected),
        ("trash", Status::Trash),
    ];

    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, status)| *status == self)
            .map_or("", |(word, _)| word)
    }

    /// How the database stores it. A published number keeps its meaning.
    pub fn code(self) -> i64 {
        match self {
            Status::Lead => 1,
            Status::Sale => 2,
            Status::Rejected => 3,
            Status::Trash => 4,
        }
    }

    pub fn from_code(code: i64) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(_, status)| status.code() == code)
            .map(|(_, status)| *status)
    }

    /// On hold or confirmed: its amount is revenue. The amount of the others is rejected revenue.
    pub fn earns(self) -> bool {
        matches!(self, Status::Lead | Status::Sale)
    }
}

/// An amount as it was stated, and what it is worth in the reporting currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    pub amount: Micros,
    pub currency: Currency,
    /// Of the day to which the money belongs; `None` while there is none, and then `worth` is 0.
    pub rate: Option<Rate>,
    pub worth: Micros,
}

/// One conversion, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversion {
    pub id: Id,
    /// When the first postback came, in UTC milliseconds. Never changes.
    pub at: i64,
    /// When it became what it is.
    pub status_at: i64,
    /// `None` for a test without a click.
    pub click_id: Option<Id>,
    /// Of the click; kept here for tests without one.
    pub campaign_id: Option<u64>,
    /// Frozen once known.
    pub offer_id: Option<u64>,
    /// Who reported it; `None` for a postback without a key and for what was entered by hand.
    pub network_id: Option<u64>,
    /// [`CONVERSION`], [`REBILL`], or the key of an event of the operator's own.
    pub event: String,
    pub tid: Option<String>,
    /// `None` while nobody has said what the network's word means: then it counts nowhere.
    pub status: Option<Status>,
    pub previous_status: Option<Status>,
    /// The network's word, as it was sent.
    pub original_status: Option<String>,
    /// The amount, 0 where nobody knows one.
    pub revenue: Money,
    /// What the customer paid, in the currency of `revenue`.
    pub sale_amount: Option<Micros>,
    /// What it costs, where the traffic is paid by results.
    pub cost: Option<Money>,
    /// A further conversion of the same click: counted as a rebill.
    pub is_repeat: bool,
    /// A negative amount: adds money and counts nothing.
    pub is_correction: bool,
    pub is_test: bool,
    /// The last payout sent could not be read or was a literal macro.
    pub is_payout_unread: bool,
    /// The day, in the zone of the offer's cap, on which it took a place of the cap.
    pub cap_day: Option<i64>,
    /// Parameters that the network is told to keep, by their names.
    pub kept: Vec<(String, Kept)>,
    /// Parameters that nobody claimed.
    pub others: Vec<(String, String)>,
}

/// The value of a parameter that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredKept", into = "StoredKept")]
pub enum Kept {
    /// Summed and averaged in reports.
    Number(Micros),
    /// Grouped by in reports.
    Text(String),
}

/// A number as micro-units, so that a text of digits stays one.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredKept {
    Number(i64),
    Text(String),
}

impl From<StoredKept> for Kept {
    fn from(stored: StoredKept) -> Self {
        match stored {
            StoredKept::Number(micros) => Self::Number(Micros(micros)),
            StoredKept::Text(text) => Self::Text(text),
        }
    }
}

impl From<Kept> for StoredKept {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Number(amount) => Self::Number(amount.0),
            Kept::Text(text) => Self::Text(text),
        }
    }
}

impl Conversion {
    /// Counts as a conversion of its event, rather than as a rebill, money only, or not at all.
    pub fn is_first(&self) -> bool {
        !self.is_repeat && !self.is_correction && !self.is_test && self.event != REBILL
    }
}

/// What brought a change about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Postback,
    /// A postback that was read again, after a mapping was mended or its click arrived.
    Replay,
    Import,
    /// Entered or edited by an operator.
    Edit,
    /// A currency rate was entered or changed.
    Rate,
}

impl Origin {
    pub const ALL: &'static [(&'static str, Origin)] = &[
        ("postback", Origin::Postback),
        ("replay", Origin::Replay),
        ("import", Origin::Import),
        ("edit", Origin::Edit),
        ("rate", Origin::Rate),
    ];

    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, origin)| *origin == self)
            .map_or("", |(word, _)| word)
    }
}
