//! Reports over clicks, steps and postbacks of the real server, with numbers worked out by hand.

use std::thread;

use serde_json::{Value, json};

use crate::payer::Payer;
use crate::tracker::Options;

const PHONE: &str = "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36";
const CRAWLER: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/// A campaign whose clicks cost 0.25 USD and whose offer pays 5.
fn payer() -> Payer {
    let payout = json!({"payout": {"kind": "fixed", "value": "5", "currency": "USD"}});
    let payer = Payer::with(Options::default(), json!({}), payout);
    payer.edit(
        &format!("/campaigns/{}", payer.campaign),
        &json!({"name": "US push", "cost": {"model": "cpc", "value": "0.25", "currency": "USD"}}),
    );
    payer
}

/// One click by a phone of this address.
fn click(payer: &Payer, query: &str, ip: &str) -> String {
    let headers = [("X-Forwarded-For", ip), ("User-Agent", PHONE)];
    let answer = payer.tracker.click(&format!("/push?{query}"), &headers);
    answer.click_id().expect("a click id").to_owned()
}

/// 4 clicks of zone7, of which one became a sale of 5 and one a lead; 2 of zone8, one rejected; and
/// one of a crawler without a source.
fn traffic(payer: &Payer) {
    let of = |source: &str, creative: &str, ip: &str| {
        click(
            payer,
            &format!("source={source}&creative_id={creative}"),
            ip,
        )
    };
    let zone7 = [
        of("zone7", "11", "203.0.113.1"),
        of("zone7", "11", "203.0.113.1"),
        of("zone7", "12", "203.0.113.2"),
        of("zone7", "9", "203.0.113.3"),
    ];
    let zone8 = [
        of("zone8", "11", "203.0.113.4"),
        of("zone8", "11", "203.0.113.5"),
    ];
    let crawler = payer.tracker.click("/push", &[("User-Agent", CRAWLER)]);
    assert!(crawler.click_id().is_some());
    for (click, said) in [
        (&zone7[0], "sale"),
        (&zone7[2], "lead"),
        (&zone8[0], "sale"),
        (&zone8[0], "rejected"),
    ] {
        assert_eq!(
            payer.says(&format!("subid={click}&status={said}")),
            "Success"
        );
    }
}

fn report(payer: &Payer, request: Value) -> Value {
    let (status, answer) = payer.tracker.post("/api/v1/reports", &request);
    assert_eq!(status, 200, "{request}: {answer:#}");
    answer
}

