//! Import of conversions: `POST /conversions/import`; `GET /conversions/imports`, how far each one
//! is, and what became of each row.

mod operations;

use std::sync::Arc;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use self::operations::{describe_import, describe_rows, page};
use super::{BASE, Endpoint, openapi};
use crate::domain::form::quoted;
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::importer::{Importer, Order, Preview};
use crate::postback::verdict::Verdict;
use crate::store::imports::{self, Import};
use crate::web::error::{ApiError, BODY_MAX, FILE_BODY_MAX};
use crate::web::state::Shared;

const LIMIT_MAX: usize = 1_000;
const LIMIT_DEFAULT: usize = 100;
/// What may stand in the query of an import.
const OPTIONS: [&str; 7] = [
    "network_id",
    "timezone",
    "columns",
    "delimiter",
    "preview",
    "send_postbacks",
    "default_status",
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    let endpoint = |path: &str, method, operation, route, body_max| Endpoint {
        path: path.to_owned(),
        method,
        operation,
        route,
        body_max,
    };
    vec![
        endpoint(
            "/conversions/import",
            Method::POST,
            describe_import(),
            || web::post().to(import),
            FILE_BODY_MAX,
        ),
        endpoint(
            "/conversions/imports",
            Method::GET,
            json!({
                "tags": ["conversions"],
                "operationId": "list_imports",
                "summary": "The latest 200 imports, newest first",
                "responses": openapi::responses("200", page("Import"), &["401", "403", "503"]),
            }),
            || web::get().to(list),
            BODY_MAX,
        ),
        endpoint(
            "/conversions/imports/{id}",
            Method::GET,
            json!({
                "tags": ["conversions"],
                "operationId": "read_import",
                "summary": "How far an import is",
                "parameters": [openapi::id_parameter()],
                "responses": openapi::responses("200", openapi::reference("Import"),
                    &["401", "403", "404", "503"]),
            }),
            || web::get().to(read),
            BODY_MAX,
        ),
        endpoint(
            "/conversions/imports/{id}/rows",
            Method::GET,
            describe_rows(),
            || web::get().to(rows),
            BODY_MAX,
        ),
    ]
}

async fn import(
    shared: web::Data<Arc<Shared>>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let read = payload.to_bytes_limited(FILE_BODY_MAX).await;
    let body = read.map_err(|_| ApiError::TooLarge(FILE_BODY_MAX))?;
    let body = body.map_err(|error| ApiError::Malformed(error.to_string()))?;
    // Whatever it is called: no file begins so.
    let is_json = request
        .content_type()
        .eq_ignore_ascii_case("application/json")
        || body.trim_ascii_start().starts_with(b"{");
    let options = options(request.query_string())?;
    let importer = Arc::clone(&shared.importer);
    let answered = web::block(move || answer(&importer, &body, is_json, options)).await??;
    Ok(match answered {
        Answered::Preview(preview) => HttpResponse::Ok().json(preview),
        Answered::Begun(begun) => {
            let location = format!("{BASE}/conversions/imports/{}", begun.id);
            HttpResponse::build(StatusCode::ACCEPTED)
                .insert_header((header::LOCATION, location))
                .json(begun)
        }
    })
}

enum Answered {
    Preview(Preview),
    Begun(Import),
}

fn answer(
    importer: &Arc<Importer>,
    body: &[u8],
    is_json: bool,
    options: Map<String, Value>,
) -> Result<Answered, ApiError> {
    let (document, text) = match is_json {
        true => unpacked(body, options)?,
        false => (Value::Object(options), None),
    };
    let order = Order::read(&document).map_err(ApiError::Invalid)?;
    let file = text.as_deref().map_or(body, str::as_bytes);
    Ok(match order.preview {
        true => Answered::Preview(importer.preview(file, &order)?),
        false => Answered::Begun(importer.start(file, &order)?),
    })
}

/// The options of a JSON body over those of the query, and its text.
fn unpacked(
    body: &[u8],
    mut options: Map<String, Value>,
) -> Result<(Value, Option<String>), ApiError> {
    let document: Value =
        serde_json::from_slice(body).map_err(|error| ApiError::Malformed(error.to_string()))?;
    let Value::Object(mut fields) = document else {
        let message = "The body has to be an object with the file in \"text\", or the file itself \
            as text/csv or text/plain.";
        return Err(ApiError::invalid("", "invalid", message.to_owned()));
    };
    let Some(Value::String(text)) = fields.remove("text") else {
        let message = "The rows of the file are missing; send them as a text.".to_owned();
        return Err(ApiError::invalid("text", "required", message));
    };
    options.extend(fields);
    Ok((Value::Object(options), Some(text)))
}

