//! `POST /reports`: any question about clicks and conversions; `GET /reports/fields`: what can be asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::body::Document;
use super::gone::unless_gone;
use super::{Endpoint, openapi};
use crate::report::request::{Fields, LIMIT_MAX, Request};
use crate::reporter::{GROUPS_MAX, Reporter};
use crate::store::reports::ReportError;
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

/// How long one report may take.
const TIME_MAX: Duration = Duration::from_secs(60);

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/reports".to_owned(),
            method: Method::POST,
            operation: json!({
                "tags": ["reports"],
                "operationId": "report",
                "summary": "Clicks and conversions by any dimensions: filtered, summed, sorted, as a tree, \
                    compared with the time before. A few run at once; the others wait",
                "requestBody": { "required": true, "content": { "application/json": {
                    "schema": request_schema(),
                    "example": { "range": { "preset": "last_7_days" }, "timezone": "Europe/Kyiv",
                        "dimensions": ["campaign_id", "source"], "metrics": ["clicks", "cost", "roi"],
                        "filters": [
                            { "dimension": "country", "operator": "in", "value": ["DE", "AT"] },
                            { "metric": "clicks", "operator": "greater_or_equal", "value": 100 }],
                        "sort": [{ "by": "roi", "desc": true }], "limit": 50 } } } },
                "responses": openapi::responses("200", openapi::reference("Report"),
                    &["400", "401", "403", "413", "415", "422", "429", "503"]),
            }),
            route: || web::post().to(report),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/reports/fields".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["reports"],
                "operationId": "report_fields",
                "summary": "Dimensions, metrics, operators and times that a report can be asked for",
                "responses": openapi::responses("200", openapi::reference("ReportFields"),
                    &["401", "403"]),
            }),
            route: || web::get().to(fields),
            body_max: BODY_MAX,
        },
    ]
}

/// What `POST /reports` takes.
pub(super) fn request_schema() -> Value {
    let range = json!({ "type": "object", "description": "A preset, or from and to: dates (that of to \
            included), times on the clocks of the time zone, or times with their offset",
        "properties": { "preset": { "type": "string" }, "from": { "type": "string" },
            "to": { "type": "string" } } });
    let sort = json!({ "type": "array", "items": { "type": "object", "required": ["by"], "properties": {
        "by": { "type": "string", "description": "A metric, one of the dimensions, or the name beside it" },
        "desc": { "type": "boolean", "default": false } } } });
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": 100 });
    let filter = json!({ "type": "object", "required": ["operator"],
        "description": "Of a dimension, before rows are summed, or of a metric, afterwards",
        "properties": { "dimension": { "type": "string" }, "metric": { "type": "string" },
            "operator": { "type": "string" },
            "value": { "description": "A text or number, or a list of them, as the operator takes" } } });
    json!({ "type": "object", "properties": {
        "range": range,
        "timezone": { "type": "string", "default": "UTC", "description": "An IANA zone" },
        "dimensions": { "type": "array", "items": { "type": "string" }, "maxItems": 10 },
        "metrics": { "type": "array", "items": { "type": "string" }, "maxItems": 100 },
        "filters": { "type": "array", "items": filter, "maxItems": 50 },
        "sort": sort,
        "limit": limit,
        "offset": { "type": "integer", "minimum": 0, "default": 0, "description": "next of the page before" },
        "tree": { "type": "boolean", "default": false,
            "description": "Each dimension below the one before it, as children" },
        "levels": { "type": "array", "description": "Of a tree: sort and limit of each dimension's rows",
            "items": { "type": "object", "properties": { "sort": sort, "limit": limit } } },
        "compare": { "description": "\"previous\", or a range: each row has the values of that time as previous" },
        "basis": { "type": "string", "enum": ["click", "conversion", "status"], "default": "click",
            "description": "By which time conversions count; clicks and cost count by that of the click" },
        "revenue": { "type": "string", "enum": ["all", "confirmed", "hold"], "default": "all" },
        "without_bots": { "type": "boolean", "default": false,
            "description": "Takes bots out of clicks, uniques, views and rates" } } })
}

async fn report(
    shared: web::Data<Arc<Shared>>,
    asking: HttpRequest,
    Document(document): Document,
) -> Result<HttpResponse, ApiError> {
    let documents = shared.reporter.documents();
    let request = Request::read(&document, &documents).map_err(ApiError::Invalid)?;
    let answer = run(&shared, move |reporter, stop| {
        let answer = reporter.answer(&request, &documents, stop)?;
        Ok(json!(answer).to_string())
    });
    match unless_gone(&asking, answer).await {
        Some(answer) => Ok(HttpResponse::Ok()
            .content_type("application/json")
            .body(answer?)),
        None => Err(ReportError::Stopped.into()),
    }
}

async fn fields(shared: web::Data<Arc<Shared>>) -> HttpResponse {
    HttpResponse::Ok().json(Fields::of(&shared.reporter.documents()))
}

/// Does the work of a report when its turn comes, where waiting is allowed. Whoever drops this stops it.
pub(super) async fn run<T: Send + 'static>(
    shared: &Shared,
    work: impl FnOnce(&Reporter, &AtomicBool) -> Result<T, ReportError> + Send + 'static,
) -> Result<T, ApiError> {
    let reporter = Arc::clone(&shared.reporter);
    let turn = reporter.queue.turn().await;
    let turn = turn.map_err(|full| ApiError::Busy(format!("Just now {full}; try again soon.")))?;
    let stop = Stop::default();
    let flag = Arc::clone(&stop.0);
    let done = web::block(move || {
        let done = work(&reporter, &flag);
        drop(turn);
        done
    });
    match timeout(TIME_MAX, done).await {
        Ok(done) => done?.map_err(ApiError::from),
        Err(_) => Err(ReportError::Stopped.into()),
    }
}

/// Stops the work when nobody waits for it any more.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl From<ReportError> for ApiError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::TooMany => ApiError::invalid(
                "dimensions",
                "too_many_groups",
                format!(
                    "There are more than {GROUPS_MAX} groups; ask for fewer dimensions, a shorter time, \
                     or filter what you need."
                ),
            ),
            ReportError::Stopped => ApiError::TooSlow(format!(
                "The report took longer than {} seconds; ask for a shorter time or fewer dimensions.",
                TIME_MAX.as_secs()
            )),
            ReportError::Store(error) => error.into(),
        }
    }
}
