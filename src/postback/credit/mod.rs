//! What becomes of the conversions of a click when a postback comes.
//!
//! Identity is (click, offer, event, tid): the same identity moves its row. A tid that comes where
//! the only row of the event has none fills it in. Without a tid, and with one row, it is that row. A
//! new tid is a further row, counted as a rebill, if the offer allows repeats. What an event of
//! the operator's own does with a repetition is that event's policy.

mod amounts;
mod cap;
mod correction;
mod moves;
mod place;
mod repeat;
#[cfg(test)]
mod tests;
mod worth;

use self::amounts::{cost, payout};
use self::place::{Place, own, place};
pub use self::repeat::counts_each_time;
pub use self::worth::worth;
use super::said::{Payout, Said, SaidStatus};
use super::verdict::Verdict;
use crate::domain::campaign::Cost;
use crate::domain::conversion::{Conversion, Status};
use crate::domain::event::Event;
use crate::domain::id::Id;
use crate::domain::money::{Currency, Micros};
use crate::domain::network::Network;
use crate::domain::offer::Offer;
use crate::domain::rates::Rates;

/// What a postback meets.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// UTC milliseconds.
    pub now: i64,
    /// Of the conversion, should it be a new one.
    pub new_id: Id,
    pub click: Option<ClickTerms<'a>>,
    pub network: Option<&'a Network>,
    /// What the conversion is credited to, and its document if it is still there.
    pub offer_id: Option<u64>,
    pub offer: Option<&'a Offer>,
    /// The operator's own event that the postback names; `None` for those built in.
    pub event: Option<&'a Event>,
    pub rates: &'a Rates,
    /// Of a postback that is read again.
    pub again: Option<Again>,
}

/// What a postback that is read again did when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Again {
    /// What it was about.
    pub conversion_id: Id,
    /// Whether it has changed it.
    pub is_done: bool,
}

/// The click of a postback.
#[derive(Debug, Clone, Copy)]
pub struct ClickTerms<'a> {
    pub id: Id,
    pub at: i64,
    pub campaign_id: u64,
    /// Of its campaign, if it is still there.
    pub cost: Option<&'a Cost>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Credit {
    New(Box<Conversion>),
    /// The row at this index becomes this.
    Changed(usize, Box<Conversion>),
    /// Nothing; the row that it was about, if any, and why.
    Nothing(Option<usize>, Verdict, String),
}

/// Decides. `rows` are all conversions of the click, in the order in which they were made.
pub fn credit(said: &Said, rows: &[Conversion], terms: &Terms<'_>) -> Credit {
    if said.status == SaidStatus::Ignored {
        let word = said.original_status.as_deref().unwrap_or_default();
        let reason = format!("The status \"{word}\" is ignored.");
        return Credit::Nothing(None, Verdict::Ignored, reason);
    }
    let each_time = counts_each_time(said, terms.event);
    match own(said, rows, terms) {
        Some((index, _)) if !each_time && !rows[index].is_correction => {
            return repeat::repeated(said, index, &rows[index], terms);
        }
        Some((index, true)) => return repeat::counted(said, index, &rows[index], terms),
        _ => {}
    }
    match amounts::stated(said, terms) {
        Some(amount) if amount < Micros::ZERO => correction::correct(said, rows, terms, amount),
        _ => match place(said, rows, terms) {
            Place::New { is_repeat } => Credit::New(Box::new(fresh(said, terms, is_repeat))),
            Place::Row(index) => repeat::repeated(said, index, &rows[index], terms),
            Place::Refused(verdict, reason) => Credit::Nothing(None, verdict, reason),
        },
    }
}

/// What an operator makes of a conversion: no table of moves binds a person. `None` leaves as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edited {
    pub status: Option<Status>,
    pub amount: Option<Micros>,
    pub currency: Option<Currency>,
    pub tid: Option<String>,
}

/// The row as an operator has edited it.
pub fn edited(row: &Conversion, edited: &Edited, terms: &Terms<'_>) -> Conversion {
    let mut next = row.clone();
    if edited.status.is_some() && edited.status != row.status {
        next.previous_status = row.status;
        next.status = edited.status;
        next.status_at = terms.now;
    }
    let amount = edited.amount.unwrap_or(row.revenue.amount);
    let currency = edited.currency.unwrap_or(row.revenue.currency);
    if (amount, currency) != (row.revenue.amount, row.revenue.currency) {
        next.revenue = worth(amount, currency, row.at, terms.rates);
    }
    next.is_payout_unread &= edited.amount.is_none();
    next.tid = edited.tid.clone().or(next.tid);
    next.cost = cost(None, Some(row), &next, terms);
    next.cap_day = cap::day(&next, terms);
    next
}

/// A new row for what an operator says, whatever there is already.
pub fn entered(said: &Said, terms: &Terms<'_>) -> Conversion {
    fresh(said, terms, false)
}

fn fresh(said: &Said, terms: &Terms<'_>, is_repeat: bool) -> Conversion {
    let status = match said.status {
        SaidStatus::Known(status) => Some(status),
        SaidStatus::Unmapped | SaidStatus::Ignored => None,
    };
    let (amount, currency) = payout(said, None, status, terms);
    let mut row = Conversion {
        id: terms.new_id,
        at: terms.now,
        status_at: terms.now,
        click_id: terms.click.map(|click| click.id),
        campaign_id: terms.click.map(|click| click.campaign_id),
        offer_id: terms.offer_id,
        network_id: terms.network.map(|network| network.id),
        event: said.event.clone(),
        tid: said.tid.clone(),
        status,
        previous_status: None,
        original_status: said.original_status.clone(),
        revenue: worth(amount, currency, terms.now, terms.rates),
        sale_amount: said.sale_amount,
        cost: None,
        is_repeat,
        is_correction: false,
        is_test: said.is_test,
        is_payout_unread: matches!(said.payout, Payout::Unreadable(_)),
        cap_day: None,
        kept: said.kept.clone(),
        others: said.others.clone(),
    };
    row.cost = cost(said.cost, None, &row, terms);
    row.cap_day = cap::day(&row, terms);
    row
}
