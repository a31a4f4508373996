//! What rules want done, done: the way of every edit, many runs at once.
//!
//! A run is done whole or not at all: if one of its effects on documents is refused (it cannot be
//! resolved, another rule has just done the opposite, the documents would not be valid), none of them
//! is done, and its calls to others are not made either. Its messages to people are sent all the
//! same, with the reason in them, and its notes stand in the log: whoever set the rule up has to hear
//! that it failed. A run whose effects on documents are there already is `unchanged`, and says nothing:
//! a rule whose conditions go on holding is not heard again and again.
//!
//! Runs that are proposed together are checked together, compiled once and stored in one transaction
//! with their rows, what they changed and their messages. If they are refused together, each half is
//! tried by itself, down to the one run that is to blame. A run whose key is settled is left out, so
//! that asking again does nothing again.

mod drafts;
mod resolve;
mod rivals;
mod round;
mod spot;
#[cfg(test)]
mod tests;
mod undo;

use std::collections::HashSet;
use std::sync::Arc;

use self::drafts::Drafts;
use self::resolve::resolve;
use self::round::{Performed, Round};
use super::{EditError, Editing, Editor, Publish, Refusal};
use crate::domain::documents::Documents;
use crate::domain::id::IdGenerator;
use crate::domain::problem::Problem;
use crate::rules::Effect;
use crate::store::entities;
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::rules::Verdict;
use crate::store::rules::runs::{self, Judged, Run};

pub use undo::RunUndoError;

/// Runs that are stored in one transaction.
const PIECE: usize = 500;
/// Why a run was refused is told again after so long.
const TOLD_AGAIN_MS: i64 = 6 * 3_600_000;
/// Dry runs whose documents are compiled.
const CHECKED: usize = 20;

/// A run, and what its rule wants done. Its `at` is now, also where it waited.
#[derive(Debug, Clone)]
pub struct Proposed {
    pub run: Run,
    /// An error is why an action could not even be planned, for people.
    pub effects: Vec<Result<Effect, String>>,
}

impl Editor {
    /// Does what rules want done, and writes what became of it, if it is news. Those runs are answered
    /// that were not settled before, in their order; their messages have no ids of the outbox in the
    /// answer. What was planned from a rule that was edited since is left out.
    pub fn act(
        &self,
        readers: &Readers,
        ids: &Arc<IdGenerator>,
        proposed: Vec<Proposed>,
    ) -> Result<Vec<Judged>, EditError> {
        let mut judged = Vec::with_capacity(proposed.len());
        let mut left = proposed.into_iter().peekable();
        while left.peek().is_some() {
            let piece: Vec<Proposed> = left.by_ref().take(PIECE).collect();
            let _ready = self.compile_lists_ahead(&piece);
            let mut editing = self.begin();
            let mut piece = unsettled(readers, piece)?;
            let documents = self.documents();
            piece.retain(|one| is_current(&one.run, &documents));
            self.act_on(&mut editing, readers, ids, &piece, &mut judged)?;
        }
        Ok(judged)
    }

    /// What would become of runs, each by itself, as dry ones that may be kept; also of rules that are
    /// paused, or not stored. Only of the first few it is looked whether the documents would be valid:
    /// that compiles them.
    pub fn would(
        &self,
        readers: &Readers,
        proposed: &[Proposed],
    ) -> Result<Vec<Judged>, StoreError> {
        let mut judged = Vec::with_capacity(proposed.len());
        for (index, one) in proposed.iter().enumerate() {
            let documents = self.documents();
            let mut round = Round::of(&documents, readers);
            let mut performed = round.perform(one)?;
            let changes = round.changes();
            if index < CHECKED
                && !changes.is_empty()
                && let Err(refusals) = self.check(&self.begin(), &documents, &changes)
            {
                performed.refuse(Verdict::Failed, in_words(refusals));
            }
            judged.push(Judged {
                verdict: Verdict::DryRun,
                moves: Vec::new(),
                ..performed.judged
            });
        }
        Ok(judged)
    }

