//! The query of a log: `?from=&to=&limit=&cursor=`, filters, and what one log has of its own.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::DateTime;
use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::form::quoted;
use crate::domain::id::{Id, IdCodec};
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::store::error::StoreError;
use crate::store::log::fields::{Fields, FilterProblem};
use crate::store::log::{Page, Query};
use crate::store::readers::Readers;
use crate::web::error::ApiError;
use crate::web::state::Shared;

pub(super) const LIMIT_MAX: usize = 1_000;
pub(super) const LIMIT_DEFAULT: usize = 100;
/// Values of all filters together; a longer list belongs into a report.
const VALUES_MAX: usize = 200;
const COMMON: [&str; 4] = ["from", "to", "limit", "cursor"];

/// How the queries of one log are read.
pub(super) struct LogQuery<'a> {
    pub(super) fields: &'a Fields,
    pub(super) codec: &'a IdCodec,
    /// The `next` of a page back into its id.
    pub(super) cursor: fn(&str, &IdCodec) -> Option<Id>,
    /// Whether it is listed page by page, so that there are a limit and a cursor.
    pub(super) is_paged: bool,
    /// Parameters that are no fields.
    pub(super) own: &'a [&'static str],
}

/// Answers with one page of a log whose ids are decimal numbers and whose parameters are its fields.
pub(super) async fn page<T: Serialize + Send + 'static>(
    shared: &Shared,
    request: &HttpRequest,
    fields: &Fields,
    list: impl FnOnce(&Readers, &IdCodec, &Query) -> Result<Page<T>, StoreError> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let form = LogQuery {
        fields,
        codec: &shared.codec,
        cursor: decimal_id,
        is_paged: true,
        own: &[],
    };
    let query = form.parse(request.query_string(), |_, _| None)?;
    let (readers, codec) = (shared.readers.clone(), shared.codec.clone());
    let page = web::block(move || list(&readers, &codec, &query)).await??;
    let next = page.next.map(|id| id.to_row().to_string());
    Ok(HttpResponse::Ok().json(json!({ "items": page.items, "next": next })))
}

impl LogQuery<'_> {
    /// Reads a query string; all its problems at once. A filter given twice accepts either value.
    ///
    /// `set` gets the name and value of each parameter of the log's own, and of a filter that it
    /// may take for itself by answering `Some`; an `Err` is what is wrong with the value.
    pub(super) fn parse(
        &self,
        text: &str,
        mut set: impl FnMut(&str, &str) -> Option<Result<(), String>>,
    ) -> Result<Query, ApiError> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(text).map_err(|error| {
            ApiError::invalid(
                "",
                "invalid",
                format!("The query is not readable: {error}."),
            )
        })?;
        let mut query = Query {
            limit: LIMIT_DEFAULT,
            ..Query::default()
        };
        let mut problems = Vec::new();
        let mut values = 0;
        for (name, value) in pairs.into_inner() {
            let read = match name.as_str() {
                "limit" if self.is_paged => limit(&value).map(|limit| query.limit = limit),
                "cursor" if self.is_paged => {
                    self.before(&value).map(|before| query.before = before)
                }
                "from" => time(&value).map(|from| query.from = Some(from)),
                "to" => time(&value).map(|to| query.to = Some(to)),
                _ => match set(&name, &value) {
                    Some(read) => read,
                    None => {
                        values += 1;
                        match self.fields.filter(&name, &value, self.codec) {
                            Ok(filter) => query.add(filter),
                            Err(problem) => problems.push(self.explain(&name, &value, problem)),
                        }
                        Ok(())
                    }
                },
            };
            if let Err(message) = read {
                problems.push(Problem::new(name, "invalid", message));
            }
        }
        if values > VALUES_MAX {
            let message = format!("{values} filter values are more than {VALUES_MAX}.");
            problems.push(Problem::new("", "too_many", message));
        }
        match problems.is_empty() {
            true => Ok(query),
            false => Err(ApiError::Invalid(problems)),
        }
    }

    fn before(&self, value: &str) -> Result<Option<Id>, String> {
        if value.is_empty() {
            return Ok(None);
        }
        let id = (self.cursor)(value, self.codec);
        id.map(Some).ok_or_else(|| {
            format!(
                "{} is not a cursor; send \"next\" of the page before.",
                quoted(value)
            )
        })
    }

    fn explain(&self, name: &str, value: &str, problem: FilterProblem) -> Problem {
        let expects = match problem {
            FilterProblem::UnknownField => return self.unknown(name),
            FilterProblem::NotANumber => "a whole number".to_owned(),
            FilterProblem::NotAnAddress => "an IP address".to_owned(),
            FilterProblem::NotABoolean => "true or false".to_owned(),
            FilterProblem::NotOneOf(words) => format!("one of {}", words.join(", ")),
            FilterProblem::NotAClickId(error) => {
                return Problem::new(name, "invalid", format!("{}: {error}.", quoted(value)));
            }
        };
        let message = format!("{} is not {expects}.", quoted(value));
        Problem::new(name, "invalid", message)
    }

    fn unknown(&self, name: &str) -> Problem {
        let known = self.fields.names();
        let known = known.iter().chain(self.own).chain(&COMMON);
        let mut message = format!("There is no filter {} here.", quoted(name));
        if let Some(near) = nearest(name, known.copied()) {
            message.push_str(&format!(" Did you mean \"{near}\"?"));
        }
        let name: String = name.chars().take(100).collect();
        Problem::new(name, "unknown_parameter", message)
    }
}

