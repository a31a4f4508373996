//! A test of the value of a dimension.

use std::cmp::Ordering;
use std::ops::Bound;

use ahash::AHashSet;
use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::decimal::Decimal;
use super::{How, Operator, Takes, VALUE_MAX, VALUES_MAX, read_operator, refuse_value};
use crate::domain::form::{Form, quoted};
use crate::domain::nearest::nearest;
use crate::report::dimension::Input;

/// Most bytes that a regexp may take when compiled. Its engine is linear in the text, whatever the regexp.
const REGEXP_BYTES: usize = 1 << 20;

/// Whether a value is one that is wanted.
#[derive(Debug, Clone)]
pub struct Test {
    what: What,
    is_negated: bool,
}

#[derive(Debug, Clone)]
enum What {
    Among {
        /// The empty text stands for what is empty; numbers are as [`alike`] writes them.
        texts: AHashSet<Box<str>>,
        is_numeric: bool,
    },
    Like(Regex),
    Within {
        low: Bound<Box<str>>,
        high: Bound<Box<str>>,
        /// Whether the bounds are numbers; then only numbers can fit.
        is_numeric: bool,
    },
    Set,
}

impl Test {
    /// Reads the fields `operator` and `value`; `None` if something is wrong with them. `input` says what
    /// the values are.
    pub fn read(form: &mut Form<'_>, input: Input) -> Option<Test> {
        let operator = read_operator(form, |_| true)?;
        if operator.takes == Takes::Nothing {
            refuse_value(form, operator);
        }
        let what = match operator.how {
            How::Among => {
                let (mut texts, is_numeric) = (AHashSet::new(), input == Input::Number);
                for (field, value) in sent(form, operator)? {
                    let text = text(value).and_then(|text| of_input(text, input));
                    let text = kept(form, &field, text)?;
                    texts.insert(match is_numeric {
                        true => alike(&text),
                        false => text.into(),
                    });
                }
                What::Among { texts, is_numeric }
            }
            How::Like(pattern) => {
                let (field, value) = sent(form, operator)?.pop()?;
                let text = kept(form, &field, text(value))?;
                let read = match text.is_empty() {
                    true => {
                        Err("An empty text is in all others; use is_set or is_not_set.".to_owned())
                    }
                    false => regexp(&text, &pattern(&text)),
                };
                What::Like(kept(form, &field, read)?)
            }
            How::Set => What::Set,
            _ => within(form, operator, input)?,
        };
        Some(Test {
            what,
            is_negated: operator.is_negated,
        })
    }

    /// `None` is empty, and so is the empty text.
    pub fn holds(&self, value: Option<&str>) -> bool {
        let text = value.unwrap_or_default();
        let holds = match &self.what {
            What::Among {
                texts,
                is_numeric: true,
            } => texts.contains(&alike(text)),
            What::Among { texts, .. } => texts.contains(text),
            What::Like(regexp) => regexp.is_match(text),
            What::Within {
                low,
                high,
                is_numeric,
            } => {
                let compared = |bound: &str| compared(text, bound, *is_numeric);
                let is_above = match low {
                    Bound::Unbounded => true,
                    Bound::Included(low) => compared(low).is_some_and(Ordering::is_ge),
                    Bound::Excluded(low) => compared(low).is_some_and(Ordering::is_gt),
                };
                is_above
                    && match high {
                        Bound::Unbounded => true,
                        Bound::Included(high) => compared(high).is_some_and(Ordering::is_le),
                        Bound::Excluded(high) => compared(high).is_some_and(Ordering::is_lt),
                    }
            }
            What::Set => !text.is_empty(),
        };
        holds != self.is_negated
    }
}

/// `None` where the text is empty, or no number among numbers.
fn compared(text: &str, bound: &str, is_numeric: bool) -> Option<Ordering> {
    match is_numeric {
        true => Some(Decimal::parse(text)?.cmp(&Decimal::parse(bound)?)),
        false => (!text.is_empty()).then(|| text.cmp(bound)),
    }
}

/// The same for equal numbers: `07` and `7`.
fn alike(text: &str) -> Box<str> {
    Decimal::parse(text).map_or_else(|| text.into(), |number| number.to_string().into())
}

/// The values that were sent, each with its field; as many as the operator takes.
fn sent<'a>(form: &mut Form<'a>, operator: &Operator) -> Option<Vec<(String, &'a Value)>> {
    let key = operator.key;
    // `null` is a value here: what is empty.
    let whole = form.value("value").unwrap_or(&Value::Null);
    if operator.takes == Takes::One {
        let is_among = matches!(operator.how, How::Among);
        if whole.is_null() && !(is_among && form.names("value")) {
            form.missing("value", format!("\"{key}\" needs a value."));
            return None;
        }
        return Some(vec![("value".to_owned(), whole)]);
    }
    let values = whole.as_array().map_or(&[][..], Vec::as_slice);
    let (fits, what) = match operator.takes {
        Takes::Two => (values.len() == 2, "a list of two values".to_owned()),
        _ => (
            (1..=VALUES_MAX).contains(&values.len()),
            format!("a list of 1 to {VALUES_MAX} values"),
        ),
    };
    if !fits {
        let code = if whole.is_null() {
            "required"
        } else {
            "invalid"
        };
        form.problem("value", code, format!("\"{key}\" needs {what}."));
        return None;
    }
    let fields = values.iter().enumerate();
    Some(
        fields
            .map(|(index, value)| (format!("value[{index}]"), value))
            .collect(),
    )
}

