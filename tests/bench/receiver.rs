//! Who hears the outgoing postbacks of the benchmark: it answers at once and does nothing else.

use actix_web::{App, HttpResponse, HttpServer, web};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let answer = || async { HttpResponse::Ok().body("ok") };
    let server = HttpServer::new(move || App::new().default_service(web::to(answer)))
        .workers(1)
        .bind("127.0.0.1:0")?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    server.run().await
}
