//! What a rule, a budget or a summary has to say, and to whom.

use serde_json::Value;

use super::id::Id;
use super::outgoing::{Method, Success};

/// One message. It goes the way of outgoing postbacks: written down with what caused it, sent until
/// it has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub to: Recipient,
    /// For people.
    pub text: String,
    /// For programs: the body of a webhook.
    pub data: Value,
    /// What makes it the same message: a second one of this key is none.
    pub key: String,
    pub campaign_id: Option<u64>,
    pub conversion_id: Option<Id>,
    pub click_id: Option<Id>,
    /// The rule that says it, and the run of the rule.
    pub rule_id: Option<u64>,
    pub run_id: Option<i64>,
}

/// Who hears it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// The channel of this id.
    Channel(u64),
    /// Whoever answers this request, such as a traffic source that is to pause.
    Call(Request),
}

/// A request with nothing left to expand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// What its answer has to say.
    pub success: Success,
}

impl Request {
    /// The host that it calls, in small letters, with its port.
    pub fn host(&self) -> String {
        host(&self.url)
    }
}

/// The host of a URL, in small letters, with its port.
pub fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_what_is_called() {
        assert_eq!(host("https://A.example:81/x@y?z"), "a.example:81");
        assert_eq!(host("https://user@b.example?x"), "b.example");
    }
}
