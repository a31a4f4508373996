//! Rules, as operators write them.

mod conditions;
mod doubts;
mod plans;
mod refusals;

use serde_json::{Value, json};

use super::effect::Effect;
use super::testing::{Asked, rule};
use crate::domain::rule::Rule;

fn roi(value: &str) -> Value {
    json!({ "metric": "roi", "is": "<", "value": value })
}

fn country(is: &str) -> Value {
    json!({ "fact": "country", "is": is, "values": ["US"] })
}

/// Looks at campaigns and sources.
fn of_sources(document: Value) -> Rule {
    let mut whole = document;
    whole["group_by"] = json!(["campaign_id", "source"]);
    rule(whole)
}

fn effect(rule: &Rule, asked: &Asked) -> Effect {
    let mut plan = asked.plan(rule);
    assert_eq!(plan.len(), 1);
    plan.remove(0).unwrap()
}

fn refusal(rule: &Rule, asked: &Asked) -> String {
    asked.plan(rule).remove(0).unwrap_err()
}

fn acting(key: &str, value: Value) -> Rule {
    of_sources(json!({ "actions": [{ "key": key, "value": value }] }))
}
