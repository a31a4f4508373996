//! One understood postback against the file.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, named_params};

use super::rows::{self, Change};
use super::{Books, Effects, Outcome};
use crate::detect::params::looks_like_macro;
use crate::domain::conversion::{CONVERSION, Conversion, Origin, REBILL, Status};
use crate::domain::event::Event;
use crate::domain::id::Id;
use crate::domain::money::{Currency, Micros};
use crate::domain::network::Network;
use crate::domain::offer::{Offer, PayoutKind};
use crate::domain::period;
use crate::domain::state::State;
use crate::domain::word::folded;
use crate::postback::credit::{Again, ClickTerms, Credit, Terms, counts_each_time, credit};
use crate::postback::offer::credited;
use crate::postback::verdict::Verdict;
use crate::postback::{Payout, Said, SaidStatus};
use crate::store::clicks::flags;
use crate::store::clicks::read::ClickOf;
use crate::store::error::StoreError;
use crate::store::outbox;
use crate::store::rules::moment;

/// What is to be applied, and how it came.
#[derive(Clone, Copy)]
pub(super) struct Applied<'a> {
    pub(super) said: &'a Said,
    pub(super) network: Option<&'a Network>,
    /// When it arrived, in UTC milliseconds.
    pub(super) at: i64,
    pub(super) origin: Origin,
    pub(super) postback_id: Option<Id>,
    /// Whether traffic sources are told.
    pub(super) tells: bool,
}

impl Applied<'_> {
    fn cause(&self) -> Cause {
        Cause {
            at: self.at,
            origin: self.origin,
            postback_id: self.postback_id,
            tells: self.tells,
        }
    }
}

/// Finds the click, decides, writes. The second value: an identical request soon after is a retry.
pub(super) fn apply(
    connection: &Connection,
    books: &Books,
    applied: &Applied<'_>,
) -> Result<(Outcome, bool), rusqlite::Error> {
    let event = event(books, &applied.said.event);
    let each_time = counts_each_time(applied.said, event);
    let outcome = apply_again(connection, books, applied, None)?;
    Ok((outcome, each_time))
}

/// The same for a postback that is read again.
pub(super) fn apply_again(
    connection: &Connection,
    books: &Books,
    applied: &Applied<'_>,
    again: Option<Again>,
) -> Result<Outcome, rusqlite::Error> {
    let books = &*books.up_to_date(connection)?;
    let said = applied.said;
    let network_id = applied.network.map(|network| network.id);
    let found = said.click.as_ref();
    let click_id = match found {
        Some(found) => Some(found.id),
        None => click_of_transaction(connection, said, network_id)?,
    };
    let outcome = |verdict, reason: String| Outcome {
        network_id,
        click_id,
        found_in: found.map(|found| found.parameter.clone()),
        unmapped: unmapped(said),
        ..Outcome::nothing(verdict, reason)
    };
    let Some(click_id) = click_id else {
        return Ok(no_click(said, outcome));
    };
    let Some(click) = click(connection, click_id)? else {
        let reason = "The click id was made here, but its click is not stored (yet): the postback waits for it.";
        return Ok(outcome(Verdict::Parked, reason.to_owned()));
    };
    let said = &*match click.is_test && !said.is_test {
        true => Cow::Owned(Said {
            is_test: true,
            ..said.clone()
        }),
        false => Cow::Borrowed(said),
    };
    // A conversion is not before its click: what an imported row says, and a clock that was set back.
    let applied = &Applied {
        at: applied.at.max(click.at),
        ..*applied
    };
    let rows = rows::of_click(connection, click_id)?;
    let steps = steps(connection, click_id)?;
    let offer_id = credited(network_id, &steps, click.offer_id, &books.documents.offers);
    let terms = Terms {
        network: applied.network,
        again,
        ..terms(
            books,
            applied.at,
            Some((click_id, &click)),
            offer_id,
            &said.event,
        )
    };
    let (mut row, before, verdict) = match credit(said, &rows, &terms) {
        Credit::Nothing(index, verdict, reason) => {
            let mut outcome = outcome(verdict, reason);
            outcome.conversion_id = index.map(|index| rows[index].id);
            return Ok(outcome);
        }
        Credit::New(row) => (row, None, Verdict::Stored),
        Credit::Changed(index, row) => (row, Some(&rows[index]), Verdict::Updated),
    };
    row.status_at = row.status_at.max(row.at);
    rows::save(connection, &row)?;
    if is_sale(&row) {
        flags::clear_label(connection, click_id)?;
    }
    let effects = follow(connection, books, applied.cause(), before, &row)?;
    let verdict = match said.status {
        SaidStatus::Unmapped => Verdict::UnmappedStatus,
        _ => verdict,
    };
    let mut outcome = outcome(verdict, String::new());
    outcome.reason = remark(said, &row, terms.offer);
    outcome.changed = true;
    outcome.conversion_id = Some(row.id);
    outcome.effects = effects;
    Ok(outcome)
}

