//! A ZIP archive that is written front to back: it can be sent while it is made.
//!
//! As PKWARE's APPNOTE 6.3.10 has it: sizes and checksum of an entry follow it in a data descriptor
//! (4.3.9), because they are not known before, and the directory comes last (4.3.12). An entry and the
//! archive stay below 4 GB, so nothing needs ZIP64, which not every spreadsheet reads in a stream.

use std::io::{self, Write};

use crc32fast::Hasher;
use flate2::Compression;
use flate2::write::DeflateEncoder;

const LOCAL_HEADER: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const DIRECTORY_HEADER: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Version 2.0 is the first with deflate.
const VERSION: u16 = 20;
/// Sizes follow the data.
const FLAGS: u16 = 1 << 3;
const DEFLATE: u16 = 8;
/// 1980-01-01, the first day that the format has: the same rows make the same file.
const MODIFIED: u32 = 0x0021_0000;

/// An archive under way.
pub(super) struct Archive<W: Write> {
    out: W,
    written: u64,
    entries: Vec<Entry>,
    open: Option<Open>,
}

struct Entry {
    name: String,
    offset: u32,
    checksum: u32,
    packed: u32,
    size: u32,
}

/// The entry that is being written.
struct Open {
    name: String,
    offset: u64,
    data_offset: u64,
    /// What it makes is taken out after each write.
    encoder: DeflateEncoder<Vec<u8>>,
    checksum: Hasher,
    size: u64,
}

impl<W: Write> Archive<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            out,
            written: 0,
            entries: Vec::new(),
            open: None,
        }
    }

    /// Begins an entry; the one before is whole.
    pub(super) fn begin(&mut self, name: &str) -> io::Result<()> {
        self.end()?;
        let offset = self.written;
        let mut header = Vec::with_capacity(64);
        header.extend(LOCAL_HEADER.to_le_bytes());
        header.extend(how_it_is_packed());
        // Checksum and both sizes.
        header.extend([0; 12]);
        header.extend(length(name).to_le_bytes());
        header.extend([0; 2]);
        header.extend(name.as_bytes());
        self.put(&header)?;
        self.open = Some(Open {
            name: name.to_owned(),
            offset,
            data_offset: self.written,
            encoder: DeflateEncoder::new(Vec::new(), Compression::fast()),
            checksum: Hasher::new(),
            size: 0,
        });
        Ok(())
    }

    /// More of the entry that was begun.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(open) = &mut self.open else {
            return Err(io::Error::other("no entry was begun"));
        };
        open.checksum.update(bytes);
        open.size += bytes.len() as u64;
        open.encoder.write_all(bytes)?;
        let packed = std::mem::take(open.encoder.get_mut());
        self.put(&packed)
    }

    /// Writes the directory: the archive is whole.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.end()?;
        let start = self.written;
        let mut directory = Vec::new();
        for entry in &self.entries {
            directory.extend(DIRECTORY_HEADER.to_le_bytes());
            directory.extend(VERSION.to_le_bytes());
            directory.extend(how_it_is_packed());
            directory.extend(entry.checksum.to_le_bytes());
            directory.extend(entry.packed.to_le_bytes());
            directory.extend(entry.size.to_le_bytes());
            directory.extend(length(&entry.name).to_le_bytes());
            // No extra field, no comment, the first disk, no attributes.
            directory.extend([0; 12]);
            directory.extend(entry.offset.to_le_bytes());
            directory.extend(entry.name.as_bytes());
        }
        let size = below_4_gb(directory.len() as u64)?;
        let entries = self.entries.len() as u16;
        directory.extend(END.to_le_bytes());
        directory.extend([0; 4]);
        directory.extend(entries.to_le_bytes());
        directory.extend(entries.to_le_bytes());
        directory.extend(size.to_le_bytes());
        directory.extend(below_4_gb(start)?.to_le_bytes());
        directory.extend([0; 2]);
        self.put(&directory)?;
        self.out.flush()
    }

    fn end(&mut self) -> io::Result<()> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let rest = open.encoder.finish()?;
        self.put(&rest)?;
        let entry = Entry {
            name: open.name,
            offset: below_4_gb(open.offset)?,
            checksum: open.checksum.finalize(),
            packed: below_4_gb(self.written - open.data_offset)?,
            size: below_4_gb(open.size)?,
        };
        let fields = [DESCRIPTOR, entry.checksum, entry.packed, entry.size];
        let descriptor: Vec<u8> = fields.into_iter().flat_map(u32::to_le_bytes).collect();
        self.entries.push(entry);
        self.put(&descriptor)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// Version, flags, method and time, which both headers of an entry have in this order.
fn how_it_is_packed() -> Vec<u8> {
    let words = [VERSION, FLAGS, DEFLATE].into_iter();
    let words = words.flat_map(u16::to_le_bytes);
    words.chain(MODIFIED.to_le_bytes()).collect()
}

/// Names are our own, and short.
fn length(name: &str) -> u16 {
    name.len() as u16
}

fn below_4_gb(size: u64) -> io::Result<u32> {
    u32::try_from(size).map_err(|_| {
        let message = "a spreadsheet of more than 4 GB: export it as CSV, or a shorter time";
        io::Error::new(io::ErrorKind::FileTooLarge, message)
    })
}
