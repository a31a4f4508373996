//! A secret on its way from a request into the file.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What was sent, until whoever stores it takes it out: no copy of the document holds it longer, and
/// none ever shows it. It is no part of what a document says, so any two are equal.
#[derive(Clone, Default)]
pub struct Handed(Arc<Mutex<Option<String>>>);

impl Handed {
    pub fn new(secret: String) -> Self {
        Self(Arc::new(Mutex::new(Some(secret))))
    }

    /// Takes it out, of all copies.
    pub fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub fn is_empty(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none()
    }
}

impl fmt::Debug for Handed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Handed(***)")
    }
}

impl PartialEq for Handed {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Handed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_once_and_never_shown() {
        let handed = Handed::new("s3cret".to_owned());
        let copy = handed.clone();

        assert!(!format!("{handed:?}").contains("s3cret"));
        assert_eq!(copy.take().as_deref(), Some("s3cret"));
        assert!(handed.is_empty());
    }
}
