//! Incoming postbacks: `/postback`, `/postback/{key}`, `/{key}/postback`, and `/click?cnv_id=`.
//!
//! `200` after the commit: with `Success` (or the text of `return`) where something was stored or
//! updated, else with the reason why nothing was and never will be. `503` where it could not be
//! stored: the network asks again. Each request is in the log, whatever became of it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, rt, web};
use tokio::sync::oneshot;

use super::state::Shared;
use super::{click, respond};
use crate::detect::request::ClickRequest;
use crate::detect::text::cut;
use crate::domain::network::Network;
use crate::postback::verdict::Verdict;
use crate::postback::{self, Body};
use crate::store::conversions::{self, Books, Incoming, Outcome, Understood};
use crate::store::writer::{Editing, Waited};

/// What networks expect to read.
const SUCCESS: &str = "Success";
/// The largest body that is read; of a larger one only the query is logged.
const BODY_MAX: usize = 1 << 20;

/// Bytes looked at of a key; none is as long.
const KEY_MAX: usize = 200;

/// Whether a link of the kind `/click?...` is a postback of a page or network made for Binom.
pub(super) fn is_postback(path: &str, raw_query: &str) -> bool {
    matches!(path, "/click" | "/click.php")
        && raw_query.split('&').any(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            let name = name.strip_prefix("amp;").unwrap_or(name);
            name.eq_ignore_ascii_case("cnv_id") && pair.contains('=')
        })
}

/// Answers a postback; its key, if any, is a part of the path.
pub(super) async fn receive(
    request: HttpRequest,
    payload: web::Payload,
    shared: web::Data<Arc<Shared>>,
) -> HttpResponse {
    let key = request.match_info().get("key");
    let key = key.map(|key| cut(key, KEY_MAX).to_owned());
    match *request.method() {
        Method::GET => handle(&request, None, key, &shared).await,
        Method::POST => {
            let body = read_body(payload).await;
            handle(&request, Some(body), key, &shared).await
        }
        Method::HEAD => head(&shared),
        _ => respond::method_not_allowed(),
    }
}

/// Answers a postback that came as a link.
pub(super) async fn from_link(request: &HttpRequest, shared: &Arc<Shared>) -> HttpResponse {
    match *request.method() {
        Method::HEAD => head(shared),
        _ => handle(request, None, None, shared).await,
    }
}

/// Somebody looks whether the address is there.
fn head(shared: &Shared) -> HttpResponse {
    shared.tallies.count("postback_head", 0);
    answer(StatusCode::OK, String::new())
}

/// A body, as far as it was read.
enum Read {
    Whole(web::Bytes),
    TooLarge,
    Broken,
}

async fn read_body(payload: web::Payload) -> Read {
    match payload.to_bytes_limited(BODY_MAX).await {
        Ok(Ok(bytes)) => Read::Whole(bytes),
        Ok(Err(_)) => Read::Broken,
        Err(_) => Read::TooLarge,
    }
}

async fn handle(
    request: &HttpRequest,
    body: Option<Read>,
    key: Option<String>,
    shared: &Arc<Shared>,
) -> HttpResponse {
    let arrived = click::arrived(request);
    let books = shared.library.books();
    let network = key
        .as_deref()
        .and_then(|key| books.network_of_key(key))
        .cloned();
    let (pairs, unreadable) = pairs(request, &arrived, body.as_ref());
    let ip = shared
        .rules
        .proxies
        .client_ip(arrived.peer, &arrived.headers);
    let words = books.words(network.as_deref());
    let incoming = Incoming {
        id: shared.ids.next(arrived.at),
        at: arrived.at,
        ip: (ip != IpAddr::V4(Ipv4Addr::UNSPECIFIED)).then_some(ip),
        method: request.method().as_str().to_owned(),
        pairs: postback::logged(&pairs, &words, &shared.codec),
        fingerprint: postback::fingerprint(network.as_ref().map(|network| network.id), &pairs),
        network_key: key,
    };
    let refused = unreadable.or_else(|| refusal(&incoming, network.as_deref(), ip, &pairs, shared));
    let mut wanted = None;
    let understood = match refused {
        Some(mut outcome) => {
            outcome.network_id = network.as_ref().map(|network| network.id);
            let reasons = outcome
                .reason
                .into_iter()
                .chain(postback::cut_remark(&pairs));
            outcome.reason = Some(reasons.collect::<Vec<_>>().join(" "));
            Understood::Refused(outcome)
        }
        None => {
            let said = postback::read(&pairs, &words, &shared.codec);
            wanted.clone_from(&said.answer);
            Understood::Said {
                said: Box::new(said),
                network,
                pairs,
            }
        }
    };
    match store(shared, books, incoming, understood).await {
        Some(outcome) => told(outcome, wanted),
        None => {
            let text = "The postback could not be stored now; send it again.".to_owned();
            let mut response = answer(StatusCode::SERVICE_UNAVAILABLE, text);
            let soon = header::HeaderValue::from_static("5");
            response.headers_mut().insert(header::RETRY_AFTER, soon);
            response
        }
    }
}

