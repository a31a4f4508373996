//! What conversions are judged by, opened as it is now, and the desk of those who work beside the
//! requests.

use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::documents::Documents;
use crate::domain::id::{IdCodec, IdGenerator};
use crate::editor::Editor;
use crate::engine::counters::Counts;
use crate::rules::{Rules, ready};
use crate::store::conversions::Books;
use crate::store::rates::RateBook;
use crate::store::readers::Readers;
use crate::store::rules::bell::Bell;
use crate::store::writer::Writer;

/// Whatever [`Books`] are made of. Cheap to clone: all of it is shared.
#[derive(Clone)]
pub struct Library {
    pub editor: Arc<Editor>,
    pub rates: Arc<RateBook>,
    pub ids: Arc<IdGenerator>,
    pub codec: IdCodec,
    pub counts: Arc<Counts>,
    /// Wakes who evaluates rules.
    pub bell: Arc<Bell>,
    pub rulebook: Arc<RuleBook>,
}

impl Library {
    pub fn books(&self) -> Books {
        Books {
            documents: self.documents(),
            rates: Arc::clone(&self.rates.now()),
            ids: Arc::clone(&self.ids),
            codec: self.codec.clone(),
            counts: Arc::clone(&self.counts),
            rules: self.rules(),
            bell: Arc::clone(&self.bell),
        }
    }

    /// The rules in use.
    pub fn rules(&self) -> Arc<Rules> {
        self.rulebook.of(self.documents())
    }

    pub fn documents(&self) -> Arc<Documents> {
        self.editor.documents()
    }
}

/// What works beside the requests works with. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    pub library: Library,
    pub readers: Readers,
    pub writer: Writer,
}

/// The rules in use, compiled when they are first asked for after an edit.
#[derive(Default)]
pub struct RuleBook {
    opened: Mutex<(Arc<Documents>, Arc<Rules>)>,
}

impl RuleBook {
    fn of(&self, documents: Arc<Documents>) -> Arc<Rules> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&opened.0, &documents) {
            let rules = ready(&documents, &opened.1);
            *opened = (documents, Arc::new(rules));
        }
        Arc::clone(&opened.1)
    }
}
