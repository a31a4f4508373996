//! The query of a list: `?limit=&cursor=&sort=&state=&search=`, and the ids it is narrowed to.

use actix_web::web;

use super::super::error::ApiError;
use super::page::{Cursor, Sort, SortKey};
use crate::domain::entity::Entity;
use crate::domain::form::quoted;
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::domain::state::State;

/// Which page of which entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListQuery {
    pub(super) limit: usize,
    pub(super) sort: Sort,
    /// Only entities behind this place.
    pub(super) after: Option<Cursor>,
    pub(super) states: Vec<State>,
    /// In lower case.
    pub(super) search: String,
    /// Fields and the id that each has to hold; `None`: no id at all.
    pub(super) ids: Vec<(&'static str, Option<u64>)>,
}

const NAMES: [&str; 5] = ["limit", "cursor", "sort", "state", "search"];

impl ListQuery {
    /// Reads a query string; all its problems at once.
    pub(super) fn parse<E: Entity>(query: &str) -> Result<Self, ApiError> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(query).map_err(|error| {
            ApiError::invalid(
                "",
                "invalid",
                format!("The query is not readable: {error}."),
            )
        })?;
        let mut read = ListQuery {
            limit: 100,
            sort: Sort::default(),
            after: None,
            states: vec![State::Active, State::Paused],
            search: String::new(),
            ids: Vec::new(),
        };
        let mut problems = Vec::new();
        let mut cursor = String::new();
        for (name, value) in pairs.into_inner() {
            let id_field = E::ID_FIELDS.iter().find(|field| **field == name);
            let result = match (name.as_str(), id_field) {
                (_, Some(field)) => read.set_id(field, &value),
                ("limit", _) => read.set_limit(&value),
                ("sort", _) => read.set_sort(&value),
                ("state", _) => read.set_state(&value),
                ("cursor", _) => {
                    cursor = value;
                    Ok(())
                }
                ("search", _) => {
                    read.search = value.trim().to_lowercase();
                    Ok(())
                }
                _ => {
                    let known = [&NAMES, E::ID_FIELDS].concat();
                    problems.push(unknown(&name, &known));
                    continue;
                }
            };
            if let Err(message) = result {
                problems.push(Problem::new(name, "invalid", message));
            }
        }
        // Read last: what it may be follows from the sort.
        if let Err(message) = read.set_cursor(&cursor) {
            problems.push(Problem::new("cursor", "invalid", message));
        }
        match problems.is_empty() {
            true => Ok(read),
            false => Err(ApiError::Invalid(problems)),
        }
    }

    fn set_limit(&mut self, value: &str) -> Result<(), String> {
        let limit = value.parse().ok().filter(|limit| (1..=500).contains(limit));
        self.limit =
            limit.ok_or_else(|| format!("{} is not a number from 1 to 500.", quoted(value)))?;
        Ok(())
    }

    fn set_cursor(&mut self, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Ok(());
        }
        let cursor = Cursor::parse(value, self.sort);
        self.after = Some(cursor.ok_or_else(|| {
            format!(
                "{} is not a cursor of this sort; send \"next\" of the page before.",
                quoted(value)
            )
        })?);
        Ok(())
    }

    fn set_sort(&mut self, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Ok(());
        }
        let sort = Sort::parse(value);
        self.sort = sort.ok_or_else(|| {
            let words: Vec<&str> = SortKey::ALL.iter().map(|(word, _)| *word).collect();
            format!(
                "{} is none of {}; a \"-\" before it turns the order round.",
                quoted(value),
                words.join(", ")
            )
        })?;
        Ok(())
    }

    fn set_id(&mut self, field: &'static str, value: &str) -> Result<(), String> {
        let id = match value {
            "" => return Ok(()),
            "none" => None,
            _ => Some(value.parse().map_err(|_| {
                format!(
                    "{} is not an id; \"none\" finds what has none.",
                    quoted(value)
                )
            })?),
        };
        self.ids.push((field, id));
        Ok(())
    }

    fn set_state(&mut self, value: &str) -> Result<(), String> {
        let chosen = State::ALL.iter().find(|(word, _)| *word == value);
        self.states = match (value, chosen) {
            ("", _) => return Ok(()),
            ("all", _) => State::ALL.iter().map(|(_, state)| *state).collect(),
            (_, Some((_, state))) => vec![*state],
            (_, None) => {
                return Err(format!(
                    "{} is none of active, paused, archived, all.",
                    quoted(value)
                ));
            }
        };
        Ok(())
    }
}

/// Reads switches, `?force=true`; one that is left out is false.
pub(super) fn flags<const N: usize>(
    query: &str,
    names: [&'static str; N],
) -> Result<[bool; N], ApiError> {
    let mut flags = [false; N];
    let mut problems = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
        match (names.iter().position(|known| *known == name), value) {
            (Some(at), "true" | "1") => flags[at] = true,
            (Some(at), "false" | "0") => flags[at] = false,
            (Some(_), _) => {
                let message = format!("{} is neither true nor false.", quoted(value));
                problems.push(Problem::new(name, "invalid", message));
            }
            (None, _) => problems.push(unknown(name, &names)),
        }
    }
    match problems.is_empty() {
        true => Ok(flags),
        false => Err(ApiError::Invalid(problems)),
    }
}

/// A parameter that is none of these.
pub(super) fn unknown(name: &str, known: &[&'static str]) -> Problem {
    let mut message = format!("There is no query parameter {} here.", quoted(name));
    if let Some(near) = nearest(name, known.iter().copied()) {
        message.push_str(&format!(" Did you mean \"{near}\"?"));
    }
    let name: String = name.chars().take(100).collect();
    Problem::new(name, "unknown_parameter", message)
}
