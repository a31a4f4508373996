//! From the landing to the offer.

use serde_json::{Value, json};

use crate::disk::{Scope, Weather};
use crate::tracker::{Options, Tracker, spawn};
use crate::visitor::{Answer, PHONE};

const AMERICAN: (&str, &str) = ("X-Forwarded-For", "8.8.8.8");
/// Of the right form, made by nobody.
const FORGED: &str = "06bk7w3r4t8m1n5q2x9z";

/// A campaign `push` with one landing and three offers, of which only the first is drawn.
struct World {
    campaign: u64,
    landing: u64,
    offers: [u64; 3],
}

impl World {
    fn new(tracker: &Tracker, more: Value) -> World {
        let landing = tracker.create(
            "/api/v1/landings",
            &json!({"name": "page", "url": "http://127.0.0.1:9/page"}),
        );
        let offers = [1, 2, 3].map(|number| {
            let url = format!(
                "http://127.0.0.1:9/{number}?c={{click_id}}&cc={{country}}&z={{source}}&fb={{fbclid}}&x={{extra}}&o={{offer_id}}"
            );
            let name = format!("offer {number}");
            tracker.create("/api/v1/offers", &json!({"name": name, "url": url}))
        });
        let mut document = json!({
            "name": "push", "alias": "push",
            "fallback": {"kind": "redirect", "url": "http://127.0.0.1:9/fallback?c={click_id}"},
            "flows": [{"name": "all", "kind": "default", "target": {"kind": "split",
                "landings": [{"landing_id": landing, "weight": 100}],
                "offers": [
                    {"offer_id": offers[0], "weight": 100},
                    {"offer_id": offers[1], "weight": 0},
                    {"offer_id": offers[2], "weight": 0},
                ]}}],
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            document[key] = value.clone();
        }
        let (status, stored) = tracker.post("/api/v1/campaigns", &document);
        assert_eq!(
            (status, &stored["warnings"]),
            (201, &json!([])),
            "{stored:#}"
        );
        World {
            campaign: stored["id"].as_u64().unwrap(),
            landing,
            offers,
        }
    }
}

/// The 20 characters behind `name=` in a location.
fn id_in(answer: &Answer, name: &str) -> String {
    let location = answer.location();
    let (_, rest) = location
        .split_once(&format!("{name}="))
        .unwrap_or_else(|| panic!("no {name} in {location}"));
    rest.get(..20)
        .unwrap_or_else(|| panic!("{location}"))
        .to_owned()
}

/// Clicks and sees the landing: the click id, and the cookie as it is sent back.
fn on_the_landing(tracker: &Tracker, query: &str) -> (String, String) {
    let answer = tracker.click(&format!("/push{query}"), &[AMERICAN]);
    assert!(
        answer.location().starts_with("http://127.0.0.1:9/page?"),
        "{answer:?}"
    );
    let cookie = answer.cookie("mr_click").expect("a cookie").to_owned();
    (id_in(&answer, "click_id"), cookie)
}

fn offer_of(answer: &Answer) -> &str {
    assert_eq!(answer.status, 302, "{answer:?}");
    let path = answer
        .location()
        .strip_prefix("http://127.0.0.1:9/")
        .unwrap();
    path.split('?').next().unwrap()
}

fn pause(tracker: &Tracker, offer: u64) {
    let path = format!("/api/v1/offers/{offer}");
    let (_, mut document) = tracker.get(&path);
    document["state"] = json!("paused");
    let (status, answer) = tracker.put(&path, &document);
    assert_eq!(status, 200, "{answer:#}");
}

fn stored(tracker: &Tracker, click_id: &str) -> Value {
    let (status, click) = tracker.get(&format!("/api/v1/clicks/{click_id}"));
    assert_eq!(status, 200, "{click:#}");
    click
}

fn count(tracker: &Tracker, sql: &str) -> i64 {
    tracker
        .database()
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

#[test]
fn landing_leads_to_the_offer_by_link_and_by_cookie() {
    let tracker = spawn();
    let world = World::new(&tracker, json!({}));
    let (click_id, cookie) = on_the_landing(&tracker, "?source=zone7&fbclid=fb%201&cost=0.5");
    assert_eq!(cookie, format!("mr_click={click_id}"));
    let before = stored(&tracker, &click_id);
    assert_eq!(
        (&before["landing_clicked"], &before["offer_clicks"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(before["landing_id"], json!(world.landing));

    // Another address, another browser: what counts is the click.
    let by_link = tracker.click(
        &format!(
            "/go?click_id={}&extra=e+1&fbclid=other",
            click_id.to_uppercase()
        ),
        &[
            ("X-Forwarded-For", "192.0.2.1"),
            ("User-Agent", "Other/1.0"),
        ],
    );
    let by_cookie = tracker.click("/go/", &[("Cookie", &format!("a=b; {cookie}"))]);

    let offer = world.offers[0];
    let facts = format!("?c={click_id}&cc=US&z=zone7&fb=fb%201");
    assert_eq!(
        by_link.location(),
        format!("http://127.0.0.1:9/1{facts}&x=e%201&o={offer}")
    );
    assert_eq!(by_link.header("cache-control"), Some("no-store"));
    assert_eq!(
        by_cookie.location(),
        format!("http://127.0.0.1:9/1{facts}&x=&o={offer}")
    );
    let click = stored(&tracker, &click_id);
    assert_eq!(click["landing_clicked"], json!(true));
    let steps = click["offer_clicks"].as_array().unwrap();
    assert_eq!(steps.len(), 2, "{click:#}");
    for step in steps {
        assert_eq!(
            (&step["offer_id"], &step["n"]),
            (&json!(offer), &Value::Null)
        );
        assert!(step["at"].as_str().unwrap().ends_with('Z'));
    }
    let rows = format!(
        "select count(*) from offer_clicks_readable
         where campaign_id = {} and offer_id = {offer} and offer = 'offer 1' and not no_entry",
        world.campaign
    );
    assert_eq!(count(&tracker, &rows), 2);
}

#[test]
fn other_names_of_the_click_id_and_links_of_other_trackers_work() {
    let tracker = spawn();
    let world = World::new(&tracker, json!({}));
    let (click_id, cookie) = on_the_landing(&tracker, "");
    let third = world.offers[2];

    for (target, expected) in [
        (format!("/go?subid={click_id}"), "1"),
        (format!("/go?clickid={click_id}"), "1"),
        (format!("/go?cid={click_id}"), "1"),
        (format!("/go?click_id={{click_id}}&subid={click_id}"), "1"),
        (format!("/go?click_id={click_id}&offer_id={third}"), "3"),
        (format!("/?_lp=1&_token={click_id}"), "1"),
        (format!("/?_lp=1&_token={click_id}&offer_id={third}"), "3"),
        (format!("/click?lp=1&clickid={click_id}"), "1"),
        (
            format!("/click.php?lp=1&to_offer=2&clickid={click_id}"),
            "2",
        ),
    ] {
        let answer = tracker.click(&target, &[]);
        assert_eq!(offer_of(&answer), expected, "{target}");
        assert_eq!(id_in(&answer, "c"), click_id, "{target}");
    }
    for target in ["/?_lp=1", "/click?lp=1", "/click.php?lp=1"] {
        let answer = tracker.click(target, &[("Cookie", &cookie)]);
        assert_eq!(id_in(&answer, "c"), click_id, "{target}");
    }
    let posted = tracker
        .visitor()
        .send("POST", "/go", &[("Cookie", &cookie)])
        .unwrap();
    assert_eq!(id_in(&posted, "c"), click_id);

    for target in ["/click?key=push&source=s", "/click.php?key=push"] {
        let answer = tracker.click(target, &[]);
        assert!(
            answer.location().contains("/page?click_id="),
            "{target}: {answer:?}"
        );
        let click = stored(&tracker, &id_in(&answer, "click_id"));
        assert_eq!(click["other_parameters"], json!({}), "{target}");
    }
    assert_eq!(tracker.click("/click.php?key=nothing", &[]).status, 404);
    assert_eq!(tracker.click("/other.php?lp=1", &[]).status, 404);
}

#[test]
fn numbered_offers_stand_in_the_order_of_the_document() {
    let tracker = spawn();
    World::new(&tracker, json!({}));
    let (click_id, cookie) = on_the_landing(&tracker, "");

    for (target, expected) in [
        ("/go/1", "1"),
        ("/go/2", "2"),
        ("/go/3", "3"),
        ("/go/4", "1"),
        ("/go/x", "1"),
    ] {
        let answer = tracker.click(target, &[("Cookie", &cookie)]);
        assert_eq!(offer_of(&answer), expected, "{target}");
    }

    let click = stored(&tracker, &click_id);
    let numbers: Vec<_> = click["offer_clicks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["n"].clone())
        .collect();
    assert_eq!(
        numbers,
        [json!(1), json!(2), json!(3), json!(4), Value::Null]
    );
}

#[test]
fn paused_offers_get_nobody_and_the_visitor_still_arrives() {
    let tracker = spawn();
    let world = World::new(&tracker, json!({}));
    let (click_id, cookie) = on_the_landing(&tracker, "");
    let go = |target: &str| tracker.click(target, &[("Cookie", &cookie)]);

    pause(&tracker, world.offers[1]);
    assert_eq!(offer_of(&go("/go/2")), "3");
    assert_eq!(offer_of(&go("/go")), "1");

    // The assigned offer is gone, and no other one has a weight.
    pause(&tracker, world.offers[0]);
    let answer = go("/go");
    assert_eq!(
        answer.location(),
        format!("http://127.0.0.1:9/fallback?c={click_id}")
    );
    assert_eq!(offer_of(&go("/go/1")), "3");

    pause(&tracker, world.offers[2]);
    assert_eq!(offer_of(&go("/go/1")), "fallback");
    let click = stored(&tracker, &click_id);
    assert_eq!(
        click["offer_clicks"][4]["offer_id"],
        Value::Null,
        "{click:#}"
    );
}

#[test]
fn fallback_campaign_takes_over_where_no_offer_is_live() {
    let tracker = spawn();
    let other = tracker.create(
        "/api/v1/offers",
        &json!({"name": "other", "url": "http://127.0.0.1:9/other?c={click_id}&z={source}"}),
    );
    let next = tracker.create(
        "/api/v1/campaigns",
        &crate::tracker::campaign("next", other),
    );
    let fallback = json!({"kind": "campaign", "campaign_id": next});
    let world = World::new(&tracker, json!({ "fallback": fallback }));
    let (click_id, cookie) = on_the_landing(&tracker, "?source=zone7");
    world
        .offers
        .iter()
        .for_each(|offer| pause(&tracker, *offer));

    let answer = tracker.click("/go", &[("Cookie", &cookie)]);

    let expected = format!("http://127.0.0.1:9/other?c={click_id}&z=zone7");
    assert_eq!(answer.location(), expected);
    let click = stored(&tracker, &click_id);
    assert_eq!(
        click["offer_clicks"][0]["offer_id"],
        json!(other),
        "{click:#}"
    );
    assert_eq!(click["campaign_id"], json!(world.campaign));
}

#[test]
fn offer_drawn_at_the_step_fills_the_click() {
    let tracker = spawn();
    let world = World::new(&tracker, json!({"choose_offer": "at_offer_click"}));
    let (click_id, cookie) = on_the_landing(&tracker, "");
    assert_eq!(stored(&tracker, &click_id)["offer_id"], Value::Null);

    let second = tracker.click("/go/2", &[("Cookie", &cookie)]);
    let again = tracker.click("/go", &[("Cookie", &cookie)]);
    let (other_id, other) = on_the_landing(&tracker, "");
    let drawn = tracker.click("/go", &[("Cookie", &other)]);

    assert_eq!([offer_of(&second), offer_of(&again)], ["2", "2"]);
    assert_eq!(
        stored(&tracker, &click_id)["offer_id"],
        json!(world.offers[1])
    );
    assert_eq!(offer_of(&drawn), "1");
    assert_eq!(
        stored(&tracker, &other_id)["offer_id"],
        json!(world.offers[0])
    );
    assert_eq!(
        stored(&tracker, &other_id)["landing_id"],
        json!(world.landing)
    );
}

#[test]
fn click_is_found_after_a_restart_and_after_kill_9() {
    let mut tracker = spawn();
    tracker.rate("EUR", "1.1");
    let world = World::new(
        &tracker,
        json!({"choose_offer": "at_offer_click", "cost": {"model": "cpc", "value": "0.25", "currency": "EUR"}}),
    );
    let (click_id, cookie) = on_the_landing(&tracker, "?source=zone7&fbclid=fb1&sub_id_4=four");

    tracker.kill_9();
    tracker.start();
    let killed = tracker.click("/go/3", &[("Cookie", &cookie)]);
    tracker.stop();
    tracker.start();
    let restarted = tracker.click(&format!("/go?click_id={click_id}&extra=x"), &[]);

    let offer = world.offers[2];
    let facts = format!("http://127.0.0.1:9/3?c={click_id}&cc=US&z=zone7&fb=fb1");
    assert_eq!(killed.location(), format!("{facts}&x=&o={offer}"));
    assert_eq!(restarted.location(), format!("{facts}&x=x&o={offer}"));
    let click = stored(&tracker, &click_id);
    assert_eq!(
        click["offer_clicks"].as_array().unwrap().len(),
        2,
        "{click:#}"
    );
    assert_eq!(click["offer_id"], json!(offer));
}

#[test]
fn steps_of_a_stalled_database_survive_kill_9_in_the_spill() {
    let mut tracker = spawn();
    let world = World::new(&tracker, json!({"choose_offer": "at_offer_click"}));
    let (before, cookie) = on_the_landing(&tracker, "");
    tracker.disk.turns(Weather::Stalled, Scope::Database);
    let (spilled, other) = on_the_landing(&tracker, "");

    let answers =
        [&cookie, &other, &other].map(|cookie| tracker.click("/go/2", &[("Cookie", cookie)]));
    tracker.kill_9();
    tracker.disk.heal();
    tracker.start();

    for answer in &answers {
        assert_eq!(offer_of(answer), "2");
    }
    for (click_id, steps) in [(before, 1), (spilled, 2)] {
        let click = stored(&tracker, &click_id);
        assert_eq!(
            click["offer_clicks"].as_array().unwrap().len(),
            steps,
            "{click:#}"
        );
        assert_eq!(click["offer_id"], json!(world.offers[1]));
    }
}

#[test]
fn visitor_without_a_click_takes_the_live_offer_and_is_counted() {
    let tracker = spawn();
    let world = World::new(&tracker, json!({}));

    for target in [
        "/go?c=push&extra=e".to_owned(),
        format!("/go?c={}&extra=e&click_id=", world.campaign),
        format!("/go?c=push&extra=e&click_id={FORGED}"),
        "/go?c=push&extra=e&click_id=%00'--".to_owned(),
        "/click?lp=1&key=push&extra=e".to_owned(),
    ] {
        let answer = tracker.click(&target, &[AMERICAN, ("Cookie", "mr_click=nonsense")]);
        let expected = format!(
            "http://127.0.0.1:9/1?c=&cc=US&z=&fb=&x=e&o={}",
            world.offers[0]
        );
        assert_eq!(answer.location(), expected, "{target}");
    }
    assert_eq!(offer_of(&tracker.click("/go/2?c=push", &[])), "2");
    assert_eq!(tracker.click("/go", &[]).status, 404);
    assert_eq!(tracker.click("/go/2?c=nothing", &[]).status, 404);

    assert_eq!(tracker.count_clicks(), 0);
    let rows = format!(
        "select count(*) from offer_clicks_readable where no_entry and campaign_id = {}",
        world.campaign
    );
    assert_eq!(count(&tracker, &rows), 6);
}

#[test]
fn host_without_a_click_has_its_index_campaign() {
    let tracker = spawn();
    let world = World::new(&tracker, json!({}));
    tracker.create(
        "/api/v1/domains",
        &json!({"host": "127.0.0.1", "index_campaign_id": world.campaign}),
    );

    assert_eq!(offer_of(&tracker.click("/go", &[])), "1");
    assert_eq!(offer_of(&tracker.click("/?_lp=1", &[])), "1");
    assert_eq!(tracker.count_clicks(), 0);
}

#[test]
fn head_and_prefetch_leave_no_offer_click() {
    let tracker = spawn();
    World::new(&tracker, json!({}));
    let (_, cookie) = on_the_landing(&tracker, "");

    let head = tracker
        .visitor()
        .send("HEAD", "/go", &[("Cookie", &cookie)])
        .unwrap();
    let prefetch = tracker.click("/go", &[("Cookie", &cookie), ("Sec-Purpose", "prefetch")]);

    assert_eq!(offer_of(&head), "1");
    assert_eq!(
        (prefetch.status, prefetch.header("cache-control")),
        (503, Some("no-store"))
    );
    assert_eq!(count(&tracker, "select count(*) from offer_clicks"), 0);
    // A HEAD of the campaign link shows nobody the page.
    let head = tracker.visitor().send("HEAD", "/push", &[]).unwrap();
    assert_eq!(head.header("set-cookie"), None);
}

#[test]
fn a_person_after_a_preview_takes_its_label_off() {
    let tracker = spawn();
    World::new(&tracker, json!({}));
    let preview = ("X-Purpose", "preview");
    let land = |headers: &[(&str, &str)]| {
        let answer = tracker.click("/push", headers);
        id_in(&answer, "click_id")
    };
    let previewed = land(&[preview]);
    let crawled = land(&[(
        "User-Agent",
        "Googlebot/2.1 (+http://www.google.com/bot.html)",
    )]);
    assert_eq!(
        stored(&tracker, &previewed)["bot_reason"],
        json!("prefetch")
    );

    tracker.click(&format!("/go?click_id={previewed}"), &[preview]);
    assert_eq!(
        stored(&tracker, &previewed)["is_bot"],
        json!(true),
        "nobody went on yet"
    );
    for click_id in [&previewed, &crawled] {
        tracker.click(
            &format!("/go?click_id={click_id}"),
            &[("User-Agent", PHONE)],
        );
    }

    let click = stored(&tracker, &previewed);
    assert_eq!(
        (&click["is_bot"], &click["bot_reason"]),
        (&json!(false), &json!("converted"))
    );
    assert_eq!(stored(&tracker, &crawled)["bot_reason"], json!("crawler"));
}

#[test]
fn nonsense_is_answered_and_stores_nothing() {
    let tracker = spawn();
    World::new(&tracker, json!({}));
    let long = format!("/go?click_id={}", "z".repeat(4_000));
    let cookie = format!("mr_click={}; mr_click=; mr_click", "=".repeat(3_000));

    for target in [
        "/go?click_id=%ff%fe&offer_id=-1&c=%00",
        "/go/99999999999999999999?offer_id=18446744073709551616",
        "/go//..//?c=../../push",
        "/go/1/2/3?&&&=&%",
        "/?_lp=1&_lp=2&_token=",
        "/click.php?lp=%27&c=push%27",
        &long,
    ] {
        for method in ["GET", "HEAD", "POST"] {
            let answer = tracker
                .visitor()
                .send(method, target, &[("Cookie", &cookie)])
                .unwrap();
            assert_eq!(answer.status, 404, "{method} {target}: {answer:?}");
        }
    }
    assert_eq!(
        tracker.visitor().send("DELETE", "/go", &[]).unwrap().status,
        405
    );

    assert_eq!(count(&tracker, "select count(*) from offer_clicks"), 0);
}

#[test]
fn landing_gets_the_visitors_query_if_it_asks_for_it() {
    let tracker = spawn();
    let page = json!({"name": "p", "url": "http://127.0.0.1:9/p?a=1&l={language}#top",
        "click_id_parameter": "cid", "pass_query": true});
    let landing = tracker.create("/api/v1/landings", &page);
    let target = json!({"kind": "split", "landings": [{"landing_id": landing}], "offers": []});
    tracker.create(
        "/api/v1/campaigns",
        &json!({"name": "q", "alias": "q", "flows": [{"kind": "default", "target": target}]}),
    );

    let answer = tracker.click(
        "/q?fbclid=x%26y&utm_source=fb+ads&a=2&CID=no&%C3%BC=%23",
        &[],
    );

    let click_id = id_in(&answer, "cid");
    assert_eq!(
        answer.location(),
        format!(
            "http://127.0.0.1:9/p?a=1&l=&cid={click_id}&fbclid=x%26y&utm_source=fb%20ads&%C3%BC=%23#top"
        )
    );
}

/// A campaign `push` whose offers 1 and 2 are as likely as each other, drawn at the step and bound.
fn binding(tracker: &Tracker) -> World {
    let world = World::new(
        tracker,
        json!({"choose_offer": "at_offer_click", "bind": "offer", "bind_hours": 48}),
    );
    let path = format!("/api/v1/campaigns/{}", world.campaign);
    let (_, mut document) = tracker.get(&path);
    document["flows"][0]["target"]["offers"][1]["weight"] = json!(100);
    let (status, answer) = tracker.put(&path, &document);
    assert_eq!(status, 200, "{answer:#}");
    world
}

/// A visit of one person, then the step from the landing with nothing but the link.
fn visits_and_goes_on(tracker: &Tracker, ip: &str, step: &str) -> String {
    let headers = [("X-Forwarded-For", ip), ("User-Agent", PHONE)];
    let on_landing = tracker.click("/push", &headers);
    let link = format!("{step}?click_id={}", id_in(&on_landing, "click_id"));
    // The step may come from anywhere: the click says who it is.
    offer_of(&tracker.click(&link, &[])).to_owned()
}

#[test]
fn offer_chosen_at_the_step_is_found_again_on_the_next_visit() {
    let mut tracker = spawn();
    let world = binding(&tracker);
    let people: Vec<String> = (1..=24).map(|last| format!("203.0.113.{last}")).collect();
    let visit = |tracker: &Tracker| -> Vec<String> {
        let people = people.iter();
        people
            .map(|ip| visits_and_goes_on(tracker, ip, "/go"))
            .collect()
    };

    let first = visit(&tracker);
    assert!(first.contains(&"1".to_owned()) && first.contains(&"2".to_owned()));
    assert_eq!(visit(&tracker), first);
    // A visit without a step, or with one that is only looked at, changes nothing.
    let headers = [
        ("X-Forwarded-For", people[0].as_str()),
        ("User-Agent", PHONE),
    ];
    let looked = tracker.click("/push", &headers);
    let link = format!("/go/3?click_id={}", id_in(&looked, "click_id"));
    tracker.visitor().send("HEAD", &link, &[]).unwrap();
    tracker.click(&link, &[("Purpose", "prefetch"), ("X-Moz", "prefetch")]);
    assert_eq!(visit(&tracker), first);

    tracker.stop();
    tracker.start();
    assert_eq!(visit(&tracker), first, "after a restart");

    pause(&tracker, world.offers[0]);
    assert_eq!(visit(&tracker), vec!["2"; people.len()]);
    let path = format!("/api/v1/offers/{}", world.offers[0]);
    let (status, answer) = tracker.patch(&path, &json!({"state": "active"}));
    assert_eq!(status, 200, "{answer:#}");
    assert_eq!(visit(&tracker), vec!["2"; people.len()], "bound anew");
}

#[test]
fn offer_that_a_visitor_chose_himself_is_found_again() {
    let tracker = spawn();
    binding(&tracker);

    for (last, (path, offer)) in [("/go/3", "3"), ("/go/1", "1"), ("/go/2", "2")]
        .into_iter()
        .cycle()
        .take(6)
        .enumerate()
    {
        let ip = format!("203.0.113.{last}");
        assert_eq!(visits_and_goes_on(&tracker, &ip, path), offer);
        assert_eq!(visits_and_goes_on(&tracker, &ip, "/go"), offer);
    }
}

#[test]
fn bound_offer_is_known_from_the_clicks_when_the_memory_is_lost() {
    let mut tracker = spawn();
    binding(&tracker);
    let people: Vec<String> = (1..=12).map(|last| format!("203.0.113.{last}")).collect();
    let visit = |tracker: &Tracker| -> Vec<String> {
        let people = people.iter();
        people
            .map(|ip| visits_and_goes_on(tracker, ip, "/go"))
            .collect()
    };
    let first = visit(&tracker);
    for ip in &people {
        tracker.click("/push", &[("X-Forwarded-For", ip), ("User-Agent", PHONE)]);
    }

    tracker.stop();
    std::fs::remove_file(tracker.data().join("millrace.seen")).unwrap();
    tracker.start();
    crate::uniqueness::wait_until_warm(&tracker);

    assert_eq!(visit(&tracker), first);
}

#[test]
fn fallback_campaign_knows_who_was_there_before() {
    let tracker = spawn();
    let [new, known] = ["new", "known"].map(|name| {
        let url = format!("http://127.0.0.1:9/{name}?c={{click_id}}&v={{visitor_code}}");
        let offer = json!({"name": name, "url": url});
        tracker.create("/api/v1/offers", &offer)
    });
    let to = |offer: u64| json!({"kind": "split", "offers": [{"offer_id": offer, "weight": 1}]});
    let next = tracker.create(
        "/api/v1/campaigns",
        &json!({"name": "next", "alias": "next", "flows": [
            {"name": "newcomers", "target": to(new),
                "filters": [{"key": "uniqueness", "value": "campaign"}]},
            {"name": "rest", "kind": "default", "target": to(known)}]}),
    );
    let fallback = json!({"kind": "campaign", "campaign_id": next});
    let world = World::new(&tracker, json!({ "fallback": fallback }));
    let person = |ip: &'static str| [("X-Forwarded-For", ip), ("User-Agent", PHONE)];
    let on_landing = |ip: &'static str| {
        let answer = tracker.click("/push", &person(ip));
        format!("/go?click_id={}", id_in(&answer, "click_id"))
    };
    let direct = tracker.click("/next", &person("203.0.113.1"));
    assert_eq!(offer_of(&direct), "new");
    let links = ["203.0.113.1", "203.0.113.2"].map(on_landing);
    (world.offers.iter()).for_each(|offer| pause(&tracker, *offer));

    let [met, stranger] = links.map(|link| tracker.click(&link, &[]));
    let without_click = tracker.click("/go?c=next", &person("203.0.113.1"));

    assert_eq!(offer_of(&met), "known");
    assert_eq!(offer_of(&stranger), "new");
    assert_eq!(offer_of(&without_click), "known");
    let code = |answer: &Answer| answer.location().split("&v=").nth(1).map(str::to_owned);
    assert_eq!(code(&met), code(&direct));
    assert_eq!(code(&without_click), code(&direct));
    assert_ne!(code(&stranger), code(&direct));
    assert_eq!(code(&stranger).map(|code| code.len()), Some(16));
}

#[test]
fn offer_address_that_macros_made_nothing_of_gives_way_to_the_fallback() {
    let tracker = spawn();
    let world = World::new(&tracker, json!({}));
    for (number, url) in [
        (0, "https://{keyword}/x"),
        (1, "https://{sub_id_1}.example.com/"),
        (2, "{url}"),
    ] {
        let path = format!("/api/v1/offers/{}", world.offers[number]);
        let (status, answer) = tracker.patch(&path, &json!({ "url": url }));
        assert_eq!(status, 200, "{answer:#}");
    }
    let (click_id, _) = on_the_landing(&tracker, "?url=https://evil.example/");

    for step in ["/go", "/go/2", "/go/3", "/click?lp=1"] {
        let sign = if step.contains('?') { '&' } else { '?' };
        let answer = tracker.click(&format!("{step}{sign}click_id={click_id}"), &[]);
        let fallback = format!("http://127.0.0.1:9/fallback?c={click_id}");
        assert_eq!(answer.location(), fallback, "{step}");
    }
    let stranger = tracker.click("/go/2?c=push", &[AMERICAN]);
    assert_eq!(stranger.location(), "http://127.0.0.1:9/fallback?c=");
    let (click_id, _) = on_the_landing(&tracker, "?sub_id_1=shop");
    let named = tracker.click(&format!("/go/2?click_id={click_id}"), &[]);
    assert_eq!(named.location(), "https://shop.example.com/");
}

#[test]
fn cookies_are_kept_for_https_where_the_visitor_came_over_it() {
    let tracker = spawn();
    World::new(&tracker, json!({}));
    let https = ("X-Forwarded-Proto", "https");
    for (headers, is_secure) in [
        (vec![AMERICAN], false),
        (vec![AMERICAN, ("X-Forwarded-Proto", "http")], false),
        (vec![AMERICAN, https], true),
        (vec![AMERICAN, ("Forwarded", "for=x;proto=https")], true),
    ] {
        let answer = tracker.click("/push", &headers);
        assert_eq!(answer.cookie_names(), ["mr_visitor", "mr_click"]);
        for name in ["mr_visitor", "mr_click"] {
            let attributes = answer.cookie_attributes(name).expect("a cookie");
            assert!(attributes.contains("HttpOnly"), "{attributes}");
            let said = attributes.contains("; Secure");
            assert_eq!(said, is_secure, "{name}: {headers:?}");
        }
    }

    let tracker = Options::default().set("PROXIES__TRUSTED", "[]").spawn();
    World::new(&tracker, json!({}));
    let answer = tracker.click("/push", &[https]);
    let attributes = answer.cookie_attributes("mr_click").expect("a cookie");
    assert!(
        !attributes.contains("Secure"),
        "nobody's word: {attributes}"
    );
}