fn within(form: &mut Form<'_>, operator: &Operator, input: Input) -> Option<What> {
    let mut bounds = Vec::new();
    for (field, value) in sent(form, operator)? {
        let text = text(value).and_then(|text| match text.is_empty() {
            true => Err("Nothing is larger or smaller than what is empty.".to_owned()),
            false => bound_of_input(text, input),
        });
        bounds.push(kept(form, &field, text)?);
    }
    let is_numeric = bounds.iter().all(|bound| Decimal::parse(bound).is_some());
    let low = bounds.first()?.clone().into_boxed_str();
    let high = bounds.last()?.clone().into_boxed_str();
    if compared(&low, &high, is_numeric).is_none_or(Ordering::is_gt) {
        let message = format!(
            "{} is larger than {}; swap them.",
            quoted(&low),
            quoted(&high)
        );
        form.problem("value", "invalid", message);
        return None;
    }
    let (low, high) = match operator.how {
        How::Less => (Bound::Unbounded, Bound::Excluded(high)),
        How::AtMost => (Bound::Unbounded, Bound::Included(high)),
        How::Greater => (Bound::Excluded(low), Bound::Unbounded),
        How::AtLeast => (Bound::Included(low), Bound::Unbounded),
        _ => (Bound::Included(low), Bound::Included(high)),
    };
    Some(What::Within {
        low,
        high,
        is_numeric,
    })
}

/// Notes the problem of a field, if it has one.
fn kept<T>(form: &mut Form<'_>, field: &str, read: Result<T, String>) -> Option<T> {
    form.checked(field, read.map(Some), || None)
}

/// A value as the text that it is compared as.
fn text(value: &Value) -> Result<String, String> {
    let text = match value {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => {
            return Err("A value is a text or a number, no list and no object.".to_owned());
        }
    };
    match text.len() <= VALUE_MAX {
        true => Ok(text),
        false => Err(format!(
            "{} is {} bytes long, but values are compared up to {VALUE_MAX}.",
            quoted(&text),
            text.len()
        )),
    }
}

/// A value that a dimension can have, as it is stored.
fn of_input(text: String, input: Input) -> Result<String, String> {
    if text.is_empty() {
        return Ok(text);
    }
    match input {
        Input::Id { .. } | Input::Flow => match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(text),
            false => Err(format!("{} is not an id, a whole number.", quoted(&text))),
        },
        Input::Number => match Decimal::parse(&text) {
            Some(_) => Ok(text),
            None => Err(format!("{} is not a number.", quoted(&text))),
        },
        Input::Country => match text.len() == 2 {
            true => Ok(text.to_ascii_uppercase()),
            false => Err(format!(
                "{} is not a country of two letters such as \"DE\".",
                quoted(&text)
            )),
        },
        Input::Flag => one_of(text, &["true", "false"]),
        Input::Words { words } => one_of(text, words),
        Input::Text => Ok(text),
    }
}

fn one_of(text: String, words: &[&'static str]) -> Result<String, String> {
    if words.contains(&text.as_str()) {
        return Ok(text);
    }
    let mut message = format!("{} is none of {}.", quoted(&text), words.join(", "));
    if let Some(near) = nearest(&text, words.iter().copied()) {
        message.push_str(&format!(" Did you mean \"{near}\"?"));
    }
    Err(message)
}

/// What values of a dimension can be compared with.
fn bound_of_input(text: String, input: Input) -> Result<String, String> {
    match input {
        Input::Id { .. } | Input::Flow | Input::Number => of_input(text, Input::Number),
        _ => Ok(text),
    }
}

/// Compiled from the pattern that was made of a text.
fn regexp(text: &str, pattern: &str) -> Result<Regex, String> {
    let compiled = RegexBuilder::new(pattern).size_limit(REGEXP_BYTES).build();
    compiled.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => format!(
            "The regexp {} takes more memory than one may; write smaller repetitions.",
            quoted(text)
        ),
        error => {
            // The engine draws the pattern over several lines and ends with the reason.
            let told = error.to_string();
            let reason = told.lines().last().unwrap_or_default();
            let reason = reason.strip_prefix("error: ").unwrap_or(reason);
            format!("{} is no regexp: {reason}.", quoted(text))
        }
    })
}
