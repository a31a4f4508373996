//! Caps, budgets and currency rates, as operators and visitors meet them.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::tracker::{Tracker, spawn};

const DAY_MS: u128 = 86_400_000;

/// Days since 1970, in UTC.
fn today() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    (now.as_millis() / DAY_MS) as i64
}

/// Changes the database of a tracker that does not run.
pub(crate) fn while_stopped(tracker: &mut Tracker, change: impl FnOnce(&Connection)) {
    tracker.stop();
    let connection = Connection::open(tracker.data().join("millrace.db")).unwrap();
    change(&connection);
    drop(connection);
    tracker.start();
}

/// Today's conversions of offers, and tomorrow's, lest midnight comes in between.
pub(crate) fn convert(connection: &Connection, offers: &[(u64, u64)]) {
    for (offer, count) in offers {
        for day in [today(), today() + 1] {
            connection
                .execute(
                    "insert or replace into counters (what, id, period, count)
                     values ('offer_conversions_per_day', ?1, ?2, ?3)",
                    (offer, day, count),
                )
                .unwrap();
        }
    }
}

/// Everything counted today was yesterday.
pub(crate) fn a_day_passes(connection: &Connection) {
    for what in ["offer_conversions_per_day", "campaign_cost_per_day"] {
        connection
            .execute(
                "delete from counters where what = ?1 and period > ?2",
                (what, today()),
            )
            .unwrap();
        connection
            .execute(
                "update counters set period = period - 1 where what = ?1",
                [what],
            )
            .unwrap();
    }
}

fn offer(tracker: &Tracker, name: &str, cap: Value) -> u64 {
    tracker.create(
        "/api/v1/offers",
        &json!({"name": name, "url": format!("http://127.0.0.1:9/{name}?c={{click_id}}"), "cap": cap}),
    )
}

fn split(offers: &[(u64, u32)]) -> Value {
    let offers: Vec<_> = offers
        .iter()
        .map(|(id, weight)| json!({"offer_id": id, "weight": weight}))
        .collect();
    json!({"kind": "split", "landings": [], "offers": offers})
}

/// The page a visitor is sent to: the path of the address.
fn sent_to(tracker: &Tracker, target: &str) -> String {
    let answer = tracker.click(target, &[]);
    let path = answer.location().strip_prefix("http://127.0.0.1:9/");
    let path = path.unwrap_or_else(|| panic!("{} {}", answer.status, answer.location()));
    path.split('?').next().unwrap().to_owned()
}

#[test]
fn visitors_of_a_full_offer_take_the_overflow_until_the_next_day() {
    let mut tracker = spawn();
    let last = offer(&tracker, "last", json!({"daily": 3}));
    let second = offer(
        &tracker,
        "second",
        json!({"daily": 2, "overflow_offer_id": last}),
    );
    let first = offer(
        &tracker,
        "first",
        json!({"daily": 5, "overflow_offer_id": second}),
    );
    tracker.create(
        "/api/v1/campaigns",
        &json!({"name": "C", "alias": "capped",
            "fallback": {"kind": "redirect", "url": "http://127.0.0.1:9/fallback"},
            "flows": [
                {"name": "a", "kind": "regular", "target": split(&[(first, 100)])},
                {"name": "b", "kind": "default", "target": split(&[(last, 100)])}]}),
    );
    assert_eq!(sent_to(&tracker, "/capped"), "first");

    while_stopped(&mut tracker, |file| {
        convert(file, &[(first, 5), (second, 1)])
    });

    assert_eq!(sent_to(&tracker, "/capped"), "second");
    let (status, cap) = tracker.get(&format!("/api/v1/offers/{first}/cap"));
    assert_eq!(status, 200, "{cap:#}");
    assert_eq!(
        (&cap["count"], &cap["daily"], &cap["left"], &cap["is_full"]),
        (&json!(5), &json!(5), &json!(0), &json!(true))
    );
    assert_eq!(cap["overflow_offer_id"], second);
    assert!(
        cap["resets_at"]
            .as_u64()
            .is_some_and(|at| u128::from(at) % DAY_MS == 0)
    );
    let clicks = tracker.get("/api/v1/clicks?limit=1").1;
    assert_eq!(
        clicks["items"][0]["offer_id"], second,
        "the click names who got it"
    );

    // All full: the first flow is passed over, the second one too, and the fallback serves.
    while_stopped(&mut tracker, |file| {
        convert(file, &[(second, 2), (last, 2)])
    });
    assert_eq!(sent_to(&tracker, "/capped"), "last");
    while_stopped(&mut tracker, |file| convert(file, &[(last, 3)]));
    assert_eq!(sent_to(&tracker, "/capped"), "fallback");

    while_stopped(&mut tracker, a_day_passes);
    assert_eq!(sent_to(&tracker, "/capped"), "first");
    assert_eq!(tracker.get("/api/v1/offers/999/cap").0, 404);
}