/// Somebody has bought.
pub(super) fn is_sale(row: &Conversion) -> bool {
    row.status == Some(Status::Sale) && !row.is_test && !row.is_correction
}

/// The operator's own event of this key.
pub(super) fn event<'b>(books: &'b Books, key: &str) -> Option<&'b Event> {
    Event::of_key(&books.documents, key).filter(|event| event.state != State::Archived)
}

/// What the documents say about a click, an offer and an event.
pub(super) fn terms<'b>(
    books: &'b Books,
    at: i64,
    click: Option<(Id, &ClickRow)>,
    offer_id: Option<u64>,
    event_key: &str,
) -> Terms<'b> {
    let documents = &books.documents;
    let offer = offer_id.and_then(|id| documents.offers.get(&id));
    Terms {
        now: at,
        new_id: books.ids.next(at),
        click: click.map(|(id, click)| ClickTerms {
            id,
            at: click.at,
            campaign_id: click.campaign_id,
            cost: documents
                .campaigns
                .get(&click.campaign_id)
                .map(|campaign| &campaign.cost),
        }),
        network: None,
        offer_id,
        offer: offer.map(AsRef::as_ref),
        event: event(books, event_key),
        rates: &books.rates,
        again: None,
    }
}

/// How a change came.
#[derive(Clone, Copy)]
pub(super) struct Cause {
    pub(super) at: i64,
    pub(super) origin: Origin,
    pub(super) postback_id: Option<Id>,
    /// Whether traffic sources are told.
    pub(super) tells: bool,
}

/// Notes the change, what it moves in memory, and what traffic sources are to be told.
pub(super) fn follow(
    connection: &Connection,
    books: &Books,
    cause: Cause,
    before: Option<&Conversion>,
    row: &Conversion,
) -> Result<Effects, rusqlite::Error> {
    let campaign = row.campaign_id;
    let campaign = campaign.and_then(|id| books.documents.campaigns.get(&id));
    let currency = campaign.map(|campaign| campaign.cost.currency);
    let id = books.ids.next(cause.at);
    let mut effects = Effects::of_change(id.to_row());
    let held = before.and_then(|before| before.cap_day);
    let cap = match (held, row.cap_day) {
        (None, Some(day)) => Some((1, day)),
        (Some(day), None) => Some((-1, day)),
        _ => None,
    };
    if let (Some((change, day)), Some(offer_id)) = (cap, row.offer_id) {
        effects.cap(offer_id, day, change);
    }
    let (spent, charged_at) = charge(connection, books, before, row, currency)?;
    if let Some(campaign_id) = row.campaign_id {
        effects.spent(campaign_id, charged_at.unwrap_or(cause.at), spent);
    }
    let change = Change {
        id,
        at: cause.at,
        origin: cause.origin,
        postback_id: cause.postback_id,
        cap,
        spent,
    };
    rows::note(connection, row, &change)?;
    if cause.tells {
        effects.leaves_runs = tell(connection, books, before, row)?;
    }
    Ok(effects)
}

