//! What a further postback does to a row.

use chrono_tz::Tz;

use super::amounts::{self, cost, payout};
use super::moves::{Move, judge};
use super::{Credit, Terms, cap, worth};
use crate::domain::conversion::{Conversion, Kept, REBILL, Status};
use crate::domain::event::{Duplicates, Event};
use crate::domain::money::Micros;
use crate::domain::period;
use crate::postback::said::{Payout, Said, SaidStatus};
use crate::postback::verdict::Verdict;

/// What the event, one of the operator's own or built in, does with a repetition.
pub(super) fn duplicates(said: &Said, event: Option<&Event>) -> Duplicates {
    match (event, said.event.as_str()) {
        (Some(event), _) => event.duplicates,
        (None, REBILL) => Duplicates::New,
        (None, _) => Duplicates::Update,
    }
}

/// Whether an identical request soon afterwards is the network's retry rather than news: where each
/// request counts.
pub fn counts_each_time(said: &Said, event: Option<&Event>) -> bool {
    let is_negative = |amount: Micros| amount < Micros::ZERO;
    let is_correction = match said.payout {
        Payout::Stated(amount) => is_negative(amount),
        _ => said.sale_amount.is_some_and(is_negative),
    };
    match duplicates(said, event) {
        Duplicates::AddPayout => true,
        Duplicates::New => said.tid.is_none(),
        _ => is_correction,
    }
}

pub(super) fn repeated(said: &Said, index: usize, row: &Conversion, terms: &Terms<'_>) -> Credit {
    match duplicates(said, terms.event) {
        Duplicates::Ignore if row.status.is_some() => {
            let reason = format!("The event \"{}\" counts once, and it has.", said.event);
            Credit::Nothing(Some(index), Verdict::Unchanged, reason)
        }
        Duplicates::AddPayout => added(said, index, row, terms),
        _ => moved(said, index, row, terms),
    }
}

/// What counts each time is not counted again when it is read again; only the meaning of a word that
/// nobody knew then is news.
pub(super) fn counted(said: &Said, index: usize, row: &Conversion, terms: &Terms<'_>) -> Credit {
    if row.status.is_some() {
        let reason = "It has been counted already.".to_owned();
        return Credit::Nothing(Some(index), Verdict::Unchanged, reason);
    }
    let word = Said {
        payout: Payout::Missing,
        sale_amount: None,
        ..said.clone()
    };
    moved(&word, index, row, terms)
}

fn moved(said: &Said, index: usize, row: &Conversion, terms: &Terms<'_>) -> Credit {
    let status = match said.status {
        SaidStatus::Known(status) => status,
        SaidStatus::Unmapped | SaidStatus::Ignored => return unmapped(said, index),
    };
    let mut next = match turned(said, row, status, terms) {
        Ok(next) => next,
        Err(reason) => return Credit::Nothing(Some(index), Verdict::MoveRefused, reason),
    };
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
            row.is_payout_unread,
        )
    };
    of(row) != of(next)
}

/// The row with the status that it is to have, if it may.
fn turned(
    said: &Said,
    row: &Conversion,
    status: Status,
    terms: &Terms<'_>,
) -> Result<Conversion, String> {
    let reopens = terms.network.is_none_or(|network| network.reopens);
    if let Move::Refused(reason) = judge(row.status, status, reopens) {
        return Err(reason);
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
    Ok(next)
}

fn unmapped(said: &Said, index: usize) -> Credit {
    let word = said.original_status.as_deref().unwrap_or_default();
    let reason = format!("Nobody has said yet what the status \"{word}\" means.");
    Credit::Nothing(Some(index), Verdict::UnmappedStatus, reason)
}

/// The row with what the postback pays on top. What is rejected, or pays nothing, only moves it.
fn added(said: &Said, index: usize, row: &Conversion, terms: &Terms<'_>) -> Credit {
    let status = match (said.status, row.status) {
        (SaidStatus::Known(status), _) => Some(status),
        (_, None) => None,
        (_, Some(_)) => return unmapped(said, index),
    };
    let amount = amounts::stated(said, terms).filter(|_| status.is_none_or(Status::earns));
    let Some(amount) = amount else {
        return moved(said, index, row, terms);
    };
    let turned = match status {
        Some(status) => turned(said, row, status, terms),
        None => Ok(row.clone()),
    };
    let mut next = match turned {
        Ok(next) => next,
        Err(reason) => return Credit::Nothing(Some(index), Verdict::MoveRefused, reason),
    };
    let (currency, own) = (amounts::currency(said, terms), row.revenue.currency);
    let day = period::day(row.at, Tz::UTC);
    let more = terms.rates.convert(amount, currency, own, day);
    let total = more.and_then(|more| row.revenue.amount.0.checked_add(more.0));
    let Some(total) = total else {
        let reason = format!(
            "{amount} {} cannot be added to {} {}: there is no rate.",
            currency.as_str(),
            row.revenue.amount,
            own.as_str()
        );
        return Credit::Nothing(Some(index), Verdict::Unchanged, reason);
    };
    next.revenue = worth(Micros(total), own, row.at, terms.rates);
    next.is_payout_unread = false;
    fill(&mut next, said, terms);
    next.cost = cost(said.cost, Some(row), &next, terms);
    next.cap_day = cap::day(&next, terms);
    Credit::Changed(index, Box::new(next))
}
