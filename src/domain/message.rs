//! What a rule, a budget or a summary has to say to somebody.

use serde_json::Value;

use super::id::Id;

/// Sent once, however often it is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub to: Recipient,
    /// For people.
    pub text: String,
    /// The same for programs.
    pub data: Value,
    /// What makes two messages the same one.
    pub key: String,
    pub campaign_id: Option<u64>,
    pub conversion_id: Option<Id>,
    pub click_id: Option<Id>,
    pub rule_id: Option<u64>,
    pub run_id: Option<i64>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Recipient {
    /// By its id.
    Channel(u64),
    /// An address that is called with no more than this.
    Call(Request),
}

/// A request with nothing left to expand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}
