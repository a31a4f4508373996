//! Messages that are to be sent: to channels, and calls of other kinds than postbacks.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, named_params};

use super::{CALL, SKIPPED, WAITING, news};
use crate::clock;
use crate::domain::channel::{Channel, ChannelKind};
use crate::domain::documents::Documents;
use crate::domain::entity::Entity;
use crate::domain::id::{Id, IdGenerator};
use crate::domain::message::{Message, Recipient, Request};
use crate::domain::outgoing::Method;
use crate::domain::state::State;
use crate::store::entities::Save;
use crate::store::error::StoreError;
use crate::store::readers::Readers;

/// What is shown of where a bot's messages go; the token is put in when one is sent.
const TELEGRAM_URL: &str = "https://api.telegram.org/bot***/sendMessage";

/// Queues a message, as part of somebody's transaction. Its id; `None` where one of the same key is
/// there already.
pub fn queue(
    connection: &Connection,
    ids: &IdGenerator,
    documents: &Documents,
    at: i64,
    message: &Message,
) -> Result<Option<i64>, rusqlite::Error> {
    const SQL: &str = "
        insert into outbox (id, at, kind, key, channel_id, rule_id, run_id, conversion_id, click_id,
            campaign_id, method, url, host, headers, body, success_contains, success_lacks, state,
            reason, next_at, finished_at)
        values (:id, :at, :kind, :key, :channel_id, :rule_id, :run_id, :conversion_id, :click_id,
            :campaign_id, :method, :url, :host, :headers, :body, :success_contains, :success_lacks,
            :state, :reason, :now, case when :reason is not null then :at end)
        on conflict (key) where key is not null do nothing
        returning id";
    let Envelope {
        kind,
        channel_id,
        request,
        reason,
    } = Envelope::of(message, documents);
    let id = ids.next(at);
    let values = named_params! {
        ":id": id.to_row(),
        ":at": id.unix_ms(),
        // Ids run ahead of a clock that was set back; nothing waits for them.
        ":now": clock::now_ms().min(id.unix_ms()),
        ":kind": kind,
        ":key": message.key,
        ":channel_id": channel_id,
        ":rule_id": message.rule_id,
        ":run_id": message.run_id,
        ":conversion_id": message.conversion_id.map(Id::to_row),
        ":click_id": message.click_id.map(Id::to_row),
        ":campaign_id": message.campaign_id,
        ":method": request.method.as_str(),
        ":url": request.url,
        ":host": request.host(),
        ":headers": serde_json::to_string(&request.headers).unwrap_or_default(),
        ":body": request.body,
        ":success_contains": request.success.contains,
        ":success_lacks": request.success.lacks,
        ":state": if reason.is_some() { SKIPPED } else { WAITING },
        ":reason": reason,
    };
    let mut statement = connection.prepare_cached(SQL)?;
    let queued = statement.query_row(values, |row| row.get(0)).optional()?;
    if queued.is_some() {
        news::note();
    }
    Ok(queued)
}

/// The work of queueing a message, as part of an edit.
pub fn saving(ids: Arc<IdGenerator>, documents: Arc<Documents>, at: i64, message: Message) -> Save {
    Box::new(move |connection| {
        queue(connection, &ids, &documents, at, &message)?;
        Ok(())
    })
}

/// Whether a message of this key was queued, as far as the outbox goes back.
pub fn is_queued(readers: &Readers, key: &str) -> Result<bool, StoreError> {
    const SQL: &str = "select 1 from outbox where key = :key";
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(SQL)?;
    Ok(statement.exists(named_params! { ":key": key })?)
}

/// What a row says of where a message goes.
struct Envelope {
    kind: &'static str,
    channel_id: Option<u64>,
    request: Request,
    /// Why it is not sent.
    reason: Option<String>,
}

impl Envelope {
    fn of(message: &Message, documents: &Documents) -> Envelope {
        let id = match &message.to {
            Recipient::Channel(id) => *id,
            Recipient::Call(request) => {
                return Envelope {
                    kind: CALL,
                    channel_id: None,
                    request: request.clone(),
                    reason: None,
                };
            }
        };
        let Some(channel) = documents.channels.get(&id) else {
            return Envelope {
                kind: ChannelKind::Webhook.as_str(),
                channel_id: Some(id),
                request: Request::default(),
                reason: Some(format!("There is no {}.", Channel::reference(id))),
            };
        };
        let body = match channel.kind {
            ChannelKind::Telegram => message.text.clone(),
            ChannelKind::Webhook => message.data.to_string(),
        };
        Envelope {
            kind: channel.kind.as_str(),
            channel_id: Some(id),
            request: Request {
                method: Method::Post,
                url: shown_url(channel),
                body,
                ..Request::default()
            },
            reason: closed(channel),
        }
    }
}

/// Where its messages go, without what is secret of it.
pub(super) fn shown_url(channel: &Channel) -> String {
    match channel.kind {
        ChannelKind::Telegram => TELEGRAM_URL.to_owned(),
        ChannelKind::Webhook => channel.url.clone(),
    }
}

/// Why nothing is sent to it; `None` while something is.
pub(super) fn closed(channel: &Channel) -> Option<String> {
    let reference = Channel::reference(channel.id);
    match channel.state {
        State::Active => None,
        State::Paused => Some(format!("The {reference} is paused.")),
        State::Archived => Some(format!("The {reference} is archived.")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::entities::tests::database;

    fn documents() -> Documents {
        let channel = |id: u64, state: &str| {
            let document = json!({ "id": id, "name": "C", "kind": "webhook", "state": state,
                "url": "https://Hook.example/x" });
            (id, Arc::new(Channel::read(&document).unwrap()))
        };
        let mut documents = Documents::default();
        documents
            .channels
            .extend([channel(1, "active"), channel(2, "paused")]);
        documents
    }

    fn message(to: Recipient, key: &str) -> Message {
        Message {
            to,
            text: "text".to_owned(),
            data: json!({ "type": "x" }),
            key: key.to_owned(),
            campaign_id: Some(7),
            conversion_id: None,
            click_id: None,
            rule_id: Some(3),
            run_id: Some(4),
        }
    }

    #[test]
    fn a_message_is_queued_once_for_each_key() {
        let connection = database();
        let ids = IdGenerator::new(0, None);
        let queue = |to, key: &str| {
            let message = message(to, key);
            queue(&connection, &ids, &documents(), 1_790_000_000_000, &message).unwrap()
        };
        let call = Request {
            url: "https://s.example:8/pause?id=1".to_owned(),
            ..Request::default()
        };

        assert!(queue(Recipient::Channel(1), "a").is_some());
        assert_eq!(queue(Recipient::Channel(1), "a"), None);
        assert!(queue(Recipient::Channel(2), "b").is_some());
        assert!(queue(Recipient::Channel(9), "c").is_some());
        assert!(queue(Recipient::Call(call), "d").is_some());
        assert!(news::take());

        let rows: Vec<String> = connection
            .prepare(
                "select concat_ws(' ', key, kind, state, host, method, body, reason, campaign_id,
                    rule_id, run_id)
                from outbox order by id",
            )
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let expected = [
            r#"a webhook waiting hook.example POST {"type":"x"} 7 3 4"#,
            r#"b webhook skipped hook.example POST {"type":"x"} The channel 2 is paused. 7 3 4"#,
            "c webhook skipped  GET  There is no channel 9. 7 3 4",
            "d call waiting s.example:8 GET  7 3 4",
        ];
        assert_eq!(rows, expected);
    }
}
