//! What a rule wants done, as plain data.

use crate::domain::message::Message;
use crate::domain::money::Micros;
use crate::domain::state::State;

/// One thing to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Pauses or resumes.
    State { what: What, id: u64, state: State },
    /// Of a flow; or of a landing or an offer in all splits of these campaigns (empty: of all).
    Weight {
        what: What,
        id: u64,
        campaign_ids: Vec<u64>,
        change: Change,
    },
    /// The daily budget of a campaign, in the currency of its cost.
    Budget { campaign_id: u64, change: Change },
    /// Puts a value on a list, or takes it off.
    List {
        list_id: u64,
        value: String,
        is_added: bool,
    },
    /// A message, a webhook, a call to a traffic source.
    Tell(Box<Message>),
    /// Stands in the log of runs.
    Note(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    Campaign,
    Flow,
    Landing,
    Offer,
}

impl What {
    pub const ALL: &'static [(&'static str, What)] = &[
        ("campaign", What::Campaign),
        ("flow", What::Flow),
        ("landing", What::Landing),
        ("offer", What::Offer),
    ];

    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, one)| *one == self)
            .map_or("", |(word, _)| word)
    }

    /// The field, the dimension and the fact that hold its id.
    pub fn field(self) -> &'static str {
        match self {
            What::Campaign => "campaign_id",
            What::Flow => "flow_id",
            What::Landing => "landing_id",
            What::Offer => "offer_id",
        }
    }
}

/// How a number changes. What it is now is looked up when it is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Set(Micros),
    /// By so many percent, up or down, and within these bounds.
    Percent {
        percent: Micros,
        least: Option<Micros>,
        most: Option<Micros>,
    },
}
