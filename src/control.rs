//! Commands beside a running server.
//!
//! The server owns the database; a command that changes something asks it over a socket in the
//! data directory (`millrace.sock`, mode 0600): one line of JSON each way, and after the first one
//! a file where the command has one.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use crate::importer::FILE_MAX;
use crate::store::columns;

/// What a command asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Request {
    CreateApiKey {
        name: String,
    },
    /// Answered with the outcome as JSON.
    Simulate {
        question: serde_json::Value,
    },
    /// A file of conversions: `bytes` of it follow the line. Answered with a preview, or with the
    /// import that has begun, as JSON.
    Import {
        order: serde_json::Value,
        bytes: u64,
    },
    /// Answered with the import as JSON.
    ImportProgress {
        id: u64,
    },
    /// Drops raw clicks that are older. Answered with the job as JSON.
    Prune {
        days: u64,
    },
    /// Answered with the job as JSON.
    JobProgress {
        id: u64,
    },
    /// Makes one segment anew. Answered with [`columns::Rebuilt`] as JSON.
    RebuildColumns {
        at: columns::Cursor,
    },
    /// Compares one segment with its raw rows. Answered with [`columns::Verified`] as JSON.
    VerifyColumns {
        at: columns::Cursor,
    },
}

impl Request {
    /// How many bytes follow the line.
    fn bytes(&self) -> u64 {
        match self {
            Self::Import { bytes, .. } => *bytes,
            _ => 0,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Ok(String),
    Error(String),
}

/// A longer request is not one of ours.
const MAX_REQUEST: u64 = 64 << 10;
const PATIENCE: Duration = Duration::from_secs(15);

fn path(data: &Path) -> PathBuf {
    data.join("millrace.sock")
}

/// Answers commands until the process ends. The lock on the data directory must be held: a socket
/// that is there already is a leftover.
pub fn serve(
    data: &Path,
    handle: impl Fn(Request, Vec<u8>) -> anyhow::Result<String> + Send + 'static,
) -> anyhow::Result<()> {
    let path = path(data);
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path)
        .with_context(|| format!("cannot open the command socket {}", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
        .with_context(|| format!("cannot protect the command socket {}", path.display()))?;
    std::thread::Builder::new()
        .name("commands".into())
        .spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Err(error) = answer(stream, &handle) {
                    tracing::warn!(%error, "a command could not be answered");
                }
            }
        })?;
    Ok(())
}

fn answer(
    stream: UnixStream,
    handle: &impl Fn(Request, Vec<u8>) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    let mut reader = BufReader::new((&stream).take(MAX_REQUEST));
    reader.read_line(&mut line)?;
    let answer = match serde_json::from_str::<Request>(&line) {
        Ok(request) => {
            match read_sent(&mut reader, &request).and_then(|sent| handle(request, sent)) {
                Ok(text) => Answer::Ok(text),
                Err(error) => Answer::Error(format!("{error:#}")),
            }
        }
        Err(error) => Answer::Error(format!("the running server does not know this: {error}")),
    };
    serde_json::to_writer(&stream, &answer)?;
    (&stream).write_all(b"\n")?;
    Ok(())
}

/// What follows the line of a request.
fn read_sent(
    reader: &mut BufReader<std::io::Take<&UnixStream>>,
    request: &Request,
) -> anyhow::Result<Vec<u8>> {
    let bytes = request.bytes();
    if bytes > FILE_MAX as u64 {
        bail!("the file has {bytes} bytes, more than {FILE_MAX}; import it in several pieces");
    }
    // What the reader holds already was taken from the first limit.
    let held = reader.buffer().len() as u64;
    reader.get_mut().set_limit(bytes.saturating_sub(held));
    let mut sent = Vec::new();
    reader.take(bytes).read_to_end(&mut sent)?;
    if sent.len() as u64 != bytes {
        bail!("the file broke off");
    }
    Ok(sent)
}

/// Asks the server that runs on this data directory.
pub fn ask(data: &Path, request: &Request) -> anyhow::Result<String> {
    ask_with(data, request, &[], PATIENCE)
}

/// [`ask`], with a file that belongs to the request, and so much patience for the answer.
pub fn ask_with(
    data: &Path,
    request: &Request,
    sent: &[u8],
    patience: Duration,
) -> anyhow::Result<String> {
    let path = path(data);
    let stream = UnixStream::connect(&path).with_context(|| {
        format!(
            "a server holds {}, but its command socket does not answer",
            data.display()
        )
    })?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    (&stream).write_all(&line)?;
    // A server that refuses the request does not read the file; its answer says why.
    let _ = (&stream).write_all(sent);
    let mut reply = String::new();
    BufReader::new(&stream)
        .read_line(&mut reply)
        .context("the server did not answer")?;
    match serde_json::from_str(&reply).context("the server's answer cannot be read")? {
        Answer::Ok(text) => Ok(text),
        Answer::Error(message) => bail!(message),
    }
}
