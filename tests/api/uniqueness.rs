//! Who is unique, and what a returning visitor finds again, as the recorded clicks tell it.

use std::time::{Duration, Instant};

use rusqlite::params;
use serde_json::{Value, json};

use crate::tracker::{Options, Tracker, spawn};
use crate::visitor::{Answer, PHONE};

const TABLET: &str = "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
const HERE: &str = "8.8.8.8";
const ELSEWHERE: &str = "8.8.4.4";

/// A campaign of two weighted flows with an address each, with some fields of its own.
fn create(tracker: &Tracker, alias: &str, fields: &Value) -> Value {
    let flow = |name: &str| {
        json!({"name": name, "kind": "regular", "weight": 50,
            "target": {"kind": "redirect", "redirect": "http", "url": "http://127.0.0.1:9/?c={click_id}"}})
    };
    let mut document = json!({"name": alias, "alias": alias, "rotation": "weight",
        "fallback": {"kind": "redirect", "url": "http://127.0.0.1:9/fallback?c={click_id}"},
        "flows": [flow("one"), flow("two")]});
    for (name, value) in fields.as_object().unwrap() {
        document[name] = value.clone();
    }
    let (status, stored) = tracker.post("/api/v1/campaigns", &document);
    assert_eq!(status, 201, "{stored:#}");
    stored
}

fn save(tracker: &Tracker, campaign: &Value) -> Value {
    let path = format!("/api/v1/campaigns/{}", campaign["id"]);
    let (status, stored) = tracker.put(&path, campaign);
    assert_eq!(status, 200, "{stored:#}");
    stored
}

/// Who clicks.
#[derive(Clone, Default)]
struct Person<'a> {
    ip: &'a str,
    user_agent: &'a str,
    cookie: Option<String>,
}

fn person(ip: &str) -> Person<'_> {
    Person {
        ip,
        user_agent: PHONE,
        cookie: None,
    }
}

impl Person<'_> {
    fn visits(&self, tracker: &Tracker, alias: &str) -> Answer {
        let mut headers = vec![
            ("X-Forwarded-For", self.ip),
            ("User-Agent", self.user_agent),
        ];
        headers.extend(self.cookie.as_deref().map(|cookie| ("Cookie", cookie)));
        tracker.click(&format!("/{alias}"), &headers)
    }

    /// One visit: unique in (campaign, flow, everywhere).
    fn clicks(&self, tracker: &Tracker, alias: &str) -> (bool, bool, bool) {
        unique(&self.click(tracker, alias))
    }

    /// One visit, as it is recorded.
    fn click(&self, tracker: &Tracker, alias: &str) -> Value {
        recorded(tracker, &self.visits(tracker, alias))
    }

    /// The same with the cookie that an answer set.
    fn keeping(mut self, answer: &Answer) -> Self {
        let cookie = answer.cookie("mr_visitor").expect("a cookie");
        self.cookie = Some(cookie.to_owned());
        self
    }
}

fn recorded(tracker: &Tracker, answer: &Answer) -> Value {
    let id = answer.click_id().expect("a click id");
    let (status, click) = tracker.get(&format!("/api/v1/clicks/{id}"));
    assert_eq!(status, 200, "{click:#}");
    click
}

fn unique(click: &Value) -> (bool, bool, bool) {
    let flag = |name: &str| click[name].as_bool().unwrap();
    (
        flag("is_unique_campaign"),
        flag("is_unique_flow"),
        flag("is_unique_global"),
    )
}

const NEW: (bool, bool, bool) = (true, true, true);

/// Who is told apart by what.
fn by(word: &str) -> Value {
    json!({"uniqueness": {"by": word, "window_hours": 24}})
}

#[test]
fn visitors_are_told_apart_by_what_the_campaign_says() {
    let tracker = spawn();
    for (word, same_ip_is_new, same_browser_is_new) in [
        ("ip", false, true),
        ("ip_ua", true, true),
        ("cookie", true, true),
    ] {
        create(&tracker, word, &by(word));
        let first = person(HERE);
        let other_browser = Person {
            user_agent: TABLET,
            ..person(HERE)
        };

        assert!(first.clicks(&tracker, word).0, "{word}");
        assert_eq!(first.clicks(&tracker, word).0, word == "cookie", "{word}");
        assert_eq!(
            other_browser.clicks(&tracker, word).0,
            same_ip_is_new,
            "{word}"
        );
        assert_eq!(
            person(ELSEWHERE).clicks(&tracker, word).0,
            same_browser_is_new,
            "{word}"
        );
    }
}

