//! Logs by the filters of reports: `POST /clicks/query`, `POST /clicks/export` and their like. Whoever
//! looks at a number of a report finds the rows behind it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::log_files::{self, Layout, Table};
use super::log_query::{LIMIT_DEFAULT, LIMIT_MAX};
use super::reports;
use crate::clock;
use crate::domain::documents::Documents;
use crate::domain::form::{Form, quoted};
use crate::domain::id::{Id, IdCodec};
use crate::report::request::Rows;
use crate::store::log::Query;
use crate::store::log::conditions::Conditions;
use crate::store::log::fields::Fields;
use crate::web::error::ApiError;

/// The field of a log that says which rows are tests.
const IS_TEST: &str = "is_test";
/// What rows are asked for by, as in a report.
const OF_REPORTS: [&str; 3] = ["range", "timezone", "filters"];

/// How the queries of one log are read.
pub(super) struct RowQuery<'a> {
    pub(super) fields: &'a Fields,
    pub(super) codec: &'a IdCodec,
    pub(super) documents: &'a Arc<Documents>,
    /// The `next` of a page back into its id.
    pub(super) cursor: fn(&str, &IdCodec) -> Option<Id>,
}

impl RowQuery<'_> {
    /// A page: `{"range", "timezone", "filters", "with_tests", "limit", "cursor"}`, and what `more`
    /// reads.
    pub(super) fn page<T>(
        &self,
        body: &Value,
        more: impl FnOnce(&mut Form<'_>) -> T,
    ) -> Result<(Query, T), ApiError> {
        let read = |form: &mut Form<'_>| {
            let rows = Rows::from_form(form);
            let mut query = self.query(form, rows);
            let limit = form.integer("limit", 1..=LIMIT_MAX as u64, LIMIT_DEFAULT as u64);
            query.limit = limit as usize;
            let cursor = form.text("cursor");
            query.before = (self.cursor)(cursor, self.codec);
            if query.before.is_none() && !cursor.is_empty() {
                let message = format!(
                    "{} is not a cursor; send \"next\" of the page before.",
                    quoted(cursor)
                );
                form.problem("cursor", "invalid", message);
            }
            (query, more(form))
        };
        Form::read(body, read).map_err(ApiError::Invalid)
    }

    /// A file: the same without `limit` and `cursor`, and how it is to look.
    pub(super) fn file<T>(
        &self,
        body: &Value,
        table: &'static Table,
        more: impl FnOnce(&mut Form<'_>) -> T,
    ) -> Result<(Query, Layout, T), ApiError> {
        let read = |form: &mut Form<'_>| {
            let rows = Rows::from_form(form);
            let layout = Layout::from_form(form, table, rows.zone);
            (self.query(form, rows), layout, more(form))
        };
        Form::read(body, read).map_err(ApiError::Invalid)
    }

    fn query(&self, form: &mut Form<'_>, rows: Rows) -> Query {
        let interval = rows.interval(clock::now_ms());
        let mut query = Query {
            from: interval.map(|interval| interval.from),
            to: interval.map(|interval| interval.to),
            ..Query::default()
        };
        // Reports count no tests.
        if !form.boolean("with_tests", false) {
            let no_tests = self.fields.filter(IS_TEST, "false", self.codec);
            query.filters.extend(no_tests.ok());
        }
        let conditions = Conditions::new(rows.filters, rows.zone, Arc::clone(self.documents));
        query.conditions = conditions.map(Arc::new);
        query
    }
}

/// The body of a page, as OpenAPI has it.
pub(super) fn describe_page() -> Value {
    let mut fields = rows();
    fields["limit"] = json!({ "type": "integer", "minimum": 1, "maximum": LIMIT_MAX,
        "default": LIMIT_DEFAULT });
    fields["cursor"] = json!({ "type": "string", "description": "`next` of the page before." });
    json!({ "type": "object", "properties": fields })
}

/// The body of a file, as OpenAPI has it.
pub(super) fn describe_file(table: &Table) -> Value {
    let mut fields = rows();
    if let (Some(fields), Value::Object(layout)) =
        (fields.as_object_mut(), log_files::layout(table))
    {
        fields.extend(layout);
    }
    json!({ "type": "object", "properties": fields })
}

fn rows() -> Value {
    let request = reports::request_schema();
    let of_reports = OF_REPORTS.iter();
    let of_reports = of_reports.map(|name| (*name, request["properties"][name].clone()));
    let mut fields: Value = of_reports.collect();
    fields["with_tests"] = json!({ "type": "boolean", "default": false,
        "description": "Reports count no tests, and so they are left out here too." });
    fields
}