    fn act_on(
        &self,
        editing: &mut Editing,
        readers: &Readers,
        ids: &Arc<IdGenerator>,
        proposed: &[Proposed],
        judged: &mut Vec<Judged>,
    ) -> Result<(), EditError> {
        let documents = self.documents();
        let mut round = Round::of(&documents, readers);
        let performed = proposed.iter().map(|run| round.perform(run));
        let mut performed = performed.collect::<Result<Vec<_>, _>>()?;
        let changes = round.changes();
        let mut checked = None;
        if !changes.is_empty() {
            match self.check(editing, &documents, &changes) {
                Ok(found) => checked = Some(found),
                Err(refusals) => match &mut performed[..] {
                    [alone] => alone.refuse(Verdict::Failed, in_words(refusals)),
                    _ => {
                        let (first, second) = proposed.split_at(proposed.len() / 2);
                        self.act_on(editing, readers, ids, first, judged)?;
                        return self.act_on(editing, readers, ids, second, judged);
                    }
                },
            }
        }
        judged.extend(performed.iter().map(|one| one.judged.clone()));
        let mut news = Vec::with_capacity(performed.len());
        for one in performed {
            if one.is_at_conversion() || is_news(readers, &one.judged)? {
                news.push(one);
            }
        }
        let work = news.into_iter().map(|one| {
            let Performed { judged, told } = one;
            runs::saving(judged, told, Arc::clone(ids), Arc::clone(&documents))
        });
        match checked {
            Some(checked) => self.store(editing, checked, &changes, work.collect()),
            None => Ok(entities::save_all(&self.writer, work.collect())?),
        }
    }

    /// Compiles lists as they will be before other edits have to wait for it.
    fn compile_lists_ahead(&self, proposed: &[Proposed]) -> Option<Publish> {
        let documents = self.documents();
        let mut drafts = Drafts::of(&documents);
        let effects = proposed.iter().flat_map(|run| &run.effects).flatten();
        for effect in effects.filter(|effect| matches!(effect, Effect::List { .. })) {
            // What is refused is refused when it is done.
            for wanted in resolve(effect, &documents, &mut drafts).unwrap_or_default() {
                let _ = drafts.write(&wanted.spot, wanted.after);
            }
        }
        let changes = drafts.changes();
        if changes.is_empty() {
            return None;
        }
        let mut documents = Documents::clone(&documents);
        for change in changes {
            change.enter(&mut documents);
        }
        Some((self.compile)(&documents).0)
    }
}

/// Whether a run of a round stands in the log and is heard: what holds in every round and changes
/// nothing, or is refused for the same reason each time, would fill both.
fn is_news(readers: &Readers, judged: &Judged) -> Result<bool, StoreError> {
    let Judged {
        run,
        verdict,
        reason,
        ..
    } = judged;
    Ok(match verdict {
        Verdict::Unchanged => false,
        Verdict::Failed | Verdict::Conflict => {
            let refused = (run, *verdict, reason.as_deref());
            !runs::was_refused_lately(readers, refused, run.at, TOLD_AGAIN_MS)?
        }
        _ => true,
    })
}

/// Whether it was planned from the rule as it is. An edited rule is asked anew, and so is one that was
/// paused or archived meanwhile, if it is ever used again.
fn is_current(run: &Run, documents: &Documents) -> bool {
    let rule = documents.rules.get(&run.rule_id);
    rule.is_some_and(|rule| rule.version == run.rule_version && rule.state.is_active())
}

/// Those that are new or wait to be done, each key once. What waits keeps its id.
fn unsettled(readers: &Readers, proposed: Vec<Proposed>) -> Result<Vec<Proposed>, StoreError> {
    let mut keys = HashSet::new();
    let mut left = Vec::with_capacity(proposed.len());
    for mut one in proposed {
        match runs::find_key(readers, &one.run.key)? {
            Some((id, Verdict::Pending)) => one.run.id = id,
            Some(_) => continue,
            None => {}
        }
        if keys.insert(one.run.key.clone()) {
            left.push(one);
        }
    }
    Ok(left)
}

/// What is wrong, in sentences.
fn in_words(refusals: Vec<Refusal>) -> String {
    let told = |who: String, problem: Problem| match problem.field.is_empty() {
        true => format!("The {who}: {}", problem.message),
        false => format!("The {who} ({}): {}", problem.field, problem.message),
    };
    let words = refusals.into_iter().flat_map(|(who, problems)| {
        let problems = problems.into_iter();
        problems.map(move |problem| told(who.to_string(), problem))
    });
    words.collect::<Vec<_>>().join(" ")
}
