//! Answers of our own, as documents have them.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Target;
use crate::domain::form::Form;

/// An answer of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplyKind {
    /// 404, as for a link that is not there.
    #[default]
    NotFound,
    Text,
    Html,
    /// An empty page.
    Blank,
}

impl ReplyKind {
    pub const ALL: &'static [(&'static str, ReplyKind)] = &[
        ("not_found", ReplyKind::NotFound),
        ("text", ReplyKind::Text),
        ("html", ReplyKind::Html),
        ("blank", ReplyKind::Blank),
    ];

    /// Whether it shows a text of the operator.
    pub fn has_body(self) -> bool {
        matches!(self, ReplyKind::Text | ReplyKind::Html)
    }
}

/// The longest body of a reply, in bytes.
pub const BODY_MAX: usize = 256 * 1024;

/// Reads a target of the kind `reply`.
pub(super) fn read(form: &mut Form<'_>) -> Target {
    if form.value("reply").is_none() {
        form.missing(
            "reply",
            "Which reply is missing: not_found, text, html or blank.",
        );
    }
    let reply = form.choice("reply", ReplyKind::ALL, ReplyKind::default());
    let status = match form.value("status") {
        None => None,
        Some(sent) => read_status(form, reply, sent),
    };
    let is_there = !form.text("body").is_empty();
    // As it was written, with the white space around it.
    let body = form.value("body").and_then(Value::as_str);
    let body = body.filter(|_| is_there).unwrap_or_default();
    if reply.has_body() && !is_there && form.value("body").is_none_or(Value::is_string) {
        form.missing(
            "body",
            "What to show is missing; for an empty page choose \"blank\".",
        );
    }
    if !reply.has_body() && is_there {
        form.problem(
            "body",
            "not_allowed",
            "This reply shows nothing of yours: leave the body out, or choose \"html\" or \"text\".",
        );
    }
    if body.len() > BODY_MAX {
        let message = format!("A body of {} bytes is longer than {BODY_MAX}.", body.len());
        form.problem("body", "out_of_range", message);
    }
    Target::Reply {
        reply,
        status,
        body: body.to_owned(),
    }
}

/// A status that carries a body and leads nowhere else.
fn read_status(form: &mut Form<'_>, reply: ReplyKind, sent: &Value) -> Option<u16> {
    let status = sent
        .as_u64()
        .and_then(|number| u16::try_from(number).ok())
        .filter(|status| matches!(status, 200..=203 | 206..=299 | 400..=599));
    if status.is_none() {
        form.problem(
            "status",
            "invalid",
            format!("{sent} is not a status of an answer with a page: 200 to 299 (without 204 and 205) or 400 to 599."),
        );
    } else if reply == ReplyKind::NotFound && status != Some(404) {
        form.problem(
            "status",
            "not_allowed",
            "\"not_found\" is always a 404; choose \"blank\", \"text\" or \"html\" for another status.",
        );
    }
    status
}
