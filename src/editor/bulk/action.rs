//! What can be done to many entities, as it is asked for.

use serde_json::{Map, Value};

use super::table::{ACTIONS, KINDS, Kind, PLACES, POSITIONS};
use crate::domain::form::Form;

/// Most entities of one request.
const IDS_MAX: usize = 100_000;

/// One bulk change.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    /// Offer or landing `from` gives its place to `to` in all splits.
    Replace {
        what: Swapped,
        from: u64,
        to: u64,
        campaigns: Selection,
    },
    /// Plain text in URLs.
    FindReplace {
        find: String,
        replace: String,
        within: Vec<&'static str>,
    },
    /// Fields of entities of one kind get new values, as a JSON merge patch (RFC 7396).
    Set {
        kind: &'static str,
        ids: Selection,
        fields: Map<String, Value>,
    },
    /// Fields of flows: state, weight, name, match.
    SetFlows {
        flow_ids: Vec<u64>,
        fields: Map<String, Value>,
    },
    /// The weight of an offer or landing in splits.
    SetWeight {
        what: Swapped,
        id: u64,
        weight: u64,
        campaigns: Selection,
    },
    /// A new flow, or a copy of one.
    AddFlow {
        campaigns: Selection,
        flow: Value,
        copy: Option<u64>,
        position: Position,
    },
    /// A filter for all flows of these campaigns that may have filters, or for some flows.
    AddFilter {
        campaigns: Selection,
        flow_ids: Option<Vec<u64>>,
        filter: Value,
    },
    /// Takes filters of one key away.
    RemoveFilter {
        campaigns: Selection,
        flow_ids: Option<Vec<u64>>,
        key: String,
    },
}

/// What a split is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swapped {
    Offer,
    Landing,
}

impl Swapped {
    /// The list in a split, and the field of its entries.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Offer => ("offers", "offer_id"),
            Self::Landing => ("landings", "landing_id"),
        }
    }
}

/// All entities of a kind that are not archived, or some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selection {
    All,
    Ids(Vec<u64>),
}

/// Where a new flow goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    First,
    BeforeDefault,
    Last,
}

impl Action {
    pub(super) fn read(form: &mut Form<'_>) -> Option<Self> {
        if form.value("kind").is_none() {
            let words: Vec<&str> = ACTIONS.iter().map(|row| row.word).collect();
            let message = format!("Which kind? There are: {}.", words.join(", "));
            form.missing("kind", &*message);
            return None;
        }
        let kinds: Vec<(&str, Kind)> = ACTIONS.iter().map(|row| (row.word, row.kind)).collect();
        Some(match form.choice("kind", &kinds, Kind::Set) {
            Kind::Replace(what) => Action::Replace {
                what,
                from: form.required_id("from"),
                to: form.required_id("to"),
                campaigns: chosen(form, "campaigns"),
            },
            Kind::FindReplace => {
                let find = form.text("find").to_owned();
                if find.is_empty() {
                    form.missing("find", "What is to be found? Send find: a text.");
                }
                let all: Vec<&str> = PLACES.iter().map(|(_, place)| *place).collect();
                Action::FindReplace {
                    find,
                    replace: form.text("replace").to_owned(),
                    within: form.choices("within", PLACES, &all),
                }
            }
            Kind::Set => {
                if form.value("of").is_none() {
                    form.missing("of", "Which entities? Send of: campaigns, offers, ...");
                }
                Action::Set {
                    kind: form.choice("of", KINDS, "campaign"),
                    ids: chosen(form, "ids"),
                    fields: fields(form),
                }
            }
            Kind::SetFlows => Action::SetFlows {
                flow_ids: required_ids(form, "flow_ids"),
                fields: fields(form),
            },
            Kind::SetWeight => {
                let what = match form.value("landing_id") {
                    Some(_) => Swapped::Landing,
                    None => Swapped::Offer,
                };
                let field = what.words().1;
                Action::SetWeight {
                    what,
                    id: form.required_id(field),
                    weight: u64::from(form.weight()),
                    campaigns: chosen(form, "campaigns"),
                }
            }
            Kind::AddFlow => Action::AddFlow {
                campaigns: chosen(form, "campaigns"),
                flow: required(form, "flow"),
                copy: None,
                position: form.choice("position", POSITIONS, Position::BeforeDefault),
            },
            Kind::CopyFlow => Action::AddFlow {
                campaigns: chosen(form, "campaigns"),
                flow: Value::Null,
                copy: Some(form.required_id("flow_id")),
                position: form.choice("position", POSITIONS, Position::BeforeDefault),
            },
            Kind::AddFilter => Action::AddFilter {
                campaigns: chosen(form, "campaigns"),
                flow_ids: some_ids(form),
                filter: required(form, "filter"),
            },
            Kind::RemoveFilter => {
                let key = form.text("key").to_owned();
                if key.is_empty() {
                    form.missing("key", "Which filter? Send its key, such as country.");
                }
                Action::RemoveFilter {
                    campaigns: chosen(form, "campaigns"),
                    flow_ids: some_ids(form),
                    key,
                }
            }
        })
    }

