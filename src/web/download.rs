//! A file that is sent while it is made.
//!
//! A thread of its own makes it, so that neither the threads that answer clicks nor those that read for
//! them wait for a slow client. It runs ahead by a few pieces only; a client that goes away, or takes
//! nothing for a minute, ends it. What fails halfway breaks the connection off: a part of a file
//! must not pass for the whole.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header;
use actix_web::web::Bytes;
use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc};

use super::error::ApiError;
use crate::clock;
use crate::export::Format;

const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that are made and not taken yet.
const AHEAD: usize = 4;
/// How long a client may take nothing.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);
/// Two leave readers and processors to everything else.
const AT_ONCE: usize = 2;

/// How a file is called and what it is.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) media_type: &'static str,
}

impl Named {
    /// By what it holds and the time that clocks of the zone show: `clicks-20261120-140000.csv`.
    pub(super) fn now(what: &str, format: Format, zone: Tz) -> Self {
        let now = DateTime::from_timestamp_millis(clock::now_ms()).unwrap_or_default();
        let local = zone.from_utc_datetime(&now.naive_utc());
        let (time, ending) = (local.format("%Y%m%d-%H%M%S"), format.word());
        Self {
            name: format!("{what}-{time}.{ending}"),
            media_type: format.media_type(),
        }
    }
}

/// Makes files for clients, a few at once.
#[derive(Debug, Clone)]
pub struct Downloads(Arc<Semaphore>);

impl Default for Downloads {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Downloads {
    /// Answers with the file that `write` makes, from its first bytes on.
    pub(super) fn answer(
        &self,
        named: Named,
        write: impl FnOnce(&mut Pipe) -> io::Result<()> + Send + 'static,
    ) -> Result<HttpResponse, ApiError> {
        let permit = Arc::clone(&self.0).try_acquire_owned();
        let permit = permit.map_err(|_| {
            let message = format!(
                "{AT_ONCE} files are being made already; try again when one of them is sent."
            );
            ApiError::Busy(message)
        })?;
        let (sender, receiver) = mpsc::channel(AHEAD);
        let name = named.name.clone();
        let make = move || {
            let _permit = permit;
            let mut pipe = Pipe::new(sender);
            // A part of a file must not pass for the whole, whatever has happened.
            let writing = AssertUnwindSafe(|| write(&mut pipe).and_then(|()| pipe.flush()));
            let made = catch_unwind(writing)
                .unwrap_or_else(|_| Err(io::Error::other("a fault of Millrace itself")));
            if let Err(error) = made {
                tracing::warn!(%error, name, "a file was not sent whole");
                pipe.break_off(error);
            }
        };
        let thread = std::thread::Builder::new().name("download".to_owned());
        thread.spawn(make).map_err(|error| {
            tracing::error!(%error, "no thread to make a file");
            ApiError::Unavailable
        })?;
        let disposition = format!("attachment; filename=\"{}\"", named.name);
        Ok(HttpResponse::Ok()
            .content_type(named.media_type)
            .insert_header((header::CONTENT_DISPOSITION, disposition))
            .body(Pieces(receiver)))
    }
}

/// Where a file is written to.
pub(super) struct Pipe {
    sender: mpsc::Sender<io::Result<Bytes>>,
    piece: Vec<u8>,
}

impl Pipe {
    fn new(sender: mpsc::Sender<io::Result<Bytes>>) -> Self {
        Self {
            sender,
            piece: Vec::with_capacity(PIECE_BYTES),
        }
    }

    fn break_off(&mut self, error: io::Error) {
        // Nobody is there any more to be told, or he is.
        let _ = self.send(Err(error));
    }

    /// Waits until there is room. Timers of the runtime are out of reach on this thread.
    fn send(&self, mut piece: io::Result<Bytes>) -> io::Result<()> {
        let started = Instant::now();
        loop {
            piece = match self.sender.try_send(piece) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Closed(_)) => return Err(gone("the client has gone away")),
                Err(TrySendError::Full(_)) if started.elapsed() > PATIENCE => {
                    return Err(gone("the client takes nothing any more"));
                }
                Err(TrySendError::Full(piece)) => piece,
            };
            std::thread::sleep(PAUSE);
        }
    }
}

fn gone(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, why)
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE_BYTES - self.piece.len();
        let taken = &bytes[..bytes.len().min(room)];
        self.piece.extend_from_slice(taken);
        if self.piece.len() == PIECE_BYTES {
            self.flush()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let next = Vec::with_capacity(PIECE_BYTES);
        let piece = std::mem::replace(&mut self.piece, next);
        self.send(Ok(piece.into()))
    }
}

/// The body: pieces as they come.
struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl MessageBody for Pieces {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        self.get_mut().0.poll_recv(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use actix_web::body;

    use super::*;

    fn named() -> Named {
        Named {
            name: "a.csv".to_owned(),
            media_type: "text/csv",
        }
    }

    #[actix_web::test]
    async fn what_was_written_is_sent_in_its_order() {
        let line = |number: u32| format!("{number}\n");
        let answer = Downloads::default().answer(named(), move |pipe| {
            (0..50_000).try_for_each(|number| pipe.write_all(line(number).as_bytes()))
        });

        let bytes = body::to_bytes(answer.unwrap().into_body()).await.unwrap();

        let expected: String = (0..50_000).map(line).collect();
        assert!(bytes == expected.as_bytes());
    }

    #[actix_web::test]
    async fn what_fails_halfway_breaks_off() {
        let answer = Downloads::default().answer(named(), |pipe| {
            pipe.write_all(b"a part")?;
            Err(io::Error::other("the disk is gone"))
        });

        let sent = body::to_bytes(answer.unwrap().into_body()).await;

        assert!(sent.unwrap_err().to_string().contains("the disk is gone"));
    }

    #[actix_web::test]
    async fn it_runs_ahead_by_a_few_pieces_and_ends_when_nobody_listens() {
        let written = Arc::new(AtomicUsize::new(0));
        let downloads = Downloads::default();
        let counted = Arc::clone(&written);
        let answer = downloads.answer(named(), move |pipe| {
            loop {
                pipe.write_all(&[0; PIECE_BYTES])?;
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        let ended = || downloads.0.available_permits() == AT_ONCE;

        let patience = Instant::now();
        while written.load(Ordering::SeqCst) < AHEAD && patience.elapsed() < PATIENCE {
            std::thread::sleep(PAUSE);
        }
        std::thread::sleep(20 * PAUSE);
        assert_eq!(written.load(Ordering::SeqCst), AHEAD);
        assert!(!ended());
        drop(answer);
        while !ended() && patience.elapsed() < PATIENCE {
            std::thread::sleep(PAUSE);
        }
        assert!(ended(), "a thread still makes a file for nobody");
    }

    #[actix_web::test]
    async fn more_than_a_few_at_once_are_told_to_come_again() {
        let downloads = Downloads::default();
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let held = Arc::new(std::sync::Mutex::new(held));
        let wait = || {
            let held = Arc::clone(&held);
            downloads.answer(named(), move |_| {
                let _ = held.lock().map(|held| held.recv());
                Ok(())
            })
        };

        let under_way: Vec<_> = (0..AT_ONCE).map(|_| wait()).collect();

        assert!(under_way.iter().all(Result::is_ok));
        assert!(matches!(wait(), Err(ApiError::Busy(_))));
        drop(hold);
    }
}
