//! What becomes of the conversions of a click when a postback comes.
//!
//! Identity is (click, offer, event, tid): the same identity moves its row. A tid that comes where
//! the only row of the event has none fills it in. Without a tid, and with one row, it is that row. A
//! new tid is a further row, counted as a rebill, if the offer allows repeats. What an event of
//! the operator's own does with a repetition is that event's policy.

mod amounts;
mod cap;
mod moves;
#[cfg(test)]
mod tests;
mod worth;

use chrono_tz::Tz;

use self::amounts::{cost, payout};
use self::moves::{Move, judge};
pub use self::worth::worth;
use super::said::{Payout, Said, SaidStatus};
use super::verdict::Verdict;
use crate::domain::campaign::Cost;
use crate::domain::conversion::{CONVERSION, Conversion, Kept, REBILL, Status};
use crate::domain::event::{Duplicates, Event};
use crate::domain::id::Id;
use crate::domain::money::{Currency, Micros};
use crate::domain::network::Network;
use crate::domain::offer::Offer;
use crate::domain::period;
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
    match said.payout {
        Payout::Stated(amount) if amount < Micros::ZERO => correct(said, rows, terms, amount),
        _ => match place(said, rows, terms) {
            Place::New { is_repeat } => Credit::New(Box::new(fresh(said, terms, is_repeat))),
            Place::Row(index) => repeated(said, index, &rows[index], terms),
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

/// Which row a postback is about.
enum Place {
    Row(usize),
    New { is_repeat: bool },
    Refused(Verdict, String),
}

fn place(said: &Said, rows: &[Conversion], terms: &Terms<'_>) -> Place {
    let of_event: Vec<(usize, &Conversion)> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| is_of_the_event(row, said, terms))
        .collect();
    let here = |row: &Conversion| row.offer_id == terms.offer_id || row.offer_id.is_none();
    let candidates: Vec<_> = of_event.iter().filter(|(_, row)| here(row)).collect();
    let Some(tid) = &said.tid else {
        let untold: Vec<_> = candidates
            .iter()
            .filter(|(_, row)| row.tid.is_none())
            .collect();
        return match (candidates.as_slice(), untold.as_slice()) {
            ([], _) => Place::New { is_repeat: false },
            _ if duplicates(said, terms) == Duplicates::New => Place::New { is_repeat: false },
            ([(only, _)], _) | (_, [(only, _)]) => Place::Row(*only),
            _ => Place::Refused(
                Verdict::Ambiguous,
                format!(
                    "The click has {} conversions of this event; a postback without a transaction id does not say which one it means.",
                    candidates.len()
                ),
            ),
        };
    };
    // A transaction keeps its offer, whichever one the visitor has clicked since.
    let same = |(_, row): &&(usize, &Conversion)| row.tid.as_ref() == Some(tid);
    if let Some((index, _)) = of_event.iter().find(same) {
        return Place::Row(*index);
    }
    match candidates.as_slice() {
        [] => Place::New { is_repeat: false },
        [(only, row)] if row.tid.is_none() => Place::Row(*only),
        _ if said.event != CONVERSION => Place::New { is_repeat: false },
        _ if terms.offer.is_none_or(|offer| offer.allow_repeats) => Place::New { is_repeat: true },
        _ => Place::Refused(
            Verdict::RepeatNotAllowed,
            format!(
                "The click has a conversion with another transaction id, and the offer does not allow repeats: \"{tid}\" is not stored."
            ),
        ),
    }
}

/// What one network says is never about another one's conversion.
fn is_of_the_event(row: &Conversion, said: &Said, terms: &Terms<'_>) -> bool {
    let network_id = terms.network.map(|network| network.id);
    let same_network =
        row.network_id.is_none() || network_id.is_none() || row.network_id == network_id;
    row.event == said.event && !row.is_correction && row.is_test == said.is_test && same_network
}

fn duplicates(said: &Said, terms: &Terms<'_>) -> Duplicates {
    match (terms.event, said.event.as_str()) {
        (Some(event), _) => event.duplicates,
        (None, REBILL) => Duplicates::New,
        (None, _) => Duplicates::Update,
    }
}

/// Whether an identical request soon afterwards is the network's retry rather than news: where each
/// request counts.
pub fn counts_each_time(said: &Said, terms: &Terms<'_>) -> bool {
    let is_correction = matches!(said.payout, Payout::Stated(amount) if amount < Micros::ZERO);
    match duplicates(said, terms) {
        Duplicates::AddPayout => true,
        Duplicates::New => said.tid.is_none(),
        _ => is_correction,
    }
}

fn repeated(said: &Said, index: usize, row: &Conversion, terms: &Terms<'_>) -> Credit {
    match duplicates(said, terms) {
        Duplicates::Ignore => {
            let reason = format!("The event \"{}\" counts once, and it has.", said.event);
            Credit::Nothing(Some(index), Verdict::Unchanged, reason)
        }
        Duplicates::AddPayout => match added(said, row, terms) {
            Ok(row) => Credit::Changed(index, Box::new(row)),
            Err(reason) => Credit::Nothing(Some(index), Verdict::Unchanged, reason),
        },
        Duplicates::Update | Duplicates::New => moved(said, index, row, terms),
    }
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

fn moved(said: &Said, index: usize, row: &Conversion, terms: &Terms<'_>) -> Credit {
    let status = match said.status {
        SaidStatus::Known(status) => status,
        SaidStatus::Unmapped | SaidStatus::Ignored => {
            let word = said.original_status.as_deref().unwrap_or_default();
            let reason = format!("Nobody has said yet what the status \"{word}\" means.");
            return Credit::Nothing(Some(index), Verdict::UnmappedStatus, reason);
        }
    };
    let reopens = terms.network.is_none_or(|network| network.reopens);
    if let Move::Refused(reason) = judge(row.status, status, reopens) {
        return Credit::Nothing(Some(index), Verdict::MoveRefused, reason);
    }
    let mut next = row.clone();
    if row.status != Some(status) {
        next.previous_status = row.status;
        next.status = Some(status);
        next.status_at = terms.now;
    }
    if said.original_status.is_some() {
        next.original_status.clone_from(&said.original_status);
    }
    let (amount, currency) = payout(said, Some(row), Some(status), terms);
    if (amount, currency) != (row.revenue.amount, row.revenue.currency) {
        next.revenue = worth(amount, currency, row.at, terms.rates);
    }
    next.sale_amount = said.sale_amount.or(row.sale_amount);
    next.is_payout_unread = match said.payout {
        Payout::Missing => row.is_payout_unread,
        Payout::Unreadable(_) => true,
        Payout::Stated(_) => false,
    };
    fill(&mut next, said, terms);
    next.cost = cost(said.cost, Some(row), &next, terms);
    next.cap_day = cap::day(&next, terms);
    if is_news(row, &next) {
        return Credit::Changed(index, Box::new(next));
    }
    let reason = match next.is_payout_unread {
        true => "A duplicate: all of it is known already, and its payout cannot be read.",
        false => "A duplicate: all of it is known already.",
    };
    Credit::Nothing(Some(index), Verdict::Unchanged, reason.to_owned())
}

/// What was not known of a row so far.
fn fill(row: &mut Conversion, said: &Said, terms: &Terms<'_>) {
    row.tid = row.tid.take().or_else(|| said.tid.clone());
    row.offer_id = row.offer_id.or(terms.offer_id);
    row.network_id = row.network_id.or(terms.network.map(|network| network.id));
    for (name, value) in &said.kept {
        keep(&mut row.kept, name, value);
    }
}

fn keep(kept: &mut Vec<(String, Kept)>, name: &str, value: &Kept) {
    match kept.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => old.clone_from(value),
        None => kept.push((name.to_owned(), value.clone())),
    }
}

fn is_news(row: &Conversion, next: &Conversion) -> bool {
    let of = |row: &Conversion| {
        (
            row.status,
            row.revenue,
            row.tid.clone(),
            row.offer_id,
            row.sale_amount,
            row.kept.clone(),
            row.cost.map(|cost| (cost.amount, cost.currency)),
        )
    };
    of(row) != of(next)
}

fn added(said: &Said, row: &Conversion, terms: &Terms<'_>) -> Result<Conversion, String> {
    let status = row.status.unwrap_or(Status::Sale);
    let (amount, currency) = payout(said, None, Some(status), terms);
    let day = period::day(row.at, Tz::UTC);
    let own = row.revenue.currency;
    let more = terms.rates.convert(amount, currency, own, day);
    let total = more.and_then(|more| row.revenue.amount.0.checked_add(more.0));
    let Some(total) = total else {
        return Err(format!(
            "{amount} {} cannot be added to {} {}: there is no rate.",
            currency.as_str(),
            row.revenue.amount,
            own.as_str()
        ));
    };
    let mut next = row.clone();
    next.revenue = worth(Micros(total), own, row.at, terms.rates);
    fill(&mut next, said, terms);
    next.cost = cost(said.cost, Some(row), &next, terms);
    Ok(next)
}

/// A negative amount: money only, on the side of what it takes away from.
fn correct(said: &Said, rows: &[Conversion], terms: &Terms<'_>, amount: Micros) -> Credit {
    let is_same = |row: &Conversion| {
        row.is_correction
            && row.event == said.event
            && row.tid == said.tid
            && row.revenue.amount == amount
    };
    if said.tid.is_some()
        && let Some(index) = rows.iter().position(is_same)
    {
        let reason = "A duplicate: this correction is known already.".to_owned();
        return Credit::Nothing(Some(index), Verdict::Unchanged, reason);
    }
    let mut row = fresh(said, terms, false);
    row.is_correction = true;
    row.status = match said.status {
        SaidStatus::Known(Status::Lead) => Some(Status::Lead),
        _ => Some(Status::Sale),
    };
    let (_, currency) = payout(said, None, Some(Status::Sale), terms);
    row.revenue = worth(amount, currency, terms.now, terms.rates);
    row.cap_day = None;
    row.cost = cost(said.cost, None, &row, terms);
    Credit::New(Box::new(row))
}
