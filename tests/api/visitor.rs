//! A visitor's browser, reduced to what the tests need: it sends exactly the bytes it is told to,
//! keeps its connection, follows nothing.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A phone in use when this was written.
pub(crate) const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.7.5 Mobile/15E148 Safari/604.1";

/// Longer than anything a visitor may be kept waiting, so that a hanging server fails a test
/// instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(20);

/// One keep-alive connection to the tracker.
pub(crate) struct Visitor {
    address: String,
    connection: Option<BufReader<TcpStream>>,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The `name=value` of a cookie that the answer sets.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let set = self.headers.iter();
        let set = set.filter(|(header, _)| header.eq_ignore_ascii_case("set-cookie"));
        let mut pairs = set.filter_map(|(_, value)| value.split(';').next());
        pairs.find(|pair| pair.split('=').next() == Some(name))
    }

    /// What stands behind the value of a cookie that the answer sets.
    pub(crate) fn cookie_attributes(&self, name: &str) -> Option<&str> {
        let set = self.headers.iter();
        let set = set.filter(|(header, _)| header.eq_ignore_ascii_case("set-cookie"));
        let mut values = set.filter_map(|(_, value)| value.strip_prefix(name)?.strip_prefix('='));
        let value = values.next()?;
        Some(value.find(';').map_or("", |at| &value[at..]))
    }

    /// Names of the cookies that the answer sets.
    pub(crate) fn cookie_names(&self) -> Vec<&str> {
        let set = self.headers.iter();
        let set = set.filter(|(header, _)| header.eq_ignore_ascii_case("set-cookie"));
        set.filter_map(|(_, value)| value.split('=').next())
            .collect()
    }

    /// The names of all headers, in order, each as often as it came.
    pub(crate) fn header_names(&self) -> Vec<String> {
        let names = self.headers.iter().map(|(name, _)| name);
        let mut names: Vec<_> = names.map(|name| name.to_ascii_lowercase()).collect();
        names.sort();
        names
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// The click id that the offer URLs of these tests carry as `c=`.
    pub(crate) fn click_id(&self) -> Option<&str> {
        let at = self.location().find("?c=")? + 3;
        let id = self.location().get(at..at + 20)?;
        id.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            .then_some(id)
    }
}

impl Visitor {
    /// `address` is `127.0.0.1:port`.
    pub(crate) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            connection: None,
        }
    }

    /// A click of a phone, with further headers.
    pub(crate) fn click(&mut self, target: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
        self.send("GET", target, headers)
    }

    /// Sends a request with a `Host`, a real `User-Agent` unless one is given, and `headers`.
    pub(crate) fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> io::Result<Answer> {
        let mut request = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if !headers.iter().any(|(name, _)| *name == "User-Agent") {
            request += &format!("User-Agent: {PHONE}\r\n");
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        self.raw((request + "\r\n").as_bytes(), method == "HEAD")
    }

    /// Sends these bytes and reads one answer.
    pub(crate) fn raw(&mut self, request: &[u8], without_body: bool) -> io::Result<Answer> {
        let result = self.exchange(request, without_body);
        if result.is_err() {
            self.connection = None;
        }
        result
    }

    fn exchange(&mut self, request: &[u8], without_body: bool) -> io::Result<Answer> {
        if self.connection.is_none() {
            let stream = TcpStream::connect(&self.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            self.connection = Some(BufReader::new(stream));
        }
        let connection = self
            .connection
            .as_mut()
            .ok_or(io::ErrorKind::NotConnected)?;
        connection.get_mut().write_all(request)?;
        let answer = read_answer(connection, without_body)?;
        if answer
            .header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
        {
            self.connection = None;
        }
        Ok(answer)
    }
}

fn read_answer(from: &mut BufReader<TcpStream>, without_body: bool) -> io::Result<Answer> {
    let line = read_line(from)?;
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| io::Error::other(format!("not an HTTP answer: {line:?}")))?;
    let mut answer = Answer {
        status,
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        let line = read_line(from)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| io::Error::other(format!("not a header: {line:?}")))?;
        answer
            .headers
            .push((name.to_owned(), value.trim().to_owned()));
    }
    let length = answer
        .header("content-length")
        .and_then(|length| length.parse().ok());
    if let (false, Some(length)) = (without_body, length) {
        answer.body = vec![0; length];
        from.read_exact(&mut answer.body)?;
    }
    Ok(answer)
}

fn read_line(from: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = Vec::new();
    if from.read_until(b'\n', &mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}
