//! The HTTP server: which address answers what.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::guard::GuardContext;
use actix_web::http::header;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::api::{self, Api};
use super::state::{Hot, Shared};
use super::{click, health};

/// How long a graceful stop waits for open requests, in seconds.
const SHUTDOWN_SECONDS: u64 = 10;

/// Binds and starts. Must be called inside the runtime; the returned addresses are the real ones.
pub fn start(
    listen: SocketAddr,
    workers: usize,
    shared: Arc<Shared>,
    api: Api,
) -> std::io::Result<(Server, Vec<SocketAddr>)> {
    let server = HttpServer::new(move || {
        let hot = Rc::new(Hot::new(Arc::clone(&shared)));
        let admin_hosts = shared.admin_hosts.clone();
        App::new()
            .app_data(hot)
            .app_data(web::Data::from(Arc::clone(&shared)))
            .service(web::resource("/healthz").route(web::get().to(health::healthz)))
            .service(web::resource("/robots.txt").to(robots))
            .service(
                web::scope("/api")
                    .guard(move |context: &GuardContext<'_>| is_admin(&admin_hosts, context))
                    .configure(|config| api::configure(config, api.clone())),
            )
            .default_service(web::to(click::click))
    })
    .workers(workers)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .bind(listen)?;
    let addresses = server.addrs();
    Ok((server.run(), addresses))
}

/// Once hosts are named for administration, the API answers on no other.
fn is_admin(hosts: &[String], context: &GuardContext<'_>) -> bool {
    if hosts.is_empty() {
        return true;
    }
    let host = context.head().headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    host.is_some_and(|host| hosts.iter().any(|admin| admin.eq_ignore_ascii_case(host)))
}

/// Tracking links are not for search engines.
async fn robots() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("User-agent: *\nDisallow: /\n")
}