#[test]
fn a_cookie_keeps_a_visitor_the_same_and_a_forged_one_does_not() {
    let tracker = spawn();
    for word in ["ip_ua", "cookie"] {
        create(&tracker, word, &by(word));
        let answer = person(HERE).visits(&tracker, word);
        let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
        for part in [
            "mr_visitor=",
            "HttpOnly",
            "SameSite=Lax",
            "Path=/",
            "Max-Age=86400",
        ] {
            assert!(cookie.contains(part), "{part} of {cookie}");
        }

        let moved = person(ELSEWHERE).keeping(&answer);
        let again = moved.visits(&tracker, word);
        assert!(!unique(&recorded(&tracker, &again)).0, "{word}");
        assert_eq!(again.header("set-cookie"), None, "it has one");

        let mut forged = moved.clone();
        forged.cookie = moved.cookie.map(|cookie| {
            let last = if cookie.ends_with('0') { "1" } else { "0" };
            format!("{}{last}", &cookie[..cookie.len() - 1])
        });
        let answer = forged.visits(&tracker, word);
        assert!(
            recorded(&tracker, &answer)["is_unique_campaign"]
                .as_bool()
                .unwrap(),
            "{word}"
        );
        assert!(answer.header("set-cookie").is_some(), "{word}");
    }
}

#[test]
fn cookies_can_be_switched_off() {
    let tracker = spawn();
    create(&tracker, "on", &by("ip_ua"));
    create(&tracker, "off", &json!({"uniqueness": {"cookies": false}}));
    let with_cookie = person(HERE).keeping(&person(HERE).visits(&tracker, "on"));

    let answer = person(HERE).visits(&tracker, "off");
    let elsewhere = Person {
        ip: ELSEWHERE,
        ..with_cookie
    };

    assert_eq!(answer.header("set-cookie"), None);
    assert!(elsewhere.clicks(&tracker, "off").0);
    assert!(!elsewhere.clicks(&tracker, "on").0);
}

