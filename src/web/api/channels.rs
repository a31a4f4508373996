//! Beside what all resources answer to: the secret of a webhook, and a message to try a channel.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use serde_json::json;

use super::handlers::{parse_id, unknown};
use super::{Endpoint, openapi};
use crate::clock;
use crate::domain::channel::{Channel, ChannelKind};
use crate::domain::message::{Message, Recipient};
use crate::editor::Editor;
use crate::store::channels;
use crate::store::outbox::message;
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let text = |name: &str, example: &str| {
        json!({ "type": "object", "required": [name],
            "properties": { name: { "type": "string", "example": example } } })
    };
    vec![
        Endpoint {
            path: "/channels/{id}/secret".to_owned(),
            method: Method::GET,
            operation: json!({
                "tags": ["channels"],
                "operationId": "channel_secret",
                "summary": "What a webhook's messages are signed with, for the program that checks \
                    them; the token of a bot is never told",
                "parameters": [openapi::id_parameter()],
                "responses": openapi::responses("200",
                    text("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                    &["401", "403", "404", "409", "503"]),
            }),
            route: || web::get().to(secret),
            body_max: BODY_MAX,
        },
        Endpoint {
            path: "/channels/{id}/test".to_owned(),
            method: Method::POST,
            operation: json!({
                "tags": ["channels"],
                "operationId": "test_channel",
                "summary": "Put a test message into the outbox; GET /outbox/{id} tells what becomes \
                    of it",
                "parameters": [openapi::id_parameter()],
                "responses": openapi::responses("202", text("id", "1234567890123456789"),
                    &["401", "403", "404", "503"]),
            }),
            route: || web::post().to(test),
            body_max: BODY_MAX,
        },
    ]
}

async fn secret(
    shared: web::Data<Arc<Shared>>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let wanted = parse_id::<Channel>(&id)?;
    let (readers, vault) = (shared.readers.clone(), shared.vault.clone());
    let found = web::block(move || {
        let kept = channels::channel(&readers, wanted)?;
        Ok::<_, ApiError>(kept.map(|kept| (kept.channel.kind, kept.secret(&vault))))
    });
    let refused = |message| ApiError::Refused {
        code: "no_secret",
        message,
    };
    match found.await?? {
        None => Err(unknown::<Channel>(&id)),
        Some((ChannelKind::Telegram, _)) => Err(refused(
            "The token of a bot is not told; @BotFather tells it.".to_owned(),
        )),
        Some((ChannelKind::Webhook, Ok(secret))) => {
            Ok(HttpResponse::Ok().json(json!({ "secret": secret })))
        }
        Some((ChannelKind::Webhook, Err(message))) => Err(refused(message)),
    }
}

async fn test(
    shared: web::Data<Arc<Shared>>,
    editor: web::Data<Editor>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let documents = editor.documents();
    let found = documents.channels.get(&parse_id::<Channel>(&id)?);
    let channel = found.ok_or_else(|| unknown::<Channel>(&id))?;
    let now = clock::now_ms();
    let message = Message {
        to: Recipient::Channel(channel.id),
        text: format!("A test of the channel \"{}\" by Millrace.", channel.name),
        data: json!({ "type": "test", "channel_id": channel.id, "name": channel.name }),
        // Each one is another.
        key: format!("test {}", shared.ids.next(now).to_row()),
        campaign_id: None,
        conversion_id: None,
        click_id: None,
        rule_id: None,
        run_id: None,
    };
    let (writer, ids) = (shared.writer.clone(), Arc::clone(&shared.ids));
    let queued = web::block(move || {
        writer.edit_blocking(move |connection| {
            Ok(message::queue(connection, &ids, &documents, now, &message)?)
        })
    });
    let id = queued.await??.map(|id| id.to_string());
    Ok(HttpResponse::build(StatusCode::ACCEPTED).json(json!({ "id": id })))
}
