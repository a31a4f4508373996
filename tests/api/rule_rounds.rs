//! Rules at work: what numbers and conversions make of campaigns, lists and messages.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::payer::{Payer, wait_until};
use crate::receiver::{Manner, Receiver};
use crate::tracker::Options;

/// Longer than the evaluator needs for a few rounds.
const A_WHILE: Duration = Duration::from_secs(3);

/// A campaign whose clicks cost 1 USD and whose offer pays 5.
fn payer() -> Payer {
    let options = Options::default().set("OUTBOUND__ALLOW_PRIVATE", "true");
    let payout = json!({"payout": {"kind": "fixed", "value": "5", "currency": "USD"}});
    let payer = Payer::with(options, json!({}), payout);
    payer.edit(
        &format!("/campaigns/{}", payer.campaign),
        &json!({"cost": {"model": "cpc", "value": "1", "currency": "USD"},
            "fallback": {"kind": "redirect", "url": "http://127.0.0.1:9/fallback"}}),
    );
    payer
}

fn rule(payer: &Payer, document: Value) -> u64 {
    let mut whole = json!({"name": "R", "moment": {"kind": "every", "minutes": 1}});
    for (field, value) in document.as_object().unwrap() {
        whole[field] = value.clone();
    }
    payer.tracker.create("/api/v1/rules", &whole)
}

fn clicks(payer: &Payer, query: &str, count: usize) -> Vec<String> {
    let click = |_| {
        let answer = payer.tracker.click(&format!("/push?{query}"), &[]);
        answer.click_id().expect("a click id").to_owned()
    };
    (0..count).map(click).collect()
}

fn sale(payer: &Payer, click_id: &str) {
    assert_eq!(
        payer.says(&format!("subid={click_id}&status=sale")),
        "Success"
    );
}

fn runs(payer: &Payer, query: &str) -> Vec<Value> {
    let (status, page) = payer.tracker.get(&format!("/api/v1/rule-runs?{query}"));
    assert_eq!(status, 200, "{page:#}");
    let mut items = page["items"].as_array().unwrap().clone();
    items.reverse();
    items
}

fn wait_for_runs(payer: &Payer, query: &str, count: usize) -> Vec<Value> {
    wait_until(&format!("{count} runs of {query}"), || {
        runs(payer, query).len() >= count
    });
    runs(payer, query)
}

fn campaign(payer: &Payer) -> Value {
    payer
        .tracker
        .get(&format!("/api/v1/campaigns/{}", payer.campaign))
        .1
}

fn location(payer: &Payer) -> String {
    let answer = payer.tracker.click("/push", &[]);
    answer.header("location").unwrap_or_default().to_owned()
}

fn values(payer: &Payer, list: u64) -> Vec<String> {
    let (_, list) = payer.tracker.get(&format!("/api/v1/lists/{list}"));
    let values = list["values"].as_array().unwrap().iter();
    values.map(|one| one.as_str().unwrap().to_owned()).collect()
}

fn list(payer: &Payer, values: &[&str]) -> u64 {
    payer
        .tracker
        .create("/api/v1/lists", &json!({"name": "L", "values": values}))
}

#[test]
fn a_campaign_that_loses_money_is_paused_logged_and_can_be_resumed_from_the_log() {
    let payer = payer();
    clicks(&payer, "", 5);
    let losing = json!({"group_by": ["campaign_id"], "minimum": {"clicks": 5},
        "conditions": {"metric": "roi", "is": "<", "value": "-50"},
        "actions": [{"key": "pause_campaign"}, {"key": "note", "value": {"text": "ROI {roi} %"}}]});

    let saved = Instant::now();
    let id = rule(&payer, losing);
    wait_until("visitors take the fallback", || {
        location(&payer).ends_with("/fallback")
    });
    assert!(saved.elapsed() < Duration::from_secs(10));

    let run = wait_for_runs(&payer, &format!("rule_id={id}"), 1).remove(0);
    assert_eq!(run["verdict"], "done", "{run:#}");
    assert_eq!(run["campaign_id"], payer.campaign);
    assert_eq!(run["numbers"]["roi"], "-100");
    assert_eq!(run["effects"][0]["before"], "active");
    assert_eq!(run["effects"][0]["after"], "paused");
    assert_eq!(run["effects"][1]["after"], "ROI -100 %");
    assert_eq!(campaign(&payer)["state"], "paused");

    let path = format!("/api/v1/rule-runs/{}/undo", run["id"].as_str().unwrap());
    let (status, undone) = payer.tracker.post(&path, &json!({}));
    assert_eq!(status, 200, "{undone:#}");
    assert_eq!(campaign(&payer)["state"], "active");
    sleep(A_WHILE);
    assert_eq!(campaign(&payer)["state"], "active", "it cools down");
}

