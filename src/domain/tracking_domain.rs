//! A host name that campaign links live on.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::campaign::Fallback;
use super::check;
use super::documents::Documents;
use super::entity::{Entity, Head, Reference, heads, ids, read_head};
use super::form::Form;
use super::problem::Problem;
use super::state::State;

/// A `Host` without its port: `go.example.com:8080` -> `go.example.com`, `[::1]:80` -> `[::1]`.
/// In `[::1]` the last colon belongs to the address.
pub fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct TrackingDomain {
    pub id: u64,
    pub version: u64,
    /// Lower-case host name without port: `go.example.com`.
    #[schema(example = "go.example.com")]
    pub host: String,
    pub state: State,
    pub group_id: Option<u64>,
    /// The campaign that answers `/` on this host, and unknown links too if there is no
    /// `fallback`. Only while the domain is active.
    pub index_campaign_id: Option<u64>,
    /// What answers links that no campaign has, and `/` without an index campaign: an address,
    /// a campaign or nothing (404). `null` leaves them to the index campaign. Only while the
    /// domain is active.
    pub fallback: Option<Fallback>,
    /// Whether search engines may look at this host.
    pub robots: Robots,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

/// What `/robots.txt` of a host says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Robots {
    /// Tracking links are not for search engines.
    #[default]
    Disallow,
    Allow,
}

impl Robots {
    pub const ALL: &'static [(&'static str, Robots)] =
        &[("disallow", Robots::Disallow), ("allow", Robots::Allow)];
}

impl Entity for TrackingDomain {
    const WORD: &'static str = "domain";

    heads!(domains, Domain, host);
    ids!(group_id);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        TrackingDomain {
            id,
            version,
            host: read_host(form),
            state,
            group_id: form.id("group_id"),
            index_campaign_id: form.id("index_campaign_id"),
            fallback: form.object("fallback", Fallback::read),
            robots: form.choice("robots", Robots::ALL, Robots::default()),
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.host]
    }

    fn references(&self) -> Vec<(String, Reference)> {
        let index = self.index_campaign_id.map(|id| ("index_campaign_id", id));
        let fallback = match self.fallback {
            Some(Fallback::Campaign { campaign_id }) => Some(("fallback.campaign_id", campaign_id)),
            _ => None,
        };
        let both = index.into_iter().chain(fallback);
        both.map(|(field, id)| (field.to_owned(), Reference::Campaign(id)))
            .collect()
    }

    fn conflicts(&self, documents: &Documents) -> Vec<Problem> {
        let is_same = |other: &&TrackingDomain| {
            other.id != self.id && other.state != State::Archived && other.host == self.host
        };
        let mut others = documents.domains.values().map(AsRef::as_ref);
        match others.find(is_same) {
            Some(other) if self.state != State::Archived => vec![Problem::new(
                "host",
                "host_taken",
                format!(
                    "The host \"{}\" already belongs to domain {}.",
                    self.host, other.id
                ),
            )],
            _ => Vec::new(),
        }
    }
}

fn read_host(form: &mut Form<'_>) -> String {
    let text = form.text("host");
    if text.is_empty() && form.value("host").is_none_or(Value::is_string) {
        form.missing("host", "A host name is missing, such as go.example.com.");
    }
    if text.is_empty() {
        return String::new();
    }
    form.checked("host", check::host(text), String::new)
}
