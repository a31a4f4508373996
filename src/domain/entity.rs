//! What all documents that an operator edits have in common.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::documents::Documents;
use super::form::Form;
use super::problem::Problem;
use super::state::State;

/// A campaign, an offer, a landing, a network or a tracking domain.
pub trait Entity: Clone + Serialize + ToSchema + Send + Sync + 'static {
    /// What one is called: `campaign`.
    const WORD: &'static str;

    /// Reads a document, sent or stored. A stored `id`, `version` or time that is not there is 0.
    fn from_form(form: &mut Form<'_>) -> Self;

    /// The document, or all problems of its shape at once.
    fn read(document: &Value) -> Result<Self, Vec<Problem>> {
        Form::read(document, Self::from_form)
    }

    fn head(&self) -> Head;
    fn set_head(&mut self, head: Head);

    /// Name and whatever else a search looks at.
    fn search_texts(&self) -> Vec<&str>;

    /// The entities of this kind.
    fn all(documents: &Documents) -> &BTreeMap<u64, Arc<Self>>;
    fn all_mut(documents: &mut Documents) -> &mut BTreeMap<u64, Arc<Self>>;

    /// Which other entities it names, and in which field.
    fn references(&self) -> Vec<(String, Reference)> {
        Vec::new()
    }

    /// Fills what the server chooses: ids of flows, an alias left out.
    fn complete(
        &mut self,
        _documents: &Documents,
        _stored: Option<&Self>,
        _fresh: &mut Fresh,
    ) -> Vec<Problem> {
        Vec::new()
    }

    /// What is wrong with it among the others, beyond its references.
    fn conflicts(&self, _documents: &Documents) -> Vec<Problem> {
        Vec::new()
    }

    /// What is stored but has no or a surprising effect.
    fn remarks(&self) -> Vec<Problem> {
        Vec::new()
    }

    /// What may have a surprising effect among the others.
    fn doubts(&self, _documents: &Documents) -> Vec<Problem> {
        Vec::new()
    }

    /// The links in it that may hold macros, with their fields.
    fn templates(&self) -> Vec<(String, &str)> {
        Vec::new()
    }

    /// All that is wrong with it among the others. A reference that was stored before may have
    /// been archived since: that must not keep anybody from saving.
    fn problems(&self, documents: &Documents, stored: Option<&Self>) -> Vec<Problem> {
        let before = stored.map(Self::references).unwrap_or_default();
        let was_there = |reference| before.iter().any(|(_, old)| *old == reference);
        let mut problems = self.conflicts(documents);
        for (field, reference) in self.references() {
            match reference.state(documents) {
                None => problems.push(Problem::new(
                    field,
                    "unknown_reference",
                    format!("There is no {reference}."),
                )),
                Some(State::Archived) if !was_there(reference) => problems.push(Problem::new(
                    field,
                    "archived_reference",
                    format!("The {reference} is archived; restore it or choose another."),
                )),
                Some(_) => {}
            }
        }
        problems
    }

    /// What the operator should know although it is stored.
    fn warnings(&self, documents: &Documents) -> Vec<Problem> {
        let mut warnings = self.remarks();
        warnings.extend(self.doubts(documents));
        for (field, reference) in self.references() {
            if reference.state(documents) == Some(State::Archived) {
                warnings.push(Problem::new(
                    field,
                    "archived_reference",
                    format!("The {reference} is archived and gets nothing."),
                ));
            }
        }
        if !self.head().state.is_active()
            && let Some(this) = Reference::of(Self::WORD, self.head().id)
        {
            warnings.extend(documents.users_of(this).into_iter().map(|(user, field)| {
                Problem::new(
                    "state",
                    "in_use",
                    format!("The {user} still names this {} ({field}).", Self::WORD),
                )
            }));
        }
        warnings
    }
}

/// What the server keeps of every entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub id: u64,
    pub version: u64,
    pub state: State,
    pub created_at: i64,
    pub updated_at: i64,
}

