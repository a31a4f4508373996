//! A number that is raised or lowered by so many percent, or set.

use std::ops::RangeInclusive;

use super::{Input, Setting};
use crate::domain::form::Form;
use crate::domain::money::Micros;
use crate::domain::problem::Problem;
use crate::rules::effect::Change;

/// A hundredth of a percent to a hundredfold.
const RAISE: RangeInclusive<Micros> = Micros(10_000)..=Micros(9_900 * Micros::UNIT);
/// To nothing at most.
const LOWER: RangeInclusive<Micros> = Micros(10_000)..=Micros(100 * Micros::UNIT);

/// Reads one of `raise`, `lower` and `set`, and the bounds of the first two.
pub(super) fn read(form: &mut Form<'_>, values: &RangeInclusive<Micros>) -> Change {
    let sent = ["raise", "lower", "set"].map(|key| form.has(key));
    let raise = form.amount("raise", RAISE);
    let lower = form.amount("lower", LOWER);
    let set = form.amount("set", values.clone());
    let least = form.amount("least", values.clone());
    let most = form.amount("most", values.clone());
    if sent.iter().filter(|is_sent| **is_sent).count() != 1 {
        form.missing(
            "",
            "By how much? Send one of raise (\"20\" is 20 %), lower and set.",
        );
    }
    if let (Some(low), Some(high)) = (least, most)
        && low > high
    {
        let message = format!("It is less than least, {low}.");
        form.problem("most", "out_of_range", message);
    }
    if sent[2] && (least.is_some() || most.is_some()) {
        form.problem(
            "set",
            "invalid",
            "A number that is set needs neither least nor most: leave them out.",
        );
    }
    let percent = raise.or(lower.map(|lower| Micros(-lower.0)));
    match percent {
        Some(percent) => Change::Percent {
            percent,
            least,
            most,
        },
        None => Change::Set(set.unwrap_or(*values.start())),
    }
}

pub(super) fn settings() -> Vec<Setting> {
    vec![
        Setting::new(
            "raise",
            "Raise by",
            "Percent; one of raise, lower and set",
            Input::Percent,
        ),
        Setting::new("lower", "Lower by", "Percent", Input::Percent),
        Setting::new("set", "Set to", "What it is to be", Input::Amount),
        Setting::new(
            "least",
            "At least",
            "It is lowered no further",
            Input::Amount,
        ),
        Setting::new("most", "At most", "It is raised no further", Input::Amount),
    ]
}

/// Whether it is raised; `None` where it is set.
pub(super) fn is_up(change: Change) -> Option<bool> {
    match change {
        Change::Percent { percent, .. } => Some(percent > Micros::ZERO),
        Change::Set(_) => None,
    }
}

/// That nothing stops a rule which acts again and again.
pub(super) fn unbounded(change: Change) -> Option<Problem> {
    let Change::Percent {
        percent,
        least,
        most,
    } = change
    else {
        return None;
    };
    let (field, bound, way) = match percent > Micros::ZERO {
        true => ("most", most, "raises"),
        false => ("least", least, "lowers"),
    };
    bound.is_none().then(|| {
        let message = format!(
            "Each time that the rule acts it {way} what it has {} before: set {field}.",
            way.replace("ses", "sed").replace("ers", "ered")
        );
        Problem::new(field, "no_bound", message)
    })
}
