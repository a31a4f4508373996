//! Edits that start from what is stored: patches, copies, single changes, and the archive of what
//! nobody uses.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::merge_patch::merge;
use super::{Draft, EditError, Editor, as_json, next_head};
use crate::domain::documents::Documents;
use crate::domain::entity::{Entity, Reference};
use crate::domain::problem::Problem;
use crate::domain::state::State;
use crate::store::entities::Stored;

/// Who names an entity, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct User {
    /// `campaign`, `offer`, ...
    pub what: &'static str,
    pub id: u64,
    pub name: String,
    /// Path of the field that names it.
    pub field: String,
}

/// Fields of a document that are the server's own.
const HEAD: [&str; 4] = ["id", "version", "created_at", "updated_at"];

/// The longest name, in characters.
const NAME_MAX: usize = 200;

impl Editor {
    /// Stores the entity with a merge patch over it. If the patch names a version it has to be
    /// the stored one.
    pub fn patch<E: Stored>(&self, id: u64, patch: &Value) -> Result<Arc<E>, EditError> {
        let documents = self.documents();
        let ahead = patched(self.stored::<E>(&documents, id)?.as_ref(), patch);
        let _ready = self.compile_ahead(Some(id), &ahead);
        let mut editing = self.begin();
        let documents = self.documents();
        let stored = self.stored::<E>(&documents, id)?;
        let draft = patched(stored.as_ref(), patch);
        self.save(&mut editing, &documents, &stored, draft)
    }

    /// Stores a copy under an id of its own, with a name that tells it from the first one and a
    /// merge patch over it. Nothing of the first one's past is the copy's.
    pub fn copy<E: Stored>(&self, id: u64, changes: &Value) -> Result<Arc<E>, EditError> {
        let mut editing = self.begin();
        let documents = self.documents();
        let model = self.stored::<E>(&documents, id)?;
        let mut document = as_json(model.as_ref());
        if let Some(fields) = document.as_object_mut() {
            forget_identity::<E>(fields);
            if E::TITLE_FIELD == "name" {
                let name = name_of_copy::<E>(model.title(), &documents);
                fields.insert("name".to_owned(), name.into());
            }
        }
        merge(&mut document, changes);
        self.add(
            &mut editing,
            &documents,
            Some(model),
            Draft::read(&document),
        )
    }

    /// Changes one thing of an entity. `change` says how much it has changed; after nothing,
    /// nothing is stored.
    pub fn change<E: Stored>(
        &self,
        id: u64,
        change: impl FnOnce(&mut E) -> Result<usize, Problem>,
    ) -> Result<(Arc<E>, usize), EditError> {
        let mut editing = self.begin();
        let documents = self.documents();
        let stored = self.stored::<E>(&documents, id)?;
        let mut entity = (*stored).clone();
        let changed = change(&mut entity).map_err(|problem| EditError::Invalid(vec![problem]))?;
        if changed == 0 {
            return Ok((stored, 0));
        }
        entity.set_head(next_head(stored.head(), stored.head().state));
        let saved = self.commit(&mut editing, &documents, Some(stored), entity, Vec::new())?;
        Ok((saved, changed))
    }

    /// Takes an entity out of use, if nothing that is in use names it.
    pub fn archive_unused<E: Stored>(&self, id: u64) -> Result<Arc<E>, EditError> {
        let mut editing = self.begin();
        let documents = self.documents();
        let stored = self.stored::<E>(&documents, id)?;
        if stored.head().state != State::Archived {
            let users = users(E::WORD, id, &documents);
            if !users.is_empty() {
                let what = E::WORD;
                return Err(EditError::InUse { what, id, users });
            }
        }
        self.moved(&mut editing, &documents, stored, State::Archived)
    }
}

/// The draft of an entity with a merge patch over it; of the stored version, unless the patch says
/// otherwise.
fn patched<E: Entity>(stored: &E, patch: &Value) -> Draft<E> {
    let mut document = as_json(stored);
    merge(&mut document, patch);
    if let Some(fields) = document.as_object_mut() {
        let version = Value::from(stored.head().version);
        fields.entry("version").or_insert(version);
    }
    Draft::read(&document)
}

fn users(word: &str, id: u64, documents: &Documents) -> Vec<User> {
    let this = Reference::of(word, id);
    let found = this.map_or(Vec::new(), |this| documents.users_of(this));
    let user = |(user, field): (Reference, String)| {
        let (what, id) = user.parts();
        let name = user.name(documents).to_owned();
        User {
            what,
            id,
            name,
            field,
        }
    };
    found.into_iter().map(user).collect()
}

fn forget_identity<E: Entity>(document: &mut Map<String, Value>) {
    for field in HEAD {
        document.remove(field);
    }
    if document.get("state").and_then(Value::as_str) == Some("archived") {
        document.remove("state");
    }
    E::forget_identity(document);
}

/// `name (copy)`, `name (copy 2)`, ...: the first that nobody has.
fn name_of_copy<E: Entity>(name: &str, documents: &Documents) -> String {
    let taken = |wanted: &str| E::all(documents).values().any(|one| one.title() == wanted);
    let mut number = 1_u64;
    loop {
        let ending = match number {
            1 => " (copy)".to_owned(),
            _ => format!(" (copy {number})"),
        };
        let kept = NAME_MAX - ending.chars().count();
        let begin: String = name.chars().take(kept).collect();
        let wanted = format!("{}{ending}", begin.trim_end());
        if !taken(&wanted) {
            return wanted;
        }
        number += 1;
    }
}
