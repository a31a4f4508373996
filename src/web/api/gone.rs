//! Whether the client of a request has gone away while its answer is being made.
//!
//! A handler is not told: a client that closes its side of the connection may still read, so the server
//! goes on until the answer cannot be written. For work of seconds that is too late. Linux lists the
//! state of each connection; elsewhere the work goes on until it is done.

use std::fs;
use std::future::{pending, poll_fn};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use tokio::time::sleep;

/// Between two looks. The list is as long as there are connections.
const EVERY: Duration = Duration::from_secs(1);
/// The state of a connection that both sides keep open.
const ESTABLISHED: &str = "01";

/// Does the work, unless the client goes away first; then the work is dropped.
pub(super) async fn unless_gone<T>(
    request: &HttpRequest,
    work: impl Future<Output = T>,
) -> Option<T> {
    let (mut work, mut gone) = (pin!(work), pin!(gone(request)));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => gone.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// Ends when the client has gone away; never where that cannot be seen.
async fn gone(request: &HttpRequest) {
    let port = request.app_config().local_addr().port();
    let Some(peer) = request.peer_addr() else {
        return pending().await;
    };
    let mut was_open = false;
    loop {
        sleep(EVERY).await;
        let is_open = web::block(move || is_open(port, peer)).await;
        match is_open.unwrap_or(true) {
            true => was_open = true,
            false if was_open => return,
            // Not where it is looked for, so nothing can be said about it.
            false => return pending().await,
        }
    }
}

/// Whether the connection of a peer to a port of ours is open on both sides.
fn is_open(port: u16, peer: SocketAddr) -> bool {
    let lists = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
    lists.into_iter().any(|list| {
        let list = fs::read_to_string(list).unwrap_or_default();
        let mut rows = list.lines().skip(1).filter_map(row);
        rows.any(|(ours, theirs, state)| {
            ours == port
                && state == ESTABLISHED
                && theirs.port() == peer.port()
                && theirs.ip().to_canonical() == peer.ip().to_canonical()
        })
    })
}

/// `0: 0100007F:1F90 0100007F:D2F4 01 ...`: our port, the peer, and the state.
fn row(line: &str) -> Option<(u16, SocketAddr, &str)> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let (ours, theirs, state) = (words.next()?, words.next()?, words.next()?);
    let port = |text: &str| u16::from_str_radix(text, 16).ok();
    let (_, our_port) = ours.rsplit_once(':')?;
    let (their_address, their_port) = theirs.rsplit_once(':')?;
    let theirs = SocketAddr::new(address(their_address)?, port(their_port)?);
    Some((port(our_port)?, theirs, state))
}

/// Words of 32 bits as the machine keeps them, in hexadecimal digits.
fn address(text: &str) -> Option<IpAddr> {
    let words = (0..text.len()).step_by(8).map(|at| text.get(at..at + 8));
    let words = words.map(|word| u32::from_str_radix(word?, 16).ok());
    let words: Option<Vec<[u8; 4]>> = words.map(|word| word.map(u32::to_ne_bytes)).collect();
    let bytes = words?.concat();
    let v4 = <[u8; 4]>::try_from(&bytes[..]).map(Ipv4Addr::from);
    let v6 = <[u8; 16]>::try_from(&bytes[..]).map(Ipv6Addr::from);
    v4.map(IpAddr::V4).or(v6.map(IpAddr::V6)).ok()
}

#[cfg(test)]
mod tests {
    use std::net::{Shutdown, TcpListener, TcpStream};

    use super::*;

    #[test]
    #[cfg_attr(not(target_os = "linux"), ignore = "only Linux lists connections")]
    fn a_client_that_hangs_up_is_seen_and_another_is_not_taken_for_it() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else {
                continue;
            };
            let ours = listener.local_addr().unwrap();
            let connect = || TcpStream::connect(ours).unwrap();
            let (leaving, staying) = (connect(), connect());
            let accepted = [listener.accept().unwrap(), listener.accept().unwrap()];
            let is_open = |client: SocketAddr| is_open(ours.port(), client);
            let (leaver, stayer) = (leaving.local_addr().unwrap(), staying.local_addr().unwrap());
            assert!(is_open(leaver) && is_open(stayer), "{address}");

            leaving.shutdown(Shutdown::Both).unwrap();

            assert!(!is_open(leaver) && is_open(stayer), "{address}");
            drop(accepted);
        }
    }
}
