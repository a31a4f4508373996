//! What every entity can do, and what traffic sources, groups, lists, domains and keys are for.

use serde_json::{Value, json};

use crate::tracker::{Tracker, campaign, spawn};
use crate::visitor::{Answer, PHONE, Visitor};

impl Tracker {
    fn delete(&self, path: &str) -> (u16, Value) {
        self.api("DELETE", path, None, Some(&self.key))
    }

    /// A request for a host of its own.
    fn visit(&self, host: &str, path: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {PHONE}\r\n\r\n");
        Visitor::new(self.address())
            .raw(request.as_bytes(), false)
            .unwrap()
    }

    fn ids(&self, path: &str) -> Vec<u64> {
        let (status, page) = self.get(path);
        assert_eq!(status, 200, "{path}: {page:#}");
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_u64().unwrap()).collect()
    }
}

/// (field, code) of all problems.
fn problems(answer: &Value) -> Vec<(&str, &str)> {
    let problems = answer["problems"].as_array().unwrap().iter();
    problems
        .map(|one| {
            (
                one["field"].as_str().unwrap(),
                one["code"].as_str().unwrap(),
            )
        })
        .collect()
}

fn codes(answer: &Value) -> Vec<&str> {
    let warnings = answer["warnings"].as_array().unwrap().iter();
    warnings.map(|one| one["code"].as_str().unwrap()).collect()
}

/// The last recorded click.
fn newest(tracker: &Tracker) -> Value {
    let (_, page) = tracker.get("/api/v1/clicks?limit=1");
    page["items"][0].clone()
}

#[test]
fn a_campaign_takes_the_parameters_of_its_source_and_its_link_carries_them_byte_for_byte() {
    let tracker = spawn();
    let source = tracker.create(
        "/api/v1/traffic-sources",
        &json!({"name": "Push", "postback": {"url": "https://s.example/?c={external_id}"}, "parameters": {
            "source": {"name": "zone", "macro": "##SUB_ID_SHORT(action)##"},
            "external_id": {"name": "tid", "macro": "$!{tid}"},
            "creative_id": {"name": "ad", "macro": "{{ad.id}}"},
            "keyword": {"name": "kw", "macro": "%kw%"}}}),
    );
    let offer = tracker.create(
        "/api/v1/offers",
        &json!({"name": "O", "url": "http://127.0.0.1:9/?c={click_id}"}),
    );
    let mut document = campaign("push", offer);
    document["traffic_source_id"] = json!(source);
    document["parameters"] = json!({"keyword": {"name": "word", "macro": "<TRACKER>"}});
    let id = tracker.create("/api/v1/campaigns", &document);

    let (status, bare) = tracker.get(&format!("/api/v1/campaigns/{id}/links"));
    assert_eq!(status, 200, "{bare:#}");
    let query = "/push?tid=$!{tid}&word=<TRACKER>&zone=##SUB_ID_SHORT(action)##&ad={{ad.id}}";
    let url = format!("http://{}{query}", tracker.address());
    assert_eq!(
        bare["items"],
        json!([{"domain_id": null, "host": tracker.address(), "url": url}])
    );
    assert_eq!(bare["parameters"][1]["from"], json!("campaign"));
    assert_eq!(bare["parameters"][1]["macro"], json!("<TRACKER>"));
    assert_eq!(bare["parameters"][2]["from"], json!("traffic_source"));
    assert_eq!(bare["parameters"][2]["name"], json!("zone"));

    for host in ["a.example.com", "b.example.com"] {
        tracker.create("/api/v1/domains", &json!({"host": host}));
    }
    let mut other = campaign("push", offer);
    other["domain_id"] = json!(2);
    tracker.create("/api/v1/campaigns", &other);
    let (_, links) = tracker.get(&format!("/api/v1/campaigns/{id}/links"));
    assert_eq!(
        links["items"],
        json!([{"domain_id": 1, "host": "a.example.com", "url": format!("http://a.example.com{query}")}]),
        "on b.example.com the alias is another campaign's"
    );

    let answer = tracker.click("/push?zone=z1&word=w1&kw=lost&tid=e1", &[]);
    assert!(answer.click_id().is_some());
    let click = newest(&tracker);
    assert_eq!(
        [&click["source"], &click["keyword"], &click["external_id"]],
        [&json!("z1"), &json!("w1"), &json!("e1")]
    );
    assert_eq!(click["traffic_source_id"], json!(source));

    let (_, stored) = tracker.get(&format!("/api/v1/traffic-sources/{source}"));
    assert_eq!(codes(&stored), [""; 0]);
}

