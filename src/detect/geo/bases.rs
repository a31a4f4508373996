//! All bases in their order of precedence; loading and replacing them.
//!
//! A [`Bases`] never changes. A background job asks a [`Watcher`] every few seconds; when files
//! have come, gone or changed, the watcher builds the next `Bases` beside the one in use, sharing
//! what stayed the same, and the job swaps them.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::base::{Base, Bytes, RecordId, Source};

static COUNTRY: &[u8] = include_bytes!("../../../geoip/dbip-country.mmdb");
static ASN: &[u8] = include_bytes!("../../../geoip/asn.mmdb");

/// How many bases are used at once, the built-in ones included.
pub const MAX_BASES: usize = 8;

/// The record of each base, in the order of [`Bases::iter`]; see [`RecordId`].
pub type RecordIds = [RecordId; MAX_BASES];

/// Size and time of last change of every base file: what tells one state of a directory from
/// another.
type Signature = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// An immutable set of bases.
#[derive(Debug)]
pub struct Bases {
    /// In their order of precedence.
    bases: Vec<Arc<Base>>,
    signature: Signature,
    generation: u64,
}

impl Bases {
    /// Only what is compiled in: country and ASN.
    pub fn built_in() -> Self {
        let mut ignored = Vec::new();
        Self::assemble(Vec::new(), Signature::new(), built_in(), &mut ignored)
    }

    /// The built-in bases and every `*.mmdb` in `dir/geoip` and in `dir`.
    ///
    /// A file that cannot be used is left out; the warnings name it and say why.
    pub fn load(dir: &Path) -> (Self, Vec<String>) {
        Self::load_after(dir, None)
    }

    /// The set that follows this one: unchanged files are shared instead of read again, and where
    /// a file was overwritten by a damaged one, what was read from it before stays in use.
    pub fn reload(&self, dir: &Path) -> (Self, Vec<String>) {
        Self::load_after(dir, Some(self))
    }

    /// Whether files of the directory came, went or changed since this set was loaded.
    pub fn changed(&self, dir: &Path) -> bool {
        self.signature != signature(dir, &mut Vec::new())
    }

    /// The bases in their order of precedence.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Base> {
        self.bases.iter().map(Arc::as_ref)
    }

    /// Differs between any two sets of one process.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Finds the records of an address in all bases, decoding none.
    pub fn find(&self, ip: std::net::IpAddr) -> RecordIds {
        let mut ids = RecordIds::default();
        for (id, base) in ids.iter_mut().zip(&self.bases) {
            *id = base.find(ip);
        }
        ids
    }

    fn load_after(dir: &Path, before: Option<&Bases>) -> (Self, Vec<String>) {
        let mut warnings = Vec::new();
        // Taken before reading: a file that changes meanwhile differs at the next look.
        let signature = signature(dir, &mut warnings);
        let mut files = Vec::new();
        for (path, stamp) in &signature {
            let old = before.and_then(|bases| bases.file(path));
            if let Some(old) = &old
                && before.is_some_and(|bases| bases.signature.get(path) == Some(stamp))
            {
                files.push(Arc::clone(old));
                continue;
            }
            match (Base::read(path), old) {
                (Ok(base), _) => files.push(Arc::new(base)),
                (Err(problem), Some(old)) => {
                    warnings.push(format!(
                        "{} {problem}; what was read from it before stays in use",
                        path.display()
                    ));
                    files.push(old);
                }
                (Err(problem), None) => warnings.push(format!(
                    "{} {problem}; it is left out. Copy the file again, under another name \
                     first, and rename it to *.mmdb when it is whole.",
                    path.display()
                )),
            }
        }
        let built_in = match before {
            Some(bases) => bases.built_in_ones(),
            None => built_in(),
        };
        let bases = Self::assemble(files, signature, built_in, &mut warnings);
        (bases, warnings)
    }

    fn assemble(
        mut files: Vec<Arc<Base>>,
        signature: Signature,
        built_in: Vec<Arc<Base>>,
        warnings: &mut Vec<String>,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);

        files.sort_by(|a, b| {
            (a.kind, std::cmp::Reverse(a.build_epoch()), &a.source).cmp(&(
                b.kind,
                std::cmp::Reverse(b.build_epoch()),
                &b.source,
            ))
        });
        let room = MAX_BASES - built_in.len();
        for base in files.iter().skip(room) {
            warnings.push(format!(
                "{} is left out: at most {room} base files are used at once. Remove the ones \
                 that newer files replace.",
                base.source
            ));
        }
        files.truncate(room);
        files.extend(built_in);
        Self {
            bases: files,
            signature,
            generation: NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// The base in use that was read from this file.
    fn file(&self, path: &Path) -> Option<Arc<Base>> {
        self.bases
            .iter()
            .find(|base| matches!(&base.source, Source::File(file) if file == path))
            .map(Arc::clone)
    }

    fn built_in_ones(&self) -> Vec<Arc<Base>> {
        self.bases
            .iter()
            .filter(|base| base.is_built_in())
            .map(Arc::clone)
            .collect()
    }
}

fn built_in() -> Vec<Arc<Base>> {
    [COUNTRY, ASN]
        .into_iter()
        // Both open: a test says so. Were one damaged, the other would still serve.
        .filter_map(|bytes| Base::open(Source::BuiltIn, Bytes::Static(bytes)).ok())
        .map(Arc::new)
        .collect()
}

/// Looks at the base files of a directory. A directory that is not there is an empty one.
fn signature(dir: &Path, warnings: &mut Vec<String>) -> Signature {
    let mut found = Signature::new();
    for dir in [dir.join("geoip"), dir.to_owned()] {
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => {
                warnings.push(format!("{} cannot be listed: {error}", dir.display()));
                continue;
            }
        };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let is_base = path
                .extension()
                .is_some_and(|extension| extension.eq_ignore_ascii_case("mmdb"));
            if !is_base {
                continue;
            }
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_file() => {
                    found.insert(path, (metadata.len(), metadata.modified().ok()));
                }
                Ok(_) => {}
                Err(error) => warnings.push(format!("{} cannot be read: {error}", path.display())),
            }
        }
    }
    found
}

/// Notices new base files once they have stopped changing.
#[derive(Debug, Default)]
pub struct Watcher {
    /// What the last look saw, where it differed from the set in use.
    seen: Option<Signature>,
}

impl Watcher {
    pub fn new() -> Self {
        Self::default()
    }

    /// The set that should replace `current`, with warnings for the log; `None` while all is as it
    /// was, and while a change is not yet seen twice in the same state (a large file may still be
    /// on its way). Call it every few seconds, off the click path: it reads files.
    pub fn poll(&mut self, current: &Bases, dir: &Path) -> Option<(Bases, Vec<String>)> {
        let now = signature(dir, &mut Vec::new());
        if now == current.signature {
            self.seen = None;
            return None;
        }
        if self.seen.as_ref() != Some(&now) {
            self.seen = Some(now);
            return None;
        }
        self.seen = None;
        Some(current.reload(dir))
    }
}
