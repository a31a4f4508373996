//! The one way in which campaigns, offers, landings, networks and domains change.
//!
//! An edit is: read and check the document, all problems at once; give it its ids; compile the
//! catalogue with it; store it; only then publish the catalogue. Edits wait for each other, so
//! each one checks against what it will meet. If storing fails nothing is published, and the
//! clicks go on with what they had.
//!
//! Everything here blocks: the caller is on a thread that may wait.

mod differences;

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use serde::Serialize;
use serde_json::Value;

pub use differences::{Difference, differences};

use crate::clock;
use crate::domain::documents::Documents;
use crate::domain::entity::{Entity, Fresh, Head, Reference};
use crate::domain::form::Form;
use crate::domain::problem::Problem;
use crate::domain::state::State;
use crate::store::entities::Stored;
use crate::store::error::StoreError;
use crate::store::writer::Writer;

/// Makes the compiled catalogue the one that clicks see.
type Publish = Box<dyn FnOnce() + Send>;
type Compile = dyn Fn(&Documents, Option<Reference>) -> Result<Publish, Vec<Problem>> + Send + Sync;

/// All documents, and how they change.
pub struct Editor {
    writer: Writer,
    documents: ArcSwap<Documents>,
    /// Held by the one edit that is under way.
    editing: Mutex<Fresh>,
    compile: Box<Compile>,
}

