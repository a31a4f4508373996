//! What filters with the same entries share.
//!
//! Buyers copy campaigns: the same blacklist, masks and regexps stand in hundreds of flows. Compiled
//! once they cost memory once.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use ahash::AHashMap;
use sha2::{Digest, Sha256};

use super::sets::Set;
use super::values::Faults;

/// Sets in use, by a digest of their entries.
#[derive(Debug)]
pub(super) struct Alike<S>(Mutex<AHashMap<[u8; 32], Weak<S>>>);

impl<S> Default for Alike<S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// How many sets may be gone before they are forgotten.
const TIDY: usize = 1_024;

impl<S: Set> Alike<S> {
    /// The set of these entries: one that is in use, else newly compiled.
    pub(super) fn compile(&self, entries: &[&str]) -> Result<Arc<S>, Faults> {
        let digest = digest(entries);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = known.get(&digest).and_then(Weak::upgrade) {
            return Ok(set);
        }
        let set = Arc::new(S::compile(entries.iter().copied())?);
        if known.len() % TIDY == TIDY - 1 {
            known.retain(|_, set| set.strong_count() > 0);
        }
        known.insert(digest, Arc::downgrade(&set));
        Ok(set)
    }
}

/// Each entry with its length, so that no two lists of entries run together to the same bytes.
fn digest(entries: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for entry in entries {
        digest.update(entry.len().to_le_bytes());
        digest.update(entry.as_bytes());
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::super::texts::TextSet;
    use super::*;

    #[test]
    fn the_same_entries_are_compiled_once_while_somebody_has_them() {
        let alike = Alike::<TextSet>::default();
        let first = alike.compile(&["a", "b"]).expect("it compiles");
        let again = alike.compile(&["a", "b"]).expect("it compiles");
        let other = alike.compile(&["ab"]).expect("it compiles");

        assert!(Arc::ptr_eq(&first, &again));
        assert!(!Arc::ptr_eq(&first, &other));

        drop((first, again));
        let held = alike.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(held[&digest(&["a", "b"])].upgrade().is_none());
    }
}
