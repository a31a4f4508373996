//! A ready-made affiliate network.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::files::{self, NetworkFiles};
use super::{Confidence, Faults, PresetKind};
use crate::domain::money::Currency;
use crate::domain::network::{Meaning, PostbackParameter};
use crate::domain::word;

/// A preset's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    name: String,
    /// The software behind it; `own` if none is known.
    platform: String,
    confidence: Confidence,
    notes: String,
    /// Public pages that the facts were read in.
    sources: Vec<String>,
    /// Query parameters added to the network's offer links; empty where none is known.
    #[serde(default)]
    offer_param: String,
    /// What has to be put into the path of an offer link by hand, where the network takes no
    /// query parameter.
    offer_path: Option<String>,
    #[serde(default)]
    postback: PostbackMacros,
    /// What the network calls our parameters, where it cannot be told our names.
    #[serde(default)]
    parameters: BTreeMap<PostbackParameter, String>,
    /// The network's word, as it writes it -> ours.
    #[serde(default)]
    statuses: BTreeMap<String, Meaning>,
}

/// The network's macros by our postback parameters; a plain word where the value never changes,
/// such as the currency of a network that pays in one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostbackMacros {
    pub click_id: Option<String>,
    pub payout: Option<String>,
    pub currency: Option<String>,
    pub status: Option<String>,
    pub tid: Option<String>,
}

impl PostbackMacros {
    /// Those that are known, in the order of the URL.
    pub fn pairs(&self) -> impl Iterator<Item = (PostbackParameter, &str)> {
        let all = [
            (PostbackParameter::ClickId, &self.click_id),
            (PostbackParameter::Payout, &self.payout),
            (PostbackParameter::Currency, &self.currency),
            (PostbackParameter::Status, &self.status),
            (PostbackParameter::Tid, &self.tid),
        ];
        all.into_iter()
            .filter_map(|(ours, theirs)| Some((ours, theirs.as_deref()?)))
    }
}

/// A ready-made affiliate network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkPreset {
    /// The name of its file.
    pub slug: String,
    pub name: String,
    pub platform: String,
    pub confidence: Confidence,
    pub notes: String,
    pub sources: Vec<String>,
    pub offer_param: String,
    pub offer_path: Option<String>,
    pub postback: PostbackMacros,
    pub parameters: BTreeMap<PostbackParameter, String>,
    /// The network's word, in lower case -> ours.
    pub statuses: BTreeMap<String, Meaning>,
}

/// What the network has to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct IncomingPostback {
    /// Goes behind the `?` of the postback URL, the network's macros byte for byte; empty where
    /// none is known.
    #[schema(example = "click_id={sub1}&payout={sum}&status={status}")]
    pub query: String,
    /// The network's word for a status, in lower case -> ours.
    pub statuses: &'static BTreeMap<String, Meaning>,
}

/// An affiliate network preset, ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = NetworkPreset)]
pub struct NetworkAnswer {
    pub kind: PresetKind,
    pub slug: &'static str,
    pub name: &'static str,
    /// The software behind it; `own` if none is known.
    pub platform: &'static str,
    pub offer_param: &'static str,
    /// What has to be put into the path of each offer link by hand; `null` where a query parameter
    /// does it.
    pub offer_path: Option<&'static str>,
    pub postback: IncomingPostback,
    pub notes: &'static str,
    /// Public pages that the facts were read in.
    pub sources: &'static [String],
    pub confidence: Confidence,
    /// Can be sent to `POST /networks` as it is.
    #[schema(value_type = Object)]
    pub document: Value,
}

pub(super) fn load() -> (Vec<NetworkPreset>, Faults) {
    files::read::<NetworkFiles, File, _>(|slug, file| Ok(NetworkPreset::new(slug, file)))
}

impl NetworkPreset {
    fn new(slug: String, file: File) -> Self {
        Self {
            slug,
            name: file.name,
            platform: file.platform,
            confidence: file.confidence,
            notes: file.notes,
            sources: file.sources,
            offer_param: file.offer_param,
            offer_path: file.offer_path,
            postback: file.postback,
            parameters: file.parameters,
            statuses: folded(file.statuses),
        }
    }

    /// The query that the network fills and calls.
    pub fn postback_query(&self) -> String {
        let pairs = self.postback.pairs();
        let pairs: Vec<String> = pairs
            .map(|(ours, theirs)| format!("{}={theirs}", ours.as_str()))
            .collect();
        pairs.join("&")
    }

    /// Of all amounts, where the network pays in one currency.
    pub fn currency(&self) -> Option<Currency> {
        Currency::parse(self.postback.currency.as_deref()?)
    }

    /// The document of a network, and what belongs beside it.
    pub fn expand(&'static self) -> NetworkAnswer {
        NetworkAnswer {
            kind: PresetKind::Network,
            slug: &self.slug,
            name: &self.name,
            platform: &self.platform,
            offer_param: &self.offer_param,
            offer_path: self.offer_path.as_deref(),
            postback: IncomingPostback {
                query: self.postback_query(),
                statuses: &self.statuses,
            },
            notes: &self.notes,
            sources: &self.sources,
            confidence: self.confidence,
            document: json!({
                "name": self.name,
                "preset": self.slug,
                "offer_param": self.offer_param,
                "parameters": self.parameters,
                "statuses": self.statuses,
                "currency": self.currency(),
                "notes": self.notes,
            }),
        }
    }
}

fn folded(statuses: BTreeMap<String, Meaning>) -> BTreeMap<String, Meaning> {
    let folded = |(word, meaning): (String, Meaning)| (word::folded(&word), meaning);
    statuses.into_iter().map(folded).collect()
}
