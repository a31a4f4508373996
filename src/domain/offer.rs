//! What pays.

use serde::Serialize;
use utoipa::ToSchema;

use super::check;
use super::conversion::Status;
use super::documents::Documents;
use super::entity::{Entity, Head, Reference, heads, ids, read_head};
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
    pub group_id: Option<u64>,
    /// URL template; the network's `offer_param` is appended to it.
    pub url: String,
    pub network_id: Option<u64>,
    pub payout: Payout,
    /// Whether a click can earn again: a conversion with a new transaction id is a further row,
    /// counted as a rebill. Otherwise it is only logged.
    pub allow_repeats: bool,
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

/// A limit of conversions a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Cap {
    /// First conversions a day, 1 or more.
    pub daily: u32,
    /// IANA zone of the cap's days.
    pub timezone: String,
    /// Which conversions count.
    pub statuses: Vec<Status>,
    /// A conversion that is rejected later makes room for another one.
    pub frees_on_rejection: bool,
    /// Who takes the visitors of a full offer.
    pub overflow_offer_id: Option<u64>,
}

impl Entity for Offer {
    const WORD: &'static str = "offer";

    heads!(offers, Offer, name);
    ids!(group_id, network_id);

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
            group_id: form.id("group_id"),
            url: check::read_url(form, "url"),
            network_id: form.id("network_id"),
            payout: form.object("payout", Payout::read).unwrap_or_default(),
            allow_repeats: form.boolean("allow_repeats", true),
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

    fn conflicts(&self, documents: &Documents) -> Vec<Problem> {
        self.overflow_problem(documents).into_iter().collect()
    }

    fn templates(&self) -> Vec<(String, &str)> {
        vec![("url".to_owned(), &self.url)]
    }
}

/// How many overflow offers a visitor is passed on through.
pub const MAX_OVERFLOWS: usize = 8;

impl Offer {
    /// Where the visitors of a full offer go has an end, and is not this offer again.
    fn overflow_problem(&self, documents: &Documents) -> Option<Problem> {
        const FIELD: &str = "cap.overflow_offer_id";
        if self.state == State::Archived {
            return None;
        }
        let mut chain = vec![self.id];
        let mut offer = self;
        while let Some(next) = offer.cap.as_ref().and_then(|cap| cap.overflow_offer_id) {
            let is_circle = chain.contains(&next);
            chain.push(next);
            if is_circle {
                let chain: Vec<String> = chain.iter().map(u64::to_string).collect();
                let chain = chain.join(" -> ");
                return Some(Problem::new(
                    FIELD,
                    "overflow_loop",
                    format!("The overflow goes round in a circle: {chain}. Choose another offer."),
                ));
            }
            if chain.len() > MAX_OVERFLOWS + 1 {
                return Some(Problem::new(
                    FIELD,
                    "too_long",
                    format!(
                        "From here the overflow leads on through more than {MAX_OVERFLOWS} offers. Shorten the chain."
                    ),
                ));
            }
            // One that is not there is told as a reference; one in the archive is not followed.
            offer = documents.offers.get(&next)?;
            if offer.state == State::Archived {
                return None;
            }
        }
        None
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
            frees_on_rejection: form.boolean("frees_on_rejection", false),
            overflow_offer_id: form.id("overflow_offer_id"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn offer(id: u64, overflow: Option<u64>, state: State) -> Offer {
        Offer {
            id,
            state,
            cap: Some(Cap {
                daily: 1,
                timezone: "UTC".to_owned(),
                statuses: Vec::new(),
                frees_on_rejection: false,
                overflow_offer_id: overflow,
            }),
            ..Offer::default()
        }
    }

    fn among(offers: Vec<Offer>) -> Documents {
        Documents {
            offers: offers
                .into_iter()
                .map(|one| (one.id, Arc::new(one)))
                .collect(),
            ..Documents::default()
        }
    }

    #[test]
    fn a_circle_of_overflows_is_named() {
        use State::Active;
        let others = among(vec![offer(2, Some(3), Active), offer(3, Some(1), Active)]);

        let round = offer(1, Some(2), Active).conflicts(&others);
        let itself = offer(1, Some(1), Active).conflicts(&others);

        assert_eq!(round[0].field, "cap.overflow_offer_id");
        assert!(round[0].message.contains("1 -> 2 -> 3 -> 1"), "{round:?}");
        assert!(itself[0].message.contains("1 -> 1"), "{itself:?}");
    }

    #[test]
    fn an_archived_offer_ends_a_circle_and_may_be_archived_in_one() {
        let others = among(vec![offer(2, Some(1), State::Archived)]);
        assert!(
            offer(1, Some(2), State::Active)
                .conflicts(&others)
                .is_empty()
        );

        let others = among(vec![offer(2, Some(1), State::Active)]);
        assert!(
            offer(1, Some(2), State::Archived)
                .conflicts(&others)
                .is_empty()
        );
        assert_eq!(offer(1, Some(2), State::Paused).conflicts(&others).len(), 1);
    }

    #[test]
    fn a_chain_of_eight_overflows_is_followed_and_a_longer_one_refused() {
        let last = MAX_OVERFLOWS as u64 + 1;
        let chain = |last: u64| {
            (2..=last).map(move |id| offer(id, (id < last).then_some(id + 1), State::Active))
        };
        let first = offer(1, Some(2), State::Active);

        assert!(first.conflicts(&among(chain(last).collect())).is_empty());
        let refused = first.conflicts(&among(chain(last + 1).collect()));
        assert_eq!(refused[0].code, "too_long");
    }
}
