//! Reports as files: `POST /reports/export`. All rows, flat, in the order of the report.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::body::Document;
use super::{Endpoint, log_files, openapi, reports};
use crate::clock;
use crate::domain::form::Form;
use crate::export::{self, Shape};
use crate::report::request::Request;
use crate::report::table;
use crate::web::download::Named;
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

/// A table is in memory while it is sent.
const ROWS_MAX: usize = 500_000;

pub(super) fn endpoint() -> Endpoint {
    let mut body = reports::request_schema();
    if let (Some(fields), Value::Object(shape)) =
        (body["properties"].as_object_mut(), log_files::shape())
    {
        fields.extend(shape);
    }
    let errors = ["400", "401", "403", "413", "415", "422", "429", "503"];
    Endpoint {
        path: "/reports/export".to_owned(),
        method: Method::POST,
        operation: json!({
            "tags": ["reports"],
            "operationId": "export_report",
            "summary": "A report as a file: all rows, side by side where it is a tree",
            "requestBody": { "required": true, "content": { "application/json": { "schema": body } } },
            "responses": openapi::file_responses(&errors),
        }),
        route: || web::post().to(export),
        body_max: BODY_MAX,
    }
}

async fn export(
    shared: web::Data<Arc<Shared>>,
    Document(body): Document,
) -> Result<HttpResponse, ApiError> {
    let documents = shared.reporter.documents();
    let read = Form::read(&body, |form| {
        (Shape::from_form(form), Request::from_form(form, &documents))
    });
    let (shape, request) = read.map_err(ApiError::Invalid)?;
    let request = request.whole(ROWS_MAX);
    let (asked, known) = (request.clone(), documents);
    let summed = reports::run(&shared, move |reporter, stop| {
        let times = asked.intervals(clock::now_ms());
        let names = reporter.names(&asked, &known)?;
        Ok((reporter.table(&asked, &names, times, stop)?, names))
    });
    let (summed, names) = summed.await?;
    if summed.groups > ROWS_MAX {
        let message = format!(
            "There are {} rows, and a file has at most {ROWS_MAX}; ask for fewer dimensions, a \
             shorter time, or filter what you need.",
            summed.groups
        );
        return Err(ApiError::invalid("dimensions", "too_many_rows", message));
    }
    let named = Named::now("report", shape.format, request.zone);
    shared.downloads.answer(named, move |pipe| {
        let mut file = export::open(&shape, &table::columns(&request), pipe)?;
        for row in summed.rows {
            file.row(&table::cells(&request, &names, &row))?;
        }
        file.finish()
    })
}
