//! What the simulator says, and what it refuses.

use serde_json::json;

use super::*;
use crate::detect::bot::BotRules;
use crate::detect::client_ip::ProxyRules;
use crate::detect::geo::Bases;
use crate::domain::flow::{FlowKind, Mode};
use crate::domain::rates::Rates;
use crate::engine::testing::{World, campaign, filter, flow, redirect, split};
use crate::engine::visit::Uncounted;

fn rules() -> Arc<Rules> {
    Arc::new(Rules {
        proxies: ProxyRules::compile(&[], None).expect("no proxies"),
        bots: Arc::new(BotRules::compile(&[], &[]).expect("no lists")),
        bases: arc_swap::ArcSwap::from_pointee(Bases::built_in()),
    })
}

fn ask(catalog: &Catalog, question: Value) -> Result<Outcome, Vec<Problem>> {
    let question = Question::read(&question)?;
    let surroundings = Surroundings {
        catalog,
        rules: &rules(),
        fingerprint_key: &[7; 16],
        counters: &Uncounted,
        rates: &Rates::default(),
        now_ms: 1_767_323_045_000,
    };
    simulate(&question, &surroundings)
}

fn world() -> Catalog {
    let german = filter("country", Mode::Accept, json!(["DE"]));
    let phones = filter("device_type", Mode::Accept, json!(["mobile"]));
    let flows = vec![
        flow(1, FlowKind::Regular, split(&[], &[(1, 1), (2, 3)]))
            .filtered(german)
            .filtered(phones),
        flow(2, FlowKind::Default, redirect("https://rest/?z={source}")),
    ];
    World::new()
        .offer(1, "https://one/?c={country}", None)
        .offer(2, "https://two/?c={country}", None)
        .campaign(campaign(5, "push", flows))
        .catalog()
}

#[test]
fn facts_overrule_what_is_observed_and_every_filter_is_told() {
    let outcome = ask(
        &world(),
        json!({ "link": "https://go.example.com/push?source=z1",
            "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0.0.0",
            "facts": { "country": "de" } }),
    );
    let outcome = outcome.expect("an answer");

    assert_eq!((outcome.campaign_id, outcome.flow_id), (5, Some(2)));
    assert_eq!(
        serde_json::to_value(&outcome.reply).expect("JSON")["location"],
        "https://rest/?z=z1"
    );
    assert_eq!(outcome.visitor["country"], "DE");
    assert_eq!(outcome.visitor["device_type"], "desktop");
    let texts: Vec<_> = outcome
        .steps
        .iter()
        .map(|told| told.text.as_str())
        .collect();
    assert_eq!(
        texts,
        [
            "Campaign 5 \"Campaign 5\" decides.",
            "Flow 1 \"Flow 1\" is asked (regular).",
            "Filter country (accept): the visitor has DE and passes.",
            "Filter device_type (accept): the visitor has desktop and does not pass.",
            "Flow 1 \"Flow 1\" rejects.",
            "Flow 2 \"Flow 2\" is asked (default).",
            "Flow 2 \"Flow 2\" is chosen.",
        ]
    );
}

#[test]
fn many_draws_show_the_shares() {
    let outcome = ask(
        &world(),
        json!({ "campaign_id": 5, "facts": { "country": "DE", "device_type": "mobile" },
            "draws": 4_000, "seed": 3 }),
    );
    let shares = outcome.expect("an answer").shares;

    assert_eq!(shares.draws, 4_000);
    assert_eq!(shares.flows[&1], 4_000);
    assert_eq!(shares.offers[&1] + shares.offers[&2], 4_000);
    assert!((800..1_200).contains(&shares.offers[&1]), "{shares:?}");
}

#[test]
fn all_problems_of_a_question_are_told_at_once() {
    let problems = ask(
        &world(),
        json!({ "ip": "300.1.1.1", "facts": { "country": "Germany", "device_type": "fridge" },
            "draws": 0, "at": "noon", "colour": 1 }),
    );
    let mut fields: Vec<_> = problems
        .expect_err("problems")
        .into_iter()
        .map(|problem| problem.field)
        .collect();
    fields.sort();

    assert_eq!(
        fields,
        [
            "at",
            "colour",
            "draws",
            "facts.country",
            "facts.device_type",
            "ip",
            "link"
        ]
    );
    let unknown = ask(&world(), json!({ "link": "Push" })).expect_err("no such alias");
    assert_eq!(unknown[0].field, "link");
}
