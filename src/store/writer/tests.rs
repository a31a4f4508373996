//! The writer against a real file: commits, locks, spill.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::*;
use crate::domain::click::{Click, ClickCost};
use crate::domain::id::{Id, IdGenerator};
use crate::domain::money::{Currency, Micros};
use crate::domain::offer_click::OfferClick;
use crate::domain::visitor::{Agent, Language, Parameters, Place};
use crate::store::connection::open_writer;
use crate::store::migrations::migrate;

struct Fixture {
    directory: tempfile::TempDir,
    writer: Writer,
    ids: IdGenerator,
}

fn start_in(directory: &Path) -> Writer {
    let path = directory.join("millrace.db");
    let mut connection = open_writer(&path, Durability::Process).expect("opened");
    migrate(&mut connection, &path).expect("migrated");
    let settings = Settings {
        ack_timeout: Duration::from_millis(100),
        durability: Durability::Process,
        spill_bytes: 1 << 20,
    };
    Writer::start(connection, &directory.join("millrace.spill"), &settings).expect("started")
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let writer = start_in(directory.path());
        Self {
            directory,
            writer,
            ids: IdGenerator::new(0, None),
        }
    }

    fn click(&self) -> Click {
        click(self.ids.next(1_790_000_000_000))
    }

    fn database(&self) -> Connection {
        Connection::open(self.directory.path().join("millrace.db")).expect("opened")
    }

    fn stored(&self) -> Vec<i64> {
        let database = self.database();
        let mut statement = database
            .prepare("select id from clicks order by id")
            .expect("prepared");
        let rows = statement.query_map([], |row| row.get(0)).expect("queried");
        rows.map(|id| id.expect("an id")).collect()
    }
}

fn click(id: Id) -> Click {
    Click {
        id,
        at: 1_790_000_000_000,
        campaign_id: 1,
        flow_id: Some(2),
        landing_id: None,
        offer_id: Some(3),
        traffic_source_id: None,
        domain_id: None,
        ip: [203, 0, 113, 9].into(),
        agent: Arc::default(),
        place: Arc::default(),
        language: None,
        referrer: None,
        bot_reason: None,
        parameters: Default::default(),
        cost: None,
        parent_id: None,
        visitor: None,
        is_unique_campaign: false,
        is_unique_flow: false,
        is_unique_global: false,
        is_test: false,
    }
}

/// Runs on one thread with local tasks, as the server's workers do.
fn on_a_worker<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, work)
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < deadline, "never came true: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_click_is_committed_before_its_visitor_goes_on() {
    let fixture = Fixture::new();

    let receipt = on_a_worker(async {
        let lane = fixture.writer.lane();
        let receipt = lane.store(fixture.click()).await;
        assert_eq!(fixture.stored().len(), 1);
        receipt
    });

    assert_eq!(receipt, Receipt::Stored);
}

#[test]
fn the_same_click_twice_is_one_row() {
    let fixture = Fixture::new();
    let twice = fixture.click();

    on_a_worker(async {
        let lane = fixture.writer.lane();
        lane.store(twice.clone()).await;
        lane.store(twice).await;
    });

    assert_eq!(fixture.stored().len(), 1);
}

#[test]
fn a_click_that_comes_late_is_noted_for_its_segment() {
    let fixture = Fixture::new();
    let (late, early) = (fixture.click(), fixture.click());
    let (late_id, below) = (late.id.to_row(), early.id.to_row());
    let raise = "update column_marks set noted_below = ?1 where kind = 1";
    fixture.database().execute(raise, [below]).expect("raised");

    on_a_worker(async {
        let lane = fixture.writer.lane();
        lane.store(early).await;
        lane.store(late.clone()).await;
        // That it comes again changes nothing.
        lane.store(late).await;
    });

    let noted: Vec<(u8, i64)> = fixture
        .database()
        .prepare("select kind, id from loose")
        .and_then(|mut statement| {
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        })
        .expect("queried");
    assert_eq!(noted, [(1, late_id)]);
}

