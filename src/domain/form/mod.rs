//! Reads a JSON document field by field and collects every problem, each with its field path,
//! instead of stopping at the first.
//!
//! A reader asks the [`Form`] for each field and always gets a value: what was sent, or the
//! default, or, where the field is wrong, a stand-in. It returns the whole document; the document
//! counts only if no problem was noted. What the reader never asked for is an unknown field.
//!
//! ```
//! use millrace::domain::form::Form;
//!
//! let sent = serde_json::json!({ "weight": -5, "colour": "red" });
//! let problems = Form::read(&sent, |form| form.integer("weight", 0..=100, 1)).unwrap_err();
//! assert_eq!(problems[0].field, "weight");
//! assert_eq!(problems[1].code, "unknown_field");
//! ```

mod rows;
mod wording;

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::money::{Currency, Micros, NotMoney};
use super::nearest::nearest;
use super::problem::{LISTED, Problem};
use wording::shown;

pub use rows::row_path;
pub use wording::quoted;

/// Problems found so far: the first hundred, and how many more.
#[derive(Default)]
struct Problems {
    listed: Vec<Problem>,
    more: usize,
}

/// One JSON object of a document, with the path that leads to it.
pub struct Form<'a> {
    path: String,
    /// `None` if the value is not an object; then nothing in it is asked for.
    fields: Option<&'a Map<String, Value>>,
    known: Vec<&'static str>,
    problems: &'a mut Problems,
}

