//! A named group of entities of one kind.

use serde::Serialize;
use utoipa::ToSchema;

use super::check;
use super::documents::Documents;
use super::entity::{Entity, Head, Reference, heads, read_head};
use super::form::Form;
use super::problem::Problem;
use super::state::State;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Group {
    pub id: u64,
    pub version: u64,
    pub name: String,
    /// What can be in it.
    pub kind: GroupKind,
    pub state: State,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Which entities a group is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    #[default]
    Campaigns,
    Offers,
    Landings,
    Domains,
    TrafficSources,
}

impl GroupKind {
    pub const ALL: &'static [(&'static str, GroupKind)] = &[
        ("campaigns", GroupKind::Campaigns),
        ("offers", GroupKind::Offers),
        ("landings", GroupKind::Landings),
        ("domains", GroupKind::Domains),
        ("traffic_sources", GroupKind::TrafficSources),
    ];

    /// The groups of an [`Entity::WORD`].
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "campaign" => Self::Campaigns,
            "offer" => Self::Offers,
            "landing" => Self::Landings,
            "domain" => Self::Domains,
            "traffic source" => Self::TrafficSources,
            _ => return None,
        })
    }
}

impl std::fmt::Display for GroupKind {
    /// `traffic sources`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Campaigns => "campaigns",
            Self::Offers => "offers",
            Self::Landings => "landings",
            Self::Domains => "domains",
            Self::TrafficSources => "traffic sources",
        })
    }
}

impl Entity for Group {
    const WORD: &'static str = "group";

    heads!(groups, Group, name);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        if form.value("kind").is_none() {
            form.missing(
                "kind",
                "A group needs a kind: campaigns, offers, landings, domains or traffic_sources.",
            );
        }
        Group {
            id,
            version,
            name: check::read_name(form),
            kind: form.choice("kind", GroupKind::ALL, GroupKind::default()),
            state,
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name]
    }

    fn is_namesake(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name.to_lowercase() == other.name.to_lowercase()
    }

    /// A group with members stays of their kind.
    fn conflicts(&self, documents: &Documents) -> Vec<Problem> {
        let users = documents.users_of(Reference::Group(self.id));
        let mut others = users
            .iter()
            .filter(|(user, _)| GroupKind::of(user.parts().0) != Some(self.kind));
        let conflict = others.next().map(|(user, _)| {
            let message = format!(
                "The {user} is in this group, so it stays a group of its kind; make another one for {}.",
                self.kind
            );
            Problem::new("kind", "in_use", message)
        });
        conflict.into_iter().collect()
    }
}