#[test]
fn what_divides_by_zero_fits_nothing() {
    let payer = payer();
    clicks(&payer, "", 2);
    let free = json!({"metric": "cpa", "is": "<", "value": "1000"});
    let unequal = json!({"metric": "cpa", "is": "!=", "value": "1"});
    rule(
        &payer,
        json!({"name": "never", "conditions": {"any": [free, unequal]}, "actions": [{"key": "note", "value": {"text": "x"}}]}),
    );
    let always = rule(
        &payer,
        json!({"name": "always", "conditions": {"metric": "conversions", "is": "=", "value": "0"},
            "actions": [{"key": "note", "value": {"text": "CPA {cpa}."}}]}),
    );

    let found = wait_for_runs(&payer, &format!("rule_id={always}"), 1);
    sleep(A_WHILE);

    assert_eq!(runs(&payer, "").len(), 1, "{found:#?}");
}

#[test]
fn a_placement_that_spends_three_payouts_without_a_sale_goes_on_the_blacklist() {
    let payer = payer();
    let blacklist = list(&payer, &[]);
    clicks(&payer, "source=bad", 15);
    clicks(&payer, "source=young", 14);
    let good = clicks(&payer, "source=good", 15);
    sale(&payer, &good[0]);

    let id = rule(
        &payer,
        json!({"group_by": ["campaign_id", "source"],
            "conditions": {"all": [
                {"metric": "sales", "is": "=", "value": "0"},
                {"metric": "cost", "is": ">=", "times": {"value": "3", "of": "payout"}}]},
            "actions": [{"key": "list_add", "value": {"list_id": blacklist}}]}),
    );

    let found = wait_for_runs(&payer, &format!("rule_id={id}"), 1);
    assert_eq!(values(&payer, blacklist), ["bad"], "{found:#?}");
    assert_eq!(found[0]["numbers"]["payout"], "5");
}

#[test]
fn at_the_third_sale_a_placement_goes_on_the_whitelist_at_once() {
    let payer = payer();
    let whitelist = list(&payer, &["old"]);
    let id = rule(
        &payer,
        json!({"moment": {"kind": "conversion", "statuses": ["sale"]}, "group_by": ["source"],
            "conditions": {"metric": "sales", "is": ">=", "value": "3"},
            "actions": [{"key": "list_add", "value": {"list_id": whitelist}}]}),
    );
    let of_zone = clicks(&payer, "source=zone7", 3);
    let of_other = clicks(&payer, "source=zone8", 2);
    for click in of_zone[..2].iter().chain(&of_other) {
        sale(&payer, click);
    }
    sleep(A_WHILE);
    assert_eq!(values(&payer, whitelist), ["old"]);

    sale(&payer, &of_zone[2]);
    let third = Instant::now();
    wait_until("zone7 is on the list", || {
        values(&payer, whitelist) == ["old", "zone7"]
    });
    // The evaluator rests for a part of what its last round took.
    assert!(third.elapsed() < Duration::from_secs(5));

    let run = runs(&payer, &format!("rule_id={id}")).remove(0);
    assert_eq!(run["group"]["source"], "zone7", "{run:#}");
    assert_eq!(run["numbers"]["sales"], "3");
    assert!(run["conversion_id"].is_string());
}

