//! The yardstick of the click benchmark: an actix-web server that answers every request with the
//! same kind of redirect as Millrace and does nothing else.
//!
//! Millrace has to parse, detect, decide and store on top of this; the ratio of the two is what
//! the benchmark reports. Same framework, same build profile, same number of workers.

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{App, HttpResponse, HttpServer, web};
use clap::Parser;

/// Answers every request with a 302.
#[derive(Parser)]
struct Options {
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    #[arg(long, default_value_t = 2)]
    workers: usize,
}

async fn redirect() -> HttpResponse {
    HttpResponse::Found()
        .insert_header((LOCATION, "http://127.0.0.1:9/?c=06ed3qv9a4mws1k7t0zb"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish()
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let options = Options::parse();
    let server = HttpServer::new(|| App::new().default_service(web::to(redirect)))
        .workers(options.workers)
        .bind(&options.listen)?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    server.run().await
}
