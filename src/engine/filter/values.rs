//! A filter's value as a list: an array, a pasted text, or named lists.

use serde_json::Value;

use super::lists::{Lists, NamedList};
use crate::domain::form::quoted;
use crate::domain::problem::Problem;

/// Between the place of a list in a value and the line in that list, in the field of a problem:
/// `[1].list_id.values[17]`.
pub(super) const LINE_OF_LIST: &str = ".list_id.values";

/// What parts the entries of a pasted text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    Lines,
    /// Lines, commas and semicolons.
    Commas,
    /// Commas and any white space.
    Words,
}

impl Split {
    fn parts(self, character: char) -> bool {
        match self {
            Split::Lines => matches!(character, '\n' | '\r'),
            Split::Commas => matches!(character, '\n' | '\r' | ',' | ';'),
            Split::Words => matches!(character, ',' | ';') || character.is_whitespace(),
        }
    }
}

/// One entry of a value.
pub(super) struct Entry<'v> {
    /// `[2]`; in a pasted text nothing.
    field: String,
    /// `Line 3: ` in a pasted text.
    place: String,
    pub(super) what: What<'v>,
}

pub(super) enum What<'v> {
    /// Trimmed, not empty, without control characters.
    Text(&'v str),
    /// The id of a named list.
    List(u64),
}

impl Entry<'_> {
    /// The problem of this entry.
    pub(super) fn problem(&self, message: impl AsRef<str>) -> Problem {
        let message = format!("{}{}", self.place, message.as_ref());
        Problem::new(self.field.clone(), "invalid", message)
    }

    /// The list is not there.
    pub(super) fn no_list(&self, id: u64) -> Problem {
        Problem::new(
            format!("{}.list_id", self.field),
            "unknown_reference",
            format!("There is no list {id}."),
        )
    }

    /// The problems of some lines of a list.
    pub(super) fn lines(&self, list: &NamedList, faults: &Faults) -> Vec<Problem> {
        let (id, name) = (list.document.id, quoted(&list.document.name));
        let place = format!("{}{LINE_OF_LIST}", self.field);
        let line = |(line, message): &(usize, String)| {
            let message = format!("Line {} of list {id} {name}: {message}", line + 1);
            Problem::new(format!("{place}[{line}]"), "invalid", message)
        };
        let mut problems: Vec<_> = faults.listed.iter().map(line).collect();
        if faults.more > 0 {
            let message = format!("{} more lines of list {id} are wrong.", faults.more);
            problems.push(Problem::new(place, "too_many_problems", message));
        }
        problems
    }
}

/// What is wrong with entries, by their places: the first hundred, and how many more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Faults {
    pub(super) listed: Vec<(usize, String)>,
    pub(super) more: usize,
}

impl Faults {
    const LISTED: usize = 100;

    pub(super) fn push(&mut self, place: usize, message: String) {
        if self.listed.len() < Self::LISTED {
            self.listed.push((place, message));
        } else {
            self.more += 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

/// The entries of a value: an array of texts and lists, one text with many entries, or one list.
/// A list without entries is a problem.
pub(super) fn entries<'v>(value: &'v Value, split: Split) -> Result<Vec<Entry<'v>>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut entries = Vec::new();
    let mut add = |field: String, place: String, value: Result<What<'v>, String>| match value {
        Ok(what) => entries.push(Entry { field, place, what }),
        Err(message) => {
            problems.push(Problem::new(field, "invalid", format!("{place}{message}")));
        }
    };
    match value {
        Value::String(text) => {
            for (index, line) in text.split('\n').enumerate() {
                let place = match text.contains('\n') {
                    true => format!("Line {}: ", index + 1),
                    false => String::new(),
                };
                let pieces = line.split(|character| split.parts(character));
                for piece in pieces.map(str::trim).filter(|piece| !piece.is_empty()) {
                    add(String::new(), place.clone(), checked(piece));
                }
            }
        }
        Value::Array(array) => {
            for (index, entry) in array.iter().enumerate() {
                add(format!("[{index}]"), String::new(), one(entry));
            }
        }
        Value::Object(_) => add(String::new(), String::new(), one(value)),
        _ => {
            return Err(vec![Problem::new(
                "",
                "invalid",
                format!("A list is expected here, such as [\"...\"], not {value}."),
            )]);
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if entries.is_empty() {
        return Err(vec![Problem::new(
            "",
            "required",
            "The list is empty, so nobody would match. Add an entry or remove the filter.",
        )]);
    }
    Ok(entries)
}

fn one(entry: &Value) -> Result<What<'_>, String> {
    match entry {
        Value::String(text) => checked(text.trim()),
        Value::Object(fields) => match (fields.len(), fields.get("list_id").map(Value::as_u64)) {
            (1, Some(Some(id))) => Ok(What::List(id)),
            _ => Err("A list is named by its id, such as {\"list_id\": 3}.".to_owned()),
        },
        _ => Err(format!("A text is expected here, not {entry}.")),
    }
}

/// Every text is checked once, here.
fn checked(text: &str) -> Result<What<'_>, String> {
    check(text).map(What::Text)
}