#[test]
fn a_full_offers_weight_goes_to_the_rest_of_the_split() {
    let mut tracker = spawn();
    let heavy = offer(&tracker, "heavy", json!({"daily": 1}));
    let light = offer(&tracker, "light", Value::Null);
    tracker.create(
        "/api/v1/campaigns",
        &json!({"name": "C", "alias": "split", "flows": [
            {"name": "a", "kind": "default", "target": split(&[(heavy, 1_000_000), (light, 1)])}]}),
    );
    assert_eq!(sent_to(&tracker, "/split"), "heavy");

    while_stopped(&mut tracker, |file| convert(file, &[(heavy, 1)]));

    for _ in 0..20 {
        assert_eq!(sent_to(&tracker, "/split"), "light");
    }
}

#[test]
fn a_circle_of_overflow_offers_is_refused_by_name() {
    let tracker = spawn();
    let a = offer(&tracker, "a", json!({"daily": 1}));
    let b = offer(&tracker, "b", json!({"daily": 1, "overflow_offer_id": a}));
    let (_, mut document) = tracker.get(&format!("/api/v1/offers/{a}"));
    document["cap"]["overflow_offer_id"] = json!(b);

    let (status, answer) = tracker.put(&format!("/api/v1/offers/{a}"), &document);

    assert_eq!(status, 422, "{answer:#}");
    assert_eq!(answer["error"]["field"], "cap.overflow_offer_id");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("{a} -> {b} -> {a}")), "{message}");
}

/// A campaign that pays half a unit for each click, with a budget.
fn paid_campaign(tracker: &Tracker, alias: &str, budget: &Value) -> u64 {
    let offer = offer(tracker, &format!("of-{alias}"), Value::Null);
    tracker.create(
        "/api/v1/campaigns",
        &json!({"name": alias, "alias": alias, "budget": budget,
            "cost": {"model": "cpc", "value": "0.5", "currency": "USD", "from_url": true},
            "fallback": {"kind": "redirect", "url": "http://127.0.0.1:9/fallback"},
            "flows": [{"name": "a", "kind": "default", "target": split(&[(offer, 100)])}]}),
    )
}

fn budget(tracker: &Tracker, campaign: u64) -> Value {
    let (status, answer) = tracker.get(&format!("/api/v1/campaigns/{campaign}/budget"));
    assert_eq!(status, 200, "{answer:#}");
    answer
}

#[test]
fn a_spent_budget_diverts_visitors_until_the_next_day() {
    let mut tracker = spawn();
    let daily = json!({"daily": "1", "when_spent": "divert"});
    let campaign = paid_campaign(&tracker, "paid", &daily);
    let path = format!("/api/v1/campaigns/{campaign}");
    let document = tracker.get(&path).1;
    assert_eq!(
        document["warnings"],
        json!([]),
        "nothing about it waits for a later version"
    );

    // Nobody pays for a HEAD request.
    tracker.visitor().send("HEAD", "/paid", &[]).unwrap();
    assert_eq!(budget(&tracker, campaign)["spent"], "0");
    assert_eq!(sent_to(&tracker, "/paid"), "of-paid");
    let open = budget(&tracker, campaign);
    assert_eq!(
        (
            &open["state"],
            &open["spent"],
            &open["left"],
            &open["resets_at"]
        ),
        (&json!("open"), &json!("0.5"), &json!("0.5"), &Value::Null)
    );
    assert_eq!(sent_to(&tracker, "/paid?cost=0.75"), "of-paid");

    assert_eq!(sent_to(&tracker, "/paid?cost=0"), "fallback");
    let spent = budget(&tracker, campaign);
    assert_eq!(
        (&spent["state"], &spent["spent"], &spent["left"]),
        (&json!("diverting"), &json!("1.25"), &json!("0"))
    );
    assert!(
        spent["resets_at"]
            .as_u64()
            .is_some_and(|at| u128::from(at) % DAY_MS == 0)
    );
    assert_eq!(
        tracker.get(&path).1,
        document,
        "a spent budget stands in no document"
    );

    tracker.stop();
    tracker.start();
    assert_eq!(sent_to(&tracker, "/paid?cost=0"), "fallback");

    while_stopped(&mut tracker, a_day_passes);
    assert_eq!(sent_to(&tracker, "/paid"), "of-paid");
    let next_day = budget(&tracker, campaign);
    assert_eq!(
        (
            &next_day["state"],
            &next_day["spent"],
            &next_day["spent_total"]
        ),
        (&json!("open"), &json!("0.5"), &json!("1.75"))
    );

    // A save of the campaign keeps what was spent, and a larger budget opens it again.
    let mut document = tracker.get(&path).1;
    document["budget"] = json!({"total": "1.75", "when_spent": "divert"});
    let (status, saved) = tracker.put(&path, &document);
    assert_eq!(status, 200, "{saved:#}");
    assert_eq!(sent_to(&tracker, "/paid?cost=0"), "fallback");
    assert_eq!(budget(&tracker, campaign)["resets_at"], Value::Null);
    let mut document = saved;
    document["budget"]["total"] = json!("2");
    assert_eq!(tracker.put(&path, &document).0, 200);
    assert_eq!(sent_to(&tracker, "/paid"), "of-paid");
}

