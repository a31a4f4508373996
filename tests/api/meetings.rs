//! Where parts meet: the click of a link and of a cookie, jumps with cookies, bindings and limits,
//! a landing's step into another campaign.

use serde_json::{Value, json};

use crate::tracker::{Tracker, spawn};
use crate::visitor::Answer;

const AMERICAN: (&str, &str) = ("X-Forwarded-For", "8.8.8.8");

fn campaign(tracker: &Tracker, document: Value) -> Value {
    let (status, stored) = tracker.post("/api/v1/campaigns", &document);
    assert_eq!(status, 201, "{stored:#}");
    stored
}

fn offer(tracker: &Tracker, name: &str) -> u64 {
    let url = format!("http://127.0.0.1:9/{name}?c={{click_id}}");
    tracker.create("/api/v1/offers", &json!({ "name": name, "url": url }))
}

fn landing(tracker: &Tracker, name: &str, pass_query: bool) -> u64 {
    let url = format!("http://127.0.0.1:9/{name}");
    tracker.create(
        "/api/v1/landings",
        &json!({ "name": name, "url": url, "pass_query": pass_query }),
    )
}

fn split(landing: u64, offer: u64) -> Value {
    json!({ "kind": "split", "landings": [{ "landing_id": landing }], "offers": [{ "offer_id": offer }] })
}

fn to(url: &str) -> Value {
    json!({ "kind": "redirect", "url": format!("http://127.0.0.1:9/{url}") })
}

/// A campaign of this alias whose only flow takes everybody.
fn straight(tracker: &Tracker, alias: &str, target: Value, more: Value) -> Value {
    let mut document = json!({ "name": alias, "alias": alias,
        "flows": [{ "name": "all", "kind": "default", "target": target }] });
    for (field, value) in more.as_object().unwrap() {
        document[field] = value.clone();
    }
    campaign(tracker, document)
}

/// The 20 characters behind `name=` in a location.
fn id_in(answer: &Answer, name: &str) -> String {
    let location = answer.location();
    location.split_once(&format!("{name}=")).unwrap().1[..20].to_owned()
}

/// What the location begins with after the host.
fn place(answer: &Answer) -> &str {
    let path = answer.location().strip_prefix("http://127.0.0.1:9/");
    path.unwrap_or_default().split('?').next().unwrap()
}

#[test]
fn the_click_of_the_link_counts_before_that_of_the_cookie() {
    let mut tracker = spawn();
    let page = landing(&tracker, "page", false);
    for alias in ["first", "second"] {
        let offer = offer(&tracker, &format!("{alias}-offer"));
        straight(&tracker, alias, split(page, offer), json!({}));
    }
    let first = id_in(&tracker.click("/first", &[AMERICAN]), "click_id");
    // Now only the database knows it, while the cookie's click is of a moment ago.
    tracker.stop();
    tracker.start();
    let second = tracker.click("/second", &[AMERICAN]);
    let cookie = second.cookie("mr_click").unwrap();

    let step = tracker.click(&format!("/go?click_id={first}"), &[("Cookie", cookie)]);

    assert_eq!(place(&step), "first-offer");
    assert_eq!(id_in(&step, "c"), first);
}

#[test]
fn a_fallback_campaign_gives_its_offer_to_who_is_on_a_landing() {
    let tracker = spawn();
    let (one, two) = (offer(&tracker, "one"), offer(&tracker, "two"));
    let (page1, page2) = (
        landing(&tracker, "page1", false),
        landing(&tracker, "page2", false),
    );
    let next = straight(&tracker, "next", split(page2, two), json!({}));
    let fallback = json!({ "fallback": { "kind": "campaign", "campaign_id": next["id"] } });
    straight(&tracker, "first", split(page1, one), fallback);
    let shown = tracker.click("/first", &[AMERICAN]);
    let (status, _) = tracker.patch(
        &format!("/api/v1/offers/{one}"),
        &json!({ "state": "paused" }),
    );
    assert_eq!(status, 200);

    let step = tracker.click("/go", &[("Cookie", shown.cookie("mr_click").unwrap())]);

    assert_eq!(place(&step), "two");
}

