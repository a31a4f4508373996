//! Puts values on lists and takes them off: blacklists and whitelists of sources.

use serde_json::{Value, json};

use super::{Action, ActionKind, Input, Setting, Turn, Turned};
use crate::domain::check::ip_range;
use crate::domain::form::{Form, quoted};
use crate::domain::list::VALUE_MAX;
use crate::rules::effect::Effect;
use crate::rules::known::{self, Known};
use crate::rules::scene::Scene;

/// One of the two ways.
pub(super) struct ListKind {
    key: &'static str,
    label: &'static str,
    help: &'static str,
    is_added: bool,
}

pub(super) static LIST_ADD: ListKind = ListKind {
    key: "list_add",
    label: "Put on a list",
    help: "Puts the group's value on a named list, such as a blacklist that flows reject.",
    is_added: true,
};

pub(super) static LIST_REMOVE: ListKind = ListKind {
    key: "list_remove",
    label: "Take off a list",
    help: "Takes the group's value off a named list.",
    is_added: false,
};

impl ActionKind for ListKind {
    fn key(&self) -> &'static str {
        self.key
    }

    fn label(&self) -> &'static str {
        self.label
    }

    fn help(&self) -> &'static str {
        self.help
    }

    fn example(&self) -> Value {
        json!({ "list_id": 3 })
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::new("list_id", "List", "Which one", Input::Id { of: "lists" }).required(),
            Setting::new(
                "value",
                "Value",
                "The dimension whose value it is; left out: the last one of group_by. At a conversion any fact",
                Input::Fact,
            ),
        ]
    }

    fn compile(&self, form: &mut Form<'_>, known: &Known<'_>) -> Box<dyn Action> {
        let list_id = form.required_id("list_id");
        let value = match (form.text("value"), known.rule.group_by.last()) {
            ("", Some(last)) => last.clone(),
            ("", None) => {
                form.missing(
                    "value",
                    "Which value? Put a dimension such as source into group_by; at a conversion, send value: \"source\".",
                );
                String::new()
            }
            (key, _) => {
                let fact = known::fact(known.rule, key);
                form.checked("value", fact.map(|_| ()), || ());
                key.to_owned()
            }
        };
        Box::new(Listed {
            list_id,
            value,
            is_added: self.is_added,
        })
    }
}

struct Listed {
    list_id: u64,
    /// The key of a fact.
    value: String,
    is_added: bool,
}

impl Action for Listed {
    fn plan(&self, scene: &Scene<'_>) -> Result<Effect, String> {
        let Some(value) = scene.subject.fact(&self.value) else {
            return Err(format!("The {} has no {}.", scene.what(), self.value));
        };
        check(&value)?;
        Ok(Effect::List {
            list_id: self.list_id,
            value,
            is_added: self.is_added,
        })
    }

    fn turn(&self) -> Option<Turn> {
        Some(Turn {
            of: Turned::List,
            id: Some(self.list_id),
            is_up: self.is_added,
        })
    }
}

/// Whether a value that a visitor may have brought stands on a list for itself alone: a source that
/// calls itself `*` must not blacklist all others, and one that calls itself `bad*` must not take the
/// operator's pattern off.
fn check(value: &str) -> Result<(), String> {
    let is_network = value.contains('/') && ip_range(value).is_ok();
    let is_more = is_network || value.contains('*') || value.starts_with(['@', '/']);
    if is_more {
        let value = quoted(value);
        return Err(format!(
            "{value} stands for more than itself on a list: change the list by hand if that is meant."
        ));
    }
    if value.trim() != value || value.chars().any(char::is_control) || value.len() > VALUE_MAX {
        return Err(format!("{} is not fit for a list.", quoted(value)));
    }
    Ok(())
}
