//! A test of the value of a metric.

use std::ops::{Bound, RangeBounds};

use serde_json::Value;

use super::{How, Operator, Takes, read_operator, refuse_value};
use crate::domain::form::Form;
use crate::domain::money::Micros;

const ANY: std::ops::RangeInclusive<Micros> = Micros(i64::MIN)..=Micros(i64::MAX);

/// Whether a number is one that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberTest {
    what: What,
    is_negated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Within(Bound<Micros>, Bound<Micros>),
    Set,
}

impl NumberTest {
    /// Reads the fields `operator` and `value`; `None` if something is wrong with them.
    pub fn read(form: &mut Form<'_>) -> Option<NumberTest> {
        let operator = read_operator(form, |operator| operator.for_metrics)?;
        let what = match operator.how {
            How::Set => {
                refuse_value(form, operator);
                What::Set
            }
            how => {
                let (low, high) = read_bounds(form, operator)?;
                match how {
                    How::Less => What::Within(Bound::Unbounded, Bound::Excluded(high)),
                    How::AtMost => What::Within(Bound::Unbounded, Bound::Included(high)),
                    How::Greater => What::Within(Bound::Excluded(low), Bound::Unbounded),
                    How::AtLeast => What::Within(Bound::Included(low), Bound::Unbounded),
                    _ => What::Within(Bound::Included(low), Bound::Included(high)),
                }
            }
        };
        Some(NumberTest {
            what,
            is_negated: operator.is_negated,
        })
    }

    /// In micro-units. What has no value fits `is_not_set` and nothing else.
    pub fn holds(&self, value: Option<Micros>) -> bool {
        match (&self.what, value) {
            (What::Set, value) => value.is_some() != self.is_negated,
            (What::Within(low, high), Some(value)) => {
                (*low, *high).contains(&value) != self.is_negated
            }
            (What::Within(..), None) => false,
        }
    }
}

/// The one number that was sent as both bounds, or the two of them.
fn read_bounds(form: &mut Form<'_>, operator: &Operator) -> Option<(Micros, Micros)> {
    let sent = form.value("value");
    if sent.is_none() {
        let message = format!("\"{}\" needs a value: a number.", operator.key);
        form.missing("value", message);
        return None;
    }
    if operator.takes == Takes::One {
        let value = form.amount("value", ANY)?;
        return Some((value, value));
    }
    let Some([low, high]) = sent.and_then(Value::as_array).map(Vec::as_slice) else {
        let message = format!(
            "\"{}\" needs a list of two numbers, such as [\"1\", \"2.5\"].",
            operator.key
        );
        form.problem("value", "invalid", message);
        return None;
    };
    let low = form.amount_of("value[0]", low, ANY);
    let high = form.amount_of("value[1]", high, ANY);
    let (low, high) = (low?, high?);
    if low > high {
        let message = format!("{low} is larger than {high}; swap them.");
        form.problem("value", "invalid", message);
        return None;
    }
    Some((low, high))
}
