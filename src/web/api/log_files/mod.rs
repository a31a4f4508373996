//! Logs as files: `POST /clicks/export` and its like. All rows that fit, not a page of them.
//!
//! The query is that of the list; the body says how the file is to look. Rows are read page by page,
//! each page a few short read transactions, and sent as they are read.
//!
//! Adding a log: its columns in `tables.rs`, and its [`endpoint`] beside its list.

pub(super) mod tables;

use std::io;

use actix_web::http::Method;
use actix_web::{HttpResponse, Route};
use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::log_query::{self, LogQuery};
use super::{Endpoint, openapi};
use crate::domain::check;
use crate::domain::form::{Form, quoted};
use crate::domain::id::IdCodec;
use crate::domain::nearest::nearest;
use crate::domain::period;
use crate::export::{self, Cell, Shape};
use crate::store::error::StoreError;
use crate::store::log::fields::Fields;
use crate::store::log::{Page, Query};
use crate::store::readers::Readers;
use crate::web::download::Named;
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

/// Rows that are read at a time.
const PAGE: usize = 1_000;
const COLUMNS_MAX: usize = 200;
/// What a list takes and a file does not: it has all rows.
const OF_PAGES: [&str; 2] = ["limit", "cursor"];

/// A log as a table.
pub(super) struct Table {
    /// Of its list, below the API's base.
    path: &'static str,
    columns: &'static [&'static [Column]],
}

/// A field of the items of a log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    key: &'static str,
    holds: Holds,
}

#[derive(Debug, Clone, Copy)]
enum Holds {
    /// As JSON has it.
    Plain,
    /// RFC 3339.
    Time,
    /// A decimal in quotes.
    Money,
}

impl Table {
    fn columns(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().copied().flatten()
    }
}

/// How a file is to look.
pub(super) struct Layout {
    table: &'static Table,
    shape: Shape,
    /// Of the times in it.
    zone: Tz,
    columns: Vec<Column>,
}

impl Layout {
    /// `{"format", "delimiter", "bom", "decimal_comma", "columns"}`
    pub(super) fn from_form(form: &mut Form<'_>, table: &'static Table, zone: Tz) -> Self {
        let shape = Shape::from_form(form);
        let names = form.texts("columns", COLUMNS_MAX);
        let mut columns = Vec::new();
        for (index, name) in names.iter().enumerate() {
            match table.columns().find(|column| column.key == name) {
                Some(column) => columns.push(*column),
                None => {
                    let mut message = format!("There is no column {} here.", quoted(name));
                    if let Some(near) = nearest(name, table.columns().map(|column| column.key)) {
                        message.push_str(&format!(" Did you mean \"{near}\"?"));
                    }
                    form.problem(&format!("columns[{index}]"), "unknown_column", message);
                }
            }
        }
        if names.is_empty() {
            columns = table.columns().copied().collect();
        }
        Layout {
            table,
            shape,
            zone,
            columns,
        }
    }

    fn cells(&self, item: &Map<String, Value>) -> Vec<Cell> {
        let columns = self.columns.iter();
        columns
            .map(|column| {
                let value = item.get(column.key).unwrap_or(&Value::Null);
                match (column.holds, value.as_str()) {
                    (Holds::Time, Some(text)) => self.time(text),
                    (Holds::Money, Some(text)) => Cell::number(text),
                    _ => Cell::from(value),
                }
            })
            .collect()
    }

    fn time(&self, text: &str) -> Cell {
        match DateTime::parse_from_rfc3339(text) {
            Ok(time) => Cell::Time(self.zone.from_utc_datetime(&time.naive_utc()).naive_local()),
            Err(_) => Cell::text(text),
        }
    }
}

/// The body of a file of a log that is filtered by its fields.
fn read(form: &mut Form<'_>, table: &'static Table) -> Layout {
    let zone = period::zone(&check::read_timezone(form));
    Layout::from_form(form, table, zone)
}

