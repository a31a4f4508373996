//! Postbacks on a bad day: what was answered `Success` is stored once, what was not is asked again
//! and stored once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::disk::{Scope, Weather};
use crate::payer::{KEY, Payer, assert_plain, row_id, wait_until};
use crate::visitor::{Answer, Visitor};

fn target(click: &str, query: &str) -> String {
    format!("/postback/{KEY}?subid={click}&{query}")
}

fn is_put_off(answer: &Answer) -> bool {
    if answer.status != 503 {
        return false;
    }
    assert_plain(answer);
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    true
}

/// Asks until it is taken, as networks do.
fn persists(payer: &Payer, target: &str) {
    wait_until("the postback is taken", || {
        let answer = payer.tracker.click(target, &[]);
        assert!(answer.status == 200 || is_put_off(&answer), "{answer:?}");
        answer.status == 200
    });
}

/// Postbacks while the storage is out of order: all are put off within a bound, nothing is half
/// stored, and asked again each counts once.
fn survives(payer: &Payer, begin: impl FnOnce(), end: impl FnOnce()) {
    let queries = [
        "payout=5&tid=a",
        "goal=rebill&payout=2",
        "payout=-1",
        "status=lead",
    ];
    let clicks: Vec<String> = queries.iter().map(|_| payer.click()).collect();
    begin();
    // The first one may still be taken, where the room that is there suffices.
    let started = Instant::now();
    let answers: Vec<Answer> = scope(|threads| {
        let senders: Vec<_> = clicks
            .iter()
            .zip(queries)
            .map(|(click, query)| {
                threads.spawn(move || payer.tracker.click(&target(click, query), &[]))
            })
            .collect();
        senders.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "{:?}",
        started.elapsed()
    );
    let put_off = answers.iter().filter(|answer| is_put_off(answer)).count();
    end();

    assert!(
        put_off > 0,
        "nothing was put off, so nothing was tested: {answers:?}"
    );
    for (click, query) in clicks.iter().zip(queries) {
        persists(payer, &target(click, query));
    }
    let rows: Vec<_> = clicks.iter().map(|click| payer.rows(click)).collect();
    assert_eq!(
        rows,
        [
            ["conversion sale 5 USD #a"],
            ["rebill sale 2 USD"],
            ["conversion sale -1 USD correction"],
            ["conversion lead 0 USD"]
        ]
    );
    let lone = "select count(*) from conversions where not exists
        (select 1 from conversion_changes where conversion_id = conversions.id)";
    assert_eq!(payer.count(lone), 0);
    assert_eq!(payer.count("select count(*) from set_aside"), 0);
}

#[test]
fn a_locked_database_puts_postbacks_off() {
    let payer = Payer::new();
    let stranger = Connection::open(payer.tracker.data().join("millrace.db")).unwrap();
    survives(
        &payer,
        || stranger.execute_batch("begin immediate").unwrap(),
        || stranger.execute_batch("rollback").unwrap(),
    );
}

#[test]
fn a_full_disk_puts_postbacks_off() {
    let payer = Payer::new();
    let disk = &payer.tracker.disk;
    survives(
        &payer,
        || disk.turns(Weather::Full, Scope::Everything),
        || disk.heal(),
    );
}

#[test]
fn a_disk_that_stalls_puts_postbacks_off() {
    let payer = Payer::new();
    let disk = &payer.tracker.disk;
    survives(
        &payer,
        || disk.turns(Weather::Stalled, Scope::Everything),
        || disk.heal(),
    );
}

/// The click went to the spill, where no postback finds it; both are stored in the end.
#[test]
fn the_postback_of_a_click_in_the_spill_is_credited_once_it_is_taken() {
    let mut payer = Payer::new();
    payer.tracker.disk.turns(Weather::Full, Scope::Database);
    let click = payer.click();
    let answer = payer.tracker.click(&target(&click, "payout=5"), &[]);
    assert!(is_put_off(&answer), "{answer:?}");

    payer.tracker.kill_9();
    payer.tracker.disk.heal();
    payer.tracker.start();
    persists(&payer, &target(&click, "payout=5"));

    wait_until("it is stored", || {
        payer.rows(&click) == ["conversion sale 5 USD"]
    });
}

/// One postback of the load: its click's id, and whether it was answered `Success`.
type Asked = BTreeMap<String, bool>;

/// Senders on threads of their own until the server is gone.
fn senders(payer: &Payer, clicks: &[String], query: &str, kill_after: Duration) -> (Asked, usize) {
    let next = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let pid = payer.tracker.pid().to_string();
    let asked: Asked = scope(|threads| {
        let ask = || {
            let mut asked = Asked::new();
            let mut visitor = Visitor::new(payer.tracker.address());
            while !is_over.load(Ordering::Relaxed) {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(click) = clicks.get(at) else { break };
                let answer = visitor.click(&target(click, query), &[]);
                let is_told = answer.is_ok_and(|answer| answer.body == b"Success");
                asked.insert(click.clone(), is_told);
            }
            asked
        };
        let senders: Vec<_> = (0..6).map(|_| threads.spawn(ask)).collect();
        sleep(kill_after);
        let killed = std::process::Command::new("kill")
            .args(["-KILL", &pid])
            .status();
        assert!(killed.unwrap().success());
        is_over.store(true, Ordering::Relaxed);
        senders
            .into_iter()
            .flat_map(|one| one.join().unwrap())
            .collect()
    });
    let told = asked.values().filter(|told| **told).count();
    (asked, told)
}

#[test]
fn kill_9_under_postbacks_loses_no_answered_one_and_counts_no_repeated_one_twice() {
    let mut payer = Payer::new();
    let mut visitor = payer.tracker.visitor();
    let clicks: Vec<String> = (0..1_500)
        .map(|_| {
            visitor
                .click("/push", &[])
                .unwrap()
                .click_id()
                .unwrap()
                .to_owned()
        })
        .collect();
    // Each of a kind whose repetition would be a further row.
    let query = "goal=rebill&payout=2";
    let mut rest = &clicks[..];
    let mut told_in_all = 0;
    for round in 0..3 {
        let (asked, told) = senders(
            &payer,
            rest,
            query,
            Duration::from_millis(150 + 120 * round),
        );
        told_in_all += told;
        payer.tracker.wait();
        payer.tracker.start();

        for (click, is_told) in &asked {
            if *is_told {
                assert_eq!(
                    payer.rows(click),
                    ["rebill sale 2 USD"],
                    "answered, and not there"
                );
            }
        }
        // The network asks again for whatever it had no answer to.
        for (click, _) in asked.iter().filter(|(_, is_told)| !**is_told) {
            let answer = payer.calls(&target(click, query));
            assert!(
                answer == "Success" || answer.starts_with("The same request"),
                "{answer}"
            );
        }
        for click in asked.keys() {
            assert_eq!(payer.rows(click), ["rebill sale 2 USD"]);
        }
        let done = rest.iter().position(|click| !asked.contains_key(click));
        rest = &rest[done.unwrap_or(rest.len())..];
    }
    assert!(
        told_in_all > 20,
        "only {told_in_all} answers in three rounds"
    );
    let twice = "select count(*) from
        (select 1 from conversions group by click_id having count(*) > 1)";
    assert_eq!(payer.count(twice), 0);
    let lone = "select count(*) from conversions where click_id not in (select id from clicks)";
    assert_eq!(payer.count(lone), 0);
    assert!(clicks.iter().all(|click| row_id(click) > 0));
}
