//! What traffic sources are told of conversions: which ones, in which words, how often, and what
//! becomes of a call that fails.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::payer::{Payer, wait_until};
use crate::receiver::{Manner, Receiver};
use crate::tracker::Options;

/// Longer than it takes until a call is made.
const A_WHILE: Duration = Duration::from_millis(900);

fn allowing() -> Options {
    Options::default().set("OUTBOUND__ALLOW_PRIVATE", "true")
}

/// A campaign whose conversions are told by these postbacks.
fn payer(postbacks: Value) -> Payer {
    let payer = Payer::with(allowing(), json!({}), json!({}));
    payer.edit(
        &format!("/campaigns/{}", payer.campaign),
        &json!({ "postbacks": postbacks }),
    );
    payer
}

fn click(payer: &Payer, query: &str) -> String {
    let answer = payer.tracker.click(&format!("/push?{query}"), &[]);
    answer.click_id().expect("a click id").to_owned()
}

fn outbox(payer: &Payer, query: &str) -> Vec<Value> {
    let (status, page) = payer.tracker.get(&format!("/api/v1/outbox?{query}"));
    assert_eq!(status, 200, "{page:#}");
    let mut items = page["items"].as_array().unwrap().clone();
    items.reverse();
    items
}

/// Waits until so many calls are in this state.
fn wait_for(payer: &Payer, state: &str, count: usize) -> Vec<Value> {
    let query = format!("state={state}");
    wait_until(&format!("{count} are {state}"), || {
        outbox(payer, &query).len() >= count
    });
    outbox(payer, &query)
}

fn in_full(payer: &Payer, call: &Value) -> Value {
    let id = call["id"].as_str().unwrap();
    payer.tracker.get(&format!("/api/v1/outbox/{id}")).1
}