#[test]
fn a_budget_that_only_notifies_diverts_nobody_and_says_that_nobody_hears() {
    let tracker = spawn();
    let campaign = paid_campaign(&tracker, "paid", &json!({"daily": "0.5"}));
    assert_eq!(sent_to(&tracker, "/paid"), "of-paid");

    assert_eq!(sent_to(&tracker, "/paid"), "of-paid");

    let spent = budget(&tracker, campaign);
    assert_eq!(
        (&spent["state"], &spent["spent"]),
        (&json!("spent"), &json!("1"))
    );
    let warnings = &tracker.get(&format!("/api/v1/campaigns/{campaign}")).1["warnings"];
    assert_eq!(warnings[0]["field"], "budget.when_spent");
    assert_eq!(warnings[0]["code"], "nobody_hears");
}

#[test]
fn kill_9_forgets_nothing_that_was_spent() {
    let mut tracker = spawn();
    let campaign = paid_campaign(
        &tracker,
        "paid",
        &json!({"daily": "1000", "when_spent": "divert"}),
    );
    // A stop in between writes the totals: what comes after it is counted on top, once.
    for round in 1..=4 {
        for _ in 0..20 {
            sent_to(&tracker, "/paid");
        }

        match round {
            2 => tracker.stop(),
            _ => tracker.kill_9(),
        }
        tracker.start();

        let state = budget(&tracker, campaign);
        let spent = (round * 10).to_string();
        assert_eq!(
            (&state["spent"], &state["spent_total"]),
            (&json!(spent), &json!(spent)),
            "after round {round}"
        );
    }
}

#[test]
fn costs_in_another_currency_count_by_the_rate_of_their_day() {
    let tracker = spawn();
    let campaign = paid_campaign(
        &tracker,
        "paid",
        &json!({"daily": "1.1", "when_spent": "divert"}),
    );
    sent_to(&tracker, "/paid?cost=1&currency=EUR");
    assert_eq!(
        budget(&tracker, campaign)["spent"],
        "0",
        "there is no rate yet"
    );
    let rates = json!([
        {"day": "2020-01-01", "currency": "eur", "rate": "1.1"},
        {"day": "2999-01-01", "currency": "EUR", "rate": "7"},
    ]);
    let (status, answer) = tracker.put("/api/v1/currency-rates", &rates);
    assert_eq!((status, &answer["stored"]), (200, &json!(2)), "{answer:#}");

    sent_to(&tracker, "/paid?cost=1&currency=EUR");

    assert_eq!(budget(&tracker, campaign)["spent"], "1.1");
    assert_eq!(sent_to(&tracker, "/paid"), "fallback");
}

