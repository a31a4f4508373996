//! Where a flow sends its visitors: the documents' side. What each way does is known by `engine`.

mod reply;
#[cfg(test)]
mod tests;
mod way;

use serde::Serialize;
use utoipa::ToSchema;

use super::check;
use super::entity::Reference;
use super::form::Form;
use super::problem::Problem;

pub use reply::{BODY_MAX, ReplyKind};
pub use way::{RedirectKind, Way};

/// Where a flow sends its visitors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Target {
    /// A landing by weight, then an offer by weight; without landings straight to the offer.
    Split {
        /// The way to the landing, or to the offer where there is no landing; left out: `http`.
        #[serde(skip_serializing_if = "RedirectKind::is_http")]
        redirect: RedirectKind,
        /// Of the kind `http`: 301, 302, 303 or 307; left out: 302.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        landings: Vec<WeightedLanding>,
        offers: Vec<WeightedOffer>,
    },
    /// A URL template.
    Redirect {
        redirect: RedirectKind,
        /// Of the kind `http`: 301, 302, 303 or 307; left out: 302.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        url: String,
    },
    /// An answer of our own; the visitor stays here.
    Reply {
        reply: ReplyKind,
        /// Of `text` and `html`: 200 to 299 or 400 to 599; left out: 200.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// What `text` and `html` show. Registered macros and the campaign's own parameters
        /// expand; all other braces stay.
        #[serde(skip_serializing_if = "String::is_empty")]
        body: String,
    },
    /// Another campaign decides anew. The visit is a click of both.
    Campaign { campaign_id: u64 },
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

/// Words of [`Target`]'s `kind`.
#[derive(Clone, Copy, PartialEq)]
enum TargetKind {
    Split,
    Redirect,
    Reply,
    Campaign,
}

const TARGET_KINDS: &[(&str, TargetKind)] = &[
    ("split", TargetKind::Split),
    ("redirect", TargetKind::Redirect),
    ("reply", TargetKind::Reply),
    ("campaign", TargetKind::Campaign),
];

/// More would make each click slow.
const WEIGHTED_MAX: usize = 200;
impl Target {
    /// Stands in where none could be read.
    pub(super) fn nowhere() -> Self {
        Target::Split {
            redirect: RedirectKind::default(),
            status: None,
            landings: Vec::new(),
            offers: Vec::new(),
        }
    }

    /// How visitors are sent on; the plain way where nobody is.
    pub fn way(&self) -> Way {
        match *self {
            Target::Split {
                redirect, status, ..
            }
            | Target::Redirect {
                redirect, status, ..
            } => Way {
                kind: redirect,
                status,
            },
            Target::Reply { .. } | Target::Campaign { .. } => Way::default(),
        }
    }

    pub(super) fn read(form: &mut Form<'_>) -> Self {
        if form.value("kind").is_none() {
            form.missing(
                "kind",
                "A target needs a kind: split, redirect, reply or campaign.",
            );
        }
        match form.choice("kind", TARGET_KINDS, TargetKind::Split) {
            TargetKind::Redirect => {
                let Way { kind, status } = Way::read(form);
                Target::Redirect {
                    redirect: kind,
                    status,
                    url: check::read_url(form, "url"),
                }
            }
            TargetKind::Split => read_split(form),
            TargetKind::Reply => reply::read(form),
            TargetKind::Campaign => Target::Campaign {
                campaign_id: form.required_id("campaign_id"),
            },
        }
    }

    /// The other entities it names, each with its field.
    pub(super) fn references(&self) -> Vec<(String, Reference)> {
        let (landings, offers) = match self {
            Target::Split {
                landings, offers, ..
            } => (landings, offers),
            Target::Campaign { campaign_id } => {
                let reference = Reference::Campaign(*campaign_id);
                return vec![("campaign_id".to_owned(), reference)];
            }
            Target::Redirect { .. } | Target::Reply { .. } => return Vec::new(),
        };
        let landing = |(index, one): (usize, &WeightedLanding)| {
            let field = format!("landings[{index}].landing_id");
            (field, Reference::Landing(one.landing_id))
        };
        let offer = |(index, one): (usize, &WeightedOffer)| {
            let field = format!("offers[{index}].offer_id");
            (field, Reference::Offer(one.offer_id))
        };
        let landings = landings.iter().enumerate().map(landing);
        landings
            .chain(offers.iter().enumerate().map(offer))
            .collect()
    }

    /// What is allowed and probably not meant.
    pub(super) fn remarks(&self) -> Vec<Problem> {
        let mut remarks: Vec<Problem> = self.way().remark().into_iter().collect();
        let Target::Split {
            landings, offers, ..
        } = self
        else {
            return remarks;
        };
        let landing_weights = ("landings", weights(landings, |one| one.weight));
        let offer_weights = ("offers", weights(offers, |one| one.weight));
        for (field, weights) in [landing_weights, offer_weights] {
            if !weights.is_empty() && weights.iter().all(|one| *one == 0) {
                let message = "All weights here are 0, so none of them gets a visitor.";
                remarks.push(Problem::new(field, "no_weight", message));
            }
        }
        remarks
    }
}

fn weights<T>(list: &[T], weight: impl Fn(&T) -> u32) -> Vec<u32> {
    list.iter().map(weight).collect()
}

fn read_split(form: &mut Form<'_>) -> Target {
    let Way { kind, status } = Way::read(form);
    let landings = form.list("landings", WEIGHTED_MAX, |form, _| WeightedLanding {
        landing_id: form.required_id("landing_id"),
        weight: form.weight(),
    });
    let offers = form.list("offers", WEIGHTED_MAX, |form, _| WeightedOffer {
        offer_id: form.required_id("offer_id"),
        weight: form.weight(),
    });
    let ids: Vec<u64> = landings.iter().map(|one| one.landing_id).collect();
    note_repeated(form, "landings", "landing_id", &ids);
    let ids: Vec<u64> = offers.iter().map(|one| one.offer_id).collect();
    note_repeated(form, "offers", "offer_id", &ids);
    if form.value("landings").is_none() && form.value("offers").is_none()
        || landings.is_empty() && offers.is_empty()
    {
        form.missing("offers", "A split needs at least one offer or landing.");
    }
    Target::Split {
        redirect: kind,
        status,
        landings,
        offers,
    }
}

/// One entity stands in a split once: two weights of the same one are one weight.
fn note_repeated(form: &mut Form<'_>, list: &str, key: &str, ids: &[u64]) {
    for (index, id) in ids.iter().enumerate() {
        if *id != 0 && ids[..index].contains(id) {
            form.problem(
                &format!("{list}[{index}].{key}"),
                "duplicate",
                format!("{key} {id} is there twice; give it one entry with both weights added."),
            );
        }
    }
}
