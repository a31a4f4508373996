//! The only outgoing HTTP. It calls where documents say, so it is held short: ten seconds in all,
//! 64 KB of an answer, no redirects, and no addresses of the operator's own network unless the
//! settings allow them. Addresses are checked as resolved, and the checked ones are called.

use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;
use ureq::http::{HeaderName, HeaderValue, Request, Uri};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

const TIMEOUT: Duration = Duration::from_secs(10);
/// More of an answer is not read.
const ANSWER_MAX: u64 = 64 << 10;
/// Connections that are kept for the next call: as many as there are calls at once, and of a host as
/// many as it has. Servers close an idle one after 5 seconds or later.
const IDLE: usize = 32;
const IDLE_PER_HOST: usize = 8;
const IDLE_AGE: Duration = Duration::from_secs(4);
/// Of a connection, each way; answers are short.
const BUFFER: usize = 16 << 10;

/// Calls others.
#[derive(Clone)]
pub struct Outbound {
    agent: Agent,
}

/// What is to be sent.
pub struct Call<'a> {
    pub method: &'a str,
    pub url: &'a str,
    pub headers: &'a [(String, String)],
    pub body: &'a str,
    /// What makes it the same call, however often it is sent.
    pub key: &'a str,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// As far as it was read.
    pub body: String,
}

impl Outbound {
    pub fn new(allow_private: bool) -> Self {
        let config = Config::builder()
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .http_status_as_error(false)
            // Settings of the environment are not the operator's word on this.
            .proxy(None)
            // One that is kept was checked when it was made; the name is looked up and checked again
            // for each call all the same.
            .max_idle_connections(IDLE)
            .max_idle_connections_per_host(IDLE_PER_HOST)
            .max_idle_age(IDLE_AGE)
            .input_buffer_size(BUFFER)
            .output_buffer_size(BUFFER)
            .user_agent(concat!("Millrace/", env!("CARGO_PKG_VERSION")))
            .build();
        let resolver = Checked { allow_private };
        Self {
            agent: Agent::with_parts(config, DefaultConnector::default(), resolver),
        }
    }

    /// Sends it; what went wrong, in words for the operator. Blocks.
    pub fn call(&self, call: &Call<'_>) -> Result<Reply, String> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(call.url)
            .header("Idempotency-Key", call.key);
        for (name, value) in call.headers {
            let name = HeaderName::try_from(name.as_str());
            let value = HeaderValue::from_bytes(value.as_bytes());
            let (Ok(name), Ok(value)) = (name, value) else {
                return Err("A header cannot be sent: it holds what no header may.".to_owned());
            };
            request = request.header(name, value);
        }
        let sent = match call.method {
            "POST" => request
                .body(call.body)
                .map(|request| self.agent.run(request)),
            _ => request.body(()).map(|request| self.agent.run(request)),
        };
        let mut answer = sent
            .map_err(|error| format!("The address cannot be called: {error}."))?
            .map_err(|error| explained(&error))?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        let reader = answer.body_mut().as_reader();
        // What came until a break is the answer: the status has come. A longer one breaks off the
        // connection, a shorter one leaves it to the next call.
        let _ = reader.take(ANSWER_MAX).read_to_end(&mut body);
        Ok(Reply {
            status,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

fn explained(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "There was no answer within 10 seconds.".to_owned(),
        ureq::Error::HostNotFound => "The host was not found.".to_owned(),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            error.to_string()
        }
        error => format!("It could not be sent: {error}."),
    }
}

/// Resolves, and leaves out what may not be called.
#[derive(Debug)]
struct Checked {
    allow_private: bool,
}

impl Checked {
    /// An address that is none to look up: for names a thread is started, to bound its time.
    fn written_out(&self, uri: &Uri) -> Option<ResolvedSocketAddrs> {
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
        let ip: IpAddr = host.parse().ok()?;
        let port = match uri.scheme_str()? {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let mut found = self.empty();
        found.push(SocketAddr::new(ip, uri.port_u16().unwrap_or(port)));
        Some(found)
    }
}

impl Resolver for Checked {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = match self.written_out(uri) {
            Some(found) => found,
            None => DefaultResolver::default().resolve(uri, config, timeout)?,
        };
        if self.allow_private {
            return Ok(found);
        }
        let mut allowed = self.empty();
        for address in found.iter().filter(|one| is_public(one.ip())) {
            allowed.push(*address);
        }
        if allowed.is_empty() {
            let ip = found.first().map(|one| one.ip().to_string());
            let message = format!(
                "{} is an address of a private network, which is not called; [outbound] \
                 allow_private = true allows it.",
                ip.unwrap_or_default()
            );
            return Err(ureq::Error::Io(io::Error::new(
                io::ErrorKind::PermissionDenied,
                message,
            )));
        }
        Ok(allowed)
    }
}

/// Whether an address belongs to the whole internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_special = match a {
        0 | 10 | 127 | 224.. => true,
        100 => b & 0xc0 == 64, // carrier-grade NAT
        169 => b == 254,       // link-local
        172 => b & 0xf0 == 16, // private
        192 => b == 168 || (b == 0 && (c == 0 || c == 2)) || (b == 88 && c == 99),
        198 => b & 0xfe == 18 || (b == 51 && c == 100),
        203 => b == 0 && c == 113,
        _ => false,
    };
    !is_special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    // Only 2000::/3 is given out. Of it, 6to4 and Teredo hold addresses of version 4.
    let is_given_out = first & 0xe000 == 0x2000;
    let is_tunnel = first == 0x2002 || (first == 0x2001 && second == 0);
    let is_documentation = (first == 0x2001 && second == 0xdb8) || first & 0xfff0 == 0x3ff0;
    is_given_out && !is_tunnel && !is_documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_private_networks_are_none_of_the_internets() {
        let private = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
        ];
        for ip in private {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.169.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
        ];
        for ip in public {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn a_name_that_leads_home_is_not_called() {
        let call = |url| {
            let call = Call {
                method: "GET",
                url,
                headers: &[],
                body: "",
                key: "1",
            };
            Outbound::new(false).call(&call).unwrap_err()
        };

        for url in [
            "http://localhost:1/",
            "http://127.0.0.1:1/",
            "http://[::1]:1/",
            "http://[::ffff:127.0.0.1]:1/",
            "http://2130706433:1/",
        ] {
            assert!(
                call(url).contains("private network"),
                "{url}: {}",
                call(url)
            );
        }
    }

    #[test]
    fn the_next_call_to_a_host_goes_over_the_same_connection() {
        use std::io::Write;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            // One connection and no other.
            let (mut stream, _) = listener.accept().unwrap();
            for _ in 0..2 {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    head.push(byte[0]);
                }
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                    .unwrap();
            }
        });
        let outbound = Outbound::new(true);

        for _ in 0..2 {
            let reply = outbound.call(&Call {
                method: "GET",
                url: &url,
                headers: &[],
                body: "",
                key: "1",
            });
            assert_eq!(reply.map(|reply| reply.body), Ok("ok".to_owned()));
        }

        server.join().unwrap();
    }
}