#[test]
fn every_sale_is_told_to_a_webhook_once_through_a_kill() {
    let heard = Receiver::new(Manner::Says(200, "ok"));
    let mut payer = payer();
    let channel = payer.tracker.create(
        "/api/v1/channels",
        &json!({"name": "W", "kind": "webhook", "url": heard.url("/hook")}),
    );
    let id = rule(
        &payer,
        json!({"moment": {"kind": "conversion", "statuses": ["sale"]}, "cooldown_minutes": 0,
            "conditions": {"all": [{"metric": "payout", "is": ">=", "value": "5"},
                {"fact": "source", "is": "in", "values": ["zone7"]}]},
            "actions": [{"key": "message", "value": {"channel_id": channel,
                "text": "Sale of {payout:USD} in {campaign_name}, {source}"}}]}),
    );
    let told = clicks(&payer, "source=zone7", 30);
    let other = clicks(&payer, "source=zone8", 1);
    sale(&payer, &other[0]);
    payer.says(&format!("subid={}&status=sale&payout=1", told[29]));
    for click in &told[..15] {
        sale(&payer, click);
    }
    payer.tracker.kill_9();
    payer.tracker.start();
    for click in &told[15..29] {
        sale(&payer, click);
        // The same again.
        payer.says(&format!("subid={click}&status=sale"));
    }

    let found = wait_for_runs(&payer, &format!("rule_id={id}&verdict=done&limit=100"), 29);
    wait_until("29 are told", || {
        let page = payer.tracker.get("/api/v1/outbox?state=sent&limit=100").1;
        page["items"].as_array().unwrap().len() >= 29
    });
    assert_eq!(found.len(), 29);
    let page = payer.tracker.get("/api/v1/outbox?limit=100").1;
    assert_eq!(page["items"].as_array().unwrap().len(), 29);
    let text = "Sale of 5 in campaign push, zone7";
    let bodies = heard.heard();
    assert!(bodies.len() >= 29);
    assert!(
        bodies.iter().all(|one| one.body.contains(text)),
        "{:?}",
        bodies[0].body
    );
}

#[test]
fn what_one_rule_pauses_no_other_resumes_at_once() {
    let payer = payer();
    clicks(&payer, "", 3);
    let always = json!({"metric": "clicks", "is": ">=", "value": "3"});
    let actions = |key: &str| json!([{ "key": key }]);
    let pausing = rule(
        &payer,
        json!({"name": "stops", "group_by": ["campaign_id"], "conditions": always, "actions": actions("pause_campaign")}),
    );
    wait_for_runs(&payer, &format!("rule_id={pausing}"), 1);

    let (_, resuming) = payer.tracker.post(
        "/api/v1/rules",
        &json!({"name": "starts", "group_by": ["campaign_id"], "conditions": always,
            "actions": actions("resume_campaign"), "cooldown_minutes": 1}),
    );
    let warnings = resuming["warnings"].to_string();
    assert!(warnings.contains("stops"), "{warnings}");
    let id = resuming["id"].as_u64().unwrap();

    let run = wait_for_runs(&payer, &format!("rule_id={id}"), 1).remove(0);
    assert_eq!(run["verdict"], "conflict", "{run:#}");
    assert!(run["reason"].as_str().unwrap().contains("stops"), "{run:#}");
    assert_eq!(campaign(&payer)["state"], "paused");
}

