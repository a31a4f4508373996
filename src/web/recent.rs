//! The clicks of a moment ago whose visitors are on a landing, in memory.
//!
//! Most visitors go on from a landing within seconds or not at all, so the step to the offer
//! mostly finds its click here and asks the database nothing. Shared by all worker threads; of
//! fixed size, the oldest make room.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ahash::AHashMap;

use crate::domain::click::Click;
use crate::domain::id::Id;

/// Locks, so that worker threads do not meet.
const STRIPES: usize = 64;
/// Clicks in all; some 16 MB.
const CAPACITY: usize = 16_384;
/// A click with longer texts than this is not kept, so that nobody fills the memory from outside;
/// the database knows it.
const LONGEST: usize = 4_096;

/// A click, and what became of it since.
#[derive(Debug, Clone)]
pub struct Known {
    pub click: Arc<Click>,
    /// The offer that was drawn with the landing, or taken by the first step.
    pub offer_id: Option<u64>,
}

impl Known {
    pub fn new(click: Arc<Click>) -> Self {
        Self {
            offer_id: click.offer_id,
            click,
        }
    }
}

/// The table.
pub struct RecentClicks {
    stripes: Vec<Mutex<Stripe>>,
    /// Clicks in one stripe.
    most: usize,
}

#[derive(Default)]
struct Stripe {
    known: AHashMap<Id, Known>,
    /// Oldest first.
    order: VecDeque<Id>,
}

impl Default for RecentClicks {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

impl RecentClicks {
    fn with_capacity(clicks: usize) -> Self {
        Self {
            stripes: (0..STRIPES).map(|_| Mutex::default()).collect(),
            most: (clicks / STRIPES).max(1),
        }
    }

    fn stripe(&self, id: Id) -> MutexGuard<'_, Stripe> {
        // Of one millisecond the ids count up from 0; the time's low bits keep quiet times from
        // all ending in the same stripe.
        let bits = id.to_row() as usize;
        let place = (bits ^ (bits >> 22)) % STRIPES;
        self.stripes[place]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a click; whatever has to go for it is freed outside the lock.
    pub fn keep(&self, known: Known) {
        if texts(&known.click) > LONGEST {
            return;
        }
        let id = known.click.id;
        let mut stripe = self.stripe(id);
        if stripe.known.insert(id, known).is_some() {
            return;
        }
        stripe.order.push_back(id);
        let oldest = match stripe.order.len() > self.most {
            true => stripe.order.pop_front(),
            false => None,
        };
        let gone = oldest.and_then(|oldest| stripe.known.remove(&oldest));
        drop(stripe);
        drop(gone);
    }

    /// Keeps a click that was read, unless it is here already, with what became of it since: then
    /// that counts.
    pub fn keep_read(&self, read: Known) -> Known {
        let id = read.click.id;
        if let Some(known) = self.find(id) {
            return known;
        }
        self.keep(read.clone());
        self.find(id).unwrap_or(read)
    }

    pub fn find(&self, id: Id) -> Option<Known> {
        self.stripe(id).known.get(&id).cloned()
    }

    /// The first step of a click went to this offer; later ones go there too.
    pub fn fill_offer(&self, id: Id, offer_id: u64) {
        if let Some(known) = self.stripe(id).known.get_mut(&id) {
            known.offer_id.get_or_insert(offer_id);
        }
    }
}

/// Bytes of what a visitor can make long.
fn texts(click: &Click) -> usize {
    let parameters = &click.parameters;
    let named = [
        &click.referrer,
        &parameters.external_id,
        &parameters.source,
        &parameters.keyword,
        &parameters.creative_id,
        &parameters.ad_group_id,
        &parameters.ad_campaign_id,
    ];
    let named: usize = named.into_iter().flatten().map(String::len).sum();
    let sub_ids: usize = parameters.sub_ids.iter().map(|(_, text)| text.len()).sum();
    let others = parameters.others.iter();
    let others: usize = others.map(|(name, value)| name.len() + value.len()).sum();
    named + sub_ids + others
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::id::IdGenerator;

    fn click(id: Id) -> Click {
        serde_json::from_value(serde_json::json!({
            "id": id, "at": 1, "campaign_id": 1, "ip": "203.0.113.9",
            "agent": {"fingerprint": 1, "user_agent": "", "device_type": "mobile"},
            "place": {"fingerprint": 2},
        }))
        .expect("a click")
    }

    fn known(id: Id) -> Known {
        Known::new(Arc::new(click(id)))
    }

    #[test]
    fn the_first_offer_stays() {
        let recent = RecentClicks::default();
        let id = IdGenerator::new(0, None).next(1_790_000_000_000);
        recent.keep(known(id));

        recent.fill_offer(id, 7);
        recent.fill_offer(id, 8);

        assert_eq!(recent.find(id).and_then(|known| known.offer_id), Some(7));
    }

    #[test]
    fn a_click_with_long_texts_is_not_kept() {
        let recent = RecentClicks::default();
        let mut long = click(IdGenerator::new(0, None).next(1_790_000_000_000));
        long.parameters.others = vec![("x".repeat(2_000), "y".repeat(3_000))];
        let id = long.id;

        recent.keep(Known::new(Arc::new(long)));

        assert!(recent.find(id).is_none());
    }

    proptest! {
        #[test]
        fn the_latest_are_found_and_memory_is_bounded(pauses in prop::collection::vec(0i64..50, 1..600)) {
            let recent = RecentClicks::with_capacity(2 * STRIPES);
            let ids = IdGenerator::new(0, None);
            let mut now = 1_790_000_000_000;
            for pause in pauses {
                now += pause;
                let id = ids.next(now);
                recent.keep(known(id));
                // Twice is once.
                recent.keep(known(id));
                prop_assert!(recent.find(id).is_some());
            }
            for stripe in &recent.stripes {
                let stripe = stripe.lock().expect("no panic");
                prop_assert!(stripe.known.len() <= 2);
                prop_assert_eq!(stripe.known.len(), stripe.order.len());
            }
        }
    }
}
