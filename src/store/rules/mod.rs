//! What rules did: the log of their runs, what they changed field by field, and what is due.
//!
//! A run is written in the transaction of what it does ([`runs`]), so it says what happened. Its key
//! makes it the same run: done once, however often it is asked for. What it changed stands beside it
//! ([`moves`]): by that it is undone, and rules that would turn each other's work back find out.

pub mod bell;
pub mod dues;
pub mod log;
pub mod looks;
pub mod moment;
pub mod moves;
pub mod occasion;
pub mod runs;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A conversion left it, and it is to be done.
    Pending,
    /// All of it was done, some of it perhaps already before.
    Done,
    /// Everything was so already.
    Unchanged,
    /// No document was changed, and people were told why.
    Failed,
    /// The same, because another rule had just done the opposite.
    Conflict,
    /// Only noted.
    DryRun,
    /// Not done: it had acted on this group shortly before.
    CoolingDown,
    /// Not done: it had acted often enough this day.
    DayLimit,
    /// It was done, and an operator took it back.
    Undone,
}

impl Verdict {
    pub const ALL: &'static [(&'static str, Verdict)] = &[
        ("pending", Verdict::Pending),
        ("done", Verdict::Done),
        ("unchanged", Verdict::Unchanged),
        ("failed", Verdict::Failed),
        ("conflict", Verdict::Conflict),
        ("dry_run", Verdict::DryRun),
        ("cooling_down", Verdict::CoolingDown),
        ("day_limit", Verdict::DayLimit),
        ("undone", Verdict::Undone),
    ];

    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, one)| *one == self)
            .map_or("", |(word, _)| word)
    }

    fn of(word: &str) -> Option<Verdict> {
        let mut all = Self::ALL.iter();
        all.find(|(known, _)| *known == word).map(|(_, one)| *one)
    }
}

/// One field that a run changed, a message or a note.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Deed {
    /// `campaign`, `flow`, `landing`, `offer`, `list`; `message`, `call`, `note`; empty where not
    /// even that could be found out.
    #[schema(example = "campaign")]
    pub what: String,
    /// Of a message to a channel that of the channel.
    pub id: Option<u64>,
    pub name: String,
    /// `state`, `weight`, `budget.daily`, `values`; empty for messages and notes.
    #[schema(example = "state")]
    pub field: String,
    /// Where a weight of a landing or an offer stands.
    pub flow_id: Option<u64>,
    /// `null` for no budget, and for a value that was not on the list.
    pub before: Option<String>,
    /// `null` for a value that was taken off; of messages and notes their text.
    pub after: Option<String>,
    pub result: DeedResult,
    /// Why it was refused, or why nothing changed.
    pub reason: Option<String>,
    /// The call in the outbox that carries the message.
    pub outbox_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeedResult {
    #[default]
    Done,
    /// It was so already.
    Unchanged,
    Refused,
    /// Put into the outbox.
    Queued,
}
