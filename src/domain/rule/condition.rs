//! What has to hold before a rule acts, as its document says it.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::super::form::Form;
use super::super::money::Micros;

/// How deep conditions may stand in each other.
const DEPTH_MAX: usize = 4;
/// Most conditions side by side.
const LIST_MAX: usize = 20;
/// Most values of one condition.
const VALUES_MAX: usize = 1_000;
const ANY_AMOUNT: std::ops::RangeInclusive<Micros> = Micros(i64::MIN / 2)..=Micros(i64::MAX / 2);

/// A tree: `{"all": [...]}`, `{"any": [...]}`, a metric compared with a number or with so many times
/// another metric, a fact that is one of some values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    /// `{"metric": "roi", "is": "<", "value": "-50"}`, or with `"times": {"value": "3", "of":
    /// "payout"}` instead of the value. A metric that has no value (no denominator) fits nothing.
    Metric {
        metric: String,
        is: Comparison,
        than: Than,
    },
    /// `{"fact": "country", "is": "in", "values": ["US"]}`: of the group, or of the conversion and
    /// its click.
    Fact {
        fact: String,
        is: Membership,
        values: Vec<String>,
    },
}

/// What a metric is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Than {
    Value(Micros),
    Times(Times),
}

/// So many times another number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    pub value: Micros,
    /// A metric, or `payout`: what one conversion pays.
    pub of: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Less,
    AtMost,
    Greater,
    AtLeast,
    Equal,
    Unequal,
}

impl Comparison {
    pub const ALL: &'static [(&'static str, Comparison)] = &[
        ("<", Comparison::Less),
        ("<=", Comparison::AtMost),
        (">", Comparison::Greater),
        (">=", Comparison::AtLeast),
        ("=", Comparison::Equal),
        ("!=", Comparison::Unequal),
    ];

    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, one)| *one == self)
            .map_or("", |(word, _)| word)
    }

    pub fn holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Comparison::Less => left < right,
            Comparison::AtMost => left <= right,
            Comparison::Greater => left > right,
            Comparison::AtLeast => left >= right,
            Comparison::Equal => left == right,
            Comparison::Unequal => left != right,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    In,
    NotIn,
}

impl Membership {
    pub const ALL: &'static [(&'static str, Membership)] =
        &[("in", Membership::In), ("not_in", Membership::NotIn)];

    pub fn as_str(self) -> &'static str {
        match self {
            Membership::In => "in",
            Membership::NotIn => "not_in",
        }
    }
}

/// Always holds.
impl Default for Condition {
    fn default() -> Self {
        Condition::All(Vec::new())
    }
}

impl Condition {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        Self::read_at(form, 1)
    }

    fn read_at(form: &mut Form<'_>, depth: usize) -> Self {
        let kinds = ["all", "any", "metric", "fact"];
        let sent: Vec<&str> = kinds.into_iter().filter(|kind| form.has(kind)).collect();
        match sent[..] {
            ["all"] => Condition::All(Self::read_list(form, "all", depth)),
            ["any"] => Condition::Any(Self::read_list(form, "any", depth)),
            ["metric"] => Condition::Metric {
                metric: form.text("metric").to_owned(),
                is: Self::read_comparison(form),
                than: Than::read(form),
            },
            ["fact"] => Condition::Fact {
                fact: form.text("fact").to_owned(),
                is: form.choice("is", Membership::ALL, Membership::In),
                values: form.texts("values", VALUES_MAX),
            },
            _ => {
                form.missing(
                    "",
                    "A condition has one of all, any, metric and fact: {\"metric\": \"roi\", \"is\": \"<\", \"value\": \"-50\"}.",
                );
                Condition::default()
            }
        }
    }

    fn read_list(form: &mut Form<'_>, key: &'static str, depth: usize) -> Vec<Condition> {
        if depth == DEPTH_MAX {
            let message = format!("Conditions stand in each other {DEPTH_MAX} deep at most.");
            form.value(key);
            form.problem(key, "out_of_range", message);
            return Vec::new();
        }
        form.list(key, LIST_MAX, |form, _| Self::read_at(form, depth + 1))
    }

    fn read_comparison(form: &mut Form<'_>) -> Comparison {
        if !form.has("is") {
            form.missing(
                "is",
                "How is it compared? Send is: one of <, <=, >, >=, =, !=.",
            );
        }
        form.choice("is", Comparison::ALL, Comparison::AtLeast)
    }
}

impl Than {
    fn read(form: &mut Form<'_>) -> Self {
        let times = form.object("times", |form| Times {
            value: form.amount("value", ANY_AMOUNT).unwrap_or(Micros::ONE),
            of: form.text("of").to_owned(),
        });
        let value = form.amount("value", ANY_AMOUNT);
        match (times, form.has("value")) {
            (Some(times), false) => Than::Times(times),
            (None, true) => Than::Value(value.unwrap_or(Micros::ZERO)),
            _ => {
                form.missing(
                    "value",
                    "Compared with what? Send a value, or times: {\"value\": \"3\", \"of\": \"payout\"}.",
                );
                Than::Value(Micros::ZERO)
            }
        }
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Condition::All(list) => map.serialize_entry("all", list)?,
            Condition::Any(list) => map.serialize_entry("any", list)?,
            Condition::Metric { metric, is, than } => {
                map.serialize_entry("metric", metric)?;
                map.serialize_entry("is", is.as_str())?;
                match than {
                    Than::Value(value) => map.serialize_entry("value", value)?,
                    Than::Times(times) => map.serialize_entry(
                        "times",
                        &serde_json::json!({ "value": times.value, "of": times.of }),
                    )?,
                }
            }
            Condition::Fact { fact, is, values } => {
                map.serialize_entry("fact", fact)?;
                map.serialize_entry("is", is.as_str())?;
                map.serialize_entry("values", values)?;
            }
        }
        map.end()
    }
}

/// A condition may stand in a condition, so its schema says only that it is an object.
impl PartialSchema for Condition {
    fn schema() -> RefOr<Schema> {
        let description = "{\"all\": [...]}, {\"any\": [...]}, {\"metric\": \"roi\", \"is\": \"<\", \
             \"value\": \"-50\"}, {\"metric\": \"cost\", \"is\": \">=\", \"times\": {\"value\": \"3\", \
             \"of\": \"payout\"}}, or {\"fact\": \"country\", \"is\": \"in\", \"values\": [\"US\"]}; \
             nested up to four deep";
        utoipa::openapi::ObjectBuilder::new()
            .description(Some(description))
            .into()
    }
}

impl ToSchema for Condition {}
