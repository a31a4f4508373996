//! `world.toml` as it is read: what the demo advertises, where it buys clicks, who pays.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::story::Path;
use crate::domain::money::{Currency, Micros};

const WORLD: &str = include_str!("world.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct World {
    pub(super) groups: Vec<String>,
    #[serde(rename = "source")]
    pub(super) sources: Vec<Source>,
    #[serde(rename = "network")]
    pub(super) networks: Vec<Network>,
    #[serde(rename = "offer")]
    pub(super) offers: Vec<Offer>,
    #[serde(rename = "landing")]
    pub(super) landings: Vec<Landing>,
    #[serde(rename = "campaign")]
    pub(super) campaigns: Vec<Campaign>,
}

/// Where clicks are bought.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    /// A slug.
    pub(super) preset: String,
    /// Of a hundred visitors.
    pub(super) mobile: u32,
    /// Traffic of a Saturday or Sunday, in percent of another day's.
    pub(super) weekend: u32,
    /// The app whose web view most visitors come in.
    pub(super) app: Option<String>,
    /// Empty where browsers send none.
    pub(super) referrers: Vec<String>,
    /// What the source's own id of a click looks like.
    pub(super) external_id: Like,
    /// By our parameter names.
    pub(super) values: BTreeMap<String, Values>,
}

/// What a parameter holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Values {
    pub(super) count: usize,
    /// Of Zipf's law.
    pub(super) skew: f64,
    pub(super) like: Like,
    #[serde(default = "ten")]
    pub(super) digits: u32,
    #[serde(default)]
    pub(super) listed: Vec<String>,
}

fn ten() -> u32 {
    10
}

/// What values look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Like {
    Number,
    Hex,
    /// One made-up word and a number.
    Word,
    /// Two or three words.
    Phrase,
    /// A host name.
    Site,
    Listed,
}

/// Who pays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    pub(super) preset: String,
    pub(super) name: String,
    /// Its part of the postback URL.
    pub(super) key: String,
    /// From where it calls.
    pub(super) ip: IpAddr,
    pub(super) words: Words,
}

/// What a network calls statuses.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) lead: String,
    pub(super) sale: String,
    pub(super) rejected: String,
    pub(super) trash: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Offer {
    pub(super) name: String,
    pub(super) group: String,
    pub(super) path: Path,
    pub(super) network: String,
    pub(super) payout: Micros,
    pub(super) currency: Currency,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Landing {
    pub(super) name: String,
    pub(super) group: String,
    /// Who of a hundred goes on to the offer.
    pub(super) ctr: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Campaign {
    pub(super) name: String,
    pub(super) alias: String,
    pub(super) group: String,
    pub(super) source: String,
    /// Its share of the traffic.
    pub(super) clicks: u32,
    /// Codes; empty for all.
    pub(super) countries: Vec<String>,
    pub(super) timezone: String,
    pub(super) cost: Cost,
    /// What its placements together earn beyond their cost, in percent.
    pub(super) roi: Option<i32>,
    /// Conversions of 10,000 clicks, where there is no cost until then.
    pub(super) cr: Option<u32>,
    /// So many of its three busiest placements never earn anything.
    pub(super) dead: usize,
    pub(super) landings: Vec<String>,
    pub(super) offers: Vec<String>,
    /// A word of the document of a campaign.
    pub(super) choose_offer: Option<String>,
    /// How many different values a parameter has, where it is not as many as the source says.
    #[serde(default)]
    pub(super) values: BTreeMap<String, usize>,
    /// Percent of the time during which it runs.
    #[serde(default)]
    pub(super) from: u32,
    #[serde(default = "hundred")]
    pub(super) to: u32,
}

/// As in the document of a campaign.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cost {
    model: Model,
    pub(super) value: Micros,
    pub(super) currency: Currency,
    pub(super) from_url: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Model {
    Cpc,
    Cpm,
    Cpa,
}

impl Cost {
    /// What a click costs, before anything converts.
    pub(super) fn of_click(&self) -> Micros {
        match self.model {
            Model::Cpc => self.value,
            Model::Cpm => self.value.scaled(1, 1_000).unwrap_or_default(),
            Model::Cpa => Micros::ZERO,
        }
    }
}

fn hundred() -> u32 {
    100
}

impl World {
    pub(super) fn read() -> Self {
        toml::from_str(WORLD).expect("the tests read it")
    }

    pub(super) fn source(&self, preset: &str) -> &Source {
        let mut all = self.sources.iter();
        all.find(|one| one.preset == preset)
            .expect("the tests look")
    }

    /// Who pays for an offer.
    pub(super) fn network_id(&self, offer: &Offer) -> u64 {
        let presets = self.networks.iter().map(|network| &network.preset);
        id_of(presets, &offer.network)
    }
}

/// The id of the one of that name: its place in the list, from 1.
pub(super) fn id_of<'n>(mut names: impl Iterator<Item = &'n String>, name: &str) -> u64 {
    let place = names.position(|one| one == name);
    place.expect("the tests look for every name") as u64 + 1
}