/// An entry is a text without control characters.
pub(super) fn check(text: &str) -> Result<&str, String> {
    if text.is_empty() {
        return Err("The entry is empty; for what is not there write \"@empty\".".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Err(format!(
            "{} has control characters; no visitor has any.",
            quoted(text)
        ));
    }
    Ok(text)
}

/// All entries, those of named lists among them, each read by `read`, which says what is wrong
/// with one. All problems are reported, with their places.
pub(super) fn list<T>(
    value: &Value,
    lists: &Lists,
    split: Split,
    mut read: impl FnMut(&str) -> Result<T, String>,
) -> Result<Vec<T>, Vec<Problem>> {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for entry in entries(value, split)? {
        match entry.what {
            What::Text(text) => match read(text) {
                Ok(one) => found.push(one),
                Err(message) => problems.push(entry.problem(message)),
            },
            What::List(id) => match lists.get(id) {
                Some(named) => {
                    let mut faults = Faults::default();
                    for (line, text) in named.document.values.iter().enumerate() {
                        match check(text.trim()).and_then(&mut read) {
                            Ok(one) => found.push(one),
                            Err(message) => faults.push(line, message),
                        }
                    }
                    problems.extend(entry.lines(named, &faults));
                }
                None => problems.push(entry.no_list(id)),
            },
        }
    }
    match problems.is_empty() {
        true => Ok(found),
        false => Err(problems),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::filter::lists::testing::lists;

    fn numbers(value: Value, split: Split) -> Result<Vec<u8>, Vec<String>> {
        let lists = lists(&[(3, &["7", "x"]), (4, &["8", "9"])]);
        let read = |text: &str| text.parse::<u8>().map_err(|_| format!("no {text}"));
        list(&value, &lists, split, read).map_err(|problems| {
            let told = |problem: Problem| format!("{}: {}", problem.field, problem.message);
            problems.into_iter().map(told).collect()
        })
    }

    fn told(expected: &[&str]) -> Result<Vec<u8>, Vec<String>> {
        Err(expected.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn all_bad_entries_are_reported_at_once() {
        assert_eq!(numbers(json!([" 1 ", "2"]), Split::Lines), Ok(vec![1, 2]));
        assert_eq!(
            numbers(json!(["1", "x", 3, "a b", " "]), Split::Words),
            told(&[
                "[2]: A text is expected here, not 3.",
                "[4]: The entry is empty; for what is not there write \"@empty\"."
            ])
        );
        assert_eq!(
            numbers(json!(["1", "x", "a b"]), Split::Words),
            told(&["[1]: no x", "[2]: no a b"])
        );
    }

    #[test]
    fn a_pasted_text_is_parted_as_its_entries_allow() {
        let pasted = json!("1, 2;3\r\n\n 4 5\n");

        assert_eq!(
            numbers(pasted.clone(), Split::Words),
            Ok(vec![1, 2, 3, 4, 5])
        );
        assert_eq!(
            numbers(pasted.clone(), Split::Commas),
            told(&[": Line 3: no 4 5"])
        );
        assert_eq!(
            numbers(pasted, Split::Lines),
            told(&[": Line 1: no 1, 2;3", ": Line 3: no 4 5"])
        );
        assert_eq!(numbers(json!("x"), Split::Lines), told(&[": no x"]));
        assert!(numbers(json!(" \n"), Split::Lines).is_err());
    }

    #[test]
    fn named_lists_are_read_in_and_their_lines_named() {
        assert_eq!(
            numbers(json!(["1", {"list_id": 4}]), Split::Lines),
            Ok(vec![1, 8, 9])
        );
        assert_eq!(numbers(json!({"list_id": 4}), Split::Lines), Ok(vec![8, 9]));
        assert_eq!(
            numbers(json!([{"list_id": 3}, {"list_id": 5}]), Split::Lines),
            told(&[
                "[0].list_id.values[1]: Line 2 of list 3 \"List 3\": no x",
                "[1].list_id: There is no list 5.",
            ])
        );
        assert!(numbers(json!([{"list_id": "4"}]), Split::Lines).is_err());
        assert!(numbers(json!([{"list_id": 4, "x": 1}]), Split::Lines).is_err());
    }
}
