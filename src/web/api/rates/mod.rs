//! Currency rates: `GET`, `PUT`, `DELETE /currency-rates`, and the reporting currency.
//!
//! A rate says what one unit of a currency is worth in the reporting currency. It counts from its
//! day until the next one, so that nobody has to enter one every day.

mod query;

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use self::query::RateQuery;
use super::body::Document;
use super::{Endpoint, openapi};
use crate::clock;
use crate::domain::form::{Form, quoted};
use crate::domain::money::Currency;
use crate::domain::period;
use crate::domain::problem::Problem;
use crate::domain::rates::Rate;
use crate::store::conversions::rerate;
use crate::store::error::StoreError;
use crate::store::rates::NotChanged;
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

const PATH: &str = "/currency-rates";
/// Rates of one request: a year and a quarter of one currency.
const MOST: usize = 500;

/// One rate.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CurrencyRate {
    /// The first day that it counts for.
    #[schema(example = "2026-01-31")]
    pub day: String,
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
    /// What one unit is worth in the reporting currency, to nine decimals.
    #[schema(value_type = String, example = "1.0842")]
    pub rate: Rate,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let parameter = |name: &str, description: &str, required: bool| {
        json!({ "name": name, "in": "query", "required": required,
            "schema": { "type": "string" }, "description": description })
    };
    let from = || parameter("from", "First day: 2026-01-01.", false);
    let to = || parameter("to", "Last day, included.", false);
    let body = |schema: Value| json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    let currency = json!({ "type": "object", "required": ["currency"],
        "properties": { "currency": { "type": "string", "example": "EUR" } } });
    let rates = json!({ "type": "object", "required": ["rates"], "properties": { "rates": {
        "type": "array", "maxItems": MOST, "items": { "type": "object",
            "required": ["currency", "rate"], "properties": {
                "day": { "type": "string", "example": "2026-01-31", "description": "Today (UTC) if left out." },
                "currency": { "type": "string", "example": "EUR" },
                "rate": { "type": "string", "example": "1.0842", "description": "Up to nine decimals." } } } } } });
    let number = json!({ "type": "object", "properties": { "deleted": { "type": "integer" } } });
    let errors = ["400", "401", "403", "413", "415", "422", "503"];
    let with_conflict = ["400", "401", "403", "409", "413", "415", "422", "503"];
    let endpoint = |path: &str, method, operation, route| Endpoint {
        path: path.to_owned(),
        method,
        body_max: BODY_MAX,
        operation,
        route,
    };
    vec![
        endpoint(
            PATH,
            Method::GET,
            json!({
                "tags": ["currency-rates"],
                "operationId": "list_currency_rates",
                "summary": "Rates to the reporting currency, newest day first",
                "parameters": [parameter("currency", "Only this one.", false), from(), to(),
                    parameter("limit", "1 to 500; 100 if left out.", false),
                    parameter("cursor", "`next` of the page before.", false)],
                "responses": openapi::responses("200", json!({ "type": "object", "properties": {
                    "reporting_currency": { "type": "string" },
                    "items": { "type": "array", "items": openapi::reference("CurrencyRate") },
                    "next": { "type": ["string", "null"] },
                    "recomputing": { "type": "boolean", "description": "Some conversions have yet to follow the last change of rates or of the reporting currency." } } }),
                    &["401", "403", "422"]),
            }),
            || web::get().to(list),
        ),
        endpoint(
            PATH,
            Method::PUT,
            json!({
                "tags": ["currency-rates"],
                "operationId": "put_currency_rates",
                "summary": "Enter rates, in place of those of the same currency and day",
                "description": "A rate counts from its day until the next one of its currency. What conversions are worth is computed anew from their stated amounts, beside the traffic: revenue by the rate of the conversion's UTC day, cost by that of the click's. What budgets have counted stays.",
                "requestBody": body(rates),
                "responses": openapi::responses("200", json!({ "type": "object", "properties": {
                    "stored": { "type": "integer" },
                    "warnings": { "type": "array", "items": openapi::reference("Problem") } } }), &errors),
            }),
            || web::put().to(put),
        ),
        endpoint(
            PATH,
            Method::DELETE,
            json!({
                "tags": ["currency-rates"],
                "operationId": "delete_currency_rates",
                "summary": "Delete the rates of a currency",
                "parameters": [parameter("currency", "Whose rates.", true), from(), to()],
                "responses": openapi::responses("200", number, &["401", "403", "422", "503"]),
            }),
            || web::delete().to(delete),
        ),
        endpoint(
            "/reporting-currency",
            Method::GET,
            json!({
                "tags": ["currency-rates"],
                "operationId": "reporting_currency",
                "summary": "The currency that rates are stated in",
                "responses": openapi::responses("200", currency.clone(), &["401", "403"]),
            }),
            || web::get().to(reporting),
        ),
        endpoint(
            "/reporting-currency",
            Method::PUT,
            json!({
                "tags": ["currency-rates"],
                "operationId": "set_reporting_currency",
                "summary": "Choose the reporting currency",
                "description": "Rates are restated in it, exactly: shown with nine decimals, kept as fractions, so that the way back restores them. Then what conversions are worth is computed anew from their stated amounts, beside the traffic. Refused (409, `no_rate`) where the new currency has no rate on the first day with other rates or conversions.",
                "requestBody": body(currency.clone()),
                "responses": openapi::responses("200", currency, &with_conflict),
            }),
            || web::put().to(set_reporting),
        ),
    ]
}

