//! One attempt: what is really sent, and what the answer means.

use super::{telegram, webhook};
use crate::clock;
use crate::domain::channel::{Channel, ChannelKind};
use crate::domain::message::Request;
use crate::domain::outgoing::Success;
use crate::outbound::{Call, Outbound, Reply};
use crate::store::outbox::work::{Attempt, Ended, What};
use crate::vault::Vault;

/// Of an answer, how much is kept.
const KEPT: usize = 4_096;
/// What stands in place of a secret.
const HIDDEN: &str = "***";

/// Makes attempts.
pub struct Post {
    outbound: Outbound,
    /// To the Bot API, whose address is the operator's own word in the settings.
    to_telegram: Outbound,
    telegram_api: String,
    vault: Vault,
}

/// A request as it is sent, and what of it nobody may read.
pub(super) struct Sealed {
    pub(super) request: Request,
    pub(super) secret: String,
}

impl Post {
    pub fn new(allow_private: bool, telegram_api: &str, vault: Vault) -> Self {
        Self {
            outbound: Outbound::new(allow_private),
            to_telegram: Outbound::new(true),
            telegram_api: telegram_api.trim_end_matches('/').to_owned(),
            vault,
        }
    }

    /// Sends it; how that ended. Blocks for as long as the other side takes, within bounds.
    pub(super) fn send(&self, attempt: &Attempt) -> Ended {
        match &attempt.what {
            What::Request(request) => {
                let reply = self.call(&self.outbound, attempt, request);
                ended(reply, |reply| plain(reply, &request.success))
            }
            What::Message { to, body } => match to.secret(&self.vault) {
                Ok(secret) => self.tell(attempt, &to.channel, body, &secret),
                Err(error) => failed(error),
            },
        }
    }

    fn tell(&self, attempt: &Attempt, channel: &Channel, body: &str, secret: &str) -> Ended {
        let (outbound, sealed, judge): (_, _, fn(&Reply) -> Ended) = match channel.kind {
            ChannelKind::Telegram => (
                &self.to_telegram,
                telegram::sealed(&self.telegram_api, &channel.chat_id, body, secret),
                telegram::judged,
            ),
            ChannelKind::Webhook => (
                &self.outbound,
                webhook::sealed(&channel.url, body, secret, attempt.id, clock::now_ms()),
                |reply| plain(reply, &Success::default()),
            ),
        };
        let reply = self.call(outbound, attempt, &sealed.request);
        hidden(ended(reply, judge), &sealed.secret)
    }

    fn call(
        &self,
        outbound: &Outbound,
        attempt: &Attempt,
        request: &Request,
    ) -> Result<Reply, String> {
        outbound.call(&Call {
            method: request.method.as_str(),
            url: &request.url,
            headers: &request.headers,
            body: &request.body,
            key: &attempt.id.to_string(),
        })
    }
}

fn ended(reply: Result<Reply, String>, judge: impl Fn(&Reply) -> Ended) -> Ended {
    match reply {
        Err(error) => failed(error),
        Ok(reply) => Ended {
            http_status: Some(reply.status),
            body: Some(beginning(&reply.body).to_owned()),
            ..judge(&reply)
        },
    }
}

pub(super) fn failed(error: impl Into<String>) -> Ended {
    Ended {
        error: Some(error.into()),
        ..Ended::default()
    }
}

/// What an answer means that is not from Telegram.
fn plain(reply: &Reply, success: &Success) -> Ended {
    match reply.status {
        200..=299 if success.accepts(&reply.body) => Ended {
            is_success: true,
            ..Ended::default()
        },
        200..=299 => failed("The answer does not say what a success says."),
        300..=399 => failed("The answer leads elsewhere; redirects are not followed."),
        status => failed(format!("The answer is the error {status}.")),
    }
}

/// Without the secret, should the other side or an error repeat it.
fn hidden(ended: Ended, secret: &str) -> Ended {
    let hide = |text: String| match text.contains(secret) {
        true => text.replace(secret, HIDDEN),
        false => text,
    };
    Ended {
        body: ended.body.map(hide),
        error: ended.error.map(hide),
        ..ended
    }
}

fn beginning(text: &str) -> &str {
    let mut end = KEPT.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_ends_between_two_characters() {
        let text = format!("{}é", "a".repeat(KEPT - 1));

        assert_eq!(beginning(&text).len(), KEPT - 1);
        assert_eq!(beginning("short"), "short");
    }

    #[test]
    fn a_secret_is_kept_nowhere() {
        let told = Ended {
            body: Some("no bot s3cret".to_owned()),
            ..failed("cannot call https://t.example/bot1:s3cret/x")
        };

        let kept = hidden(told, "s3cret");

        assert_eq!(kept.body.as_deref(), Some("no bot ***"));
        assert_eq!(
            kept.error.as_deref(),
            Some("cannot call https://t.example/bot1:***/x")
        );
    }
}
