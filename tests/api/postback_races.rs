//! Postbacks at the same moment, and senders who do not wait for the answer.

use std::io::Write;
use std::net::TcpStream;
use std::thread::{scope, sleep};
use std::time::Duration;

use serde_json::json;

use crate::payer::{KEY, Payer, wait_until};

#[test]
fn the_same_postback_fifty_times_at_once_is_one_conversion() {
    let payer = Payer::new();
    payer.event(json!({"name": "Deposit", "key": "deposit", "duplicates": "add_payout"}));
    let click = payer.click();
    for (query, row) in [
        ("payout=5", "conversion sale 5 USD"),
        ("goal=rebill&payout=1", "rebill sale 1 USD"),
        ("goal=deposit&payout=2", "deposit sale 2 USD"),
        ("payout=-1", "conversion sale -1 USD correction"),
    ] {
        let before = payer.rows(&click).len();
        let answers: Vec<String> = scope(|threads| {
            let asks = || payer.says(&format!("subid={click}&{query}"));
            let senders: Vec<_> = (0..50).map(|_| threads.spawn(asks)).collect();
            senders.into_iter().map(|one| one.join().unwrap()).collect()
        });

        let stored = answers.iter().filter(|answer| *answer == "Success").count();
        assert_eq!(stored, 1, "{query}");
        assert_eq!(payer.rows(&click)[before..], [row], "{query}");
    }
    assert_eq!(payer.verdicts().len(), 200);
}

#[test]
fn two_statuses_that_race_end_where_the_table_leads() {
    let payer = Payer::of_network(json!({"reopens": false}));
    for _ in 0..25 {
        let click = payer.click();
        scope(|threads| {
            for status in ["lead", "sale", "rejected"] {
                let query = format!("subid={click}&tid=a&payout=2&status={status}");
                let payer = &payer;
                threads.spawn(move || payer.says(&query));
            }
        });
        // Whatever came first, the rejection is final and the lead never comes back.
        assert_eq!(payer.rows(&click), ["conversion rejected 2 USD #a"]);
    }
}

#[test]
fn who_hangs_up_is_stored_once_whatever_he_does_then() {
    let payer = Payer::new();
    let click = payer.click();
    let request = format!(
        "GET /postback/{KEY}?subid={click}&goal=rebill&payout=3 HTTP/1.1\r\nHost: x\r\n\r\n"
    );

    for _ in 0..20 {
        let mut stream = TcpStream::connect(payer.tracker.address()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        drop(stream);
    }
    wait_until("all are logged", || payer.verdicts().len() == 20);
    payer.says(&format!("subid={click}&goal=rebill&payout=3"));

    assert_eq!(payer.rows(&click), ["rebill sale 3 USD"]);

    // In the middle of a body: nothing was said yet, and nothing is done.
    let click = payer.click();
    let half = format!(
        "POST /postback/{KEY} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nsubid={click}&payout=1"
    );
    let mut stream = TcpStream::connect(payer.tracker.address()).unwrap();
    stream.write_all(half.as_bytes()).unwrap();
    sleep(Duration::from_millis(100));
    drop(stream);
    sleep(Duration::from_millis(300));
    assert_eq!(payer.rows(&click), [""; 0]);
}
