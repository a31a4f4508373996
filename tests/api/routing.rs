//! Flows at work: limits, shares, times, bindings, jumps, and saves while visitors click.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::counters::{a_day_passes, convert, while_stopped};
use crate::tracker::{Tracker, spawn};
use crate::visitor::Answer;

fn to(page: &str) -> Value {
    json!({"kind": "redirect", "url": format!("http://127.0.0.1:9/{page}?c={{click_id}}")})
}

fn default_to(page: &str) -> Value {
    json!({"name": page, "kind": "default", "target": to(page)})
}

/// A regular flow to a page of the same name.
fn flow(page: &str, filters: Value) -> Value {
    json!({"name": page, "filters": filters, "target": to(page)})
}

fn create(tracker: &Tracker, alias: &str, fields: Value, flows: Value) -> Value {
    let mut document = json!({"name": alias, "alias": alias, "flows": flows});
    for (name, value) in fields.as_object().unwrap() {
        document[name] = value.clone();
    }
    let (status, stored) = tracker.post("/api/v1/campaigns", &document);
    assert_eq!(status, 201, "{stored:#}");
    stored
}

/// The page a visitor is sent to.
fn page(answer: &Answer) -> &str {
    assert_eq!(answer.status, 302, "{answer:?}");
    let path = answer.location().strip_prefix("http://127.0.0.1:9/");
    path.and_then(|path| path.split('?').next())
        .unwrap_or_else(|| panic!("{answer:?}"))
}

fn sent_to(tracker: &Tracker, target: &str) -> String {
    page(&tracker.click(target, &[])).to_owned()
}

fn from(tracker: &Tracker, target: &str, ip: &str) -> String {
    page(&tracker.click(target, &[("X-Forwarded-For", ip)])).to_owned()
}

fn recorded(tracker: &Tracker, id: &str) -> Value {
    let (status, click) = tracker.get(&format!("/api/v1/clicks/{id}"));
    assert_eq!(status, 200, "{click:#}");
    click
}

/// Waits for the next hour if this one ends soon, since a limit would be open again.
fn well_within_an_hour() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let left = 3_600 - now.as_secs() % 3_600;
    if left < 40 {
        thread::sleep(Duration::from_secs(left));
    }
}

/// What the flow of a limit has taken of so many visits by eight clients at once.
fn taken(tracker: &Tracker, alias: &str, visits: usize) -> usize {
    thread::scope(|scope| {
        let client = || {
            let mut visitor = tracker.visitor();
            (0..visits / 8)
                .filter(|_| {
                    let answer = visitor.click(&format!("/{alias}"), &[]).unwrap();
                    page(&answer) == "limited"
                })
                .count()
        };
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(client)).collect();
        clients.into_iter().map(|one| one.join().unwrap()).sum()
    })
}

#[test]
fn a_limit_is_used_up_exactly_and_by_visits_only() {
    let tracker = spawn();
    well_within_an_hour();
    for (alias, limit) in [
        ("hour", json!({"per_hour": 37, "timezone": "Asia/Kolkata"})),
        ("day", json!({"per_day": 37, "timezone": "Europe/Kyiv"})),
        ("total", json!({"total": 37})),
        (
            "all",
            json!({"per_hour": 37, "per_day": 40, "total": 50, "timezone": "UTC"}),
        ),
    ] {
        let filters = json!([{"key": "limit", "value": limit}]);
        create(
            &tracker,
            alias,
            json!({}),
            json!([flow("limited", filters), default_to("rest")]),
        );
        for _ in 0..5 {
            let head = (tracker.visitor())
                .send("HEAD", &format!("/{alias}"), &[])
                .unwrap();
            assert_eq!(page(&head), "limited", "{alias}");
        }
        let question = json!({"link": alias, "draws": 1000});
        let (status, outcome) = tracker.post("/api/v1/simulate", &question);
        assert_eq!(
            (status, &outcome["flow"]),
            (200, &json!("limited")),
            "{alias}"
        );

        assert_eq!(taken(&tracker, alias, 80), 37, "{alias}");

        let (_, outcome) = tracker.post("/api/v1/simulate", &question);
        assert_eq!(outcome["flow"], "rest", "{alias}");
        let head = (tracker.visitor())
            .send("HEAD", &format!("/{alias}"), &[])
            .unwrap();
        assert_eq!(page(&head), "rest", "{alias}");
    }
}

