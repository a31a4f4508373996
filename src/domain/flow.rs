//! One branch of a campaign: filters, then a target.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::check;
use super::entity::Reference;
use super::filter_value::FilterValue;
use super::form::Form;
use super::problem::Problem;
use super::state::State;

pub use super::target::{RedirectKind, ReplyKind, Target, Way, WeightedLanding, WeightedOffer};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Flow {
    /// Kept across saves when sent back.
    pub id: u64,
    pub name: String,
    pub kind: FlowKind,
    pub state: State,
    /// Share among the regular flows of a campaign that rotates by weight.
    pub weight: u32,
    pub r#match: Match,
    pub filters: Vec<Filter>,
    pub target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowKind {
    /// Tried before all others, in order.
    Forced,
    #[default]
    Regular,
    /// Takes whom nobody else took; has no filters.
    Default,
}

impl FlowKind {
    pub const ALL: &'static [(&'static str, FlowKind)] = &[
        ("forced", FlowKind::Forced),
        ("regular", FlowKind::Regular),
        ("default", FlowKind::Default),
    ];
}

/// Whether all filters must accept, or any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    #[default]
    All,
    Any,
}

impl Match {
    pub const ALL: &'static [(&'static str, Match)] = &[("all", Match::All), ("any", Match::Any)];
}

/// A condition on the visitor. What `value` may be is known by the filter's kind
/// (`engine::filter`), which checks it when the campaign is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Filter {
    #[schema(example = "country")]
    pub key: String,
    pub mode: Mode,
    #[schema(value_type = Value, example = json!(["US", "CA"]))]
    pub value: FilterValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Accept,
    Reject,
}

impl Mode {
    pub const ALL: &'static [(&'static str, Mode)] =
        &[("accept", Mode::Accept), ("reject", Mode::Reject)];
}

/// More would make each click slow.
const FILTERS_MAX: usize = 100;

impl Flow {
    /// Reads the flow at this place of its campaign; `id` is 0 if it has none yet.
    pub(super) fn read(form: &mut Form<'_>, index: usize) -> Self {
        let name = match form.text("name") {
            "" => format!("Flow {}", index + 1),
            text => form.checked("name", check::name(text), String::new),
        };
        let flow = Flow {
            id: form.id("id").unwrap_or(0),
            name,
            kind: form.choice("kind", FlowKind::ALL, FlowKind::default()),
            state: form.choice("state", State::ALL, State::default()),
            weight: form.weight(),
            r#match: form.choice("match", Match::ALL, Match::default()),
            filters: form.list("filters", FILTERS_MAX, |form, _| Filter::read(form)),
            target: form
                .object("target", Target::read)
                .unwrap_or_else(Target::nowhere),
        };
        if form.value("target").is_none() {
            form.missing(
                "target",
                "A flow needs a target: a split, a redirect, a reply or a campaign.",
            );
        }
        if flow.kind == FlowKind::Default && !flow.filters.is_empty() {
            form.problem(
                "filters",
                "invalid",
                "The default flow takes everybody and has no filters; make it a regular flow or remove them.",
            );
        }
        flow
    }

    /// The landings, offers and lists it names, each with its field.
    pub(super) fn references(&self) -> Vec<(String, Reference)> {
        let mut found = Vec::new();
        for (index, filter) in self.filters.iter().enumerate() {
            let lists = filter.lists().into_iter();
            found.extend(lists.map(|(field, id)| {
                let field = format!("filters[{index}].{field}");
                (field, Reference::List(id))
            }));
        }
        let under = |(field, one)| (format!("target.{field}"), one);
        found.extend(self.target.references().into_iter().map(under));
        found
    }

    /// What is allowed and probably not meant.
    pub(super) fn remarks(&self) -> Vec<Problem> {
        let under = |remark: Problem| remark.under("target");
        self.target.remarks().into_iter().map(under).collect()
    }
}

/// More entries than anybody types.
const MANY_ENTRIES: usize = 1_000;

impl Filter {
    fn read(form: &mut Form<'_>) -> Self {
        let key = form.text("key");
        if key.is_empty() {
            form.missing("key", "A filter needs a key, such as country.");
        }
        if form.value("value").is_none() {
            form.missing(
                "value",
                "A filter needs a value: a list, or true for one without a list.",
            );
        }
        Filter {
            key: key.to_owned(),
            mode: form.choice("mode", Mode::ALL, Mode::default()),
            value: form.value("value").unwrap_or(&Value::Null).into(),
        }
    }

    /// Whether it may take long to compile: it has regexps, or very many entries.
    pub fn is_costly(&self) -> bool {
        fn is_costly(value: &Value) -> bool {
            match value {
                Value::String(text) => text.lines().any(|line| line.trim().starts_with('/')),
                Value::Array(entries) => {
                    entries.len() > MANY_ENTRIES || entries.iter().any(is_costly)
                }
                Value::Object(fields) => fields.values().any(is_costly),
                _ => false,
            }
        }
        is_costly(&self.value.parsed())
    }

    /// The named lists in its value, each with its field (`value[1].list_id`).
    pub fn lists(&self) -> Vec<(String, u64)> {
        let mut lists = Vec::new();
        if self.value.may_name_lists() {
            note_lists(&self.value.parsed(), "value", 2, &mut lists);
        }
        lists
    }
}

/// Lists in a value, in its entries, and in those of an object's `value`.
fn note_lists(value: &Value, path: &str, depth: usize, lists: &mut Vec<(String, u64)>) {
    match value {
        Value::Object(fields) => {
            if let Some(id) = fields.get("list_id").and_then(Value::as_u64) {
                lists.push((format!("{path}.list_id"), id));
            } else if let (Some(inner), 1..) = (fields.get("value"), depth) {
                note_lists(inner, &format!("{path}.value"), depth - 1, lists);
            }
        }
        Value::Array(entries) => {
            // Long arrays of texts are usual.
            let objects = entries
                .iter()
                .enumerate()
                .filter(|(_, entry)| entry.is_object());
            for (index, entry) in objects {
                note_lists(entry, &format!("{path}[{index}]"), 0, lists);
            }
        }
        _ => {}
    }
}
