//! Documents as rules change them one after the other, before they are checked and stored.

use std::cell::OnceCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::spot::{Spot, Worth};
use crate::domain::campaign::Campaign;
use crate::domain::documents::Documents;
use crate::domain::entity::Entity;
use crate::domain::flow::{Flow, Target};
use crate::domain::landing::Landing;
use crate::domain::list::{List, VALUES_MAX};
use crate::domain::money::Micros;
use crate::domain::offer::Offer;
use crate::domain::state::State;
use crate::editor::batch::{Change, changed};
use crate::rules::What;

/// The documents that rules look at and change. Each is copied once, however often it changes.
pub(super) struct Drafts<'d> {
    documents: &'d Documents,
    campaigns: BTreeMap<u64, Campaign>,
    landings: BTreeMap<u64, Landing>,
    offers: BTreeMap<u64, Offer>,
    lists: BTreeMap<u64, ListDraft>,
    /// The campaign of each flow, noted when it is first asked for.
    homes: OnceCell<HashMap<u64, u64>>,
}

/// A field of a draft.
enum Slot<'s> {
    State(&'s mut State),
    Weight(&'s mut u32),
    Amount(&'s mut Option<Micros>),
    Listed(&'s mut ListDraft, &'s str),
}

impl<'d> Drafts<'d> {
    pub(super) fn of(documents: &'d Documents) -> Self {
        Self {
            documents,
            campaigns: BTreeMap::new(),
            landings: BTreeMap::new(),
            offers: BTreeMap::new(),
            lists: BTreeMap::new(),
            homes: OnceCell::new(),
        }
    }

    /// What stands in a field now; why there is no such field.
    pub(super) fn read(&mut self, spot: &Spot) -> Result<Worth, String> {
        Ok(match self.slot(spot)? {
            Slot::State(state) => Worth::State(*state),
            Slot::Weight(weight) => Worth::Weight(*weight),
            Slot::Amount(amount) => Worth::Amount(*amount),
            Slot::Listed(list, value) => Worth::Listed(list.present.contains(value)),
        })
    }

    pub(super) fn write(&mut self, spot: &Spot, worth: Worth) -> Result<(), String> {
        match (self.slot(spot)?, worth) {
            (Slot::State(state), Worth::State(to)) => *state = to,
            (Slot::Weight(weight), Worth::Weight(to)) => *weight = to,
            (Slot::Amount(amount), Worth::Amount(to)) => *amount = to,
            (Slot::Listed(list, value), Worth::Listed(true)) => list.add(value)?,
            (Slot::Listed(list, value), Worth::Listed(false)) => list.remove(value),
            (_, worth) => return Err(format!("{worth:?} does not fit the {}.", spot.called())),
        }
        Ok(())
    }

    fn slot<'s>(&'s mut self, spot: &'s Spot) -> Result<Slot<'s>, String> {
        let documents = self.documents;
        Ok(match spot {
            Spot::State(What::Campaign, id) => {
                Slot::State(&mut drafted(&mut self.campaigns, documents, *id)?.state)
            }
            Spot::State(What::Landing, id) => {
                Slot::State(&mut drafted(&mut self.landings, documents, *id)?.state)
            }
            Spot::State(What::Offer, id) => {
                Slot::State(&mut drafted(&mut self.offers, documents, *id)?.state)
            }
            Spot::State(What::Flow, id) => Slot::State(&mut self.flow(*id)?.state),
            Spot::FlowWeight(id) => Slot::Weight(&mut self.flow(*id)?.weight),
            Spot::SplitWeight { what, id, flow_id } => {
                let weight = weight_in(&mut self.flow(*flow_id)?.target, *what, *id);
                Slot::Weight(weight.ok_or_else(|| {
                    format!(
                        "The {} {id} does not stand in flow {flow_id}.",
                        what.as_str()
                    )
                })?)
            }
            Spot::Budget(id) => {
                Slot::Amount(&mut drafted(&mut self.campaigns, documents, *id)?.budget.daily)
            }
            Spot::Listed { list_id, value } => {
                let list = match self.lists.entry(*list_id) {
                    Entry::Occupied(entry) => entry.into_mut(),
                    Entry::Vacant(entry) => {
                        entry.insert(ListDraft::of(stored(documents, *list_id)?))
                    }
                };
                Slot::Listed(list, value)
            }
        })
    }

    fn flow(&mut self, id: u64) -> Result<&mut Flow, String> {
        let unknown = || format!("There is no flow {id}.");
        let home = self.home(id).ok_or_else(unknown)?;
        let campaign = drafted(&mut self.campaigns, self.documents, home)?;
        let mut flows = campaign.flows.iter_mut();
        flows.find(|flow| flow.id == id).ok_or_else(unknown)
    }

    fn home(&self, flow_id: u64) -> Option<u64> {
        let homes = self.homes.get_or_init(|| {
            let campaigns = self.documents.campaigns.values();
            let flows = campaigns.flat_map(|one| one.flows.iter().map(|flow| (flow.id, one.id)));
            flows.collect()
        });
        homes.get(&flow_id).copied()
    }

    /// What people call the thing that a field is of.
    pub(super) fn name(&self, spot: &Spot) -> String {
        let documents = self.documents;
        let name = match spot {
            Spot::State(What::Campaign, id) | Spot::Budget(id) => title::<Campaign>(documents, *id),
            Spot::State(What::Landing, id) => title::<Landing>(documents, *id),
            Spot::State(What::Offer, id) => title::<Offer>(documents, *id),
            Spot::SplitWeight { what, id, .. } => match what {
                What::Landing => title::<Landing>(documents, *id),
                _ => title::<Offer>(documents, *id),
            },
            Spot::Listed { list_id, .. } => title::<List>(documents, *list_id),
            Spot::State(What::Flow, id) | Spot::FlowWeight(id) => {
                let home = self.home(*id).and_then(|id| documents.campaigns.get(&id));
                let mut flows = home.into_iter().flat_map(|campaign| &campaign.flows);
                let flow = flows.find(|flow| flow.id == *id);
                flow.map(|flow| flow.name.as_str())
            }
        };
        name.unwrap_or_default().to_owned()
    }

    /// Everything that is another now than it is stored.
    pub(super) fn changes(self) -> Vec<Box<dyn Change>> {
        let documents = self.documents;
        let mut changes = Vec::new();
        collect(self.campaigns, documents, &mut changes);
        collect(self.landings, documents, &mut changes);
        collect(self.offers, documents, &mut changes);
        let lists = self.lists.into_iter();
        let lists = lists.filter_map(|(id, draft)| Some((id, draft.finish()?)));
        collect(lists.collect(), documents, &mut changes);
        changes
    }
}

fn stored<E: Entity>(documents: &Documents, id: u64) -> Result<&Arc<E>, String> {
    let found = E::all(documents).get(&id);
    found.ok_or_else(|| format!("There is no {} {id}.", E::WORD))
}

fn title<E: Entity>(documents: &Documents, id: u64) -> Option<&str> {
    E::all(documents).get(&id).map(|one| one.title())
}

fn drafted<'s, E: Entity>(
    drafts: &'s mut BTreeMap<u64, E>,
    documents: &Documents,
    id: u64,
) -> Result<&'s mut E, String> {
    Ok(match drafts.entry(id) {
        Entry::Occupied(entry) => entry.into_mut(),
        Entry::Vacant(entry) => entry.insert(stored::<E>(documents, id)?.as_ref().clone()),
    })
}

