//! What is wrong with an own metric among all others.

use super::compile::{Flaw, compile};
use crate::domain::documents::Documents;
use crate::domain::event::Event;
use crate::domain::form::quoted;
use crate::domain::nearest::nearest;
use crate::domain::network::KeptKind;
use crate::domain::own_metric::{Expression, OwnMetric};
use crate::domain::problem::Problem;
use crate::report::{MetricRef, dimension, metric};

/// Why it cannot be stored. `documents` hold it already.
pub fn problems(own: &OwnMetric, documents: &Documents, is_new: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    // What a later version calls so must not keep anybody from saving.
    if is_new && let Some(what) = owner(&own.key) {
        let message = format!(
            "The key \"{0}\" is {what} of Millrace itself; choose another, such as \"my_{0}\".",
            own.key
        );
        problems.push(Problem::new("key", "key_taken", message));
    }
    let broken = match (&own.formula, compile(own, documents)) {
        (Some(_), Err(flaw)) => Some(flaw.to_string()),
        (Some(_), Ok(_)) => broken_elsewhere(own, documents),
        // What is wrong with its text is told there.
        (None, _) => None,
    };
    problems.extend(broken.map(|message| Problem::new("formula", "invalid", message)));
    problems
}

/// What stands in rows of reports beside dimensions and metrics.
const OF_ROWS: &[&str] = &["children", "more", "previous"];

/// What reports call so without it: it would stand in their rows twice.
fn owner(key: &str) -> Option<&'static str> {
    let families = metric::of_events().chain(metric::of_kept());
    if metric::all().chain(families).any(|one| one.key == key) {
        return Some("a metric");
    }
    // Beside `campaign_id` stands the name, as `campaign`.
    let is_dimension = |known: &str| known == key || known.strip_suffix("_id") == Some(key);
    if dimension::all().any(|one| is_dimension(one.key)) {
        return Some("a dimension");
    }
    OF_ROWS.contains(&key).then_some("a word")
}

/// Another own metric that comes to too much by what this one is now.
fn broken_elsewhere(own: &OwnMetric, documents: &Documents) -> Option<String> {
    let others = documents.metrics.values().filter(|one| one.id != own.id);
    let mut broken = others.filter_map(|other| match compile(other, documents) {
        Err(flaw @ (Flaw::TooDeep(_) | Flaw::TooLarge)) if reaches(other, own, documents) => {
            Some((other, flaw))
        }
        _ => None,
    });
    let (other, flaw) = broken.next()?;
    let name = quoted(&other.name);
    Some(format!("It would break metric {} {name}: {flaw}", other.id))
}

/// Whether one own metric comes to name another.
fn reaches(from: &OwnMetric, to: &OwnMetric, documents: &Documents) -> bool {
    let mut reached = vec![from.key.as_str()];
    let mut next = 0;
    while let Some(key) = reached.get(next).copied() {
        next += 1;
        let found = OwnMetric::of_key(documents, key);
        let names = found.into_iter().flat_map(|one| &one.formula);
        for name in names.flat_map(Expression::names) {
            if *name == to.key {
                return true;
            }
            if !reached.contains(&name.as_str()) {
                reached.push(name);
            }
        }
    }
    false
}

/// What the operator should know of it although it is stored: events and kept numbers that are not
/// there, and what keeps it from being worked out.
pub fn doubts(own: &OwnMetric, documents: &Documents) -> Vec<Problem> {
    let expression = match compile(own, documents) {
        Ok(expression) => expression,
        Err(flaw) => {
            let message = format!("It has no value: {flaw}");
            return vec![Problem::new("formula", "does_not_compile", message)];
        }
    };
    let mut doubts: Vec<Problem> = Vec::new();
    for metric in expression.names() {
        let doubt = unknown_event(metric, documents).or_else(|| unknown_number(metric, documents));
        doubts.extend(doubt.filter(|doubt| !doubts.contains(doubt)));
    }
    doubts
}

fn unknown_event(metric: &MetricRef, documents: &Documents) -> Option<Problem> {
    let key = metric.event()?;
    if Event::of_key(documents, key).is_some() {
        return None;
    }
    let known = documents.events.values().map(|event| event.key.as_str());
    let mut message = format!("There is no event {}.", quoted(key));
    if let Some(near) = nearest(key, known) {
        message.push_str(&format!(" Did you mean \"{near}\"?"));
    }
    Some(Problem::new("formula", "unknown_event", message))
}

fn unknown_number(metric: &MetricRef, documents: &Documents) -> Option<Problem> {
    let name = metric.kept()?;
    if kept_numbers(documents).any(|known| known == name) {
        return None;
    }
    let mut message = format!(
        "No network is told to keep a number {}: put it into the network's keep.",
        quoted(name)
    );
    if let Some(near) = nearest(name, kept_numbers(documents)) {
        message.push_str(&format!(" Or did you mean \"{near}\"?"));
    }
    Some(Problem::new("formula", "unknown_number", message))
}

/// Names of numbers that some network is told to keep; some may come twice.
pub(super) fn kept_numbers(documents: &Documents) -> impl Iterator<Item = &str> {
    let networks = documents.networks.values();
    let kept = networks.flat_map(|network| &network.keep);
    let numbers = kept.filter(|kept| kept.kind == KeptKind::Number);
    numbers.map(|kept| kept.name.as_str())
}