#[test]
fn the_clicks_of_one_visit_are_one_commit_and_know_their_parents() {
    let fixture = Fixture::new();
    let parent = fixture.click();
    let mut child = fixture.click();
    child.parent_id = Some(parent.id);
    let pair = (child.id.to_row(), parent.id.to_row());

    on_a_worker(async {
        let lane = fixture.writer.lane();
        let before = fixture.writer.health().commits;
        lane.store_all(vec![Arc::new(parent), Arc::new(child)])
            .await;
        assert_eq!(fixture.writer.health().commits, before + 1);
    });

    let jumps: Vec<(i64, i64)> = fixture
        .database()
        .prepare("select click_id, parent_id from jumps")
        .and_then(|mut statement| {
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        })
        .expect("queried");
    assert_eq!(jumps, [pair]);
    assert_eq!(fixture.stored().len(), 2);
}

#[test]
fn a_locked_database_sends_clicks_to_the_spill_and_takes_them_over_afterwards() {
    let fixture = Fixture::new();
    let blocker = fixture.database();
    blocker.execute_batch("begin exclusive").expect("locked");

    let started = Instant::now();
    let receipts = on_a_worker(async {
        let lane = fixture.writer.lane();
        let mut receipts = Vec::new();
        for _ in 0..50 {
            receipts.push(lane.store(fixture.click()).await);
        }
        receipts
    });
    let took = started.elapsed();

    assert!(
        receipts.iter().all(|receipt| *receipt == Receipt::Spilled),
        "{receipts:?}"
    );
    assert!(
        took < Duration::from_secs(2),
        "only the first waits for the time-out: {took:?}"
    );
    assert!(fixture.writer.health().stalled);
    blocker.execute_batch("rollback").expect("unlocked");
    until("the spill is taken over", || {
        !fixture.writer.health().stalled
    });
    assert_eq!(fixture.stored().len(), 50);
    assert_eq!(fixture.writer.health().spill.pending_bytes, 0);
}

#[test]
fn what_the_spill_holds_at_a_crash_is_taken_over_at_the_next_start() {
    let fixture = Fixture::new();
    let blocker = fixture.database();
    blocker.execute_batch("begin exclusive").expect("locked");
    on_a_worker(async {
        let lane = fixture.writer.lane();
        for _ in 0..3 {
            lane.store(fixture.click()).await;
        }
    });
    let copy = tempfile::tempdir().expect("a temporary directory");
    for file in ["millrace.db", "millrace.db-wal", "millrace.spill"] {
        let from = fixture.directory.path().join(file);
        std::fs::copy(from, copy.path().join(file)).expect("copied");
    }

    let writer = start_in(copy.path());

    let database = Connection::open(copy.path().join("millrace.db")).expect("opened");
    let count: i64 = database
        .query_row("select count(*) from clicks", [], |row| row.get(0))
        .expect("counted");
    assert_eq!(count, 3);
    assert_eq!(writer.health().spill.pending_bytes, 0);
}

#[test]
fn a_click_that_fails_for_a_reason_of_its_own_is_set_aside_and_the_rest_is_stored() {
    let fixture = Fixture::new();
    fixture
        .database()
        .execute_batch(
            "create trigger picky before insert on clicks when new.source = 666
             begin select raise(abort, 'not this one'); end",
        )
        .expect("created");
    let mut bad = fixture.click();
    bad.parameters.source = Some("666".into());

    on_a_worker(async {
        let lane = fixture.writer.lane();
        lane.store(bad).await;
        lane.store(fixture.click()).await;
    });

    assert_eq!(fixture.stored().len(), 1);
    assert_eq!(fixture.writer.health().set_aside, 1);
    let error: String = fixture
        .database()
        .query_row("select error from set_aside", [], |row| row.get(0))
        .expect("listed");
    assert!(error.contains("not this one"), "{error}");
}

#[test]
fn a_failed_edit_changes_nothing_and_says_why() {
    let fixture = Fixture::new();

    let failed = fixture.writer.edit_blocking(|connection| {
        connection.execute("insert into settings values ('a', x'00')", [])?;
        Err::<(), _>(StoreError::Damaged("on purpose".into()))
    });
    let kept = fixture.writer.edit_blocking(|connection| {
        connection.execute("insert into settings values ('b', x'00')", [])?;
        Ok(7)
    });

    assert!(matches!(failed, Err(StoreError::Damaged(_))));
    assert_eq!(kept.expect("committed"), 7);
    let names: String = fixture
        .database()
        .query_row("select group_concat(name) from settings", [], |row| {
            row.get(0)
        })
        .expect("queried");
    assert_eq!(names, "b");
}

