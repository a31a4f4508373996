//! What holds for every action.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::rules::markdown;
use crate::rules::testing::{problems, rule};

#[test]
fn every_action_has_what_pickers_need() {
    let mut keys = BTreeSet::new();
    for kind in all() {
        let key = kind.key();
        assert!(keys.insert(key), "{key} is there twice");
        assert!(
            key.chars()
                .all(|one| one.is_ascii_lowercase() || one == '_'),
            "{key}"
        );
        assert!(
            !kind.label().is_empty() && kind.help().ends_with('.'),
            "{key}"
        );
        for setting in kind.settings() {
            assert!(
                !setting.label.is_empty() && !setting.help.is_empty(),
                "{key}"
            );
        }
    }
}

#[test]
fn every_example_works_and_has_only_settings_that_are_listed() {
    for kind in all() {
        let example = kind.example();
        let action = json!([{ "key": kind.key(), "value": example }]);
        let found = problems(json!({ "group_by": ["source"], "actions": action }));
        assert_eq!(found, [] as [String; 0], "{}", kind.key());
        let listed: Vec<_> = kind.settings().iter().map(|one| one.key).collect();
        for field in example.as_object().unwrap().keys() {
            assert!(listed.contains(&field.as_str()), "{}: {field}", kind.key());
        }
    }
}

#[test]
fn a_setting_that_is_required_is_missed_and_no_other_is() {
    for kind in all() {
        let mut sent = kind.example();
        for setting in kind.settings() {
            let whole = sent.clone();
            let fields = sent.as_object_mut().unwrap();
            fields.remove(setting.key);
            let action = json!([{ "key": kind.key(), "value": fields }]);
            let found = problems(json!({ "moment": { "kind": "conversion" },
                "group_by": ["source"], "actions": action }));
            let field = format!("actions[0].value.{}: required", setting.key);
            assert_eq!(
                found.contains(&field),
                setting.is_required,
                "{}: {found:?}",
                kind.key()
            );
            sent = whole;
        }
    }
}

#[test]
fn ids_in_settings_are_references_of_the_rule() {
    let value = |id: u64| {
        json!({ "campaign_id": id, "offer_id": id, "landing_id": id,
        "list_id": id, "channel_id": id })
    };
    let read = rule(json!({ "actions": [{ "key": "x", "value": value(4) }] }));
    let named: Vec<String> = crate::domain::entity::Entity::references(&read)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    for kind in all() {
        for setting in kind.settings() {
            if let Input::Id { of } = setting.input {
                let field = format!("actions[0].value.{}", setting.key);
                assert!(named.contains(&field), "{}: {of}", kind.key());
            }
        }
    }
}

#[test]
fn no_sign_breaks_the_tables_of_the_readme() {
    for line in markdown::actions()
        .lines()
        .chain(markdown::metrics().lines())
    {
        assert_eq!(line.matches('|').count(), 4, "{line}");
    }
    let actions = markdown::actions();
    assert_eq!(actions.lines().count(), 2 + all().count());
    assert!(actions.contains(&Value::to_string(&json!({ "list_id": 3 }))));
}