#[test]
fn a_group_holds_entities_of_its_kind_only() {
    let tracker = spawn();
    let offers = tracker.create("/api/v1/groups", &json!({"name": "A", "kind": "offers"}));
    let document = json!({"name": "L", "url": "https://l.example/", "group_id": offers});

    let (status, answer) = tracker.post("/api/v1/landings", &document);
    let (_, unknown) = tracker.post(
        "/api/v1/traffic-sources",
        &json!({"name": "S", "group_id": 9}),
    );
    let (without, _) = tracker.post("/api/v1/groups", &json!({"name": "A"}));
    let offer = tracker.create("/api/v1/offers", &document);
    tracker.create(
        "/api/v1/offers",
        &json!({"name": "M", "url": "https://m.example/"}),
    );
    let changed = tracker.patch("/api/v1/groups/1", &json!({"kind": "landings"}));

    assert_eq!(status, 422);
    assert_eq!(problems(&answer), [("group_id", "wrong_kind")]);
    assert_eq!(problems(&unknown), [("group_id", "unknown_reference")]);
    assert_eq!(without, 422);
    assert_eq!(
        tracker.ids(&format!("/api/v1/offers?group_id={offers}")),
        [offer]
    );
    assert_eq!(tracker.ids("/api/v1/offers?group_id=none"), [offer + 1]);
    assert_eq!(changed.0, 422);
    assert_eq!(problems(&changed.1), [("kind", "in_use")]);
    let (status, answer) = tracker.get("/api/v1/landings?network_id=1");
    assert_eq!((status, problems(&answer)[0].1), (422, "unknown_parameter"));
}

#[test]
fn values_come_onto_a_list_and_off_it_one_by_one() {
    let tracker = spawn();
    let many: Vec<String> = (0..150_000)
        .map(|number| format!("value-{number}"))
        .collect();
    let document = json!({"name": "Black", "values": ["a", "b", "a"]});

    let list = tracker.create("/api/v1/lists", &document);
    let values = format!("/api/v1/lists/{list}/values");
    let (status, added) = tracker.post(&values, &json!({"values": many}));
    let (_, again) = tracker.post(&values, &json!({"values": ["a", "c"]}));
    let removed = tracker.post(
        &format!("{values}/remove"),
        &json!({"values": ["b", "nobody"]}),
    );
    let nothing = tracker.post(&format!("{values}/remove"), &json!({"values": ["b"]}));
    let (refused, answer) = tracker.post(&values, &json!({"values": [1], "x": 2}));

    assert_eq!(status, 200, "{added:#}");
    assert_eq!(added["added"], json!(150_000));
    assert_eq!([&again["added"], &again["count"]], [1, 150_003]);
    assert_eq!([&removed.1["removed"], &removed.1["count"]], [1, 150_002]);
    assert_eq!(
        nothing.1["version"], removed.1["version"],
        "nothing changed"
    );
    assert_eq!(refused, 422);
    assert_eq!(
        problems(&answer),
        [("values[0]", "invalid"), ("x", "unknown_field")]
    );
    let (_, page) = tracker.get("/api/v1/lists");
    assert_eq!(page["items"][0]["count"], json!(150_002));
    assert!(page["items"][0].get("values").is_none());
    let (_, whole) = tracker.get(&format!("/api/v1/lists/{list}"));
    assert_eq!(whole["values"].as_array().map(Vec::len), Some(150_002));
    let too_large = json!({"name": "x".repeat(2 << 20), "url": "https://x.example/"});
    assert_eq!(tracker.post("/api/v1/offers", &too_large).0, 413);
}

#[test]
fn what_is_in_use_is_archived_only_by_force() {
    let tracker = spawn();
    let campaign_id = tracker.simple_campaign("offer");
    let list = tracker.create("/api/v1/lists", &json!({"name": "L", "values": ["US"]}));
    let path = format!("/api/v1/campaigns/{campaign_id}");
    let (_, stored) = tracker.get(&path);

    let (status, answer) = tracker.delete("/api/v1/offers/1");
    let (forced, archived) = tracker.delete("/api/v1/offers/1?force=true");
    let (unused, _) = tracker.delete(&format!("/api/v1/lists/{list}"));

    assert_eq!(status, 409, "{answer:#}");
    assert_eq!(answer["error"]["code"], json!("in_use"));
    assert_eq!(
        answer["error"]["users"],
        json!([{"what": "campaign", "id": campaign_id, "name": stored["name"],
            "field": "flows[0].target.offers[0].offer_id"}])
    );
    assert_eq!((forced, unused), (200, 200));
    assert_eq!(archived["state"], json!("archived"));
    assert_eq!(codes(&archived), ["in_use"]);
    let (status, _) = tracker.delete("/api/v1/offers/1?force=perhaps");
    assert_eq!(status, 422);
    let (status, restored) = tracker.post("/api/v1/offers/1/restore", &json!({}));
    assert_eq!((status, &restored["state"]), (200, &json!("active")));
}

