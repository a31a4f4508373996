//! The HTTP server: which address answers what.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::api;
use super::state::{Hot, Shared};
use super::{click, health, step};
use crate::editor::Editor;

/// How long a graceful stop waits for open requests, in seconds.
const SHUTDOWN_SECONDS: u64 = 10;

/// Binds and starts. Must be called inside the runtime; the returned addresses are the real ones.
pub fn start(
    listen: SocketAddr,
    workers: usize,
    shared: Arc<Shared>,
    editor: Arc<Editor>,
) -> std::io::Result<(Server, Vec<SocketAddr>)> {
    let server = HttpServer::new(move || {
        let hot = Rc::new(Hot::new(Arc::clone(&shared)));
        App::new()
            .app_data(hot)
            .app_data(web::Data::new(Arc::clone(&shared)))
            .app_data(web::Data::from(Arc::clone(&editor)))
            .app_data(web::Data::from(Arc::clone(&shared.keys)))
            .service(web::resource("/healthz").route(web::get().to(health::healthz)))
            .service(web::resource("/robots.txt").to(robots))
            .service(
                web::resource(step::PATH)
                    .route(web::get().to(step::step))
                    .route(web::head().to(step::step)),
            )
            .configure(|config| api::configure(config, shared.admin_hosts.clone()))
            .default_service(web::to(click::click))
    })
    .workers(workers)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .bind(listen)?;
    let addresses = server.addrs();
    Ok((server.run(), addresses))
}

/// Tracking links are not for search engines.
async fn robots() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("User-agent: *\nDisallow: /\n")
}
