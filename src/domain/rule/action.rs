//! What a rule does, as its document says it.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::filter_value::FilterValue;
use super::super::form::Form;
use super::super::reference::Reference;

/// One action. What `value` may be is known by the action's kind (`rules::action`), which checks it
/// when the rule is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleAction {
    #[schema(example = "pause_campaign")]
    pub key: String,
    /// An object with the action's settings; `true` for one without any.
    #[schema(value_type = Value, example = json!(true))]
    pub value: FilterValue,
}

type Naming = (&'static str, fn(u64) -> Reference);

/// The fields of settings that name another entity.
const NAMED: &[Naming] = &[
    ("campaign_id", Reference::Campaign),
    ("offer_id", Reference::Offer),
    ("landing_id", Reference::Landing),
    ("traffic_source_id", Reference::TrafficSource),
    ("list_id", Reference::List),
    ("channel_id", Reference::Channel),
];

impl RuleAction {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        let key = form.text("key").to_owned();
        if key.is_empty() {
            form.missing("key", "An action needs a key, such as pause_campaign.");
        }
        let value = form.value("value").unwrap_or(&Value::Bool(true));
        RuleAction {
            key,
            value: value.into(),
        }
    }

    /// The other entities in its settings, each with its field.
    pub fn references(&self) -> Vec<(String, Reference)> {
        let value = self.value.parsed();
        let named = NAMED.iter().filter_map(|(field, reference)| {
            let id = value.get(field)?.as_u64()?;
            Some(((*field).to_owned(), reference(id)))
        });
        named.collect()
    }
}
