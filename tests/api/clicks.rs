//! A click on a good day.

use serde_json::{Value, json};

use crate::load::promise;
use crate::tracker::spawn;
use crate::visitor::{PHONE, Visitor};

/// Google's resolver: in the United States by every country base.
const AMERICAN: (&str, &str) = ("X-Forwarded-For", "8.8.8.8");

#[test]
fn first_campaign_records_who_came_and_from_which_creative() {
    let tracker = spawn();
    let offer = tracker.create(
        "/api/v1/offers",
        &json!({"name": "Loans", "url": "http://127.0.0.1:9/?c={click_id}&zone={source}&cc={country}"}),
    );
    let campaign = tracker.create(
        "/api/v1/campaigns",
        &json!({
            "name": "US push", "alias": "us-push",
            "cost": {"model": "cpc", "value": "0.01", "currency": "USD", "from_url": true},
            "flows": [{
                "name": "rest", "kind": "default",
                "target": {"kind": "split", "landings": [], "offers": [{"offer_id": offer, "weight": 100}]}
            }]
        }),
    );

    let answer = tracker.click(
        "/us-push?cost=0.0123&external_id=ab12cd34ef56ab78&source=zone7&creative_id=cr9&ad_campaign_id=77\
         &keyword=car+loan&sub_id_1=first&sub_id_30=last",
        &[AMERICAN, ("Accept-Language", "de-DE,de;q=0.9"), ("Referer", "https://example.com/page")],
    );

    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let click_id = answer
        .click_id()
        .expect("a click id in the Location")
        .to_owned();
    assert_eq!(
        answer.location(),
        format!("http://127.0.0.1:9/?c={click_id}&zone=zone7&cc=US")
    );

    let (status, click) = tracker.get(&format!("/api/v1/clicks/{click_id}"));
    assert_eq!(status, 200, "{click:#}");
    for (field, expected) in [
        ("click_id", json!(click_id)),
        ("campaign_id", json!(campaign)),
        ("offer_id", json!(offer)),
        ("country", json!("US")),
        ("ip", json!("8.8.8.8")),
        ("device_type", json!("mobile")),
        ("os", json!("iOS")),
        ("browser", json!("Safari")),
        ("user_agent", json!(PHONE)),
        ("language", json!("de")),
        ("referrer", json!("https://example.com/page")),
        ("external_id", json!("ab12cd34ef56ab78")),
        ("source", json!("zone7")),
        ("creative_id", json!("cr9")),
        ("ad_campaign_id", json!("77")),
        ("keyword", json!("car loan")),
        ("sub_id_1", json!("first")),
        ("sub_id_30", json!("last")),
        ("cost", json!("0.0123")),
        ("is_bot", json!(false)),
    ] {
        assert_eq!(click[field], expected, "{field} of {click:#}");
    }
}

#[test]
fn forwarded_addresses_count_only_behind_a_trusted_proxy() {
    let trusting = spawn();
    let strict = crate::tracker::Options::default()
        .set("PROXIES__TRUSTED", "[]")
        .spawn();

    let seen = [&trusting, &strict].map(|tracker| {
        tracker.simple_campaign("offer");
        let answer = tracker.click("/offer", &[AMERICAN]);
        let (_, click) = tracker.get(&format!("/api/v1/clicks/{}", answer.click_id().unwrap()));
        click["ip"].clone()
    });

    assert_eq!(seen, [json!("8.8.8.8"), json!("127.0.0.1")]);
}

#[test]
fn head_is_answered_without_a_click_id_and_leaves_no_click() {
    let tracker = spawn();
    tracker.simple_campaign("offer");

    let answer = tracker
        .visitor()
        .send("HEAD", "/offer?source=zone7", &[])
        .unwrap();

    assert!((200..400).contains(&answer.status), "{answer:?}");
    assert_eq!(answer.click_id(), None);
    promise(&mut tracker.visitor(), "offer").unwrap();
    assert_eq!(tracker.count_clicks(), 1);
}

#[test]
fn browser_prefetch_gets_503_and_leaves_no_click() {
    let tracker = spawn();
    tracker.simple_campaign("offer");

    for purpose in ["prefetch", "prefetch;prerender"] {
        let answer = tracker.click("/offer", &[("Sec-Purpose", purpose)]);

        assert_eq!(answer.status, 503, "{purpose}");
        assert!(
            answer
                .header("cache-control")
                .is_some_and(|value| value.contains("no-store"))
        );
        assert_eq!(answer.click_id(), None);
    }
    promise(&mut tracker.visitor(), "offer").unwrap();
    assert_eq!(tracker.count_clicks(), 1);
}

#[test]
fn crawlers_are_sent_on_and_labelled() {
    let tracker = spawn();
    tracker.simple_campaign("offer");

    let crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    let answer = tracker.click("/offer", &[("User-Agent", crawler)]);

    let (_, click) = tracker.get(&format!("/api/v1/clicks/{}", answer.click_id().unwrap()));
    assert_eq!(
        (&click["is_bot"], &click["bot_reason"]),
        (&json!(true), &json!("crawler"))
    );
}

