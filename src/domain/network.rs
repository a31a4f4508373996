//! Who pays and sends postbacks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check;
use super::conversion::Status;
use super::entity::{Entity, Head, heads, read_head};
use super::form::{Form, quoted};
use super::money::Currency;
use super::problem::Problem;
use super::state::State;

/// What a template may call our click id; the macros' table has the same names.
const CLICK_ID_MACROS: [&str; 3] = ["{click_id", "{clickid", "{subid"];

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
    /// Its own part of the postback URL, `/postback/{key}`; the server chooses one where it is left
    /// out.
    pub key: String,
    /// What the network calls our postback parameters. Whatever it names is read before the common
    /// names, and a parameter named here has no other meaning.
    pub parameters: BTreeMap<PostbackParameter, String>,
    /// The network's words for statuses, in lower case, and what they mean.
    pub statuses: BTreeMap<String, Meaning>,
    /// The network's words for events, in lower case, and the keys of the events.
    pub events: BTreeMap<String, String>,
    /// The status of a postback that tells none.
    pub default_status: Status,
    /// Whether a rejected or trashed conversion can become a sale.
    pub reopens: bool,
    /// The parameter that carries the secret.
    pub secret_parameter: String,
    /// SHA-256 of the secret that each postback has to carry, in hex; `null` where none has to.
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

/// What a parameter of a postback tells.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PostbackParameter {
    ClickId,
    Payout,
    Currency,
    Status,
    Event,
    SaleAmount,
    Tid,
    Cost,
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

impl Default for Network {
    fn default() -> Self {
        Self {
            id: 0,
            version: 0,
            name: String::new(),
            state: State::default(),
            offer_param: String::new(),
            key: String::new(),
            parameters: BTreeMap::new(),
            statuses: BTreeMap::new(),
            events: BTreeMap::new(),
            default_status: Status::Sale,
            reopens: true,
            secret_parameter: String::new(),
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

impl Entity for Network {
    const WORD: &'static str = "network";

    heads!(networks, Network, name);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        Network {
            id,
            version,
            name: check::read_name(form),
            state,
            offer_param: read_offer_param(form),
            notes: check::read_notes(form),
            created_at,
            updated_at,
            ..Network::default()
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name]
    }

    fn templates(&self) -> Vec<(String, &str)> {
        vec![("offer_param".to_owned(), &self.offer_param)]
    }

    fn remarks(&self) -> Vec<Problem> {
        if self.offer_param.is_empty()
            || CLICK_ID_MACROS
                .iter()
                .any(|name| self.offer_param.contains(name))
        {
            return Vec::new();
        }
        vec![Problem::new(
            "offer_param",
            "no_click_id",
            format!(
                "{} carries no {{click_id}}: the network cannot tell which click a conversion belongs to.",
                quoted(&self.offer_param)
            ),
        )]
    }
}

/// Query parameters without the sign that joins them to the URL.
fn read_offer_param(form: &mut Form<'_>) -> String {
    let text = form.text("offer_param").trim_start_matches(['?', '&']);
    let is_bad = |c: char| c.is_control() || c.is_whitespace() || c == '#';
    let outside = check::without_arguments(text);
    if let Some(bad) = outside.chars().find(|c| is_bad(*c)) {
        let message = format!(
            "{} holds {bad:?}; write name=value pairs joined by \"&\".",
            quoted(text)
        );
        form.problem("offer_param", "invalid", message);
    } else if text.len() > 1_000 {
        let message = format!("{} bytes are more than the 1000 possible.", text.len());
        form.problem("offer_param", "out_of_range", message);
    } else if !text.is_empty() && !text.contains('=') {
        let message = format!(
            "{} is not of the form name=value; networks expect something like sub1={{click_id}}.",
            quoted(text)
        );
        form.problem("offer_param", "invalid", message);
    }
    text.to_owned()
}
