//! The file itself: append, read, empty.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use fs4::FileExt as _;

use super::Piece;
use super::frame::{self, HEADER, Header};
use crate::store::connection::Durability;
use crate::store::error::StoreError;

/// The spill file. Where it cannot be opened now, it is tried again with every append.
pub(crate) struct SpillFile {
    path: PathBuf,
    file: Option<File>,
    preallocate: u64,
    durability: Durability,
    generation: u64,
    tail: u64,
}

impl SpillFile {
    /// Opens the file and finds the end of its content. Never fails: a spill that cannot be
    /// opened is a spill that takes nothing, and says so.
    pub(crate) fn open(path: &Path, preallocate: u64, durability: Durability) -> SpillFile {
        let mut spill = SpillFile {
            path: path.to_owned(),
            file: None,
            preallocate,
            durability,
            generation: new_generation(),
            tail: 0,
        };
        if let Err(error) = spill.reopen() {
            tracing::warn!(path = %spill.path.display(), %error, "the spill file cannot be opened");
        }
        spill
    }

    fn reopen(&mut self) -> std::io::Result<()> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.path)?;
        if file.metadata()?.len() < self.preallocate
            && let Err(error) = file.allocate(self.preallocate)
        {
            tracing::warn!(
                path = %self.path.display(), bytes = self.preallocate, %error,
                "no room could be set aside for the spill file"
            );
        }
        let mut tail = 0;
        while let Some((header, payload)) = read_frame(&file, tail)? {
            if tail == 0 {
                self.generation = header.generation;
            } else if header.generation != self.generation {
                break;
            }
            tail += (HEADER + payload.len()) as u64;
        }
        self.tail = tail;
        self.file = Some(file);
        Ok(())
    }

    /// Bytes of valid frames.
    pub(crate) fn tail(&self) -> u64 {
        self.tail
    }

    /// Writes one frame with one call. A torn frame is overwritten by the next.
    pub(super) fn append(&mut self, payload: &[u8]) -> std::io::Result<()> {
        if self.file.is_none() {
            self.reopen()?;
        }
        let Some(file) = &self.file else {
            return Err(std::io::ErrorKind::NotFound.into());
        };
        let frame = frame::encode(self.generation, payload);
        file.write_all_at(&frame, self.tail)?;
        self.tail += frame.len() as u64;
        Ok(())
    }

    /// Makes what was appended survive a power cut, where the configuration asks for that.
    pub(super) fn sync(&self) -> std::io::Result<()> {
        match (&self.file, self.durability) {
            (Some(file), Durability::Power) => file.sync_data(),
            _ => Ok(()),
        }
    }

    pub(super) fn read(&self, from: u64, most: usize) -> Result<Piece, StoreError> {
        let mut piece = Piece {
            records: Vec::new(),
            until: from,
        };
        let Some(file) = &self.file else {
            return Ok(piece);
        };
        while piece.records.len() < most && piece.until < self.tail {
            let frame = read_frame(file, piece.until).map_err(|error| self.error("read", error))?;
            let Some((_, payload)) = frame else {
                piece.records.push(frame::Framed::Unreadable {
                    payload: String::new(),
                    error: format!("bytes {} to {} are damaged", piece.until, self.tail),
                });
                piece.until = self.tail;
                break;
            };
            piece.records.push(frame::decode(&payload));
            piece.until += (HEADER + payload.len()) as u64;
        }
        Ok(piece)
    }

    /// Forgets all frames and gives back what grew beyond the preallocated size.
    pub(super) fn empty(&mut self) -> Result<(), StoreError> {
        if let Some(file) = &self.file {
            file.write_all_at(&[0; HEADER], 0)
                .map_err(|error| self.error("empty", error))?;
            if file
                .metadata()
                .is_ok_and(|meta| meta.len() > self.preallocate.max(1))
            {
                let _ = file.set_len(self.preallocate);
            }
        }
        self.tail = 0;
        self.generation = new_generation();
        self.sync().map_err(|error| self.error("sync", error))
    }

    fn error(&self, action: &'static str, source: std::io::Error) -> StoreError {
        StoreError::File {
            action,
            path: self.path.display().to_string(),
            source,
        }
    }
}

/// The frame at `at`; `None` where none begins or its checksum does not fit.
fn read_frame(file: &File, at: u64) -> std::io::Result<Option<(Header, Vec<u8>)>> {
    let mut bytes = [0; HEADER];
    if let Err(error) = file.read_exact_at(&mut bytes, at) {
        return if error.kind() == std::io::ErrorKind::UnexpectedEof {
            Ok(None)
        } else {
            Err(error)
        };
    }
    let Some(header) = Header::parse(&bytes) else {
        return Ok(None);
    };
    let mut payload = vec![0; header.len];
    if let Err(error) = file.read_exact_at(&mut payload, at + HEADER as u64) {
        return if error.kind() == std::io::ErrorKind::UnexpectedEof {
            Ok(None)
        } else {
            Err(error)
        };
    }
    Ok(header.fits(&payload).then_some((header, payload)))
}

/// Different from that of any frame that an earlier content may have left behind.
fn new_generation() -> u64 {
    getrandom::u64().unwrap_or_else(|_| crate::clock::now_ms() as u64)
}