#[test]
fn a_patch_changes_what_it_names_and_nothing_else() {
    let tracker = spawn();
    let id = tracker.simple_campaign("offer");
    let path = format!("/api/v1/campaigns/{id}");
    let (_, before) = tracker.get(&path);

    let change = json!({"name": "New", "cost": {"model": "cpc", "value": "0.5"}});
    let (status, first) = tracker.patch(&path, &change);
    let (_, second) = tracker.patch(&path, &json!({"cost": {"value": null}, "version": 2}));
    let (stale, conflict) = tracker.patch(&path, &json!({"name": "Late", "version": 2}));
    let (wrong, _) = tracker.patch(&path, &json!(["x"]));
    let (refused, answer) = tracker.patch(&path, &json!({"nmae": "x", "rotation": 1}));

    assert_eq!(status, 200, "{first:#}");
    assert_eq!(
        (&first["name"], &first["version"]),
        (&json!("New"), &json!(2))
    );
    assert_eq!(first["flows"], before["flows"]);
    assert_eq!(first["alias"], before["alias"]);
    assert_eq!(second["cost"]["model"], json!("cpc"));
    assert_eq!(second["cost"]["value"], json!("0"));
    assert_eq!(stale, 409);
    assert_eq!(
        conflict["error"]["differences"],
        json!([{"field": "name", "yours": "Late", "theirs": "New"}])
    );
    assert_eq!((wrong, refused), (422, 422));
    assert_eq!(
        problems(&answer),
        [("rotation", "invalid"), ("nmae", "unknown_field")]
    );
    assert_eq!(tracker.get(&path).1["version"], json!(3));
}

#[test]
fn a_clone_is_an_entity_of_its_own() {
    let tracker = spawn();
    let id = tracker.simple_campaign("offer");
    tracker.delete("/api/v1/offers/1?force=true");
    let path = format!("/api/v1/campaigns/{id}");
    let (_, first) = tracker.get(&path);

    let (status, copy) = tracker.api("POST", &format!("{path}/clone"), None, Some(&tracker.key));
    let changes = json!({"alias": "chosen", "state": "paused"});
    let (_, second) = tracker.post(&format!("{path}/clone"), &changes);
    let domain = tracker.create("/api/v1/domains", &json!({"host": "a.example.com"}));
    let clone = format!("/api/v1/domains/{domain}/clone");
    let (taken, answer) = tracker.post(&clone, &json!({}));
    let (made, _) = tracker.post(&clone, &json!({"host": "b.example.com"}));

    assert_eq!(status, 201, "{copy:#}");
    assert_eq!(copy["name"], json!("campaign offer (copy)"));
    assert_eq!(copy["version"], json!(1));
    assert_ne!(copy["id"], first["id"]);
    assert_ne!(copy["alias"], first["alias"]);
    assert_ne!(copy["flows"][0]["id"], first["flows"][0]["id"]);
    assert_eq!(copy["flows"][0]["target"], first["flows"][0]["target"]);
    assert_eq!(second["name"], json!("campaign offer (copy 2)"));
    assert_eq!(second["alias"], json!("chosen"));
    assert_eq!(second["state"], json!("paused"));
    assert_eq!((taken, made), (422, 201));
    assert_eq!(problems(&answer), [("host", "host_taken")]);
    assert_eq!(
        tracker.post("/api/v1/campaigns/99/clone", &json!({})).0,
        404
    );
}

