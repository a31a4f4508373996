//! What pays.

use serde::Serialize;
use utoipa::ToSchema;

use super::check;
use super::entity::{Entity, Head, Reference, heads, not_yet_acted_on, read_head};
use super::form::{Form, MOST};
use super::money::{Currency, Micros};
use super::problem::Problem;
use super::state::State;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Offer {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    /// URL template; the network's `offer_param` is appended to it.
    pub url: String,
    pub network_id: Option<u64>,
    pub payout: Payout,
    /// How many conversions a day it takes; `null` means any number.
    pub cap: Option<Cap>,
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

impl Default for Payout {
    fn default() -> Self {
        Self {
            kind: PayoutKind::Postback,
            value: Micros::ZERO,
            currency: Currency::USD,
        }
    }
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

/// A limit of conversions a day. Stored; not yet acted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Cap {
    /// First conversions a day, 1 or more.
    pub daily: u32,
    /// IANA zone of the cap's days.
    pub timezone: String,
    /// Which conversions count.
    pub statuses: Vec<Status>,
    /// Who takes the visitors of a full offer.
    pub overflow_offer_id: Option<u64>,
}

/// How far a conversion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Lead,
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
}

impl Entity for Offer {
    const WORD: &'static str = "offer";

    heads!(offers);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        Offer {
            id,
            version,
            name: check::read_name(form),
            state,
            url: check::read_url(form, "url"),
            network_id: form.id("network_id"),
            payout: form.object("payout", Payout::read).unwrap_or_default(),
            cap: form.object("cap", Cap::read),
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name, &self.url]
    }

    fn references(&self) -> Vec<(String, Reference)> {
        let network = self
            .network_id
            .map(|id| ("network_id".to_owned(), Reference::Network(id)));
        let overflow = self.cap.as_ref().and_then(|cap| cap.overflow_offer_id);
        let overflow =
            overflow.map(|id| ("cap.overflow_offer_id".to_owned(), Reference::Offer(id)));
        network.into_iter().chain(overflow).collect()
    }

    fn conflicts(&self, _: &super::documents::Documents) -> Vec<Problem> {
        let overflow = self.cap.as_ref().and_then(|cap| cap.overflow_offer_id);
        match overflow == Some(self.id) {
            true => vec![Problem::new(
                "cap.overflow_offer_id",
                "invalid",
                "An offer cannot take its own overflow; choose another offer.",
            )],
            false => Vec::new(),
        }
    }

    fn templates(&self) -> Vec<(String, &str)> {
        vec![("url".to_owned(), &self.url)]
    }

    fn remarks(&self) -> Vec<Problem> {
        let cap = self.cap.as_ref().map(|_| not_yet_acted_on("cap", "A cap"));
        cap.into_iter().collect()
    }
}

impl Payout {
    fn read(form: &mut Form<'_>) -> Self {
        let kind = form.choice("kind", PayoutKind::ALL, PayoutKind::default());
        let most = match kind {
            PayoutKind::Percent => Micros(100_000_000),
            _ => MOST,
        };
        Payout {
            kind,
            value: form
                .amount("value", Micros::ZERO..=most)
                .unwrap_or_default(),
            currency: form.currency("currency"),
        }
    }
}

impl Cap {
    fn read(form: &mut Form<'_>) -> Self {
        if form.value("daily").is_none() {
            form.missing("daily", "A cap needs daily: conversions a day, 1 or more.");
        }
        Cap {
            daily: form.integer("daily", 1..=u64::from(u32::MAX), 1) as u32,
            timezone: check::read_timezone(form),
            statuses: form.choices("statuses", Status::ALL, &[Status::Lead, Status::Sale]),
            overflow_offer_id: form.id("overflow_offer_id"),
        }
    }
}
