//! What filters with the same entries share.
//!
//! Buyers copy campaigns: the same blacklist, masks and regexps stand in hundreds of flows. Compiled
//! once they cost memory once. And what was compiled ahead of an edit, or for the catalog before, is
//! there already.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

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
    /// The set of these entries: one that is in use, else newly compiled. Nobody waits while it
    /// is; of two who compile the same at once both get the first one's.
    pub(super) fn compile<'t, I>(&self, entries: I) -> Result<Arc<S>, Faults>
    where
        I: Iterator<Item = &'t str> + Clone,
    {
        let digest = digest(entries.clone());
        if let Some(set) = self.known().get(&digest).and_then(Weak::upgrade) {
            return Ok(set);
        }
        let set = Arc::new(S::compile(entries)?);
        let mut known = self.known();
        if let Some(first) = known.get(&digest).and_then(Weak::upgrade) {
            return Ok(first);
        }
        if known.len() % TIDY == TIDY - 1 {
            known.retain(|_, set| set.strong_count() > 0);
        }
        known.insert(digest, Arc::downgrade(&set));
        Ok(set)
    }

    fn known(&self) -> MutexGuard<'_, AHashMap<[u8; 32], Weak<S>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Each entry with its length, so that no two lists of entries run together to the same bytes.
fn digest<'t>(entries: impl Iterator<Item = &'t str>) -> [u8; 32] {
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
        let compile = |entries: &[&str]| {
            let set = alike.compile(entries.iter().copied());
            set.expect("it compiles")
        };
        let first = compile(&["a", "b"]);
        let again = compile(&["a", "b"]);
        let other = compile(&["ab"]);

        assert!(Arc::ptr_eq(&first, &again));
        assert!(!Arc::ptr_eq(&first, &other));

        drop((first, again));
        let held = alike.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(held[&digest(["a", "b"].into_iter())].upgrade().is_none());
    }
}
