//! Jobs under way: killed, cancelled, and beside visitors.

use std::thread;
use std::time::{Duration, Instant};

use chrono_tz::Tz;
use millrace::domain::period;
use serde_json::{Value, json};

use super::{DAY_MS, all_clicks, done, ended, lately, micros, set_up, text, undone};
use crate::import::sown;
use crate::load::{Load, longest_wait};

const UPDATES: &str = "/api/v1/cost-updates";

#[test]
fn after_a_kill_the_job_goes_on_and_the_sum_is_exact() {
    const CLICKS: usize = 30_000;
    let (mut tracker, push, _) = set_up();
    let at = millrace::clock::now_ms() - 9 * DAY_MS;
    sown(&mut tracker, at, CLICKS);
    let before = all_clicks(&tracker);
    let day = period::date(period::day(at, Tz::UTC)).to_string();
    let body = json!({"campaign_ids": [push], "from": day, "to": day, "amount": "1234.567891"});

    let (status, update) = tracker.post(UPDATES, &body);
    assert_eq!(status, 202, "{update:#}");
    let job = &update["job_id"];
    let mut kills = 0;
    for stage in ["find", "charge"] {
        let sql = format!(
            "select iif(cursor like '%{stage}%' and (done > 0 or '{stage}' = 'find'), 'yes', state) from jobs where id = {job}"
        );
        loop {
            match text(&tracker, &sql).as_str() {
                "yes" => {
                    tracker.kill_9();
                    tracker.start();
                    kills += 1;
                    break;
                }
                "done" => break,
                _ => thread::sleep(Duration::from_millis(1)),
            }
        }
    }
    let ended = done(&tracker, job);

    assert_eq!(kills, 2, "it was too quick to be killed");
    assert_eq!(
        ended["result"],
        json!({"clicks": CLICKS, "changed": CLICKS})
    );
    let costs = micros(&tracker, push);
    assert_eq!(costs[..CLICKS].iter().sum::<i64>(), 1_234_567_891);
    let (least, most) = (costs[..CLICKS].iter().min(), costs[..CLICKS].iter().max());
    assert_eq!((least, most), (Some(&41_152), Some(&41_153)));
    undone(&tracker, &update);
    assert_eq!(all_clicks(&tracker), before);
}

#[test]
fn a_cancelled_job_stops_and_what_it_did_can_be_undone() {
    let (mut tracker, push, _) = set_up();
    let at = millrace::clock::now_ms() - 9 * DAY_MS;
    sown(&mut tracker, at, 30_000);
    let before = all_clicks(&tracker);
    let day = period::date(period::day(at, Tz::UTC)).to_string();
    let body = json!({"campaign_ids": [push], "from": day, "to": day, "cpc": "7"});
    let (_, update) = tracker.post(UPDATES, &body);
    let job = &update["job_id"];
    let has_begun = format!("select iif(done > 0, 'yes', '') from jobs where id = {job}");
    while text(&tracker, &has_begun) != "yes" {
        thread::sleep(Duration::from_millis(1));
    }

    let (status, cancelled) = tracker.post(&format!("/api/v1/jobs/{job}/cancel"), &Value::Null);

    assert_eq!(
        (status, &cancelled["state"]),
        (200, &json!("cancelled")),
        "{cancelled:#}"
    );
    let charged = cancelled["result"]["changed"].as_u64().unwrap();
    assert!((1..30_000).contains(&charged), "{cancelled:#}");
    let after = micros(&tracker, push)
        .into_iter()
        .filter(|cost| *cost == 7_000_000);
    assert_eq!(after.count() as u64, charged);
    let (status, again) = tracker.post(&format!("/api/v1/jobs/{job}/cancel"), &Value::Null);
    assert_eq!(
        (status, &again["error"]["code"]),
        (409, &json!("job_ended"))
    );
    assert_eq!(ended(&tracker, job)["state"], "cancelled");
    undone(&tracker, &update);
    assert_eq!(all_clicks(&tracker), before);
}

#[test]
fn visitors_click_on_and_what_they_click_meanwhile_keeps_its_cost() {
    const SOWN: usize = 20_000;
    let (mut tracker, push, _) = set_up();
    let at = millrace::clock::now_ms() - 9 * DAY_MS;
    sown(&mut tracker, at, SOWN);
    let load = Load::with_pause(&tracker, "push", 3, Duration::from_millis(4));
    let mut body = lately(json!({"campaign_ids": [push], "amount": "98765.432109"}));
    body["from"] = json!(period::date(period::day(at, Tz::UTC)).to_string());

    let began = Instant::now();
    let (status, update) = tracker.post(UPDATES, &body);
    assert_eq!(status, 202, "{update:#}");
    let job = done(&tracker, &update["job_id"]);
    let took = began.elapsed();
    let promises = load.finish();

    tracker.assert_stored(&promises);
    let costs = micros(&tracker, push).into_iter();
    let charged: Vec<i64> = costs.filter(|cost| *cost != 250_000).collect();
    assert_eq!(job["result"]["changed"], charged.len());
    assert!(charged.len() > SOWN, "some had come before");
    assert_eq!(charged.iter().sum::<i64>(), 98_765_432_109);
    println!(
        "{} clicks were charged in {took:?}; of {} visitors the longest waited {:?}",
        charged.len(),
        promises.len(),
        longest_wait(&promises)
    );
}