/// Answers with all rows of a log that is filtered by its fields, as a file.
pub(super) fn export<T: Serialize + 'static>(
    shared: &Shared,
    table: &'static Table,
    query: &str,
    body: &Value,
    fields: &Fields,
    list: impl Fn(&Readers, &IdCodec, &Query) -> Result<Page<T>, StoreError> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let form = LogQuery {
        fields,
        codec: &shared.codec,
        cursor: log_query::decimal_id,
        is_paged: false,
        own: &[],
    };
    let query = form.parse(query, |name, _| {
        let is_of_pages = OF_PAGES.contains(&name);
        is_of_pages.then(|| Err("A file has all rows; leave it out.".to_owned()))
    })?;
    let layout = Form::read(body, |form| read(form, table));
    let layout = layout.map_err(ApiError::Invalid)?;
    send(shared, layout, query, list)
}

/// Answers with all rows that a query finds, as a file.
pub(super) fn send<T: Serialize + 'static>(
    shared: &Shared,
    layout: Layout,
    mut query: Query,
    list: impl Fn(&Readers, &IdCodec, &Query) -> Result<Page<T>, StoreError> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let (readers, codec) = (shared.readers.clone(), shared.codec.clone());
    query.limit = PAGE;
    let named = Named::now(layout.table.path, layout.shape.format, layout.zone);
    shared.downloads.answer(named, move |pipe| {
        let names: Vec<String> = layout
            .columns
            .iter()
            .map(|one| one.key.to_owned())
            .collect();
        let mut file = export::open(&layout.shape, &names, pipe)?;
        loop {
            let page = list(&readers, &codec, &query).map_err(io::Error::other)?;
            for item in page.items {
                let item = serde_json::to_value(item)?;
                file.row(&layout.cells(item.as_object().unwrap_or(&Map::new())))?;
            }
            match page.next {
                Some(next) => query.before = Some(next),
                None => return file.finish(),
            }
        }
    })
}

/// `POST /{log}/export` of a log that is filtered by its fields.
pub(super) fn endpoint(
    table: &'static Table,
    tag: &str,
    fields: &Fields,
    route: fn() -> Route,
) -> Endpoint {
    let mut parameters = log_query::describe_all(fields);
    parameters.retain(|one| !OF_PAGES.iter().any(|name| one["name"] == *name));
    let mut operation = describe(
        table,
        tag,
        json!({ "type": "object", "properties": layout(table) }),
    );
    operation["parameters"] = Value::Array(parameters);
    Endpoint {
        path: format!("/{}/export", table.path),
        method: Method::POST,
        operation,
        route,
        body_max: BODY_MAX,
    }
}

/// The operation that makes a file of a log, as OpenAPI has it.
pub(super) fn describe(table: &Table, tag: &str, body: Value) -> Value {
    let errors = ["400", "401", "403", "413", "415", "422", "429", "503"];
    json!({
        "tags": [tag],
        "operationId": format!("export_{}", table.path.replace('-', "_")),
        "summary": "All rows that fit, newest first, as a file that is sent while it is made",
        "requestBody": { "required": true, "content": { "application/json": { "schema": body } } },
        "responses": openapi::file_responses(&errors),
    })
}

/// The fields of a [`Layout`], as OpenAPI has them.
pub(super) fn layout(table: &Table) -> Value {
    let keys: Vec<&str> = table.columns().map(|column| column.key).collect();
    let mut fields = shape();
    fields["timezone"] = json!({ "type": "string", "default": "UTC",
        "description": "IANA zone of the times in it." });
    fields["columns"] = json!({ "type": "array", "items": { "type": "string", "enum": keys },
        "description": "Left out: all of them, in this order." });
    fields
}

/// The fields of a [`Shape`], as OpenAPI has them.
pub(super) fn shape() -> Value {
    fn words<T>(all: &[(&'static str, T)]) -> Vec<&'static str> {
        all.iter().map(|(word, _)| *word).collect()
    }
    let flag = |help: &str| json!({ "type": "boolean", "default": false, "description": help });
    json!({
        "format": { "type": "string", "enum": words(export::Format::ALL), "default": "csv" },
        "delimiter": { "type": "string", "enum": words(export::Delimiter::ALL),
            "default": "comma", "description": "Of CSV." },
        "bom": flag("CSV begins with the mark by which Excel knows that it is UTF-8."),
        "decimal_comma": flag("Numbers in CSV have a comma instead of the point."),
    })
}

#[cfg(test)]
mod tests;
