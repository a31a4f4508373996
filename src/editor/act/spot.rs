//! Which field of which thing rules change, and what can stand in it.

use crate::domain::money::Micros;
use crate::domain::state::State;
use crate::rules::What;
use crate::store::rules::moves::{Direction, FieldOf};

/// A field that rules change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spot {
    State(What, u64),
    FlowWeight(u64),
    /// Of a landing or an offer in the split of a flow.
    SplitWeight {
        what: What,
        id: u64,
        flow_id: u64,
    },
    /// The daily budget of a campaign.
    Budget(u64),
    /// A value that a list has or not.
    Listed {
        list_id: u64,
        value: String,
    },
}

/// What stands in such a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worth {
    State(State),
    Weight(u32),
    Amount(Option<Micros>),
    Listed(bool),
}

const LIST: &str = "list";
const STATE: &str = "state";
const WEIGHT: &str = "weight";
const BUDGET: &str = "budget.daily";
const VALUES: &str = "values";

impl Spot {
    /// As it is stored.
    pub(super) fn field(&self) -> FieldOf {
        let (what, id, field, item) = match self {
            Spot::State(what, id) => (what.as_str(), *id, STATE, String::new()),
            Spot::FlowWeight(id) => (What::Flow.as_str(), *id, WEIGHT, String::new()),
            Spot::SplitWeight { what, id, flow_id } => {
                (what.as_str(), *id, WEIGHT, flow_id.to_string())
            }
            Spot::Budget(id) => (What::Campaign.as_str(), *id, BUDGET, String::new()),
            Spot::Listed { list_id, value } => (LIST, *list_id, VALUES, value.clone()),
        };
        FieldOf {
            what: what.to_owned(),
            id,
            field: field.to_owned(),
            item,
        }
    }

    /// From what is stored; `None` for what this version does not know.
    pub(super) fn of(stored: &FieldOf) -> Option<Spot> {
        let mut all = What::ALL.iter();
        let what = all.find(|(word, _)| *word == stored.what);
        let id = stored.id;
        Some(match (what.map(|(_, what)| *what), stored.field.as_str()) {
            (Some(what), STATE) => Spot::State(what, id),
            (Some(What::Flow), WEIGHT) => Spot::FlowWeight(id),
            (Some(what), WEIGHT) => Spot::SplitWeight {
                what,
                id,
                flow_id: stored.item.parse().ok()?,
            },
            (Some(What::Campaign), BUDGET) => Spot::Budget(id),
            (None, VALUES) if stored.what == LIST => Spot::Listed {
                list_id: id,
                value: stored.item.clone(),
            },
            _ => return None,
        })
    }

    /// Where a weight in a split stands.
    pub(super) fn flow_id(&self) -> Option<u64> {
        match self {
            Spot::SplitWeight { flow_id, .. } => Some(*flow_id),
            _ => None,
        }
    }

    /// What stands there, as a text; `None` for no budget, and for a value that is not listed.
    pub(super) fn text(&self, worth: Worth) -> Option<String> {
        match (self, worth) {
            (_, Worth::State(state)) => Some(state.as_str().to_owned()),
            (_, Worth::Weight(weight)) => Some(weight.to_string()),
            (_, Worth::Amount(amount)) => amount.map(|amount| amount.to_string()),
            (Spot::Listed { value, .. }, Worth::Listed(true)) => Some(value.clone()),
            (_, Worth::Listed(_)) => None,
        }
    }

    /// [`Spot::text`] read back.
    pub(super) fn worth(&self, text: Option<&str>) -> Option<Worth> {
        Some(match self {
            Spot::State(..) => {
                let mut all = State::ALL.iter();
                Worth::State(all.find(|(word, _)| Some(*word) == text)?.1)
            }
            Spot::FlowWeight(_) | Spot::SplitWeight { .. } => Worth::Weight(text?.parse().ok()?),
            Spot::Budget(_) => match text {
                Some(text) => Worth::Amount(Some(text.parse().ok()?)),
                None => Worth::Amount(None),
            },
            Spot::Listed { .. } => Worth::Listed(text.is_some()),
        })
    }

    /// The field as people call it: `budget.daily of campaign 3`.
    pub(super) fn called(&self) -> String {
        let FieldOf {
            what, id, field, ..
        } = self.field();
        match self {
            Spot::SplitWeight { flow_id, .. } => {
                format!("{field} of {what} {id} in flow {flow_id}")
            }
            Spot::Listed { value, .. } => format!("{value:?} on {what} {id}"),
            _ => format!("{field} of {what} {id}"),
        }
    }

    /// What was done to it: `Rule 7 "x" resumed it ...`.
    pub(super) fn deed(&self, direction: Direction) -> &'static str {
        match (self, direction) {
            (Spot::State(..), Direction::Up) => "resumed it",
            (Spot::State(..), Direction::Down) => "paused it",
            (Spot::Listed { .. }, Direction::Up) => "added it",
            (Spot::Listed { .. }, Direction::Down) => "took it off",
            (_, Direction::Up) => "raised it",
            (_, Direction::Down) => "lowered it",
        }
    }
}

impl Worth {
    /// Which way it goes from here to another worth of the same field.
    pub(super) fn direction(self, to: Worth) -> Direction {
        let is_up = match (self, to) {
            (_, Worth::State(state)) => state.is_active(),
            (Worth::Weight(from), Worth::Weight(to)) => to > from,
            // Without a budget there is no bound.
            (Worth::Amount(Some(from)), Worth::Amount(Some(to))) => to > from,
            (_, Worth::Amount(to)) => to.is_none(),
            (_, Worth::Listed(is_listed)) => is_listed,
            (_, Worth::Weight(_)) => true,
        };
        match is_up {
            true => Direction::Up,
            false => Direction::Down,
        }
    }
}
