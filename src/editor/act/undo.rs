//! A run taken back: each field becomes what it was, if it still is what the run made of it.

use super::drafts::Drafts;
use super::in_words;
use super::spot::Spot;
use crate::clock;
use crate::domain::id::Id;
use crate::domain::problem::Problem;
use crate::editor::{EditError, Editor};
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::rules::Verdict;
use crate::store::rules::moves::{self, Move};
use crate::store::rules::runs;

/// Why a run cannot be undone.
#[derive(Debug, thiserror::Error)]
pub enum RunUndoError {
    #[error("There is no run {}.", .0.to_row())]
    NotFound(Id),
    #[error("Run {} was undone already.", .0.to_row())]
    UndoneAlready(Id),
    /// It changed no document.
    #[error("Run {} has changed nothing that could be taken back: it is \"{}\".", .0.to_row(), .1.as_str())]
    NothingToUndo(Id, Verdict),
    /// What was changed since, a sentence each.
    #[error("The run cannot be undone as a whole. {}", .0.join(" "))]
    ChangedSince(Vec<String>),
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl From<StoreError> for RunUndoError {
    fn from(error: StoreError) -> Self {
        EditError::from(error).into()
    }
}

impl Editor {
    /// Takes back what a run changed in documents, in one transaction. What it told others stays
    /// told. The cool-down of its rule begins again, and for as long no rule does it again.
    pub fn undo_run(&self, readers: &Readers, id: Id) -> Result<(), RunUndoError> {
        let mut editing = self.begin();
        let documents = self.documents();
        let verdict = runs::verdict(readers, id)?.ok_or(RunUndoError::NotFound(id))?;
        if verdict == Verdict::Undone {
            return Err(RunUndoError::UndoneAlready(id));
        }
        let made = moves::of_run(readers, id)?;
        if made.is_empty() {
            return Err(RunUndoError::NothingToUndo(id, verdict));
        }
        let mut drafts = Drafts::of(&documents);
        let back = made.iter().rev().map(|one| take_back(one, &mut drafts));
        let changed: Vec<String> = back.filter_map(Result::err).collect();
        if !changed.is_empty() {
            return Err(RunUndoError::ChangedSince(changed));
        }
        let changes = drafts.changes();
        let checked = self.check(&editing, &documents, &changes);
        let checked = checked.map_err(|refusals| {
            let problem = Problem::new("", "invalid", in_words(refusals));
            EditError::Invalid(vec![problem])
        })?;
        let note = moves::undoing(id, clock::now_ms());
        Ok(self.store(&mut editing, checked, &changes, vec![note])?)
    }
}

/// What stands in the way is told as a sentence.
fn take_back(made: &Move, drafts: &mut Drafts<'_>) -> Result<(), String> {
    let unknown = || format!("This version does not know what {} is.", made.field.field);
    let spot = Spot::of(&made.field).ok_or_else(unknown)?;
    let before = spot.worth(made.before.as_deref()).ok_or_else(unknown)?;
    let now = spot.text(drafts.read(&spot)?);
    if now != made.after {
        let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
        return Err(match spot {
            Spot::Listed { list_id, value } => {
                let is = match now {
                    Some(_) => "is on",
                    None => "is no more on",
                };
                format!("The value {value:?} {is} list {list_id} now.")
            }
            _ => format!(
                "The {} is {} now, and the run had made it {}.",
                spot.called(),
                shown(&now),
                shown(&made.after)
            ),
        });
    }
    drafts.write(&spot, before)
}