/// In Kiribati it is another day than in UTC for most of the day, and another hour always.
#[test]
fn a_limit_goes_on_after_a_stop_and_after_a_kill_9() {
    let mut tracker = spawn();
    well_within_an_hour();
    let zone = "Pacific/Kiritimati";
    let limits = [
        ("hour", json!({"per_hour": 40, "timezone": zone})),
        ("day", json!({"per_day": 40, "timezone": zone})),
        ("total", json!({"total": 40})),
    ];
    for (alias, limit) in &limits {
        let filters = json!([{"key": "limit", "value": limit}]);
        let fields = json!({"timezone": "America/New_York"});
        let flows = json!([flow("limited", filters), default_to("rest")]);
        create(&tracker, alias, fields, flows);
    }

    for end in ["kill -9", "stop", "kill -9"] {
        for (alias, _) in &limits {
            assert_eq!(taken(&tracker, alias, 8), 8, "{alias}");
        }
        match end {
            "stop" => tracker.stop(),
            _ => tracker.kill_9(),
        }
        tracker.start();
    }

    // A click under way while the totals were written may count twice, one for each worker.
    for (alias, _) in &limits {
        let left = taken(&tracker, alias, 80);
        assert!((12..=16).contains(&left), "{alias}: {left} were left");
    }
}

#[test]
fn a_flow_can_be_for_those_who_are_new_to_it_to_the_campaign_or_everywhere() {
    let tracker = spawn();
    let unique = |scope: &str| json!([{"key": "uniqueness", "value": scope}]);
    for scope in ["flow", "campaign", "everywhere"] {
        let flows = json!([
            flow("asked", json!([{"key": "keyword", "value": ["other"]}])),
            flow("new", unique(scope)),
            default_to("seen")
        ]);
        create(&tracker, scope, json!({}), flows);
    }
    let head = [("X-Forwarded-For", "8.8.8.8")];
    let answer = tracker.visitor().send("HEAD", "/flow", &head).unwrap();
    assert_eq!(page(&answer), "new");

    for (target, ip, expected) in [
        ("/flow?keyword=other", "8.8.8.8", "asked"),
        ("/flow", "8.8.8.8", "new"),
        ("/flow", "8.8.8.8", "seen"),
        ("/campaign", "8.8.8.8", "new"),
        ("/campaign", "8.8.8.8", "seen"),
        ("/everywhere", "8.8.8.8", "seen"),
        ("/campaign?keyword=other", "8.8.4.4", "asked"),
        ("/campaign", "8.8.4.4", "seen"),
        ("/everywhere", "1.1.1.1", "new"),
        ("/everywhere", "1.1.1.1", "seen"),
        ("/flow", "1.1.1.1", "new"),
    ] {
        assert_eq!(from(&tracker, target, ip), expected, "{target} of {ip}");
    }
}

