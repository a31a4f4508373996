//! Conversions by hand: `POST /conversions`, `PATCH /conversions/{id}`; and logged postbacks that
//! are read again: `POST /postbacks/replay`.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::{Endpoint, log_query, openapi};
use crate::clock;
use crate::domain::conversion::{CONVERSION, REBILL, Status};
use crate::domain::documents::Documents;
use crate::domain::form::{Form, MOST, quoted};
use crate::domain::id::{Id, IdCodec};
use crate::domain::money::{Currency, Micros};
use crate::domain::problem::Problem;
use crate::postback::credit::Edited;
use crate::postback::verdict::Verdict;
use crate::postback::{Found, Payout, Said, SaidStatus};
use crate::store::conversions::edit::{self, Edit, TestOf};
use crate::store::conversions::{Outcome, log, replay};
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

const TID_MAX: usize = 200;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let endpoint = |path: &str, method, operation, route| Endpoint {
        path: path.to_owned(),
        method,
        operation,
        route,
        body_max: BODY_MAX,
    };
    vec![
        endpoint("/conversions", Method::POST, describe_create(), || {
            web::post().to(create)
        }),
        endpoint("/conversions/{id}", Method::PATCH, describe_patch(), || {
            web::patch().to(patch)
        }),
        endpoint("/postbacks/replay", Method::POST, describe_replay(), || {
            web::post().to(read_again)
        }),
    ]
}

/// What an operator enters.
struct Entry {
    said: Said,
    network_id: Option<u64>,
    campaign_id: Option<u64>,
    offer_id: Option<u64>,
    at: Option<i64>,
}

impl Entry {
    fn read(form: &mut Form<'_>, codec: &IdCodec, documents: &Documents) -> Self {
        let click = form.text("click_id");
        let is_test = form.boolean("is_test", false);
        let found = match codec.decode(click) {
            Ok(id) => Some(Found {
                id,
                parameter: "click_id".to_owned(),
            }),
            Err(_) if click.is_empty() && is_test => None,
            Err(_) if click.is_empty() => {
                form.missing(
                    "click_id",
                    "A conversion needs the click_id of its click; only a test does without.",
                );
                None
            }
            Err(error) => {
                form.problem(
                    "click_id",
                    "invalid",
                    format!("{}: {error}.", quoted(click)),
                );
                None
            }
        };
        let has_click = found.is_some();
        let payout = form.amount("payout", Micros(-MOST.0)..=MOST);
        let status = form.choice("status", Status::ALL, Status::Sale);
        let said = Said {
            click: found,
            refused_click_id: None,
            event: read_event(form, documents),
            status: SaidStatus::Known(status),
            original_status: None,
            unknown_event: None,
            payout: payout.map_or(Payout::Missing, Payout::Stated),
            currency: read_currency(form),
            sale_amount: form.amount("sale_amount", Micros::ZERO..=MOST),
            cost: form.amount("cost", Micros::ZERO..=MOST),
            tid: read_tid(form),
            is_test,
            answer: None,
            kept: Vec::new(),
            others: Vec::new(),
            remarks: Vec::new(),
        };
        let known = |form: &mut Form<'_>,
                     field: &'static str,
                     what: &str,
                     is_there: &dyn Fn(u64) -> bool| {
            let id = form.id(field);
            if id.is_some() && has_click && field != "network_id" {
                let message = format!(
                    "The {what} is that of the click; only a test without a click names one."
                );
                form.problem(field, "invalid", message);
            } else if let Some(id) = id.filter(|id| !is_there(*id)) {
                form.problem(
                    field,
                    "unknown_reference",
                    format!("There is no {what} {id}."),
                );
            }
            id
        };
        Self {
            said,
            network_id: known(form, "network_id", "network", &|id| {
                documents.networks.contains_key(&id)
            }),
            campaign_id: known(form, "campaign_id", "campaign", &|id| {
                documents.campaigns.contains_key(&id)
            }),
            offer_id: known(form, "offer_id", "offer", &|id| {
                documents.offers.contains_key(&id)
            }),
            at: read_time(form),
        }
    }
}

impl Entry {
    fn test_of(&self) -> TestOf {
        TestOf {
            campaign_id: self.campaign_id,
            network_id: self.network_id,
            offer_id: self.offer_id,
        }
    }
}

fn read_event(form: &mut Form<'_>, documents: &Documents) -> String {
    let key = form.text("event");
    let is_known = [CONVERSION, REBILL, ""].contains(&key)
        || documents.events.values().any(|event| event.key == key);
    if !is_known {
        let message = format!(
            "There is no event {}; make it with POST /events.",
            quoted(key)
        );
        form.problem("event", "unknown_reference", message);
    }
    match key {
        "" => CONVERSION.to_owned(),
        key => key.to_owned(),
    }
}