fn limit(value: &str) -> Result<usize, String> {
    let limit = value.parse().ok();
    let limit = limit.filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| format!("{} is not a number from 1 to {LIMIT_MAX}.", quoted(value)))
}

/// Unix milliseconds or RFC 3339.
pub(super) fn time(value: &str) -> Result<i64, String> {
    let rfc3339 = || DateTime::parse_from_rfc3339(value).ok();
    let time = value.parse().ok();
    time.or_else(|| rfc3339().map(|time| time.timestamp_millis()))
        .ok_or_else(|| {
            format!(
                "{} is no time: send Unix milliseconds or 2026-01-31T10:00:00Z \
                 (a + in it as %2B).",
                quoted(value)
            )
        })
}

/// The cursor of logs whose ids are told as decimals.
pub(super) fn decimal_id(text: &str, _: &IdCodec) -> Option<Id> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    Id::from_row(text.parse().ok().filter(|_| plain)?)
}

/// The id in an address such as `/conversions/{id}`.
pub(super) fn path_id(text: &str, codec: &IdCodec) -> Result<Id, ApiError> {
    decimal_id(text, codec).ok_or_else(|| {
        let message = format!(
            "{} is no id: send the digits of an \"id\" of the list.",
            quoted(text)
        );
        ApiError::invalid("id", "invalid", message)
    })
}

pub(super) fn describe_path_id() -> Value {
    json!({ "name": "id", "in": "path", "required": true,
        "schema": { "type": "string", "pattern": "^[0-9]{1,19}$" } })
}

pub(super) fn describe(name: &str, schema: Value, help: &str) -> Value {
    json!({ "name": name, "in": "query", "required": false, "schema": schema,
        "description": help })
}

/// The common parameters and the filters, as OpenAPI has them.
pub(super) fn describe_all(fields: &Fields) -> Vec<Value> {
    let text = || json!({ "type": "string" });
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": LIMIT_MAX,
        "default": LIMIT_DEFAULT });
    let mut parameters = vec![
        describe("limit", limit, "How many at most."),
        describe("cursor", text(), "`next` of the page before."),
        describe(
            "from",
            text(),
            "From this time on: Unix milliseconds or RFC 3339.",
        ),
        describe("to", text(), "Before this time."),
    ];
    let filters = fields.names().into_iter();
    parameters.extend(filters.map(|name| {
        let schema = match fields.words(name) {
            Some(words) => json!({ "type": "string", "enum": words }),
            None => text(),
        };
        describe(name, schema, fields.help(name))
    }));
    parameters
}