#[test]
fn what_is_no_campaign_is_not_found() {
    let tracker = spawn();
    tracker.simple_campaign("offer");

    for path in [
        "/nothing",
        "/OFFER",
        "/offer.html",
        "/robots.txt",
        "/favicon.ico",
        "/.well-known/x",
        "/",
    ] {
        let answer = tracker.click(path, &[]);
        assert!(
            answer.click_id().is_none() && answer.status < 500,
            "{path}: {answer:?}"
        );
    }
    assert_eq!(tracker.click("/nothing", &[]).status, 404);
    assert_eq!(tracker.count_clicks(), 0);
}

#[test]
fn filters_choose_the_flow_and_the_default_flow_takes_the_rest() {
    let tracker = spawn();
    let redirect = |to: &str| json!({"kind": "redirect", "redirect": "http", "url": format!("http://127.0.0.1:9/{to}?c={{click_id}}")});
    tracker.create(
        "/api/v1/campaigns",
        &json!({"name": "by country", "alias": "by-country", "flows": [
            {"name": "americans", "kind": "regular",
             "filters": [{"key": "country", "mode": "accept", "value": ["US", "CA"]}], "target": redirect("us")},
            {"name": "rest", "kind": "default", "target": redirect("rest")},
        ]}),
    );

    let american = tracker.click("/by-country", &[AMERICAN]);
    let unknown = tracker.click("/by-country", &[("X-Forwarded-For", "192.0.2.1")]);

    assert!(
        american.location().starts_with("http://127.0.0.1:9/us?"),
        "{american:?}"
    );
    assert!(
        unknown.location().starts_with("http://127.0.0.1:9/rest?"),
        "{unknown:?}"
    );
}

#[test]
fn weights_divide_visitors_among_offers() {
    let tracker = spawn();
    let offers = [("often", 80), ("seldom", 20)].map(|(name, weight)| {
        let url = format!("http://127.0.0.1:9/{name}?c={{click_id}}");
        (
            tracker.create("/api/v1/offers", &json!({"name": name, "url": url})),
            weight,
        )
    });
    let offers: Vec<Value> = offers
        .iter()
        .map(|(id, weight)| json!({"offer_id": id, "weight": weight}))
        .collect();
    tracker.create(
        "/api/v1/campaigns",
        &json!({"name": "split", "alias": "split", "flows": [
            {"name": "rest", "kind": "default", "target": {"kind": "split", "landings": [], "offers": offers}},
        ]}),
    );

    let mut visitor = tracker.visitor();
    let often = (0..500)
        .filter(|_| {
            visitor
                .click("/split", &[])
                .unwrap()
                .location()
                .contains("/often?")
        })
        .count();

    assert!(
        (340..=460).contains(&often),
        "{often} of 500 at a weight of 80 %"
    );
}

#[test]
fn paused_campaign_takes_its_fallback() {
    let tracker = spawn();
    let id = tracker.simple_campaign("offer");
    let (_, mut campaign) = tracker.get(&format!("/api/v1/campaigns/{id}"));
    campaign["state"] = json!("paused");
    campaign["fallback"] = json!({"kind": "redirect", "url": "http://127.0.0.1:9/elsewhere"});
    let (status, problems) = tracker.put(&format!("/api/v1/campaigns/{id}"), &campaign);
    assert_eq!(status, 200, "{problems:#}");

    let answer = tracker.click("/offer", &[]);

    assert_eq!(
        (answer.status, answer.location()),
        (302, "http://127.0.0.1:9/elsewhere")
    );
}

#[test]
fn list_of_clicks_pages_from_the_newest_without_gaps() {
    let tracker = spawn();
    tracker.simple_campaign("offer");
    let mut visitor = tracker.visitor();
    let mut expected: Vec<String> = (0..25)
        .map(|_| promise(&mut visitor, "offer").unwrap().click_id)
        .collect();
    expected.reverse();

    let mut listed = Vec::new();
    let mut cursor = String::new();
    loop {
        let (status, page) = tracker.get(&format!("/api/v1/clicks?limit=10{cursor}"));
        assert_eq!(status, 200, "{page:#}");
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 10);
        listed.extend(
            items
                .iter()
                .map(|click| click["click_id"].as_str().unwrap().to_owned()),
        );
        cursor = match &page["next"] {
            Value::Null => break,
            Value::String(next) => format!("&cursor={next}"),
            next => format!("&cursor={next}"),
        };
    }

    assert_eq!(listed, expected);
}

#[test]
fn forged_and_unknown_click_ids_are_not_found() {
    let tracker = spawn();
    tracker.simple_campaign("offer");
    let real = promise(&mut Visitor::new(tracker.address()), "offer")
        .unwrap()
        .click_id;
    let last = if real.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{last}", &real[..19]);

    for id in [
        forged.as_str(),
        "abc",
        "00000000000000000000",
        "%00",
        "zzzzzzzzzzzzzzzzzzzz",
    ] {
        let (status, _) = tracker.get(&format!("/api/v1/clicks/{id}"));
        assert!((400..500).contains(&status), "{id}: {status}");
    }
    assert_eq!(
        tracker
            .get(&format!("/api/v1/clicks/{}", real.to_uppercase()))
            .0,
        200
    );
}
