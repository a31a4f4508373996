//! Conversions as they are counted, and the pass over those that count by a time of their own.

use std::collections::HashMap;
use std::ops::Range;

use ahash::RandomState;
use rusqlite::{Connection, OptionalExtension, Row};

use super::Work;
use crate::domain::basis::Basis;
use crate::domain::conversion::Status;
use crate::domain::documents::Documents;
use crate::domain::event::Event;
use crate::domain::money::Micros;
use crate::report::{Earned, Happened};
use crate::store::conversions::rows::{CORRECTION, REPEAT, TEST, makes_customer};
use crate::store::error::StoreError;
use crate::store::readers::Readers;

/// Conversions read in one read transaction: for each, its click may have to be looked up.
const PAGE: usize = if cfg!(test) { 3 } else { 2_000 };

/// A conversion that may count.
pub(super) struct Conversion {
    pub(super) click_id: i64,
    pub(super) offer_id: Option<u64>,
    /// In the reporting currency.
    pub(super) cost: Micros,
    at: i64,
    status_at: i64,
    /// Number of its event.
    happened: usize,
    status: Option<Status>,
    flags: i64,
    makes_customer: bool,
    revenue: Micros,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, click_id, offer_id, coalesce(cost, 0), at, status_at, event, status, flags,
                revenue, ",
            makes_customer!(),
            " from conversions ",
            $rest
        )
    };
}

const OF_CLICKS: &str = select!("where click_id >= ?1 and click_id < ?2 order by click_id, id");
const BY_ID: &str = select!("where id >= ?1 and id < ?2 order by id limit ?3");
const ONE: &str = select!("where id = ?1");
const IDS_BY_STATUS: &str = "
    select id from conversions where status_at >= ?1 and status_at < ?2 order by status_at";
const LAST_OFFER: &str = "
    select offer_id from offer_clicks
    where click_id = ?1 and flags & 1 = 0 and offer_id is not null
    order by id desc limit 1";

/// The events that conversions name, by numbers.
pub(super) struct Happenings<'a> {
    documents: &'a Documents,
    known: HashMap<String, usize, RandomState>,
    all: Vec<Happened>,
}

impl<'a> Happenings<'a> {
    pub(super) fn new(documents: &'a Documents) -> Self {
        Self {
            documents,
            known: HashMap::default(),
            all: Vec::new(),
        }
    }

    fn number(&mut self, word: &str) -> usize {
        if let Some(number) = self.known.get(word) {
            return *number;
        }
        let event = Event::of_key(self.documents, word);
        self.all.push(Happened::of(word, event));
        self.known.insert(word.to_owned(), self.all.len() - 1);
        self.all.len() - 1
    }
}

impl Conversion {
    /// `clicked_at` is the time of its click.
    pub(super) fn earned<'h>(&self, happenings: &'h Happenings<'_>, clicked_at: i64) -> Earned<'h> {
        Earned {
            happened: &happenings.all[self.happened],
            status: self.status,
            is_repeat: self.flags & REPEAT != 0,
            is_correction: self.flags & CORRECTION != 0,
            is_test: self.flags & TEST != 0,
            makes_customer: self.makes_customer,
            revenue: self.revenue,
            delay_ms: self.at - clicked_at,
            kept: &[],
        }
    }

    /// Whether it can add anything.
    fn counts(&self) -> bool {
        self.status.is_some() && self.flags & TEST == 0
    }

    fn time(&self, basis: Basis) -> i64 {
        match basis {
            Basis::Click | Basis::Conversion => self.at,
            Basis::Status => self.status_at,
        }
    }
}

/// Those of a range of clicks that count, in the order of their clicks.
pub(super) fn of_clicks(
    connection: &Connection,
    happenings: &mut Happenings<'_>,
    ids: Range<i64>,
) -> Result<Vec<Conversion>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(OF_CLICKS)?;
    let mut rows = statement.query((ids.start, ids.end))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(read(row, happenings)?);
    }
    found.retain(Conversion::counts);
    Ok(found)
}

/// `None` for a test without a click.
fn read(
    row: &Row<'_>,
    happenings: &mut Happenings<'_>,
) -> Result<Option<Conversion>, rusqlite::Error> {
    let Some(click_id) = row.get(1)? else {
        return Ok(None);
    };
    Ok(Some(Conversion {
        click_id,
        offer_id: row.get(2)?,
        cost: Micros(row.get(3)?),
        at: row.get(4)?,
        status_at: row.get(5)?,
        happened: happenings.number(row.get_ref(6)?.as_str()?),
        status: row.get::<_, Option<i64>>(7)?.and_then(Status::from_code),
        flags: row.get(8)?,
        revenue: Micros(row.get(9)?),
        makes_customer: row.get(10)?,
    }))
}

