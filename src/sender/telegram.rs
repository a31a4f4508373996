//! Messages of a bot: `sendMessage` of <https://core.telegram.org/bots/api>.

use serde::Deserialize;
use serde_json::json;

use super::post::{Sealed, failed};
use crate::domain::message::Request;
use crate::domain::outgoing::Method;
use crate::outbound::Reply;
use crate::store::outbox::work::Ended;

/// The longest text, in UTF-16 code units.
const TEXT_MAX: usize = 4_096;
/// The longest that we let ourselves be told to wait.
const WAIT_MAX: i64 = 3_600;

/// What the Bot API answers.
#[derive(Deserialize)]
struct Answer {
    ok: bool,
    #[serde(default)]
    description: String,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<i64>,
}

/// The request, with the token that is put together only here.
pub(super) fn sealed(api: &str, chat_id: &str, text: &str, token: &str) -> Sealed {
    let body = json!({
        "chat_id": chat_id,
        "text": cut(text),
        "disable_web_page_preview": true,
    });
    // The number before the colon is the bot's, which is no secret.
    let secret = token.split_once(':').map_or(token, |(_, secret)| secret);
    Sealed {
        request: Request {
            method: Method::Post,
            url: format!("{api}/bot{token}/sendMessage"),
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: body.to_string(),
            ..Request::default()
        },
        secret: secret.to_owned(),
    }
}

/// What the answer means. Telegram says why it refuses, and how long it wants to be left alone.
pub(super) fn judged(reply: &Reply) -> Ended {
    let Ok(answer) = serde_json::from_str::<Answer>(&reply.body) else {
        return failed(format!(
            "The answer {} is not one of the Bot API.",
            reply.status
        ));
    };
    if answer.ok && (200..300).contains(&reply.status) {
        return Ended {
            is_success: true,
            ..Ended::default()
        };
    }
    let wait = answer.parameters.and_then(|one| one.retry_after);
    Ended {
        wait_seconds: wait.map(|seconds| seconds.clamp(0, WAIT_MAX)),
        ..failed(format!("Telegram says: {}", answer.description))
    }
}

/// As much of a text as one message holds.
fn cut(text: &str) -> &str {
    let mut units = 0;
    let is_over = |c: char| {
        units += c.len_utf16();
        units > TEXT_MAX
    };
    match text.find(is_over) {
        Some(end) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status,
            body: body.to_owned(),
        }
    }

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        let text = format!("{}😀б", "a".repeat(TEXT_MAX - 1));
        assert_eq!(cut(&text), "a".repeat(TEXT_MAX - 1));
        let text = format!("{}😀б", "б".repeat(TEXT_MAX - 2));
        assert_eq!(cut(&text).chars().count(), TEXT_MAX - 1);
        assert_eq!(cut("short"), "short");
    }

    #[test]
    fn only_ok_is_a_success_and_patience_is_bounded() {
        assert!(judged(&reply(200, r#"{"ok":true,"result":{}}"#)).is_success);
        assert!(!judged(&reply(200, "ok")).is_success);
        assert!(!judged(&reply(500, r#"{"ok":true}"#)).is_success);
        let refused = judged(&reply(
            400,
            r#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#,
        ));
        assert_eq!(
            refused.error.as_deref(),
            Some("Telegram says: Bad Request: chat not found")
        );
        for (asked, expected) in [(17, 17), (1_000_000, WAIT_MAX), (-5, 0)] {
            let body = format!(r#"{{"ok":false,"parameters":{{"retry_after":{asked}}}}}"#);
            assert_eq!(judged(&reply(429, &body)).wait_seconds, Some(expected));
        }
    }
}
