//! What a channel proves itself with: the token of a bot, the secret that a webhook is signed with.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::{ChannelKind, refuse};
use crate::domain::form::Form;
use crate::domain::secret::Handed;

/// What a secret of <https://www.standardwebhooks.com> begins with.
const PREFIX: &str = "whsec_";
/// Bytes of a secret that is made here, and how many others may have.
const MADE: usize = 32;
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// The secret that was sent, in the field of its kind. No message repeats what was sent.
pub(super) fn read(form: &mut Form<'_>, kind: ChannelKind) -> Handed {
    let mut read = Handed::default();
    for (_, of) in ChannelKind::ALL {
        let field = of.secret_field();
        let Some(sent) = form.value(field) else {
            continue;
        };
        if *of != kind {
            refuse(form, field, kind);
            continue;
        }
        match checked(sent, kind) {
            Ok(secret) => read = Handed::new(secret),
            Err(message) => form.problem(field, "invalid", message),
        }
    }
    read
}

fn checked(sent: &Value, kind: ChannelKind) -> Result<String, &'static str> {
    let text = sent.as_str().ok_or("This is not a text in quotes.")?.trim();
    let is_right = match kind {
        ChannelKind::Telegram => is_token(text),
        ChannelKind::Webhook => signing_key(text).is_some(),
    };
    match (is_right, kind) {
        (true, _) => Ok(text.to_owned()),
        (false, ChannelKind::Telegram) => Err(
            "This is no token of a bot, such as 123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11; \
             @BotFather tells it.",
        ),
        (false, ChannelKind::Webhook) => Err(
            "This is no secret: whsec_ and 24 to 64 bytes as base64. Leave it out, and one is made.",
        ),
    }
}

fn is_token(text: &str) -> bool {
    let Some((bot, token)) = text.split_once(':') else {
        return false;
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=20).contains(&bot.len())
        && bot.bytes().all(|byte| byte.is_ascii_digit())
        && (20..=100).contains(&token.len())
        && token.bytes().all(fits)
}

/// The bytes that a webhook is signed with; `None` if it is no such secret.
pub fn signing_key(secret: &str) -> Option<Vec<u8>> {
    let key = BASE64_STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    LENGTHS.contains(&key.len()).then_some(key)
}

/// A new secret; `None` if the system has no random bytes.
pub(super) fn made() -> Option<String> {
    let mut bytes = [0_u8; MADE];
    getrandom::fill(&mut bytes).ok()?;
    Some(format!("{PREFIX}{}", BASE64_STANDARD.encode(bytes)))
}
