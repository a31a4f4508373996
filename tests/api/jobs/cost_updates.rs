//! Costs that sources tell afterwards.

use chrono_tz::Tz;
use millrace::domain::period;
use serde_json::{Value, json};

use super::{
    DAY_MS, HOUR_MS, all_clicks, charged, clicks, costs, lately, micros, set_up, spent, text,
    undone,
};
use crate::import::sown;
use crate::tracker::Tracker;

const UPDATES: &str = "/api/v1/cost-updates";

fn unassigned(tracker: &Tracker) -> String {
    text(
        tracker,
        "select group_concat(concat_ws(' ', campaign_id, amount, currency), '; ')
         from (select * from unassigned_costs where replaced_by is null order by at, campaign_id)",
    )
}

#[test]
fn an_amount_is_spread_to_the_micro_unit_and_later_clicks_keep_theirs() {
    let (tracker, push, pops) = set_up();
    clicks(&tracker, "/push", 7);
    clicks(&tracker, "/pops", 1);
    let body = lately(json!({"campaign_ids": [push], "amount": "1"}));
    let mut preview = body.clone();
    preview["preview"] = json!(true);

    let (status, previewed) = tracker.post(UPDATES, &preview);
    assert_eq!(status, 200);
    assert_eq!(
        previewed,
        json!({"preview": true, "clicks": 7, "amount": "1", "unassigned": "0"})
    );
    assert_eq!(
        micros(&tracker, push),
        [250_000; 7],
        "a preview changes nothing"
    );
    let update = charged(&tracker, &body);
    clicks(&tracker, "/push", 1);

    let sevenths = [
        142_858, 142_857, 142_857, 142_857, 142_857, 142_857, 142_857,
    ];
    let after = micros(&tracker, push);
    assert_eq!(after[..7], sevenths);
    assert_eq!(after[7], 250_000, "it came later");
    assert_eq!(micros(&tracker, pops), [250_000]);
    assert_eq!(spent(&tracker, push), [json!("1.25"), json!("1.25")]);
    let (_, told) = tracker.get(&format!("{UPDATES}/{}", update["id"]));
    assert_eq!(
        (&told["clicks"], &told["lines"], &told["state"]),
        (&json!(7), &json!(1), &json!("done"))
    );
    assert_eq!(told["items"][0]["price"], json!({"amount": "1"}));
}

#[test]
fn undoing_puts_back_every_byte_and_budgets_follow() {
    let (tracker, push, _) = set_up();
    clicks(&tracker, "/push", 3);
    tracker.click("/push?cost=nonsense", &[]);
    let before = all_clicks(&tracker);
    let in_euro = lately(json!({"campaign_ids": [push], "cpc": "2", "currency": "EUR"}));
    let (status, refused) = tracker.post(UPDATES, &in_euro);
    assert_eq!(
        (status, &refused["error"]["code"]),
        (422, &json!("no_rate"))
    );
    let rates = json!([{"day": "2020-01-01", "currency": "EUR", "rate": "1.1"}]);
    assert_eq!(tracker.put("/api/v1/currency-rates", &rates).0, 200);

    let first = charged(&tracker, &in_euro);
    let between = all_clicks(&tracker);
    let second = charged(
        &tracker,
        &lately(json!({"campaign_ids": [push], "cpm": "10"})),
    );
    assert_eq!(
        costs(&tracker, push),
        vec![(Some(10_000), Some("USD".to_owned())); 4]
    );

    let path = format!("{UPDATES}/{}/undo", first["id"]);
    let (status, refused) = tracker.post(&path, &Value::Null);
    assert_eq!(
        (status, &refused["error"]["code"]),
        (409, &json!("overwritten"))
    );
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(
        message.contains(&format!("Cost update {}", second["id"])),
        "{message}"
    );
    let job = undone(&tracker, &second);
    assert_eq!(job["result"], json!({"restored": 4, "left": 0}));
    assert_eq!(all_clicks(&tracker), between);
    undone(&tracker, &first);
    assert_eq!(all_clicks(&tracker), before);
    assert_eq!(spent(&tracker, push)[1], json!("1"));
    let (status, again) = tracker.post(&path, &Value::Null);
    assert_eq!(
        (status, &again["error"]["code"]),
        (409, &json!("undone_already"))
    );
}

#[test]
fn the_same_statement_twice_changes_nothing_and_is_stored_once_when_its_time_is_over() {
    let (mut tracker, push, _) = set_up();
    let at = millrace::clock::now_ms() - 9 * DAY_MS;
    sown(&mut tracker, at, 3);
    let day = period::date(period::day(at, Tz::UTC)).to_string();
    let body = json!({"campaign_ids": [push], "from": day, "to": day, "amount": "10"});

    let update = charged(&tracker, &body);
    let once = all_clicks(&tracker);
    let (status, again) = tracker.post(UPDATES, &body);

    assert_eq!((status, &again["id"]), (200, &update["id"]));
    assert_eq!(all_clicks(&tracker), once);
    let today = lately(json!({"campaign_ids": [push], "amount": "3"}));
    let first = charged(&tracker, &today);
    let once = all_clicks(&tracker);
    let second = charged(&tracker, &today);
    assert_ne!(first["id"], second["id"], "clicks may have come since");
    assert_eq!(all_clicks(&tracker), once);
    let (_, job) = tracker.get(&format!("/api/v1/jobs/{}", second["job_id"]));
    assert_eq!(job["result"], json!({"clicks": 1, "changed": 0}));
}

