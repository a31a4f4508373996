//! The query of a list: `?limit=&cursor=&state=&search=`.

use actix_web::web;

use super::super::error::ApiError;
use crate::domain::form::quoted;
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::domain::state::State;

/// Which page of which entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListQuery {
    pub(super) limit: usize,
    /// Only entities with a higher id.
    pub(super) after: u64,
    pub(super) states: Vec<State>,
    /// In lower case.
    pub(super) search: String,
}

const NAMES: [&str; 4] = ["limit", "cursor", "state", "search"];

impl ListQuery {
    /// Reads a query string; all its problems at once.
    pub(super) fn parse(query: &str) -> Result<Self, ApiError> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(query).map_err(|error| {
            ApiError::invalid(
                "",
                "invalid",
                format!("The query is not readable: {error}."),
            )
        })?;
        let mut read = ListQuery {
            limit: 100,
            after: 0,
            states: vec![State::Active, State::Paused],
            search: String::new(),
        };
        let mut problems = Vec::new();
        for (name, value) in pairs.into_inner() {
            let result = match name.as_str() {
                "limit" => read.set_limit(&value),
                "cursor" => read.set_cursor(&value),
                "state" => read.set_state(&value),
                "search" => {
                    read.search = value.trim().to_lowercase();
                    Ok(())
                }
                _ => {
                    problems.push(unknown(&name));
                    continue;
                }
            };
            if let Err(message) = result {
                problems.push(Problem::new(name, "invalid", message));
            }
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
        let after = value.parse().ok();
        self.after = after.ok_or_else(|| {
            format!(
                "{} is not a cursor; send \"next\" of the page before.",
                quoted(value)
            )
        })?;
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

fn unknown(name: &str) -> Problem {
    let mut message = format!("There is no query parameter {} here.", quoted(name));
    if let Some(near) = nearest(name, NAMES) {
        message.push_str(&format!(" Did you mean \"{near}\"?"));
    }
    let name: String = name.chars().take(100).collect();
    Problem::new(name, "unknown_parameter", message)
}
