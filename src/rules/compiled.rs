//! A rule, read once and asked often.

use super::action::{self, Action, Turn};
use super::effect::Effect;
use super::known::{self, Known};
use super::number::Number;
use super::scene::Scene;
use super::subject::Subject;
use super::tree::Tree;
use crate::domain::documents::Documents;
use crate::domain::problem::Problem;
use crate::domain::rule::Rule;
use crate::report::MetricRef;
use crate::report::dimension::{self, Dimension};

/// A rule whose every word is known.
pub struct Compiled {
    dimensions: Vec<&'static Dimension>,
    metrics: Vec<MetricRef>,
    needs_payout: bool,
    /// Whether an action tells numbers.
    tells_numbers: bool,
    tree: Tree,
    actions: Vec<Box<dyn Action>>,
}

/// Whether the conditions of a rule hold of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    DoesNot,
    /// It cannot be said, or what is to be said of it is not known, before somebody has looked at the
    /// numbers of the group.
    NeedsNumbers,
}

/// Reads a rule.
///
/// # Errors
/// Every problem at once, with its field.
pub fn compile(rule: &Rule) -> Result<Compiled, Vec<Problem>> {
    let mut problems = Vec::new();
    let dimensions = dimensions(rule, &mut problems);
    let tree = Tree::compile(rule, &mut problems);
    let mut numbers = Vec::new();
    tree.numbers(&mut numbers);
    let known = Known {
        rule,
        numbers: &numbers,
    };
    let mut actions = Vec::with_capacity(rule.actions.len());
    for (index, one) in rule.actions.iter().enumerate() {
        match action::compile(one, &known) {
            Ok(action) => actions.push(action),
            Err(found) => {
                let under = |one: Problem| one.under(&format!("actions[{index}]"));
                problems.extend(found.into_iter().map(under));
            }
        }
    }
    if rule.actions.is_empty() {
        let message = "What is to be done? Send actions: [{\"key\": \"pause_campaign\"}].";
        problems.push(Problem::new("actions", "required", message));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let is_looked_at = |number: &Number| match number {
        Number::Metric(_) => true,
        Number::Payout => !known::is_at_conversion(rule),
    };
    let told = actions.iter().flat_map(|action| action.numbers());
    let told: Vec<Number> = told.filter(is_looked_at).collect();
    let tells_numbers = !told.is_empty();
    numbers.retain(is_looked_at);
    for number in told {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    let metrics = numbers.iter().filter_map(|number| match number {
        Number::Metric(metric) => Some(metric.clone()),
        Number::Payout => None,
    });
    Ok(Compiled {
        dimensions,
        metrics: metrics.collect(),
        needs_payout: numbers.contains(&Number::Payout),
        tells_numbers,
        tree,
        actions,
    })
}

impl Compiled {
    /// Those of `group_by`, in its order.
    pub fn dimensions(&self) -> &[&'static Dimension] {
        &self.dimensions
    }

    /// All that minimum, conditions and texts name, each once.
    pub fn metrics(&self) -> &[MetricRef] {
        &self.metrics
    }

    /// Whether it asks what one conversion pays in the campaign of a group.
    pub fn needs_payout(&self) -> bool {
        self.needs_payout
    }

    /// Whether any group may need its numbers.
    pub fn needs_numbers(&self) -> bool {
        self.needs_payout || !self.metrics.is_empty()
    }

    /// Whether the rule is to act.
    pub fn verdict(&self, subject: &Subject<'_>) -> Verdict {
        match self.tree.holds(subject) {
            Some(false) => Verdict::DoesNot,
            Some(true) if subject.numbers.is_some() || !self.tells_numbers => Verdict::Holds,
            Some(true) | None => Verdict::NeedsNumbers,
        }
    }

    /// What is to be done, action by action; an error says why one cannot be done.
    pub fn plan(
        &self,
        subject: &Subject<'_>,
        documents: &Documents,
    ) -> Vec<Result<Effect, String>> {
        let actions = self.actions.iter().enumerate();
        let plan = actions.map(|(index, action)| {
            action.plan(&Scene {
                subject,
                documents,
                index,
            })
        });
        plan.collect()
    }

    /// What another rule can turn back, with the place of the action.
    pub(super) fn turns(&self) -> impl Iterator<Item = (usize, Turn)> {
        let actions = self.actions.iter().enumerate();
        actions.filter_map(|(index, action)| Some((index, action.turn()?)))
    }

    /// What its actions do that may not be meant.
    pub(super) fn action_doubts(&self) -> Vec<Problem> {
        let mut doubts = Vec::new();
        for (index, action) in self.actions.iter().enumerate() {
            let field = format!("actions[{index}].value");
            doubts.extend(action.doubts().into_iter().map(|one| one.under(&field)));
        }
        doubts
    }
}

fn dimensions(rule: &Rule, problems: &mut Vec<Problem>) -> Vec<&'static Dimension> {
    let mut dimensions = Vec::with_capacity(rule.group_by.len());
    for (index, key) in rule.group_by.iter().enumerate() {
        match dimension::find_of_click(key) {
            Some(found) => dimensions.push(found),
            None => {
                let advice = match dimension::nearest_of_click(key) {
                    Some(near) => format!("Did you mean \"{near}\"?"),
                    None => "GET /api/v1/options lists them under dimensions.".to_owned(),
                };
                let key = crate::domain::form::quoted(key);
                let message = format!("There is no dimension {key}. {advice}");
                let field = format!("group_by[{index}]");
                problems.push(Problem::new(field, "unknown", message));
            }
        }
    }
    dimensions
}
