//! What conversions are worth and cost: rates, the reporting currency, costs by results.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::counters::while_stopped;
use crate::tracker::{Tracker, spawn};

const DAY_MS: i64 = 86_400_000;
const RATES: &str = "/api/v1/currency-rates";
const REPORTING: &str = "/api/v1/reporting-currency";

/// A tracker with a campaign `push`, whose id is the second value.
fn set_up(cost: Value) -> (Tracker, u64) {
    let tracker = spawn();
    let offer = tracker.create(
        "/api/v1/offers",
        &json!({"name": "O", "url": "http://127.0.0.1:9/?c={click_id}", "allow_repeats": true}),
    );
    let mut document = crate::tracker::campaign("push", offer);
    document["cost"] = cost;
    document["budget"] = json!({"daily": "1000", "when_spent": "divert"});
    document["fallback"] = json!({"kind": "redirect", "url": "http://127.0.0.1:9/full"});
    let campaign = tracker.create("/api/v1/campaigns", &document);
    (tracker, campaign)
}

pub(crate) fn click(tracker: &Tracker, alias: &str) -> String {
    let answer = tracker.click(&format!("/{alias}"), &[]);
    answer.click_id().unwrap().to_owned()
}

pub(crate) fn postback(tracker: &Tracker, query: &str) -> String {
    let answer = tracker.click(&format!("/postback?{query}"), &[]);
    assert_eq!(answer.status, 200, "{query}");
    String::from_utf8(answer.body).unwrap()
}

/// A click, and what its postback says besides its id; the id.
fn convert(tracker: &Tracker, said: &str) -> String {
    let id = click(tracker, "push");
    assert_eq!(postback(tracker, &format!("subid={id}&{said}")), "Success");
    id
}

fn enter(tracker: &Tracker, rates: &[(&str, &str, &str)]) {
    let rates: Vec<_> = rates
        .iter()
        .map(|(day, currency, rate)| json!({"day": day, "currency": currency, "rate": rate}))
        .collect();
    let (status, answer) = tracker.put(RATES, &json!(rates));
    assert_eq!(status, 200, "{answer:#}");
}

fn is_recomputing(tracker: &Tracker) -> bool {
    let (status, page) = tracker.get(RATES);
    assert_eq!(status, 200, "{page:#}");
    page["recomputing"].as_bool().unwrap()
}