/// A page of these items, as OpenAPI has it.
pub(super) fn describe_page(items: Value) -> Value {
    json!({ "type": "object", "required": ["items", "next"], "properties": {
        "items": { "type": "array", "items": items },
        "next": { "type": ["string", "null"], "description":
            "The cursor of the next page. A page may hold fewer items than asked for, and still \
             have a next one: a rare filter is looked for in steps." } } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::clicks::log::FIELDS;

    fn parse(text: &str) -> Result<Query, ApiError> {
        let codec = IdCodec::new(&[7; 16]);
        let query = LogQuery {
            fields: &FIELDS,
            codec: &codec,
            cursor: decimal_id,
            is_paged: true,
            own: &["basis"],
        };
        query.parse(text, |name, value| {
            let known = ["click", "status"].contains(&value);
            (name == "basis").then(|| known.then_some(()).ok_or("is no basis".to_owned()))
        })
    }

    fn problems(text: &str) -> Vec<(String, &'static str, String)> {
        match parse(text) {
            Err(ApiError::Invalid(problems)) => problems
                .into_iter()
                .map(|problem| (problem.field, problem.code, problem.message))
                .collect(),
            Err(other) => panic!("{other:?}"),
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn every_problem_of_a_query_is_told() {
        let text = "limit=0&cursor=zz&from=yesterday&country=US&campaign_id=x&contry=US\
                    &is_bot=maybe&ip=1&bot_reason=robot&basis=x&sub_id_31=a&cursor=-5";

        let found = problems(text);

        let expected = [
            ("limit", "invalid"),
            ("cursor", "invalid"),
            ("from", "invalid"),
            ("campaign_id", "invalid"),
            ("contry", "unknown_parameter"),
            ("is_bot", "invalid"),
            ("ip", "invalid"),
            ("bot_reason", "invalid"),
            ("basis", "invalid"),
            ("sub_id_31", "unknown_parameter"),
            ("cursor", "invalid"),
        ];
        let brief: Vec<_> = found
            .iter()
            .map(|(field, code, _)| (field.as_str(), *code))
            .collect();
        assert_eq!(brief, expected);
        assert!(
            found[4].2.ends_with("Did you mean \"country\"?"),
            "{found:?}"
        );
        assert!(found[7].2.contains("prefetch"), "{found:?}");
    }

    #[test]
    fn names_of_the_log_itself_are_hinted_at() {
        for (typed, meant) in [
            ("bassis", "basis"),
            ("cursr", "cursor"),
            ("sub_id1", "sub_id_1"),
        ] {
            let found = problems(&format!("{typed}=1"));
            let hint = format!("Did you mean \"{meant}\"?");
            assert!(found[0].2.ends_with(&hint), "{found:?}");
        }
    }

    #[test]
    fn a_filter_given_twice_accepts_either_value() {
        let query = parse("country=US&country=ca&sub_id_30=a%20b").expect("readable");

        assert_eq!(
            format!("{:?}", query.filters),
            r#"[country in [Text("US"), Text("CA")], sub_id_30 in [Text("a b")]]"#
        );
    }

    #[test]
    fn times_are_milliseconds_or_rfc_3339() {
        let query = parse("from=1767225600000&to=2026-01-01T02:00:00%2B02:00").expect("readable");

        assert_eq!(query.from, query.to);
        assert!(query.from.is_some());
    }

    #[test]
    fn more_values_than_a_report_would_take_are_refused() {
        let text = |count| vec!["source=a"; count].join("&");

        assert_eq!(problems(&text(VALUES_MAX)), []);
        assert_eq!(problems(&text(VALUES_MAX + 1))[0].1, "too_many");
    }
}
