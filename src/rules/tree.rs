//! Conditions, compiled. An answer may be yes, no, or not without the numbers.

use super::fact;
use super::known;
use super::number::Number;
use super::subject::{Seen, Subject};
use crate::domain::money::Micros;
use crate::domain::problem::Problem;
use crate::domain::rule::{Comparison, Condition, Membership, Minimum, Rule, Than};

pub(super) enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Number {
        number: Number,
        is: Comparison,
        than: Bound,
    },
    Fact {
        key: String,
        is: Membership,
        values: Vec<String>,
    },
}

/// What a number is compared with.
pub(super) enum Bound {
    Value(Micros),
    Times(Micros, Number),
}

impl Tree {
    /// The minimum and the conditions of a rule; every problem with its field.
    pub(super) fn compile(rule: &Rule, problems: &mut Vec<Problem>) -> Self {
        let mut all = minimum(&rule.minimum);
        all.push(Self::read(&rule.conditions, "conditions", rule, problems));
        Tree::All(all)
    }

    fn read(condition: &Condition, path: &str, rule: &Rule, problems: &mut Vec<Problem>) -> Self {
        let mut list = |word: &str, conditions: &[Condition]| -> Vec<Tree> {
            let each = conditions.iter().enumerate();
            each.map(|(index, one)| {
                Self::read(one, &format!("{path}.{word}[{index}]"), rule, problems)
            })
            .collect()
        };
        match condition {
            Condition::All(conditions) => Tree::All(list("all", conditions)),
            Condition::Any(conditions) => {
                let list = list("any", conditions);
                if list.is_empty() {
                    let message = "None of no conditions can hold: leave any out, or fill it.";
                    problems.push(Problem::new(format!("{path}.any"), "invalid", message));
                }
                Tree::Any(list)
            }
            Condition::Metric { metric, is, than } => {
                let mut number = |field: &str, key: &str| {
                    Number::parse(key).unwrap_or_else(|message| {
                        let field = format!("{path}.{field}");
                        problems.push(Problem::new(field, "unknown", message));
                        Number::Payout
                    })
                };
                Tree::Number {
                    number: number("metric", metric),
                    is: *is,
                    than: match than {
                        Than::Value(value) => Bound::Value(*value),
                        Than::Times(times) => {
                            Bound::Times(times.value, number("times.of", &times.of))
                        }
                    },
                }
            }
            Condition::Fact { fact, is, values } => {
                problems.extend(fact_problems(fact, values, path, rule));
                Tree::Fact {
                    key: fact.clone(),
                    is: *is,
                    values: values.clone(),
                }
            }
        }
    }

    /// Whether it holds; `None` where that cannot be said before somebody looks at the numbers.
    pub(super) fn holds(&self, subject: &Subject<'_>) -> Option<bool> {
        match self {
            Tree::All(list) => each(list, subject, false),
            Tree::Any(list) => each(list, subject, true),
            Tree::Number { number, is, than } => {
                let (value, of) = match than {
                    Bound::Value(value) => (*value, Seen::Is(Some(Micros::ONE))),
                    Bound::Times(times, of) => (*times, subject.number(of)),
                };
                match (subject.number(number), of) {
                    // What has no value fits nothing, whatever the other one is.
                    (Seen::Is(None), _) | (_, Seen::Is(None)) => Some(false),
                    (Seen::Is(Some(left)), Seen::Is(Some(of))) => {
                        let left = i128::from(left.0) * i128::from(Micros::UNIT);
                        Some(is.holds(left, i128::from(value.0) * i128::from(of.0)))
                    }
                    (Seen::NotYet, _) | (_, Seen::NotYet) => None,
                }
            }
            Tree::Fact { key, is, values } => {
                let fact = subject.fact(key);
                let is_there = fact.is_some_and(|fact| values.contains(&fact));
                Some(is_there == (*is == Membership::In))
            }
        }
    }

    /// Every number in it, in the order in which they stand, each once.
    pub(super) fn numbers(&self, found: &mut Vec<Number>) {
        let mut note = |number: &Number| {
            if !found.contains(number) {
                found.push(number.clone());
            }
        };
        match self {
            Tree::All(list) | Tree::Any(list) => list.iter().for_each(|one| one.numbers(found)),
            Tree::Number { number, than, .. } => {
                note(number);
                if let Bound::Times(_, of) = than {
                    note(of);
                }
            }
            Tree::Fact { .. } => {}
        }
    }
}

/// One that is `decisive` decides; else one that is not known leaves it open.
fn each(list: &[Tree], subject: &Subject<'_>, decisive: bool) -> Option<bool> {
    let mut all = Some(!decisive);
    for one in list {
        match one.holds(subject) {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => all = None,
        }
    }
    all
}

fn minimum(minimum: &Minimum) -> Vec<Tree> {
    let count = |number: u64| Micros(i64::try_from(number).unwrap_or(i64::MAX) * Micros::UNIT);
    let least = [
        ("clicks", count(minimum.clicks)),
        ("conversions", count(minimum.conversions)),
        ("cost", minimum.cost),
    ];
    let asked = least.into_iter().filter(|(_, least)| least.0 > 0);
    asked
        .filter_map(|(key, least)| {
            Some(Tree::Number {
                number: Number::find(key)?,
                is: Comparison::AtLeast,
                than: Bound::Value(least),
            })
        })
        .collect()
}

fn fact_problems(key: &str, values: &[String], path: &str, rule: &Rule) -> Vec<Problem> {
    let fact = match known::fact(rule, key) {
        Ok(fact) => fact,
        Err(message) => {
            let code = match fact::find(key) {
                Some(_) => "not_known_here",
                None => "unknown",
            };
            return vec![Problem::new(format!("{path}.fact"), code, message)];
        }
    };
    if values.is_empty() {
        let message = format!("Which values? Send values: [\"{}\"].", fact.example);
        return vec![Problem::new(format!("{path}.values"), "required", message)];
    }
    let refused = values.iter().enumerate().filter_map(|(index, value)| {
        let field = format!("{path}.values[{index}]");
        Some(Problem::new(field, "invalid", fact.refuses(value)?))
    });
    refused.collect()
}
