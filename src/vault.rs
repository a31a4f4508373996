//! Secrets that have to be read back: encrypted with a key that lies beside the database, so that the
//! database alone (a backup, a copy sent to somebody) tells none of them.
//!
//! ChaCha20-Poly1305 (RFC 8439) by ring, with a random nonce; what a secret belongs to is its associated
//! data, so that a ciphertext put in another's place opens nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// Name of the file of the key.
const KEY_FILE: &str = "millrace.key";
const KEY_LEN: usize = 32;
/// The first byte of what is sealed in this way.
const FORM: u8 = 1;

/// Where secrets are sealed and opened; the key is read each time, so that a file put back counts at
/// once.
#[derive(Debug, Clone)]
pub struct Vault {
    path: PathBuf,
}

/// Why a secret could not be sealed or opened. None holds any of it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("there is no {0}, with which it was encrypted")]
    NoKey(String),
    #[error("{0} is not the key with which it was encrypted")]
    WrongKey(String),
    #[error("{0} is not a key of {KEY_LEN} bytes; put the right file back, or move this one away")]
    Damaged(String),
    #[error("cannot {action} {path}: {source}")]
    File {
        action: &'static str,
        path: String,
        source: io::Error,
    },
    #[error("the system gave no random bytes")]
    NoRandom,
}

impl Vault {
    /// The one of this database.
    pub fn beside(database: &Path) -> Vault {
        Vault {
            path: database.with_file_name(KEY_FILE),
        }
    }

    /// Encrypts the secret of `subject`. Makes the key, if there is none.
    pub fn seal(&self, subject: &str, secret: &str) -> Result<Vec<u8>, VaultError> {
        let key = match self.read() {
            Err(VaultError::NoKey(_)) => self.make()?,
            key => key?,
        };
        let mut nonce = [0; NONCE_LEN];
        fill(&mut nonce)?;
        let mut text = secret.as_bytes().to_vec();
        let aad = Aad::from(subject.as_bytes());
        cipher(&key)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text)
            .map_err(|_| VaultError::WrongKey(self.shown()))?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + text.len());
        sealed.push(FORM);
        sealed.extend(nonce);
        sealed.extend(text);
        Ok(sealed)
    }

    /// Decrypts the secret of `subject`.
    pub fn open(&self, subject: &str, sealed: &[u8]) -> Result<String, VaultError> {
        let key = self.read()?;
        let wrong = || VaultError::WrongKey(self.shown());
        let rest = sealed.strip_prefix(&[FORM]).ok_or_else(wrong)?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut text = text.to_vec();
        let opened = cipher(&key)
            .open_in_place(nonce, Aad::from(subject.as_bytes()), &mut text)
            .map_err(|_| wrong())?;
        String::from_utf8(opened.to_vec()).map_err(|_| wrong())
    }

    fn read(&self) -> Result<[u8; KEY_LEN], VaultError> {
        let bytes = fs::read(&self.path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => VaultError::NoKey(self.shown()),
            _ => self.failed("read", error),
        })?;
        let key = bytes.try_into();
        key.map_err(|_| VaultError::Damaged(self.shown()))
    }

    /// Whole or not at all: it gets its name when it is written.
    fn make(&self) -> Result<[u8; KEY_LEN], VaultError> {
        let mut key = [0; KEY_LEN];
        fill(&mut key)?;
        let new = self.path.with_extension("key.new");
        let write = || -> io::Result<()> {
            let mut options = OpenOptions::new();
            let options = options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&new)?;
            file.write_all(&key)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)?;
            let directory = self.path.parent().unwrap_or(Path::new("."));
            File::open(directory)?.sync_all()
        };
        write().map_err(|error| self.failed("write", error))?;
        Ok(key)
    }

    fn failed(&self, action: &'static str, source: io::Error) -> VaultError {
        VaultError::File {
            action,
            path: self.shown(),
            source,
        }
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }
}

fn fill(bytes: &mut [u8]) -> Result<(), VaultError> {
    getrandom::fill(bytes).map_err(|_| VaultError::NoRandom)
}

fn cipher(key: &[u8; KEY_LEN]) -> LessSafeKey {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key);
    LessSafeKey::new(key.expect("the key is of the length that the cipher takes"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn vault() -> (tempfile::TempDir, Vault) {
        let directory = tempfile::tempdir().unwrap();
        let vault = Vault::beside(&directory.path().join("millrace.db"));
        (directory, vault)
    }

    #[test]
    fn what_is_sealed_opens_for_its_subject_only() {
        let (directory, vault) = vault();
        let sealed = vault.seal("channel 1", "123:abc").unwrap();

        assert!(!sealed.windows(3).any(|three| three == b"abc"));
        assert_ne!(vault.seal("channel 1", "123:abc").unwrap(), sealed);
        assert_eq!(vault.open("channel 1", &sealed).unwrap(), "123:abc");
        let other = vault.open("channel 2", &sealed).unwrap_err();
        assert!(matches!(other, VaultError::WrongKey(_)), "{other}");
        let key = directory.path().join(KEY_FILE);
        assert_eq!(
            fs::metadata(key).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn a_lost_a_wrong_and_a_damaged_key_are_told_apart() {
        let (directory, vault) = vault();
        let sealed = vault.seal("s", "secret").unwrap();
        let key = directory.path().join(KEY_FILE);

        fs::remove_file(&key).unwrap();
        let lost = vault.open("s", &sealed).unwrap_err();
        assert!(matches!(lost, VaultError::NoKey(_)), "{lost}");
        vault.seal("t", "another").unwrap();
        let wrong = vault.open("s", &sealed).unwrap_err();
        assert!(matches!(wrong, VaultError::WrongKey(_)), "{wrong}");
        fs::write(&key, "short").unwrap();
        let damaged = vault.seal("s", "secret").unwrap_err();
        assert!(matches!(damaged, VaultError::Damaged(_)), "{damaged}");
        assert_eq!(
            fs::read(&key).unwrap(),
            b"short",
            "nothing is written over it"
        );
    }

    #[test]
    fn what_is_no_sealed_secret_opens_nothing() {
        let (_directory, vault) = vault();
        let sealed = vault.seal("s", "secret").unwrap();

        for end in 0..sealed.len() {
            assert!(vault.open("s", &sealed[..end]).is_err(), "{end}");
        }
    }
}
