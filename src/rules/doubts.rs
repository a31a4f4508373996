//! What works and may not be meant.

use super::action::{Turn, Turned};
use super::compiled::{Compiled, compile};
use crate::domain::conversion::{CONVERSION, REBILL};
use crate::domain::documents::Documents;
use crate::domain::form::quoted;
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::domain::rule::{Condition, Minimum, Moment, Rule, Scope};

/// What the operator should know of a rule although it is stored. One that does not compile is told
/// so: an older version may have stored it.
pub fn doubts(rule: &Rule, documents: &Documents) -> Vec<Problem> {
    let compiled = match compile(rule) {
        Ok(compiled) => compiled,
        Err(problems) => return problems.into_iter().map(does_nothing).collect(),
    };
    let mut doubts = compiled.action_doubts();
    doubts.extend(unresting(rule));
    doubts.extend(unconditional(rule));
    doubts.extend(unknown_events(rule, &compiled, documents));
    if rule.state.is_active() {
        let others = documents.rules.values();
        let others = others.filter(|other| other.id != rule.id && other.state.is_active());
        doubts.extend(others.filter_map(|other| opposition(rule, &compiled, other)));
    }
    doubts
}

fn does_nothing(problem: Problem) -> Problem {
    let message = format!("The rule does nothing: {}", problem.message);
    Problem::new(problem.field, "does_not_compile", message)
}

fn unresting(rule: &Rule) -> Option<Problem> {
    let Moment::Every { minutes } = rule.moment else {
        return None;
    };
    (rule.cooldown_minutes == 0).then(|| {
        let message = format!(
            "Without a cool-down it acts again every {minutes} minutes for as long as its conditions hold."
        );
        Problem::new("cooldown_minutes", "no_cooldown", message)
    })
}

fn unconditional(rule: &Rule) -> Option<Problem> {
    let is_asked_often = matches!(rule.moment, Moment::Every { .. });
    let is_empty = matches!(&rule.conditions, Condition::All(list) if list.is_empty());
    (is_asked_often && is_empty && rule.minimum == Minimum::default()).then(|| {
        let message = "Without conditions it acts on every group, each time that it is asked.";
        Problem::new("conditions", "always_holds", message)
    })
}

/// Events of the operator's own that are not there.
fn unknown_events(rule: &Rule, compiled: &Compiled, documents: &Documents) -> Vec<Problem> {
    let known = || documents.events.values().map(|event| event.key.as_str());
    let own = |key: &&str| ![CONVERSION, REBILL].contains(key) && !known().any(|one| one == *key);
    let mut named: Vec<(String, &str)> = Vec::new();
    if let Moment::Conversion { events, .. } = &rule.moment {
        let events = events.iter().enumerate();
        named.extend(events.map(|(index, key)| (format!("moment.events[{index}]"), key.as_str())));
    }
    let metrics = compiled.metrics().iter();
    named.extend(metrics.filter_map(|metric| Some(("conditions".to_owned(), metric.event()?))));
    let unknown = named.into_iter().filter(|(_, key)| own(key));
    let told = unknown.map(|(field, key)| {
        let mut message = format!("There is no event {}.", quoted(key));
        if let Some(near) = nearest(key, known()) {
            message.push_str(&format!(" Did you mean \"{near}\"?"));
        }
        Problem::new(field, "unknown_event", message)
    });
    told.collect()
}

/// Another rule that turns back what this one does.
fn opposition(rule: &Rule, compiled: &Compiled, other: &Rule) -> Option<Problem> {
    if !overlap(&rule.scope, &other.scope) {
        return None;
    }
    let theirs = compile(other).ok()?;
    let mut pairs = compiled
        .turns()
        .flat_map(|own| theirs.turns().map(move |(_, their)| (own, their)));
    let ((index, own), _) = pairs.find(|((_, own), their)| own.is_undone_by(their))?;
    let rest = match rule.cooldown_minutes.min(other.cooldown_minutes) {
        0 => "without a cool-down they may take turns",
        _ => "the cool-down keeps them from taking turns",
    };
    let message = format!(
        "Rule {} {} {}; {rest}.",
        other.id,
        quoted(&other.name),
        own.undoing()
    );
    let field = format!("actions[{index}]");
    Some(Problem::new(field, "opposed", message))
}

fn overlap(one: &Scope, other: &Scope) -> bool {
    let lists = [
        (&one.campaign_ids, &other.campaign_ids),
        (&one.traffic_source_ids, &other.traffic_source_ids),
        (&one.offer_ids, &other.offer_ids),
    ];
    let meet = |(ours, theirs): &(&Vec<u64>, &Vec<u64>)| {
        ours.is_empty() || theirs.is_empty() || ours.iter().any(|id| theirs.contains(id))
    };
    lists.iter().all(meet)
}

impl Turn {
    fn is_undone_by(&self, other: &Turn) -> bool {
        let may_be_same = match (self.id, other.id) {
            (Some(own), Some(their)) => own == their,
            _ => true,
        };
        self.of == other.of && self.is_up != other.is_up && may_be_same
    }

    /// What another rule does to what this one did.
    fn undoing(&self) -> &'static str {
        match (self.of, self.is_up) {
            (Turned::State(_), true) => "pauses what this one resumes",
            (Turned::State(_), false) => "resumes what this one pauses",
            (Turned::List, true) => "takes off the list what this one puts there",
            (Turned::List, false) => "puts on the list what this one takes off",
            (Turned::Budget, true) => "lowers the budget that this one raises",
            (Turned::Budget, false) => "raises the budget that this one lowers",
            (Turned::Weight(_), true) => "lowers the weight that this one raises",
            (Turned::Weight(_), false) => "raises the weight that this one lowers",
        }
    }
}
