//! One visit as a decision sees it: the visitor, the link, and what is remembered and counted
//! outside the catalog.

use std::cell::RefCell;

use chrono_tz::Tz;

use super::dice::Dice;
use crate::domain::campaign::Campaign;
use crate::domain::period;
use crate::domain::visitor::Visitor;

/// Everything about one visit that deciding may ask for. Only what has to be given back is
/// changed by it.
pub struct Visit<'v> {
    pub visitor: &'v Visitor,
    /// UTC milliseconds.
    pub at: i64,
    /// The parameter of the link's query by its name there.
    pub parameters: &'v (dyn Fn(&str) -> Option<&'v str> + 'v),
    pub memory: &'v dyn Memory,
    counters: &'v dyn Counters,
    /// Taken for the flow that is being asked, each with how much there may be; given back if it
    /// rejects.
    reserved: RefCell<Vec<(Counter, u64)>>,
    dice: RefCell<Dice>,
}

impl<'v> Visit<'v> {
    pub fn new(
        visitor: &'v Visitor,
        at: i64,
        parameters: &'v (dyn Fn(&str) -> Option<&'v str> + 'v),
        memory: &'v dyn Memory,
        counters: &'v dyn Counters,
        dice: &mut Dice,
    ) -> Self {
        Self {
            visitor,
            at,
            parameters,
            memory,
            counters,
            reserved: RefCell::default(),
            dice: RefCell::new(Dice::seeded(dice.throw())),
        }
    }

    /// A number of its own for whoever asks, the same for the same dice.
    pub fn chance(&self) -> u64 {
        self.dice.borrow_mut().throw()
    }

    /// What caps go by now.
    pub fn caps(&self) -> Caps<'v> {
        Caps {
            counters: self.counters,
            at: self.at,
        }
    }

    /// How far a counter is.
    pub fn count(&self, counter: Counter) -> u64 {
        self.counters.count(counter)
    }

    /// Takes one, if the counter is below `most`. If the flow that asks rejects the visitor after
    /// all it is given back. However often one flow asks, a visit counts once.
    pub fn reserve(&self, counter: Counter, most: u64) -> bool {
        let mut reserved = self.reserved.borrow_mut();
        let before = reserved.iter().position(|(taken, _)| *taken == counter);
        if let Some(at) = before {
            if reserved[at].1 <= most {
                return true;
            }
            // Taken anew under the lower limit, so that of visitors at once just so many get in.
            reserved.swap_remove(at);
            self.counters.give_back(counter);
        }
        let taken = self.counters.take(counter, most);
        if taken {
            reserved.push((counter, most));
        }
        taken
    }

    /// Takes one of each counter that is below its number, or of none if one of them is not. Given
    /// back as with [`Visit::reserve`].
    pub fn reserve_all(&self, counters: impl Iterator<Item = (Counter, u64)>) -> bool {
        let before = self.reserved.borrow().clone();
        for (counter, most) in counters {
            if !self.reserve(counter, most) {
                let is_new = |(taken, _): &mut (Counter, u64)| {
                    before.iter().all(|(earlier, _)| earlier != taken)
                };
                for (taken, _) in self.reserved.borrow_mut().extract_if(.., is_new) {
                    self.counters.give_back(taken);
                }
                return false;
            }
        }
        true
    }

    /// The flow rejects: nothing was used.
    pub(super) fn give_back(&self) {
        for (counter, _) in self.reserved.borrow_mut().drain(..) {
            self.counters.give_back(counter);
        }
    }

    /// The flow is chosen: what was taken for it is used.
    pub(super) fn keep(&self) {
        self.reserved.borrow_mut().clear();
    }
}

/// One flow's question about a visit.
#[derive(Clone, Copy)]
pub struct Asked<'v> {
    pub visit: &'v Visit<'v>,
    pub campaign: &'v Campaign,
    pub flow_id: u64,
    /// What the campaign remembers of the visitor.
    pub seen: Seen,
}

impl<'v> Asked<'v> {
    pub fn visitor(&self) -> &'v Visitor {
        self.visit.visitor
    }
}

/// What was seen of visitors before. One for each visit: it knows who the visitor is.
pub trait Memory {
    /// What a campaign knows, as its document wants visitors to be told apart.
    fn seen(&self, campaign: &Campaign) -> Seen;
}

/// A visitor's past with one campaign, within its window of uniqueness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// The campaign had a click of this visitor.
    pub in_campaign: bool,
    /// Some campaign had.
    pub anywhere: bool,
    /// The flows of the campaign that had one; see [`Seen::in_flow`].
    pub flows: u64,
    /// What was chosen then, while the campaign's binding lasts.
    pub choices: Option<Choices>,
}

