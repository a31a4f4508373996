//! What a network has to call: the query of its postback URL.
//!
//! A network that was made from a preset gets the preset's macros, byte for byte. Of any other the
//! macros are not known: it gets placeholders in the form that most networks write, to be replaced
//! by hand.

use serde::Serialize;
use utoipa::ToSchema;

use super::{NetworkPreset, find_network};
use crate::domain::network::{Network, PostbackParameter};

/// One parameter of a postback URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UrlParameter {
    /// Our name, or `secret`.
    #[schema(example = "payout")]
    pub parameter: &'static str,
    /// Its name in the URL.
    #[schema(example = "payout")]
    pub name: String,
    /// What the network fills.
    #[schema(example = "{sum}")]
    pub value: String,
    pub from: ValueFrom,
    pub meaning: &'static str,
}

/// Where a value in a postback URL is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueFrom {
    /// The network's own macro, or a word that never changes.
    Preset,
    /// To be replaced by the network's own macro.
    Placeholder,
    /// To be replaced by the secret of the network: here only its hash is known.
    Secret,
}

/// The parameters of a network's postback URL, in their order.
pub fn parameters(network: &Network) -> Vec<UrlParameter> {
    let mut parameters = match preset(network) {
        Some(preset) => of_preset(network, preset),
        None => placeholders(network),
    };
    if network.secret_sha256.is_some() {
        parameters.push(UrlParameter {
            parameter: "secret",
            name: network.secret_parameter.clone(),
            value: "YOUR_SECRET".to_owned(),
            from: ValueFrom::Secret,
            meaning: "The secret that you have set for this network",
        });
    }
    parameters
}

/// The preset that a network was made from, if there is such a one.
pub fn preset(network: &Network) -> Option<&'static NetworkPreset> {
    find_network(network.preset.as_deref()?)
}

/// `?click_id={sub1}&payout={sum}`; empty without parameters.
pub fn query(parameters: &[UrlParameter]) -> String {
    let mut query = String::new();
    for one in parameters {
        query.push(if query.is_empty() { '?' } else { '&' });
        query.push_str(&one.name);
        query.push('=');
        query.push_str(&one.value);
    }
    query
}

fn of_preset(network: &Network, preset: &NetworkPreset) -> Vec<UrlParameter> {
    let pairs = preset.postback.pairs();
    pairs
        .map(|(ours, theirs)| parameter(network, ours, theirs.to_owned(), ValueFrom::Preset))
        .collect()
}

fn placeholders(network: &Network) -> Vec<UrlParameter> {
    let all = [
        (PostbackParameter::ClickId, click_id_macro(network)),
        (PostbackParameter::Payout, "{payout}".to_owned()),
        (PostbackParameter::Currency, "{currency}".to_owned()),
        (PostbackParameter::Status, "{status}".to_owned()),
        (PostbackParameter::Tid, "{transaction_id}".to_owned()),
    ];
    // The currency of all its amounts needs no telling.
    let wanted = all
        .into_iter()
        .filter(|(ours, _)| *ours != PostbackParameter::Currency || network.currency.is_none());
    wanted
        .map(|(ours, theirs)| parameter(network, ours, theirs, ValueFrom::Placeholder))
        .collect()
}

/// Most networks give back `sub1` as `{sub1}`.
fn click_id_macro(network: &Network) -> String {
    format!("{{{}}}", network.click_id_carrier().unwrap_or("click_id"))
}

fn parameter(
    network: &Network,
    ours: PostbackParameter,
    value: String,
    from: ValueFrom,
) -> UrlParameter {
    let theirs = network.parameters.get(&ours);
    UrlParameter {
        parameter: ours.as_str(),
        name: theirs.map_or(ours.as_str(), String::as_str).to_owned(),
        value,
        from,
        meaning: ours.meaning(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::entity::Entity;
    use crate::presets::networks;

    fn url_of(document: Value) -> String {
        query(&parameters(&Network::read(&document).unwrap()))
    }

    #[test]
    fn a_network_of_a_preset_gets_the_query_of_the_preset() {
        for preset in networks() {
            let query = url_of(preset.expand().document);

            let expected = preset.postback_query();
            let mark = if expected.is_empty() { "" } else { "?" };
            assert_eq!(query, format!("{mark}{expected}"), "{}", preset.slug);
        }
    }

    #[test]
    fn any_other_network_gets_placeholders() {
        let cases = [
            (
                json!({ "offer_param": "aff=7&sub3={subid}" }),
                "?click_id={sub3}&payout={payout}&currency={currency}&status={status}&tid={transaction_id}",
            ),
            (
                json!({ "offer_param": "s=x-{click_id}", "currency": "EUR", "preset": "gone",
                    "parameters": { "click_id": "s", "tid": "order" } }),
                "?s={click_id}&payout={payout}&status={status}&order={transaction_id}",
            ),
            (
                json!({ "secret": "12345678", "secret_parameter": "token", "currency": "EUR" }),
                "?click_id={click_id}&payout={payout}&status={status}&tid={transaction_id}&token=YOUR_SECRET",
            ),
        ];
        for (mut document, expected) in cases {
            document["name"] = json!("N");
            assert_eq!(url_of(document.clone()), expected, "{document}");
        }
    }
}
