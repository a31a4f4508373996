//! A traffic source that is called: it notes every request and answers as it is told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How it answers.
#[derive(Debug, Clone)]
pub(crate) enum Manner {
    /// With this status and body.
    Says(u16, &'static str),
    /// With a redirect to itself.
    Redirects,
    /// Not at all.
    Silent,
    /// With a body of a gigabyte.
    Floods,
    /// With an error that repeats the first line of the request.
    Echoes,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// `GET /path HTTP/1.1`
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Heard {
    pub(crate) fn target(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// It listens until the process ends.
pub(crate) struct Receiver {
    port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    manner: Arc<Mutex<Manner>>,
}

impl Receiver {
    pub(crate) fn new(manner: Manner) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = Receiver {
            port: listener.local_addr().unwrap().port(),
            heard: Arc::default(),
            manner: Arc::new(Mutex::new(manner)),
        };
        let (heard, manner) = (Arc::clone(&receiver.heard), Arc::clone(&receiver.manner));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, manner) = (Arc::clone(&heard), Arc::clone(&manner));
                thread::spawn(move || {
                    let _ = serve(stream, &heard, &manner);
                });
            }
        });
        receiver
    }

    /// An address below it.
    pub(crate) fn url(&self, rest: &str) -> String {
        format!("http://127.0.0.1:{}{rest}", self.port)
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn targets(&self) -> Vec<String> {
        let heard = self.heard();
        heard.iter().map(|one| one.target().to_owned()).collect()
    }

    pub(crate) fn turns(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }
}

fn serve(
    mut stream: TcpStream,
    heard: &Mutex<Vec<Heard>>,
    manner: &Mutex<Manner>,
) -> std::io::Result<()> {
    let request = read(&mut stream)?;
    let line = request.line.clone();
    heard.lock().unwrap().push(request);
    let manner = manner.lock().unwrap().clone();
    match manner {
        Manner::Says(status, body) => write!(
            stream,
            "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ),
        Manner::Echoes => write!(
            stream,
            "HTTP/1.1 404 X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{line}",
            line.len()
        ),
        Manner::Redirects => {
            let to = stream.local_addr()?;
            write!(
                stream,
                "HTTP/1.1 302 Found\r\nLocation: http://{to}/elsewhere\r\nContent-Length: 0\r\n\r\n"
            )
        }
        Manner::Silent => {
            thread::sleep(Duration::from_secs(120));
            Ok(())
        }
        Manner::Floods => {
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
            )?;
            let piece = [b'a'; 65_536];
            for _ in 0..16_000 {
                stream.write_all(&piece)?;
            }
            Ok(())
        }
    }
}

fn read(stream: &mut TcpStream) -> std::io::Result<Heard> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4_096];
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        match stream.read(&mut piece)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend(&piece[..read]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let line = lines.next().unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut heard = Heard {
        line,
        headers,
        body: String::new(),
    };
    let length = heard
        .header("content-length")
        .and_then(|one| one.parse().ok());
    let end = head_end + 4 + length.unwrap_or(0);
    while bytes.len() < end {
        match stream.read(&mut piece)? {
            0 => break,
            read => bytes.extend(&piece[..read]),
        }
    }
    heard.body = String::from_utf8_lossy(&bytes[head_end + 4..]).into_owned();
    Ok(heard)
}
