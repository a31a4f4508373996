//! What happens around the transactions.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use super::testing::{NOW, Office};
use super::*;
use crate::domain::campaign::{Campaign, Cost, CostModel};
use crate::domain::money::Currency;
use crate::engine::visit::Counters;
use crate::postback;
use crate::store::writer::Writer;

const DAY_MS: i64 = 86_400_000;

/// Keeps the writer until it is told to go on.
fn occupy(writer: &Writer) -> mpsc::Sender<()> {
    let (go_on, waits) = mpsc::channel();
    let (begins, begun) = mpsc::channel();
    drop(writer.edit(
        move |_| {
            let _ = begins.send(());
            let _ = waits.recv();
            Ok(())
        },
        |()| {},
    ));
    begun.recv().unwrap();
    go_on
}

/// Campaign 1, whose clicks cost 2 for each conversion.
fn paying_by_results() -> Arc<Documents> {
    let campaign = Campaign {
        id: 1,
        cost: Cost {
            model: CostModel::Cpa,
            value: Micros(2_000_000),
            currency: Currency::USD,
            ..Cost::default()
        },
        ..Campaign::default()
    };
    Arc::new(Documents {
        campaigns: [(1, Arc::new(campaign))].into(),
        ..Documents::default()
    })
}

fn said(books: &Books, click: i64, more: &str) -> postback::Said {
    let click = books.codec.encode(Id::from_row(click).unwrap());
    let pairs = postback::pairs(&format!("subid={click}&{more}"), None).unwrap();
    postback::read(&pairs, &books.words(None), &books.codec)
}

#[test]
fn a_conversion_by_hand_counts_in_memory_before_what_is_committed_after_it() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path(), &[1]);
    let books = Books {
        documents: paying_by_results(),
        ..office.books()
    };
    let spent = Counter {
        what: Counted::CampaignCost,
        id: 1,
        period: 0,
    };
    let go_on = occupy(&office.writer);

    let by_hand = {
        let (writer, books) = (office.writer.clone(), books.clone());
        let said = said(&books, 1, "payout=5");
        thread::spawn(move || edit::enter(&writer, &books, said, None, NOW).unwrap())
    };
    while office.writer.health().queue == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    let (sender, seen) = mpsc::channel();
    let counts = Arc::clone(&books.counts);
    drop(office.writer.edit(
        |_| Ok(()),
        move |()| {
            let _ = sender.send((counts.count(spent), counts.last_change()));
        },
    ));
    go_on.send(()).unwrap();

    let outcome = by_hand.join().unwrap();
    assert!(outcome.changed, "{outcome:?}");
    let (spent, last_change) = seen.recv().unwrap();
    assert_eq!(spent, 2_000_000);
    assert!(last_change > outcome.conversion_id.unwrap().to_row());
    office.writer.stop();
}

fn log(connection: &Connection, id: i64, at: i64, unmapped: Option<&str>, click_id: Option<i64>) {
    const SQL: &str = "
        insert into postbacks (id, at, method, parameters, click_id, verdict, unmapped,
            fingerprint, flags)
        values (?1, ?2, 'GET', '[]', ?3, 'stored', ?4, 0, 0)";
    let values = rusqlite::params![id, at, click_id, unmapped];
    connection.execute(SQL, values).unwrap();
}

fn ids(office: &Office) -> Vec<i64> {
    let reader = office.readers.get().unwrap();
    let mut statement = reader
        .prepare("select id from postbacks order by id")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn old_requests_go_from_behind_those_that_still_wait() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path(), &[]);
    let fill = |connection: &Connection| {
        for id in 1..=8 {
            let unmapped = (id <= 4).then_some("status:x");
            log(connection, id, NOW, unmapped, None);
        }
        log(connection, 9, NOW + DAY_MS, None, None);
        connection.execute("insert into parked values (6, 77)", [])?;
        Ok(())
    };
    office.writer.edit_blocking(fill).unwrap();
    let prune = |most| prune_log(&office.readers, &office.writer, NOW + 1, most).unwrap();

    assert_eq!(prune(1), 1, "one piece is enough");
    assert_eq!(prune(100), 2);
    assert_eq!(prune(100), 0);
    assert_eq!(ids(&office), [1, 2, 3, 4, 6, 9]);
    office.writer.stop();
}

#[test]
fn one_that_cannot_be_stored_holds_up_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path(), &[1, 2]);
    let books = office.books();
    for click in [1, 2] {
        office.take(books.clone(), click);
    }
    let codec = books.codec.clone();
    let damage = move |connection: &Connection| {
        for (id, click) in [(10, 1), (11, 2)] {
            log(connection, id, NOW, None, Some(click));
            let click_id = codec.encode(Id::from_row(click).unwrap());
            let parameters = format!(r#"[["subid","{click_id}"],["payout","7"]]"#);
            connection.execute(
                "update postbacks set parameters = ?1 where id = ?2",
                (parameters, id),
            )?;
            connection.execute("insert into parked values (?1, ?2)", (id, click))?;
        }
        connection.execute(
            "update conversions set currency = '?' where click_id = 1",
            [],
        )?;
        Ok(())
    };
    office.writer.edit_blocking(damage).unwrap();
    let (ripe, _) = replay::ripe(&office.readers, -1).unwrap();

    let read = replay::replay(&office.writer, &books, ripe).unwrap();

    let verdicts: Vec<_> = read.iter().map(|(_, outcome)| outcome.verdict).collect();
    assert_eq!(verdicts, [Verdict::Unreadable, Verdict::Updated]);
    assert_eq!(replay::ripe(&office.readers, -1).unwrap(), (vec![], None));
    office.writer.stop();
}
