//! Caps of offers, filled by conversions.

use std::thread;

use serde_json::{Value, json};

use crate::money::postback;
use crate::tracker::{Tracker, spawn};

/// A tracker whose campaign `push` sends everybody to an offer with this cap, and to another one
/// once it is full; the id of the first.
fn set_up(mut cap: Value) -> (Tracker, u64) {
    let tracker = spawn();
    let overflow = tracker.create(
        "/api/v1/offers",
        &json!({"name": "overflow", "url": "http://127.0.0.1:9/overflow?c={click_id}"}),
    );
    cap["overflow_offer_id"] = json!(overflow);
    let offer = tracker.create(
        "/api/v1/offers",
        &json!({"name": "capped", "url": "http://127.0.0.1:9/capped?c={click_id}", "cap": cap}),
    );
    tracker.create(
        "/api/v1/campaigns",
        &crate::tracker::campaign("push", offer),
    );
    (tracker, offer)
}

/// A click; its id, and whether it went to the capped offer.
fn click(tracker: &Tracker) -> (String, bool) {
    let answer = tracker.click("/push", &[]);
    let id = answer.click_id().unwrap().to_owned();
    (id, answer.location().contains("/capped"))
}

/// Clicks that go to the capped offer.
fn clicks(tracker: &Tracker, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let (id, is_there) = click(tracker);
        assert!(is_there, "the offer is full already");
        ids.push(id);
    }
    ids
}

fn cap(tracker: &Tracker, offer: u64) -> Value {
    let (status, cap) = tracker.get(&format!("/api/v1/offers/{offer}/cap"));
    assert_eq!(status, 200, "{cap:#}");
    cap
}

fn places(tracker: &Tracker, offer: u64) -> u64 {
    cap(tracker, offer)["count"].as_u64().unwrap()
}

fn say(tracker: &Tracker, id: &str, said: &str) {
    assert_eq!(postback(tracker, &format!("subid={id}&{said}")), "Success");
}

#[test]
fn two_conversions_fill_a_cap_of_two_and_later_visitors_go_on() {
    let (tracker, offer) = set_up(json!({"daily": 2}));
    assert_eq!(
        tracker.get(&format!("/api/v1/offers/{offer}")).1["warnings"],
        json!([]),
        "it is acted on"
    );
    let ids = clicks(&tracker, 3);

    say(&tracker, &ids[0], "status=lead&payout=1");
    assert!(click(&tracker).1, "there is a place left");
    say(&tracker, &ids[1], "status=sale&payout=1");

    assert!(!click(&tracker).1);
    let full = cap(&tracker, offer);
    assert_eq!(
        (&full["count"], &full["left"], &full["is_full"]),
        (&json!(2), &json!(0), &json!(true))
    );
    // Who is there already converts all the same.
    say(&tracker, &ids[2], "status=sale&payout=1");
    assert_eq!(places(&tracker, offer), 3);
    // The lead that becomes a sale has its place, and keeps it when it is rejected.
    say(&tracker, &ids[0], "status=sale");
    say(&tracker, &ids[0], "status=rejected");
    assert_eq!(places(&tracker, offer), 3);
    assert!(!click(&tracker).1);
}

#[test]
fn only_the_chosen_statuses_take_a_place() {
    let (tracker, offer) = set_up(json!({"daily": 5, "statuses": ["sale"]}));
    let ids = clicks(&tracker, 3);

    for (id, status, expected) in [
        (&ids[0], "lead", 0),
        (&ids[0], "sale", 1),
        (&ids[1], "rejected", 1),
        (&ids[1], "sale", 2),
        (&ids[1], "trash", 2),
        (&ids[1], "sale", 2),
        (&ids[2], "trash", 2),
    ] {
        say(&tracker, id, &format!("status={status}&payout=1"));
        assert_eq!(places(&tracker, offer), expected, "{status}");
    }

    let (tracker, offer) = set_up(json!({"daily": 5, "statuses": ["rejected"]}));
    let ids = clicks(&tracker, 1);
    say(&tracker, &ids[0], "status=lead&payout=1");
    assert_eq!(places(&tracker, offer), 0);
    say(&tracker, &ids[0], "status=rejected");
    assert_eq!(places(&tracker, offer), 1);
}