/// Options in a query, as a document has them.
fn options(query: &str) -> Result<Map<String, Value>, ApiError> {
    let mut options = Map::new();
    let mut problems = Vec::new();
    for (name, text) in pairs(query)? {
        let value = match name.as_str() {
            "network_id" => text.parse::<u64>().map_or(json!(text), |id| json!(id)),
            "columns" => text.split(',').map(str::trim).collect(),
            "preview" | "send_postbacks" => match text.as_str() {
                "true" | "1" | "" => json!(true),
                "false" | "0" => json!(false),
                _ => json!(text),
            },
            known if OPTIONS.contains(&known) => json!(text),
            _ => {
                problems.push(unknown(&name, &OPTIONS));
                continue;
            }
        };
        options.insert(name, value);
    }
    match problems.is_empty() {
        true => Ok(options),
        false => Err(ApiError::Invalid(problems)),
    }
}

async fn list(shared: web::Data<Arc<Shared>>) -> Result<HttpResponse, ApiError> {
    let readers = shared.readers.clone();
    let items = web::block(move || imports::list(&readers)).await??;
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": null })))
}

async fn read(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let wanted = parse_id(&id)?;
    let readers = shared.readers.clone();
    let found = web::block(move || imports::find(&readers, wanted)).await??;
    let import = found.ok_or_else(|| no_import(&id))?;
    Ok(HttpResponse::Ok().json(import))
}

async fn rows(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let wanted = parse_id(&id)?;
    let query = RowQuery::parse(request.query_string())?;
    let (readers, codec) = (shared.readers.clone(), shared.codec.clone());
    let limit = query.limit;
    let found = web::block(move || {
        let is_there = imports::find(&readers, wanted)?.is_some();
        let verdict = query.verdict.map(Verdict::as_str);
        let rows = imports::rows(&readers, &codec, wanted, verdict, query.after, limit + 1);
        rows.map(|rows| is_there.then_some(rows))
    });
    let mut rows = found.await??.ok_or_else(|| no_import(&id))?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more);
    let next = next.map(|row| row.line.to_string());
    Ok(HttpResponse::Ok().json(json!({ "items": rows, "next": next })))
}

/// Which rows of an import are asked for.
struct RowQuery {
    verdict: Option<Verdict>,
    after: u64,
    limit: usize,
}

impl RowQuery {
    fn parse(query: &str) -> Result<Self, ApiError> {
        let mut read = RowQuery {
            verdict: None,
            after: 0,
            limit: LIMIT_DEFAULT,
        };
        let mut problems = Vec::new();
        for (name, text) in pairs(query)? {
            let problem = match name.as_str() {
                _ if text.is_empty() => None,
                "verdict" => read.set_verdict(&text),
                "cursor" => match text.parse() {
                    Ok(line) => {
                        read.after = line;
                        None
                    }
                    Err(_) => Some(format!(
                        "{} is not a cursor; send \"next\" of the page before.",
                        quoted(&text)
                    )),
                },
                "limit" => match text.parse() {
                    Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => {
                        read.limit = limit;
                        None
                    }
                    _ => Some(format!(
                        "{} is not a number from 1 to {LIMIT_MAX}.",
                        quoted(&text)
                    )),
                },
                _ => {
                    problems.push(unknown(&name, &["verdict", "cursor", "limit"]));
                    None
                }
            };
            problems.extend(problem.map(|message| Problem::new(name, "invalid", message)));
        }
        match problems.is_empty() {
            true => Ok(read),
            false => Err(ApiError::Invalid(problems)),
        }
    }

    fn set_verdict(&mut self, text: &str) -> Option<String> {
        self.verdict = Verdict::of(text);
        self.verdict.is_none().then(|| {
            let words: Vec<&str> = Verdict::ALL.iter().map(|(word, _)| *word).collect();
            format!("{} is none of {}.", quoted(text), words.join(", "))
        })
    }
}

fn pairs(query: &str) -> Result<Vec<(String, String)>, ApiError> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query).map_err(|error| {
        let message = format!("The query is not readable: {error}.");
        ApiError::invalid("", "invalid", message)
    })?;
    Ok(pairs.into_inner())
}

fn unknown(name: &str, known: &[&'static str]) -> Problem {
    let mut message = format!("There is no query parameter {} here.", quoted(name));
    if let Some(near) = nearest(name, known.iter().copied()) {
        message.push_str(&format!(" Did you mean \"{near}\"?"));
    }
    let name: String = name.chars().take(100).collect();
    Problem::new(name, "unknown_parameter", message)
}

fn parse_id(text: &str) -> Result<u64, ApiError> {
    let id = text.parse().ok().filter(|id| *id <= i64::MAX as u64);
    id.ok_or_else(|| no_import(text))
}

fn no_import(id: &str) -> ApiError {
    ApiError::NotFound(format!("There is no import {}.", quoted(id)))
}
