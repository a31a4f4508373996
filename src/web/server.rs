//! The HTTP server: which address answers what.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

use super::api;
use super::state::{Hot, Shared};
use super::{click, health, lp_js, postback, step};
use crate::domain::tracking_domain::Robots;
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
            .service(web::resource("/lp.js").to(lp_js::script))
            .service(
                web::resource(step::PATH)
                    .route(web::get().to(step::step))
                    .route(web::head().to(step::step)),
            )
            .service(web::resource("/postback").to(postback::receive))
            .service(web::resource("/postback/{key}").to(postback::receive))
            .service(web::resource("/{key}/postback").to(postback::receive))
            .configure(|config| api::configure(config, shared.admin_hosts.clone()))
            .default_service(web::to(click::click))
    })
    .workers(workers)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .bind(listen)?;
    let addresses = server.addrs();
    Ok((server.run(), addresses))
}

/// Tracking links are not for search engines, unless the domain says so.
async fn robots(request: HttpRequest, shared: web::Data<Arc<Shared>>) -> HttpResponse {
    let catalog = shared.catalog.load();
    let domain = host(&request).and_then(|host| catalog.domain(host));
    let is_allowed =
        domain.is_some_and(|domain| domain.state.is_active() && domain.robots == Robots::Allow);
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(match is_allowed {
            true => "User-agent: *\nDisallow:\n",
            false => "User-agent: *\nDisallow: /\n",
        })
}

/// The host that was asked, as it was written.
fn host(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(header::HOST);
    let named = header.and_then(|host| host.to_str().ok());
    named.or_else(|| request.uri().host())
}
