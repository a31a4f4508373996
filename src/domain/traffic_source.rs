//! Where clicks are bought.

use serde::Serialize;
use utoipa::ToSchema;

use super::check;
use super::entity::{Entity, Head, heads, ids, read_head};
use super::form::Form;
use super::money::Micros;
use super::outgoing::{OutgoingCall, OutgoingPostback};
use super::parameter::{self, ParameterNames};
use super::state::State;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct TrafficSource {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    pub group_id: Option<u64>,
    /// Our parameter name -> what the source calls it. Counts for every campaign of the source
    /// that has no entry of its own for the parameter.
    pub parameters: ParameterNames,
    /// The call to the source when a conversion comes or moves.
    pub postback: Option<OutgoingPostback>,
    /// The call that pauses a campaign, or a part of it, at the source: when a budget is spent, or
    /// when a rule says so. Its macros are words of the campaign, not of a click.
    pub pause: Option<OutgoingCall>,
    /// Share of paid clicks that never arrive, in percent (0 to 99.99); for campaigns whose own
    /// traffic loss is 0.
    #[schema(value_type = String, example = "0")]
    pub traffic_loss: Micros,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

impl Entity for TrafficSource {
    const WORD: &'static str = "traffic source";

    heads!(traffic_sources, TrafficSource, name);
    ids!(group_id);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        TrafficSource {
            id,
            version,
            name: check::read_name(form),
            state,
            group_id: form.id("group_id"),
            parameters: parameter::read(form),
            postback: form.object("postback", OutgoingPostback::read),
            pause: form.object("pause", OutgoingCall::read),
            traffic_loss: check::read_traffic_loss(form),
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name]
    }

    fn outgoing(&self) -> Vec<(String, &OutgoingPostback)> {
        let postback = self.postback.iter();
        postback.map(|one| ("postback".to_owned(), one)).collect()
    }

    fn calls(&self) -> Vec<(String, &OutgoingCall)> {
        let pause = self.pause.iter();
        pause.map(|one| ("pause".to_owned(), one)).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn macros_are_kept_byte_for_byte() {
        let macros = [
            "##SUB_ID_SHORT(action)##",
            "$!{tid}",
            "<TRACKER>",
            "{{ad.id}}",
            " {spaced} ",
            "%zone%",
            "[ID]&x",
        ];
        for sent in macros {
            let document = json!({ "name": "S",
                "parameters": { "source": { "name": "zone", "macro": sent } } });

            let read = TrafficSource::read(&document).unwrap();
            let stored = serde_json::to_value(&read).unwrap();
            let again = TrafficSource::read(&stored).unwrap();

            assert_eq!(again.parameters["source"].r#macro, sent);
        }
    }

    #[test]
    fn all_problems_come_at_once() {
        let document = json!({ "parameters": {
                "source": { "name": "zone" }, "keyword": { "name": "ZONE" }, "cost": { "name": "a b" },
                "creative": { "name": "c" } },
            "postback": { "method": "put" }, "pause": { "url": "x", "share": "5" },
            "traffic_loss": "100" });

        let problems = TrafficSource::read(&document).unwrap_err();

        let fields: Vec<_> = problems.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "name",
                "parameters.cost.name",
                "parameters.creative",
                "parameters.source.name",
                "postback.url",
                "postback.method",
                "pause.url",
                "pause.share",
                "traffic_loss",
            ]
        );
    }
}
