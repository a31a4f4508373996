//! Each effect, and what cannot be done.

use super::*;

#[test]
fn states_budgets_weights_and_lists_change_and_the_log_says_what_was_before() {
    type Now = fn(&Fixture) -> Value;
    let cases: Vec<(Effect, Now, Value, &str)> = vec![
        (
            state(What::Campaign, 1, State::Paused),
            |editor| json!(editor.campaign(1).state),
            json!("paused"),
            "campaign 1 US state active paused",
        ),
        (
            state(What::Flow, 2, State::Paused),
            |editor| json!(editor.campaign(1).flows[1].state),
            json!("paused"),
            "flow 2 Flow 2 state active paused",
        ),
        (
            state(What::Offer, 2, State::Paused),
            |editor| json!(editor.find::<Offer>(2).unwrap().state),
            json!("paused"),
            "offer 2 two state active paused",
        ),
        (
            state(What::Landing, 1, State::Paused),
            |editor| json!(editor.find::<Landing>(1).unwrap().state),
            json!("paused"),
            "landing 1 page state active paused",
        ),
        (
            Effect::Budget {
                campaign_id: 1,
                change: percent("20"),
            },
            |editor| json!(editor.campaign(1).budget.daily),
            json!("60"),
            "campaign 1 US budget.daily 50 60",
        ),
        (
            Effect::Budget {
                campaign_id: 1,
                change: percent("1000"),
            },
            |editor| json!(editor.campaign(1).budget.daily),
            json!("70"),
            "campaign 1 US budget.daily 50 70",
        ),
        (
            Effect::Budget {
                campaign_id: 2,
                change: set("5"),
            },
            |editor| json!(editor.campaign(2).budget.daily),
            json!("5"),
            "campaign 2 DE budget.daily  5",
        ),
        (
            weight(What::Flow, 1, &[], percent("-10")),
            |editor| json!(editor.campaign(1).flows[0].weight),
            json!(22),
            "flow 1 Flow 1 weight 25 22",
        ),
        (
            weight(What::Landing, 1, &[1], set("0")),
            |editor| json!(editor.campaign(1).flows[0].target)["landings"][0]["weight"].clone(),
            json!(0),
            "landing 1 page weight 50 0",
        ),
        (
            weight(What::Offer, 1, &[2], set("99")),
            |editor| {
                let both = [1, 2].map(|id| offer_weights(&editor.campaign(id))[0]);
                json!(both)
            },
            json!([30, 99]),
            "offer 1 one weight 10 99",
        ),
        (
            listed(2, " zone9 ", true),
            |editor| json!(editor.values(2)),
            json!(["zone1", "zone2", "zone3", "zone9"]),
            "list 2 sources values  zone9",
        ),
        (
            listed(2, "zone2", false),
            |editor| json!(editor.values(2)),
            json!(["zone1", "zone3"]),
            "list 2 sources values zone2 ",
        ),
    ];
    for (effect, now, expected, told) in cases {
        let editor = fixture();
        let before = now(&editor);

        let (verdict, deeds) = editor.one(effect.clone());

        assert_eq!((verdict, now(&editor)), (Verdict::Done, expected), "{told}");
        let deed = &deeds[0];
        let line = [
            deed.what.as_str(),
            &deed.id.unwrap().to_string(),
            &deed.name,
            &deed.field,
            deed.before.as_deref().unwrap_or_default(),
            deed.after.as_deref().unwrap_or_default(),
        ]
        .join(" ");
        assert_eq!((line.as_str(), deed.result), (told, DeedResult::Done));
        assert_ne!(before, now(&editor));

        // A percentage counts from what is there then.
        if !["50 60", "25 22"].iter().any(|end| told.ends_with(end)) {
            let (verdict, deeds) = editor.one(effect);
            let unchanged = (Verdict::Unchanged, DeedResult::Unchanged);
            assert_eq!((verdict, deeds[0].result), unchanged, "{told}");
        }
    }
}

#[test]
fn an_offer_gets_its_weight_in_the_splits_of_all_campaigns() {
    let editor = fixture();

    let (_, deeds) = editor.one(weight(What::Offer, 1, &[], percent("50")));

    assert_eq!(offer_weights(&editor.campaign(1)), [45, 70]);
    assert_eq!(offer_weights(&editor.campaign(2)), [15]);
    let flows: Vec<Option<u64>> = deeds.iter().map(|deed| deed.flow_id).collect();
    assert_eq!(flows, [Some(1), Some(3)]);
}

#[test]
fn what_cannot_be_done_is_refused_in_words() {
    let cases = [
        (
            Effect::Budget {
                campaign_id: 2,
                change: percent("20"),
            },
            "no daily budget",
        ),
        (
            Effect::Budget {
                campaign_id: 1,
                change: percent("-100"),
            },
            "not a daily budget",
        ),
        (
            state(What::Campaign, 9, State::Paused),
            "There is no campaign 9.",
        ),
        (state(What::Flow, 9, State::Paused), "There is no flow 9."),
        (
            state(What::Offer, 2, State::Active),
            "It is archived: restore it first.",
        ),
        (
            weight(What::Offer, 1, &[9], set("5")),
            "stands in no split there",
        ),
        (
            weight(What::Campaign, 1, &[], set("5")),
            "stands in no split there",
        ),
        (
            weight(What::Flow, 1, &[], set("2000000")),
            "is not a weight",
        ),
        (listed(9, "a", true), "There is no list 9."),
        (listed(2, "  ", true), "The value is empty"),
        (listed(1, "nonsense", true), "nonsense"),
    ];
    let editor = fixture();
    editor.archive::<Offer>(2).unwrap();
    let before = editor.documents();
    for (effect, words) in cases {
        let key = format!("{effect:?}");
        let judged = editor.done(vec![run(1, &key, NOW, vec![Ok(effect)])]);

        let reason = judged[0].reason.clone().unwrap_or_default();
        assert!(reason.contains(words), "{key}: {reason}");
        assert_eq!(judged[0].verdict, Verdict::Failed, "{key}");
        assert_eq!(editor.logged(judged[0].run.id).reason, Some(reason));
    }
    assert_eq!(editor.documents().changed_since(&before), []);
}
