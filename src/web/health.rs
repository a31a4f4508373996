//! `/healthz`: alive, and with an API key how well.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::auth;
use super::state::Shared;
use crate::clock;
use crate::engine::memory::Fullness;
use crate::evaluator::Rounds;
use crate::store::columns::sealer::Figures;
use crate::store::outbox;
use crate::store::writer;

/// What an operator sees of a running server.
#[derive(Debug, Serialize)]
struct Details {
    status: &'static str,
    version: &'static str,
    /// Bytes of the write-ahead log file.
    wal_bytes: u64,
    uniqueness: Uniqueness,
    /// What is to be sent; `null` while it cannot be read.
    outbox: Option<outbox::health::Health>,
    rules: Rounds,
    columns: Figures,
    #[serde(flatten)]
    writer: writer::Health,
}

/// What is remembered of visitors.
#[derive(Debug, Serialize)]
struct Uniqueness {
    #[serde(flatten)]
    fullness: Fullness,
    /// Recorded clicks are still being read; until then a returning visitor may count as new.
    warming: bool,
    /// UTC milliseconds of the last save; `null` before the first.
    saved_at: Option<i64>,
}

/// `ok` for everybody; the details for who sends an API key. Always 200 while visitors are sent
/// on, which is whenever this answers at all.
pub(super) async fn healthz(request: HttpRequest, shared: web::Data<Arc<Shared>>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if auth::authorize(request.headers(), |key| shared.keys.accept(key)).is_err() {
        return response
            .content_type("text/plain; charset=utf-8")
            .body("ok\n");
    }
    let readers = shared.readers.clone();
    let outbox = web::block(move || outbox::health::read(&readers, clock::now_ms())).await;
    let writer = shared.writer.health();
    let fine = !writer.stalled && writer.unstored == 0 && writer.lost == 0;
    response.json(Details {
        status: if fine { "ok" } else { "degraded" },
        version: env!("CARGO_PKG_VERSION"),
        wal_bytes: shared.readers.wal_bytes(),
        uniqueness: Uniqueness {
            fullness: shared.visitors.fullness(),
            warming: shared.keeping.is_warming(),
            saved_at: shared.keeping.saved_at(),
        },
        outbox: outbox.ok().and_then(Result::ok),
        rules: shared.evaluating.now(),
        columns: shared.sealing.now(),
        writer,
    })
}
