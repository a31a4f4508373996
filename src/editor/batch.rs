//! Entities that change together: checked among each other, compiled once, stored in one
//! transaction, published once. The edit of one entity is the smallest batch.

use std::sync::Arc;

use serde_json::Value;

use super::{add_new, as_json, next_head, uncompiled};
use crate::domain::campaign::Campaign;
use crate::domain::channel::Channel;
use crate::domain::documents::Documents;
use crate::domain::entity::{Fresh, Reference};
use crate::domain::event::Event;
use crate::domain::form::Form;
use crate::domain::group::Group;
use crate::domain::landing::Landing;
use crate::domain::list::List;
use crate::domain::network::Network;
use crate::domain::offer::Offer;
use crate::domain::own_metric::OwnMetric;
use crate::domain::problem::Problem;
use crate::domain::rule::Rule;
use crate::domain::saved_report::SavedReport;
use crate::domain::summary::Summary;
use crate::domain::tracking_domain::TrackingDomain;
use crate::domain::traffic_source::TrafficSource;
use crate::report::own;
use crate::store::entities::{Save, Stored, saving};

/// A new state of one entity of some kind.
pub(super) trait Change {
    fn reference(&self) -> Reference;
    /// Its documents before and after; `null` before if it is new.
    fn documents(&self) -> (Value, Value);
    fn name(&self) -> String;
    fn version(&self) -> u64;
    /// Puts it among the others.
    fn enter(&self, documents: &mut Documents);
    /// What is wrong with it by itself and among the others.
    fn problems(&self, documents: &Documents) -> Vec<Problem>;
    fn saving(&self) -> Save;
}

/// What [`Change`] is made of.
pub(super) struct Edited<E> {
    pub(super) entity: Arc<E>,
    pub(super) stored: Option<Arc<E>>,
    pub(super) problems: Vec<Problem>,
}

impl<E: Stored> Change for Edited<E> {
    fn reference(&self) -> Reference {
        E::reference(self.entity.head().id)
    }

    fn documents(&self) -> (Value, Value) {
        let before = self.stored.as_deref().map(as_json).unwrap_or_default();
        (before, as_json(self.entity.as_ref()))
    }

    fn name(&self) -> String {
        let texts = self.entity.search_texts();
        texts.first().map(ToString::to_string).unwrap_or_default()
    }

    fn version(&self) -> u64 {
        self.entity.head().version
    }

    fn enter(&self, documents: &mut Documents) {
        E::all_mut(documents).insert(self.entity.head().id, Arc::clone(&self.entity));
    }

    fn problems(&self, documents: &Documents) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        let found = self.entity.problems(documents, self.stored.as_deref());
        add_new(&mut problems, found);
        if let Some(metric) = self.entity.as_metric() {
            let is_new = self.stored.is_none();
            add_new(&mut problems, own::problems(metric, documents, is_new));
        }
        problems
    }

    fn saving(&self) -> Save {
        saving(Arc::clone(&self.entity))
    }
}

/// The change that makes this of what is stored.
pub(super) fn changed<E: Stored>(mut entity: E, stored: &Arc<E>) -> Box<dyn Change> {
    entity.set_head(next_head(stored.head(), entity.head().state));
    Box::new(Edited {
        entity: Arc::new(entity),
        stored: Some(Arc::clone(stored)),
        problems: Vec::new(),
    })
}

/// The change that gives an entity this document. The version in it does not count. What `returns`
/// was its document before, so that its flows are its own whatever became of them.
pub(super) fn change(
    reference: Reference,
    document: &Value,
    documents: &Documents,
    fresh: &mut Fresh,
    returns: bool,
) -> Result<Box<dyn Change>, Problem> {
    match reference {
        Reference::Campaign(id) => edited::<Campaign>(id, document, documents, fresh, returns),
        Reference::Offer(id) => edited::<Offer>(id, document, documents, fresh, returns),
        Reference::Landing(id) => edited::<Landing>(id, document, documents, fresh, returns),
        Reference::Network(id) => edited::<Network>(id, document, documents, fresh, returns),
        Reference::Domain(id) => edited::<TrackingDomain>(id, document, documents, fresh, returns),
        Reference::TrafficSource(id) => {
            edited::<TrafficSource>(id, document, documents, fresh, returns)
        }
        Reference::List(id) => edited::<List>(id, document, documents, fresh, returns),
        Reference::Group(id) => edited::<Group>(id, document, documents, fresh, returns),
        Reference::Event(id) => edited::<Event>(id, document, documents, fresh, returns),
        Reference::Rule(id) => edited::<Rule>(id, document, documents, fresh, returns),
        Reference::Channel(id) => edited::<Channel>(id, document, documents, fresh, returns),
        Reference::Summary(id) => edited::<Summary>(id, document, documents, fresh, returns),
        Reference::SavedReport(id) => {
            edited::<SavedReport>(id, document, documents, fresh, returns)
        }
        Reference::Metric(id) => edited::<OwnMetric>(id, document, documents, fresh, returns),
    }
}

fn edited<E: Stored>(
    id: u64,
    document: &Value,
    documents: &Documents,
    fresh: &mut Fresh,
    returns: bool,
) -> Result<Box<dyn Change>, Problem> {
    let Some(stored) = E::all(documents).get(&id) else {
        let message = format!("There is no {} {id}.", E::WORD);
        return Err(Problem::new("", "unknown", message));
    };
    let (mut entity, mut problems) = Form::draft(document, E::from_form);
    entity.set_head(next_head(stored.head(), entity.head().state));
    let own = returns.then(|| entity.clone());
    let own = own.as_ref().unwrap_or(stored.as_ref());
    let incomplete = entity.complete(documents, Some(own), fresh);
    add_new(&mut problems, incomplete);
    add_new(&mut problems, uncompiled(&entity, documents));
    Ok(Box::new(Edited {
        entity: Arc::new(entity),
        stored: Some(Arc::clone(stored)),
        problems,
    }))
}
