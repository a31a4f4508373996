//! What a rule says to people: text with `{names}` of words, metrics, dimensions and facts.
//!
//! At a conversion all macros of outgoing postbacks work as well, and win over a metric or a fact of
//! the same name: `{cost}` is there the cost of the click. What is no name stays as it is.

use super::known::{self, Known};
use super::number::Number;
use super::scene::Scene;
use super::subject::Seen;
use super::word::{self, Word};
use crate::domain::form::Form;
use crate::domain::money::Micros;
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::domain::rule::Rule;
use crate::macros::{Piece, Written, macro_problem, pieces, table};
use crate::report::{dimension, metric};

/// Longest text, in bytes.
const LONGEST: usize = 4_000;
/// What stands for a number without a value.
const NO_NUMBER: &str = "-";

pub(super) struct Text(Vec<Part>);

enum Part {
    Literal(String),
    Word(&'static Word),
    Number(Number),
    /// A dimension of the group, or a fact of the conversion.
    Fact(String),
    /// As it is written.
    Macro(String),
}

impl Text {
    /// The text of a setting; `None` if it is left out. Names that are none are warnings.
    pub(super) fn read(
        form: &mut Form<'_>,
        key: &'static str,
        known: &Known<'_>,
    ) -> Option<(Self, Vec<Problem>)> {
        let text = form.exact_text(key).trim_end();
        if text.is_empty() {
            return None;
        }
        if text.len() > LONGEST {
            let message = format!(
                "The text is {} bytes long, more than the {LONGEST} possible.",
                text.len()
            );
            form.problem(key, "out_of_range", message);
        }
        let (text, warnings) = Self::parse(text, known);
        let warnings = warnings.into_iter().map(|one| one.under(key)).collect();
        Some((text, warnings))
    }

    pub(super) fn parse(text: &str, known: &Known<'_>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let parts = pieces(text).into_iter().map(|piece| match piece {
            Piece::Text(text) => Part::Literal(text.to_owned()),
            Piece::Macro(written) => Part::of(&written, known.rule).unwrap_or_else(|problem| {
                problems.push(problem);
                Part::Literal(written.source.to_owned())
            }),
        });
        let parts = parts.collect();
        (Text(parts), problems)
    }

    /// What is said where the operator has written nothing: rule, group, and what its conditions
    /// looked at; of a conversion also what it is.
    pub(super) fn plain(known: &Known<'_>) -> Self {
        let mut text = "{rule_name}".to_owned();
        if known.is_at_conversion() {
            text.push_str("\n{campaign_name}: {event}, {status}, {payout} {currency}");
        }
        if !known.rule.group_by.is_empty() {
            text.push_str("\n{group}");
        }
        for number in known.numbers {
            let (label, unit) = (number.label(), number.unit());
            text.push_str(&format!("\n{label}: {{{number}}}{unit}"));
        }
        Self::parse(&text, known).0
    }

    /// The numbers that it shows.
    pub(super) fn numbers(&self) -> Vec<Number> {
        let numbers = self.0.iter().filter_map(|part| match part {
            Part::Number(number) => Some(number.clone()),
            _ => None,
        });
        numbers.collect()
    }

    pub(super) fn expand(&self, scene: &Scene<'_>) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(text) => out.push_str(text),
                // Values may come from visitors: none may begin a line, or hide what follows.
                _ => out.extend(part.value(scene).chars().filter(|sign| !sign.is_control())),
            }
        }
        out
    }
}

/// The bare value of one name, for programs; `None` if it is none, or has no value.
pub(super) fn value(name: &str, scene: &Scene<'_>) -> Option<String> {
    let source = format!("{{{name}}}");
    let [Piece::Macro(written)] = &pieces(&source)[..] else {
        return None;
    };
    match Part::of(written, scene.subject.rule).ok()? {
        Part::Number(number) => match scene.subject.number(&number) {
            Seen::Is(value) => value.map(|value| value.to_string()),
            Seen::NotYet => None,
        },
        part => Some(part.value(scene)),
    }
}

impl Part {
    /// What a name stands for.
    fn of(written: &Written<'_>, rule: &Rule) -> Result<Self, Problem> {
        let key = match written.argument {
            Some(argument) => format!("{}:{argument}", written.name),
            None => written.name.to_owned(),
        };
        if let Some(word) = word::find(&key) {
            return Ok(Part::Word(word));
        }
        let number = Number::find(&key);
        if known::is_at_conversion(rule)
            && let Some(found) = table::find_outgoing(written.name)
            // `{event:deposit}` is a metric, `{event}` a macro.
            && (written.argument.is_none() || found.argument.is_some() || number.is_none())
        {
            return match macro_problem(written.source) {
                None => Ok(Part::Macro(written.source.to_owned())),
                Some(problem) => Err(problem),
            };
        }
        if let Some(number) = number {
            return Ok(Part::Number(number));
        }
        match known::fact(rule, &key) {
            Ok(_) => Ok(Part::Fact(key)),
            Err(_) => Err(stays(written, &key, rule)),
        }
    }

    fn value(&self, scene: &Scene<'_>) -> String {
        match self {
            Part::Literal(text) => text.clone(),
            Part::Word(word) => (word.value)(scene).unwrap_or_default(),
            Part::Number(number) => match scene.subject.number(number) {
                Seen::Is(Some(value)) => shown(value, number).to_string(),
                Seen::Is(None) | Seen::NotYet => NO_NUMBER.to_owned(),
            },
            Part::Fact(key) => scene.subject.fact(key).unwrap_or_default(),
            Part::Macro(source) => match scene.subject.conversion {
                Some(conversion) => (conversion.macros)(source),
                None => String::new(),
            },
        }
    }
}

/// Two decimals of what is no money.
fn shown(value: Micros, number: &Number) -> Micros {
    const HUNDREDTH: i64 = Micros::UNIT / 100;
    let is_exact = match number {
        Number::Payout => true,
        Number::Metric(one) => one.metric().format == metric::Format::Money,
    };
    let rounded = value.scaled(1, HUNDREDTH);
    match rounded.filter(|_| !is_exact) {
        Some(hundredths) => Micros(hundredths.0.saturating_mul(HUNDREDTH)),
        None => value,
    }
}

/// A name that is none.
fn stays(written: &Written<'_>, key: &str, rule: &Rule) -> Problem {
    let words = word::ALL.iter().map(|word| word.name);
    let metrics = metric::all().map(|metric| metric.key);
    let facts = dimension::of_clicks().map(|dimension| dimension.key);
    let facts = facts.filter(|key| known::fact(rule, key).is_ok());
    let advice = match nearest(key, words.chain(metrics).chain(facts)) {
        Some(near) => format!(" Did you mean {{{near}}}?"),
        None => String::new(),
    };
    let message = format!(
        "{} is none of the names known here, so it stays as it is.{advice}",
        written.source
    );
    Problem::new("", "unknown_macro", message)
}