/// What was sent, and why it cannot be used if that is plain already.
fn pairs(
    request: &HttpRequest,
    arrived: &ClickRequest<'_>,
    body: Option<&Read>,
) -> (Vec<(String, String)>, Option<Outcome>) {
    let of_the_query = || postback::pairs(arrived.query, None).unwrap_or_default();
    let body = match body {
        None => None,
        Some(Read::Whole(bytes)) => Some(Body {
            content_type: request
                .headers()
                .get(header::CONTENT_TYPE)
                .and_then(|value| value.to_str().ok()),
            bytes,
        }),
        Some(Read::TooLarge) => {
            let reason = format!("The body is larger than {BODY_MAX} bytes and was not read.");
            return (
                of_the_query(),
                Some(Outcome::nothing(Verdict::TooLarge, reason)),
            );
        }
        Some(Read::Broken) => {
            let outcome = Outcome::nothing(Verdict::Unreadable, "The body broke off.");
            return (of_the_query(), Some(outcome));
        }
    };
    match postback::pairs(arrived.query, body) {
        Ok(pairs) => (pairs, None),
        Err(error) => {
            let reason = error.to_string();
            (
                error.query,
                Some(Outcome::nothing(Verdict::Unreadable, reason)),
            )
        }
    }
}

/// Why a postback is only logged.
fn refusal(
    incoming: &Incoming,
    network: Option<&Network>,
    ip: IpAddr,
    pairs: &[(String, String)],
    shared: &Shared,
) -> Option<Outcome> {
    match (&incoming.network_key, network) {
        (Some(key), None) => {
            let reason = format!("No network has the key \"{key}\".");
            Some(Outcome::nothing(Verdict::UnknownNetwork, reason))
        }
        (None, _) if shared.postbacks.require_key => {
            let reason = "Only postbacks with the key of a network are taken: /postback/<key>.";
            Some(Outcome::nothing(Verdict::Denied, reason))
        }
        (_, Some(network)) => postback::admits(network, ip, pairs)
            .err()
            .map(|denied| Outcome::nothing(Verdict::Denied, denied.to_string())),
        (None, None) => None,
    }
}

/// What became of it; `None` where nobody can say in time.
///
/// The waiting is a task of its own: it goes on when the sender hangs up, and then the sender's next
/// identical request is known to be a retry.
async fn store(
    shared: &Arc<Shared>,
    books: Books,
    incoming: Incoming,
    understood: Understood,
) -> Option<Outcome> {
    let (id, patience) = (incoming.id, shared.postbacks.timeout);
    let record = serde_json::to_string(&incoming.pairs).unwrap_or_default();
    let editing = conversions::receive(&shared.writer, books, incoming, understood);
    let (sender, receiver) = oneshot::channel();
    let shared = Arc::clone(shared);
    rt::spawn(async move {
        let stored = wait(&shared, editing, patience, record).await;
        let (outcome, open) = match stored {
            Stored::Ended(outcome) => (outcome, None),
            Stored::Open(editing) => (None, Some(editing)),
        };
        let was_stored = outcome.is_some();
        let is_told = sender.send(outcome).is_ok();
        let happened = match open {
            Some(editing) => editing.end().await.is_ok(),
            None => was_stored && !is_told,
        };
        if happened {
            conversions::mark_untold(&shared.writer, id);
        }
    });
    receiver.await.ok().flatten()
}

enum Stored {
    Ended(Option<Outcome>),
    /// The writer has it and does not end.
    Open(Editing<Outcome>),
}

async fn wait(
    shared: &Shared,
    editing: Editing<Outcome>,
    patience: Duration,
    record: String,
) -> Stored {
    match editing.wait(patience).await {
        Waited::Ended(Ok(outcome)) => Stored::Ended(Some(outcome)),
        Waited::Ended(Err(error)) if error.may_pass() => Stored::Ended(None),
        Waited::Ended(Err(error)) => {
            tracing::error!(%error, "a postback was set aside");
            conversions::set_aside(&shared.writer, record, error.to_string());
            Stored::Ended(None)
        }
        Waited::Open(editing) => Stored::Open(editing),
    }
}

fn told(outcome: Outcome, wanted: Option<String>) -> HttpResponse {
    let text = match outcome.changed {
        true => wanted.unwrap_or_else(|| SUCCESS.to_owned()),
        false => outcome.reason.unwrap_or_default(),
    };
    answer(StatusCode::OK, text)
}

fn answer(status: StatusCode, text: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text)
}