fn collect<E: crate::store::entities::Stored + PartialEq>(
    drafts: BTreeMap<u64, E>,
    documents: &Documents,
    changes: &mut Vec<Box<dyn Change>>,
) {
    for (id, draft) in drafts {
        if let Some(stored) = E::all(documents).get(&id)
            && **stored != draft
        {
            changes.push(changed(draft, stored));
        }
    }
}

fn weight_in(target: &mut Target, what: What, id: u64) -> Option<&mut u32> {
    let Target::Split {
        landings, offers, ..
    } = target
    else {
        return None;
    };
    match what {
        What::Landing => {
            let mut landings = landings.iter_mut();
            let found = landings.find(|one| one.landing_id == id);
            found.map(|one| &mut one.weight)
        }
        What::Offer => {
            let mut offers = offers.iter_mut();
            let found = offers.find(|one| one.offer_id == id);
            found.map(|one| &mut one.weight)
        }
        What::Campaign | What::Flow => None,
    }
}

/// A list of which values are added and taken off one by one: it may have very many.
struct ListDraft {
    stored: Arc<List>,
    present: HashSet<String>,
    /// Stored values that are off.
    removed: HashSet<String>,
    /// Others, in the order in which they came.
    added: Vec<String>,
}

impl ListDraft {
    fn of(stored: &Arc<List>) -> Self {
        Self {
            present: stored.values.iter().cloned().collect(),
            stored: Arc::clone(stored),
            removed: HashSet::new(),
            added: Vec::new(),
        }
    }

    fn add(&mut self, value: &str) -> Result<(), String> {
        if self.present.len() >= VALUES_MAX && !self.present.contains(value) {
            return Err(format!(
                "The list {} has {VALUES_MAX} values, and no room for another.",
                self.stored.id
            ));
        }
        if self.present.insert(value.to_owned()) && !self.removed.remove(value) {
            self.added.push(value.to_owned());
        }
        Ok(())
    }

    fn remove(&mut self, value: &str) {
        if !self.present.remove(value) {
            return;
        }
        // What is taken back first was added last.
        match self.added.iter().rposition(|one| one == value) {
            Some(place) => {
                self.added.remove(place);
            }
            None => {
                self.removed.insert(value.to_owned());
            }
        }
    }

    /// The list as it has become; `None` if it is as it was.
    fn finish(self) -> Option<List> {
        if self.removed.is_empty() && self.added.is_empty() {
            return None;
        }
        let mut list = (*self.stored).clone();
        list.values.retain(|value| !self.removed.contains(value));
        list.values.extend(self.added);
        Some(list)
    }
}