/// `head` and `set_head` of a struct that has the fields of [`Head`], and where its kind is kept.
macro_rules! heads {
    ($documents:ident) => {
        fn head(&self) -> crate::domain::entity::Head {
            crate::domain::entity::Head {
                id: self.id,
                version: self.version,
                state: self.state,
                created_at: self.created_at,
                updated_at: self.updated_at,
            }
        }

        fn set_head(&mut self, head: crate::domain::entity::Head) {
            self.id = head.id;
            self.version = head.version;
            self.state = head.state;
            self.created_at = head.created_at;
            self.updated_at = head.updated_at;
        }

        fn all(
            documents: &crate::domain::documents::Documents,
        ) -> &std::collections::BTreeMap<u64, std::sync::Arc<Self>> {
            &documents.$documents
        }

        fn all_mut(
            documents: &mut crate::domain::documents::Documents,
        ) -> &mut std::collections::BTreeMap<u64, std::sync::Arc<Self>> {
            &mut documents.$documents
        }
    };
}
pub(crate) use heads;

/// The head as it stands in a document; the server's own fields are read, never checked.
pub(crate) fn read_head(form: &mut Form<'_>) -> Head {
    form.ignored("warnings");
    Head {
        id: form.server_number("id"),
        version: form.server_number("version"),
        state: form.choice("state", State::ALL, State::Active),
        created_at: i64::try_from(form.server_number("created_at")).unwrap_or(0),
        updated_at: i64::try_from(form.server_number("updated_at")).unwrap_or(0),
    }
}

/// Another entity, named by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    Campaign(u64),
    Offer(u64),
    Landing(u64),
    Network(u64),
    Domain(u64),
    List(u64),
}

impl Reference {
    /// By [`Entity::WORD`] and id.
    pub fn of(word: &str, id: u64) -> Option<Self> {
        Some(match word {
            "campaign" => Self::Campaign(id),
            "offer" => Self::Offer(id),
            "landing" => Self::Landing(id),
            "network" => Self::Network(id),
            "domain" => Self::Domain(id),
            "list" => Self::List(id),
            _ => return None,
        })
    }

    /// The state of what is named; `None` if it is not there.
    pub fn state(self, documents: &Documents) -> Option<State> {
        match self {
            Self::Campaign(id) => documents.campaigns.get(&id).map(|one| one.state),
            Self::Offer(id) => documents.offers.get(&id).map(|one| one.state),
            Self::Landing(id) => documents.landings.get(&id).map(|one| one.state),
            Self::Network(id) => documents.networks.get(&id).map(|one| one.state),
            Self::Domain(id) => documents.domains.get(&id).map(|one| one.state),
            Self::List(id) => documents.lists.get(&id).map(|one| one.state),
        }
    }
}

impl std::fmt::Display for Reference {
    /// `offer 12`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Campaign(id) => write!(out, "campaign {id}"),
            Self::Offer(id) => write!(out, "offer {id}"),
            Self::Landing(id) => write!(out, "landing {id}"),
            Self::Network(id) => write!(out, "network {id}"),
            Self::Domain(id) => write!(out, "domain {id}"),
            Self::List(id) => write!(out, "list {id}"),
        }
    }
}

/// What the server chooses: ids of flows never used before, aliases.
#[derive(Debug, Clone, Copy)]
pub struct Fresh {
    highest_flow_id: u64,
}

impl Fresh {
    /// `highest_flow_id` counts removed flows too: their clicks still name them.
    pub fn after(highest_flow_id: u64) -> Self {
        Self { highest_flow_id }
    }

    pub fn flow_id(&mut self) -> u64 {
        self.highest_flow_id += 1;
        self.highest_flow_id
    }

    /// Eight letters and digits that no campaign has.
    pub fn alias(&self, documents: &Documents) -> String {
        loop {
            let alias: String = (0..8).map(|_| fastrand::alphanumeric()).collect();
            let is_free = || documents.campaigns.values().all(|one| one.alias != alias);
            if super::check::alias(&alias).is_ok() && is_free() {
                return alias;
            }
        }
    }
}

/// A warning: the field is kept, and this version does nothing with it.
pub(crate) fn not_yet_acted_on(field: impl Into<String>, what: &str) -> Problem {
    Problem::new(
        field,
        "not_yet_acted_on",
        format!("{what} is stored, but this version does not act on it."),
    )
}