#[test]
fn a_rejection_frees_the_place_where_the_cap_says_so() {
    let (mut tracker, offer) = set_up(json!({"daily": 1, "frees_on_rejection": true}));
    let ids = clicks(&tracker, 2);
    say(&tracker, &ids[0], "status=lead&payout=1");
    assert!(!click(&tracker).1);

    say(&tracker, &ids[0], "status=rejected");
    assert_eq!(places(&tracker, offer), 0);
    assert!(click(&tracker).1);
    say(&tracker, &ids[1], "status=trash");
    assert_eq!(places(&tracker, offer), 0, "it never had one");
    say(&tracker, &ids[0], "status=sale");
    assert_eq!(places(&tracker, offer), 1);

    say(&tracker, &ids[0], "status=trash");
    tracker.kill_9();
    tracker.start();
    assert_eq!(places(&tracker, offer), 0);
    assert!(click(&tracker).1);
}

#[test]
fn repeats_rebills_tests_corrections_and_unmapped_ones_take_no_place() {
    let (tracker, offer) = set_up(json!({"daily": 9}));
    tracker.create(
        "/api/v1/events",
        &json!({"name": "Registration", "key": "registration", "counts_as_conversion": false}),
    );
    tracker.create(
        "/api/v1/events",
        &json!({"name": "Deposit", "key": "deposit", "counts_as_conversion": true}),
    );
    let ids = clicks(&tracker, 1);
    let id = &ids[0];

    for (said, expected) in [
        ("status=sale&payout=1&tid=t&test=1", 0),
        ("status=wonderful&tid=w", 0),
        ("status=sale&payout=-1&tid=c", 0),
        ("event=rebill&payout=1&tid=r", 0),
        ("event=registration&payout=1", 0),
        ("event=deposit&payout=1", 1),
        ("status=sale&payout=1&tid=w", 2),
        ("status=sale&payout=1&tid=w", 2),
        ("status=sale&payout=1&tid=second", 2),
        ("status=rejected&tid=second", 2),
    ] {
        let answer = postback(&tracker, &format!("subid={id}&{said}"));
        assert_eq!(places(&tracker, offer), expected, "{said}: {answer}");
    }
}

#[test]
fn what_is_older_than_the_cap_takes_no_place_when_it_changes() {
    let (tracker, offer) = set_up(json!({"daily": 9}));
    let path = format!("/api/v1/offers/{offer}");
    assert_eq!(tracker.patch(&path, &json!({"cap": null})).0, 200);
    let ids = clicks(&tracker, 3);
    say(&tracker, &ids[0], "status=sale&payout=1");
    say(&tracker, &ids[1], "status=lead&payout=1");
    assert_eq!(tracker.patch(&path, &json!({"cap": {"daily": 9}})).0, 200);

    say(&tracker, &ids[0], "status=sale&payout=2");
    say(&tracker, &ids[1], "status=sale&payout=1");
    let of_old_ones = places(&tracker, offer);
    say(&tracker, &ids[2], "status=lead&payout=1");

    assert_eq!((of_old_ones, places(&tracker, offer)), (0, 1));
}

#[test]
fn a_cap_counts_by_the_day_of_its_zone() {
    // One of the two is on another day than UTC now, whenever now is.
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"] {
        let (tracker, offer) = set_up(json!({"daily": 5, "timezone": zone}));
        let ids = clicks(&tracker, 1);
        let before = cap(&tracker, offer);

        say(&tracker, &ids[0], "payout=1");

        let after = cap(&tracker, offer);
        assert_eq!(after["timezone"], zone);
        assert_eq!((&before["count"], &after["count"]), (&json!(0), &json!(1)));
        let day: String = tracker
            .database()
            .query_row(
                "select date(cap_day * 86400, 'unixepoch') from conversions",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert!([&before["day"], &after["day"]].contains(&&json!(day)));
    }
}

#[test]
fn places_survive_kills_and_stops() {
    let (mut tracker, offer) = set_up(json!({"daily": 100}));
    for round in 1..=4 {
        for id in clicks(&tracker, 5) {
            say(&tracker, &id, "status=lead&payout=1");
        }

        match round {
            2 => tracker.stop(),
            _ => tracker.kill_9(),
        }
        tracker.start();

        assert_eq!(places(&tracker, offer), 5 * round, "after round {round}");
    }
}

#[test]
fn fifty_identical_postbacks_at_once_take_one_place() {
    let (tracker, offer) = set_up(json!({"daily": 2}));
    let ids = clicks(&tracker, 1);

    thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| postback(&tracker, &format!("subid={}&payout=1&tid=t", ids[0])));
        }
    });

    assert_eq!(places(&tracker, offer), 1);
    assert!(click(&tracker).1, "the second place is free");
    let conversions: i64 = tracker
        .database()
        .query_row("select count(*) from conversions", [], |row| row.get(0))
        .unwrap();
    assert_eq!(conversions, 1);
}
