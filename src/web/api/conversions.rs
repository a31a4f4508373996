//! The conversion log: `GET /conversions`, `GET /conversions/{id}`; by the filters of reports,
//! `POST /conversions/query` and `POST /conversions/export`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::body::Document;
use super::log_files::{self, tables};
use super::log_query::{self, LogQuery, describe};
use super::row_query::{self, RowQuery};
use super::{Endpoint, openapi};
use crate::domain::basis::Basis;
use crate::domain::documents::Documents;
use crate::domain::form::{Form, quoted};
use crate::domain::id::IdCodec;
use crate::editor::Editor;
use crate::store::conversions::log;
use crate::store::log::Query;
use crate::store::log::fields::Filter;
use crate::store::readers::Readers;
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
            path: "/conversions/query".to_owned(),
            method: Method::POST,
            operation: json!({
                "tags": ["conversions"],
                "operationId": "query_conversions",
                "summary": "Conversions by the filters of reports, newest first",
                "requestBody": { "required": true, "content": { "application/json": {
                    "schema": with_basis(row_query::describe_page()) } } },
                "responses": openapi::responses("200", page_schema(),
                    &["400", "401", "403", "413", "415", "422", "503"]),
            }),
            route: || web::post().to(query),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/conversions/export".to_owned(),
            method: Method::POST,
            operation: log_files::describe(
                &tables::CONVERSIONS,
                "conversions",
                with_basis(row_query::describe_file(&tables::CONVERSIONS)),
            ),
            route: || web::post().to(export),
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
    page(&shared, query, basis).await
}

async fn query(
    shared: web::Data<Arc<Shared>>,
    editor: web::Data<Editor>,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    let documents = editor.documents();
    let (query, basis) = rows(&shared, &documents).page(&body, read_basis)?;
    page(&shared, query, basis).await
}

async fn export(
    shared: web::Data<Arc<Shared>>,
    editor: web::Data<Editor>,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    let documents = editor.documents();
    let rows = rows(&shared, &documents);
    let (query, layout, basis) = rows.file(&body, &tables::CONVERSIONS, read_basis)?;
    let list = move |readers: &Readers, codec: &IdCodec, query: &Query| {
        log::list(readers, codec, query, basis)
    };
    log_files::send(&shared, layout, query, list)
}

fn rows<'a>(shared: &'a Shared, documents: &'a Arc<Documents>) -> RowQuery<'a> {
    RowQuery {
        fields: &log::FIELDS,
        codec: &shared.codec,
        documents,
        cursor: log_query::decimal_id,
    }
}

/// As reports have it: by the time of the click unless told otherwise.
fn read_basis(form: &mut Form<'_>) -> Basis {
    form.choice("basis", Basis::ALL, Basis::Click)
}

async fn page(shared: &Shared, query: Query, basis: Basis) -> Result<HttpResponse, ApiError> {
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
        is_paged: true,
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
    json!({
        "tags": ["conversions"],
        "operationId": "list_conversions",
        "summary": "Conversions, newest first",
        "parameters": parameters,
        "responses": openapi::responses("200", page_schema(), &["401", "403", "422", "503"]),
    })
}

fn page_schema() -> Value {
    let mut page = log_query::describe_page(openapi::reference("Conversion"));
    page["properties"]["reporting_currency"] = reporting_currency();
    page
}

/// A body that says by which time conversions are meant too.
fn with_basis(mut body: Value) -> Value {
    let words: Vec<&str> = Basis::ALL.iter().map(|(word, _)| *word).collect();
    body["properties"]["basis"] = json!({ "type": "string", "enum": words, "default": Basis::Click,
        "description": "Which time of a conversion `range` and dimensions of time are about." });
    body
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
