//! What all documents that an operator edits have in common.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::documents::{Documents, Use};
use super::form::{Form, quoted};
use super::group::GroupKind;
use super::outgoing::{OutgoingCall, OutgoingPostback};
use super::own_metric::OwnMetric;
use super::problem::Problem;
use super::rule::Rule;
use super::saved_report::SavedReport;
use super::state::State;

pub use super::reference::Reference;

/// A campaign, an offer, a landing, a traffic source, a list, ...
pub trait Entity: Clone + Serialize + ToSchema + Send + Sync + 'static {
    /// What one is called: `campaign`.
    const WORD: &'static str;

    /// Reads a document, sent or stored. A stored `id`, `version` or time that is not there is 0.
    fn from_form(form: &mut Form<'_>) -> Self;

    /// The document, or all problems of its shape at once.
    fn read(document: &Value) -> Result<Self, Vec<Problem>> {
        Form::read(document, Self::from_form)
    }

    /// The one of this id.
    fn reference(id: u64) -> Reference;

    fn head(&self) -> Head;
    fn set_head(&mut self, head: Head);

    /// What people call it: its name, or the host of a domain.
    fn title(&self) -> &str;

    /// The field of [`Entity::title`].
    const TITLE_FIELD: &'static str;

    /// The fields that name one other entity and that a list can be narrowed to.
    const ID_FIELDS: &'static [&'static str] = &[];

    /// The id in one of [`Entity::ID_FIELDS`].
    fn id_in(&self, _field: &str) -> Option<u64> {
        None
    }

    /// Name and whatever else a search looks at.
    fn search_texts(&self) -> Vec<&str>;

    /// The entities of this kind.
    fn all(documents: &Documents) -> &BTreeMap<u64, Arc<Self>>;
    fn all_mut(documents: &mut Documents) -> &mut BTreeMap<u64, Arc<Self>>;

    /// Which other entities it names, and in which field.
    fn references(&self) -> Vec<(String, Reference)> {
        Vec::new()
    }

    /// Which other entities it names by something else than their id.
    fn named_by_key(&self, _documents: &Documents) -> Vec<(String, Reference)> {
        Vec::new()
    }

    /// All entities it names: [`Entity::references`], [`Entity::named_by_key`] and its group.
    fn named(&self, documents: &Documents) -> Vec<(String, Reference)> {
        let mut named = self.references();
        named.extend(self.named_by_key(documents));
        let group = self.id_in("group_id").map(Reference::Group);
        named.extend(group.map(|group| ("group_id".to_owned(), group)));
        named
    }

    /// Whether people would mix the two up.
    fn is_namesake(&self, other: &Self) -> bool {
        self.title().to_lowercase() == other.title().to_lowercase()
    }

    /// Takes out of a document what a copy cannot have too; the head is not among it.
    fn forget_identity(_document: &mut Map<String, Value>) {}

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

    /// Whether it may take long to compile.
    fn is_costly(&self) -> bool {
        false
    }

    /// Its outgoing postbacks, with their fields.
    fn outgoing(&self) -> Vec<(String, &OutgoingPostback)> {
        Vec::new()
    }

    /// Its calls about something else than a conversion, with their fields.
    fn calls(&self) -> Vec<(String, &OutgoingCall)> {
        Vec::new()
    }

    /// The rule that it is: what rules may name is known elsewhere.
    fn as_rule(&self) -> Option<&Rule> {
        None
    }

    /// The saved report that it is: what can be reported is known elsewhere.
    fn as_saved_report(&self) -> Option<&SavedReport> {
        None
    }

    /// The metric that it is: what its formula may name is known elsewhere.
    fn as_metric(&self) -> Option<&OwnMetric> {
        None
    }

    /// The links in it that may hold macros, with their fields.
    fn templates(&self) -> Vec<(String, &str)> {
        Vec::new()
    }

    /// All that is wrong with it among the others. A reference that was stored before may have
    /// been archived since: that must not keep anybody from saving.
    fn problems(&self, documents: &Documents, stored: Option<&Self>) -> Vec<Problem> {
        let before = stored.map(|stored| stored.named(documents));
        let before = before.unwrap_or_default();
        let was_there = |reference| before.iter().any(|(_, old)| *old == reference);
        let mut problems = self.conflicts(documents);
        for (field, reference) in self.named(documents) {
            match reference.state(documents) {
                // An older version checked less: what it stored stays, with a warning.
                None if was_there(reference) => {}
                None => problems.push(unknown(field, reference)),
                Some(State::Archived) if !was_there(reference) => problems.push(Problem::new(
                    field,
                    "archived_reference",
                    format!("The {reference} is archived; restore it or choose another."),
                )),
                Some(_) => problems.extend(self.wrong_kind(reference, documents)),
            }
        }
        problems
    }

    /// A group of another kind of entity.
    fn wrong_kind(&self, reference: Reference, documents: &Documents) -> Option<Problem> {
        let Reference::Group(id) = reference else {
            return None;
        };
        let (group, wanted) = (documents.groups.get(&id)?, GroupKind::of(Self::WORD)?);
        (group.kind != wanted).then(|| {
            let message = format!(
                "The group {id} {} is for {}; choose one for {wanted}.",
                quoted(&group.name),
                group.kind
            );
            Problem::new("group_id", "wrong_kind", message)
        })
    }

    /// What the operator should know although it is stored.
    fn warnings(&self, documents: &Documents) -> Vec<Problem> {
        let mut warnings = self.remarks();
        warnings.extend(self.doubts(documents));
        for (field, reference) in self.named(documents) {
            match reference.state(documents) {
                None => warnings.push(unknown(field, reference)),
                Some(State::Archived) => warnings.push(Problem::new(
                    field,
                    "archived_reference",
                    match reference {
                        Reference::List(_) => {
                            format!("The {reference} is archived, but filters go on using it.")
                        }
                        Reference::Group(_) | Reference::TrafficSource(_) | Reference::Event(_) => {
                            format!("The {reference} is archived.")
                        }
                        Reference::Channel(_) => {
                            format!("The {reference} is archived: nothing is sent to it.")
                        }
                        Reference::Metric(_) => {
                            format!("The {reference} is archived, but formulas go on using it.")
                        }
                        _ => format!("The {reference} is archived and gets nothing."),
                    },
                )),
                Some(_) => {}
            }
        }
        warnings.extend(self.duplicate_name(documents));
        if !self.head().state.is_active() {
            let this = Self::reference(self.head().id);
            let uses = documents.uses(|named| named == this);
            warnings.extend(uses.iter().map(Use::warning));
        }
        warnings
    }

    /// Another one of the same name; archived ones do not count.
    fn duplicate_name(&self, documents: &Documents) -> Option<Problem> {
        let own = self.head();
        if own.state == State::Archived {
            return None;
        }
        let is_other = |other: &Head| other.id != own.id && other.state != State::Archived;
        let mut others = Self::all(documents).values();
        let other = others.find(|other| is_other(&other.head()) && self.is_namesake(other))?;
        let message = format!(
            "The {} {} has the same name; reports show both names side by side.",
            Self::WORD,
            other.head().id
        );
        Some(Problem::new(Self::TITLE_FIELD, "duplicate_name", message))
    }
}

