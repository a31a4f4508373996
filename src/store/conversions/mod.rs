//! Conversions in the file: how a postback changes them, all in one transaction, and how they are
//! read back ([`log`], [`history`]).
//!
//! Raw log entry, click, conversion, its history, the label of its click: either all of it is
//! committed, or nothing. What lives in memory (caps, budgets) follows after the commit, as
//! [`Effects`].

mod apply;
pub mod edit;
pub mod history;
pub mod import;
pub mod log;
mod raw;
mod receive;
pub mod replay;
pub mod rerate;
pub(in crate::store) mod rows;
mod savepoint;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use rusqlite::Connection;

use crate::domain::documents::Documents;
use crate::domain::id::{Id, IdCodec, IdGenerator};
use crate::domain::money::Micros;
use crate::domain::network::Network;
use crate::domain::period;
use crate::domain::rates::Rates;
use crate::domain::state::State;
use crate::engine::counters::Counts;
use crate::engine::visit::{Counted, Counter};
use crate::postback::Words;
use crate::postback::verdict::Verdict;
use crate::rules::Rules;
use crate::store::rates;
use crate::store::rules::bell::Bell;

pub(in crate::store) use receive::receive_untold;
pub use receive::{Understood, mark_untold, mark_untold_since, prune_log, receive, set_aside};

/// What postbacks are judged by, as it is now.
#[derive(Clone)]
pub struct Books {
    pub documents: Arc<Documents>,
    pub rates: Arc<Rates>,
    pub ids: Arc<IdGenerator>,
    pub codec: IdCodec,
    pub counts: Arc<Counts>,
    /// The rules in use, and who evaluates what they leave.
    pub rules: Arc<Rules>,
    pub bell: Arc<Bell>,
}

impl Books {
    /// With the rates that the file has: they may have been changed since these were opened.
    fn up_to_date(&self, connection: &Connection) -> Result<Cow<'_, Books>, rusqlite::Error> {
        let rates = rates::current(connection, &self.rates)?;
        Ok(match Arc::ptr_eq(&rates, &self.rates) {
            true => Cow::Borrowed(self),
            false => Cow::Owned(Books {
                rates,
                ..self.clone()
            }),
        })
    }

    /// What a change moves in memory. On the writer's thread, in the order of the commits: one
    /// that is noted before an earlier one is counted would hide it from the next start.
    fn follow(&self, effects: &Effects) {
        effects.take_hold(&self.counts, &self.documents);
        if effects.leaves_runs {
            self.bell.ring();
        }
    }

    /// What the words of a postback mean, if it is one of this network.
    pub fn words<'a>(&'a self, network: Option<&'a Network>) -> Words<'a> {
        Words {
            network,
            events: &self.documents.events,
            networks: &self.documents.networks,
        }
    }

    /// The network whose key is in the path; archived ones have none.
    pub fn network_of_key(&self, key: &str) -> Option<&Arc<Network>> {
        let mut networks = self.documents.networks.values();
        networks.find(|network| {
            !key.is_empty() && network.key == key && network.state != State::Archived
        })
    }
}

/// A request as it came in.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    pub id: Id,
    /// UTC milliseconds.
    pub at: i64,
    /// `None` for an imported row.
    pub ip: Option<IpAddr>,
    pub method: String,
    pub network_key: Option<String>,
    /// Its parameters as they are logged: without secrets, and not all of too many.
    pub pairs: Vec<(String, String)>,
    pub fingerprint: i64,
}

/// What became of a postback.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub verdict: Verdict,
    /// For people; `None` where it simply worked.
    pub reason: Option<String>,
    /// Something was stored or updated.
    pub changed: bool,
    pub network_id: Option<u64>,
    pub click_id: Option<Id>,
    /// The parameter that held the click id.
    pub found_in: Option<String>,
    pub conversion_id: Option<Id>,
    /// `status:<word>` or `event:<word>` that nobody has mapped.
    pub unmapped: Option<String>,
    pub effects: Effects,
}

impl Outcome {
    /// Nothing happened, for this reason.
    pub fn nothing(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            reason: Some(reason.into()),
            changed: false,
            network_id: None,
            click_id: None,
            found_in: None,
            conversion_id: None,
            unmapped: None,
            effects: Effects::default(),
        }
    }
}

/// What a committed change moves in memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// Offer, day, and places of its cap taken or freed.
    caps: Vec<(u64, i64, i64)>,
    /// Campaign, and what it was charged in the currency of its cost.
    spent: Vec<(u64, i64, Micros)>,
    /// The last of the changes, as the database numbers them.
    change: Option<i64>,
    /// Rules have to be evaluated.
    leaves_runs: bool,
}

impl Effects {
    /// To be called once the change is committed.
    pub fn take_hold(&self, counts: &Counts, documents: &Documents) {
        for (offer_id, day, change) in &self.caps {
            let counter = Counter {
                what: Counted::OfferConversionsPerDay,
                id: *offer_id,
                period: *day,
            };
            counts.add(counter, *change);
        }
        for (campaign_id, at, amount) in &self.spent {
            let campaign = documents.campaigns.get(campaign_id);
            let zone = campaign.map(|campaign| period::zone(&campaign.timezone));
            let Some(zone) = zone else { continue };
            for what in [Counted::CampaignCostPerDay, Counted::CampaignCost] {
                counts.add(Counter::at(what, *campaign_id, *at, zone), amount.0);
            }
        }
        // Last: a change that is noted and not counted would be lost with the next kill.
        if let Some(id) = self.change {
            counts.note_change(id);
        }
    }

    /// What they are the effects of.
    pub(crate) fn of_change(id: i64) -> Self {
        Self {
            change: Some(id),
            ..Self::default()
        }
    }

    /// Places of the cap of an offer taken or freed.
    pub(crate) fn cap(&mut self, offer_id: u64, day: i64, places: i64) {
        if places != 0 {
            self.caps.push((offer_id, day, places));
        }
    }

    /// What a campaign was charged, in the currency of its cost.
    pub(crate) fn spent(&mut self, campaign_id: u64, at: i64, amount: Micros) {
        if amount != Micros::ZERO {
            self.spent.push((campaign_id, at, amount));
        }
    }

    fn extend(&mut self, more: Effects) {
        self.caps.extend(more.caps);
        self.spent.extend(more.spent);
        self.change = self.change.max(more.change);
        self.leaves_runs |= more.leaves_runs;
    }
}