async fn list(
    shared: web::Data<Arc<Shared>>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = RateQuery::parse(request.query_string())?;
    let rates = shared.rates.now();
    let mut found: Vec<_> = rates.rows();
    found.retain(|(day, currency, _)| query.wants(*day, *currency));
    let has_more = found.len() > query.limit;
    found.truncate(query.limit);
    let next = found.last().filter(|_| has_more);
    let next = next.map(|(day, currency, _)| query::cursor(*day, *currency));
    let items: Vec<_> = found
        .into_iter()
        .map(|(day, currency, rate)| CurrencyRate {
            day: period::date(day).to_string(),
            currency,
            rate,
        })
        .collect();
    let reporting_currency = rates.reporting();
    drop(rates);
    let recomputing = web::block(move || rerate::is_due(&shared.readers)).await??;
    Ok(HttpResponse::Ok().json(
        json!({ "reporting_currency": reporting_currency, "items": items,
        "next": next, "recomputing": recomputing }),
    ))
}

async fn put(
    shared: web::Data<Arc<Shared>>,
    Document(document): Document,
) -> Result<HttpResponse, ApiError> {
    let today = period::day(clock::now_ms(), period::zone("UTC"));
    let reporting = shared.rates.now().reporting();
    let rows = read(document, reporting, today).map_err(ApiError::Invalid)?;
    let stored = rows.len();
    let currencies: BTreeSet<_> = rows.iter().map(|(currency, ..)| *currency).collect();
    let warnings = web::block(move || {
        shared.rates.put(&shared.writer, rows)?;
        let warnings = currencies.into_iter().map(|one| too_late(&shared, one));
        warnings
            .filter_map(Result::transpose)
            .collect::<Result<Vec<Problem>, StoreError>>()
    });
    Ok(HttpResponse::Ok().json(json!({ "stored": stored, "warnings": warnings.await?? })))
}

/// Conversions of before the first rate of their currency. Blocks.
fn too_late(shared: &Shared, currency: Currency) -> Result<Option<Problem>, StoreError> {
    let Some(first) = shared.rates.now().first_day(currency) else {
        return Ok(None);
    };
    let unrated = rerate::unrated_before(&shared.readers, currency, first)?;
    Ok(unrated.map(|unrated| {
        let (code, since) = (currency.as_str(), period::date(unrated.since));
        let (count, are, stay) = match unrated.count {
            1 => ("1 conversion".to_owned(), "is", "counts"),
            count => (format!("{count} conversions"), "are", "count"),
        };
        let message = format!(
            "{count} in {code} {are} older than its first rate, of {}, and {stay} as 0: enter a rate of {since}, too.",
            period::date(first)
        );
        Problem::new("rates", "rate_too_late", message)
    }))
}