#[test]
fn the_visitors_query_goes_to_the_landing_by_every_way() {
    let tracker = spawn();
    let (page, offer) = (landing(&tracker, "page", true), offer(&tracker, "one"));
    for way in ["http", "meta", "js", "no_referrer", "iframe", "form_post"] {
        let mut target = split(page, offer);
        target["redirect"] = json!(way);
        straight(&tracker, &format!("w-{way}"), target, json!({}));

        let answer = tracker.click(&format!("/w-{way}?fbclid=abc123"), &[AMERICAN]);

        let text = format!(
            "{} {}",
            answer.location(),
            String::from_utf8_lossy(&answer.body)
        );
        assert!(text.contains("abc123"), "{way}: {text}");
    }
}

#[test]
fn a_refused_jump_uses_no_limit_up() {
    let tracker = spawn();
    let away = |to: &str| json!({ "kind": "redirect", "url": format!("http://127.0.0.1:9/{to}") });
    let first = campaign(
        &tracker,
        json!({ "name": "a", "alias": "a", "fallback": away("away-a") }),
    );
    let limit = json!([{ "key": "limit", "value": { "total": 3 } }]);
    let back = json!({ "kind": "campaign", "campaign_id": first["id"] });
    let second = campaign(
        &tracker,
        json!({ "name": "b", "alias": "b", "fallback": away("away-b"), "flows": [
            { "name": "back", "filters": limit, "target": back },
            { "name": "rest", "kind": "default", "target": to("rest") } ] }),
    );
    let on = json!({ "kind": "campaign", "campaign_id": second["id"] });
    let flows = json!({ "flows": [{ "name": "on", "kind": "default", "target": on }] });
    let path = format!("/api/v1/campaigns/{}", first["id"]);
    assert_eq!(tracker.patch(&path, &flows).0, 200);

    for _ in 0..5 {
        assert_eq!(place(&tracker.click("/a", &[AMERICAN])), "rest");
    }
    // The flow leads to `a`, which leads back: refused there, so the fallback of `a` answers.
    for _ in 0..3 {
        assert_eq!(place(&tracker.click("/b", &[AMERICAN])), "away-a");
    }
    assert_eq!(place(&tracker.click("/b", &[AMERICAN])), "rest");
}

#[test]
fn a_forced_jump_does_not_end_a_binding() {
    let tracker = spawn();
    let end = straight(&tracker, "end", to("end"), json!({}));
    let offers: Vec<Value> = (0..8)
        .map(|n| json!({ "offer_id": offer(&tracker, &format!("o{n}")) }))
        .collect();
    let bad = json!([{ "key": "source", "value": ["bad"] }]);
    let jump = json!({ "kind": "campaign", "campaign_id": end["id"] });
    campaign(
        &tracker,
        json!({ "name": "x", "alias": "x", "bind": "offer", "flows": [
            { "name": "forced", "kind": "forced", "filters": bad, "target": jump },
            { "name": "all", "kind": "default",
              "target": { "kind": "split", "landings": [], "offers": offers } } ] }),
    );
    let bound = tracker.click("/x", &[AMERICAN]);

    for _ in 0..12 {
        assert_eq!(place(&tracker.click("/x?source=bad", &[AMERICAN])), "end");
        assert_eq!(place(&tracker.click("/x", &[AMERICAN])), place(&bound));
    }
}

#[test]
fn a_visit_has_one_identity_in_all_its_campaigns() {
    let tracker = spawn();
    for (name, first, last) in [
        (
            "without",
            json!({ "by": "cookie" }),
            json!({ "by": "ip_ua", "cookies": false }),
        ),
        ("other", json!({ "by": "cookie" }), json!({ "by": "ip_ua" })),
        ("address", json!({ "by": "ip" }), json!({ "by": "ip_ua" })),
    ] {
        let uniqueness = json!({ "uniqueness": last });
        let end = straight(
            &tracker,
            &format!("end-{name}"),
            to("end?p={parent_click_id}"),
            uniqueness,
        );
        let jump = json!({ "kind": "campaign", "campaign_id": end["id"] });
        let cost = json!({ "model": "cpuc", "value": "1", "currency": "USD" });
        straight(
            &tracker,
            name,
            jump,
            json!({ "uniqueness": first, "cost": cost }),
        );
        let mut cookie: Option<String> = None;
        let mut costs = Vec::new();
        for _ in 0..3 {
            let mut headers = vec![AMERICAN];
            headers.extend(cookie.as_deref().map(|cookie| ("Cookie", cookie)));
            let answer = tracker.click(&format!("/{name}"), &headers);
            if let Some(set) = answer.cookie("mr_visitor") {
                cookie = Some(set.to_owned());
            }
            let (_, click) = tracker.get(&format!("/api/v1/clicks/{}", id_in(&answer, "p")));
            costs.push(click["cost"].clone());
        }
        assert_eq!(costs, ["1", "0", "0"], "{name}");
    }
}