impl<'a> Form<'a> {
    /// Runs `reader` over the document: its result, or all problems.
    pub fn read<T>(
        document: &Value,
        reader: impl FnOnce(&mut Form<'_>) -> T,
    ) -> Result<T, Vec<Problem>> {
        match Self::draft(document, reader) {
            (result, problems) if problems.is_empty() => Ok(result),
            (_, problems) => Err(problems),
        }
    }

    /// Runs `reader` over the document: its result, with stand-ins for what is wrong, and all
    /// problems. For further checks whose problems are to be told at once with these.
    pub fn draft<T>(
        document: &Value,
        reader: impl FnOnce(&mut Form<'_>) -> T,
    ) -> (T, Vec<Problem>) {
        let mut problems = Problems::default();
        let result = Form::inside(String::new(), document, &mut problems, reader);
        if problems.more > 0 {
            problems.listed.push(Problem::more(problems.more));
        }
        (result, problems.listed)
    }

    fn inside<T>(
        path: String,
        value: &Value,
        problems: &mut Problems,
        reader: impl FnOnce(&mut Form<'_>) -> T,
    ) -> T {
        let mut form = Form {
            path,
            fields: value.as_object(),
            known: Vec::new(),
            problems,
        };
        if form.fields.is_none() {
            let message = format!("{} is not an object with fields.", shown(value));
            form.problem("", "invalid", message);
        }
        let result = reader(&mut form);
        form.note_unknown_fields();
        result
    }

    /// Notes a problem of a field of this form; `""` is the form itself.
    pub fn problem(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        if self.problems.listed.len() == LISTED {
            self.problems.more += 1;
            return;
        }
        let problem = Problem::new(field, code, message).under(&self.path);
        self.problems.listed.push(problem);
    }

    /// Notes what another check found in a field.
    pub fn checked<T>(
        &mut self,
        field: &str,
        result: Result<T, String>,
        stand_in: impl FnOnce() -> T,
    ) -> T {
        result.unwrap_or_else(|message| {
            self.problem(field, "invalid", message);
            stand_in()
        })
    }

    /// The field as it was sent. `null` is the same as left out.
    pub fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.fields?.get(key).filter(|value| !value.is_null())
    }

    /// Whether a field was sent, without asking for it.
    pub fn has(&self, key: &str) -> bool {
        let sent = self.fields.and_then(|fields| fields.get(key));
        sent.is_some_and(|value| !value.is_null())
    }

    /// Whether a field was sent, as `null` too, without asking for it.
    pub fn names(&self, key: &str) -> bool {
        self.fields.is_some_and(|fields| fields.contains_key(key))
    }

    /// Names a field that may be sent back but is the server's own.
    pub fn ignored(&mut self, key: &'static str) {
        self.known.push(key);
    }

    /// A number that only the server sets. Whatever else is sent counts as 0.
    pub fn server_number(&mut self, key: &'static str) -> u64 {
        self.value(key).and_then(Value::as_u64).unwrap_or(0)
    }

    /// Notes that a field is missing, unless the form itself is not there.
    pub fn missing(&mut self, key: &str, message: impl Into<String>) {
        if self.fields.is_some() {
            self.problem(key, "required", message);
        }
    }

    /// A text without the white space around it, empty if left out.
    pub fn text(&mut self, key: &'static str) -> &'a str {
        self.exact_text(key).trim()
    }

    /// A text as it was sent, empty if left out.
    pub fn exact_text(&mut self, key: &'static str) -> &'a str {
        match self.value(key) {
            None => "",
            Some(Value::String(text)) => text,
            Some(other) => {
                self.problem(
                    key,
                    "invalid",
                    format!("{} is not a text in quotes.", shown(other)),
                );
                ""
            }
        }
    }

    /// One of a list of words. Words and what they mean come in pairs.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        all: &[(&'static str, T)],
        left_out: T,
    ) -> T {
        self.known.push(key);
        match self.fields.and_then(|fields| fields.get(key)) {
            None | Some(Value::Null) => left_out,
            Some(value) => self.word(key, value, all).unwrap_or(left_out),
        }
    }

    /// A list of words, each at most once.
    pub fn choices<T: Copy + PartialEq>(
        &mut self,
        key: &'static str,
        all: &[(&'static str, T)],
        left_out: &[T],
    ) -> Vec<T> {
        let Some(values) = self.array(key, all.len().max(20)) else {
            return left_out.to_vec();
        };
        let mut chosen = Vec::new();
        for (index, value) in values.iter().enumerate() {
            let field = format!("{key}[{index}]");
            if let Some(word) = self.word(&field, value, all)
                && !chosen.contains(&word)
            {
                chosen.push(word);
            }
        }
        chosen
    }

    /// One of a list of words, in a field that is already at hand. `None` if it is wrong.
    pub fn word<T: Copy>(
        &mut self,
        field: &str,
        value: &Value,
        all: &[(&'static str, T)],
    ) -> Option<T> {
        let sent = value.as_str();
        if let Some(found) = all.iter().find(|(word, _)| sent == Some(word)) {
            return Some(found.1);
        }
        let words: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
        let mut message = format!("{} is none of {}.", shown(value), words.join(", "));
        if let Some(near) = sent.and_then(|sent| nearest(sent, words.iter().copied())) {
            message.push_str(&format!(" Did you mean \"{near}\"?"));
        }
        self.problem(field, "invalid", message);
        None
    }

    pub fn boolean(&mut self, key: &'static str, left_out: bool) -> bool {
        match self.value(key) {
            None => left_out,
            Some(Value::Bool(flag)) => *flag,
            Some(other) => {
                self.problem(
                    key,
                    "invalid",
                    format!("{} is neither true nor false.", shown(other)),
                );
                left_out
            }
        }
    }

    /// A whole number within a range.
    pub fn integer(&mut self, key: &'static str, range: RangeInclusive<u64>, left_out: u64) -> u64 {
        let Some(value) = self.value(key) else {
            return left_out;
        };
        if let Some(number) = value.as_u64().filter(|number| range.contains(number)) {
            return number;
        }
        let (code, what) = match value.is_number() {
            true => ("out_of_range", "is not a whole number"),
            false => ("invalid", "is not a number"),
        };
        let message = format!(
            "{} {what} from {} to {}.",
            shown(value),
            range.start(),
            range.end()
        );
        self.problem(key, code, message);
        left_out
    }

    /// A weight: 0 to 1,000,000, 100 if left out.
    pub fn weight(&mut self) -> u32 {
        self.integer("weight", 0..=WEIGHT_MAX, 100) as u32
    }

    /// The id of another entity.
    pub fn id(&mut self, key: &'static str) -> Option<u64> {
        let value = self.value(key)?;
        // Ids are stored in signed columns.
        let id = value
            .as_u64()
            .filter(|id| (1..=i64::MAX as u64).contains(id));
        if id.is_none() {
            self.problem(
                key,
                "invalid",
                format!("{} is not an id: a whole number from 1 up.", shown(value)),
            );
        }
        id
    }

    /// The id of another entity, which has to be given.
    pub fn required_id(&mut self, key: &'static str) -> u64 {
        let given = self.value(key).is_some();
        if !given {
            self.missing(key, format!("{key} is missing: name an id."));
        }
        self.id(key).unwrap_or(0)
    }

    /// An amount: a decimal text, or a whole number. `None` if left out or wrong.
    pub fn amount(&mut self, key: &'static str, range: RangeInclusive<Micros>) -> Option<Micros> {
        let value = self.value(key)?;
        self.amount_of(key, value, range)
    }

    /// The same in a field that is already at hand. `None` if it is wrong.
    pub fn amount_of(
        &mut self,
        field: &str,
        value: &Value,
        range: RangeInclusive<Micros>,
    ) -> Option<Micros> {
        let result = match value {
            Value::String(text) => exact(text.trim()),
            Value::Number(number) if number.is_i64() => exact(&number.to_string()),
            Value::Number(number) => Err(format!(
                "{number} as a JSON number may be inexact: put it in quotes, \"{number}\"."
            )),
            other => Err(format!(
                "{} is not an amount such as \"0.015\".",
                shown(other)
            )),
        };
        match result {
            Ok(amount) if range.contains(&amount) => Some(amount),
            Ok(amount) => {
                let (low, high) = (range.start(), range.end());
                let message = match *high == MOST {
                    true => format!("{amount} is less than {low}."),
                    false => format!("{amount} is not between {low} and {high}."),
                };
                self.problem(field, "out_of_range", message);
                None
            }
            Err(message) => {
                self.problem(field, "invalid", message);
                None
            }
        }
    }

    /// An amount from 0 up, 0 if left out.
    pub fn micros(&mut self, key: &'static str) -> Micros {
        self.amount(key, Micros::ZERO..=MOST)
            .unwrap_or(Micros::ZERO)
    }

    /// A currency code, USD if left out.
    pub fn currency(&mut self, key: &'static str) -> Currency {
        self.optional_currency(key).unwrap_or(Currency::USD)
    }

    /// A currency code. `None` if left out or wrong.
    pub fn optional_currency(&mut self, key: &'static str) -> Option<Currency> {
        let text = self.text(key);
        if text.is_empty() {
            return None;
        }
        let read = Currency::parse(text)
            .ok_or_else(|| format!("{text:?} is not a currency code such as USD or EUR."));
        self.checked(key, read.map(Some), || None)
    }

    /// An object inside this one; `None` if left out.
    pub fn object<T>(
        &mut self,
        key: &'static str,
        reader: impl FnOnce(&mut Form<'_>) -> T,
    ) -> Option<T> {
        let value = self.value(key)?;
        let path = self.path_of(key);
        Some(Form::inside(path, value, self.problems, reader))
    }

    /// A list of objects, empty if left out; `most` bounds its length.
    pub fn list<T>(
        &mut self,
        key: &'static str,
        most: usize,
        mut reader: impl FnMut(&mut Form<'_>, usize) -> T,
    ) -> Vec<T> {
        let values = self.array(key, most).unwrap_or_default();
        let read = |(index, value): (usize, &Value)| {
            let path = self.path_of(&format!("{key}[{index}]"));
            Form::inside(path, value, self.problems, |form| reader(form, index))
        };
        values.iter().enumerate().map(read).collect()
    }

    /// A list of ids, empty if left out.
    pub fn ids(&mut self, key: &'static str, most: usize) -> Vec<u64> {
        let values = self.array(key, most).unwrap_or_default();
        let mut ids = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            match value.as_u64().filter(|id| *id > 0) {
                Some(id) => ids.push(id),
                None => {
                    let message = format!("{} is not an id, a whole number above 0.", shown(value));
                    self.problem(&format!("{key}[{index}]"), "invalid", message);
                }
            }
        }
        ids
    }

    /// A list of texts, trimmed, without empty ones; empty if left out.
    pub fn texts(&mut self, key: &'static str, most: usize) -> Vec<String> {
        let values = self.array(key, most).unwrap_or_default();
        let mut texts = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            match value.as_str().map(str::trim) {
                Some("") => {}
                Some(text) => texts.push(text.to_owned()),
                None => {
                    let message = format!("{} is not a text.", shown(value));
                    self.problem(&format!("{key}[{index}]"), "invalid", message);
                }
            }
        }
        texts
    }

    /// An object whose keys are data; `known` are the keys that there can be.
    pub fn table<T>(
        &mut self,
        key: &'static str,
        known: &[&'static str],
        mut reader: impl FnMut(&mut Form<'_>) -> T,
    ) -> Vec<(String, T)> {
        let read = |form: &mut Form<'_>| {
            let mut rows = Vec::new();
            for name in known {
                if let Some(row) = form.object(name, &mut reader) {
                    rows.push(((*name).to_owned(), row));
                }
            }
            rows
        };
        self.object(key, read).unwrap_or_default()
    }

    fn array(&mut self, key: &'static str, most: usize) -> Option<&'a [Value]> {
        let value = self.value(key)?;
        match value.as_array() {
            Some(values) if values.len() <= most => Some(values),
            Some(values) => {
                let message = format!(
                    "{} entries are more than the {most} possible.",
                    values.len()
                );
                self.problem(key, "out_of_range", message);
                Some(&[])
            }
            None => {
                self.problem(key, "invalid", format!("{} is not a list.", shown(value)));
                Some(&[])
            }
        }
    }

    fn path_of(&self, key: &str) -> String {
        match self.path.is_empty() {
            true => key.to_owned(),
            false => format!("{}.{key}", self.path),
        }
    }

    fn note_unknown_fields(&mut self) {
        let Some(fields) = self.fields else { return };
        let known = std::mem::take(&mut self.known);
        for key in fields.keys().filter(|key| !known.contains(&key.as_str())) {
            let mut message = format!("There is no field {} here.", quoted(key));
            if let Some(near) = nearest(key, known.iter().copied()) {
                message.push_str(&format!(" Did you mean \"{near}\"?"));
            }
            let shortened: String = key.chars().take(100).collect();
            self.problem(&shortened, "unknown_field", message);
        }
    }
}

/// The largest weight.
pub const WEIGHT_MAX: u64 = 1_000_000;

/// No upper bound of an amount but what fits.
pub const MOST: Micros = Micros(i64::MAX);

/// An amount with nothing lost: at most six decimals.
fn exact(text: &str) -> Result<Micros, String> {
    let amount = text.parse().map_err(|error: NotMoney| {
        let comma = if text.contains(',') {
            "; write a point, no comma"
        } else {
            ""
        };
        format!("{} {error}{comma}.", quoted(text))
    })?;
    let decimals = text.split_once('.').map_or("", |(_, decimals)| decimals);
    match decimals.trim_end_matches('0').len() {
        0..=6 => Ok(amount),
        _ => Err(format!("{} has more than six decimals.", quoted(text))),
    }
}

#[cfg(test)]
mod tests;
