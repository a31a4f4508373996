//! A host name that campaign links live on.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::check;
use super::documents::Documents;
use super::entity::{Entity, Head, Reference, heads, read_head};
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
    /// The campaign that answers `/` and unknown aliases on this host.
    pub index_campaign_id: Option<u64>,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

impl Entity for TrackingDomain {
    const WORD: &'static str = "domain";

    heads!(domains, Domain);

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
            index_campaign_id: form.id("index_campaign_id"),
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.host]
    }

    fn references(&self) -> Vec<(String, Reference)> {
        let index = self.index_campaign_id.map(Reference::Campaign);
        index
            .map(|one| ("index_campaign_id".to_owned(), one))
            .into_iter()
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