#[test]
fn money_without_a_click_stays_with_its_campaign_until_it_is_said_otherwise() {
    let (tracker, push, pops) = set_up();
    let nobody = json!({"source": "nobody"});
    let body = json!({"campaign_ids": [push, pops], "from": "2026-10-24", "to": "2026-10-25",
        "timezone": "Europe/Kyiv", "amount": "0.000007", "filters": nobody});

    let first = charged(&tracker, &body);
    let said = unassigned(&tracker);
    let (status, _) = tracker.post(UPDATES, &body);

    assert_eq!(
        said,
        format!("{push} 2 USD; {pops} 2 USD; {push} 2 USD; {pops} 1 USD")
    );
    assert_eq!(status, 200);
    assert_eq!(unassigned(&tracker), said);
    let mut other = body.clone();
    other["amount"] = json!("0.000004");
    let second = charged(&tracker, &other);
    assert_eq!(
        unassigned(&tracker),
        format!("{push} 1 USD; {pops} 1 USD; {push} 1 USD; {pops} 1 USD")
    );
    undone(&tracker, &second);
    assert_eq!(unassigned(&tracker), said);
    undone(&tracker, &first);
    assert_eq!(unassigned(&tracker), "");
}

#[test]
fn a_day_is_as_long_as_it_is_in_its_zone() {
    let (mut tracker, push, _) = set_up();
    let kyiv: Tz = "Europe/Kyiv".parse().unwrap();
    // Clocks go back: the 25th has 25 hours.
    let start = period::day_start(period::parse_date("2026-10-25").unwrap(), kyiv);
    for at in [
        start - 1,
        start,
        start + 25 * HOUR_MS - 1,
        start + 25 * HOUR_MS,
    ] {
        sown(&mut tracker, at, 1);
    }
    let body = json!({"campaign_ids": [push], "from": "2026-10-25", "to": "2026-10-25",
        "timezone": "Europe/Kyiv", "amount": "3"});

    charged(&tracker, &body);

    assert_eq!(
        micros(&tracker, push)[..4],
        [250_000, 1_500_000, 1_500_000, 250_000]
    );
}

#[test]
fn only_the_clicks_that_are_meant_are_charged() {
    let (tracker, push, _) = set_up();
    let twice = [("X-Forwarded-For", "203.0.113.5")];
    tracker.click("/push?source=zone7&sub_id_2=12", &twice);
    tracker.click("/push?source=zone7&sub_id_2=013", &twice);
    let bot = [
        ("X-Forwarded-For", "203.0.113.6"),
        ("User-Agent", "curl/8.5.0"),
    ];
    tracker.click("/push?source=zone8&sub_id_2=12", &bot);
    let cases = [
        (json!({"which": "unique"}), [9, 0, 9]),
        (json!({"which": "without_bots"}), [9, 9, 0]),
        (json!({"filters": {"source": "zone7"}}), [9, 9, 0]),
        (json!({"filters": {"sub_id_2": "12"}}), [9, 0, 9]),
        (
            json!({"filters": {"sub_id_2": "013", "source": "zone7"}}),
            [0, 9, 0],
        ),
        (json!({"filters": {"sub_id_2": "13"}}), [0, 0, 0]),
    ];
    for (options, expected) in cases {
        let mut body = lately(json!({"campaign_ids": [push], "cpc": "9"}));
        for (name, value) in options.as_object().unwrap() {
            body[name] = value.clone();
        }

        let update = charged(&tracker, &body);

        let wanted = expected.map(|cost| if cost == 0 { 250_000 } else { cost * 1_000_000 });
        assert_eq!(micros(&tracker, push), wanted, "{options}");
        undone(&tracker, &update);
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_all_problems() {
    let (tracker, push, _) = set_up();
    let cases = [
        (
            json!({"campaign_ids": [], "amount": "1"}),
            "campaign_ids",
            "required",
        ),
        (
            json!({"campaign_ids": [99], "amount": "1"}),
            "campaign_ids",
            "unknown_id",
        ),
        (json!({"campaign_ids": [push]}), "amount", "required"),
        (
            json!({"campaign_ids": [push], "amount": "1", "cpc": "1"}),
            "amount",
            "invalid",
        ),
        (
            json!({"campaign_ids": [push], "amount": "-1"}),
            "amount",
            "out_of_range",
        ),
        (
            json!({"campaign_ids": [push], "amount": "1", "to": "2001-01-01"}),
            "to",
            "invalid",
        ),
        (
            json!({"campaign_ids": [push], "amount": "1", "from": "2001-01-01"}),
            "to",
            "out_of_range",
        ),
        (
            json!({"campaign_ids": [push], "amount": "1", "filters": {"sorce": "a"}}),
            "filters.sorce",
            "unknown_field",
        ),
    ];
    for (body, field, code) in cases {
        let mut sent = lately(body.clone());
        sent["from"] = body.get("from").cloned().unwrap_or(sent["from"].clone());

        let (status, answer) = tracker.post(UPDATES, &sent);

        assert_eq!(status, 422, "{body}: {answer:#}");
        assert_eq!(answer["problems"][0]["field"], field, "{body}: {answer:#}");
        assert_eq!(answer["problems"][0]["code"], code, "{body}: {answer:#}");
    }
    let (status, _) = tracker.get("/api/v1/jobs/77");
    assert_eq!(status, 404);
    let (_, listed) = tracker.get(UPDATES);
    assert_eq!(listed["items"], json!([]));
}
