//! What a rule looks at: one group at one time, perhaps with the conversion that brought it about.

use super::number::{Number, PAYOUT};
use crate::domain::id::Id;
use crate::domain::money::Micros;
use crate::domain::rule::Rule;

/// One group of a rule, when it is asked whether the conditions hold of it.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub rule: &'a Rule,
    /// One for each dimension of `group_by`; `None` where the clicks have no such value.
    pub group: &'a [Option<String>],
    /// Of the run that its effects belong to.
    pub run_id: i64,
    /// UTC milliseconds.
    pub at: i64,
    /// `None` while nobody has looked at the numbers of the group.
    pub numbers: Option<Ask<'a, Micros>>,
    /// `None` for a rule that is asked every so many minutes.
    pub conversion: Option<Happened<'a>>,
}

/// Answers by a key; `None` where there is no value.
pub type Ask<'a, T> = &'a dyn Fn(&str) -> Option<T>;

/// The conversion that came or moved.
#[derive(Clone, Copy)]
pub struct Happened<'a> {
    pub id: Id,
    pub click_id: Option<Id>,
    /// What it pays, in the reporting currency.
    pub payout: Option<Micros>,
    /// Those of [`fact::ALL`](super::fact::ALL), and every dimension of the conversion and its click.
    pub facts: Ask<'a, String>,
    /// Expands one macro of an outgoing postback, as it is written: `{date:Y-m-d}`. The bare value:
    /// it is encoded here, for where it stands.
    pub macros: &'a dyn Fn(&str) -> String,
}

/// What is known of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    NotYet,
    /// `None` where there is nothing to divide by.
    Is(Option<Micros>),
}

impl Subject<'_> {
    pub(super) fn number(&self, number: &Number) -> Seen {
        match (number, self.conversion, self.numbers) {
            (Number::Payout, Some(conversion), _) => Seen::Is(conversion.payout),
            (_, _, None) => Seen::NotYet,
            (Number::Payout, None, Some(numbers)) => Seen::Is(numbers(PAYOUT)),
            (Number::Metric(metric), _, Some(numbers)) => Seen::Is(numbers(&metric.to_string())),
        }
    }

    /// A fact of the group, else of the conversion; never an empty text.
    pub(super) fn fact(&self, key: &str) -> Option<String> {
        let place = self.rule.group_by.iter().position(|one| one == key);
        let found = match place {
            Some(place) => self.group.get(place).cloned().flatten(),
            None => self.conversion.and_then(|one| (one.facts)(key)),
        };
        found.filter(|value| !value.is_empty())
    }
}
