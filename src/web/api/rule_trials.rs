//! Rules tried without doing anything: `POST /rules/dry-run`, `POST /rules/{id}/dry-run`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::{Endpoint, log_query, openapi};
use crate::domain::entity::Entity;
use crate::domain::problem::Problem;
use crate::domain::rule::Rule;
use crate::editor::EditError;
use crate::evaluator::trial::{Trial, TrialError, trial};
use crate::library::Desk;
use crate::rules::Ready;
use crate::store::sums::Unanswered;
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let answers = |codes: &[&str]| openapi::responses("200", openapi::reference("Trial"), codes);
    vec![
        Endpoint {
            path: "/rules/dry-run".to_owned(),
            method: Method::POST,
            operation: json!({
                "tags": ["rules"],
                "operationId": "try_rule",
                "summary": "What a rule that is not stored would do now; nothing is done",
                "requestBody": { "required": true, "content": {
                    "application/json": { "schema": openapi::reference("Rule") } } },
                "responses": answers(&["401", "403", "413", "422", "503"]),
            }),
            route: || web::post().to(draft),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/rules/{id}/dry-run".to_owned(),
            method: Method::POST,
            operation: json!({
                "tags": ["rules"],
                "operationId": "try_stored_rule",
                "summary": "What a stored rule would do now, in whatever state it is; nothing is done",
                "parameters": [log_query::describe_path_id()],
                "responses": answers(&["401", "403", "404", "422", "503"]),
            }),
            route: || web::post().to(stored),
            body_max: BODY_MAX,
        },
    ]
}

async fn draft(
    shared: web::Data<Arc<Shared>>,
    body: web::Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let rule = Rule::read(&body).map_err(ApiError::Invalid)?;
    let documents = shared.library.documents();
    let problems = rule.problems(&documents, None);
    if !problems.is_empty() {
        return Err(ApiError::Invalid(problems));
    }
    answer(&shared, Arc::new(rule)).await
}

async fn stored(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<u64>,
) -> Result<HttpResponse, ApiError> {
    let found = shared.library.editor.find::<Rule>(*id);
    let rule = found.ok_or(EditError::NotFound {
        what: Rule::WORD,
        id: *id,
    })?;
    answer(&shared, rule).await
}

async fn answer(shared: &Shared, rule: Arc<Rule>) -> Result<HttpResponse, ApiError> {
    let ready = Arc::new(Ready::of(rule).map_err(ApiError::Invalid)?);
    let desk = Desk {
        library: shared.library.clone(),
        readers: shared.readers.clone(),
        writer: shared.writer.clone(),
    };
    let tried: Result<Trial, TrialError> = web::block(move || trial(&desk, ready)).await?;
    match tried {
        Ok(trial) => Ok(HttpResponse::Ok().json(trial)),
        Err(TrialError::Store(error)) => Err(error.into()),
        Err(TrialError::Unanswered(error)) => {
            let message = format!("It cannot be tried: {error}.");
            let (field, code) = match error {
                Unanswered::TooMany => ("group_by", "too_many_groups"),
                Unanswered::Pruned => ("window", "pruned"),
            };
            let problem = Problem::new(field, code, message);
            Err(ApiError::Invalid(vec![problem]))
        }
    }
}
