//! What one postback says, once its parameters and words are understood.

use crate::domain::conversion::{Kept, Status};
use crate::domain::id::Id;
use crate::domain::money::{Currency, Micros};

/// A postback, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// `None` where no parameter held a click id of ours.
    pub click: Option<Found>,
    /// What looked like a click id and was refused, for the log.
    pub refused_click_id: Option<String>,
    /// The key of an event.
    pub event: String,
    pub status: SaidStatus,
    /// The network's word for the status, as it was sent.
    pub original_status: Option<String>,
    /// A word for an event that is none; the default event counts.
    pub unknown_event: Option<String>,
    pub payout: Payout,
    /// Of payout and sale amount. `None` where none, or no readable one, was sent.
    pub currency: Option<Currency>,
    pub sale_amount: Option<Micros>,
    /// What the conversion costs, where the network says so.
    pub cost: Option<Micros>,
    pub tid: Option<String>,
    pub is_test: bool,
    /// What to answer instead of `Success`.
    pub answer: Option<String>,
    /// Parameters that the network is told to keep.
    pub kept: Vec<(String, Kept)>,
    /// Parameters that nobody claimed, 1 KB at most.
    pub others: Vec<(String, String)>,
    /// What was odd and did no harm, for the log: a currency that is none, an amount that was
    /// guessed at.
    pub remarks: Vec<String>,
}

/// A click id, and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub id: Id,
    /// The name of the parameter.
    pub parameter: String,
}

/// How far the postback says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaidStatus {
    Known(Status),
    /// A word that nobody has mapped.
    Unmapped,
    /// A word that is to be ignored.
    Ignored,
}

/// What the postback pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payout {
    /// No parameter, or an empty one.
    Missing,
    /// Not an amount, or a literal macro.
    Unreadable(String),
    Stated(Micros),
}