fn unknown(field: String, reference: Reference) -> Problem {
    Problem::new(
        field,
        "unknown_reference",
        format!("There is no {reference}."),
    )
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

/// `head`, `set_head` and `title` of a struct that has the fields of [`Head`], and where its kind is
/// kept.
macro_rules! heads {
    ($documents:ident, $reference:ident, $name:ident) => {
        const TITLE_FIELD: &'static str = stringify!($name);

        fn reference(id: u64) -> crate::domain::entity::Reference {
            crate::domain::entity::Reference::$reference(id)
        }

        fn title(&self) -> &str {
            &self.$name
        }

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

/// `ID_FIELDS` and `id_in` of a struct that has these fields.
macro_rules! ids {
    ($($field:ident),+) => {
        const ID_FIELDS: &'static [&'static str] = &[$(stringify!($field)),+];

        fn id_in(&self, field: &str) -> Option<u64> {
            $(
                if field == stringify!($field) {
                    return self.$field;
                }
            )+
            None
        }
    };
}
pub(crate) use ids;

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

    /// Sixteen small letters and digits that no network has, and that nobody can guess.
    pub fn network_key(&self, documents: &Documents) -> String {
        const SIGNS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        loop {
            let mut bytes = [0_u8; 16];
            if getrandom::fill(&mut bytes).is_err() {
                fastrand::fill(&mut bytes);
            }
            let signs = bytes.map(|byte| SIGNS[usize::from(byte) % SIGNS.len()]);
            let key: String = signs.map(char::from).iter().collect();
            if documents.networks.values().all(|one| one.key != key) {
                return key;
            }
        }
    }
}