#[test]
fn a_preview_uses_no_limit_up() {
    let tracker = spawn();
    let limit = json!([{ "key": "limit", "value": { "total": 1 } }]);
    campaign(
        &tracker,
        json!({ "name": "l", "alias": "l", "flows": [
            { "name": "limited", "filters": limit, "target": to("limited") },
            { "name": "rest", "kind": "default", "target": to("rest") } ] }),
    );
    for _ in 0..3 {
        tracker.click("/l", &[AMERICAN, ("X-Purpose", "preview")]);
    }

    assert_eq!(place(&tracker.click("/l", &[AMERICAN])), "limited");
    assert_eq!(place(&tracker.click("/l", &[AMERICAN])), "rest");
}

#[test]
fn a_bulk_change_that_replaced_flows_is_undone_too() {
    let tracker = spawn();
    let stored = straight(&tracker, "u", to("old"), json!({}));
    let flows = json!([{ "name": "new", "kind": "default", "target": to("new") }]);
    let action = json!({ "kind": "set", "of": "campaigns", "ids": [stored["id"]], "fields": { "flows": flows } });
    let (status, report) = tracker.post(
        "/api/v1/bulk",
        &json!({ "preview": false, "action": action }),
    );
    assert_eq!(status, 200, "{report:#}");
    assert_eq!(place(&tracker.click("/u", &[AMERICAN])), "new");

    let undo = format!("/api/v1/bulk/{}/undo", report["change_id"]);
    let (status, answer) = tracker.post(&undo, &json!({}));

    assert_eq!(status, 200, "{answer:#}");
    assert_eq!(place(&tracker.click("/u", &[AMERICAN])), "old");
}

#[test]
fn an_address_that_macros_made_nothing_of_is_replaced_by_the_fallback() {
    let tracker = spawn();
    let fallback = json!({ "fallback": to("fallback") });
    for (alias, url) in [
        ("scheme", "{url}"),
        ("raw", "{_url}"),
        ("host", "https://{keyword}/x"),
        ("label", "https://{sub_id_1}.example.com/"),
    ] {
        let target = json!({ "kind": "redirect", "url": url });
        let stored = straight(&tracker, alias, target, fallback.clone());

        let answer = tracker.click(&format!("/{alias}?url=https://evil.example/p"), &[AMERICAN]);

        assert_eq!(place(&answer), "fallback", "{alias}");
        let warned = stored["warnings"].to_string();
        assert!(
            alias == "label" || warned.contains("open_redirect"),
            "{warned}"
        );
    }
    let given = tracker.click("/label?sub_id_1=shop", &[AMERICAN]);
    assert_eq!(given.location(), "https://shop.example.com/");
}

#[test]
fn who_comes_without_a_click_gets_what_the_host_has_for_unknown_links() {
    let tracker = spawn();
    let index = straight(&tracker, "index", to("index"), json!({}));
    let rules = json!({ "host": "127.0.0.1", "index_campaign_id": index["id"],
        "fallback": to("domain") });
    tracker.create("/api/v1/domains", &rules);

    for path in ["/go", "/go/2", "/?_lp=1", "/nowhere"] {
        assert_eq!(place(&tracker.click(path, &[])), "domain", "{path}");
    }
    assert_eq!(place(&tracker.click("/", &[])), "index");
    let path = format!("/api/v1/campaigns/{}?force=true", index["id"]);
    let (status, _) = tracker.api("DELETE", &path, None, Some(&tracker.key));
    assert_eq!(status, 200);
    assert_eq!(place(&tracker.click("/", &[])), "domain");
}