/// Queues what traffic sources are to be told, and asks the rules; whether these left something to
/// be done.
fn tell(
    connection: &Connection,
    books: &Books,
    before: Option<&Conversion>,
    row: &Conversion,
) -> Result<bool, rusqlite::Error> {
    let is_news = before.is_none_or(|old| old.status != row.status || old.event != row.event);
    let Some(status) = row.status.filter(|_| is_news && !row.is_correction) else {
        return Ok(false);
    };
    let click = ClickOf::new(row.click_id);
    outbox::plan::queue(connection, books, &click, row, status)?;
    let left = moment::note(connection, books, &click, row, status);
    left.map_err(|error| match error {
        StoreError::Sqlite(error) => error,
        error => rusqlite::Error::ToSqlConversionFailure(Box::new(error)),
    })
}

/// Whose offer the visitor took, for a postback without a key.
pub(super) fn network_of_click(
    connection: &Connection,
    books: &Books,
    said: &Said,
) -> Result<Option<Arc<Network>>, rusqlite::Error> {
    let Some(found) = &said.click else {
        return Ok(None);
    };
    let Some(click) = click(connection, found.id)? else {
        return Ok(None);
    };
    let steps = steps(connection, found.id)?;
    let documents = &books.documents;
    let offer_id = credited(None, &steps, click.offer_id, &documents.offers);
    let offer = offer_id.and_then(|id| documents.offers.get(&id));
    let network_id = offer.and_then(|offer| offer.network_id);
    Ok(network_id
        .and_then(|id| documents.networks.get(&id))
        .cloned())
}

/// What the campaign is charged beyond what it was for this conversion, in the currency of its cost.
/// Money that comes back comes back to the day that was charged, whose time is the second value.
fn charge(
    connection: &Connection,
    books: &Books,
    before: Option<&Conversion>,
    row: &Conversion,
    currency: Option<Currency>,
) -> Result<(Micros, Option<i64>), rusqlite::Error> {
    let stated = |row: &Conversion| row.cost.map(|cost| (cost.amount, cost.currency));
    let cost = stated(row);
    let Some(currency) = currency.filter(|_| before.and_then(stated) != cost) else {
        return Ok((Micros::ZERO, None));
    };
    let total = match cost {
        Some((amount, own)) => {
            let day = period::day(rows::clicked_at(connection, row)?, chrono_tz::Tz::UTC);
            let total = books.rates.convert(amount, own, currency, day);
            total.unwrap_or_default()
        }
        None => Micros::ZERO,
    };
    let (so_far, charged_at) = rows::charged(connection, row.id)?;
    let more = Micros(total.0.saturating_sub(so_far.0));
    Ok((more, charged_at.filter(|_| more < Micros::ZERO)))
}

/// Nothing can become of it, so that its words are not waited for either.
fn no_click(said: &Said, outcome: impl Fn(Verdict, String) -> Outcome) -> Outcome {
    let outcome = |verdict, reason| Outcome {
        unmapped: None,
        ..outcome(verdict, reason)
    };
    match (&said.refused_click_id, &said.tid) {
        (Some(refused), _) if looks_like_macro(refused) => outcome(
            Verdict::UnknownClick,
            format!("Unknown click: \"{refused}\" is a macro, which the network did not fill in."),
        ),
        (Some(refused), _) => outcome(
            Verdict::UnknownClick,
            format!("Unknown click: \"{refused}\" was not made here."),
        ),
        (None, Some(tid)) => outcome(
            Verdict::NoClickId,
            format!(
                "There is no click id, and no conversion of this network has the transaction id \"{tid}\"."
            ),
        ),
        (None, None) => outcome(Verdict::NoClickId, "There is no click id.".to_owned()),
    }
}

