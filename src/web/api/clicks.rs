//! The click log: `GET /clicks` and `GET /clicks/{click_id}`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use chrono::DateTime;
use serde_json::{Value, json};

use super::{Endpoint, openapi};
use crate::domain::form::quoted;
use crate::domain::id::Id;
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::store::clicks::log::{self, FilterProblem, Query};
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

const LIMIT_MAX: usize = 1_000;
const LIMIT_DEFAULT: usize = 100;
/// Values of all filters together; a longer list belongs into a report.
const VALUES_MAX: usize = 200;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/clicks".to_owned(),
            method: Method::GET,
            operation: describe_list(),
            route: || web::get().to(list),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/clicks/{click_id}".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["clicks"],
                "operationId": "read_click",
                "summary": "One click, with every stored fact under its dimension's name",
                "parameters": [{ "name": "click_id", "in": "path", "required": true,
                    "schema": { "type": "string", "minLength": 20, "maxLength": 20 } }],
                "responses": openapi::responses("200", one_click_schema(), &["401", "403", "404", "422"]),
            }),
            route: || web::get().to(read),
            body_max: BODY_MAX,
        },
    ]
}

async fn list(
    shared: web::Data<Arc<Shared>>,
    request: actix_web::HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = parse(request.query_string(), |text| {
        shared.codec.decode(text).ok()
    })?;
    let (readers, codec) = (shared.readers.clone(), shared.codec.clone());
    let page = web::block(move || log::list(&readers, &codec, &query)).await??;
    let next = page.next.map(|id| shared.codec.encode(id).to_string());
    Ok(HttpResponse::Ok().json(json!({ "items": page.items, "next": next })))
}

async fn read(
    shared: web::Data<Arc<Shared>>,
    click_id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = shared.codec.decode(&click_id).map_err(|error| {
        ApiError::invalid(
            "click_id",
            "invalid",
            format!("{}: {error}.", quoted(&click_id)),
        )
    })?;
    let (readers, codec) = (shared.readers.clone(), shared.codec.clone());
    let found = web::block(move || log::find(&readers, &codec, id)).await??;
    let click = found.ok_or_else(|| {
        ApiError::NotFound(format!(
            "No click {} is stored: it was made here, but its record is not in the database (yet).",
            quoted(&click_id)
        ))
    })?;
    Ok(HttpResponse::Ok().json(click))
}

/// Reads `?from=&to=&limit=&cursor=` and filters; all problems at once. A filter given twice
/// accepts either value.
fn parse(text: &str, decode: impl Fn(&str) -> Option<Id>) -> Result<Query, ApiError> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(text).map_err(|error| {
        ApiError::invalid(
            "",
            "invalid",
            format!("The query is not readable: {error}."),
        )
    })?;
    let mut query = Query {
        limit: LIMIT_DEFAULT,
        ..Query::default()
    };
    let mut problems = Vec::new();
    let mut values = 0;
    for (name, value) in pairs.into_inner() {
        let problem = match name.as_str() {
            "limit" => match value.parse() {
                Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => {
                    query.limit = limit;
                    None
                }
                _ => Some(format!(
                    "{} is not a number from 1 to {LIMIT_MAX}.",
                    quoted(&value)
                )),
            },
            "cursor" if value.is_empty() => None,
            "cursor" => {
                query.before = decode(&value);
                query.before.is_none().then(|| {
                    format!(
                        "{} is not a cursor; send \"next\" of the page before.",
                        quoted(&value)
                    )
                })
            }
            "from" => time(&value, &mut query.from),
            "to" => time(&value, &mut query.to),
            _ => {
                values += 1;
                let problem = filter_problem(&name, &value);
                match query.filters.iter_mut().find(|(field, _)| *field == name) {
                    Some((_, values)) => values.push(value),
                    None => query.filters.push((name.clone(), vec![value])),
                }
                if let Some(problem) = problem {
                    problems.push(problem);
                }
                continue;
            }
        };
        if let Some(message) = problem {
            problems.push(Problem::new(name, "invalid", message));
        }
    }
    if values > VALUES_MAX {
        let message = format!("{values} filter values are more than {VALUES_MAX}.");
        problems.push(Problem::new("", "too_many", message));
    }
    if problems.is_empty() {
        Ok(query)
    } else {
        Err(ApiError::Invalid(problems))
    }
}

/// Unix milliseconds or RFC 3339. What is wrong with it, if anything.
fn time(value: &str, to: &mut Option<i64>) -> Option<String> {
    let parsed = value.parse().ok().or_else(|| {
        DateTime::parse_from_rfc3339(value)
            .ok()
            .map(|time| time.timestamp_millis())
    });
    *to = parsed;
    parsed.is_none().then(|| {
        format!(
            "{} is no time: send Unix milliseconds or 2026-01-31T10:00:00Z \
             (a + in it as %2B).",
            quoted(value)
        )
    })
}