/// Counts the conversions of questions that go by the time of the conversion; `false` if the pace
/// ended it.
pub(super) fn by_time(work: &mut Work<'_, '_>) -> Result<bool, StoreError> {
    let times = work.tracks.plan.times(Basis::Conversion);
    for range in work.tracks.plan.conversion_ids() {
        let mut rest = range;
        while !rest.is_empty() {
            rest.start = page(work, &times, &rest)?;
            work.tracks.settle();
            if !(work.pace)() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Counts the first page of some ids, and tells where the next one begins.
fn page(
    work: &mut Work<'_, '_>,
    times: &[Range<i64>],
    ids: &Range<i64>,
) -> Result<i64, StoreError> {
    let reader = work.readers.get()?;
    let transaction = reader.unchecked_transaction()?;
    let mut statement = transaction.prepare_cached(BY_ID)?;
    let mut rows = statement.query((ids.start, ids.end, PAGE as i64))?;
    let (mut looked_at, mut end) = (0, ids.end);
    while let Some(row) = rows.next()? {
        looked_at += 1;
        end = row.get::<_, i64>(0)? + 1;
        take(work, &transaction, Basis::Conversion, times, row)?;
    }
    Ok(if looked_at < PAGE { ids.end } else { end })
}

/// Counts the conversions of questions that go by the time of the status; `false` if the pace ended
/// it. One whose status changes meanwhile has another time then: as the ids are found first, it is
/// not met twice.
pub(super) fn by_status(work: &mut Work<'_, '_>) -> Result<bool, StoreError> {
    let times = work.tracks.plan.times(Basis::Status);
    for ids in ids_by_status(work.readers, &times)?.chunks(PAGE) {
        page_by_status(work, &times, ids)?;
        work.tracks.settle();
        if !(work.pace)() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn ids_by_status(readers: &Readers, times: &[Range<i64>]) -> Result<Vec<i64>, StoreError> {
    let mut ids = Vec::new();
    if times.is_empty() {
        return Ok(ids);
    }
    let reader = readers.get()?;
    let transaction = reader.unchecked_transaction()?;
    let mut statement = transaction.prepare_cached(IDS_BY_STATUS)?;
    for range in times {
        let mut rows = statement.query((range.start, range.end))?;
        while let Some(row) = rows.next()? {
            ids.push(row.get(0)?);
        }
    }
    Ok(ids)
}

fn page_by_status(
    work: &mut Work<'_, '_>,
    times: &[Range<i64>],
    ids: &[i64],
) -> Result<(), StoreError> {
    let reader = work.readers.get()?;
    let transaction = reader.unchecked_transaction()?;
    let mut statement = transaction.prepare_cached(ONE)?;
    for id in ids {
        let mut rows = statement.query([id])?;
        if let Some(row) = rows.next()? {
            take(work, &transaction, Basis::Status, times, row)?;
        }
    }
    Ok(())
}

/// Adds a row at hand, if it counts and some question is about its time.
fn take(
    work: &mut Work<'_, '_>,
    connection: &Connection,
    basis: Basis,
    times: &[Range<i64>],
    row: &Row<'_>,
) -> Result<(), rusqlite::Error> {
    let Some(conversion) = read(row, &mut work.happenings)? else {
        return Ok(());
    };
    let time = conversion.time(basis);
    if conversion.counts() && times.iter().any(|range| range.contains(&time)) {
        add(work, connection, basis, &conversion)?;
    }
    Ok(())
}

/// Adds a conversion to each pile that it concerns, under what its click says.
fn add(
    work: &mut Work<'_, '_>,
    connection: &Connection,
    basis: Basis,
    conversion: &Conversion,
) -> Result<(), rusqlite::Error> {
    let sql = work.facts.select_clicks() + " where id = ?1";
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([conversion.click_id])?;
    let Some(row) = rows.next()? else {
        return Ok(());
    };
    let facts = &mut work.facts;
    let Some(seen) = facts.seen(connection, row)? else {
        return Ok(());
    };
    let offer_id = match conversion.offer_id {
        Some(offer_id) => Some(offer_id),
        None => last_offer(connection, seen.id)?.or(seen.route.offer_id),
    };
    let (piles, tracks) = work.tracks.of(seen.route.campaign_id);
    for track in tracks {
        let pile = &piles[track.pile];
        if pile.basis != basis {
            continue;
        }
        let Some(stretch) = track.stretch(conversion.time(basis)) else {
            continue;
        };
        let codes = facts.codes(&pile.columns, &seen, offer_id)?;
        if pile.takes(&codes) {
            let earned = conversion.earned(&work.happenings, seen.at);
            track.sums(stretch, &codes).earn(&earned);
        }
    }
    Ok(())
}

fn last_offer(connection: &Connection, click_id: i64) -> Result<Option<u64>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(LAST_OFFER)?;
    let found = statement.query_row([click_id], |row| row.get(0));
    found.optional()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::{Durability, open_writer};
    use crate::store::migrations::migrate;

    #[test]
    fn conversions_by_their_status_are_found_by_an_index() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrate(&mut connection, &path).unwrap();

        let plan: String = connection
            .query_row(
                &format!("explain query plan {IDS_BY_STATUS}"),
                (1, 2),
                |row| row.get("detail"),
            )
            .unwrap();

        assert!(
            plan.starts_with("SEARCH conversions USING COVERING INDEX conversions_status"),
            "{plan}"
        );
    }
}
