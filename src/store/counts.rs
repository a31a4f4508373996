//! Where counters outlive the program: totals are written every few seconds and at the stop, and
//! restored at the start.
//!
//! With the totals goes a mark: the highest click id that was given out when they were read. After
//! a `kill -9` the clicks above the mark, which are all stored, are counted again. What may be off
//! then: a click that was under way while the totals were read (one a worker) counts twice; a
//! flow's limit that had never been written, because its first click came in the last seconds,
//! begins at 0; a flow that passed its visitor on to another campaign is not named by the click;
//! and clicks that are in the spill file only, while the database refuses writes at the start too,
//! are not seen.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono_tz::Tz;
use rusqlite::{Connection, Row, named_params};

use super::error::StoreError;
use super::readers::Readers;
use super::settings;
use super::writer::Writer;
use crate::domain::click::ClickCost;
use crate::domain::documents::Documents;
use crate::domain::id::Id;
use crate::domain::money::{Currency, Micros};
use crate::domain::period;
use crate::domain::rates::Rates;
use crate::engine::budget;
use crate::engine::counters::{Counts, oldest};
use crate::engine::visit::{Counted, Counter};

/// Name of the setting that keeps the mark.
const MARK: &str = "counters_mark";
const HOUR_MS: i64 = 3_600_000;

const LOAD: &str = "select what, id, period, count from counters";
const SAVE: &str = "
    insert into counters (what, id, period, count) values (:what, :id, :period, :count)
    on conflict (what, id, period) do update set count = excluded.count";
const DROP: &str = "delete from counters where what = :what and period < :oldest";
const SINCE: &str = "
    select clicks.id, clicks.at, routes.campaign_id, routes.flow_id, clicks.cost, currencies.code
    from clicks
    join routes on routes.id = clicks.route_id
    left join currencies on currencies.id = clicks.currency_id
    where clicks.id > :mark
    order by clicks.id
    limit :most";
/// Clicks counted in one read transaction.
const PIECE: usize = 50_000;

/// Brings counters into the database.
#[derive(Debug, Default)]
pub struct Keeper {
    /// The mark as it is stored; held while totals are written.
    mark: Mutex<Option<Id>>,
    /// The hour in which old periods were last dropped.
    dropped: AtomicI64,
}

impl Keeper {
    /// Writes what has changed, and the mark. On failure the next round writes it.
    pub fn flush(
        &self,
        counts: &Counts,
        last_id: Id,
        writer: &Writer,
        now: i64,
    ) -> Result<(), StoreError> {
        let mut mark = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = counts.changed();
        let is_new_hour = self.dropped.swap(now / HOUR_MS, Ordering::Relaxed) != now / HOUR_MS;
        if is_new_hour {
            counts.drop_old(now);
        }
        if changed.is_empty() && *mark == Some(last_id) && !is_new_hour {
            return Ok(());
        }
        let rows = changed.clone();
        writer.edit_blocking(move |connection| {
            save(connection, &rows)?;
            if is_new_hour {
                drop_old(connection, now)?;
            }
            settings::set(connection, MARK, &last_id.to_row().to_be_bytes())
        })?;
        counts.stored(&changed);
        *mark = Some(last_id);
        Ok(())
    }
}

fn save(connection: &Connection, rows: &[(Counter, u64)]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(SAVE)?;
    for (counter, count) in rows {
        statement.execute(named_params! {
            ":what": counter.what.word(),
            ":id": counter.id,
            ":period": counter.period,
            ":count": i64::try_from(*count).unwrap_or(i64::MAX),
        })?;
    }
    Ok(())
}

fn drop_old(connection: &Connection, now: i64) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(DROP)?;
    for (word, what) in Counted::ALL {
        statement.execute(named_params! { ":what": word, ":oldest": oldest(*what, now) })?;
    }
    Ok(())
}

/// The counters as the last run left them, with what it had no time to write.
pub fn restore(
    readers: &Readers,
    documents: &Documents,
    rates: &Rates,
    now: i64,
) -> Result<Counts, StoreError> {
    let reader = readers.get()?;
    let rows = load(&reader)?;
    let known: HashSet<(Counted, u64)> = rows
        .iter()
        .map(|(counter, _)| (counter.what, counter.id))
        .collect();
    let counts = Counts::restored(rows);
    // Without a mark the program has never counted: every click is new to it.
    let mut mark = match settings::find(&reader, MARK)? {
        Some(bytes) => bytes.try_into().map_or(-1, i64::from_be_bytes),
        None => -1,
    };
    drop(reader);
    let mut counted = 0;
    loop {
        let reader = readers.get()?;
        let clicks = since(&reader, mark)?;
        drop(reader);
        for click in &clicks {
            count_again(&counts, &known, documents, rates, click);
        }
        counted += clicks.len();
        match clicks.last() {
            Some(last) if clicks.len() == PIECE => mark = last.id,
            _ => break,
        }
    }
    if counted > 0 {
        tracing::info!(clicks = counted, "counted again for limits and budgets");
    }
    counts.drop_old(now);
    Ok(counts)
}