#[test]
fn a_share_takes_as_many_as_it_says() {
    let tracker = spawn();
    let share = |percent: Value| json!([{"key": "share", "value": percent}]);
    for (alias, percent) in [
        ("half", json!(50)),
        ("all", json!(100)),
        ("few", json!(12.5)),
    ] {
        let flows = json!([flow("drawn", share(percent)), default_to("rest")]);
        create(&tracker, alias, json!({}), flows);
    }

    let mut visitor = tracker.visitor();
    let mut drawn = |alias: &str| {
        let mut is_drawn = || page(&visitor.click(alias, &[]).unwrap()) == "drawn";
        (0..400).filter(|_| is_drawn()).count()
    };
    // Eight standard deviations.
    let half = drawn("/half");
    assert!((120..=280).contains(&half), "{half} of 400");
    assert_eq!(drawn("/all"), 400);
    let question = json!({"link": "few", "draws": 10_000, "seed": 7});
    let (_, outcome) = tracker.post("/api/v1/simulate", &question);
    let counts = outcome["shares"]["flows"].as_object().unwrap();
    let first = counts
        .iter()
        .min_by_key(|(id, _)| id.parse::<u64>().unwrap());
    let few = first.unwrap().1.as_u64().unwrap();
    assert!((1_000..=1_500).contains(&few), "{outcome:#}");
}

#[test]
fn the_simulator_asks_schedules_and_intervals_about_any_time() {
    let tracker = spawn();
    let office = json!([{"key": "schedule", "value": {"timezone": "Europe/Kyiv", "hours": {
        "mon": ["09:00-18:00"], "fri": ["22:00-24:00"]}}}]);
    let march = json!([{"key": "interval", "value":
        {"from": "2026-03-01 09:00", "to": "2026-03-31", "timezone": "Europe/Kyiv"}}]);
    let flows = json!([flow("office", office), default_to("rest")]);
    create(&tracker, "office", json!({}), flows);
    let flows = json!([flow("march", march), default_to("rest")]);
    create(&tracker, "march", json!({}), flows);
    let at = |link: &str, at: Value| {
        let (status, outcome) = tracker.post("/api/v1/simulate", &json!({"link": link, "at": at}));
        assert_eq!(status, 200, "{link} at {at}: {outcome:#}");
        outcome["flow"].as_str().unwrap().to_owned()
    };

    for (link, time, expected) in [
        ("office", "2026-11-23T09:00:00+02:00", "office"),
        ("office", "2026-11-23T08:59:59+02:00", "rest"),
        ("office", "2026-11-23T15:59:59Z", "office"),
        ("office", "2026-11-23T16:00:00Z", "rest"),
        ("office", "2026-07-20T06:00:00Z", "office"),
        ("office", "2026-11-27T21:59:59Z", "office"),
        ("office", "2026-11-27T22:00:00Z", "rest"),
        ("march", "2026-03-01T08:59:59+02:00", "rest"),
        ("march", "2026-03-01T09:00:00+02:00", "march"),
        ("march", "2026-03-31T23:59:59+03:00", "march"),
        ("march", "2026-04-01T00:00:00+03:00", "rest"),
    ] {
        assert_eq!(at(link, json!(time)), expected, "{link} at {time}");
    }
    for far in [i64::MAX, i64::MIN, 0, -1, 253_402_300_800_000] {
        for link in ["office", "march"] {
            at(link, json!(far));
        }
    }
}

#[test]
fn who_is_bound_to_a_full_offer_overflows_and_comes_back_the_next_day() {
    let mut tracker = spawn();
    let offer = |name: &str, cap: Value| {
        let url = format!("http://127.0.0.1:9/{name}?c={{click_id}}");
        tracker.create(
            "/api/v1/offers",
            &json!({"name": name, "url": url, "cap": cap}),
        )
    };
    let overflow = offer("overflow", Value::Null);
    let names = ["a", "b", "c"];
    let offers = names.map(|name| offer(name, json!({"daily": 1, "overflow_offer_id": overflow})));
    let entries = offers.map(|id| json!({"offer_id": id, "weight": 1}));
    let target = json!({"kind": "split", "landings": [], "offers": entries});
    let flows = json!([{"name": "all", "kind": "default", "target": target}]);
    create(&tracker, "bound", json!({"bind": "offer"}), flows);
    let pages = |tracker: &Tracker| -> Vec<String> {
        let mut pages: Vec<_> = (0..10)
            .map(|_| from(tracker, "/bound", "8.8.8.8"))
            .collect();
        pages.dedup();
        pages
    };
    let bound = pages(&tracker);
    assert_eq!(bound.len(), 1, "{bound:?}");
    let at = names.iter().position(|name| *name == bound[0]).unwrap();

    while_stopped(&mut tracker, |file| convert(file, &[(offers[at], 1)]));
    assert_eq!(pages(&tracker), ["overflow"]);

    while_stopped(&mut tracker, a_day_passes);
    assert_eq!(pages(&tracker), bound);
}

