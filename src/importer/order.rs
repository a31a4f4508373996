//! What is to be done with a file, as its sender says it.

use chrono_tz::Tz;
use serde_json::Value;

use crate::domain::check::read_timezone;
use crate::domain::conversion::Status;
use crate::domain::form::{Form, quoted};
use crate::domain::period;
use crate::domain::problem::Problem;
use crate::postback::batch::Delimiter;

/// More columns are no table.
const COLUMNS_MAX: usize = 500;

/// What is to be done with a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub network: Option<NetworkName>,
    pub timezone: Tz,
    pub columns: Option<Vec<String>>,
    pub delimiter: Option<Delimiter>,
    /// Of rows that tell no status.
    pub default_status: Option<Status>,
    pub preview: bool,
    /// Whether the conversions are to be told to traffic sources.
    pub send_postbacks: bool,
}

/// Whose file it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkName {
    Id(u64),
    /// Its name or its id, as somebody typed it.
    Typed(String),
}

impl Order {
    /// Reads the fields of a request; all problems at once.
    pub fn read(document: &Value) -> Result<Self, Vec<Problem>> {
        Form::read(document, |form| {
            form.ignored("text");
            let id = form.id("network_id").map(NetworkName::Id);
            let typed = form.text("network").to_owned();
            let typed = Some(typed).filter(|typed| !typed.is_empty());
            Order {
                network: id.or(typed.map(NetworkName::Typed)),
                timezone: period::zone(&read_timezone(form)),
                columns: read_columns(form),
                delimiter: read_delimiter(form),
                default_status: read_status(form),
                preview: form.boolean("preview", false),
                send_postbacks: form.boolean("send_postbacks", false),
            }
        })
    }
}

/// Not [`Form::texts`]: an empty name is a column that is passed over.
fn read_columns(form: &mut Form<'_>) -> Option<Vec<String>> {
    let value = form.value("columns")?;
    let names = value.as_array().and_then(|names| {
        let names = names.iter().map(|name| name.as_str().map(str::to_owned));
        names.collect::<Option<Vec<String>>>()
    });
    let is_named = |names: &Vec<String>| {
        names.len() <= COLUMNS_MAX && names.iter().any(|name| !matches!(name.trim(), "" | "-"))
    };
    let names = names.filter(is_named);
    if names.is_none() {
        let message = format!(
            "The columns have to be a list of at most {COLUMNS_MAX} names, such as [\"click_id\", \
             \"payout\", \"tid\", \"status\"]; \"-\" passes a column over."
        );
        form.problem("columns", "invalid", message);
    }
    names
}

fn read_delimiter(form: &mut Form<'_>) -> Option<Delimiter> {
    let text = form.exact_text("delimiter");
    if text.is_empty() {
        return None;
    }
    let delimiter = Delimiter::parse(text);
    if delimiter.is_none() {
        let words: Vec<&str> = Delimiter::ALL.iter().map(|(word, _)| *word).collect();
        let message = format!("{} is none of {}.", quoted(text), words.join(", "));
        form.problem("delimiter", "invalid", message);
    }
    delimiter
}

fn read_status(form: &mut Form<'_>) -> Option<Status> {
    let value = form.value("default_status")?;
    form.word("default_status", value, Status::ALL)
}
