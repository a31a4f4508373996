//! Answers of our own: a flow can show the visitor something instead of sending him on.
//!
//! Adding one: 1. a variant of [`ReplyKind`] with its word. 2. Its row in [`ALL`] and its arm in
//! [`CompiledReply::reply`].

use serde::Serialize;

use super::redirect::{ContentKind, Reply};
use crate::domain::campaign::Campaign;
use crate::domain::flow::ReplyKind;
use crate::domain::problem::Problem;
use crate::macros::{Body, BodyKind, MacroContext};

/// A reply with its body parsed.
#[derive(Debug)]
pub struct CompiledReply {
    kind: ReplyKind,
    status: u16,
    body: Body,
}

impl CompiledReply {
    /// The problems are warnings, with fields relative to the body. `declared` are the names of
    /// parameters that expand beside the registered macros.
    pub(super) fn new(
        kind: ReplyKind,
        status: Option<u16>,
        body: &str,
        declared: &[&str],
    ) -> (Self, Vec<Problem>) {
        let body_kind = match kind {
            ReplyKind::Html => BodyKind::Html,
            _ => BodyKind::Text,
        };
        let (body, problems) = Body::parse(body, body_kind, declared);
        let status = status.unwrap_or(200);
        let reply = Self { kind, status, body };
        (reply, problems)
    }

    pub fn kind(&self) -> ReplyKind {
        self.kind
    }

    /// The answer, with the click's macros expanded.
    pub fn reply(&self, context: &MacroContext<'_>) -> Reply {
        let kind = match self.kind {
            ReplyKind::NotFound => return Reply::NotFound,
            ReplyKind::Text => ContentKind::Text,
            ReplyKind::Html | ReplyKind::Blank => ContentKind::Html,
        };
        let mut body = String::new();
        if self.kind.has_body() {
            self.body.expand(context, &mut body);
        }
        Reply::Content {
            status: self.status,
            kind,
            body,
        }
    }
}

/// The names under which the traffic source of a campaign sends its parameters.
pub(super) fn declared(campaign: &Campaign) -> Vec<&str> {
    let names = campaign.parameters.values();
    names.map(|parameter| parameter.name.as_str()).collect()
}

/// A reply as pickers need it.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct ReplyOption {
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    /// A body that suits it; empty where it takes none.
    pub example: &'static str,
    /// Whether it takes a body and a status.
    pub has_body: bool,
}

/// All replies.
pub static ALL: &[(ReplyKind, ReplyOption)] = &[
    (
        ReplyKind::NotFound,
        ReplyOption {
            key: "not_found",
            label: "Not found",
            help: "Answers 404, as a link that is not there",
            example: "",
            has_body: false,
        },
    ),
    (
        ReplyKind::Text,
        ReplyOption {
            key: "text",
            label: "Text",
            help: "Shows a plain text; macros in it expand",
            example: "Offer not available in {country}.",
            has_body: true,
        },
    ),
    (
        ReplyKind::Html,
        ReplyOption {
            key: "html",
            label: "HTML page",
            help: "Shows a page of yours; macros in it expand, all other braces stay",
            example: "<h1>Thank you</h1><p>Your number is {click_id}.</p>",
            has_body: true,
        },
    ),
    (
        ReplyKind::Blank,
        ReplyOption {
            key: "blank",
            label: "Blank page",
            help: "Answers with an empty page",
            example: "",
            has_body: false,
        },
    ),
];

pub fn options() -> Vec<ReplyOption> {
    ALL.iter().map(|(_, option)| *option).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::macros::testing::Sample;

    fn answer(kind: ReplyKind, status: Option<u16>, body: &str) -> Reply {
        let (reply, problems) = CompiledReply::new(kind, status, body, &[]);
        assert_eq!(problems, []);
        reply.reply(&Sample::new().context())
    }

    #[test]
    fn every_kind_has_its_row_under_its_own_word() {
        let rows: Vec<_> = ALL.iter().map(|(kind, row)| (row.key, *kind)).collect();
        assert_eq!(rows, ReplyKind::ALL);
        for (kind, row) in ALL {
            assert!(!row.label.is_empty() && !row.help.is_empty(), "{}", row.key);
            assert_eq!(row.has_body, kind.has_body(), "{}", row.key);
            assert_eq!(row.has_body, !row.example.is_empty(), "{}", row.key);
            let problems = CompiledReply::new(*kind, None, row.example, &[]).1;
            assert_eq!(problems, [], "{}", row.key);
        }
    }

    #[test]
    fn a_reply_answers_with_its_status_and_its_expanded_body() {
        let content = |status, kind, body: &str| Reply::Content {
            status,
            kind,
            body: body.to_owned(),
        };
        let cases = [
            (
                answer(ReplyKind::Html, Some(403), "<p>{country}</p>{ x: 1 }"),
                content(403, ContentKind::Html, "<p>DE</p>{ x: 1 }"),
            ),
            (
                answer(ReplyKind::Text, None, "{country}"),
                content(200, ContentKind::Text, "DE"),
            ),
            (
                answer(ReplyKind::Blank, None, ""),
                content(200, ContentKind::Html, ""),
            ),
            (answer(ReplyKind::NotFound, None, ""), Reply::NotFound),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
    }
}
