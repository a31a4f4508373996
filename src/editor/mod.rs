//! The one way in which campaigns, offers, landings and all other entities change.
//!
//! An edit is: read and check the document, all problems at once; give it its ids; compile the
//! catalogue with it; store it; only then publish the catalogue. Edits wait for each other, so
//! each one checks against what it will meet. If storing fails nothing is published, and the
//! clicks go on with what they had.
//!
//! Everything here blocks: the caller is on a thread that may wait.

pub mod act;
mod batch;
pub mod bulk;
mod changes;
mod differences;
mod merge_patch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use serde::Serialize;
use serde_json::Value;

pub use act::{Proposed, RunUndoError};
pub use bulk::{Report, UndoError};
pub use changes::User;
pub use differences::{Difference, differences};

use self::batch::{Change, Edited};

use crate::clock;
use crate::domain::documents::Documents;
use crate::domain::entity::{Entity, Fresh, Head, Reference};
use crate::domain::form::Form;
use crate::domain::problem::Problem;
use crate::domain::state::State;
use crate::engine::{CampaignProblems, filter};
use crate::macros::{Outgoing, Template};
use crate::report::request::problems_of;
use crate::rules;
use crate::store::entities::{self, Save, Stored};
use crate::store::error::StoreError;
use crate::store::writer::Writer;

/// Makes the compiled catalogue the one that clicks see.
type Publish = Box<dyn FnOnce() + Send>;
type Compile = dyn Fn(&Documents) -> (Publish, Vec<CampaignProblems>) + Send + Sync;
/// Who is refused, and why.
type Refusal = (Reference, Vec<Problem>);

/// All documents, and how they change.
pub struct Editor {
    writer: Writer,
    documents: ArcSwap<Documents>,
    /// Held by the one edit that is under way.
    editing: Mutex<Editing>,
    compile: Box<Compile>,
}

/// What goes from edit to edit.
struct Editing {
    fresh: Fresh,
    /// What is wrong with stored campaigns.
    problems: Vec<CampaignProblems>,
}

