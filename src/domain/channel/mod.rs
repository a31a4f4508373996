//! Where messages of rules, budgets and summaries go: a Telegram chat or a webhook.

mod secret;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::check;
use super::documents::Documents;
use super::entity::{Entity, Fresh, Head, heads, read_head};
use super::form::{Form, quoted};
use super::problem::Problem;
use super::secret::Handed;
use super::state::State;

pub use secret::signing_key;

/// A way to tell people or programs something. Its secret (`bot_token` or `secret`) is sent and never
/// answered with it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Channel {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    pub kind: ChannelKind,
    /// Of a Telegram channel: the number of the chat, or the @name of a public one.
    #[schema(example = "-1001234567890")]
    pub chat_id: String,
    /// Of a webhook: what is called; no template.
    #[schema(example = "")]
    pub url: String,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
    /// A new secret that is to be stored with it.
    #[serde(skip)]
    #[schema(ignore)]
    pub secret: Handed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// `sendMessage` of the Bot API.
    #[default]
    Telegram,
    /// A `POST` of JSON, signed as <https://www.standardwebhooks.com> says.
    Webhook,
}

impl ChannelKind {
    pub const ALL: &'static [(&'static str, ChannelKind)] = &[
        ("telegram", ChannelKind::Telegram),
        ("webhook", ChannelKind::Webhook),
    ];

    /// As JSON and the outbox say it.
    pub fn as_str(self) -> &'static str {
        match self {
            ChannelKind::Telegram => "telegram",
            ChannelKind::Webhook => "webhook",
        }
    }

    /// The field that its secret is sent in.
    pub fn secret_field(self) -> &'static str {
        match self {
            ChannelKind::Telegram => "bot_token",
            ChannelKind::Webhook => "secret",
        }
    }
}

impl Entity for Channel {
    const WORD: &'static str = "channel";

    heads!(channels, Channel, name);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        let name = check::read_name(form);
        let kind = read_kind(form);
        Channel {
            id,
            version,
            name,
            state,
            kind,
            chat_id: read_chat_id(form, kind),
            url: read_url(form, kind),
            notes: check::read_notes(form),
            created_at,
            updated_at,
            secret: secret::read(form, kind),
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name, &self.chat_id, &self.url]
    }

    fn complete(&mut self, _: &Documents, stored: Option<&Self>, _: &mut Fresh) -> Vec<Problem> {
        let has_one = stored.is_some_and(|stored| stored.kind == self.kind);
        if has_one || !self.secret.is_empty() {
            return Vec::new();
        }
        match self.kind {
            ChannelKind::Telegram => {
                let message = "The token of the bot is missing: @BotFather tells it.";
                vec![Problem::new("bot_token", "required", message)]
            }
            ChannelKind::Webhook => match secret::made() {
                Some(made) => {
                    self.secret = Handed::new(made);
                    Vec::new()
                }
                None => {
                    let message = "The system gave no random bytes for a secret; send one.";
                    vec![Problem::new("secret", "required", message)]
                }
            },
        }
    }
}

fn read_kind(form: &mut Form<'_>) -> ChannelKind {
    if form.value("kind").is_none() {
        form.missing("kind", "A kind is missing: telegram or webhook.");
    }
    form.choice("kind", ChannelKind::ALL, ChannelKind::default())
}

/// Notes a field that only channels of another kind have.
fn refuse(form: &mut Form<'_>, field: &'static str, kind: ChannelKind) {
    let message = format!("A channel of the kind {} has none.", kind.as_str());
    form.problem(field, "contradiction", message);
}

fn read_chat_id(form: &mut Form<'_>, kind: ChannelKind) -> String {
    let text = form.text("chat_id");
    match kind {
        ChannelKind::Webhook => {
            if !text.is_empty() {
                refuse(form, "chat_id", kind);
            }
            String::new()
        }
        ChannelKind::Telegram if text.is_empty() => {
            if form.value("chat_id").is_none_or(Value::is_string) {
                let message = "The chat is missing: its number, or the @name of a public one.";
                form.missing("chat_id", message);
            }
            String::new()
        }
        ChannelKind::Telegram => form.checked("chat_id", chat_id(text), String::new),
    }
}

fn chat_id(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = (1..=19).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let is_name = text.strip_prefix('@').is_some_and(|name| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        (4..=32).contains(&name.len()) && name.bytes().all(fits)
    });
    match is_number || is_name {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "{} is no chat: write its number, such as -1001234567890, or the @name of a public one.",
            quoted(text)
        )),
    }
}

fn read_url(form: &mut Form<'_>, kind: ChannelKind) -> String {
    if kind == ChannelKind::Telegram {
        if !form.text("url").is_empty() {
            refuse(form, "url", kind);
        }
        return String::new();
    }
    let url = check::read_url(form, "url");
    let lower = url.to_ascii_lowercase();
    let is_written_out = lower.starts_with("http://") || lower.starts_with("https://");
    let message = match url.is_empty() {
        false if !is_written_out => "The address of a webhook starts with https:// or http://.",
        false if url.contains(['{', '}', '#']) => {
            "The address of a webhook is called as it is: it holds no macros and no #."
        }
        _ => return url,
    };
    form.problem("url", "invalid", message);
    String::new()
}

#[cfg(test)]
mod tests;
