//! Calls to the traffic source, or to whoever else wants to know: when a conversion comes or moves,
//! or when a campaign is to be paused there.

use serde::Serialize;
use utoipa::ToSchema;

use super::check;
use super::conversion::Status;
use super::form::{Form, quoted};
use super::money::{Currency, Micros};

const HEADERS_MAX: usize = 20;
const HEADER_VALUE_MAX: usize = 4_096;
const BODY_MAX: usize = 16_384;
const WORDS_MAX: usize = 200;
/// Headers that follow from the request itself.
const OWN_HEADERS: &[&str] = &[
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "idempotency-key",
    "te",
    "transfer-encoding",
    "upgrade",
];
/// One percent and all of them, in micro-units.
const PERCENT: i64 = 1_000_000;
const ALL: Micros = Micros(100 * PERCENT);

/// Where to call, and with what. Texts in it may hold macros.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = CallTemplate)]
pub struct OutgoingCall {
    /// URL template.
    pub url: String,
    pub method: Method,
    /// Header values may hold macros.
    pub headers: Vec<OutgoingHeader>,
    /// Body template of a `post`.
    pub body: String,
    pub content_type: ContentType,
    pub success: Success,
}

/// Where a conversion is told, how, and which ones.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct OutgoingPostback {
    #[serde(flatten)]
    pub call: OutgoingCall,
    /// Which conversions are told.
    pub statuses: Vec<Status>,
    /// Which events are told: `conversion`, `rebill`, keys of own events; empty for all. Own events
    /// are told only where they say `is_sent_to_source`.
    pub events: Vec<String>,
    /// Only conversions of clicks with one of these values of `source`; empty for all.
    pub sources: Vec<String>,
    /// How many of the conversions are told, in percent: always the same ones.
    #[schema(value_type = String, example = "100")]
    pub share: Micros,
    /// How much of the payout is told, in percent.
    #[schema(value_type = String, example = "100")]
    pub payout_share: Micros,
    /// Only the first conversion of a click.
    pub first_only: bool,
    /// In which `{payout}` is told; `null` for its own.
    #[schema(value_type = Option<String>, example = "EUR")]
    pub currency: Option<Currency>,
}

/// What an answer has to say beside a status from 200 to 299.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Success {
    /// Text that its body has to hold; empty for none.
    pub contains: String,
    /// Text that its body must not hold; empty for none.
    pub lacks: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OutgoingHeader {
    pub name: String,
    /// Text with macros.
    pub value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    #[default]
    Get,
    Post,
}

impl Method {
    pub const ALL: &'static [(&'static str, Method)] =
        &[("get", Method::Get), ("post", Method::Post)];

    /// As a request says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// What a body is, which decides how values are encoded in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentType {
    #[default]
    Form,
    Json,
    Text,
}

impl ContentType {
    pub const ALL: &'static [(&'static str, ContentType)] = &[
        ("form", ContentType::Form),
        ("json", ContentType::Json),
        ("text", ContentType::Text),
    ];

    /// As a header says it.
    pub fn as_str(self) -> &'static str {
        match self {
            ContentType::Form => "application/x-www-form-urlencoded",
            ContentType::Json => "application/json",
            ContentType::Text => "text/plain; charset=utf-8",
        }
    }
}

impl OutgoingCall {
    pub(in crate::domain) fn read(form: &mut Form<'_>) -> Self {
        let read = OutgoingCall {
            url: read_url(form),
            method: form.choice("method", Method::ALL, Method::default()),
            headers: form.list("headers", HEADERS_MAX, |form, _| OutgoingHeader::read(form)),
            body: read_text(form, "body", BODY_MAX),
            content_type: form.choice("content_type", ContentType::ALL, ContentType::default()),
            success: form.object("success", Success::read).unwrap_or_default(),
        };
        if read.method == Method::Get && !read.body.is_empty() {
            form.problem(
                "body",
                "contradiction",
                "A GET has no body: choose the method post, or leave the body out.",
            );
        }
        read
    }
}

impl OutgoingPostback {
    pub(in crate::domain) fn read(form: &mut Form<'_>) -> Self {
        const EACH: &[Status] = &[Status::Lead, Status::Sale, Status::Rejected, Status::Trash];
        OutgoingPostback {
            call: OutgoingCall::read(form),
            statuses: form.choices("statuses", Status::ALL, EACH),
            events: form.texts("events", WORDS_MAX),
            sources: form.texts("sources", WORDS_MAX),
            share: read_percent(form, "share"),
            payout_share: read_percent(form, "payout_share"),
            first_only: form.boolean("first_only", false),
            currency: form.optional_currency("currency"),
        }
    }
}