/// An edit that may be stored.
struct Checked {
    documents: Documents,
    publish: Publish,
    problems: Vec<CampaignProblems>,
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
    #[error("{what} {id} is in use")]
    InUse {
        what: &'static str,
        id: u64,
        users: Vec<User>,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Editor {
    /// Goes on from what is stored. `compile` turns documents into a catalogue and tells the
    /// problems of all campaigns; `publish` is called with each catalogue whose edit is stored.
    pub fn open<C: Send + 'static>(
        writer: Writer,
        documents: Documents,
        highest_flow_id: u64,
        compile: impl Fn(&Documents) -> (C, Vec<CampaignProblems>) + Send + Sync + 'static,
        publish: impl Fn(C) + Send + Sync + 'static,
    ) -> Self {
        let problems = compile(&documents).1;
        let publish = Arc::new(publish);
        let compile = move |documents: &Documents| {
            let (catalogue, problems) = compile(documents);
            let publish = Arc::clone(&publish);
            (Box::new(move || publish(catalogue)) as Publish, problems)
        };
        Self {
            writer,
            documents: ArcSwap::from_pointee(documents),
            editing: Mutex::new(Editing {
                fresh: Fresh::after(highest_flow_id),
                problems,
            }),
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
        let draft = Draft::read(document);
        let _ready = self.compile_ahead(None, &draft);
        let mut editing = self.begin();
        self.add(&mut editing, &self.documents(), None, draft)
    }

    /// Compiles what is costly about a draft before other edits have to wait for it. The filters of
    /// two catalogs share what they have in common, so the edit itself finds it ready while this is
    /// held.
    fn compile_ahead<E: Stored>(&self, id: Option<u64>, draft: &Draft<E>) -> Option<Publish> {
        if !draft.entity.is_costly() {
            return None;
        }
        let mut documents = Documents::clone(&self.documents());
        let mut entity = draft.entity.clone();
        let next = || next_id::<E>(&documents);
        let id = id.unwrap_or_else(next);
        entity.set_head(Head {
            id,
            ..entity.head()
        });
        E::all_mut(&mut documents).insert(id, Arc::new(entity));
        Some((self.compile)(&documents).0)
    }

    /// Stores a new entity. A copy may name whatever its model names.
    fn add<E: Stored>(
        &self,
        editing: &mut Editing,
        documents: &Documents,
        model: Option<Arc<E>>,
        draft: Draft<E>,
    ) -> Result<Arc<E>, EditError> {
        let Draft {
            mut entity,
            mut problems,
            ..
        } = draft;
        let now = clock::now_ms();
        entity.set_head(Head {
            id: next_id::<E>(documents),
            version: 1,
            created_at: now,
            updated_at: now,
            ..entity.head()
        });
        let mut fresh = editing.fresh;
        let incomplete = entity.complete(documents, None, &mut fresh);
        add_new(&mut problems, incomplete);
        add_new(&mut problems, uncompiled(&entity, documents));
        let created = self.commit(editing, documents, model, entity, problems)?;
        editing.fresh = fresh;
        Ok(created)
    }

    /// Stores a new state of an entity. The document names the version it was made from.
    pub fn replace<E: Stored>(&self, id: u64, document: &Value) -> Result<Arc<E>, EditError> {
        self.stored::<E>(&self.documents(), id)?;
        let draft = Draft::read(document);
        let _ready = self.compile_ahead(Some(id), &draft);
        let mut editing = self.begin();
        let documents = self.documents();
        let stored = self.stored::<E>(&documents, id)?;
        self.save(&mut editing, &documents, &stored, draft)
    }

    /// Stores a new state of what is stored.
    fn save<E: Stored>(
        &self,
        editing: &mut Editing,
        documents: &Documents,
        stored: &Arc<E>,
        draft: Draft<E>,
    ) -> Result<Arc<E>, EditError> {
        let Draft {
            mut entity,
            mut problems,
            version: sent,
        } = draft;
        let sent = sent.unwrap_or_else(|problem| {
            problems.push(problem);
            0
        });
        entity.set_head(next_head(stored.head(), entity.head().state));
        let mut fresh = editing.fresh;
        let incomplete = entity.complete(documents, Some(stored), &mut fresh);
        if problems.is_empty() && sent != stored.head().version {
            return Err(conflict(sent, &entity, stored));
        }
        add_new(&mut problems, incomplete);
        add_new(&mut problems, uncompiled(&entity, documents));
        let stored = Some(Arc::clone(stored));
        let saved = self.commit(editing, documents, stored, entity, problems)?;
        editing.fresh = fresh;
        Ok(saved)
    }

    /// Takes an entity out of use. What names it keeps naming it, and gets nothing from it.
    pub fn archive<E: Stored>(&self, id: u64) -> Result<Arc<E>, EditError> {
        self.move_to(id, State::Archived, |_| true)
    }

    /// Makes an archived entity active; others stay as they are, a paused one paused.
    pub fn restore<E: Stored>(&self, id: u64) -> Result<Arc<E>, EditError> {
        self.move_to(id, State::Active, |state| state == State::Archived)
    }

    /// Moves from one of these states to another.
    fn move_to<E: Stored>(
        &self,
        id: u64,
        state: State,
        from: impl Fn(State) -> bool,
    ) -> Result<Arc<E>, EditError> {
        let mut editing = self.begin();
        let documents = self.documents();
        let stored = self.stored::<E>(&documents, id)?;
        if !from(stored.head().state) {
            return Ok(stored);
        }
        self.moved(&mut editing, &documents, stored, state)
    }

    /// Stores the entity in another state. What is there already stays as it is.
    fn moved<E: Stored>(
        &self,
        editing: &mut Editing,
        documents: &Documents,
        stored: Arc<E>,
        state: State,
    ) -> Result<Arc<E>, EditError> {
        if stored.head().state == state {
            return Ok(stored);
        }
        let mut entity = (*stored).clone();
        entity.set_head(next_head(stored.head(), state));
        self.commit(editing, documents, Some(stored), entity, Vec::new())
    }

    /// Waits for the edit that is under way.
    fn begin(&self) -> MutexGuard<'_, Editing> {
        self.editing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stored<E: Entity>(&self, documents: &Documents, id: u64) -> Result<Arc<E>, EditError> {
        let found = E::all(documents).get(&id).cloned();
        found.ok_or(EditError::NotFound { what: E::WORD, id })
    }

    /// The one change of an edit. To be called by the holder of the edit lock.
    fn commit<E: Stored>(
        &self,
        editing: &mut Editing,
        documents: &Documents,
        stored: Option<Arc<E>>,
        entity: E,
        problems: Vec<Problem>,
    ) -> Result<Arc<E>, EditError> {
        let entity = Arc::new(entity);
        let change = Edited {
            entity: Arc::clone(&entity),
            stored,
            problems,
        };
        let changes: [Box<dyn Change>; 1] = [Box::new(change)];
        let checked = self.check(editing, documents, &changes);
        let checked = checked.map_err(|refusals| {
            EditError::Invalid(refusals.into_iter().flat_map(|(_, found)| found).collect())
        })?;
        self.store(editing, checked, &changes, Vec::new())?;
        Ok(entity)
    }

    /// Checks these changes among the others and each other, and compiles the catalogue with
    /// them. Whatever an edit breaks refuses it; what was broken before must not keep anything
    /// from being saved.
    fn check(
        &self,
        editing: &Editing,
        documents: &Documents,
        changes: &[Box<dyn Change>],
    ) -> Result<Checked, Vec<Refusal>> {
        let mut documents = documents.clone();
        for change in changes {
            change.enter(&mut documents);
        }
        let mut refusals: Vec<Refusal> = changes
            .iter()
            .map(|change| (change.reference(), change.problems(&documents)))
            .collect();
        // Compiled even if something is wrong already, to tell all problems at once.
        let (publish, problems) = (self.compile)(&documents);
        for (edited, found) in &mut refusals {
            // What is wrong with a list shows in the campaigns that use it.
            if let Reference::List(id) = edited
                && !problems.is_empty()
            {
                add_new(found, filter::list_problems(&documents, *id));
            }
        }
        let mut elsewhere = Vec::new();
        for found in &problems {
            let campaign = Reference::Campaign(found.campaign_id);
            match refusals.iter_mut().find(|(edited, _)| *edited == campaign) {
                Some((_, known)) => add_new(known, found.problems.clone()),
                None => {
                    let broken = found.problems.iter();
                    let broken = broken.filter(|problem| !editing.is_known(campaign, problem));
                    elsewhere.extend(broken.map(|problem| broken_elsewhere(campaign, problem)));
                }
            }
        }
        // What is wrong with the edit itself explains what it would break.
        if let Some((_, first)) = refusals.first_mut().filter(|(_, found)| found.is_empty()) {
            first.extend(elsewhere);
        }
        refusals.retain(|(_, problems)| !problems.is_empty());
        for (_, problems) in &mut refusals {
            *problems = Problem::listed(std::mem::take(problems));
        }
        match refusals.is_empty() {
            true => Ok(Checked {
                documents,
                publish,
                problems,
            }),
            false => Err(refusals),
        }
    }

    /// Stores what was checked, with other work in the same transaction; then publishes.
    fn store(
        &self,
        editing: &mut Editing,
        checked: Checked,
        changes: &[Box<dyn Change>],
        also: Vec<Save>,
    ) -> Result<(), EditError> {
        let mut work: Vec<Save> = changes.iter().map(|change| change.saving()).collect();
        work.extend(also);
        entities::save_all(&self.writer, work).inspect_err(|error| {
            tracing::error!(entities = changes.len(), %error, "an edit was not stored");
        })?;
        self.documents.store(Arc::new(checked.documents));
        (checked.publish)();
        editing.problems = checked.problems;
        Ok(())
    }
}

/// A change that would break a campaign which is not part of the edit.
fn broken_elsewhere(campaign: Reference, problem: &Problem) -> Problem {
    let message = format!(
        "It would break {campaign} ({}): {}",
        problem.field, problem.message
    );
    Problem::new("", "breaks_campaign", message)
}

impl Editing {
    fn is_known(&self, campaign: Reference, problem: &Problem) -> bool {
        let known = self.problems.iter();
        let mut known = known.filter(|one| Reference::Campaign(one.campaign_id) == campaign);
        known.any(|one| one.problems.contains(problem))
    }
}

/// What an entity says in words that only others know: macros in its links that cannot be understood,
/// a rule that does not compile, a report of what is not there.
fn uncompiled<E: Entity>(entity: &E, documents: &Documents) -> Vec<Problem> {
    let rule = entity.as_rule().map(rules::compile);
    let mut problems = rule.and_then(Result::err).unwrap_or_default();
    let report = entity.as_saved_report();
    problems.extend(report.map_or(Vec::new(), |report| problems_of(report, documents)));
    problems.extend(unreadable_macros(entity));
    problems
}

fn unreadable_macros<E: Entity>(entity: &E) -> Vec<Problem> {
    let templates = entity.templates().into_iter();
    let links = templates.map(|(field, text)| (field, Template::problems(text)));
    let outgoing = entity.outgoing().into_iter();
    let postbacks = outgoing.map(|(field, one)| (field, Outgoing::problems(one)));
    links
        .chain(postbacks)
        .flat_map(|(field, found)| found.into_iter().map(move |one| one.under(&field)))
        .collect()
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

/// A document as it was sent, read without looking at any other.
struct Draft<E> {
    entity: E,
    problems: Vec<Problem>,
    /// The version that it was made from.
    version: Result<u64, Problem>,
}

impl<E: Entity> Draft<E> {
    fn read(document: &Value) -> Self {
        let (entity, problems) = Form::draft(document, E::from_form);
        Self {
            entity,
            problems,
            version: version(document),
        }
    }
}

fn version(document: &Value) -> Result<u64, Problem> {
    match document.get("version") {
        _ if !document.is_object() => Ok(0),
        None | Some(Value::Null) => Err(Problem::new(
            "version",
            "required",
            "The version is missing: send the one you have read, so that nobody's edit in between is lost.",
        )),
        Some(sent) => sent.as_u64().ok_or_else(|| {
            let message = "The version is not a whole number; send the one you have read.";
            Problem::new("version", "invalid", message)
        }),
    }
}

fn next_id<E: Entity>(documents: &Documents) -> u64 {
    let highest = E::all(documents).last_key_value();
    highest.map_or(1, |(id, _)| id + 1)
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
