//! What a link to a saved report shows to whoever has it: `GET /shared/{token}`. Nothing else can be
//! asked with it, and neither the request nor what it hides is told.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::query::unknown;
use super::{Endpoint, openapi, reports};
use crate::clock;
use crate::domain::documents::Documents;
use crate::domain::problem::Problem;
use crate::domain::saved_report::SavedReport;
use crate::domain::state::State;
use crate::report::request::{Hidden, Request};
use crate::store::report_links::{self, ReportLink};
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

/// Where links lead, below the API's base.
pub(super) const PATH: &str = "/shared/";
/// Whoever tries tokens waits for each answer, and only so many wait at once.
const WRONG_WAITS: Duration = Duration::from_millis(500);
const WRONG_AT_ONCE: usize = 16;
const OFFSET: &str = "offset";

/// Those who have come with a wrong token.
/// Reports of links that are summed at once: whoever has a link must not keep the operator's waiting.
static SHOWN: Semaphore = Semaphore::const_new(1);
static WRONG: Semaphore = Semaphore::const_new(WRONG_AT_ONCE);

pub(super) fn endpoint() -> Endpoint {
    let answer = json!({ "type": "object", "required": ["name", "columns", "colours", "report"],
        "properties": {
            "name": { "type": "string" },
            "columns": { "type": "array", "items": openapi::reference("ColumnLayout") },
            "colours": { "type": "array", "items": openapi::reference("ColourRule") },
            "expires_at": { "type": ["string", "null"], "format": "date-time" },
            "report": openapi::reference("Report") } });
    Endpoint {
        path: format!("{PATH}{{token}}"),
        method: Method::GET,
        operation: json!({
            "tags": ["saved-reports"],
            "operationId": "shared_report",
            "summary": "A saved report as the link with this token shows it; no key is needed",
            "security": [],
            "parameters": [
                { "name": "token", "in": "path", "required": true,
                    "schema": { "type": "string" } },
                { "name": OFFSET, "in": "query", "required": false,
                    "schema": { "type": "integer", "minimum": 0 },
                    "description": "`next` of the page before." }],
            "responses": openapi::responses("200", answer, &["403", "404", "422", "429", "503"]),
        }),
        route: || web::get().to(show),
        body_max: BODY_MAX,
    }
}

async fn show(
    shared: web::Data<Arc<Shared>>,
    http: HttpRequest,
    token: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let offset = offset(http.query_string())?;
    let readers = shared.readers.clone();
    let find = move || report_links::find(&readers, &token, clock::now_ms());
    let Some(link) = web::block(find).await?? else {
        return Err(wrong().await);
    };
    let documents = shared.reporter.documents();
    let saved = documents.saved_reports.get(&link.saved_report_id);
    let saved = saved.filter(|saved| saved.state != State::Archived);
    let Some(saved) = saved.cloned() else {
        return Err(wrong().await);
    };
    let request = request(&saved, &link, offset, &documents)?;
    let Ok(_turn) = SHOWN.try_acquire() else {
        let message = "Other shared reports are being summed just now; try again in a moment.";
        return Err(ApiError::Busy(message.to_owned()));
    };
    let columns = shown_columns(&saved, &request);
    let answer = reports::run(&shared, move |reporter, stop| {
        let answer = reporter.answer(&request, &documents, stop)?;
        Ok(json!(answer))
    });
    let report = answer.await?;
    Ok(HttpResponse::Ok().json(json!({
        "name": saved.name,
        "columns": columns.0,
        "colours": columns.1,
        "expires_at": link.expires_at,
        "report": report,
    })))
}

/// The same answer for tokens that never were, that have expired and that were revoked.
async fn wrong() -> ApiError {
    let Ok(_waiting) = WRONG.try_acquire() else {
        let message = "Too many wrong links are being tried; try again a little later.";
        return ApiError::Busy(message.to_owned());
    };
    sleep(WRONG_WAITS).await;
    ApiError::NotFound(
        "This link shows nothing: it has expired, was revoked, or was not copied whole. Ask whoever \
         sent it for another."
            .to_owned(),
    )
}

/// What is to be summed, without what the link hides.
fn request(
    saved: &SavedReport,
    link: &ReportLink,
    offset: Option<usize>,
    documents: &Documents,
) -> Result<Request, ApiError> {
    // Those who look cannot mend it, and its fields are none of theirs.
    let broken = || ApiError::Refused {
        code: "report_broken",
        message:
            "This report asks for something that is no longer there; whoever sent the link has \
                  to save it again."
                .to_owned(),
    };
    let mut request = Request::read(&saved.request, documents).map_err(|_| broken())?;
    let hidden = link.hides.iter().map(|word| Hidden::find(word));
    let hidden: Option<Vec<Hidden>> = hidden.collect();
    request.hide(&hidden.ok_or_else(broken)?);
    request.offset = offset.unwrap_or(request.offset);
    Ok(request)
}

/// Layout and colours of what is shown.
fn shown_columns(saved: &SavedReport, request: &Request) -> (Value, Value) {
    let dimensions = request.dimensions.iter().map(ToString::to_string);
    let metrics = request.metrics.iter().map(ToString::to_string);
    let shown: Vec<String> = dimensions.chain(metrics).collect();
    let columns = saved.columns.iter();
    let columns: Vec<_> = columns.filter(|one| shown.contains(&one.key)).collect();
    let colours = saved.colours.iter();
    let colours: Vec<_> = colours.filter(|one| shown.contains(&one.metric)).collect();
    (json!(columns), json!(colours))
}

fn offset(query: &str) -> Result<Option<usize>, ApiError> {
    let mut offset = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name != OFFSET {
            return Err(ApiError::Invalid(vec![unknown(name, &[OFFSET])]));
        }
        let read = value.parse().map_err(|_| {
            let message = "It is no whole number; send \"next\" of the page before.";
            ApiError::Invalid(vec![Problem::new(OFFSET, "invalid", message)])
        });
        offset = Some(read?);
    }
    Ok(offset)
}
