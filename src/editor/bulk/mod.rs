//! Changes of many entities at once, with a preview before and an undo after.
//!
//! An `Action` says what is to become of which documents. It makes new documents, and those go
//! the way of every edit: read with all their problems, checked among the others, compiled, stored
//! in one transaction, published once. So a bulk change can do nothing that an edit could not, and
//! it is done whole or not at all.
//!
//! Adding an action: its row in `table.rs`, its variant and reader in `action.rs`, what it does to
//! a document in `apply.rs`.

mod action;
mod apply;
mod table;

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use action::Action;

pub use table::{ACTIONS, ActionRow, Field, Shape};

use super::batch::{self, Change};
use super::{Difference, EditError, Editor, Refusal, differences};
use crate::clock;
use crate::domain::documents::Documents;
use crate::domain::entity::{Fresh, Reference};
use crate::domain::form::Form;
use crate::domain::problem::Problem;
use crate::store::changes::{self, Entry};
use crate::store::readers::Readers;

/// The new documents of those entities that change.
pub(super) type Drafts = BTreeMap<(&'static str, u64), (Reference, Value)>;

/// What a bulk change does, or would do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Report {
    /// Nothing was changed yet.
    pub preview: bool,
    /// Under this id the change can be undone; `null` in a preview.
    pub change_id: Option<u64>,
    pub changes: Vec<Changed>,
    /// Why it cannot be done, each with its entity: `campaigns[12].flows[0].weight`.
    pub problems: Vec<Problem>,
    /// Who still names what gets nothing any more: archived or paused by this.
    pub warnings: Vec<Problem>,
}

/// One entity that changes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Changed {
    pub kind: &'static str,
    pub id: u64,
    pub name: String,
    /// `yours` is what it becomes, `theirs` what it was.
    pub differences: Vec<Difference>,
}

/// Why a change cannot be undone.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    #[error("there is no change {0}")]
    NotFound(u64),
    #[error("change {0} was undone already")]
    UndoneAlready(u64),
    /// These were edited since.
    #[error("{} entities were edited since", .0.len())]
    Edited(Vec<Reference>),
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl Editor {
    /// Does what a bulk request says: `{"action": {...}, "preview": true}`. Without `preview` it
    /// is only shown what would be done.
    pub fn bulk(&self, readers: &Readers, request: &Value) -> Result<Report, EditError> {
        let (action, preview) = Form::read(request, |form| {
            let preview = form.boolean("preview", true);
            let action = form.object("action", Action::read);
            if action.is_none() {
                form.missing("action", "Which action? Send action: {\"kind\": ...}.");
            }
            (action, preview)
        })
        .map_err(EditError::Invalid)?;
        let Some(action) = action.flatten() else {
            return Err(EditError::Invalid(Vec::new()));
        };
        let mut editing = self.begin();
        let documents = self.documents();
        let drafts = action.apply(&documents).map_err(EditError::Invalid)?;
        let mut fresh = editing.fresh;
        let (changes, mut problems) = changes_of(&drafts, &documents, &mut fresh, false);
        let mut report = Report {
            preview,
            change_id: None,
            changes: changes
                .iter()
                .map(|change| changed(change.as_ref()))
                .collect(),
            problems: Vec::new(),
            warnings: Vec::new(),
        };
        let checked = match self.check(&editing, &documents, &changes) {
            Ok(checked) if problems.is_empty() => checked,
            refused => {
                problems.extend(placed(refused.err().unwrap_or_default()));
                report.problems = problems;
                return match preview {
                    true => Ok(report),
                    false => Err(EditError::Invalid(report.problems)),
                };
            }
        };
        report.warnings = left_named(&changes, &documents, &checked.documents);
        if preview || changes.is_empty() {
            return Ok(report);
        }
        let id = changes::highest_id(readers)? + 1;
        let keep = changes::keeping(id, clock::now_ms(), action.summary(), entries(&changes));
        self.store(&mut editing, checked, &changes, vec![keep])?;
        editing.fresh = fresh;
        report.change_id = Some(id);
        Ok(report)
    }

    /// Brings the documents of a change back to what they were, if nobody has edited them since.
    pub fn undo(&self, readers: &Readers, id: u64) -> Result<Report, UndoError> {
        let mut editing = self.begin();
        let documents = self.documents();
        let found = changes::find(readers, id).map_err(EditError::Store)?;
        let kept = found.ok_or(UndoError::NotFound(id))?;
        if kept.undone_at.is_some() {
            return Err(UndoError::UndoneAlready(id));
        }
        let mut drafts = Drafts::new();
        let mut edited = Vec::new();
        for entry in kept.entries {
            let Some(reference) = Reference::of(&entry.kind, entry.id) else {
                continue;
            };
            if reference.version(&documents) != Some(entry.version) {
                edited.push(reference);
            }
            drafts.insert(reference.parts(), (reference, entry.before));
        }
        if !edited.is_empty() {
            return Err(UndoError::Edited(edited));
        }
        let mut fresh = editing.fresh;
        let (changes, problems) = changes_of(&drafts, &documents, &mut fresh, true);
        if !problems.is_empty() {
            return Err(EditError::Invalid(problems).into());
        }
        let checked = self
            .check(&editing, &documents, &changes)
            .map_err(|all| EditError::Invalid(placed(all)))?;
        let warnings = left_named(&changes, &documents, &checked.documents);
        let note = changes::undoing(id, clock::now_ms());
        self.store(&mut editing, checked, &changes, vec![note])?;
        editing.fresh = fresh;
        Ok(Report {
            preview: false,
            change_id: Some(id),
            changes: changes
                .iter()
                .map(|change| changed(change.as_ref()))
                .collect(),
            problems: Vec::new(),
            warnings,
        })
    }
}

