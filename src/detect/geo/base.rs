//! One opened base.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::{Reader, WithinOptions};

use super::kind::BaseKind;
use super::record::{Facts, Value};

/// Larger files are refused: record offsets are kept in 32 bits.
const MAX_BYTES: usize = 2 << 30;
/// How many networks and records opening looks at.
const PROBED_NETWORKS: usize = 200_000;
const PROBED_RECORDS: usize = 200;

/// Where a base came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    File(PathBuf),
    BuiltIn,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) => path.display().fmt(f),
            Source::BuiltIn => f.write_str("built-in"),
        }
    }
}

/// The bytes of a base: compiled in, or read from a file.
#[derive(Debug)]
pub enum Bytes {
    Static(&'static [u8]),
    Owned(Vec<u8>),
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Bytes::Static(bytes) => bytes,
            Bytes::Owned(bytes) => bytes,
        }
    }
}

/// Where in a base the record of an address is: its offset plus one; 0 is "no record".
pub type RecordId = u32;

/// One opened base.
#[derive(Debug)]
pub struct Base {
    pub kind: BaseKind,
    pub source: Source,
    pub size_bytes: u64,
    reader: Reader<Bytes>,
}

impl Base {
    /// Reads and opens a file. The error says in one sentence what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
        Self::open(Source::File(path.to_owned()), Bytes::Owned(bytes))
    }

    /// Opens a base and tries some of its records, so that a damaged or half-copied file is found
    /// out here and not on the click path.
    pub fn open(source: Source, bytes: Bytes) -> Result<Self, String> {
        let size = bytes.as_ref().len();
        if size == 0 {
            return Err("is empty".to_owned());
        }
        if size > MAX_BYTES {
            return Err(format!("is too large: {size} bytes, at most {MAX_BYTES}"));
        }
        let reader = Reader::from_source(bytes)
            .map_err(|error| format!("is not a whole MaxMind DB file: {error}"))?;
        let seen = probe(&reader)?;
        if seen.is_empty() {
            return Err(format!(
                "(type \"{}\") holds nothing that Millrace reads: no country, city, provider, \
                 ASN, connection type or anonymiser",
                reader.metadata().database_type
            ));
        }
        let kind = BaseKind::of_type(&reader.metadata().database_type)
            .or_else(|| BaseKind::of_facts(&seen))
            .unwrap_or(BaseKind::Country);
        Ok(Self {
            kind,
            source,
            size_bytes: size as u64,
            reader,
        })
    }

    /// Finds the record of an address without decoding it.
    pub fn find(&self, ip: IpAddr) -> RecordId {
        // The reader would build an error text for this.
        if ip.is_ipv6() && self.ip_version() == 4 {
            return 0;
        }
        self.reader
            .lookup(ip)
            .ok()
            .and_then(|found| found.offset())
            .and_then(|offset| u32::try_from(offset + 1).ok())
            .unwrap_or(0)
    }

    /// The record of an address and the network it holds for; a damaged record is none.
    pub fn record(&self, ip: IpAddr) -> Option<(Value, String)> {
        if self.find(ip) == 0 {
            return None;
        }
        let found = self.reader.lookup(ip).ok()?;
        let record = found.decode().ok()??;
        let network = found.network().map(|net| net.to_string());
        Some((record, network.unwrap_or_default()))
    }

    /// What the base says about an address.
    pub fn facts(&self, ip: IpAddr) -> Option<Facts> {
        let record: Value = self.reader.lookup(ip).ok()?.decode().ok()??;
        Some(Facts::of(&record))
    }

    /// When the file was made, UTC seconds.
    pub fn build_epoch(&self) -> u64 {
        self.reader.metadata().build_epoch
    }

    pub fn database_type(&self) -> &str {
        &self.reader.metadata().database_type
    }

    /// 4 or 6; 6 holds both.
    pub fn ip_version(&self) -> u16 {
        self.reader.metadata().ip_version
    }

    /// Nodes of the search tree: roughly how many networks it tells apart.
    pub fn nodes(&self) -> u32 {
        self.reader.metadata().node_count
    }

    /// True for the bases compiled into the program.
    pub fn is_built_in(&self) -> bool {
        self.source == Source::BuiltIn
    }
}

/// Decodes the first records and some at addresses all over the tree; answers all facts seen.
fn probe(reader: &Reader<Bytes>) -> Result<Facts, String> {
    let damaged = |error| format!("is damaged: {error}");
    let mut seen = Facts::default();
    let mut records = 0;
    // Bounded also over networks without data: a damaged tree may have no end.
    let options = WithinOptions::default().include_networks_without_data();
    for found in reader
        .networks(options)
        .map_err(damaged)?
        .take(PROBED_NETWORKS)
    {
        let found = found.map_err(damaged)?;
        if let Some(record) = found.decode::<Value>().map_err(damaged)? {
            seen.fill_from(Facts::of(&record));
            records += 1;
        }
        if records >= PROBED_RECORDS {
            break;
        }
    }
    for n in 1u32..=223 {
        let ip = IpAddr::from((n << 24 | n.wrapping_mul(0x9E_3779) & 0xFF_FFFF).to_be_bytes());
        let found = reader.lookup(ip).map_err(damaged)?;
        if let Some(record) = found.decode::<Value>().map_err(damaged)? {
            seen.fill_from(Facts::of(&record));
        }
    }
    Ok(seen)
}