/// Why an edit was not made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("there is no {what} {id}")]
    NotFound { what: &'static str, id: u64 },
    #[error("the document has {} problems", .0.len())]
    Invalid(Vec<Problem>),
    #[error("version {sent} was edited, but {stored} is stored")]
    Conflict {
        sent: u64,
        stored: u64,
        /// The stored document.
        current: Value,
        differences: Vec<Difference>,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Editor {
    /// Goes on from what is stored. `compile` turns documents into a catalogue, or tells the
    /// problems of the one entity that is being edited; `publish` is called with each catalogue whose edit is stored.
    pub fn open<C: Send + 'static>(
        writer: Writer,
        documents: Documents,
        highest_flow_id: u64,
        compile: impl Fn(&Documents, Option<Reference>) -> Result<C, Vec<Problem>>
        + Send
        + Sync
        + 'static,
        publish: impl Fn(C) + Send + Sync + 'static,
    ) -> Self {
        let publish = Arc::new(publish);
        let compile = move |documents: &Documents, edited: Option<Reference>| {
            let catalogue = compile(documents, edited)?;
            let publish = Arc::clone(&publish);
            Ok(Box::new(move || publish(catalogue)) as Publish)
        };
        Self {
            writer,
            documents: ArcSwap::from_pointee(documents),
            editing: Mutex::new(Fresh::after(highest_flow_id)),
            compile: Box::new(compile),
        }
    }

    /// What is stored now.
    pub fn documents(&self) -> Arc<Documents> {
        self.documents.load_full()
    }

    pub fn find<E: Entity>(&self, id: u64) -> Option<Arc<E>> {
        E::all(&self.documents.load()).get(&id).cloned()
    }

    /// Stores a new entity: version 1, with an id of its own.
    pub fn create<E: Stored>(&self, document: &Value) -> Result<Arc<E>, EditError> {
        let mut editing = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
        let documents = self.documents();
        let (mut entity, mut problems) = Form::draft(document, E::from_form);
        let now = clock::now_ms();
        let highest = E::all(&documents).last_key_value().map_or(0, |(id, _)| *id);
        entity.set_head(Head {
            id: highest + 1,
            version: 1,
            created_at: now,
            updated_at: now,
            ..entity.head()
        });
        let mut fresh = *editing;
        let incomplete = entity.complete(&documents, None, &mut fresh);
        add_new(&mut problems, incomplete);
        self.commit(&documents, None, entity, problems)
            .inspect(|_| *editing = fresh)
    }

    /// Stores a new state of an entity. The document names the version it was made from.
    pub fn replace<E: Stored>(&self, id: u64, document: &Value) -> Result<Arc<E>, EditError> {
        let mut editing = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
        let documents = self.documents();
        let stored = self.stored::<E>(&documents, id)?;
        let (mut entity, mut problems) = Form::draft(document, E::from_form);
        let sent = version(document, &mut problems);
        entity.set_head(next_head(stored.head(), entity.head().state));
        let mut fresh = *editing;
        let incomplete = entity.complete(&documents, Some(&stored), &mut fresh);
        if problems.is_empty() && sent != stored.head().version {
            return Err(conflict(sent, &entity, stored.as_ref()));
        }
        add_new(&mut problems, incomplete);
        self.commit(&documents, Some(stored.as_ref()), entity, problems)
            .inspect(|_| *editing = fresh)
    }

    /// Takes an entity out of use. What names it keeps naming it, and gets nothing from it.
    pub fn archive<E: Stored>(&self, id: u64) -> Result<Arc<E>, EditError> {
        self.move_to(id, State::Archived, |_| true)
    }

    /// Makes an archived entity active; others stay as they are, a paused one paused.
    pub fn restore<E: Stored>(&self, id: u64) -> Result<Arc<E>, EditError> {
        self.move_to(id, State::Active, |state| state == State::Archived)
    }

    /// Moves from one of these states to another. What is there already stays as it is.
    fn move_to<E: Stored>(
        &self,
        id: u64,
        state: State,
        from: impl Fn(State) -> bool,
    ) -> Result<Arc<E>, EditError> {
        let _editing = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
        let documents = self.documents();
        let stored = self.stored::<E>(&documents, id)?;
        if stored.head().state == state || !from(stored.head().state) {
            return Ok(stored);
        }
        let mut entity = (*stored).clone();
        entity.set_head(next_head(stored.head(), state));
        self.commit(&documents, Some(stored.as_ref()), entity, Vec::new())
    }

    fn stored<E: Entity>(&self, documents: &Documents, id: u64) -> Result<Arc<E>, EditError> {
        let found = E::all(documents).get(&id).cloned();
        found.ok_or(EditError::NotFound { what: E::WORD, id })
    }

    /// Checks the entity among the others, compiles, stores, publishes. To be called by the
    /// holder of the edit lock.
    fn commit<E: Stored>(
        &self,
        documents: &Documents,
        stored: Option<&E>,
        entity: E,
        mut problems: Vec<Problem>,
    ) -> Result<Arc<E>, EditError> {
        let entity = Arc::new(entity);
        add_new(&mut problems, entity.problems(documents, stored));
        let mut documents = documents.clone();
        E::all_mut(&mut documents).insert(entity.head().id, Arc::clone(&entity));
        // Compiled even if something is wrong already, to tell all problems at once.
        let edited = Reference::of(E::WORD, entity.head().id);
        let publish = match (self.compile)(&documents, edited) {
            Ok(publish) if problems.is_empty() => publish,
            Ok(_) => return Err(EditError::Invalid(problems)),
            Err(more) => {
                add_new(&mut problems, more);
                return Err(EditError::Invalid(problems));
            }
        };
        let row = Arc::clone(&entity);
        self.writer
            .edit_blocking(move |connection| row.save(connection))
            .inspect_err(|error| {
                tracing::error!(what = E::WORD, id = entity.head().id, %error, "an edit was not stored");
            })?;
        self.documents.store(Arc::new(documents));
        publish();
        Ok(entity)
    }
}

/// Adds problems of fields that have none yet: what follows from a stand-in is no news.
fn add_new(problems: &mut Vec<Problem>, more: Vec<Problem>) {
    let known: Vec<String> = problems.iter().map(|one| one.field.clone()).collect();
    let is_new = |field: &str| {
        let covers = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| {
                outer.is_empty() || rest.is_empty() || rest.starts_with(['.', '['])
            })
        };
        !known
            .iter()
            .any(|old| covers(old, field) || covers(field, old))
    };
    problems.extend(more.into_iter().filter(|one| is_new(&one.field)));
}

/// The version that an edited document was made from.
fn version(document: &Value, problems: &mut Vec<Problem>) -> u64 {
    let problem = match document.get("version") {
        _ if !document.is_object() => return 0,
        None | Some(Value::Null) => Problem::new(
            "version",
            "required",
            "The version is missing: send the one you have read, so that nobody's edit in between is lost.",
        ),
        Some(sent) => match sent.as_u64() {
            Some(version) => return version,
            None => Problem::new(
                "version",
                "invalid",
                "The version is not a whole number; send the one you have read.",
            ),
        },
    };
    problems.push(problem);
    0
}

fn next_head(stored: Head, state: State) -> Head {
    Head {
        version: stored.version + 1,
        state,
        updated_at: clock::now_ms().max(stored.created_at),
        ..stored
    }
}

fn conflict<E: Entity>(sent: u64, yours: &E, theirs: &E) -> EditError {
    let (yours, current) = (as_json(yours), as_json(theirs));
    EditError::Conflict {
        sent,
        stored: theirs.head().version,
        differences: differences(&yours, &current),
        current,
    }
}

/// An entity as it is sent.
pub fn as_json(entity: &impl Serialize) -> Value {
    serde_json::to_value(entity).unwrap_or_default()
}

#[cfg(test)]
mod tests;
