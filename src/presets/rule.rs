//! A ready-made rule.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::files::{self, RuleFiles};
use super::{Faults, PresetKind, fill};
use crate::domain::form::quoted;
use crate::domain::problem::Problem;

/// What stands before the key of an ask, in place of its value.
const SIGN: char = '$';

/// A preset's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    name: String,
    notes: String,
    /// Ids of the operator's, which stand in the document as `"$list_id"`.
    #[serde(default)]
    asks: BTreeMap<String, String>,
    document: Value,
}

/// A ready-made rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePreset {
    /// The name of its file.
    pub slug: String,
    pub name: String,
    pub notes: String,
    /// By key.
    pub asks: Vec<RuleAsk>,
    document: Value,
}

/// An id that only the operator knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleAsk {
    /// Of one that ends with `_ids` any number, with commas between them.
    #[schema(example = "list_id")]
    pub key: String,
    pub label: String,
    /// Whether the rule cannot be stored without it.
    pub is_required: bool,
}

/// A rule preset, ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RulePreset)]
pub struct RuleAnswer {
    pub kind: PresetKind,
    pub slug: &'static str,
    pub name: &'static str,
    pub notes: &'static str,
    /// Ids to send as query parameters, `?list_id=3&campaign_ids=1,2`; without them the document
    /// has `null` or an empty list there.
    pub asks: &'static [RuleAsk],
    /// Can be sent to `POST /rules` once what is required is filled in.
    #[schema(value_type = Object)]
    pub document: Value,
}

pub(super) fn load() -> (Vec<RulePreset>, Faults) {
    files::read::<RuleFiles, File, _>(RulePreset::new)
}

impl RulePreset {
    fn new(slug: String, file: File) -> Result<Self, String> {
        let mut named = Vec::new();
        note_asks(&file.document, &mut named);
        if let Some(unknown) = named.iter().find(|key| !file.asks.contains_key(**key)) {
            return Err(format!(
                "{unknown} stands in the document and is not asked for."
            ));
        }
        if let Some(unused) = file.asks.keys().find(|key| !named.contains(&key.as_str())) {
            return Err(format!("{unused} is asked for and stands nowhere."));
        }
        let asks = file.asks.into_iter().map(|(key, label)| RuleAsk {
            is_required: !is_list(&key),
            key,
            label,
        });
        Ok(Self {
            slug,
            name: file.name,
            notes: file.notes,
            asks: asks.collect(),
            document: file.document,
        })
    }

    /// The document of a rule, with these ids in it.
    ///
    /// Problems are under the keys of `values`, all of them at once.
    pub fn expand(
        &'static self,
        values: &BTreeMap<String, String>,
    ) -> Result<RuleAnswer, Vec<Problem>> {
        let known: Vec<&str> = self.asks.iter().map(|ask| ask.key.as_str()).collect();
        let mut problems = fill::problems(values, &known);
        // These stand in no URL: what an id may be is said below.
        problems.retain(|problem| problem.code != "invalid");
        let mut ids = BTreeMap::new();
        for (key, text) in values {
            match read(key, text) {
                Ok(value) => {
                    ids.insert(key.as_str(), value);
                }
                // What is wrong with the key itself is told already.
                Err(_) if problems.iter().any(|one| one.field == *key) => {}
                Err(message) => problems.push(Problem::new(key, "invalid", message)),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut document = self.document.clone();
        put(&mut document, &ids);
        document["name"] = json!(self.name);
        document["notes"] = json!(self.notes);
        Ok(RuleAnswer {
            kind: PresetKind::Rule,
            slug: &self.slug,
            name: &self.name,
            notes: &self.notes,
            asks: &self.asks,
            document,
        })
    }
}

fn is_list(key: &str) -> bool {
    key.ends_with("_ids")
}

/// The id or the ids that were sent.
fn read(key: &str, text: &str) -> Result<Value, String> {
    let id = |text: &str| text.trim().parse::<u64>().ok().filter(|id| *id > 0);
    let read = match is_list(key) {
        false => id(text).map(|id| json!(id)),
        true => {
            let ids: Option<Vec<u64>> = text.split(',').map(id).collect();
            ids.map(|ids| json!(ids))
        }
    };
    read.ok_or_else(|| match is_list(key) {
        false => format!("{} is not an id: a whole number from 1 up.", quoted(text)),
        true => format!("{} is no list of ids, such as 1,2,3.", quoted(text)),
    })
}

/// The keys of the asks that stand in a document.
fn note_asks<'d>(document: &'d Value, keys: &mut Vec<&'d str>) {
    match document {
        Value::String(text) => keys.extend(text.strip_prefix(SIGN)),
        Value::Array(values) => values.iter().for_each(|one| note_asks(one, keys)),
        Value::Object(fields) => fields.values().for_each(|one| note_asks(one, keys)),
        _ => {}
    }
}

fn put(document: &mut Value, ids: &BTreeMap<&str, Value>) {
    match document {
        Value::String(text) => {
            if let Some(key) = text.strip_prefix(SIGN) {
                let nothing = match is_list(key) {
                    true => json!([]),
                    false => Value::Null,
                };
                *document = ids.get(key).cloned().unwrap_or(nothing);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|one| put(one, ids)),
        Value::Object(fields) => fields.values_mut().for_each(|one| put(one, ids)),
        _ => {}
    }
}
