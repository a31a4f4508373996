//! Commands beside a running server.
//!
//! The server owns the database; a command that changes something asks it over a socket in the
//! data directory (`millrace.sock`, mode 0600): one line of JSON each way.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

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
    handle: impl Fn(Request) -> anyhow::Result<String> + Send + 'static,
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
    handle: &impl Fn(Request) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new((&stream).take(MAX_REQUEST)).read_line(&mut line)?;
    let answer = match serde_json::from_str(&line) {
        Ok(request) => match handle(request) {
            Ok(text) => Answer::Ok(text),
            Err(error) => Answer::Error(format!("{error:#}")),
        },
        Err(error) => Answer::Error(format!("the running server does not know this: {error}")),
    };
    serde_json::to_writer(&stream, &answer)?;
    (&stream).write_all(b"\n")?;
    Ok(())
}

/// Asks the server that runs on this data directory.
pub fn ask(data: &Path, request: &Request) -> anyhow::Result<String> {
    let path = path(data);
    let stream = UnixStream::connect(&path).with_context(|| {
        format!(
            "a server holds {}, but its command socket does not answer",
            data.display()
        )
    })?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    (&stream).write_all(&line)?;
    let mut reply = String::new();
    BufReader::new(&stream)
        .read_line(&mut reply)
        .context("the server did not answer")?;
    match serde_json::from_str(&reply).context("the server's answer cannot be read")? {
        Answer::Ok(text) => Ok(text),
        Answer::Error(message) => bail!(message),
    }
}
