//! Cells that stand out: rules on the values of a metric.

use serde::Serialize;
use utoipa::ToSchema;

use super::super::form::{Form, MOST};
use super::super::money::Micros;
use super::read_key;

/// Colours the cells of a metric whose values are so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ColourRule {
    #[schema(example = "roi")]
    pub metric: String,
    pub operator: Comparison,
    /// A decimal.
    #[schema(value_type = String, example = "-20")]
    pub value: Micros,
    pub colour: Colour,
}

impl ColourRule {
    pub(super) fn from_form(form: &mut Form<'_>) -> Self {
        if !form.has("value") {
            form.missing(
                "value",
                "What is it compared with? Send a decimal in quotes.",
            );
        }
        ColourRule {
            metric: read_key(form, "metric"),
            operator: required(form, "operator", Comparison::ALL, Comparison::Less),
            value: form
                .amount("value", Micros(-MOST.0)..=MOST)
                .unwrap_or(Micros::ZERO),
            colour: required(form, "colour", Colour::ALL, Colour::Red),
        }
    }
}

fn required<T: Copy>(
    form: &mut Form<'_>,
    field: &'static str,
    all: &[(&'static str, T)],
    stand_in: T,
) -> T {
    if !form.has(field) {
        let words: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
        form.missing(field, format!("Send one of {}.", words.join(", ")));
    }
    form.choice(field, all, stand_in)
}

/// How a value is compared with that of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ColourComparison)]
pub enum Comparison {
    Equals,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub const ALL: &'static [(&'static str, Comparison)] = &[
        ("equals", Comparison::Equals),
        ("less", Comparison::Less),
        ("less_or_equal", Comparison::LessOrEqual),
        ("greater", Comparison::Greater),
        ("greater_or_equal", Comparison::GreaterOrEqual),
    ];
}

/// The palette: colours that can be told apart on light and on dark ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    Red,
    Orange,
    Yellow,
    Green,
    Blue,
    Violet,
    Grey,
}

impl Colour {
    pub const ALL: &'static [(&'static str, Colour)] = &[
        ("red", Colour::Red),
        ("orange", Colour::Orange),
        ("yellow", Colour::Yellow),
        ("green", Colour::Green),
        ("blue", Colour::Blue),
        ("violet", Colour::Violet),
        ("grey", Colour::Grey),
    ];
}