fn changes_of(
    drafts: &Drafts,
    documents: &Documents,
    fresh: &mut Fresh,
    returns: bool,
) -> (Vec<Box<dyn Change>>, Vec<Problem>) {
    let mut changes = Vec::with_capacity(drafts.len());
    let mut problems = Vec::new();
    for (reference, document) in drafts.values() {
        match batch::change(*reference, document, documents, fresh, returns) {
            Ok(change) => changes.push(change),
            Err(problem) => problems.push(problem.under(&place(*reference))),
        }
    }
    (changes, problems)
}

fn changed(change: &dyn Change) -> Changed {
    let (before, after) = change.documents();
    let (kind, id) = change.reference().parts();
    Changed {
        kind,
        id,
        name: change.name(),
        differences: differences(&after, &before),
    }
}

/// What others name and these changes take out of use, as saving it alone would tell.
fn left_named(changes: &[Box<dyn Change>], before: &Documents, after: &Documents) -> Vec<Problem> {
    let references = changes.iter().map(|change| change.reference());
    let left: HashSet<Reference> = references
        .filter(|one| {
            let state = one.state(after);
            state.is_some_and(|state| !state.is_active()) && state != one.state(before)
        })
        .collect();
    if left.is_empty() {
        return Vec::new();
    }
    // One pass over all documents, however many of them were changed.
    let uses = after.uses(|named| left.contains(&named)).into_iter();
    let warnings = uses.map(|one| one.warning().under(&place(one.named)));
    Problem::listed(warnings.collect())
}

fn entries(changes: &[Box<dyn Change>]) -> Vec<Entry> {
    let entry = |change: &dyn Change| {
        let (kind, id) = change.reference().parts();
        Entry {
            kind: kind.to_owned(),
            id,
            version: change.version(),
            before: change.documents().0,
        }
    };
    changes
        .iter()
        .map(|change| entry(change.as_ref()))
        .collect()
}

/// The problems of several entities, each under its own.
fn placed(refusals: Vec<Refusal>) -> Vec<Problem> {
    let told = refusals.into_iter().flat_map(|(reference, found)| {
        let place = place(reference);
        found.into_iter().map(move |one| one.under(&place))
    });
    told.collect()
}

/// `campaigns[12]`.
fn place(reference: Reference) -> String {
    let (word, id) = reference.parts();
    format!("{}s[{id}]", word.replace(' ', "_"))
}
