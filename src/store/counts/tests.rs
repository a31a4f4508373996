//! Counters over a real database.

use std::sync::Arc;

use chrono_tz::Tz;

use super::*;
use crate::domain::campaign::Campaign;
use crate::domain::click::{Click, ClickCost};
use crate::domain::documents::Documents;
use crate::domain::flow::{Filter, Flow, FlowKind, Match, Mode, Target};
use crate::domain::money::{Currency, Micros};
use crate::domain::period;
use crate::domain::rates::Rates;
use crate::domain::state::State;
use crate::engine::visit::Counters;
use crate::store::clicks::insert;
use crate::store::connection::{Durability, open_writer};
use crate::store::dictionary::Dictionary;
use crate::store::migrations;
use crate::store::readers::Readers;

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
    let (counts, mut keeper) = (Counts::default(), Keeper::default());
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
    let (counts, mut keeper) = (Counts::default(), Keeper::default());
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
        parent_id: None,
        visitor: None,
        is_unique_campaign: false,
        is_unique_flow: false,
        is_unique_global: false,
        is_test: false,
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
    // In Kolkata the day begins at 18:30 UTC: the last click is one of the next day. The day that
    // counts is that of the limit, not that of the campaign.
    let limit = Filter {
        key: "limit".to_owned(),
        mode: Mode::Accept,
        value: (&serde_json::json!({ "per_day": 9, "timezone": "Asia/Kolkata" })).into(),
    };
    let flow = Flow {
        id: 5,
        name: String::new(),
        kind: FlowKind::Regular,
        state: State::Active,
        weight: 1,
        r#match: Match::All,
        filters: vec![limit],
        target: Target::Campaign { campaign_id: 2 },
    };
    let campaign = Campaign {
        id: 1,
        timezone: "America/New_York".to_owned(),
        flows: vec![flow],
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
    let mut keeper = Keeper::default();
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
            Ok(settings::set(connection, MARK, b"no")?)
        })
        .unwrap();

    let restored = restore(&readers, &Documents::default(), &Rates::default(), NOW);

    assert!(restored.is_ok());
    writer.stop();
}

#[test]
fn a_change_that_is_in_the_totals_is_not_counted_again_and_a_later_one_is() {
    const CONVERSION: &str = "
        insert into conversions (id, at, status_at, campaign_id, offer_id, event, amount, currency,
            revenue, flags)
        values (10, ?1, ?1, 3, 7, 'conversion', 0, 'USD', 0, 0)";
    const CHANGE: &str = "
        insert into conversion_changes (id, conversion_id, at, origin, amount, currency, revenue,
            offer_id, cap_change, cap_day, spent)
        values (?1, 10, ?2, 'postback', 0, 'USD', 0, 7, 1, ?3, 0)";
    let directory = tempfile::tempdir().unwrap();
    let (writer, readers) = store(directory.path());
    let place = counter(Counted::OfferConversionsPerDay, 7, NOW);
    let (counts, mut keeper) = (Counts::default(), Keeper::default());
    writer
        .edit_blocking(move |connection| {
            connection.execute(CONVERSION, [NOW])?;
            for id in [11, 12] {
                connection.execute(CHANGE, [id, NOW, place.period])?;
            }
            Ok(())
        })
        .unwrap();
    // Both are stored and have ids below the highest one; the second has not taken hold yet.
    counts.add(place, 1);
    counts.note_change(11);

    keeper
        .flush(&counts, Id::first_at(NOW), &writer, NOW)
        .unwrap();

    let (documents, rates) = (Documents::default(), Rates::default());
    let restored = restore(&readers, &documents, &rates, NOW).unwrap();
    assert_eq!(restored.count(place), 2);
    assert_eq!(restored.last_change(), 12);
    writer.stop();
}