#[test]
fn every_problem_of_rates_is_reported_at_once() {
    let tracker = spawn();

    let (status, answer) = tracker.put(
        "/api/v1/currency-rates",
        &json!({"rates": [
            {"day": "2026-02-30", "currency": "EURO5", "rate": "cheap"},
            {"day": "2026-01-01", "currency": "EUR", "rate": 1.1},
            {"day": "2026-01-01", "currency": "EUR", "rate": "1,1"},
            {"day": "2026-01-01", "currency": "USD", "rate": "1"},
            {"rate": "0", "colour": "red"},
        ]}),
    );

    assert_eq!(status, 422, "{answer:#}");
    let fields: Vec<&str> = answer["problems"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|problem| problem["field"].as_str())
        .collect();
    for field in [
        "rates[0].day",
        "rates[0].currency",
        "rates[0].rate",
        "rates[1].rate",
        "rates[2].rate",
        "rates[2]",
        "rates[3].currency",
        "rates[4].currency",
        "rates[4].rate",
        "rates[4].colour",
    ] {
        assert!(fields.contains(&field), "{field} is not among {answer:#}");
    }
    assert_eq!(tracker.get("/api/v1/currency-rates").1["items"], json!([]));
    for body in [json!({}), json!([]), json!("EUR"), json!({"rates": 5})] {
        assert_eq!(
            tracker.put("/api/v1/currency-rates", &body).0,
            422,
            "{body}"
        );
    }
}

#[test]
fn rates_are_listed_paged_replaced_deleted_and_kept() {
    let mut tracker = spawn();
    let path = "/api/v1/currency-rates";
    let rates = json!({"rates": [
        {"day": "2026-01-01", "currency": "EUR", "rate": "1.1"},
        {"day": "2026-01-02", "currency": "EUR", "rate": "1.2"},
        {"day": "2026-01-02", "currency": "UAH", "rate": "0.024"},
        {"day": "2026-01-02", "currency": "USDT", "rate": 1},
    ]});
    assert_eq!(tracker.put(path, &rates).0, 200);
    let replaced = json!([{"day": "2026-01-01", "currency": "EUR", "rate": "1.150000001"}]);
    assert_eq!(tracker.put(path, &replaced).0, 200);

    tracker.kill_9();
    tracker.start();

    let (_, page) = tracker.get(&format!("{path}?limit=3"));
    assert_eq!(page["reporting_currency"], "USD");
    let codes = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|one| one["currency"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(codes(&page), ["EUR", "UAH", "USDT"]);
    let next = page["next"].as_str().unwrap();
    let (_, rest) = tracker.get(&format!("{path}?limit=3&cursor={next}"));
    assert_eq!(
        rest["items"],
        json!([{"day": "2026-01-01", "currency": "EUR", "rate": "1.150000001"}])
    );
    assert_eq!(rest["next"], Value::Null);
    let (_, euros) = tracker.get(&format!(
        "{path}?currency=eur&from=2026-01-02&to=2026-01-05"
    ));
    assert_eq!(codes(&euros), ["EUR"]);
    assert_eq!(
        tracker.get(&format!("{path}?form=2026-01-01&to=soon")).0,
        422
    );

    // The reporting currency stays where the new one has no rate for what there is.
    let pound = json!({"currency": "GBP"});
    let refused = tracker.put("/api/v1/reporting-currency", &pound);
    assert_eq!(
        (refused.0, &refused.1["error"]["code"]),
        (409, &json!("no_rate"))
    );

    let delete = |query: &str| {
        tracker.api(
            "DELETE",
            &format!("{path}{query}"),
            None,
            Some(&tracker.key),
        )
    };
    assert_eq!(delete("").0, 422, "never all of them at once");
    assert_eq!(delete("?currency=EUR&to=2026-01-01").1["deleted"], 1);
    for currency in ["EUR", "UAH", "USDT"] {
        assert_eq!(delete(&format!("?currency={currency}")).1["deleted"], 1);
    }
    let euro = json!({"currency": "EUR"});
    assert_eq!(tracker.put("/api/v1/reporting-currency", &euro).0, 200);
    assert_eq!(tracker.get("/api/v1/reporting-currency").1, euro);
    assert_eq!(tracker.get(path).1["reporting_currency"], "EUR");
}

#[test]
fn a_visit_counts_once_however_many_limits_a_flow_has() {
    let tracker = spawn();
    let limit = |value: Value| json!({"key": "limit", "value": value});
    let to = |name: &str| json!({"kind": "redirect", "url": format!("http://127.0.0.1:9/{name}?c={{click_id}}")});
    tracker.create(
        "/api/v1/campaigns",
        &json!({"name": "C", "alias": "limited", "flows": [
            {"name": "few", "target": to("few"), "filters": [
                limit(json!({"total": 6, "per_day": 9, "timezone": "UTC"})), limit(json!({"total": 4})),
                limit(json!({"total": 5, "per_hour": 9}))]},
            {"name": "rest", "kind": "default", "target": to("rest")}]}),
    );

    let taken: Vec<String> = (0..6).map(|_| sent_to(&tracker, "/limited")).collect();

    assert_eq!(taken, ["few", "few", "few", "few", "rest", "rest"]);
}