#[test]
fn edits_that_take_long_are_not_one_transaction() {
    let directory = tempfile::tempdir().unwrap();
    let writer = start_in(directory.path());
    let (go_on, waits) = std::sync::mpsc::channel();
    let slowly = |_: &Connection| {
        std::thread::sleep(Duration::from_millis(30));
        Ok(())
    };
    let waiting = move |_: &Connection| {
        let _ = waits.recv();
        Ok(())
    };
    drop(writer.edit(waiting, |()| {}));
    until("the writer is busy", || writer.health().queue == 0);
    for _ in 0..3 {
        drop(writer.edit(slowly, |()| {}));
    }
    let before = writer.health().commits;

    go_on.send(()).unwrap();
    writer.edit_blocking(|_| Ok(())).unwrap();

    let commits = writer.health().commits - before;
    assert!(commits >= 4, "{commits} commits");
    writer.stop();
}

#[test]
fn offer_clicks_go_the_way_of_clicks_through_the_spill_too() {
    let fixture = Fixture::new();
    let mut undecided = fixture.click();
    undecided.offer_id = None;
    let click_id = undecided.id;
    let step = || OfferClick {
        id: fixture.ids.next(1_790_000_000_000),
        at: 1_790_000_000_000,
        click_id: Some(click_id),
        offer_id: Some(7),
        n: Some(1),
        no_entry_campaign_id: None,
        is_preview: false,
    };
    let blocker = fixture.database();

    let receipts = on_a_worker(async {
        let lane = fixture.writer.lane();
        let first = lane.store(step()).await;
        blocker.execute_batch("begin exclusive").expect("locked");
        // Their click comes through the same spill, before them.
        [
            first,
            lane.store(undecided).await,
            lane.store(step()).await,
            lane.store(step()).await,
        ]
    });
    blocker.execute_batch("rollback").expect("unlocked");
    until("the spill is taken over", || {
        !fixture.writer.health().stalled
    });

    let spilled = Receipt::Spilled;
    assert_eq!(receipts, [Receipt::Stored, spilled, spilled, spilled]);
    let (steps, offer): (i64, i64) = fixture
        .database()
        .query_row(
            "select count(*), max(clicks_readable.offer_id) from offer_clicks
             join clicks_readable on clicks_readable.id = offer_clicks.click_id",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .expect("queried");
    assert_eq!((steps, offer), (3, 7));
}

#[test]
fn stopping_stores_everything_that_was_handed_over() {
    let fixture = Fixture::new();

    on_a_worker(async {
        let lane = fixture.writer.lane();
        for _ in 0..500 {
            let (lane, click) = (lane.clone(), fixture.click());
            tokio::task::spawn_local(async move { lane.store(click).await });
        }
        // A local set polls some 60 tasks a turn; each hands its click over in its first poll.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    });
    fixture.writer.stop();

    assert_eq!(fixture.stored().len(), 500);
}

#[test]
fn a_database_that_fills_up_inside_a_batch_loses_no_click_even_without_a_spill() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::create_dir(directory.path().join("millrace.spill")).expect("in the spill's place");
    let writer = start_in(directory.path());
    let fixture = Fixture {
        directory,
        writer,
        ids: IdGenerator::new(0, None),
    };
    let limit_pages = |most: i64| {
        fixture.writer.edit_blocking(move |connection| {
            connection.query_row(&format!("pragma max_page_count = {most}"), [], |_| Ok(()))?;
            Ok(())
        })
    };
    let pages: i64 = fixture
        .database()
        .query_row("pragma page_count", [], |row| row.get(0))
        .expect("counted");
    limit_pages(pages + 20).expect("limited");

    let receipts: Vec<Receipt> = std::thread::scope(|scope| {
        let worker = || {
            on_a_worker(async {
                let lane = fixture.writer.lane();
                let clicks = (0..300).map(|_| {
                    let (lane, mut click) = (lane.clone(), fixture.click());
                    click.referrer = Some("r".repeat(1_000));
                    tokio::task::spawn_local(async move { lane.store(click).await })
                });
                let clicks: Vec<_> = clicks.collect();
                let mut receipts = Vec::new();
                for click in clicks {
                    receipts.push(click.await.expect("no panic"));
                }
                receipts
            })
        };
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("no panic"))
            .collect()
    });

    assert!(
        receipts.contains(&Receipt::InMemory),
        "the limit was never met"
    );
    assert!(!receipts.contains(&Receipt::Lost));
    assert!(
        !fixture.writer.shared.spill.is_stalled(),
        "an error is not a stall"
    );
    // Refused where it shares a transaction with clicks that still find no room.
    until("the limit is lifted", || limit_pages(1_000_000).is_ok());
    until("all clicks are stored", || {
        fixture.writer.health().unstored == 0
    });
    assert_eq!(fixture.stored().len(), 600);
    assert_eq!(fixture.writer.health().stored, 600);
}

#[test]
fn a_busy_worker_says_nothing_about_the_disk() {
    let fixture = Fixture::new();
    let click = fixture.click();
    let receipt = on_a_worker(async {
        let lane = fixture.writer.lane();
        let storing = tokio::task::spawn_local(async move { lane.store(click).await });
        // Longer than a click waits for its commit, before it is even handed over.
        tokio::task::spawn_local(async { std::thread::sleep(Duration::from_millis(150)) });
        storing.await.expect("stored")
    });

    assert_eq!(receipt, Receipt::Stored);
    assert_eq!(fixture.writer.health().stalls, 0);
}

/// A click as pop and push networks send them: eight parameters, of which most are numbers.
fn ordinary(id: Id, index: u64) -> Click {
    let number = |from: u64, many: u64| Some((from + index * 7_919 % many).to_string());
    let keywords = ["loan", "vpn", "car insurance", "free games", "solar"];
    let referrers = ["https://www.google.com/", "https://example.net/video/1834"];
    Click {
        campaign_id: 1 + index % 200,
        offer_id: Some(1 + index / 200 % 4),
        ip: std::net::Ipv4Addr::from_bits((index as u32).wrapping_mul(0x9E37_79B9)).into(),
        agent: Arc::new(Agent {
            fingerprint: u128::from(index % 150),
            ..Agent::default()
        }),
        place: Arc::new(Place {
            fingerprint: u128::from(index % 3_000),
            ..Place::default()
        }),
        language: Language::parse("en"),
        referrer: index
            .is_multiple_of(3)
            .then(|| referrers[index as usize % 2].to_owned()),
        parameters: Parameters {
            external_id: Some((79_526_892_010_000_000 + index).to_string()),
            source: number(4_100_000, 5_000),
            keyword: Some(keywords[index as usize % 5].to_owned()),
            creative_id: number(1_100_000, 400),
            ad_campaign_id: number(7_000_000, 100),
            sub_ids: vec![(1, "android".to_owned()), (2, (index % 9_999).to_string())],
            ..Parameters::default()
        },
        cost: Some(ClickCost {
            amount: Micros(500 + (index % 895) as i64 * 100),
            currency: Currency::parse("USD").expect("a currency"),
            fell_back: false,
        }),
        is_unique_campaign: true,
        is_unique_flow: true,
        is_unique_global: true,
        is_test: false,
        ..click(id)
    }
}

#[test]
fn an_ordinary_click_takes_less_than_a_hundred_bytes() {
    let fixture = Fixture::new();
    const CLICKS: u64 = 12_000;

    on_a_worker(async {
        let lane = fixture.writer.lane();
        for lot in 0..CLICKS / 100 {
            let one = |place| ordinary(fixture.ids.next(1_790_000_000_000), lot * 100 + place);
            let clicks = (0..100).map(|place| Arc::new(one(place))).collect();
            lane.store_all(clicks).await;
        }
    });

    assert_eq!(fixture.stored().len() as u64, CLICKS);
    let (whole, payload): (u64, u64) = fixture
        .database()
        .query_row(
            "select sum(pgsize), sum(payload) from dbstat where name = 'clicks'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .expect("the statistics");
    let each = |bytes: u64| bytes as f64 / CLICKS as f64;
    assert!(each(payload) < 83.0, "{} bytes of payload", each(payload));
    assert!(each(whole) < 97.0, "{} bytes of pages", each(whole));
}
