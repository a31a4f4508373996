//! Who pays and sends postbacks.

mod among;
mod parameter;
mod read;
mod secret;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::conversion::Status;
use super::money::Currency;
use super::state::State;

pub use parameter::PostbackParameter;
pub use secret::hashed;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Network {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    /// Template of the query that carries our click id to the network: `sub1={click_id}`.
    /// Appended to the URL of every offer of the network.
    #[schema(example = "sub1={click_id}")]
    pub offer_param: String,
    /// The ready-made network that it was made from. Its macros stand in the postback URL.
    #[schema(example = "affise")]
    pub preset: Option<String>,
    /// Its own part of the postback URL, `/postback/{key}`: `[A-Za-z0-9_-]{6,64}`; the server
    /// chooses one where it is left out.
    pub key: String,
    /// What the network calls our postback parameters. Whatever it names is read before the common
    /// names, and a parameter named here has no other meaning.
    pub parameters: BTreeMap<PostbackParameter, String>,
    /// The network's words for statuses, in lower case, and what they mean.
    pub statuses: BTreeMap<String, Meaning>,
    /// The network's words for events, in lower case, and what they are: the key of an event,
    /// `conversion` or `rebill`.
    pub events: BTreeMap<String, String>,
    /// The status of a postback that tells none.
    pub default_status: Status,
    /// Whether a rejected or trashed conversion can become a sale.
    pub reopens: bool,
    /// The parameter that carries the secret.
    pub secret_parameter: String,
    /// SHA-256 of the secret that each postback has to carry, in hex; `null` where none has to.
    /// Made of `secret`, which is sent and never answered.
    pub secret_sha256: Option<String>,
    /// Addresses and CIDR ranges that may call; empty: any.
    pub allowed_ips: Vec<String>,
    /// Of amounts whose currency the postback does not tell.
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// Parameters to keep for reports.
    pub keep: Vec<KeptParameter>,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

/// What a network's word for a status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    Lead,
    Sale,
    Rejected,
    Trash,
    /// A sale of the event `rebill`.
    Rebill,
    /// Such a postback is logged and changes nothing.
    Ignore,
}

impl Meaning {
    pub const ALL: &'static [(&'static str, Meaning)] = &[
        ("lead", Meaning::Lead),
        ("sale", Meaning::Sale),
        ("rejected", Meaning::Rejected),
        ("trash", Meaning::Trash),
        ("rebill", Meaning::Rebill),
        ("ignore", Meaning::Ignore),
    ];
}

/// A parameter that is kept for reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeptParameter {
    pub name: String,
    pub kind: KeptKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeptKind {
    /// A dimension.
    #[default]
    Text,
    /// A metric: its sum and its average.
    Number,
}

impl KeptKind {
    pub const ALL: &'static [(&'static str, KeptKind)] =
        &[("text", KeptKind::Text), ("number", KeptKind::Number)];
}

/// The parameter that carries a secret where nobody says otherwise.
const SECRET_PARAMETER: &str = "secret";

impl Default for Network {
    fn default() -> Self {
        Self {
            id: 0,
            version: 0,
            name: String::new(),
            state: State::default(),
            offer_param: String::new(),
            preset: None,
            key: String::new(),
            parameters: BTreeMap::new(),
            statuses: BTreeMap::new(),
            events: BTreeMap::new(),
            default_status: Status::Sale,
            reopens: true,
            secret_parameter: SECRET_PARAMETER.to_owned(),
            secret_sha256: None,
            allowed_ips: Vec::new(),
            currency: None,
            keep: Vec::new(),
            notes: String::new(),
            created_at: 0,
            updated_at: 0,
        }
    }
}

#[cfg(test)]
mod tests;