fn load(connection: &Connection) -> Result<Vec<(Counter, u64)>, StoreError> {
    let mut statement = connection.prepare(LOAD)?;
    let rows = statement.query_map([], |row| {
        let word: String = row.get(0)?;
        // A newer program may count more than this one knows.
        let known = Counted::ALL.iter().find(|(known, _)| *known == word);
        let Some((_, what)) = known else {
            return Ok(None);
        };
        let counter = Counter {
            what: *what,
            id: row.get(1)?,
            period: row.get(2)?,
        };
        let count: i64 = row.get(3)?;
        Ok(Some((counter, count.max(0).unsigned_abs())))
    })?;
    Ok(rows
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?)
}

/// What counts of a stored click.
struct Counting {
    id: i64,
    at: i64,
    campaign_id: u64,
    flow_id: Option<u64>,
    cost: Option<ClickCost>,
}

fn since(connection: &Connection, mark: i64) -> Result<Vec<Counting>, StoreError> {
    let mut statement = connection.prepare_cached(SINCE)?;
    let values = named_params! { ":mark": mark, ":most": PIECE as i64 };
    let rows = statement.query_map(values, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> Result<Counting, rusqlite::Error> {
    let amount: Option<i64> = row.get(4)?;
    let currency: Option<String> = row.get(5)?;
    let currency = currency.as_deref().and_then(Currency::parse);
    Ok(Counting {
        id: row.get(0)?,
        at: row.get(1)?,
        campaign_id: row.get(2)?,
        flow_id: row.get(3)?,
        cost: amount.zip(currency).map(|(amount, currency)| ClickCost {
            amount: Micros(amount),
            currency,
            fell_back: false,
        }),
    })
}

fn count_again(
    counts: &Counts,
    known: &HashSet<(Counted, u64)>,
    documents: &Documents,
    rates: &Rates,
    click: &Counting,
) {
    let Some(campaign) = documents.campaigns.get(&click.campaign_id) else {
        return;
    };
    let zone: Tz = period::zone(&campaign.timezone);
    if let Some(cost) = click.cost {
        budget::spend(counts, rates, campaign, zone, cost, click.at);
    }
    let Some(flow_id) = click.flow_id else { return };
    // Which limits a flow has is known to its filters only; those that were ever used have a row.
    for what in [
        Counted::FlowClicksPerHour,
        Counted::FlowClicksPerDay,
        Counted::FlowClicks,
    ] {
        if known.contains(&(what, flow_id)) {
            counts.add(Counter::at(what, flow_id, click.at, zone), 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::campaign::Campaign;
    use crate::domain::click::Click;
    use crate::engine::visit::Counters;
    use crate::store::clicks::insert;
    use crate::store::connection::{Durability, open_writer};
    use crate::store::dictionary::Dictionary;
    use crate::store::migrations;

    const NOW: i64 = 1_790_000_000_000;

    /// A database file with a writer and readers.
    fn store(directory: &std::path::Path) -> (Writer, Readers) {
        let path = directory.join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrations::migrate(&mut connection, &path).unwrap();
        (Writer::over(connection), Readers::open(&path).unwrap())
    }

    fn counter(what: Counted, id: u64, at: i64) -> Counter {
        Counter::at(what, id, at, Tz::UTC)
    }

    #[test]
    fn what_was_written_is_restored_and_written_once() {
        let directory = tempfile::tempdir().unwrap();
        let (writer, readers) = store(directory.path());
        let daily = counter(Counted::OfferConversionsPerDay, 7, NOW);
        let total = counter(Counted::CampaignCost, 3, NOW);
        let (counts, keeper) = (Counts::default(), Keeper::default());
        counts.add(daily, 5);
        counts.add(total, 1_500_000);

        keeper
            .flush(&counts, Id::first_at(NOW), &writer, NOW)
            .unwrap();

        assert_eq!(counts.changed(), []);
        let (documents, rates) = (Documents::default(), Rates::default());
        let restored = restore(&readers, &documents, &rates, NOW).unwrap();
        assert_eq!(
            (restored.count(daily), restored.count(total)),
            (5, 1_500_000)
        );
        assert_eq!(restored.changed(), []);
        writer.stop();
    }

    #[test]
    fn old_periods_leave_the_database_and_totals_stay() {
        let directory = tempfile::tempdir().unwrap();
        let (writer, readers) = store(directory.path());
        let (counts, keeper) = (Counts::default(), Keeper::default());
        let hour = counter(Counted::FlowClicksPerHour, 1, NOW);
        let total = counter(Counted::FlowClicks, 1, NOW);
        counts.add(hour, 2);
        counts.add(total, 2);
        keeper
            .flush(&counts, Id::first_at(0), &writer, NOW)
            .unwrap();

        let later = NOW + 50 * HOUR_MS;
        keeper
            .flush(&counts, Id::first_at(0), &writer, later)
            .unwrap();

        let rows = load(&readers.get().unwrap()).unwrap();
        assert_eq!(rows, [(total, 2)]);
        assert_eq!((counts.count(hour), counts.count(total)), (0, 2));
        writer.stop();
    }

    /// A click of campaign 1 and flow 5 that cost half a unit.
    fn click(at: i64) -> Click {
        Click {
            id: Id::first_at(at),
            at,
            campaign_id: 1,
            flow_id: Some(5),
            landing_id: None,
            offer_id: None,
            traffic_source_id: None,
            domain_id: None,
            ip: [1, 2, 3, 4].into(),
            agent: Arc::default(),
            place: Arc::default(),
            language: None,
            referrer: None,
            bot_reason: None,
            parameters: Default::default(),
            cost: Some(ClickCost {
                amount: Micros(500_000),
                currency: Currency::USD,
                fell_back: false,
            }),
        }
    }

    #[test]
    fn clicks_after_the_last_writing_are_counted_again_and_no_others() {
        let directory = tempfile::tempdir().unwrap();
        let (writer, readers) = store(directory.path());
        // In Kolkata the day begins at 18:30 UTC: the last click is one of the next day.
        let campaign = Campaign {
            id: 1,
            timezone: "Asia/Kolkata".to_owned(),
            ..Campaign::default()
        };
        let zone = period::zone("Asia/Kolkata");
        let midnight = period::day_start(period::day(NOW, zone) + 1, zone);
        let clicks = [-9, -5, -1, 0].map(|seconds| click(midnight + seconds * 1_000));
        let mark = clicks[1].id;
        let rows = clicks.clone();
        writer
            .edit_blocking(move |connection| {
                let mut statement = insert::prepare(connection)?;
                for click in &rows {
                    let dictionary = &mut Dictionary::new();
                    insert::insert(connection, &mut statement, dictionary, click)?;
                }
                Ok(())
            })
            .unwrap();
        let daily = Counter::at(Counted::FlowClicksPerDay, 5, midnight - 1, zone);
        let next = Counter::at(Counted::FlowClicksPerDay, 5, midnight, zone);
        let cost = Counter::at(Counted::CampaignCost, 1, midnight, zone);
        let counts = Counts::default();
        counts.add(daily, 2);
        counts.add(cost, 1_000_000);
        let keeper = Keeper::default();
        keeper.flush(&counts, mark, &writer, midnight).unwrap();

        let mut documents = Documents::default();
        documents.campaigns.insert(1, Arc::new(campaign));
        let restored = restore(&readers, &documents, &Rates::default(), midnight).unwrap();

        assert_eq!((restored.count(daily), restored.count(next)), (3, 1));
        assert_eq!(restored.count(cost), 2_000_000);
        let hourly = Counter::at(Counted::FlowClicksPerHour, 5, midnight, zone);
        assert_eq!(
            restored.count(hourly),
            0,
            "nobody counts the hours of this flow"
        );
        writer.stop();
    }

    #[test]
    fn an_unknown_counter_and_a_damaged_mark_keep_nobody_from_starting() {
        let directory = tempfile::tempdir().unwrap();
        let (writer, readers) = store(directory.path());
        writer
            .edit_blocking(|connection| {
                connection.execute("insert into counters values ('moonshine', 1, 0, -4)", [])?;
                settings::set(connection, MARK, b"no")
            })
            .unwrap();

        let restored = restore(&readers, &Documents::default(), &Rates::default(), NOW);

        assert!(restored.is_ok());
        writer.stop();
    }
}