impl Seen {
    /// The bit of a flow. Flows made together have ids in a row, so only campaigns with more than
    /// 64 flows, or rebuilt many times, have two flows of one bit.
    pub fn bit(flow_id: u64) -> u64 {
        1 << (flow_id % 64)
    }

    pub fn in_flow(&self, flow_id: u64) -> bool {
        self.flows & Self::bit(flow_id) != 0
    }

    /// For what a click of this visitor is the first. The fallback (no flow) is not a flow to be
    /// unique in.
    pub fn unique(&self, flow_id: Option<u64>) -> Unique {
        Unique {
            in_campaign: !self.in_campaign,
            in_flow: flow_id.is_some_and(|id| !self.in_flow(id)),
            anywhere: !self.anywhere,
        }
    }
}

/// For what a click is its visitor's first within the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unique {
    pub in_campaign: bool,
    pub in_flow: bool,
    pub anywhere: bool,
}

/// What was chosen for a visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Choices {
    pub flow_id: u64,
    pub landing_id: Option<u64>,
    pub offer_id: Option<u64>,
}

/// Nobody was ever seen. For who is to be decided about as a newcomer.
pub struct Forgetful;

impl Memory for Forgetful {
    fn seen(&self, _: &Campaign) -> Seen {
        Seen::default()
    }
}

/// Counters that live outside the catalog and survive saves.
pub trait Counters {
    /// Adds one if that makes it no more than `most`; says whether it did.
    fn take(&self, counter: Counter, most: u64) -> bool;
    fn give_back(&self, counter: Counter);
    fn count(&self, counter: Counter) -> u64;
}

/// What caps go by: the counters, and the time at which they are asked, UTC milliseconds.
#[derive(Clone, Copy)]
pub struct Caps<'c> {
    pub counters: &'c dyn Counters,
    pub at: i64,
}

/// Which counter: of what, of whom, in which period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Counter {
    pub what: Counted,
    /// Of the flow, offer or campaign.
    pub id: u64,
    /// Number of the hour or day since 1970 in the zone of whoever counts; 0 for a total.
    pub period: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted {
    /// Clicks that a flow took.
    FlowClicksPerHour,
    FlowClicksPerDay,
    FlowClicks,
    /// First conversions of an offer.
    OfferConversionsPerDay,
    /// Micro-units in the campaign's currency.
    CampaignCostPerDay,
    CampaignCost,
}

impl Counted {
    /// Each with the word under which it is stored.
    pub const ALL: &'static [(&'static str, Counted)] = &[
        ("flow_clicks_per_hour", Counted::FlowClicksPerHour),
        ("flow_clicks_per_day", Counted::FlowClicksPerDay),
        ("flow_clicks", Counted::FlowClicks),
        ("offer_conversions_per_day", Counted::OfferConversionsPerDay),
        ("campaign_cost_per_day", Counted::CampaignCostPerDay),
        ("campaign_cost", Counted::CampaignCost),
    ];

    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, counted)| *counted == self);
        found.map_or("", |(word, _)| word)
    }

    /// How long one of its periods is.
    pub fn length(self) -> Length {
        match self {
            Self::FlowClicksPerHour => Length::Hour,
            Self::FlowClicksPerDay | Self::OfferConversionsPerDay | Self::CampaignCostPerDay => {
                Length::Day
            }
            Self::FlowClicks | Self::CampaignCost => Length::Ever,
        }
    }
}

/// How long a counter counts before it begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    Hour,
    Day,
    Ever,
}

impl Length {
    /// The number of the period that a time lies in; see [`Counter::period`].
    pub fn period(self, at: i64, zone: Tz) -> i64 {
        match self {
            Self::Hour => period::hour(at, zone),
            Self::Day => period::day(at, zone),
            Self::Ever => 0,
        }
    }
}

impl Counter {
    /// The counter of the period that a time in UTC milliseconds lies in.
    pub fn at(what: Counted, id: u64, at: i64, zone: Tz) -> Self {
        Self {
            what,
            id,
            period: what.length().period(at, zone),
        }
    }
}

/// Nothing is counted, and every limit is open.
pub struct Uncounted;

impl Counters for Uncounted {
    fn take(&self, _: Counter, most: u64) -> bool {
        most > 0
    }

    fn give_back(&self, _: Counter) {}

    fn count(&self, _: Counter) -> u64 {
        0
    }
}
