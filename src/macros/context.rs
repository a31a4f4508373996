//! What is known when a link is built.

use crate::domain::click::ClickCost;
use crate::domain::money::{Currency, Micros};
use crate::domain::offer::Payout;
use crate::domain::visitor::Visitor;

/// The facts that macros draw on, borrowed from whoever has them.
#[derive(Clone, Copy)]
pub struct MacroContext<'a> {
    /// The public click id.
    pub click_id: &'a str,
    /// Time of the click, UTC milliseconds.
    pub at: i64,
    /// The campaign that decided, after jumps.
    pub campaign_id: u64,
    pub campaign_name: &'a str,
    pub flow_id: Option<u64>,
    pub landing_id: Option<u64>,
    pub offer_id: Option<u64>,
    pub traffic_source_id: Option<u64>,
    /// Where the visitor was sent on from, in the same visit.
    pub parent: Option<Parent<'a>>,
    pub visitor: &'a Visitor,
    /// What the visit cost; after a jump it is booked with the first campaign's click.
    pub cost: Option<ClickCost>,
    /// Host name of the request, as a link may carry it.
    pub host: &'a str,
    /// A throw of the dice; the same wherever `{random}` stands in one link.
    pub random: u64,
    /// The parameter of the incoming query by its name there. For a step that comes later than
    /// the click, what was kept of it.
    pub parameters: &'a (dyn Fn(&str) -> Option<&'a str> + 'a),
    /// What has to be looked up; `&()` where nothing can be.
    pub facts: &'a dyn Facts,
}

/// The campaign that sent the visitor on to this one, and its click.
#[derive(Debug, Clone, Copy)]
pub struct Parent<'a> {
    pub campaign_id: u64,
    /// The public click id; empty where none is recorded.
    pub click_id: &'a str,
}

/// What the tracker knows beyond the click itself. Asked only for what a link names, so that a
/// click whose link names none of it pays nothing.
pub trait Facts {
    /// The name of what was chosen.
    fn name(&self, _of: Named) -> Option<&str> {
        None
    }

    /// What the chosen offer pays, as its document says.
    fn payout(&self) -> Option<&Payout> {
        None
    }

    /// Whether the visitor is new there; `None` where nobody remembers.
    fn is_unique(&self, _within: Within) -> Option<bool> {
        None
    }

    /// The key by which the campaign tells the visitor from others.
    fn visitor(&self) -> Option<u64> {
        None
    }

    /// The conversion that an outgoing postback tells of.
    fn conversion(&self) -> Option<&Told<'_>> {
        None
    }

    /// An amount in another currency, at the rate of the click's day; `None` without a rate.
    fn converted(&self, _amount: Micros, _from: Currency, _to: Currency) -> Option<Micros> {
        None
    }
}

/// A conversion, as it is told to others.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub id: &'a str,
    /// When it came and when it became what it is, UTC milliseconds.
    pub at: i64,
    pub status_at: i64,
    pub event: &'a str,
    pub status: &'a str,
    pub previous_status: Option<&'a str>,
    /// The network's word.
    pub original_status: Option<&'a str>,
    pub tid: Option<&'a str>,
    /// Of its revenue, what is told; `None` without a rate for the currency that is asked for.
    pub revenue: Option<(Micros, Currency)>,
    pub profit: Option<(Micros, Currency)>,
    pub sale_amount: Option<(Micros, Currency)>,
}

/// Nothing is known.
impl Facts for () {}

/// Something with a name of the operator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    Flow,
    Landing,
    Offer,
    /// The affiliate network of the chosen offer.
    Network,
    TrafficSource,
}

/// Where a visitor is new or known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    Campaign,
    Flow,
    /// All campaigns.
    Everywhere,
}
