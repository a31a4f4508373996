//! Tells somebody.

use serde_json::{Map, Value, json};

use super::{Action, ActionKind, Input, Setting};
use crate::domain::form::Form;
use crate::domain::message::{Message, Recipient};
use crate::domain::problem::Problem;
use crate::rules::effect::{Effect, What};
use crate::rules::fact;
use crate::rules::known::Known;
use crate::rules::number::{Number, PAYOUT};
use crate::rules::scene::Scene;
use crate::rules::subject::Seen;
use crate::rules::text::Text;

/// A message over a channel.
pub(super) struct SendMessage;

impl ActionKind for SendMessage {
    fn key(&self) -> &'static str {
        "message"
    }

    fn label(&self) -> &'static str {
        "Send a message"
    }

    fn help(&self) -> &'static str {
        "Sends a text over a channel. A webhook gets rule, group and numbers as JSON beside it."
    }

    fn example(&self) -> Value {
        json!({ "channel_id": 2, "text": "{rule_name}: {group}" })
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::new(
                "channel_id",
                "Channel",
                "Over which",
                Input::Id { of: "channels" },
            )
            .required(),
            Setting::new(
                "text",
                "Text",
                "Left out: rule, group and numbers",
                Input::Text,
            ),
        ]
    }

    fn compile(&self, form: &mut Form<'_>, known: &Known<'_>) -> Box<dyn Action> {
        let channel_id = form.required_id("channel_id");
        let read = Text::read(form, "text", known);
        let (text, doubts) = read.unwrap_or_else(|| (Text::plain(known), Vec::new()));
        Box::new(Sent {
            channel_id,
            text,
            doubts,
            numbers: known.numbers.to_vec(),
        })
    }
}

struct Sent {
    channel_id: u64,
    text: Text,
    doubts: Vec<Problem>,
    /// What the rule has looked at.
    numbers: Vec<Number>,
}

impl Action for Sent {
    fn plan(&self, scene: &Scene<'_>) -> Result<Effect, String> {
        let text = self.text.expand(scene);
        let data = data(scene, &text, &self.all_numbers());
        let to = Recipient::Channel(self.channel_id);
        Ok(Effect::Tell(Box::new(told(scene, to, text, data))))
    }

    fn numbers(&self) -> Vec<Number> {
        self.text.numbers()
    }

    fn doubts(&self) -> Vec<Problem> {
        self.doubts.clone()
    }
}

impl Sent {
    fn all_numbers(&self) -> Vec<Number> {
        let mut all = self.numbers.clone();
        for number in self.text.numbers() {
            if !all.contains(&number) {
                all.push(number);
            }
        }
        all
    }
}

/// A message of this run: the same one if it is planned again.
pub(super) fn told(scene: &Scene<'_>, to: Recipient, text: String, data: Value) -> Message {
    let subject = scene.subject;
    let rule_id = subject.rule.id;
    Message {
        to,
        text,
        data,
        key: format!("rule:{rule_id}:{}:{}", subject.run_id, scene.index),
        campaign_id: scene.id(What::Campaign).ok(),
        conversion_id: subject.conversion.map(|one| one.id),
        click_id: subject.conversion.and_then(|one| one.click_id),
        rule_id: Some(rule_id),
        run_id: Some(subject.run_id),
    }
}

/// The same for programs.
pub(super) fn data(scene: &Scene<'_>, text: &str, numbers: &[Number]) -> Value {
    let subject = scene.subject;
    let rule = subject.rule;
    let group = rule.group_by.iter();
    let group: Map<String, Value> = group
        .map(|key| (key.clone(), json!(subject.fact(key))))
        .collect();
    let mut values = Map::new();
    for number in numbers {
        if let Seen::Is(value) = subject.number(number) {
            values.insert(number.to_string(), json!(value));
        }
    }
    let mut data = json!({
        "type": "rule",
        "rule": { "id": rule.id, "name": rule.name },
        "group": group,
        "numbers": values,
        "text": text,
        "at": subject.at,
    });
    if let Some(conversion) = subject.conversion {
        let facts = fact::ALL.iter();
        let mut told: Map<String, Value> = facts
            .map(|fact| (fact.key.to_owned(), json!((conversion.facts)(fact.key))))
            .collect();
        told.insert(PAYOUT.to_owned(), json!(conversion.payout));
        for key in ["click_id", "conversion_id"] {
            let value = (conversion.macros)(&format!("{{{key}}}"));
            told.insert(key.to_owned(), json!(value));
        }
        for key in ["campaign_id", "offer_id"] {
            told.insert(key.to_owned(), json!((conversion.facts)(key)));
        }
        data["conversion"] = Value::Object(told);
    }
    data
}