#[test]
fn a_jump_is_unique_and_bound_in_the_campaign_it_began_in() {
    let tracker = spawn();
    let targets = ["one", "two"]
        .map(|alias| create(&tracker, alias, json!({}), json!([default_to(alias)]))["id"].clone());
    let jump =
        |id: &Value| json!({"weight": 50, "target": {"kind": "campaign", "campaign_id": id}});
    let fields = json!({"rotation": "weight", "bind": "flow"});
    let flows = json!([jump(&targets[0]), jump(&targets[1])]);
    let first = create(&tracker, "first", fields, flows);
    let visit = |ip: &str| {
        let answer = tracker.click("/first", &[("X-Forwarded-For", ip)]);
        let last = recorded(&tracker, answer.click_id().unwrap());
        let parent = recorded(&tracker, last["parent_click_id"].as_str().unwrap());
        assert_eq!(parent["campaign_id"], first["id"]);
        (parent, last)
    };

    let mut flows = Vec::new();
    for ip in 1..=8 {
        let ip = format!("8.8.8.{ip}");
        let (bound, last) = visit(&ip);
        for click in [&bound, &last] {
            assert_eq!(click["is_unique_campaign"], true, "{click:#}");
            assert_eq!(click["is_unique_flow"], true, "{click:#}");
        }
        for _ in 0..6 {
            let (parent, last) = visit(&ip);
            assert_eq!(parent["flow_id"], bound["flow_id"], "bound to the flow");
            for click in [&parent, &last] {
                for field in ["is_unique_campaign", "is_unique_flow", "is_unique_global"] {
                    assert_eq!(click[field], false, "{field} of {click:#}");
                }
            }
        }
        flows.push(bound["flow_id"].as_u64().unwrap());
    }
    flows.sort_unstable();
    flows.dedup();
    assert_eq!(flows.len(), 2, "not all visitors take the same way");
}

#[test]
fn saving_as_archived_what_is_in_use_is_done_and_told() {
    for method in ["PUT", "PATCH"] {
        let tracker = spawn();
        let campaign = tracker.simple_campaign("used");
        let (_, mut offer) = tracker.get("/api/v1/offers/1");
        let body = match method {
            "PUT" => {
                offer["state"] = json!("archived");
                offer
            }
            _ => json!({"state": "archived", "version": offer["version"]}),
        };

        let (status, stored) =
            tracker.api(method, "/api/v1/offers/1", Some(&body), Some(&tracker.key));

        assert_eq!(status, 200, "{method}: {stored:#}");
        assert_eq!(stored["state"], "archived");
        let warning = &stored["warnings"][0];
        assert_eq!(warning["code"], "in_use", "{method}: {stored:#}");
        let message = warning["message"].as_str().unwrap();
        assert!(
            message.contains(&format!("campaign {campaign}")),
            "{message}"
        );
        assert_eq!(tracker.click("/used", &[]).status, 404, "the fallback");
    }
}