fn read_currency(form: &mut Form<'_>) -> Option<Currency> {
    form.value("currency")?;
    Some(form.currency("currency"))
}

fn read_tid(form: &mut Form<'_>) -> Option<String> {
    let tid = form.text("tid");
    if tid.len() > TID_MAX {
        let message = format!("{} bytes are more than the {TID_MAX} possible.", tid.len());
        form.problem("tid", "out_of_range", message);
    }
    (!tid.is_empty()).then(|| tid.to_owned())
}

fn read_time(form: &mut Form<'_>) -> Option<i64> {
    let text = form.text("at");
    if text.is_empty() {
        return None;
    }
    match log_query::time(text) {
        Ok(at) if at <= clock::now_ms() => Some(at),
        Ok(_) => {
            let message = format!("{} has not come yet.", quoted(text));
            form.problem("at", "out_of_range", message);
            None
        }
        Err(message) => {
            form.problem("at", "invalid", message);
            None
        }
    }
}

async fn create(
    shared: web::Data<Arc<Shared>>,
    body: web::Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let books = shared.library.books();
    let entry = Form::read(&body, |form| {
        Entry::read(form, &shared.codec, &books.documents)
    })
    .map_err(ApiError::Invalid)?;
    let at = entry.at.unwrap_or_else(clock::now_ms);
    let test_of = entry.test_of();
    let writer = shared.writer.clone();
    let id = if entry.said.click.is_some() {
        let outcome =
            web::block(move || edit::enter(&writer, &books, entry.said, entry.network_id, at))
                .await??;
        entered(outcome)?
    } else {
        web::block(move || edit::enter_test(&writer, &books, entry.said, test_of, at)).await??
    };
    answer(&shared, StatusCode::CREATED, id).await
}

/// The conversion that was made or changed, or why there is none.
fn entered(outcome: Outcome) -> Result<Id, ApiError> {
    let reason = match outcome.verdict {
        // Nobody waits for what a person enters.
        Verdict::Parked => "The click id was made here, but its click is not stored.".to_owned(),
        _ => outcome.reason.unwrap_or_default(),
    };
    match outcome.conversion_id.filter(|_| outcome.changed) {
        Some(id) => Ok(id),
        None => Err(ApiError::Refused {
            code: outcome.verdict.as_str(),
            message: reason,
        }),
    }
}

async fn patch(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
    body: web::Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let wanted = log_query::path_id(&id, &shared.codec)?;
    let edited = Form::read(&body, |form| {
        let status = form.value("status").is_some();
        Edited {
            status: status.then(|| form.choice("status", Status::ALL, Status::Sale)),
            amount: form.amount("payout", Micros(-MOST.0)..=MOST),
            currency: read_currency(form),
            tid: read_tid(form),
        }
    })
    .map_err(ApiError::Invalid)?;
    let (books, writer) = (shared.library.books(), shared.writer.clone());
    let done =
        web::block(move || edit::edit(&writer, &books, wanted, edited, clock::now_ms())).await??;
    match done {
        Edit::Done => answer(&shared, StatusCode::OK, wanted).await,
        Edit::NotThere => Err(ApiError::NotFound(format!(
            "There is no conversion {}.",
            quoted(&id)
        ))),
        Edit::TidTaken(other) => Err(ApiError::Refused {
            code: "tid_taken",
            message: format!(
                "Conversion {} of the same click, offer and event has this transaction id already.",
                other.to_row()
            ),
        }),
        Edit::Negative => Err(ApiError::invalid(
            "payout",
            "out_of_range",
            "A conversion pays 0 or more. To take money back enter a correction: POST /conversions with a negative payout."
                .to_owned(),
        )),
    }
}

async fn answer(
    shared: &web::Data<Arc<Shared>>,
    status: StatusCode,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    let (readers, codec) = (shared.readers.clone(), shared.codec.clone());
    let found = web::block(move || log::find(&readers, &codec, id)).await??;
    let mut answer = json!(found);
    answer["reporting_currency"] = json!(shared.rates.now().reporting());
    answer["warnings"] = json!(no_rate(&answer).as_slice());
    Ok(HttpResponse::build(status).json(answer))
}

fn no_rate(answer: &Value) -> Option<Problem> {
    let currency = answer["currency"]
        .as_str()
        .filter(|_| answer["rate"].is_null())?;
    let message =
        format!("There is no rate for {currency}: the amount counts as 0 until one is entered.");
    Some(Problem::new("currency", "no_rate", message))
}