/// Waits until conversions have followed the rates.
fn settle(tracker: &Tracker) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while is_recomputing(tracker) {
        assert!(Instant::now() < deadline, "conversions do not follow");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Amount, currency, worth and, if there is one, the cost: as decimal numbers, by conversion.
fn stored(tracker: &Tracker) -> Vec<(String, String, String, Option<String>)> {
    let database = tracker.database();
    let mut statement = database
        .prepare("select amount, currency, revenue, cost from conversions order by id")
        .unwrap();
    let rows = statement.query_map([], |row| {
        let cost: Option<i64> = row.get(3)?;
        Ok((
            decimal(row.get(0)?),
            row.get(1)?,
            decimal(row.get(2)?),
            cost.map(decimal),
        ))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn decimal(micros: i64) -> String {
    let text = format!("{:.6}", micros as f64 / 1e6);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn worths(tracker: &Tracker) -> Vec<String> {
    stored(tracker).into_iter().map(|row| row.2).collect()
}

fn costs(tracker: &Tracker) -> Vec<Option<String>> {
    stored(tracker).into_iter().map(|row| row.3).collect()
}

fn number(tracker: &Tracker, sql: &str) -> i64 {
    let database = tracker.database();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn changes_by_rates(tracker: &Tracker) -> i64 {
    number(
        tracker,
        "select count(*) from conversion_changes where origin = 'rate'",
    )
}

fn spent(tracker: &Tracker, campaign: u64) -> [Value; 2] {
    let (status, answer) = tracker.get(&format!("/api/v1/campaigns/{campaign}/budget"));
    assert_eq!(status, 200, "{answer:#}");
    [answer["spent"].clone(), answer["spent_total"].clone()]
}

/// A day before today, in UTC.
fn days_ago(tracker: &Tracker, days: i64) -> String {
    let sql = format!("select cast(strftime('%s', date('now', '-{days} days')) as integer)");
    let seconds = number(tracker, &sql);
    let database = tracker.database();
    let date = database.query_row("select date(?1, 'unixepoch')", [seconds], |row| row.get(0));
    date.unwrap()
}

#[test]
fn an_unknown_currency_counts_as_0_until_its_rate_is_entered_and_follows_it() {
    let (tracker, _) = set_up(json!({"model": "none"}));
    convert(&tracker, "payout=100&currency=UAH");
    convert(&tracker, "payout=7&currency=USD");
    convert(&tracker, "payout=0&currency=UAH");
    assert_eq!(worths(&tracker), ["0", "7", "0"]);
    let unrated = "select count(*) from conversions where rate is null";
    assert_eq!(number(&tracker, unrated), 2);

    enter(&tracker, &[("2020-01-01", "UAH", "0.025")]);
    settle(&tracker);

    assert_eq!(worths(&tracker), ["2.5", "7", "0"]);
    assert_eq!(number(&tracker, unrated), 0);
    assert_eq!(changes_by_rates(&tracker), 1, "only what is worth more");
    let worth = "select revenue from conversion_changes where origin = 'rate' order by id desc";
    assert_eq!(number(&tracker, worth), 2_500_000);

    // The same once more changes nothing.
    enter(&tracker, &[("2020-01-01", "UAH", "0.025")]);
    settle(&tracker);
    assert_eq!(changes_by_rates(&tracker), 1);

    enter(&tracker, &[("2020-01-01", "UAH", "0.03")]);
    settle(&tracker);
    assert_eq!(worths(&tracker), ["3", "7", "0"]);
    assert_eq!(changes_by_rates(&tracker), 2);

    let query = format!("{RATES}?currency=UAH");
    tracker.api("DELETE", &query, None, Some(&tracker.key));
    settle(&tracker);
    assert_eq!(worths(&tracker), ["0", "7", "0"]);
    assert_eq!(number(&tracker, unrated), 2);
}

#[test]
fn a_rate_that_comes_too_late_for_some_conversions_says_so() {
    let (mut tracker, _) = set_up(json!({"model": "none"}));
    for _ in 0..2 {
        convert(&tracker, "payout=100&currency=UAH");
    }
    let day = days_ago(&tracker, 3);
    while_stopped(&mut tracker, |file| {
        let moved = "update conversions set at = at - 3 * 86400000";
        assert_eq!(file.execute(moved, []).unwrap(), 2);
    });
    let put = |rate: Value| {
        let (status, answer) = tracker.put(RATES, &json!([rate]));
        assert_eq!(status, 200, "{answer:#}");
        answer["warnings"].clone()
    };

    let late = put(json!({"currency": "UAH", "rate": "0.025"}));
    let other = put(json!({"currency": "EUR", "rate": "1.1"}));
    let early = put(json!({"currency": "UAH", "rate": "0.025", "day": day}));

    assert_eq!(late[0]["code"], "rate_too_late", "{late:#}");
    let message = late[0]["message"].as_str().unwrap();
    assert!(message.contains("2 conversions in UAH"), "{message}");
    assert!(message.contains(&day), "{message}");
    assert_eq!((other, early), (json!([]), json!([])));
}

#[test]
fn documents_in_a_currency_without_a_rate_are_warned_of() {
    let tracker = spawn();
    let documents = [
        (
            "offers",
            "payout.currency",
            json!({"name": "O", "url": "http://127.0.0.1:9/",
            "payout": {"kind": "fixed", "value": "400", "currency": "UAH"}}),
        ),
        (
            "networks",
            "currency",
            json!({"name": "N", "currency": "UAH"}),
        ),
        (
            "campaigns",
            "cost.currency",
            json!({"name": "C",
            "cost": {"model": "cpc", "value": "1", "currency": "UAH"}}),
        ),
    ];
    let mut paths = Vec::new();
    for (path, field, document) in documents {
        let path = format!("/api/v1/{path}");
        let (status, saved) = tracker.post(&path, &document);
        assert_eq!(status, 201, "{saved:#}");
        let path = format!("{path}/{}", saved["id"]);
        for answer in [saved, tracker.get(&path).1] {
            let mut warnings = answer["warnings"].as_array().unwrap().iter();
            let told = warnings.find(|warning| warning["code"] == "no_rate");
            assert_eq!(
                told.map(|one| &one["field"]),
                Some(&json!(field)),
                "{answer:#}"
            );
        }
        paths.push(path);
    }

    enter(&tracker, &[("2020-01-01", "UAH", "0.025")]);

    for path in paths {
        let warnings = tracker.get(&path).1["warnings"].to_string();
        assert!(!warnings.contains("no_rate"), "{path}: {warnings}");
    }
}

#[test]
fn revenue_has_the_rate_of_the_conversions_day_and_cost_that_of_the_clicks() {
    let (mut tracker, campaign) = set_up(json!({"model": "cpa", "value": "10", "currency": "EUR"}));
    convert(&tracker, "payout=1&currency=EUR");
    convert(&tracker, "payout=1&currency=EUR");
    let before = spent(&tracker, campaign);
    while_stopped(&mut tracker, |file| {
        let days = [
            ("update clicks set flags = flags - (?1 << 16)", 2 * DAY_MS),
            (
                "update conversions set at = at - ?1 where id = (select min(id) from conversions)",
                DAY_MS,
            ),
        ];
        for (sql, ms) in days {
            file.execute(sql, [ms]).unwrap();
        }
    });
    let [today, yesterday, before_that] = [0, 1, 2].map(|days| days_ago(&tracker, days));

    enter(
        &tracker,
        &[
            (&before_that, "EUR", "1.5"),
            (&yesterday, "EUR", "1.6"),
            (&today, "EUR", "1.7"),
        ],
    );
    settle(&tracker);

    assert_eq!(worths(&tracker), ["1.6", "1.7"]);
    let cost = Some("15".to_owned());
    assert_eq!(costs(&tracker), [cost.clone(), cost]);
    // A rate of one day moves what lies from it on, until the next one.
    enter(&tracker, &[(&yesterday, "EUR", "3")]);
    settle(&tracker);
    assert_eq!(worths(&tracker), ["3", "1.7"]);
    assert_eq!(changes_by_rates(&tracker), 3);
    assert_eq!(
        spent(&tracker, campaign),
        before,
        "a budget counts in its own currency"
    );
}

#[test]
fn the_reporting_currency_is_changed_and_changed_back_without_loss() {
    let (tracker, campaign) = set_up(json!({"model": "cpa", "value": "3", "currency": "USD"}));
    for said in [
        "payout=0.01&currency=USD",
        "payout=123456.789012&currency=EUR",
        "payout=99.99&currency=UAH",
        "payout=5&currency=RUB",
        "payout=7.77&currency=EUR&status=rejected",
    ] {
        convert(&tracker, said);
    }
    let [today, yesterday] = [0, 1].map(|days| days_ago(&tracker, days));
    let euro = json!({"currency": "EUR"});

    let (status, refused) = tracker.put(REPORTING, &euro);
    assert_eq!(
        (status, &refused["error"]["code"]),
        (409, &json!("no_rate"))
    );
    let message = refused["error"]["message"].as_str().unwrap();
    let advice = format!("enter a rate for EUR from {today} first");
    assert!(message.contains(&advice), "{message}");

    enter(&tracker, &[(&yesterday, "UAH", "0.0243")]);
    enter(&tracker, &[(&today, "EUR", "1.0842")]);
    let (status, refused) = tracker.put(REPORTING, &euro);
    let message = refused["error"]["message"].as_str().unwrap();
    assert_eq!(status, 409, "rates of others reach further back");
    assert!(message.contains(&yesterday), "{message}");
    assert_eq!(tracker.get(REPORTING).1, json!({"currency": "USD"}));

    enter(&tracker, &[(&yesterday, "EUR", "1.07")]);
    settle(&tracker);
    let (before, rates) = (stored(&tracker), tracker.get(RATES).1);
    let budget = spent(&tracker, campaign);
    assert_eq!(before[1].2, "133851.850647");

    let (status, answer) = tracker.put(REPORTING, &euro);
    assert_eq!((status, &answer), (200, &euro), "{answer:#}");
    settle(&tracker);

    let there = stored(&tracker);
    let worth: Vec<_> = there.iter().map(|row| row.2.as_str()).collect();
    // 0.01 / 1.0842, as it is, 99.99 * 0.0243 / 1.0842, unknown, as it is.
    assert_eq!(worth, ["0.009223", "123456.789012", "2.24106", "0", "7.77"]);
    assert_eq!(there[0].3.as_deref(), Some("2.767017"), "3 / 1.0842");
    for (before, there) in before.iter().zip(&there) {
        assert_eq!((&before.0, &before.1), (&there.0, &there.1), "as stated");
    }
    let page = tracker.get(RATES).1;
    assert_eq!(page["reporting_currency"], "EUR");
    assert_eq!(
        page["items"],
        json!([
            {"day": today, "currency": "UAH", "rate": "0.022412839"},
            {"day": today, "currency": "USD", "rate": "0.922339052"},
            {"day": yesterday, "currency": "UAH", "rate": "0.022710280"},
            {"day": yesterday, "currency": "USD", "rate": "0.934579439"},
        ])
        .as_array()
        .unwrap()
        .iter()
        .cloned()
        .map(without_zeros)
        .collect::<Value>()
    );
    convert(&tracker, "payout=2");
    assert_eq!(
        stored(&tracker)[5].2,
        "1.844678",
        "stated in the offer's USD"
    );

    assert_eq!(tracker.put(REPORTING, &json!({"currency": "USD"})).0, 200);
    settle(&tracker);

    assert_eq!(stored(&tracker)[..5], before, "every one as it was");
    assert_eq!(tracker.get(RATES).1, rates, "and every rate");
    let after = spent(&tracker, campaign);
    assert_eq!(budget, [json!("12"), json!("12")]);
    assert_eq!(after, [json!("15"), json!("15")], "one conversion more");
    // Four had another worth or cost each time; the fifth, in roubles, only its cost.
    assert_eq!(
        number(
            &tracker,
            "select max(changes) from (select count(*) as changes from conversion_changes
             where origin = 'rate' group by conversion_id)"
        ),
        3
    );
}

/// A rate as it is written: the shortest decimal.
fn without_zeros(mut item: Value) -> Value {
    let rate = item["rate"].as_str().unwrap().trim_end_matches('0');
    item["rate"] = json!(rate);
    item
}

/// So many conversions of 100 UAH each, as if they had come before there was a rate.
fn plenty(tracker: &mut Tracker, count: i64) {
    while_stopped(tracker, |file| {
        let sql = "
            with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ?1)
            insert into conversions (id, at, status_at, click_id, campaign_id, event, status,
                amount, currency, revenue, flags)
            select n, unixepoch() * 1000, unixepoch() * 1000, null, 1, 'conversion', 2,
                100000000, 'UAH', 0, 0
            from numbers";
        file.execute(sql, [count]).unwrap();
    });
}

#[test]
fn kill_9_in_the_middle_loses_no_conversion_and_recomputes_none_twice() {
    const MANY: i64 = 20_000;
    let (mut tracker, _) = set_up(json!({"model": "none"}));
    plenty(&mut tracker, MANY);
    enter(&tracker, &[("2020-01-01", "UAH", "0.025")]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while changes_by_rates(&tracker) == 0 {
        assert!(Instant::now() < deadline, "nothing is recomputed");
        thread::sleep(Duration::from_millis(1));
    }
    // The traffic goes on meanwhile.
    let meanwhile = Instant::now();
    convert(&tracker, "payout=100&currency=UAH");
    assert!(meanwhile.elapsed() < Duration::from_secs(3));

    tracker.kill_9();
    let done = changes_by_rates(&tracker);
    assert!(done < MANY, "it was over before the end came");
    assert_eq!(done % 500, 0, "whole pieces only");
    tracker.start();
    assert!(is_recomputing(&tracker), "it is known to be unfinished");
    settle(&tracker);

    let wrong = "select count(*) from conversions where revenue <> 2500000 or rate <> 25000000";
    assert_eq!(number(&tracker, wrong), 0);
    assert_eq!(changes_by_rates(&tracker), MANY, "one each");
}

#[test]
fn rates_that_change_while_postbacks_come_leave_no_conversion_behind() {
    let (tracker, _) = set_up(json!({"model": "none"}));
    let clicks: Vec<String> = (0..120).map(|_| click(&tracker, "push")).collect();
    let is_over = AtomicBool::new(false);

    thread::scope(|scope| {
        for mine in clicks.chunks(40) {
            let tracker = &tracker;
            scope.spawn(move || {
                for id in mine {
                    postback(tracker, &format!("subid={id}&payout=100&currency=UAH"));
                }
            });
        }
        let rates = scope.spawn(|| {
            for round in 1.. {
                let rate = format!("0.0{}", 20 + round % 7);
                enter(&tracker, &[("2020-01-01", "UAH", &rate)]);
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        while number(&tracker, "select count(*) from conversions") < 120 && !rates.is_finished() {
            thread::sleep(Duration::from_millis(10));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    settle(&tracker);

    let rate = tracker.get(RATES).1["items"][0]["rate"].clone();
    let hundred: f64 = rate.as_str().unwrap().parse::<f64>().unwrap() * 100.0;
    let mut found = BTreeMap::new();
    for worth in worths(&tracker) {
        *found.entry(worth).or_insert(0) += 1;
    }
    let expected = BTreeMap::from([(decimal((hundred * 1e6).round() as i64), 120)]);
    assert_eq!(found, expected);
}

fn warnings(tracker: &Tracker, campaign: u64) -> Value {
    tracker.get(&format!("/api/v1/campaigns/{campaign}")).1["warnings"].clone()
}

#[test]
fn a_conversion_is_charged_once_while_it_stands() {
    let (mut tracker, campaign) = set_up(json!({"model": "cpa", "value": "2", "currency": "USD"}));
    assert_eq!(warnings(&tracker, campaign), json!([]), "it is acted on");
    let expect = |tracker: &Tracker, cost: &str, doing: &str| {
        assert_eq!(costs(tracker)[0].as_deref(), Some(cost), "{doing}");
        let both = [json!(cost), json!(cost)];
        assert_eq!(spent(tracker, campaign), both, "{doing}");
    };
    let id = convert(&tracker, "status=lead&payout=9&tid=a");
    expect(&tracker, "2", "a lead");
    for (said, cost) in [
        ("status=lead&payout=9&tid=a", "2"),
        ("status=lead&payout=12&tid=a", "2"),
        ("status=sale&payout=12&tid=a", "2"),
        ("status=rejected&tid=a", "0"),
        ("status=sale&tid=a", "2"),
        ("status=sale&tid=a&cost=3.5", "3.5"),
        ("status=sale&tid=a&payout=13", "3.5"),
        ("status=sale&tid=a&cost=0.5", "0.5"),
        ("status=sale&tid=a&cost=-1", "0.5"),
        ("status=sale&tid=a&cost=", "0.5"),
        ("status=trash&tid=a", "0"),
        ("status=sale&tid=a&cost=4", "4"),
        // Not first ones.
        ("status=sale&tid=b&payout=1", "4"),
        ("status=sale&event=rebill&tid=c&payout=1", "4"),
        ("status=sale&tid=d&payout=-1", "4"),
        ("status=sale&tid=e&payout=1&test=1", "4"),
    ] {
        postback(&tracker, &format!("subid={id}&{said}"));
        expect(&tracker, cost, said);
    }

    tracker.kill_9();
    tracker.start();
    expect(&tracker, "4", "after a kill");
    tracker.stop();
    tracker.start();
    expect(&tracker, "4", "after a stop");

    // What was charged stays when the campaign is charged otherwise.
    let path = format!("/api/v1/campaigns/{campaign}");
    let cost = json!({"model": "cpc", "value": "0.1", "currency": "USD"});
    assert_eq!(tracker.patch(&path, &json!({"cost": cost})).0, 200);
    postback(&tracker, &format!("subid={id}&status=sale&tid=a&payout=20"));
    expect(&tracker, "4", "after another cost model");
    postback(&tracker, &format!("subid={id}&status=rejected&tid=a&n=2"));
    expect(&tracker, "0", "and is given back");
}

#[test]
fn a_share_follows_the_revenue() {
    let (tracker, campaign) =
        set_up(json!({"model": "revshare", "value": "30", "currency": "USD"}));
    assert_eq!(warnings(&tracker, campaign), json!([]), "it is acted on");
    enter(&tracker, &[("2020-01-01", "EUR", "2")]);
    let id = convert(&tracker, "status=lead&payout=10&tid=a");
    for (said, all) in [
        ("status=lead&payout=10&tid=a", vec!["3"]),
        ("status=sale&payout=20&tid=a", vec!["6"]),
        ("status=sale&tid=a&cost=1.5", vec!["1.5"]),
        ("status=sale&tid=a&colour=red", vec!["1.5"]),
        ("status=sale&payout=30&tid=a", vec!["9"]),
        ("status=rejected&tid=a", vec!["0"]),
        ("status=sale&tid=a", vec!["9"]),
        // Half a euro is one dollar.
        ("status=sale&tid=b&payout=10&currency=EUR", vec!["9", "6"]),
        (
            "status=sale&event=rebill&tid=c&payout=1",
            vec!["9", "6", "0.3"],
        ),
        ("status=sale&tid=d&payout=-10", vec!["9", "6", "0.3", "-3"]),
        (
            "status=sale&tid=e&payout=10&test=1",
            vec!["9", "6", "0.3", "-3", "0"],
        ),
    ] {
        postback(&tracker, &format!("subid={id}&{said}"));

        let found: Vec<String> = costs(&tracker).into_iter().flatten().collect();
        assert_eq!(found, all, "{said}");
        let sum: f64 = all.iter().map(|cost| cost.parse::<f64>().unwrap()).sum();
        let sum = decimal((sum * 1e6).round() as i64);
        assert_eq!(
            spent(&tracker, campaign),
            [json!(sum), json!(sum)],
            "{said}"
        );
    }
}

#[test]
fn what_was_charged_at_one_rate_is_given_back_whole_at_another() {
    let (mut tracker, campaign) =
        set_up(json!({"model": "revshare", "value": "50", "currency": "USD"}));
    let first = convert(&tracker, "payout=10&currency=EUR&status=lead");
    assert_eq!(spent(&tracker, campaign)[1], "0", "there is no rate yet");
    enter(&tracker, &[("2020-01-01", "EUR", "2")]);
    settle(&tracker);
    let second = convert(&tracker, "payout=10&currency=EUR&status=lead");
    assert_eq!(spent(&tracker, campaign)[1], "10");
    enter(&tracker, &[("2020-01-01", "EUR", "3")]);
    settle(&tracker);
    assert_eq!(
        costs(&tracker),
        [Some("15".to_owned()), Some("15".to_owned())]
    );
    assert_eq!(spent(&tracker, campaign)[1], "10", "counted as it was");

    postback(&tracker, &format!("subid={second}&status=rejected"));
    postback(&tracker, &format!("subid={first}&status=sale"));

    assert_eq!(spent(&tracker, campaign), [json!("0"), json!("0")]);
    tracker.kill_9();
    tracker.start();
    assert_eq!(spent(&tracker, campaign), [json!("0"), json!("0")]);
    convert(&tracker, "payout=10&currency=EUR&status=lead");
    assert_eq!(spent(&tracker, campaign)[1], "15");
}

#[test]
fn costs_of_conversions_spend_the_budget() {
    let (tracker, campaign) = set_up(json!({"model": "cpa", "value": "2", "currency": "USD"}));
    let path = format!("/api/v1/campaigns/{campaign}");
    let budget = json!({"budget": {"daily": "3", "when_spent": "divert"}});
    assert_eq!(tracker.patch(&path, &budget).0, 200);
    convert(&tracker, "payout=5&status=lead");
    let id = convert(&tracker, "payout=5&status=lead");

    let answer = tracker.click("/push", &[]);
    assert_eq!(answer.location(), "http://127.0.0.1:9/full");

    postback(&tracker, &format!("subid={id}&status=rejected"));
    assert!(tracker.click("/push", &[]).click_id().is_some());
}