/// What the operator should know although it worked.
fn remark(said: &Said, row: &Conversion, offer: Option<&Offer>) -> Option<String> {
    let mut remarks = said.remarks.clone();
    if said.status == SaidStatus::Unmapped {
        let word = said.original_status.as_deref().unwrap_or_default();
        remarks.push(format!(
            "Nobody has said yet what the status \"{word}\" means: the conversion counts nowhere until then."
        ));
    }
    let is_told = said.payout != Payout::Missing || said.sale_amount.is_some();
    let is_paid_for = matches!(row.event.as_str(), CONVERSION | REBILL);
    if row.status == Some(Status::Sale)
        && row.revenue.amount == Micros::ZERO
        && is_paid_for
        && !is_told
    {
        let percent = offer.filter(|offer| offer.payout.kind == PayoutKind::Percent);
        remarks.push(match percent {
            Some(offer) => format!(
                "The offer pays {} percent of the sale, and the postback tells neither sale_amount nor payout: it counts as 0.",
                offer.payout.value
            ),
            None => "There is no payout, neither in the postback nor in the offer: it counts as 0."
                .to_owned(),
        });
    }
    if row.revenue.rate.is_none() {
        let currency = row.revenue.currency.as_str();
        remarks.push(format!(
            "There is no rate for {currency}: the amount counts as 0 until one is entered."
        ));
    }
    (!remarks.is_empty()).then(|| remarks.join(" "))
}

pub(super) fn unmapped(said: &Said) -> Option<String> {
    match (said.status, &said.original_status, &said.unknown_event) {
        (SaidStatus::Unmapped, Some(word), _) => Some(format!("status:{}", folded(word))),
        (_, _, Some(word)) => Some(format!("event:{}", folded(word))),
        _ => None,
    }
}

/// What a postback needs to know of its click.
pub(super) struct ClickRow {
    pub(super) at: i64,
    pub(super) campaign_id: u64,
    offer_id: Option<u64>,
    is_test: bool,
}

pub(super) fn click(connection: &Connection, id: Id) -> Result<Option<ClickRow>, rusqlite::Error> {
    const SQL: &str = "
        select clicks.at, routes.campaign_id, routes.offer_id, clicks.flags >> 5 & 1
        from clicks join routes on routes.id = clicks.route_id
        where clicks.id = ?1";
    let mut statement = connection.prepare_cached(SQL)?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(ClickRow {
            at: row.get(0)?,
            campaign_id: row.get(1)?,
            offer_id: row.get(2)?,
            is_test: row.get(3)?,
        })
    };
    statement.query_row([id.to_row()], read).optional()
}

/// The offers that the visitor went to, in their order.
fn steps(connection: &Connection, click_id: Id) -> Result<Vec<u64>, rusqlite::Error> {
    const SQL: &str = "
        select offer_id from offer_clicks
        where click_id = ?1 and offer_id is not null and flags & 1 = 0
        order by id";
    let mut statement = connection.prepare_cached(SQL)?;
    let rows = statement.query_map([click_id.to_row()], |row| row.get(0))?;
    rows.collect()
}

/// A report that names no click may name an earlier conversion: the network and its transaction.
fn click_of_transaction(
    connection: &Connection,
    said: &Said,
    network_id: Option<u64>,
) -> Result<Option<Id>, rusqlite::Error> {
    const SQL: &str = "
        select click_id from conversions
        where tid = :tid and network_id = :network_id and click_id is not null
        order by id limit 1";
    let (None, Some(tid), Some(network_id)) = (&said.refused_click_id, &said.tid, network_id)
    else {
        return Ok(None);
    };
    let mut statement = connection.prepare_cached(SQL)?;
    let values = named_params! { ":tid": tid, ":network_id": network_id };
    let found: Option<i64> = statement.query_row(values, |row| row.get(0)).optional()?;
    Ok(found.and_then(Id::from_row))
}