#[test]
fn a_sorted_list_is_paged_without_gaps() {
    let tracker = spawn();
    for name in ["gamma", "Alpha", "beta", "alpha", "Delta"] {
        let network = json!({"name": name});
        let (status, made) = tracker.post("/api/v1/networks", &network);
        assert_eq!(status, 201);
        let is_second = name == "alpha";
        assert_eq!(
            codes(&made).contains(&"duplicate_name"),
            is_second,
            "{name}"
        );
    }
    let cases = [
        ("name", [2, 4, 3, 5, 1]),
        ("-name", [1, 5, 3, 4, 2]),
        ("-id", [5, 4, 3, 2, 1]),
    ];
    for (sort, expected) in cases {
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/networks?limit=2&sort={sort}&cursor={cursor}");
            ids.extend(tracker.ids(&path));
            match tracker.get(&path).1["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(ids, expected, "{sort}");
    }
    tracker.patch("/api/v1/networks/3", &json!({"notes": "x"}));
    let newest = tracker.ids("/api/v1/networks?sort=-updated_at&limit=1");
    assert_eq!(newest, [3]);
    let (status, answer) = tracker.get("/api/v1/networks?sort=size&cursor=3.t61");
    assert_eq!(status, 422);
    assert_eq!(
        problems(&answer),
        [("sort", "invalid"), ("cursor", "invalid")]
    );
}

#[test]
fn a_domain_answers_unknown_links_and_robots_as_it_says() {
    let tracker = spawn();
    let campaign_id = tracker.simple_campaign("offer");
    let fallback = json!({"kind": "redirect", "url": "https://away.example/?k={kw}&h={domain}"});
    let domain = tracker.create(
        "/api/v1/domains",
        &json!({"host": "go.example.com", "index_campaign_id": campaign_id,
            "fallback": fallback, "robots": "allow"}),
    );
    let path = format!("/api/v1/domains/{domain}");
    let allowed = "User-agent: *\nDisallow:\n";
    let robots = |host| String::from_utf8(tracker.visit(host, "/robots.txt").body).unwrap();

    let unknown = tracker.visit("go.example.com", "/no-such-link?kw=x");
    assert_eq!(unknown.status, 302);
    assert!(
        unknown.location().starts_with("https://away.example/?k=x"),
        "{}",
        unknown.location()
    );
    let index = tracker.visit("go.example.com", "/");
    assert!(index.location().starts_with("http://127.0.0.1:9/"));
    assert_eq!(tracker.visit("go.example.com", "/favicon.ico").status, 404);
    assert_eq!(robots("go.example.com"), allowed);
    assert_ne!(robots("other.example.com"), allowed);

    let to_campaign = json!({"kind": "campaign", "campaign_id": campaign_id, "url": null});
    let (status, _) = tracker.patch(&path, &json!({"fallback": to_campaign}));
    assert_eq!(status, 200);
    let taken = tracker.visit("go.example.com", "/no-such-link");
    assert!(taken.location().starts_with("http://127.0.0.1:9/"));
    tracker.patch(
        &path,
        &json!({"fallback": {"kind": "not_found", "campaign_id": null}}),
    );
    assert_eq!(tracker.visit("go.example.com", "/no-such-link").status, 404);
    tracker.patch(&path, &json!({"fallback": null}));
    assert_eq!(tracker.visit("go.example.com", "/no-such-link").status, 302);

    tracker.patch(&path, &json!({"state": "paused"}));
    assert_eq!(tracker.visit("go.example.com", "/no-such-link").status, 404);
    assert_eq!(tracker.visit("go.example.com", "/").status, 404);
    assert_eq!(tracker.visit("go.example.com", "/offer").status, 302);
    assert_ne!(robots("go.example.com"), allowed);
}

#[test]
fn a_revoked_key_lets_nobody_in_from_the_next_request_on() {
    let tracker = spawn();

    let (status, made) = tracker.post("/api/v1/api-keys", &json!({"name": "script"}));
    let key = made["key"].as_str().unwrap();
    let id = made["id"].as_u64().unwrap();
    let (before, _) = tracker.api("GET", "/api/v1/offers", None, Some(key));
    let (_, keys) = tracker.get("/api/v1/api-keys");
    let (revoked, _) = tracker.delete(&format!("/api/v1/api-keys/{id}"));
    let (after, _) = tracker.api("GET", "/api/v1/offers", None, Some(key));
    let (again, _) = tracker.delete(&format!("/api/v1/api-keys/{id}"));
    let (nameless, _) = tracker.post("/api/v1/api-keys", &json!({}));

    assert_eq!((status, before, revoked, after), (201, 200, 200, 401));
    assert_eq!((again, nameless), (404, 422));
    assert_eq!(keys["items"][1]["name"], json!("script"));
    assert!(!keys.to_string().contains(key));
    assert_eq!(tracker.ids("/api/v1/api-keys"), [1]);
}