    /// What it does, for the list of changes.
    pub(super) fn summary(&self) -> String {
        match self {
            Self::Replace { what, from, to, .. } => {
                let word = what.words().1.trim_end_matches("_id");
                format!("{word} {from} replaced by {to}")
            }
            Self::FindReplace { find, replace, .. } => {
                format!("\"{find}\" replaced by \"{replace}\" in URLs")
            }
            Self::Set { kind, fields, .. } => format!("{} of {kind}s set", names(fields)),
            Self::SetFlows { fields, .. } => format!("{} of flows set", names(fields)),
            Self::SetWeight {
                what, id, weight, ..
            } => {
                let word = what.words().1.trim_end_matches("_id");
                format!("weight of {word} {id} set to {weight}")
            }
            Self::AddFlow { copy, .. } => match copy {
                Some(id) => format!("flow {id} copied"),
                None => "flow added".to_owned(),
            },
            Self::AddFilter { filter, .. } => {
                format!("filter {} added", filter["key"].as_str().unwrap_or("?"))
            }
            Self::RemoveFilter { key, .. } => format!("filters {key} removed"),
        }
    }
}

fn names(fields: &Map<String, Value>) -> String {
    fields
        .keys()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// `"all"`, or a list of ids.
fn chosen(form: &mut Form<'_>, key: &'static str) -> Selection {
    match form.value(key) {
        Some(Value::String(word)) if word == "all" => Selection::All,
        Some(Value::Array(_)) => Selection::Ids(form.ids(key, IDS_MAX)),
        _ => {
            form.missing(key, "Which ones? Send a list of ids, or \"all\".");
            Selection::Ids(Vec::new())
        }
    }
}

fn required_ids(form: &mut Form<'_>, key: &'static str) -> Vec<u64> {
    if form.value(key).is_none() {
        form.missing(key, "Which ones? Send a list of ids.");
    }
    form.ids(key, IDS_MAX)
}

fn some_ids(form: &mut Form<'_>) -> Option<Vec<u64>> {
    form.value("flow_ids")?;
    Some(form.ids("flow_ids", IDS_MAX))
}

fn required(form: &mut Form<'_>, key: &'static str) -> Value {
    match form.value(key) {
        Some(value) if value.is_object() => value.clone(),
        _ => {
            form.missing(key, "An object is expected here, as in a campaign.");
            Value::Null
        }
    }
}

/// What is to be set; not the server's own fields.
fn fields(form: &mut Form<'_>) -> Map<String, Value> {
    let Some(fields) = form.value("fields").and_then(Value::as_object) else {
        form.missing(
            "fields",
            "What is to be set? Send fields: {\"state\": \"paused\"}.",
        );
        return Map::new();
    };
    if fields.is_empty() {
        form.missing(
            "fields",
            "What is to be set? Send fields: {\"state\": \"paused\"}.",
        );
    }
    for own in ["id", "version", "created_at", "updated_at"] {
        if fields.contains_key(own) {
            let message = "This is the server's own field; leave it out.";
            form.problem(&format!("fields.{own}"), "invalid", message);
        }
    }
    fields.clone()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::super::table::Shape;
    use super::*;
    use crate::domain::problem::Problem;

    fn example(shape: Shape) -> Value {
        match shape {
            Shape::Id | Shape::Weight => json!(7),
            Shape::Ids => json!([7]),
            Shape::Chosen => json!("all"),
            Shape::Text => json!("text"),
            Shape::Word(words) => json!(words[0]),
            Shape::Words(words) => json!(words),
            Shape::Patch | Shape::Flow | Shape::Filter => json!({ "notes": "n" }),
        }
    }

    fn problems(action: &Value) -> Vec<Problem> {
        let read = Form::read(action, Action::read);
        read.err().unwrap_or_default()
    }

    #[test]
    fn each_action_takes_the_fields_of_its_row_and_no_others() {
        let all: BTreeSet<&str> = (ACTIONS.iter().flat_map(|row| row.fields))
            .map(|field| field.name)
            .collect();
        for row in ACTIONS {
            let is_choice = |name: &str| row.one_of.iter().skip(1).any(|other| *other == name);
            let mut whole = json!({ "kind": row.word });
            for field in row.fields.iter().filter(|field| !is_choice(field.name)) {
                whole[field.name] = example(field.shape);
            }
            assert_eq!(problems(&whole), [], "{}", row.word);
            for name in &all {
                let field = row.fields.iter().find(|field| field.name == *name);
                let mut changed = whole.clone();
                let fields = changed.as_object_mut().expect("an object");
                let was_there = fields.shift_remove(*name).is_some();
                let found = problems(&changed);
                let is_needed =
                    field.is_some_and(|field| field.required) || row.one_of.contains(name);
                assert_eq!(
                    !found.is_empty(),
                    was_there && is_needed,
                    "{} {name}",
                    row.word
                );
                if !was_there {
                    changed[*name] = json!(7);
                    assert!(!problems(&changed).is_empty(), "{} {name}", row.word);
                }
            }
        }
        let landing = json!({ "kind": "set_weight", "landing_id": 7, "campaigns": [1] });
        assert_eq!(problems(&landing), []);
    }
}