#[test]
fn a_conversion_is_told_with_its_facts_and_those_of_its_click() {
    let source = Receiver::new(Manner::Says(200, "ok"));
    let url = source.url(
        "/get?id={external_id}&s={status:lead=1,sale=2}&p={payout:USD}&c={currency}&t={tid}&k={keyword}&x={sub_id_3}&was={original_status}",
    );
    let payer = payer(json!([
        { "url": url },
        { "url": source.url("/post"), "method": "post", "content_type": "json",
            "headers": [{ "name": "Authorization", "value": "Bearer {sub_id_3}" }],
            "body": "{\"id\": \"{external_id}\", \"value\": {payout}, \"event\": \"{event}\"}" },
        { "url": source.url("/form"), "method": "post",
            "body": "id={external_id}&profit={profit}&at={conversion_time:Y}" },
    ]));
    payer.rate("EUR", "1.1");
    let (_, campaign) = payer
        .tracker
        .get(&format!("/api/v1/campaigns/{}", payer.campaign));
    let warnings = campaign["warnings"].to_string();
    assert!(!warnings.contains("postbacks"), "{warnings}");
    let id = click(&payer, "external_id=e%201&keyword=red+shoes&sub_id_3=k3");

    payer.says(&format!(
        "subid={id}&payout=10&currency=EUR&status=approved&tid=t-1"
    ));

    let sent = wait_for(&payer, "sent", 3);
    let heard = source.heard();
    let of = |path: &str| {
        heard
            .iter()
            .find(|one| one.target().starts_with(path))
            .unwrap()
    };
    assert_eq!(
        of("/get").target(),
        "/get?id=e%201&s=2&p=11&c=EUR&t=t-1&k=red%20shoes&x=k3&was=approved"
    );
    assert_eq!(
        of("/get").header("user-agent").map(|agent| &agent[..9]),
        Some("Millrace/")
    );
    let post = of("/post");
    assert_eq!(post.line, "POST /post HTTP/1.1");
    assert_eq!(
        post.body,
        r#"{"id": "e 1", "value": 10, "event": "conversion"}"#
    );
    assert_eq!(post.header("content-type"), Some("application/json"));
    assert_eq!(post.header("authorization"), Some("Bearer k3"));
    let form = of("/form");
    assert!(
        form.body.starts_with("id=e%201&profit=10&at=20"),
        "{}",
        form.body
    );
    assert_eq!(
        form.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    for call in &sent {
        let key = call["id"].as_str();
        assert!(heard.iter().any(|one| one.header("idempotency-key") == key));
    }
    let full = in_full(&payer, &sent[0]);
    assert_eq!(full["tries"][0]["http_status"], 200);
    assert_eq!(full["tries"][0]["body"], "ok");
    assert_eq!(full["tries"][0]["possibly_repeated"], false);
}

#[test]
fn only_what_was_asked_for_is_told() {
    let source = Receiver::new(Manner::Says(200, "ok"));
    let payer = payer(json!([
        { "url": source.url("/sale?p={payout}"), "statuses": ["sale"], "payout_share": "50" },
        { "url": source.url("/zone"), "sources": ["zone7"] },
        { "url": source.url("/none"), "share": "0" },
        { "url": source.url("/first"), "first_only": true },
        { "url": source.url("/usd?p={payout}"), "currency": "USD", "statuses": ["sale"] },
        { "url": source.url("/deposit?e={status:deposit=9}"), "events": ["deposit"] },
    ]));
    payer.event(json!({"name": "Deposit", "key": "deposit", "is_sent_to_source": true}));
    payer.event(json!({"name": "Call", "key": "call"}));
    let one = click(&payer, "source=zone7");
    let other = click(&payer, "source=zone8");

    payer.says(&format!("subid={one}&payout=3&status=lead&tid=a"));
    payer.says(&format!("subid={one}&payout=3&status=sale&tid=a"));
    payer.says(&format!("subid={one}&payout=5&status=sale&tid=b"));
    payer.says(&format!("subid={other}&payout=7&status=lead"));
    payer.says(&format!(
        "subid={other}&payout=2&status=sale&event=deposit&tid=d"
    ));
    payer.says(&format!(
        "subid={other}&payout=2&status=sale&event=call&tid=c"
    ));

    wait_until("nothing waits", || {
        outbox(&payer, "state=waiting").is_empty()
    });
    let mut told = source.targets();
    told.sort();
    let expected = [
        "/deposit?e=9",
        "/first",
        "/first",
        "/first",
        "/sale?p=1",
        "/sale?p=1.5",
        "/sale?p=2.5",
        "/usd?p=2",
        "/usd?p=3",
        "/usd?p=5",
        "/zone",
        "/zone",
        "/zone",
    ];
    assert_eq!(told, expected);
    let skipped = outbox(&payer, "state=skipped");
    let reasons = |text: &str| {
        let mut all = skipped.iter().map(|call| call["reason"].as_str().unwrap());
        all.by_ref().filter(|reason| reason.contains(text)).count()
    };
    assert_eq!(reasons("0 % of the conversions"), 5);
    assert_eq!(reasons("Only the first"), 2);
    assert_eq!(outbox(&payer, "event=call"), [Value::Null; 0]);
}

#[test]
fn an_empty_external_id_and_tests_are_skipped_and_listed() {
    let source = Receiver::new(Manner::Says(200, "ok"));
    let payer = payer(json!([
        { "url": source.url("/id?id={external_id}") },
        { "url": source.url("/id?hash={md5:external_id}") },
        { "url": source.url("/any?id={click_id}") },
    ]));
    let id = payer.click();

    payer.says(&format!("subid={id}&payout=1"));
    let tested = click(&payer, "external_id=e&millrace_test=1");
    payer.says(&format!("subid={tested}&payout=1"));

    wait_for(&payer, "sent", 1);
    let skipped = wait_for(&payer, "skipped", 5);
    for call in &skipped[..2] {
        let reason = call["reason"].as_str().unwrap();
        assert!(reason.contains("external_id"), "{skipped:?}");
    }
    let path = format!(
        "/api/v1/outbox/{}/resend",
        skipped[0]["id"].as_str().unwrap()
    );
    assert_eq!(
        payer.tracker.post(&path, &json!({})).1["error"]["code"],
        "skipped"
    );
    sleep(A_WHILE);
    assert_eq!(source.targets(), [format!("/any?id={id}")]);
    let of_test = outbox(&payer, &format!("click_id={tested}"));
    assert!(
        of_test.iter().all(|call| call["reason"] == "It is a test."),
        "{of_test:#?}"
    );
}

#[test]
fn a_status_is_told_once_whatever_comes_again() {
    let source = Receiver::new(Manner::Says(200, "ok"));
    let payer = payer(json!([{ "url": source.url("/?s={status}&id={external_id}") }]));
    let traffic_source = payer.tracker.create(
        "/api/v1/traffic-sources",
        &json!({"name": "S", "postback": { "url": source.url("/?s={status}&id={external_id}") }}),
    );
    payer.edit(
        &format!("/campaigns/{}", payer.campaign),
        &json!({ "traffic_source_id": traffic_source }),
    );
    let id = click(&payer, "external_id=e1");
    for status in ["lead", "lead", "sale", "rejected", "sale", "lead"] {
        payer.says(&format!("subid={id}&payout=1&status={status}&tid=t"));
    }
    // A word that is mapped later, and everything read again.
    let mapped = click(&payer, "external_id=e2");
    payer.says(&format!("subid={mapped}&payout=1&status=odd"));
    payer.edit_network(&json!({"statuses": {"odd": "sale"}}));
    wait_until("the word is understood", || {
        payer.rows(&mapped) == ["conversion sale 1 USD"]
    });
    let file = format!("click_id,payout,status,tid\n{id},1,sale,t\n{mapped},1,sale,\n");
    for send_postbacks in [true, true] {
        let (status, answer) = payer.tracker.post(
            "/api/v1/conversions/import",
            &json!({"text": file, "network_id": payer.network, "send_postbacks": send_postbacks}),
        );
        assert!(status < 300, "{answer:#}");
        sleep(A_WHILE);
    }

    wait_until("nothing waits", || {
        outbox(&payer, "state=waiting").is_empty()
    });
    sleep(A_WHILE);
    let mut told = source.targets();
    told.sort();
    let expected = [
        "/?s=lead&id=e1",
        "/?s=rejected&id=e1",
        "/?s=sale&id=e1",
        "/?s=sale&id=e2",
    ];
    assert_eq!(told, expected);
}

#[test]
fn imports_tell_only_when_asked() {
    let source = Receiver::new(Manner::Says(200, "ok"));
    let payer = payer(json!([{ "url": source.url("/?id={external_id}") }]));
    let (quiet, loud) = (
        click(&payer, "external_id=quiet"),
        click(&payer, "external_id=loud"),
    );

    for (click, send_postbacks) in [(&quiet, false), (&loud, true)] {
        let file = format!("click_id,payout\n{click},1\n");
        let (status, answer) = payer.tracker.post(
            "/api/v1/conversions/import",
            &json!({"text": file, "send_postbacks": send_postbacks}),
        );
        assert!(status < 300, "{answer:#}");
        wait_until("it is imported", || payer.rows(click).len() == 1);
    }

    wait_for(&payer, "sent", 1);
    sleep(A_WHILE);
    assert_eq!(source.targets(), ["/?id=loud"]);
}

#[test]
fn a_call_that_fails_is_tried_again_and_says_why() {
    let source = Receiver::new(Manner::Says(500, "no"));
    let payer = payer(json!([{ "url": source.url("/?s={status}"),
        "success": { "contains": "ok", "lacks": "error" } }]));
    let id = payer.click();

    payer.says(&format!("subid={id}&payout=1"));
    let error = |call: &Value, number: usize| {
        let tries = in_full(&payer, call)["tries"].clone();
        tries[number]["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let call = wait_for(&payer, "waiting", 1)[0].clone();
    wait_until("it has failed", || error(&call, 0).contains("500"));
    let next_at = in_full(&payer, &call)["next_at"].clone();
    assert!(next_at.is_string(), "{next_at}");

    // Asked for by hand, it does not wait.
    let path = format!("/api/v1/outbox/{}/resend", call["id"].as_str().unwrap());
    for (manner, expected) in [
        (Manner::Redirects, "redirects are not followed"),
        (
            Manner::Says(200, "ok, error"),
            "does not say what a success says",
        ),
        (Manner::Floods, "does not say what a success says"),
    ] {
        source.turns(manner.clone());
        let before = source.heard().len();
        assert_eq!(payer.tracker.post(&path, &json!({})).0, 200);
        wait_until("it is tried", || source.heard().len() > before);
        wait_until(&format!("{manner:?}"), || {
            error(&call, before).contains(expected)
        });
    }
    source.turns(Manner::Says(204, ""));
    payer.tracker.post(&path, &json!({}));
    wait_until("it lacks the text", || {
        error(&call, 4).contains("does not say")
    });
    source.turns(Manner::Says(201, "it is ok"));
    payer.tracker.post(&path, &json!({}));

    wait_for(&payer, "sent", 1);
    assert!(
        source.targets().iter().all(|target| target == "/?s=sale"),
        "no redirect is followed"
    );
    let (status, answer) = payer.tracker.post(&path, &json!({}));
    assert_eq!(
        (status, &answer["error"]["code"]),
        (422, &json!("already_sent"))
    );
    let kept = in_full(&payer, &call)["tries"][3]["body"]
        .as_str()
        .unwrap()
        .len();
    assert_eq!(kept, 4_096);
}

#[test]
fn a_silent_receiver_holds_up_neither_others_nor_the_end() {
    let (silent, quick) = (
        Receiver::new(Manner::Silent),
        Receiver::new(Manner::Says(200, "ok")),
    );
    let mut payer = payer(json!([{ "url": silent.url("/") }, { "url": quick.url("/") }]));
    let clicks: Vec<String> = (0..12).map(|_| payer.click()).collect();

    for id in &clicks {
        payer.says(&format!("subid={id}&payout=1"));
    }

    wait_for(&payer, "sent", 12);
    assert!(silent.heard().len() <= 8, "{}", silent.heard().len());
    let (_, health) = payer.tracker.get("/healthz");
    assert_eq!(health["outbox"]["waiting"], 12, "{health:#}");
    assert!(health["outbox"]["oldest_waiting_seconds"].is_u64());
    assert_eq!(health["outbox"]["failing"], 0);
    wait_until("nobody waits for it any longer", || {
        let calls = outbox(&payer, "state=waiting");
        let errors = calls
            .iter()
            .map(|call| in_full(&payer, call)["tries"].to_string());
        errors
            .into_iter()
            .any(|told| told.contains("within 10 seconds"))
    });
    let failing = || payer.tracker.get("/healthz").1["outbox"]["failing"].clone();
    wait_until("eight have failed", || failing() == json!(8));
    let began = Instant::now();
    payer.tracker.stop();
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn kill_9_loses_no_call_and_repeats_no_recorded_success() {
    let source = Receiver::new(Manner::Says(200, "ok"));
    let mut payer = payer(json!([{ "url": source.url("/?id={click_id}") }]));
    let mut clicks = Vec::new();
    for round in 0..4 {
        for _ in 0..10 {
            let id = payer.click();
            payer.says(&format!("subid={id}&payout=1"));
            clicks.push(id);
        }
        sleep(Duration::from_millis(90 * round));
        let recorded = outbox(&payer, "state=sent");
        payer.tracker.kill_9();
        let heard = source.targets();
        payer.tracker.start();
        for call in recorded {
            let target = format!("/?id={}", call["click_id"].as_str().unwrap());
            let count = heard.iter().filter(|one| **one == target).count();
            let repeated = call["possibly_repeated"] == json!(true);
            assert!(count == 1 || repeated, "{target} was told {count} times");
        }
    }

    wait_for(&payer, "sent", clicks.len());
    for call in outbox(&payer, "limit=1000") {
        let target = format!("/?id={}", call["click_id"].as_str().unwrap());
        let heard = source.heard();
        let keys: Vec<_> = heard
            .iter()
            .filter(|one| one.target() == target)
            .map(|one| one.header("idempotency-key"))
            .collect();
        let is_told = call["possibly_repeated"] == json!(true);
        assert!(
            keys.len() == 1 || (keys.len() > 1 && is_told),
            "{target}: {keys:?}"
        );
        assert!(
            keys.iter().all(|key| *key == call["id"].as_str()),
            "{keys:?}"
        );
    }
}

#[test]
fn what_was_open_at_a_crash_is_sent_again_and_told_as_possibly_repeated() {
    let source = Receiver::new(Manner::Silent);
    let mut payer = payer(json!([{ "url": source.url("/") }]));
    let id = payer.click();
    payer.says(&format!("subid={id}&payout=1"));
    wait_until("it is under way", || source.heard().len() == 1);

    payer.tracker.kill_9();
    source.turns(Manner::Says(200, "ok"));
    payer.tracker.start();

    let call = wait_for(&payer, "sent", 1)[0].clone();
    assert_eq!(call["possibly_repeated"], true);
    let tries = in_full(&payer, &call)["tries"].clone();
    assert_eq!(
        (
            &tries[0]["possibly_repeated"],
            &tries[1]["possibly_repeated"]
        ),
        (&json!(false), &json!(true))
    );
    let keys: Vec<_> = source
        .heard()
        .iter()
        .map(|one| one.header("idempotency-key").map(str::to_owned))
        .collect();
    assert_eq!(keys[0], keys[1]);
}

#[test]
fn private_addresses_are_not_called_by_default() {
    let source = Receiver::new(Manner::Says(200, "ok"));
    let payer = Payer::new();
    payer.edit(
        &format!("/campaigns/{}", payer.campaign),
        &json!({ "postbacks": [{ "url": source.url("/") }] }),
    );
    let id = payer.click();

    payer.says(&format!("subid={id}&payout=1"));

    let call = wait_for(&payer, "waiting", 1)[0].clone();
    wait_until("it is refused", || {
        let error = in_full(&payer, &call)["tries"][0]["error"].to_string();
        error.contains("private network")
    });
    assert_eq!(source.targets(), [""; 0]);
}

#[test]
fn the_outbox_is_filtered_by_what_it_is_about() {
    let source = Receiver::new(Manner::Says(200, "ok"));
    let payer = payer(json!([{ "url": source.url("/?{status}") }]));
    let id = payer.click();
    payer.says(&format!("subid={id}&payout=1"));
    let call = wait_for(&payer, "sent", 1)[0].clone();

    for (field, value) in [
        ("campaign_id", payer.campaign.to_string()),
        (
            "conversion_id",
            call["conversion_id"].as_str().unwrap().to_owned(),
        ),
        ("click_id", id.clone()),
        ("target", call["target"].as_str().unwrap().to_owned()),
        ("host", call["host"].as_str().unwrap().to_owned()),
        ("status", "sale".to_owned()),
        ("from", "1".to_owned()),
    ] {
        assert_eq!(
            outbox(&payer, &format!("{field}={value}")).len(),
            1,
            "{field}"
        );
    }
    for none in [
        "campaign_id=999",
        "host=x",
        "state=expired",
        "to=1",
        "status=lead",
    ] {
        assert_eq!(outbox(&payer, none).len(), 0, "{none}");
    }
    let (status, answer) = payer.tracker.get("/api/v1/outbox?state=lost");
    assert_eq!(status, 422, "{answer:#}");
    assert_eq!(payer.tracker.get("/api/v1/outbox/12345").0, 404);
}

#[test]
fn what_is_asked_for_while_it_is_under_way_is_tried_as_soon_as_that_has_failed() {
    let source = Receiver::new(Manner::Silent);
    let payer = payer(json!([{ "url": source.url("/") }]));
    let id = payer.click();
    payer.says(&format!("subid={id}&payout=1"));
    wait_until("it is under way", || source.heard().len() == 1);
    let call = outbox(&payer, "state=waiting")[0].clone();

    source.turns(Manner::Says(200, "ok"));
    let path = format!("/api/v1/outbox/{}/resend", call["id"].as_str().unwrap());
    assert_eq!(payer.tracker.post(&path, &json!({})).0, 200);

    wait_for(&payer, "sent", 1);
    let tries = in_full(&payer, &call)["tries"].clone();
    let time = |number: usize, field: &str| {
        let text = tries[number][field].as_str().unwrap();
        chrono::DateTime::parse_from_rfc3339(text).unwrap()
    };
    let waited = time(1, "at") - time(0, "finished_at");
    assert!(waited < chrono::Duration::seconds(5), "{tries:#}");
}

#[test]
fn the_click_before_a_jump_is_told() {
    let source = Receiver::new(Manner::Says(200, "ok"));
    let payer = payer(json!([
        { "url": source.url("/?c={parent_campaign_id}&id={parent_click_id}&own={click_id}") },
    ]));
    let first = payer.tracker.create(
        "/api/v1/campaigns",
        &json!({ "name": "First", "alias": "first", "flows": [{ "name": "on", "kind": "default",
            "target": { "kind": "campaign", "campaign_id": payer.campaign } }] }),
    );
    let answer = payer.tracker.click("/first", &[]);
    let jumped = answer.click_id().expect("a click id").to_owned();
    let direct = payer.click();

    for id in [&jumped, &direct] {
        payer.says(&format!("subid={id}&payout=1"));
    }

    wait_for(&payer, "sent", 2);
    let (_, click) = payer.tracker.get(&format!("/api/v1/clicks/{jumped}"));
    let parent = click["parent_click_id"].as_str().expect("a parent");
    let mut told = source.targets();
    told.sort();
    let mut expected = [
        format!("/?c=&id=&own={direct}"),
        format!("/?c={first}&id={parent}&own={jumped}"),
    ];
    expected.sort();
    assert_eq!(told, expected);
}

#[test]
fn old_requests_are_forgotten_and_what_was_told_stays_told() {
    let source = Receiver::new(Manner::Says(200, "ok"));
    let mut payer = payer(json!([{ "url": source.url("/?s={status}") }]));
    let id = payer.click();
    payer.says(&format!("subid={id}&payout=1&tid=t"));
    let call = wait_for(&payer, "sent", 1)[0].clone();
    assert_eq!(in_full(&payer, &call)["tries"].as_array().unwrap().len(), 1);

    payer.tracker.stop();
    let path = payer.tracker.data().join("millrace.db");
    let age = "update outbox set id = 7; update outbox_attempts set outbox_id = 7";
    let database = rusqlite::Connection::open(path).unwrap();
    database.execute_batch(age).unwrap();
    drop(database);
    payer.tracker.start();

    let old = || payer.tracker.get("/api/v1/outbox/7").1;
    wait_until("it is forgotten", || old()["url"] == "");
    assert_eq!(
        (&old()["tries"], &old()["state"]),
        (&json!([]), &json!("sent"))
    );
    for status in ["rejected", "sale"] {
        payer.says(&format!("subid={id}&payout=1&tid=t&status={status}"));
    }
    wait_for(&payer, "sent", 2);
    sleep(A_WHILE);
    assert_eq!(source.targets(), ["/?s=sale", "/?s=rejected"]);
}