async fn read_again(
    shared: web::Data<Arc<Shared>>,
    body: web::Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let ids = Form::read(&body, |form| {
        let texts = form.texts("ids", replay::PIECE);
        if texts.is_empty() {
            form.missing(
                "ids",
                "Which postbacks are to be read again? Send their ids.",
            );
        }
        let mut ids = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            match log_query::decimal_id(text, &shared.codec) {
                Some(id) => ids.push(id),
                None => {
                    let message = format!("{} is not the id of a postback.", quoted(text));
                    form.problem(&format!("ids[{index}]"), "invalid", message);
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    })
    .map_err(ApiError::Invalid)?;
    let (books, writer) = (shared.library.books(), shared.writer.clone());
    let outcomes = web::block(move || replay::replay(&writer, &books, ids)).await??;
    let items: Vec<Value> = outcomes
        .into_iter()
        .map(|(id, outcome)| {
            json!({
                "id": id.to_row().to_string(),
                "verdict": outcome.verdict.as_str(),
                "reason": outcome.reason,
                "changed": outcome.changed,
                "conversion_id": outcome.conversion_id.map(|id| id.to_row().to_string()),
            })
        })
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "items": items })))
}

fn amount(help: &str) -> Value {
    json!({ "type": "string", "example": "7.5", "description": help })
}

fn fields(more: Value) -> Value {
    let words: Vec<&str> = Status::ALL.iter().map(|(word, _)| *word).collect();
    let mut fields = json!({
        "status": { "type": "string", "enum": words },
        "payout": amount("In `currency`."),
        "currency": { "type": "string", "example": "USD" },
        "tid": { "type": "string", "maxLength": TID_MAX },
    });
    if let (Some(fields), Some(more)) = (fields.as_object_mut(), more.as_object()) {
        fields.extend(more.clone());
    }
    json!({ "type": "object", "properties": fields })
}

fn body(schema: Value) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

const ERRORS: [&str; 9] = [
    "400", "401", "403", "404", "409", "413", "415", "422", "503",
];

fn in_full() -> Value {
    json!({ "allOf": [openapi::reference("ConversionInFull"), { "type": "object", "properties": {
        "reporting_currency": { "type": "string" },
        "warnings": { "type": "array", "items": openapi::reference("Problem") } } }] })
}

fn describe_create() -> Value {
    let schema = fields(json!({
        "payout": amount("In `currency`; that of the offer if left out. A negative one makes a correction."),
        "click_id": { "type": "string", "description": "Required, except for a test." },
        "event": { "type": "string", "default": CONVERSION },
        "sale_amount": { "type": "string", "example": "100" },
        "cost": { "type": "string", "example": "2" },
        "network_id": { "type": "integer",
            "description": "Who pays; that of the offer if left out." },
        "at": { "type": "string", "description": "When it happened; now if left out." },
        "is_test": { "type": "boolean", "default": false,
            "description": "Stays out of reports, caps, rules and outgoing calls." },
        "campaign_id": { "type": "integer", "description": "Of a test without a click." },
        "offer_id": { "type": "integer", "description": "Of a test without a click." },
    }));
    json!({
        "tags": ["conversions"],
        "operationId": "create_conversion",
        "summary": "Enter a conversion by hand, as a postback would; or a test, with or without a click",
        "requestBody": body(schema),
        "responses": openapi::responses("201", in_full(), &ERRORS),
    })
}

fn describe_patch() -> Value {
    json!({
        "tags": ["conversions"],
        "operationId": "edit_conversion",
        "summary": "Set status, payout, currency or transaction id; what is left out stays",
        "parameters": [log_query::describe_path_id()],
        "requestBody": body(fields(json!({}))),
        "responses": openapi::responses("200", in_full(), &ERRORS),
    })
}

fn describe_replay() -> Value {
    let schema = json!({ "type": "object", "required": ["ids"], "properties": {
        "ids": { "type": "array", "maxItems": replay::PIECE, "items": { "type": "string" } } } });
    let item = json!({ "type": "object", "properties": {
        "id": { "type": "string" }, "verdict": { "type": "string" },
        "reason": { "type": ["string", "null"] }, "changed": { "type": "boolean" },
        "conversion_id": { "type": ["string", "null"] } } });
    let answer = json!({ "type": "object", "properties": {
        "items": { "type": "array", "items": item } } });
    json!({
        "tags": ["postbacks"],
        "operationId": "replay_postbacks",
        "summary": "Read logged postbacks again, with today's settings",
        "requestBody": body(schema),
        "responses": openapi::responses("200", answer, &ERRORS),
    })
}
