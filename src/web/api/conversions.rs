//! The conversion log: `GET /conversions` and `GET /conversions/{id}`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::log_query::{self, LogQuery, describe};
use super::{Endpoint, openapi};
use crate::domain::basis::Basis;
use crate::domain::form::quoted;
use crate::domain::id::IdCodec;
use crate::store::conversions::log;
use crate::store::log::Query;
use crate::store::log::fields::Filter;
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

/// Parameters that are no filters.
const OWN: [&str; 1] = ["basis"];
/// The word for tests and all others.
const ANY: &str = "any";

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/conversions".to_owned(),
            method: Method::GET,
            operation: describe_list(),
            route: || web::get().to(list),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/conversions/{id}".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["conversions"],
                "operationId": "read_conversion",
                "summary": "One conversion, with its history and the postbacks about it",
                "parameters": [log_query::describe_path_id()],
                "responses": openapi::responses("200", one_schema(), &["401", "403", "404", "422", "503"]),
            }),
            route: || web::get().to(read),
            body_max: BODY_MAX,
        },
    ]
}

async fn list(
    shared: web::Data<Arc<Shared>>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (query, basis) = parse(request.query_string(), &shared.codec)?;
    let (readers, codec) = (shared.readers.clone(), shared.codec.clone());
    let page = web::block(move || log::list(&readers, &codec, &query, basis)).await??;
    Ok(HttpResponse::Ok().json(json!({
        "reporting_currency": shared.rates.now().reporting(),
        "items": page.items,
        "next": page.next.map(|id| id.to_row().to_string()),
    })))
}

async fn read(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let wanted = log_query::path_id(&id, &shared.codec)?;
    let (readers, codec) = (shared.readers.clone(), shared.codec.clone());
    let found = web::block(move || log::find(&readers, &codec, wanted)).await??;
    let conversion = found
        .ok_or_else(|| ApiError::NotFound(format!("There is no conversion {}.", quoted(&id))))?;
    let mut answer = json!(conversion);
    answer["reporting_currency"] = json!(shared.rates.now().reporting());
    Ok(HttpResponse::Ok().json(answer))
}

/// Reads a query and its basis. Tests are left out unless it asks for them.
fn parse(text: &str, codec: &IdCodec) -> Result<(Query, Basis), ApiError> {
    let (mut basis, mut tests_too) = (Basis::default(), false);
    let form = LogQuery {
        fields: &log::FIELDS,
        codec,
        cursor: log_query::decimal_id,
        own: &OWN,
    };
    let mut query = form.parse(text, |name, value| match (name, value) {
        ("basis", _) => Some(basis_of(value).map(|read| basis = read)),
        (log::IS_TEST, ANY) => {
            tests_too = true;
            Some(Ok(()))
        }
        (log::IS_TEST, "true" | "false" | "1" | "0") => None,
        (log::IS_TEST, _) => Some(Err(format!(
            "{} is none of true, false, {ANY}.",
            quoted(value)
        ))),
        _ => None,
    })?;
    let is_of_tests = |filter: &Filter| filter.name() == log::IS_TEST;
    if tests_too {
        query.filters.retain(|filter| !is_of_tests(filter));
    } else if !query.filters.iter().any(is_of_tests) {
        let no_tests = log::FIELDS.filter(log::IS_TEST, "false", codec);
        query.filters.extend(no_tests.ok());
    }
    Ok((query, basis))
}

fn basis_of(value: &str) -> Result<Basis, String> {
    let known = Basis::ALL.iter().find(|(word, _)| *word == value);
    known.map(|(_, basis)| *basis).ok_or_else(|| {
        let words: Vec<&str> = Basis::ALL.iter().map(|(word, _)| *word).collect();
        format!("{} is none of {}.", quoted(value), words.join(", "))
    })
}

fn describe_list() -> Value {
    let mut parameters = log_query::describe_all(&log::FIELDS);
    let words: Vec<&str> = Basis::ALL.iter().map(|(word, _)| *word).collect();
    parameters.push(describe(
        "basis",
        json!({ "type": "string", "enum": words, "default": Basis::default() }),
        "Which time `from` and `to` are about: `conversion`, when the first postback came, which \
         never changes; `click`, when its click came, as reports count unless told otherwise; \
         `status`, when it became what it is (last night's approvals). The order is always that \
         in which the conversions were made.",
    ));
    for parameter in &mut parameters {
        if parameter["name"] == log::IS_TEST {
            parameter["schema"] = json!({ "type": "string", "enum": ["true", "false", ANY],
                "default": "false" });
            parameter["description"] =
                json!("Tests are left out unless this is `true` (only tests) or `any`.");
        }
    }
    let mut page = log_query::describe_page(openapi::reference("Conversion"));
    page["properties"]["reporting_currency"] = reporting_currency();
    json!({
        "tags": ["conversions"],
        "operationId": "list_conversions",
        "summary": "Conversions, newest first",
        "parameters": parameters,
        "responses": openapi::responses("200", page, &["401", "403", "422", "503"]),
    })
}

fn one_schema() -> Value {
    json!({ "allOf": [openapi::reference("ConversionInFull"), { "type": "object",
        "required": ["reporting_currency"],
        "properties": { "reporting_currency": reporting_currency() } }] })
}

fn reporting_currency() -> Value {
    json!({ "type": "string", "description": "Of every `revenue`." })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Basis) {
        let (query, basis) = parse(text, &IdCodec::new(&[7; 16])).expect("readable");
        (format!("{:?}", query.filters), basis)
    }

    #[test]
    fn tests_are_left_out_unless_asked_for() {
        for (text, filters) in [
            ("", "[is_test in [Integer(0)]]"),
            ("is_test=false", "[is_test in [Integer(0)]]"),
            ("is_test=true", "[is_test in [Integer(1)]]"),
            ("is_test=any", "[]"),
            ("is_test=true&is_test=any", "[]"),
            (
                "is_test=true&is_test=false",
                "[is_test in [Integer(1), Integer(0)]]",
            ),
        ] {
            assert_eq!(read(text).0, filters, "{text}");
        }
    }

    #[test]
    fn the_basis_is_one_of_three() {
        for (text, basis) in [
            ("", Basis::Conversion),
            ("basis=click", Basis::Click),
            ("basis=status", Basis::Status),
        ] {
            assert_eq!(read(text).1, basis, "{text}");
        }
        let codec = IdCodec::new(&[7; 16]);
        for text in [
            "basis=clik",
            "basis=",
            "is_test=both",
            "status=approved",
            "click_id=1",
        ] {
            assert!(parse(text, &codec).is_err(), "{text}");
        }
    }
}