#[test]
fn unique_in_campaign_flow_and_everywhere_are_recorded_and_filtered_by() {
    let tracker = spawn();
    let mut first = create(&tracker, "first", &json!({"rotation": "position"}));
    create(&tracker, "second", &json!({"rotation": "position"}));
    let visitor = person(HERE);

    assert_eq!(visitor.clicks(&tracker, "first"), NEW);
    assert_eq!(visitor.clicks(&tracker, "first"), (false, false, false));
    first["flows"][0]["state"] = json!("paused");
    save(&tracker, &first);
    assert_eq!(
        visitor.clicks(&tracker, "first"),
        (false, true, false),
        "another flow"
    );
    assert_eq!(visitor.clicks(&tracker, "second"), (true, true, false));

    for (filter, expected) in [
        ("is_unique_campaign=true", 2),
        ("is_unique_campaign=false", 2),
        ("is_unique_flow=true", 3),
        ("is_unique_global=true", 1),
        ("is_unique_global=maybe", 422),
    ] {
        let (status, page) = tracker.get(&format!("/api/v1/clicks?{filter}"));
        let found = page["items"].as_array().map_or(status.into(), Vec::len);
        assert_eq!(found, expected, "{filter}");
    }
    let readable: i64 = tracker
        .database()
        .query_row(
            "select sum(is_unique_campaign) + 10 * sum(is_unique_flow) + 100 * sum(is_unique_global)
             from clicks_readable",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(readable, 132);
}

#[test]
fn a_click_of_the_fallback_is_unique_in_no_flow() {
    let tracker = spawn();
    create(&tracker, "paused", &json!({"state": "paused"}));

    assert_eq!(person(HERE).clicks(&tracker, "paused"), (true, false, true));
    assert_eq!(
        person(HERE).clicks(&tracker, "paused"),
        (false, false, false)
    );
}

#[test]
fn who_only_looks_is_not_remembered() {
    let tracker = spawn();
    create(&tracker, "offer", &json!({}));
    let headers = [("X-Forwarded-For", HERE), ("User-Agent", PHONE)];

    let head = tracker.visitor().send("HEAD", "/offer", &headers).unwrap();
    let with = |header| [headers[0], headers[1], header];
    let prefetch = tracker.click("/offer", &with(("Sec-Purpose", "prefetch")));
    let unknown = tracker.click("/nowhere", &headers);
    let preview = tracker.click("/offer", &with(("X-Purpose", "preview")));

    for answer in [&head, &prefetch, &unknown, &preview] {
        assert_eq!(answer.header("set-cookie"), None, "{answer:?}");
    }
    assert_eq!(unique(&recorded(&tracker, &preview)), (false, false, false));
    assert_eq!(person(HERE).clicks(&tracker, "offer"), NEW);
}

#[test]
fn only_unique_clicks_are_charged_where_uniques_are_bought() {
    let tracker = spawn();
    create(
        &tracker,
        "bought",
        &json!({"cost": {"model": "cpuc", "value": "0.02", "currency": "EUR"}}),
    );

    let costs =
        [HERE, HERE, ELSEWHERE].map(|ip| person(ip).click(&tracker, "bought")["cost"].clone());

    assert_eq!(costs, ["0.02", "0", "0.02"]);
}

/// Flows that 12 visits of a visitor are recorded with, without repeats.
fn flows(tracker: &Tracker, visitor: &Person<'_>, alias: &str) -> Vec<u64> {
    let mut flows: Vec<u64> = (0..12)
        .map(|_| visitor.click(tracker, alias)["flow_id"].as_u64().unwrap())
        .collect();
    flows.sort_unstable();
    flows.dedup();
    flows
}

#[test]
fn a_binding_holds_through_weight_zero_and_ends_with_pause_and_archive() {
    let tracker = spawn();
    for (alias, state) in [("paused", "paused"), ("archived", "archived")] {
        let mut campaign = create(&tracker, alias, &json!({"bind": "flow", "bind_hours": 48}));
        let ids: Vec<u64> = (0..2)
            .map(|n| campaign["flows"][n]["id"].as_u64().unwrap())
            .collect();

        let bound = flows(&tracker, &person(HERE), alias);
        assert_eq!(bound.len(), 1, "the same flow each time");
        let at = ids.iter().position(|id| *id == bound[0]).unwrap();

        campaign["flows"][at]["weight"] = json!(0);
        campaign = save(&tracker, &campaign);
        assert_eq!(flows(&tracker, &person(HERE), alias), bound, "weight 0");

        campaign["flows"][at]["state"] = json!(state);
        campaign["flows"][at]["weight"] = json!(50);
        campaign = save(&tracker, &campaign);
        let other = [ids[1 - at]];
        assert_eq!(flows(&tracker, &person(HERE), alias), other, "{state}");

        campaign["flows"][at]["state"] = json!("active");
        save(&tracker, &campaign);
        assert_eq!(flows(&tracker, &person(HERE), alias), other, "bound anew");
    }
}

#[test]
fn a_bound_offer_that_is_paused_gives_way_to_another() {
    let tracker = spawn();
    let offer = |name: &str| json!({"name": name, "url": "http://127.0.0.1:9/?c={click_id}"});
    let ids = ["a", "b"].map(|name| tracker.create("/api/v1/offers", &offer(name)));
    let entry = |id| json!({"offer_id": id, "weight": 1});
    create(
        &tracker,
        "split",
        &json!({"bind": "offer", "rotation": "position", "flows": [{"name": "all", "kind": "default",
            "target": {"kind": "split", "landings": [], "offers": [entry(ids[0]), entry(ids[1])]}}]}),
    );
    let offers = || -> Vec<u64> {
        let mut found: Vec<u64> = (0..12)
            .map(|_| {
                person(HERE).click(&tracker, "split")["offer_id"]
                    .as_u64()
                    .unwrap()
            })
            .collect();
        found.dedup();
        found
    };

    let bound = offers();
    assert_eq!(bound.len(), 1);
    let path = format!("/api/v1/offers/{}", bound[0]);
    let (_, mut document) = tracker.get(&path);
    document["state"] = json!("paused");
    assert_eq!(tracker.put(&path, &document).0, 200);

    let other: Vec<u64> = ids.into_iter().filter(|id| *id != bound[0]).collect();
    assert_eq!(offers(), other);
}

/// Waits until recorded clicks are read after a start.
pub(crate) fn wait_until_warm(tracker: &Tracker) -> Value {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let (_, health) = tracker.get("/healthz");
        if health["uniqueness"]["warming"] == json!(false) {
            return health["uniqueness"].clone();
        }
        assert!(Instant::now() < deadline, "{health:#}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Two visitors, one of whom is known by a cookie and has moved, in a campaign that binds.
fn two_visitors(tracker: &Tracker) -> [(Person<'static>, &'static str, Value); 3] {
    create(tracker, "flows", &json!({"bind": "flow"}));
    create(tracker, "cookie", &by("cookie"));
    let stays = person(HERE);
    let moves = person(ELSEWHERE).keeping(&stays.visits(tracker, "flows"));
    let by_cookie = person(HERE).keeping(&person(HERE).visits(tracker, "cookie"));
    [(stays, "flows"), (moves, "flows"), (by_cookie, "cookie")].map(|(person, alias)| {
        let click = person.click(tracker, alias);
        (person, alias, click["flow_id"].clone())
    })
}

#[test]
fn nobody_is_forgotten_by_a_stop_a_kill_9_or_a_damaged_file() {
    let mut tracker = spawn();
    let visitors = two_visitors(&tracker);
    let file = tracker.data().join("millrace.seen");
    let damaged = tracker.data().join("millrace.seen.damaged");

    for end in ["kill -9", "stop", "kill -9 after a stop", "damage"] {
        if end.starts_with("kill") {
            tracker.kill_9();
        } else {
            tracker.stop();
            assert!(file.exists(), "{end}");
        }
        if end == "damage" {
            let mut bytes = std::fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(&file, bytes).unwrap();
        }
        tracker.start();
        wait_until_warm(&tracker);

        for (person, alias, flow_id) in &visitors {
            let click = person.click(&tracker, alias);
            assert!(!unique(&click).0, "{alias} after {end}");
            assert!(!unique(&click).2, "{alias} after {end}");
            if *alias == "flows" {
                assert_eq!(click["flow_id"], *flow_id, "after {end}");
            }
        }
        assert_eq!(damaged.exists(), end == "damage");
    }
    assert!(
        person("9.9.9.9").clicks(&tracker, "flows").0,
        "others are new"
    );
}

/// The window is hours long, so the clicks are made older instead of waiting.
#[test]
fn after_its_window_a_visitor_is_unique_again() {
    let mut tracker = spawn();
    create(
        &tracker,
        "short",
        &json!({"uniqueness": {"window_hours": 1}}),
    );
    create(
        &tracker,
        "long",
        &json!({"uniqueness": {"window_hours": 4}}),
    );
    for alias in ["short", "long"] {
        person(HERE).clicks(&tracker, alias);
    }
    tracker.kill_9();
    let database = rusqlite::Connection::open(tracker.data().join("millrace.db")).unwrap();
    let two_hours: i64 = (2 * 3_600_000) << 22;
    let moved = database
        .execute("update clicks set id = id - ?1", params![two_hours])
        .unwrap();
    assert_eq!(moved, 2);
    drop(database);

    tracker.start();
    wait_until_warm(&tracker);

    assert!(person(HERE).clicks(&tracker, "short").0);
    assert!(!person(HERE).clicks(&tracker, "long").0);
}

#[test]
fn the_health_tells_how_full_the_table_is() {
    let tracker = Options::default()
        .set("STORAGE__UNIQUENESS_MB", "1")
        .spawn();
    create(&tracker, "offer", &json!({}));
    for ip in [HERE, ELSEWHERE, HERE] {
        person(ip).clicks(&tracker, "offer");
    }

    let state = wait_until_warm(&tracker);

    let capacity = state["capacity"].as_u64().unwrap();
    assert!((10_000..20_000).contains(&capacity), "{capacity}");
    assert_eq!(state["visitors"], 2);
    assert_eq!(state["entries"], 2);
    assert_eq!(state["evicted"], 0);
}
