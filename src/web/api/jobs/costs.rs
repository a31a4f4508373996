//! Costs that sources tell afterwards: `POST /cost-updates`, `POST /cost-updates/file`, the list, one,
//! and `POST /cost-updates/{id}/undo`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::{accepted, endpoint, of_id, page, parse_id, period, unknown};
use crate::jobs::costs::{Filed, Stated};
use crate::store::jobs::costs::{self, CostUpdate};
use crate::web::api::body::Document;
use crate::web::api::{BASE, Endpoint, openapi};
use crate::web::error::{ApiError, FILE_BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut file = endpoint("/cost-updates/file", Method::POST, describe_file(), || {
        web::post().to(file)
    });
    file.body_max = FILE_BODY_MAX;
    let errors = ["401", "403", "404", "503"];
    let undo_errors = ["401", "403", "404", "409", "503"];
    vec![
        endpoint("/cost-updates", Method::POST, describe(), || {
            web::post().to(state)
        }),
        endpoint(
            "/cost-updates",
            Method::GET,
            json!({
                "tags": ["jobs"],
                "operationId": "list_cost_updates",
                "summary": "The latest 200 updates of costs, newest first",
                "responses": openapi::responses("200", page("CostUpdate"), &["401", "403", "503"]),
            }),
            || web::get().to(list),
        ),
        file,
        endpoint(
            "/cost-updates/{id}",
            Method::GET,
            of_id(
                "read_cost_update",
                "An update of costs with its first 1,000 lines in \"items\"",
                "CostUpdate",
                &errors,
            ),
            || web::get().to(read),
        ),
        endpoint(
            "/cost-updates/{id}/undo",
            Method::POST,
            undoing(of_id(
                "undo_cost_update",
                "Give clicks back what they had cost before. Refused while a later update counts for \
                 some of the same clicks; possible for 90 days",
                "Job",
                &undo_errors,
            )),
            || web::post().to(undo),
        ),
    ]
}

/// Answered before it is done.
fn undoing(mut operation: Value) -> Value {
    if let Some(responses) = operation["responses"].as_object_mut()
        && let Some(answer) = responses.shift_remove("200")
    {
        responses.shift_insert(0, "202".to_owned(), answer);
    }
    operation
}

fn describe() -> Value {
    let money = |what: &str| json!({ "type": ["string", "null"], "description": what });
    let others = json!({
        "amount": money("What all of the clicks have cost together; spread evenly, to the micro-unit."),
        "cpc": money("What each has cost."),
        "cpm": money("What a thousand have cost."),
        "currency": { "type": ["string", "null"],
            "description": "Left out: the one in which the campaigns count their cost." },
        "which": { "type": "string", "enum": ["all", "unique", "without_bots"], "default": "all" },
        "filters": { "type": "object", "additionalProperties": { "type": "string" },
            "example": { "source": "zone7" },
            "description": "Parameters and the values that clicks have to have: source, keyword, \
                creative_id, ad_group_id, ad_campaign_id, external_id, sub_id_1 to sub_id_30." },
        "preview": { "type": "boolean", "default": false },
    });
    operation(
        "update_costs",
        "Say what clicks have cost; it takes the place of what they cost until now, and clicks that \
         come later keep theirs. An amount for which there is no click stays with the campaigns and \
         days. Sent again after its period is over it changes nothing (200)",
        period(others),
        "CostPreview",
    )
}

fn describe_file() -> Value {
    let schema = json!({ "type": "object", "required": ["text"], "properties": {
        "text": { "type": "string", "description": "At most 20,000 rows: Binom's \"campaign id; time \
            zone; date; cost; token number; token value\" with or without that header, where a token is a \
            sub id; or a header of campaign_id (or campaign: alias or name), timezone, date or \
            start_date and end_date, cost or cpc or cpm, currency, only_campaign_uniques, and the \
            names of filters." },
        "timezone": { "type": "string", "default": "UTC", "description": "Of rows that name none." },
        "currency": { "type": ["string", "null"] },
        "which": { "type": "string", "enum": ["all", "unique", "without_bots"], "default": "all" },
        "preview": { "type": "boolean", "default": false },
        "skip_unusable": { "type": "boolean", "default": false,
            "description": "Rows that cannot be used stay out; else they refuse the file." } } });
    operation(
        "update_costs_from_file",
        "Say what clicks have cost, by a file: each row as one statement. Where two are about the same \
         click the one with more filters counts",
        schema,
        "FilePreview",
    )
}

fn operation(id: &str, summary: &str, schema: Value, preview: &str) -> Value {
    let errors = ["400", "401", "403", "413", "415", "422", "503"];
    let answer = openapi::reference("CostUpdate");
    let mut responses = openapi::responses("202", answer.clone(), &errors);
    let either = json!({ "oneOf": [openapi::reference(preview), answer] });
    let unchanged = json!({ "description": "Nothing was changed: a preview, or the update that says \
        the same already.", "content": { "application/json": { "schema": either } } });
    if let Some(responses) = responses.as_object_mut() {
        responses.shift_insert(0, "200".to_owned(), unchanged);
    }
    json!({
        "tags": ["jobs"],
        "operationId": id,
        "summary": summary,
        "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } },
        "responses": responses,
    })
}

async fn state(
    shared: web::Data<Arc<Shared>>,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    let stated = web::block(move || shared.jobs.state_costs(&body)).await??;
    Ok(match stated {
        Stated::Preview(preview) => HttpResponse::Ok().json(preview),
        Stated::Begun(update, is_new) => begun(&update, is_new),
    })
}

async fn file(
    shared: web::Data<Arc<Shared>>,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    let filed = web::block(move || shared.jobs.file_costs(&body)).await??;
    Ok(match filed {
        Filed::Preview(preview) => HttpResponse::Ok().json(preview),
        Filed::Begun(update, is_new) => begun(&update, is_new),
    })
}

fn begun(update: &CostUpdate, is_new: bool) -> HttpResponse {
    let mut answer = match is_new {
        true => HttpResponse::Accepted(),
        false => HttpResponse::Ok(),
    };
    answer
        .insert_header(("location", format!("{BASE}/cost-updates/{}", update.id)))
        .json(update)
}

async fn list(shared: web::Data<Arc<Shared>>) -> Result<HttpResponse, ApiError> {
    let readers = shared.readers.clone();
    let items = web::block(move || costs::list(&readers)).await??;
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": null })))
}

async fn read(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let wanted = parse_id("cost update", &id)?;
    let readers = shared.readers.clone();
    let found = web::block(move || {
        let update = costs::find(&readers, wanted)?;
        let lines = costs::lines(&readers, wanted, false)?;
        Ok::<_, crate::store::error::StoreError>(update.map(|update| (update, lines)))
    });
    let found = found.await??;
    let (update, lines) = found.ok_or_else(|| unknown("cost update", &id))?;
    let mut answer = json!(update);
    answer["items"] = json!(lines);
    Ok(HttpResponse::Ok().json(answer))
}

async fn undo(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let wanted = parse_id("cost update", &id)?;
    let job = web::block(move || shared.jobs.undo_costs(wanted)).await??;
    Ok(accepted(&job))
}
