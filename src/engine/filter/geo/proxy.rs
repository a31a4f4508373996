//! Anonymising network that the visitor comes through.

use serde_json::{Value, json};

use super::super::{Choice, Condition, FilterKind, Input, Lists, condition, words};
use crate::domain::problem::Problem;
use crate::engine::visit::Asked;

/// Visitors through anonymising networks.
pub(super) struct ProxyFilter;

const CHOICES: [(&str, &str); 4] = [
    ("vpn", "VPN"),
    ("proxy", "Proxy"),
    ("tor", "Tor"),
    ("hosting", "Hosting"),
];

impl FilterKind for ProxyFilter {
    fn key(&self) -> &'static str {
        "proxy"
    }

    fn label(&self) -> &'static str {
        "Proxy or VPN"
    }

    fn help(&self) -> &'static str {
        "Visitors through an anonymising network: true for any, or certain kinds. Needs an Anonymous-IP base; without one nobody matches"
    }

    fn example(&self) -> Value {
        json!(["vpn", "tor"])
    }

    fn input(&self) -> Input {
        Input::FlagOrChoices {
            choices: Choice::all(&CHOICES),
        }
    }

    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        if *value == json!(true) {
            return Ok(condition(
                |asked| asked.visitor().place.proxy.is_some(),
                seen,
            ));
        }
        let words = CHOICES.map(|(word, _)| word);
        let bits = words::bits(value, lists, &words, "kind of proxy")?;
        Ok(condition(
            move |asked| {
                let proxy = asked.visitor().place.proxy.as_deref();
                proxy.is_some_and(|proxy| bits & words::bit(proxy, &words) != 0)
            },
            seen,
        ))
    }
}

fn seen(asked: &Asked<'_>) -> String {
    let proxy = asked.visitor().place.proxy.as_deref();
    proxy.unwrap_or("none known").to_owned()
}