impl OutgoingHeader {
    fn read(form: &mut Form<'_>) -> Self {
        let name = form.text("name").to_owned();
        let value = read_text(form, "value", HEADER_VALUE_MAX);
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || name.len() > 100 || !name.bytes().all(is_token) {
            let message = format!(
                "{} is no name of a header, such as Authorization.",
                quoted(&name)
            );
            form.problem("name", "invalid", message);
        } else if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            let message = format!("The header {name} follows from the request; leave it out.");
            form.problem("name", "invalid", message);
        }
        if value.chars().any(char::is_control) {
            let message = "The value of a header is one line without control characters.";
            form.problem("value", "invalid", message);
        }
        OutgoingHeader { name, value }
    }
}

impl Success {
    fn read(form: &mut Form<'_>) -> Self {
        Success {
            contains: read_text(form, "contains", 1_000),
            lacks: read_text(form, "lacks", 1_000),
        }
    }

    /// Whether an answer with this body is one.
    pub fn accepts(&self, body: &str) -> bool {
        body.contains(&self.contains) && (self.lacks.is_empty() || !body.contains(&self.lacks))
    }
}

fn read_url(form: &mut Form<'_>) -> String {
    let url = check::read_url(form, "url");
    let lower = url.to_ascii_lowercase();
    if !url.is_empty() && !lower.starts_with("http://") && !lower.starts_with("https://") {
        form.problem(
            "url",
            "invalid",
            "The address of a call is written out: it starts with https:// or http://.",
        );
    }
    url
}

fn read_text(form: &mut Form<'_>, key: &'static str, most: usize) -> String {
    let text = form.text(key);
    if text.len() > most {
        let message = format!("{} bytes are more than the {most} possible.", text.len());
        form.problem(key, "out_of_range", message);
        return String::new();
    }
    text.to_owned()
}

fn read_percent(form: &mut Form<'_>, key: &'static str) -> Micros {
    form.amount(key, Micros::ZERO..=ALL).unwrap_or(ALL)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(document: &Value) -> Result<OutgoingPostback, Vec<String>> {
        Form::read(document, OutgoingPostback::read)
            .map_err(|problems| problems.into_iter().map(|one| one.field).collect())
    }

    #[test]
    fn what_is_left_out_tells_everything_with_a_get() {
        let read = read(&json!({ "url": "https://s.example/?id={external_id}" })).unwrap();

        assert_eq!(read.call.method, Method::Get);
        assert_eq!(read.statuses.len(), 4);
        assert_eq!((read.share, read.payout_share), (ALL, ALL));
        assert!(read.call.success.accepts(""));
    }

    #[test]
    fn what_is_stored_reads_back() {
        let document = json!({
            "url": "https://s.example/", "method": "post",
            "headers": [{ "name": "Authorization", "value": "Bearer {sub_id_1}" }],
            "body": "{\"id\": {external_id}}", "content_type": "json", "statuses": ["sale"],
            "events": ["conversion"], "sources": ["zone7"], "share": "50", "payout_share": "33.3",
            "first_only": true, "currency": "EUR", "success": { "contains": "ok", "lacks": "error" },
        });

        let stored = serde_json::to_value(read(&document).unwrap()).unwrap();

        assert_eq!(stored, document);
    }

    #[test]
    fn mistakes_are_told_where_they_are() {
        let document = json!({
            "url": "{offer_url}", "body": "x", "share": "101",
            "headers": [{ "name": "Host", "value": "a" }, { "name": "a b", "value": "c\nd" }],
        });

        let mut problems = read(&document).unwrap_err();

        problems.sort();
        let expected = [
            "body",
            "headers[0].name",
            "headers[1].name",
            "headers[1].value",
            "share",
            "url",
        ];
        assert_eq!(problems, expected);
    }

    #[test]
    fn an_answer_has_to_hold_one_text_and_not_the_other() {
        let success = Success {
            contains: "ok".to_owned(),
            lacks: "error".to_owned(),
        };

        assert!(success.accepts("it is ok"));
        assert!(!success.accepts("ok, but error"));
        assert!(!success.accepts(""));
    }
}
