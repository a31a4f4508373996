//! Tests of one value: is it one of these, is it like that, is it larger? Of dimensions and of metrics.
//!
//! A filter is written `{"dimension": "country", "operator": "in", "value": ["DE", "AT"]}`, or with a
//! `metric` instead of the dimension. Values of dimensions are texts, and what is empty counts as the
//! empty text: it is not equal to `x`, does not contain `x`, and is `equals` to `""` or `null`.
//!
//! - `equals` and `in` tell letter case apart, as rows do: whatever stands in a row finds that row.
//! - What searches (`contains`, `begins_with`, `ends_with`, `mask`) does not. A regexp does; `(?i)` in
//!   front of it changes that.
//! - Numbers are compared as numbers, of any length; in a dimension of texts too, if the value that
//!   is sent is a number. Texts that are none are then neither smaller nor larger.
//! - A metric that has no value (nothing to divide by) fits `is_not_set` and nothing else.
//!
//! Adding an operator: one row in `operator.rs`.

mod decimal;
mod number;
mod operator;
mod test;
#[cfg(test)]
mod tests;

pub use number::NumberTest;
pub use operator::{Operator, Takes, all, find};
pub use test::Test;

use self::operator::How;
use crate::domain::form::{Form, quoted};
use crate::domain::nearest::nearest;
use crate::report::dimension::{DimensionRef, Input};

/// Most values of one filter.
pub const VALUES_MAX: usize = 10_000;
/// Longest value, in bytes; facts are cut there when they are stored.
pub const VALUE_MAX: usize = 1_024;

/// A test of the values of a dimension.
#[derive(Debug, Clone)]
pub struct Filter {
    pub dimension: DimensionRef,
    pub test: Test,
}

impl Filter {
    /// Reads `{"dimension", "operator", "value"}`; `None` if something is wrong with it.
    pub fn read(form: &mut Form<'_>) -> Option<Filter> {
        let key = form.text("dimension");
        let found = DimensionRef::parse(key);
        match &found {
            Ok(_) => {}
            Err(_) if key.is_empty() => form.missing(
                "dimension",
                "Which values are tested? Name a dimension, such as \"country\".",
            ),
            Err(unknown) => {
                let message = unknown_dimension(key, unknown.nearest);
                form.problem("dimension", "unknown_field", message);
            }
        }
        // Read in any case, so that all problems are told at once.
        let input = found.as_ref().map(|found| found.dimension().input);
        let test = Test::read(form, input.unwrap_or(Input::Text));
        Some(Filter {
            dimension: found.ok()?,
            test: test?,
        })
    }

    pub fn holds(&self, value: Option<&str>) -> bool {
        self.test.holds(value)
    }
}

/// Why there is no such dimension, and what was probably meant.
pub fn unknown_dimension(key: &str, near: Option<&str>) -> String {
    let advice = match near {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => "GET /api/v1/reports/fields lists them.".to_owned(),
    };
    format!("There is no dimension {}. {advice}", quoted(key))
}

/// The field `operator`: one of those that are `fit`; `None` if it is none.
fn read_operator(
    form: &mut Form<'_>,
    fit: impl Fn(&Operator) -> bool,
) -> Option<&'static Operator> {
    let key = form.text("operator");
    let known = || all().iter().filter(|operator| fit(operator));
    if key.is_empty() {
        form.missing(
            "operator",
            "How is it tested? Send an operator, such as \"equals\".",
        );
        return None;
    }
    let found = known().find(|operator| operator.key == key);
    if found.is_none() {
        let mut message = match find(key) {
            Some(_) => format!("{} is for dimensions, whose values are texts.", quoted(key)),
            None => format!("There is no operator {}.", quoted(key)),
        };
        match nearest(key, known().map(|operator| operator.key)) {
            Some(near) => message.push_str(&format!(" Did you mean \"{near}\"?")),
            None => {
                let keys: Vec<&str> = known().map(|operator| operator.key).collect();
                message.push_str(&format!(" There are {}.", keys.join(", ")));
            }
        }
        form.problem("operator", "unknown_operator", message);
    }
    found
}

/// Notes a value that was sent to an operator that takes none.
fn refuse_value(form: &mut Form<'_>, operator: &Operator) {
    if form.value("value").is_some() {
        let message = format!("\"{}\" takes no value; leave it out.", operator.key);
        form.problem("value", "invalid", message);
    }
}