fn filter_problem(name: &str, value: &str) -> Option<Problem> {
    let problem = log::check(name, std::slice::from_ref(&value.to_owned())).err()?;
    let expects = match problem {
        FilterProblem::UnknownField => {
            let known = log::fields().chain(["from", "to", "limit", "cursor", "sub_id_1"]);
            let mut message = format!("There is no filter {} here.", quoted(name));
            if let Some(near) = nearest(name, known) {
                message.push_str(&format!(" Did you mean \"{near}\"?"));
            }
            let name: String = name.chars().take(100).collect();
            return Some(Problem::new(name, "unknown_parameter", message));
        }
        FilterProblem::NotANumber => "a whole number",
        FilterProblem::NotAnAddress => "an IP address",
        FilterProblem::NotABoolean => "true or false",
        FilterProblem::NotABotReason => {
            "one of crawler, tool, empty_user_agent, prefetch, ip_list, user_agent_list"
        }
    };
    Some(Problem::new(
        name,
        "invalid",
        format!("{} is not {expects}.", quoted(value)),
    ))
}

fn click_schema() -> Value {
    json!({ "type": "object", "required": ["click_id", "at"], "additionalProperties": true,
        "properties": { "click_id": { "type": "string" }, "at": { "type": "string", "format": "date-time" } } })
}

/// One click by itself tells its steps to offers too.
fn one_click_schema() -> Value {
    let mut schema = click_schema();
    schema["properties"]["landing_clicked"] = json!({ "type": "boolean" });
    schema["properties"]["offer_clicks"] = json!({ "type": "array", "items": { "type": "object",
        "required": ["at", "offer_id", "n", "is_preview"], "properties": {
            "at": { "type": "string", "format": "date-time" },
            "offer_id": { "type": ["integer", "null"] },
            "n": { "type": ["integer", "null"], "description":
                "Which offer of the flow was asked for, from 1; `null` for the one that was drawn." },
            "is_preview": { "type": "boolean" } } } });
    schema
}

fn describe_list() -> Value {
    let parameter = |name: &str, kind: &str, help: &str| {
        json!({ "name": name, "in": "query", "required": false, "schema": { "type": kind },
            "description": help })
    };
    let mut parameters = vec![
        parameter(
            "limit",
            "integer",
            "How many at most, 1 to 1000; left out: 100.",
        ),
        parameter("cursor", "string", "`next` of the page before."),
        parameter(
            "from",
            "string",
            "Clicks from this time on: Unix milliseconds or RFC 3339.",
        ),
        parameter("to", "string", "Clicks before this time."),
        parameter(
            "sub_id_1",
            "string",
            "Exactly this value; so for sub_id_1 to sub_id_30.",
        ),
    ];
    parameters.extend(log::fields().map(|name| {
        parameter(
            name,
            "string",
            "Exactly this value; given twice, either value.",
        )
    }));
    let page = json!({ "type": "object", "required": ["items", "next"], "properties": {
        "items": { "type": "array", "items": click_schema() },
        "next": { "type": ["string", "null"], "description":
            "The cursor of the next page. A page may hold fewer clicks than asked for, and still \
             have a next one: a rare filter is looked for in steps." } } });
    json!({
        "tags": ["clicks"],
        "operationId": "list_clicks",
        "summary": "clicks, newest first",
        "parameters": parameters,
        "responses": openapi::responses("200", page, &["401", "403", "422", "503"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<(String, &'static str)> {
        match parse(text, |_| None) {
            Err(ApiError::Invalid(problems)) => problems
                .into_iter()
                .map(|problem| (problem.field, problem.code))
                .collect(),
            Err(other) => panic!("{other:?}"),
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn every_problem_of_a_query_is_told() {
        let text =
            "limit=0&cursor=zz&from=yesterday&country=US&campaign_id=x&contry=US&is_bot=maybe&ip=1";

        let found = problems(text);

        let expected = [
            ("limit", "invalid"),
            ("cursor", "invalid"),
            ("from", "invalid"),
            ("campaign_id", "invalid"),
            ("contry", "unknown_parameter"),
            ("is_bot", "invalid"),
            ("ip", "invalid"),
        ];
        assert_eq!(
            found,
            expected.map(|(field, code)| (field.to_owned(), code))
        );
    }

    #[test]
    fn a_filter_given_twice_accepts_either_value() {
        let query = parse("country=US&country=CA&sub_id_30=a%20b", |_| None).expect("readable");

        assert_eq!(
            query.filters,
            [
                ("country".to_owned(), vec!["US".to_owned(), "CA".to_owned()]),
                ("sub_id_30".to_owned(), vec!["a b".to_owned()]),
            ]
        );
    }

    #[test]
    fn times_are_milliseconds_or_rfc_3339() {
        let query = parse("from=1767225600000&to=2026-01-01T02:00:00%2B02:00", |_| {
            None
        });

        let query = query.expect("readable");
        assert_eq!(query.from, query.to);
    }
}
