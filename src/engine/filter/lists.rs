//! Named lists that filters share, compiled once for all of them.

use std::sync::Arc;

use ahash::AHashMap;

use crate::domain::documents::Documents;
use crate::domain::list::List;

/// All lists by their id.
#[derive(Debug, Default, Clone)]
pub struct Lists(AHashMap<u64, Arc<List>>);

impl Lists {
    pub fn of(documents: &Documents) -> Self {
        let lists = documents.lists.iter();
        Self(lists.map(|(id, list)| (*id, Arc::clone(list))).collect())
    }

    /// The list of this id.
    pub fn get(&self, id: u64) -> Option<&Arc<List>> {
        self.0.get(&id)
    }
}
