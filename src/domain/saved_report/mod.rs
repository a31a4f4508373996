//! A report that is kept under a name: what is asked, and how its answer is shown.

mod colour;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::check;
use super::documents::Documents;
use super::entity::{Entity, Head, heads, read_head};
use super::form::Form;
use super::problem::Problem;
use super::state::State;

pub use colour::{Colour, ColourRule, Comparison};

const COLUMNS_MAX: usize = 100;
const RULES_MAX: usize = 50;
const KEY_MAX: usize = 100;
/// A request is a page of JSON.
const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// A request of a report with its columns and colours.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct SavedReport {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    /// The body of `POST /reports`.
    #[schema(value_type = Object, example = json!({ "range": { "preset": "today" },
        "dimensions": ["source"], "metrics": ["clicks", "cost"] }))]
    pub request: Value,
    /// The columns from left to right; those that are not named come behind them.
    pub columns: Vec<ColumnLayout>,
    /// The first rule that holds colours a cell.
    pub colours: Vec<ColourRule>,
    /// Shown there unless another report is chosen: at most one for each place.
    pub default_for: Option<Place>,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

/// One column as it is laid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ColumnLayout {
    /// A dimension or a metric.
    #[schema(example = "creative_id")]
    pub key: String,
    /// In pixels, 20 to 2,000; `null` for as wide as it has to be.
    pub width: Option<u16>,
}

/// Where a report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReportPlace)]
pub enum Place {
    Dashboard,
    Reports,
    Campaign,
    Offer,
    Landing,
    Network,
    TrafficSource,
}

impl Place {
    pub const ALL: &'static [(&'static str, Place)] = &[
        ("dashboard", Place::Dashboard),
        ("reports", Place::Reports),
        ("campaign", Place::Campaign),
        ("offer", Place::Offer),
        ("landing", Place::Landing),
        ("network", Place::Network),
        ("traffic_source", Place::TrafficSource),
    ];

    fn read(form: &mut Form<'_>, key: &'static str) -> Option<Place> {
        let value = form.value(key)?;
        form.word(key, value, Self::ALL)
    }

    fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, place)| *place == self);
        found.map_or("", |(word, _)| word)
    }
}

impl Entity for SavedReport {
    const WORD: &'static str = "saved report";

    heads!(saved_reports, SavedReport, name);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        SavedReport {
            id,
            version,
            name: check::read_name(form),
            state,
            request: read_request(form),
            columns: form.list("columns", COLUMNS_MAX, |form, _| ColumnLayout {
                key: read_key(form, "key"),
                width: read_width(form),
            }),
            colours: form.list("colours", RULES_MAX, |form, _| ColourRule::from_form(form)),
            default_for: Place::read(form, "default_for"),
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name]
    }

    /// A place has one default, and the original keeps it.
    fn forget_identity(document: &mut Map<String, Value>) {
        document.shift_remove("default_for");
    }

    fn conflicts(&self, documents: &Documents) -> Vec<Problem> {
        let Some(place) = self.default_for.filter(|_| self.state != State::Archived) else {
            return Vec::new();
        };
        let mut others = documents.saved_reports.values();
        let other = others.find(|other| {
            let is_shown = other.id != self.id && other.state != State::Archived;
            is_shown && other.default_for == Some(place)
        });
        let problem = other.map(|other| {
            let (word, id) = (place.word(), other.id);
            let message = format!("The saved report {id} is the default for {word} already.");
            Problem::new("default_for", "default_taken", message)
        });
        problem.into_iter().collect()
    }

    fn as_saved_report(&self) -> Option<&SavedReport> {
        Some(self)
    }
}

/// `None` if left out.
fn read_width(form: &mut Form<'_>) -> Option<u16> {
    let is_sent = form.value("width").is_some();
    is_sent.then(|| form.integer("width", 20..=2_000, 20) as u16)
}

/// What a request says is checked where reports are known.
fn read_request(form: &mut Form<'_>) -> Value {
    let Some(sent) = form.value("request") else {
        form.missing(
            "request",
            "What is to be reported? Send the body of a report.",
        );
        return Value::Null;
    };
    let bytes = sent.to_string().len();
    let problem = if !sent.is_object() {
        Some(("invalid", "It is not an object with fields.".to_owned()))
    } else if bytes > REQUEST_BYTES_MAX {
        let message = format!("{bytes} bytes are more than the {REQUEST_BYTES_MAX} possible.");
        Some(("out_of_range", message))
    } else {
        None
    };
    if let Some((code, message)) = problem {
        form.problem("request", code, message);
    }
    sent.clone()
}

/// The key of a dimension or of a metric.
fn read_key(form: &mut Form<'_>, field: &'static str) -> String {
    let key = form.text(field);
    if key.is_empty() {
        form.missing(field, "Name a dimension or a metric.");
    } else if key.len() > KEY_MAX {
        let message = format!("A key has at most {KEY_MAX} letters.");
        form.problem(field, "invalid", message);
    }
    key.to_owned()
}
