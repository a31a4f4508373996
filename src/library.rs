//! What conversions are judged by, opened as it is now.

use std::sync::Arc;

use crate::domain::documents::Documents;
use crate::domain::id::{IdCodec, IdGenerator};
use crate::editor::Editor;
use crate::engine::counters::Counts;
use crate::store::conversions::Books;
use crate::store::rates::RateBook;

/// Whatever [`Books`] are made of. Cheap to clone: all of it is shared.
#[derive(Clone)]
pub struct Library {
    pub editor: Arc<Editor>,
    pub rates: Arc<RateBook>,
    pub ids: Arc<IdGenerator>,
    pub codec: IdCodec,
    pub counts: Arc<Counts>,
}

impl Library {
    pub fn books(&self) -> Books {
        Books {
            documents: self.documents(),
            rates: Arc::clone(&self.rates.now()),
            ids: Arc::clone(&self.ids),
            codec: self.codec.clone(),
            counts: Arc::clone(&self.counts),
        }
    }

    pub fn documents(&self) -> Arc<Documents> {
        self.editor.documents()
    }
}