async fn delete(
    shared: web::Data<Arc<Shared>>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (currency, from, to) = query::parse_deletion(request.query_string())?;
    let deleted = web::block(move || shared.rates.delete(&shared.writer, currency, from, to));
    Ok(HttpResponse::Ok().json(json!({ "deleted": deleted.await?? })))
}

async fn reporting(shared: web::Data<Arc<Shared>>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "currency": shared.rates.now().reporting() }))
}

async fn set_reporting(
    shared: web::Data<Arc<Shared>>,
    Document(document): Document,
) -> Result<HttpResponse, ApiError> {
    let read = Form::read(&document, read_currency);
    let currency = read.map_err(ApiError::Invalid)?;
    let set = web::block(move || shared.rates.set_reporting(&shared.writer, currency)).await?;
    match set {
        Ok(()) => Ok(HttpResponse::Ok().json(json!({ "currency": currency }))),
        Err(NotChanged::NoRate { currency, day }) => Err(ApiError::Refused {
            code: "no_rate",
            message: format!(
                "{0} has no rate on {1}, the first day with other rates or conversions: enter a rate for {0} from {1} first.",
                currency.as_str(),
                period::date(day)
            ),
        }),
        Err(NotChanged::Store(error)) => Err(error.into()),
    }
}

/// The rates of a request: `{"rates": [...]}`, or the list alone.
fn read(
    document: Value,
    reporting: Currency,
    today: i64,
) -> Result<Vec<(Currency, i64, Rate)>, Vec<Problem>> {
    let document = match document {
        Value::Array(rates) => json!({ "rates": rates }),
        document => document,
    };
    Form::read(&document, |form| {
        let rows = form.list("rates", MOST, |form, _| {
            (read_currency(form), read_day(form, today), read_rate(form))
        });
        if rows.is_empty() && form.value("rates").is_none_or(Value::is_array) {
            form.missing(
                "rates",
                "There are no rates: send a list of {day, currency, rate}.",
            );
        }
        for (index, (currency, day, _)) in rows.iter().enumerate() {
            let field = format!("rates[{index}]");
            if *currency == reporting && is_given(&document, index) {
                let code = currency.as_str();
                let message = format!("{code} is the reporting currency: its rate is always 1.");
                form.problem(&format!("{field}.currency"), "invalid", message);
            } else if is_given(&document, index)
                && let Some(first) = (0..index).find(|one| {
                    is_given(&document, *one) && rows[*one].0 == *currency && rows[*one].1 == *day
                })
            {
                let message =
                    format!("The rate of that currency and day is rates[{first}] already.");
                form.problem(&field, "duplicate", message);
            }
        }
        rows
    })
}

/// Whether a row names its currency: a stand-in is compared with nothing.
fn is_given(document: &Value, index: usize) -> bool {
    let named = document["rates"][index]["currency"].as_str();
    named.is_some_and(|text| Currency::parse(text.trim()).is_some())
}

fn read_currency(form: &mut Form<'_>) -> Currency {
    if form.value("currency").is_none() {
        form.missing("currency", "The currency is missing: a code such as EUR.");
    }
    form.currency("currency")
}

fn read_day(form: &mut Form<'_>, today: i64) -> i64 {
    let text = form.text("day");
    if text.is_empty() {
        return today;
    }
    form.checked("day", query::day(text), || today)
}

fn read_rate(form: &mut Form<'_>) -> Rate {
    let text = match form.value("rate") {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) if number.is_u64() => number.to_string(),
        Some(Value::Number(number)) => {
            let message = format!(
                "{number} as a JSON number may be inexact: put it in quotes, \"{number}\"."
            );
            form.problem("rate", "invalid", message);
            return Rate::ONE;
        }
        Some(_) => {
            form.problem(
                "rate",
                "invalid",
                "The rate is not a text such as \"1.0842\".",
            );
            return Rate::ONE;
        }
        None => {
            form.missing(
                "rate",
                "The rate is missing: what one unit is worth, such as \"1.0842\".",
            );
            return Rate::ONE;
        }
    };
    let read = text.parse::<Rate>().map_err(|why| {
        let comma = if text.contains(',') {
            "; write a point, no comma"
        } else {
            ""
        };
        format!("{} {why}{comma}.", quoted(&text))
    });
    form.checked("rate", read, || Rate::ONE)
}