#[test]
fn a_dry_rule_only_notes_and_a_trial_does_not_even_that() {
    let payer = payer();
    clicks(&payer, "source=a", 4);
    clicks(&payer, "source=b", 2);
    let blacklist = list(&payer, &[]);
    let document = json!({"name": "D", "moment": {"kind": "every", "minutes": 1}, "group_by": ["source"],
        "conditions": {"metric": "clicks", "is": ">", "value": "3"}, "dry_run": true,
        "actions": [{"key": "list_add", "value": {"list_id": blacklist}}]});

    let (status, trial) = payer.tracker.post("/api/v1/rules/dry-run", &document);
    assert_eq!(status, 200, "{trial:#}");
    assert_eq!(
        (&trial["groups"], &trial["holding"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(trial["items"][0]["group"], json!({"source": "a"}));
    assert_eq!(trial["items"][0]["numbers"]["clicks"], "4");
    assert_eq!(trial["items"][0]["effects"][0]["after"], "a");
    assert_eq!(trial["items"][1]["holds"], false);
    assert_eq!(runs(&payer, "").len(), 0);

    let id = rule(&payer, document);
    let found = wait_for_runs(&payer, &format!("rule_id={id}"), 1);
    sleep(A_WHILE);
    assert_eq!(found[0]["verdict"], "dry_run");
    assert_eq!(found[0]["effects"][0]["after"], "a");
    assert_eq!(runs(&payer, "").len(), 1);
    assert_eq!(values(&payer, blacklist), [""; 0]);
    let (status, again) = payer
        .tracker
        .post(&format!("/api/v1/rules/{id}/dry-run"), &json!({}));
    assert_eq!((status, &again["holding"]), (200, &json!(1)), "{again:#}");
}

#[test]
fn a_conversion_rule_is_tried_with_the_latest_conversions() {
    let payer = payer();
    let of_zone = clicks(&payer, "source=zone7", 2);
    for click in &of_zone {
        sale(&payer, click);
    }
    let trial = |conditions: Value| {
        let document = json!({"name": "D", "moment": {"kind": "conversion"}, "group_by": ["source"],
            "conditions": conditions, "actions": [{"key": "pause_campaign"}]});
        payer.tracker.post("/api/v1/rules/dry-run", &document).1
    };

    let plain = trial(json!({"fact": "status", "is": "in", "values": ["sale"]}));
    let counted = trial(json!({"metric": "sales", "is": ">=", "value": "3"}));

    assert_eq!(plain["holding"], 2, "{plain:#}");
    assert_eq!(plain["items"][0]["effects"][0]["after"], "paused");
    assert_eq!(
        (&counted["groups"], &counted["holding"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(counted["items"][0]["numbers"]["sales"], "2");
}

#[test]
fn budgets_weights_and_flows_follow_the_numbers() {
    let payer = payer();
    payer.edit(
        &format!("/campaigns/{}", payer.campaign),
        &json!({"budget": {"daily": "50"}}),
    );
    let flow = campaign(&payer)["flows"][0]["id"].as_u64().unwrap();
    let clicked = clicks(&payer, "", 4);
    sale(&payer, &clicked[0]);
    let gains = json!({"metric": "roi", "is": ">", "value": "20"});
    rule(
        &payer,
        json!({"name": "more", "group_by": ["campaign_id"], "conditions": gains,
            "actions": [{"key": "budget", "value": {"raise": "20", "most": "55"}}]}),
    );
    rule(
        &payer,
        json!({"name": "heavier", "group_by": ["flow_id"], "conditions": gains,
            "actions": [{"key": "set_weight", "value": {"of": "flow", "raise": "50"}}]}),
    );

    wait_for_runs(&payer, "verdict=done", 2);

    let now = campaign(&payer);
    assert_eq!(now["budget"]["daily"], "55", "{now:#}");
    let flows = now["flows"].as_array().unwrap();
    let of_id = flows.iter().find(|one| one["id"] == flow).unwrap();
    assert_eq!(of_id["weight"], 150);
}

#[test]
fn silence_is_told_for_a_campaign_that_gets_no_click_at_all() {
    let payer = payer();
    let id = rule(
        &payer,
        json!({"group_by": ["campaign_id"], "basis": "conversion", "window": {"kind": "hours", "last": 6},
            "conditions": {"metric": "conversions", "is": "=", "value": "0"},
            "actions": [{"key": "note", "value": {"text": "{campaign_name} is silent"}}]}),
    );

    let run = wait_for_runs(&payer, &format!("rule_id={id}"), 1).remove(0);

    assert_eq!(
        run["effects"][0]["after"], "campaign push is silent",
        "{run:#}"
    );
}

#[test]
fn a_rule_acts_no_more_often_in_a_day_than_it_may() {
    let payer = payer();
    let blacklist = list(&payer, &[]);
    for source in ["a", "b", "c"] {
        clicks(&payer, &format!("source={source}"), 2);
    }
    let id = rule(
        &payer,
        json!({"group_by": ["source"], "conditions": {"metric": "clicks", "is": ">", "value": "1"},
            "max_per_day": 2, "actions": [{"key": "list_add", "value": {"list_id": blacklist}}]}),
    );

    let limited = wait_for_runs(&payer, &format!("rule_id={id}&verdict=day_limit"), 1);
    wait_for_runs(&payer, &format!("rule_id={id}&verdict=done"), 2);
    sleep(A_WHILE);

    assert_eq!(values(&payer, blacklist), ["a", "b"], "{limited:#?}");
    assert_eq!(runs(&payer, &format!("rule_id={id}")).len(), 3);
}

#[test]
fn tests_make_no_rule_act() {
    let payer = payer();
    let id = rule(
        &payer,
        json!({"moment": {"kind": "conversion"}, "actions": [{"key": "note", "value": {"text": "x"}}],
            "cooldown_minutes": 0}),
    );
    let tested = clicks(&payer, "millrace_test=1", 1);
    let real = clicks(&payer, "", 1);

    sale(&payer, &tested[0]);
    sale(&payer, &real[0]);

    let found = wait_for_runs(&payer, &format!("rule_id={id}"), 1);
    sleep(A_WHILE);
    assert_eq!(runs(&payer, "").len(), 1, "{found:#?}");
}

#[test]
fn a_restart_and_another_name_make_no_rule_act_again() {
    let mut payer = payer();
    clicks(&payer, "", 3);
    let id = rule(
        &payer,
        json!({"moment": {"kind": "every", "minutes": 60}, "cooldown_minutes": 0,
            "conditions": {"metric": "clicks", "is": ">=", "value": "3"},
            "actions": [{"key": "note", "value": {"text": "x"}}]}),
    );
    wait_for_runs(&payer, &format!("rule_id={id}"), 1);

    payer.tracker.kill_9();
    payer.tracker.start();
    payer.edit(
        &format!("/rules/{id}"),
        &json!({"name": "other", "notes": "n"}),
    );
    sleep(A_WHILE);
    assert_eq!(runs(&payer, "").len(), 1);

    let asks_else = json!({"metric": "clicks", "is": ">=", "value": "2"});
    payer.edit(&format!("/rules/{id}"), &json!({"conditions": asks_else}));
    wait_for_runs(&payer, &format!("rule_id={id}"), 2);
}

#[test]
fn each_conversion_of_a_rule_on_numbers_is_asked_by_itself() {
    let payer = payer();
    let found = list(&payer, &[]);
    rule(
        &payer,
        json!({"moment": {"kind": "conversion", "statuses": []},
            "conditions": {"metric": "clicks", "is": ">=", "value": "1"},
            "actions": [{"key": "list_add", "value": {"list_id": found, "value": "sub_id_1"}},
                {"key": "note", "value": {"text": "{sub_id_1} of {conversions}"}}]}),
    );
    let names: Vec<String> = (0..8).map(|number| format!("n{number}")).collect();
    for name in &names {
        let click = clicks(&payer, &format!("sub_id_1={name}"), 1);
        sale(&payer, &click[0]);
    }

    wait_until("all are on the list", || values(&payer, found).len() >= 8);

    let mut on_list = values(&payer, found);
    on_list.sort();
    assert_eq!(on_list, names);
    assert_eq!(runs(&payer, "verdict=done").len(), 8);
}

#[test]
fn what_was_refused_is_done_once_nothing_is_in_its_way() {
    let payer = payer();
    clicks(&payer, "", 3);
    let id = rule(
        &payer,
        json!({"moment": {"kind": "every", "minutes": 1}, "group_by": ["campaign_id"],
            "cooldown_minutes": 1440, "conditions": {"metric": "clicks", "is": ">=", "value": "3"},
            "actions": [{"key": "budget", "value": {"raise": "10", "most": "100"}}]}),
    );
    let refused = wait_for_runs(&payer, &format!("rule_id={id}"), 1).remove(0);
    assert_eq!(refused["verdict"], "failed", "{refused:#}");

    payer.edit(
        &format!("/campaigns/{}", payer.campaign),
        &json!({"budget": {"daily": "50"}}),
    );
    // Asked at once instead of after a minute.
    payer.edit(&format!("/rules/{id}"), &json!({"minimum": {"clicks": 1}}));

    wait_until("the budget is raised", || {
        campaign(&payer)["budget"]["daily"] == "55"
    });
    let (status, trial) = payer
        .tracker
        .post(&format!("/api/v1/rules/{id}/dry-run"), &json!({}));
    assert_eq!(
        (status, &trial["items"][0]["effects"][0]["after"]),
        (200, &json!("60.5"))
    );
}

#[test]
fn a_paused_rule_can_be_tried() {
    let payer = payer();
    clicks(&payer, "", 2);
    let id = rule(
        &payer,
        json!({"state": "paused", "group_by": ["campaign_id"],
            "conditions": {"metric": "clicks", "is": ">=", "value": "2"}, "actions": [{"key": "pause_campaign"}]}),
    );

    let (_, trial) = payer
        .tracker
        .post(&format!("/api/v1/rules/{id}/dry-run"), &json!({}));

    assert_eq!(trial["holding"], 1, "{trial:#}");
    assert_eq!(trial["items"][0]["effects"][0]["result"], "done");
    assert_eq!(campaign(&payer)["state"], "active");
}
