//! What a rule can do. One file each, or one for those that are alike.
//!
//! An [`ActionKind`] reads its settings when a rule is saved; the [`Action`] it makes of them says for
//! each group which [`Effect`] is wanted. Nobody acts here.
//!
//! | file | what it knows |
//! |---|---|
//! | `setting.rs` | which editor the dashboard draws for a setting |
//! | `target.rs` | which campaign, flow, landing or offer is meant |
//! | `change.rs` | a number that is raised, lowered or set |
//! | `switch.rs` | pause and resume |
//! | `weight.rs`, `budget.rs`, `list.rs`, `call_source.rs`, `message.rs`, `note.rs` | the other actions |
//!
//! Adding an action: 1. A file here with a unit struct that implements [`ActionKind`], and what it
//! compiles to. 2. Its line in `OTHERS`. The tests then ask it for everything that the dashboard
//! needs. 3. `UPDATE_README=1 cargo test --test readme`.

mod budget;
mod call_source;
mod change;
mod list;
mod message;
mod note;
mod setting;
mod switch;
mod target;
#[cfg(test)]
mod tests;
mod weight;

use serde::Serialize;
use serde_json::Value;

use super::effect::{Effect, What};
use super::known::Known;
use super::number::Number;
use super::scene::Scene;
use crate::domain::form::{Form, quoted};
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::domain::rule::RuleAction;

pub use setting::{Choice, Input, Setting};

/// Beside those that pause and resume.
static OTHERS: &[&dyn ActionKind] = &[
    &weight::SetWeight,
    &budget::SetBudget,
    &list::LIST_ADD,
    &list::LIST_REMOVE,
    &call_source::CallSource,
    &message::SendMessage,
    &note::WriteNote,
];

/// Every action, in the order in which pickers show them.
pub fn all() -> impl Iterator<Item = &'static dyn ActionKind> {
    let switches = switch::ALL.iter().map(|one| one as &dyn ActionKind);
    switches.chain(OTHERS.iter().copied())
}

/// A kind of action.
pub trait ActionKind: Sync {
    /// Its word in documents.
    fn key(&self) -> &'static str;

    fn label(&self) -> &'static str;

    /// One or two sentences: what it does, and to what.
    fn help(&self) -> &'static str;

    /// Settings that work in any rule.
    fn example(&self) -> Value;

    /// From these the dashboard draws the editor.
    fn settings(&self) -> Vec<Setting>;

    /// Reads the settings; what is wrong with them is noted in the form.
    fn compile(&self, form: &mut Form<'_>, known: &Known<'_>) -> Box<dyn Action>;
}

/// An action with its settings.
pub trait Action: Send + Sync {
    /// What it wants done.
    ///
    /// # Errors
    /// A sentence why it cannot be done for this group.
    fn plan(&self, scene: &Scene<'_>) -> Result<Effect, String>;

    /// The numbers that it tells.
    fn numbers(&self) -> Vec<Number> {
        Vec::new()
    }

    /// What it does can be undone by another rule.
    fn turn(&self) -> Option<Turn> {
        None
    }

    /// What works and may not be meant; the fields are relative to the settings.
    fn doubts(&self) -> Vec<Problem> {
        Vec::new()
    }
}

/// One of two ways in which something can be turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    pub(super) of: Turned,
    /// The one that is named; `None`: that of each group.
    pub(super) id: Option<u64>,
    /// Resumed, added, raised.
    pub(super) is_up: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turned {
    State(What),
    List,
    Budget,
    Weight(What),
}

/// Reads an action of a rule.
///
/// # Errors
/// All its problems, with fields relative to the action.
pub(super) fn compile(
    action: &RuleAction,
    known: &Known<'_>,
) -> Result<Box<dyn Action>, Vec<Problem>> {
    let Some(kind) = all().find(|kind| kind.key() == action.key) else {
        return Err(vec![unknown(&action.key)]);
    };
    let settings = match action.value.parsed() {
        Value::Bool(true) => Value::Object(serde_json::Map::new()),
        settings => settings,
    };
    let read = Form::read(&settings, |form| kind.compile(form, known));
    read.map_err(|problems| problems.into_iter().map(|one| one.under("value")).collect())
}

fn unknown(key: &str) -> Problem {
    let keys: Vec<_> = all().map(|kind| kind.key()).collect();
    let advice = match nearest(key, keys.iter().copied()) {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => format!("There are: {}.", keys.join(", ")),
    };
    let message = format!("There is no action {}. {advice}", quoted(key));
    Problem::new("key", "unknown", message)
}

/// An action as pickers need it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ActionOption {
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    #[schema(value_type = Object)]
    pub example: Value,
    pub settings: Vec<Setting>,
}

pub fn options() -> Vec<ActionOption> {
    let option = |kind: &'static dyn ActionKind| ActionOption {
        key: kind.key(),
        label: kind.label(),
        help: kind.help(),
        example: kind.example(),
        settings: kind.settings(),
    };
    all().map(option).collect()
}
