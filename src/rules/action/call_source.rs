//! Asks the traffic source to stop, by its own webhook.

use serde_json::{Value, json};

use super::message::{data, told};
use super::{Action, ActionKind, Input, Setting};
use crate::domain::form::Form;
use crate::domain::message::Recipient;
use crate::domain::state::State;
use crate::domain::traffic_source::TrafficSource;
use crate::macros::words;
use crate::rules::effect::{Effect, What};
use crate::rules::known::{Known, sole};
use crate::rules::number::Number;
use crate::rules::scene::Scene;
use crate::rules::text;

/// A call of the traffic source's `pause`.
pub(super) struct CallSource;

const FIELD: &str = "traffic_source_id";

impl ActionKind for CallSource {
    fn key(&self) -> &'static str {
        "call_source"
    }

    fn label(&self) -> &'static str {
        "Call the traffic source"
    }

    fn help(&self) -> &'static str {
        "Calls the pause webhook of the traffic source, with the group's values as its words: the campaign, a source or a creative can be paused where the clicks are bought."
    }

    fn example(&self) -> Value {
        json!({ "traffic_source_id": 4 })
    }

    fn settings(&self) -> Vec<Setting> {
        vec![Setting::new(
            FIELD,
            "Traffic source",
            "Left out: the one of the group, of the conversion or of their campaign",
            Input::Id {
                of: "traffic-sources",
            },
        )]
    }

    fn compile(&self, form: &mut Form<'_>, known: &Known<'_>) -> Box<dyn Action> {
        let is_left_out = !form.has(FIELD);
        let named = form.id(FIELD);
        let is_told = known.groups_by(FIELD)
            || known.can_tell(What::Campaign)
            || sole(&known.rule.scope.traffic_source_ids).is_some();
        if is_left_out && !is_told {
            let message = "Which traffic source? Name one by traffic_source_id, or put traffic_source_id or campaign_id into group_by.";
            form.missing(FIELD, message);
        }
        Box::new(Call {
            named,
            numbers: known.numbers.to_vec(),
        })
    }
}

struct Call {
    named: Option<u64>,
    /// What the rule has looked at.
    numbers: Vec<Number>,
}

impl Action for Call {
    fn plan(&self, scene: &Scene<'_>) -> Result<Effect, String> {
        let source = self.source(scene)?;
        let (id, name) = (source.id, &source.name);
        let Some(call) = &source.pause else {
            return Err(format!(
                "The traffic source {id} has no pause webhook: set its field pause."
            ));
        };
        let request = words::expand_call(call, &|word| value(word, scene));
        let mut text = format!("{}: {name} is called to pause", scene.subject.rule.name);
        let group = scene.group();
        if !group.is_empty() {
            text = format!("{text} {group}");
        }
        let data = data(scene, &text, &self.numbers);
        let to = Recipient::Call(request);
        Ok(Effect::Tell(Box::new(told(scene, to, text, data))))
    }
}

impl Call {
    fn source<'a>(&self, scene: &Scene<'a>) -> Result<&'a TrafficSource, String> {
        let fact = || scene.subject.fact(FIELD)?.parse().ok();
        let of_campaign = || scene.campaign()?.traffic_source_id;
        let of_scope = || sole(&scene.subject.rule.scope.traffic_source_ids);
        let id = self.named.or_else(fact).or_else(of_campaign);
        let Some(id) = id.or_else(of_scope) else {
            return Err(format!("The {} has no traffic source.", scene.what()));
        };
        match scene.documents.traffic_sources.get(&id) {
            None => Err(format!("There is no traffic source {id}.")),
            Some(found) if found.state == State::Archived => {
                Err(format!("The traffic source {id} is archived."))
            }
            Some(found) => Ok(found),
        }
    }
}

/// What a word of the webhook stands for.
fn value(word: &str, scene: &Scene<'_>) -> Option<String> {
    match word {
        "reason" => Some(scene.subject.rule.name.clone()),
        FIELD => scene.subject.fact(FIELD).or_else(|| {
            let id = scene.campaign()?.traffic_source_id?;
            Some(id.to_string())
        }),
        "at" => {
            let at = chrono::DateTime::from_timestamp_millis(scene.subject.at)?;
            Some(at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
        }
        _ => text::value(word, scene),
    }
}