#[test]
fn nobody_is_let_down_while_campaigns_are_saved() {
    const SAVES: usize = 50;
    let tracker = spawn();
    let version = |number: usize| json!([default_to(&format!("v{number}"))]);
    let mut busy = create(&tracker, "busy", json!({}), version(0));
    let mut other = create(&tracker, "other", json!({}), version(0));
    let is_over = AtomicBool::new(false);
    let save = |campaign: &mut Value, number: usize| {
        campaign["flows"][0]["target"] = to(&format!("v{number}"));
        let path = format!("/api/v1/campaigns/{}", campaign["id"]);
        let (status, stored) = tracker.put(&path, campaign);
        assert_eq!(status, 200, "{stored:#}");
        *campaign = stored;
    };

    let seen: Vec<Vec<usize>> = thread::scope(|scope| {
        let client = || {
            let mut visitor = tracker.visitor();
            let mut seen = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let answer = visitor.click("/busy", &[]).unwrap();
                seen.push(page(&answer)[1..].parse().unwrap());
            }
            seen
        };
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(client)).collect();
        for number in 1..=SAVES {
            save(&mut busy, number);
            save(&mut other, number);
            let last = sent_to(&tracker, "/busy");
            assert_eq!(last, format!("v{number}"), "right after its save");
            thread::sleep(Duration::from_millis(2_000 / SAVES as u64));
        }
        is_over.store(true, Ordering::Relaxed);
        clients.into_iter().map(|one| one.join().unwrap()).collect()
    });

    for seen in &seen {
        assert!(seen.is_sorted(), "no version comes back: {seen:?}");
        assert!(seen.last() <= Some(&SAVES));
    }
    let mut versions: Vec<_> = seen.concat();
    versions.sort_unstable();
    versions.dedup();
    assert!(versions.len() > 10, "{versions:?} is no load during saves");
    assert_eq!(sent_to(&tracker, "/busy"), format!("v{SAVES}"));
    assert_eq!(sent_to(&tracker, "/other"), format!("v{SAVES}"));
}

#[test]
fn lists_of_a_hundred_thousand_serve_their_filters() {
    const MANY: u32 = 100_000;
    let tracker = spawn();
    let address = |n: u32| std::net::Ipv4Addr::from(0x0505_0000 + n * 3).to_string();
    let addresses: Vec<String> = (0..MANY).map(address).collect();
    let body = json!({"name": "addresses", "values": addresses});
    let addresses = tracker.create("/api/v1/lists", &body);
    let zones = tracker.create(
        "/api/v1/lists",
        &json!({"name": "zones", "values": ["bad*"]}),
    );
    let values: Vec<String> = (0..MANY).map(|n| format!("zone{n}")).collect();
    let path = format!("/api/v1/lists/{zones}/values");
    let (status, answer) = tracker.post(&path, &json!({"values": values}));
    assert_eq!(
        (status, &answer["added"]),
        (200, &json!(MANY)),
        "{answer:#}"
    );
    let filter = |key: &str, list: u64| json!([{"key": key, "value": [{"list_id": list}]}]);
    let flows = json!([
        flow("ip", filter("ip", addresses)),
        flow("zone", filter("source", zones)),
        default_to("rest")
    ]);
    create(&tracker, "lists", json!({}), flows);
    let all_work = || {
        for n in [0, 1, MANY / 2, MANY - 1] {
            assert_eq!(from(&tracker, "/lists", &address(n)), "ip", "{n}");
            let zone = format!("/lists?source=Zone{n}");
            assert_eq!(from(&tracker, &zone, "8.8.8.8"), "zone", "{n}");
        }
        assert_eq!(from(&tracker, "/lists", &address(MANY)), "rest");
        let zone = format!("/lists?source=zone{MANY}");
        assert_eq!(from(&tracker, &zone, "8.8.8.8"), "rest");
    };
    all_work();

    create(
        &tracker,
        "unrelated",
        json!({}),
        json!([default_to("else")]),
    );

    all_work();
    let (status, answer) = tracker.post(&path, &json!({"values": [format!("zone{MANY}")]}));
    assert_eq!((status, &answer["added"]), (200, &json!(1)), "{answer:#}");
    let zone = format!("/lists?source=zone{MANY}");
    assert_eq!(from(&tracker, &zone, "8.8.8.8"), "zone");
}