#[test]
fn a_report_counts_what_clicks_and_postbacks_made() {
    let payer = payer();
    traffic(&payer);

    let answer = report(
        &payer,
        json!({"dimensions": ["campaign_id", "source"], "timezone": "Europe/Kyiv",
        "metrics": ["clicks", "unique_clicks", "bots", "sales", "leads", "rejected", "cr", "revenue", "cost", "profit", "roi"],
        "sort": [{"by": "clicks", "desc": true}]}),
    );

    let row = |source: Value, numbers: Value| {
        let mut row =
            json!({"campaign_id": payer.campaign, "campaign": "US push", "source": source});
        row.as_object_mut()
            .unwrap()
            .extend(numbers.as_object().unwrap().clone());
        row
    };
    assert_eq!(
        answer["rows"],
        json!([
            row(
                json!("zone7"),
                json!({"clicks": 4, "unique_clicks": 3, "bots": 0, "sales": 1, "leads": 1, "rejected": 0,
            "cr": "50", "revenue": "10", "cost": "1", "profit": "9", "roi": "900"})
            ),
            row(
                json!("zone8"),
                json!({"clicks": 2, "unique_clicks": 2, "bots": 0, "sales": 0, "leads": 0, "rejected": 1,
            "cr": "0", "revenue": "0", "cost": "0.5", "profit": "-0.5", "roi": "-100"})
            ),
            row(
                Value::Null,
                json!({"clicks": 1, "unique_clicks": 1, "bots": 1, "sales": 0, "leads": 0, "rejected": 0,
            "cr": "0", "revenue": "0", "cost": "0.25", "profit": "-0.25", "roi": "-100"})
            ),
        ]),
        "{answer:#}"
    );
    assert_eq!(
        answer["totals"],
        json!({"clicks": 7, "unique_clicks": 6, "bots": 1, "sales": 1, "leads": 1, "rejected": 1,
        "cr": "28.571429", "revenue": "10", "cost": "1.75", "profit": "8.25", "roi": "471.428571"})
    );
    assert_eq!(
        (&answer["groups"], &answer["next"]),
        (&json!(3), &Value::Null)
    );
    assert_eq!(
        (&answer["timezone"], &answer["basis"], &answer["currency"]),
        (&json!("Europe/Kyiv"), &json!("click"), &json!("USD"))
    );
    let from = answer["range"]["from"].as_str().unwrap();
    assert!(from.contains("T00:00:00+0"), "{from}");
    let keys: Vec<&str> = answer["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys[..4], ["campaign_id", "campaign", "source", "clicks"]);
}

#[test]
fn bots_and_what_is_on_hold_can_be_left_out() {
    let payer = payer();
    traffic(&payer);
    let asked = json!({"metrics": ["clicks", "bots", "revenue", "cost", "epc"]});
    let mut without = asked.clone();
    without["without_bots"] = json!(true);
    without["revenue"] = json!("confirmed");

    assert_eq!(
        report(&payer, asked)["rows"],
        json!([{"clicks": 7, "bots": 1, "revenue": "10", "cost": "1.75", "epc": "1.428571"}])
    );
    assert_eq!(
        report(&payer, without)["rows"],
        json!([{"clicks": 6, "bots": 1, "revenue": "5", "cost": "1.75", "epc": "0.833333"}])
    );
}

#[test]
fn filters_choose_clicks_before_and_groups_after_they_are_summed() {
    let payer = payer();
    traffic(&payer);
    let cases = [
        (
            json!([{"dimension": "source", "operator": "equals", "value": "zone7"}]),
            vec!["9 1", "11 2", "12 1"],
        ),
        (
            json!([{"dimension": "source", "operator": "mask", "value": "ZONE?"}]),
            vec!["9 1", "11 4", "12 1"],
        ),
        (
            json!([{"dimension": "source", "operator": "is_not_set"}]),
            vec!["- 1"],
        ),
        (
            json!([{"dimension": "creative_id", "operator": "greater", "value": 9}]),
            vec!["11 4", "12 1"],
        ),
        (
            json!([{"dimension": "creative_id", "operator": "not_in", "value": ["11", null]}]),
            vec!["9 1", "12 1"],
        ),
        (
            json!([{"dimension": "is_bot", "operator": "equals", "value": true}]),
            vec!["- 1"],
        ),
        (
            json!([{"dimension": "device_type", "operator": "equals", "value": "mobile"}, {"dimension": "creative_id", "operator": "regexp", "value": "^1"}]),
            vec!["11 4", "12 1"],
        ),
        (
            json!([{"metric": "clicks", "operator": "greater", "value": 1}]),
            vec!["11 4"],
        ),
        (
            json!([{"metric": "sales", "operator": "equals", "value": 1}, {"dimension": "source", "operator": "begins_with", "value": "zone"}]),
            vec!["11 4"],
        ),
        (
            json!([{"dimension": "campaign_id", "operator": "not_equals", "value": payer.campaign}]),
            vec![],
        ),
    ];
    for (filters, expected) in cases {
        let answer = report(
            &payer,
            json!({"dimensions": ["creative_id"], "metrics": ["clicks"], "filters": filters,
            "sort": [{"by": "clicks"}, {"by": "creative_id"}]}),
        );
        let told = |row: &Value| {
            format!(
                "{} {}",
                row["creative_id"].as_str().unwrap_or("-"),
                row["clicks"]
            )
        };
        let mut found: Vec<String> = answer["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(told)
            .collect();
        found.sort_by_key(|row| row.split(' ').next().and_then(|id| id.parse::<u64>().ok()));
        assert_eq!(found, expected, "{filters}");
    }
}

#[test]
fn pages_follow_each_other_without_gap_or_repeat() {
    let payer = payer();
    for number in 0..7 {
        click(&payer, &format!("source=zone{number}"), "203.0.113.1");
    }
    let (mut found, mut offset) = (Vec::new(), json!(0));
    while !offset.is_null() {
        let page = report(
            &payer,
            json!({"dimensions": ["source"], "metrics": ["clicks"], "limit": 3, "offset": offset}),
        );
        assert_eq!(
            (&page["groups"], &page["totals"]["clicks"]),
            (&json!(7), &json!(7))
        );
        found.extend(
            page["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["source"].clone()),
        );
        offset = page["next"].clone();
    }
    let expected: Vec<Value> = (0..7)
        .map(|number| json!(format!("zone{number}")))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_tree_has_clicks_above_its_conversions() {
    let payer = payer();
    traffic(&payer);

    let answer = report(
        &payer,
        json!({"tree": true, "dimensions": ["source", "status"], "metrics": ["clicks", "conversions", "revenue", "cost"],
        "levels": [{"limit": 2}, {"sort": [{"by": "revenue", "desc": true}]}]}),
    );

    assert_eq!(
        answer["rows"],
        json!([
            {"source": "zone7", "clicks": 4, "conversions": 2, "revenue": "10", "cost": "1", "more": 0, "children": [
                {"status": "lead", "clicks": null, "conversions": 1, "revenue": "5", "cost": null},
                {"status": "sale", "clicks": null, "conversions": 1, "revenue": "5", "cost": null}]},
            {"source": "zone8", "clicks": 2, "conversions": 0, "revenue": "0", "cost": "0.5", "more": 0, "children": [
                {"status": "rejected", "clicks": null, "conversions": 0, "revenue": "0", "cost": null}]},
        ]),
        "{answer:#}"
    );
    assert_eq!((&answer["groups"], &answer["next"]), (&json!(3), &json!(2)));
    assert_eq!(
        answer["totals"],
        json!({"clicks": 7, "conversions": 2, "revenue": "10", "cost": "1.75"})
    );
}

#[test]
fn days_are_compared_with_those_before_and_running_totals_go_on() {
    let payer = payer();
    traffic(&payer);

    let answer = report(
        &payer,
        json!({"range": {"preset": "last_7_days"}, "compare": "previous", "dimensions": ["day"],
        "metrics": ["clicks", "running:clicks", "cr"]}),
    );

    let rows = answer["rows"].as_array().unwrap();
    let clicks: i64 = rows.iter().map(|row| row["clicks"].as_i64().unwrap()).sum();
    assert_eq!(
        (clicks, &rows[rows.len() - 1]["running:clicks"]),
        (7, &json!(7)),
        "{answer:#}"
    );
    assert_eq!(
        rows[0]["previous"],
        json!({"clicks": 0, "running:clicks": 0, "cr": null})
    );
    assert_eq!(answer["totals"]["previous"]["clicks"], 0);
    let days = |range: &Value| range["from"].as_str().unwrap()[..10].to_owned();
    assert!(
        days(&answer["previous_range"]) < days(&answer["range"]),
        "{answer:#}"
    );
}

#[test]
fn own_events_and_the_texts_of_a_conversion_can_be_asked_for() {
    let payer = payer();
    payer.event(json!({"name": "Deposit", "key": "deposit"}));
    let click = click(&payer, "source=zone7", "203.0.113.1");
    payer.says(&format!("subid={click}&status=sale&tid=T-1"));
    payer.says(&format!("subid={click}&goal=deposit&payout=20&tid=T-2"));

    let answer = report(
        &payer,
        json!({"dimensions": ["event", "tid"], "metrics": ["sales", "event:deposit", "event_revenue:deposit", "clicks"],
        "sort": [{"by": "event"}]}),
    );

    assert_eq!(
        answer["rows"],
        json!([
            {"event": "conversion", "tid": "T-1", "sales": 1, "event:deposit": 0, "event_revenue:deposit": "0", "clicks": null},
            {"event": "deposit", "tid": "T-2", "sales": 0, "event:deposit": 1, "event_revenue:deposit": "20", "clicks": null},
        ]),
        "{answer:#}"
    );
    assert_eq!(answer["totals"]["clicks"], 1);
}

#[test]
fn what_cannot_be_asked_is_said_with_its_field() {
    let payer = payer();
    let cases = [
        (json!({"metrics": ["click"]}), "metrics[0]", "unknown_field"),
        (
            json!({"dimensions": ["contry"]}),
            "dimensions[0]",
            "unknown_field",
        ),
        (
            json!({"filters": [{"dimension": "source", "operator": "like", "value": "x"}]}),
            "filters[0].operator",
            "unknown_operator",
        ),
        (
            json!({"range": {"from": "2026-02-30", "to": "x"}}),
            "range.from",
            "invalid",
        ),
        (json!({"timezone": "Kyiv"}), "timezone", "invalid"),
    ];
    for (asked, field, code) in cases {
        let (status, answer) = payer.tracker.post("/api/v1/reports", &asked);
        assert_eq!(status, 422, "{asked}: {answer:#}");
        assert_eq!(
            (&answer["error"]["field"], &answer["error"]["code"]),
            (&json!(field), &json!(code)),
            "{answer:#}"
        );
    }
    let (status, _) = payer
        .tracker
        .api("POST", "/api/v1/reports", Some(&json!({})), None);
    assert_eq!(status, 401);
}

#[test]
fn fields_are_listed_with_their_words() {
    let payer = payer();
    payer.event(json!({"name": "Deposit", "key": "deposit"}));

    let (status, fields) = payer.tracker.get("/api/v1/reports/fields");

    assert_eq!(status, 200);
    let has = |list: &str, key: &str| {
        fields[list]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["key"] == key && one["label"].is_string())
    };
    for (list, key) in [
        ("dimensions", "country"),
        ("dimensions", "day"),
        ("metrics", "roi"),
        ("metrics", "event_rate:deposit"),
        ("operators", "mask"),
        ("presets", "last_7_days"),
    ] {
        assert!(has(list, key), "{list} {key}");
    }
}

#[test]
fn many_reports_at_once_wait_for_their_turn() {
    let payer = payer();
    traffic(&payer);
    let asked = json!({"dimensions": ["source", "creative_id"], "metrics": ["clicks"]});

    let statuses: Vec<u16> = thread::scope(|scope| {
        let ask = || payer.tracker.post("/api/v1/reports", &asked).0;
        let asking: Vec<_> = (0..12).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });

    assert_eq!(statuses, [200; 12]);
}

#[test]
fn an_ad_is_shown_with_the_name_that_its_traffic_source_told_last() {
    let payer = payer();
    let parameters = json!({"creative_name": {"name": "adname", "macro": "{{ad.name}}"}});
    payer.edit(
        &format!("/campaigns/{}", payer.campaign),
        &json!({ "parameters": parameters }),
    );
    click(&payer, "creative_id=7&adname=Blue%20banner", "203.0.113.1");
    click(&payer, "creative_id=7&adname=Red%20banner", "203.0.113.2");
    // A macro that nobody expanded names nothing.
    click(&payer, "creative_id=8&adname={{ad.name}}", "203.0.113.3");

    let answer = report(
        &payer,
        json!({"dimensions": ["creative_id"], "metrics": ["clicks"],
        "sort": [{"by": "creative_name"}]}),
    );

    assert_eq!(
        answer["rows"],
        json!([
            {"creative_id": "7", "creative_name": "Red banner", "clicks": 2},
            {"creative_id": "8", "creative_name": null, "clicks": 1},
        ])
    );
}
