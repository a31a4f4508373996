//! Runs taken back.

use proptest::prelude::*;

use super::*;
use crate::domain::entity::Entity;

#[test]
fn an_undone_run_is_not_done_again_at_once_by_any_rule() {
    let editor = fixture();
    let now = crate::clock::now_ms();
    let pause = || vec![Ok(state(What::Campaign, 1, State::Paused))];
    let id = editor.done(vec![run(1, "a", now, pause())])[0].run.id;

    editor.undo_run(&editor.readers, id).unwrap();

    assert_eq!(editor.campaign(1).state, State::Active);
    assert_eq!(editor.logged(id).verdict, "undone");
    for rule in [1, 2] {
        let again = editor.done(vec![run(rule, &format!("{rule}"), now, pause())]);
        assert_eq!(again[0].verdict, Verdict::Conflict);
        let reason = again[0].reason.clone().unwrap();
        assert!(reason.contains("which was undone"), "{reason}");
    }
    let twice = editor.undo_run(&editor.readers, id);
    assert!(matches!(twice, Err(RunUndoError::UndoneAlready(_))));
    let unknown = editor.undo_run(&editor.readers, editor.ids.next(NOW));
    assert!(matches!(unknown, Err(RunUndoError::NotFound(_))));
}

#[test]
fn what_was_changed_since_is_named_and_nothing_is_undone() {
    let editor = fixture();
    let effects = vec![
        Ok(state(What::Campaign, 1, State::Paused)),
        Ok(Effect::Budget {
            campaign_id: 1,
            change: set("60"),
        }),
        Ok(listed(2, "zone9", true)),
        Ok(listed(2, "zone1", false)),
    ];
    let id = editor.done(vec![run(1, "a", NOW, effects)])[0].run.id;
    let other = json!({ "budget": { "daily": "65" }, "notes": "no part of it" });
    editor.patch::<Campaign>(1, &other).unwrap();
    let values = json!({ "values": ["zone1"] });
    editor.patch::<List>(2, &values).unwrap();
    let before = editor.documents();

    let error = editor.undo_run(&editor.readers, id).unwrap_err();

    let RunUndoError::ChangedSince(changed) = error else {
        panic!("{error:?}")
    };
    let expected = [
        "The value \"zone1\" is on list 2 now.",
        "The value \"zone9\" is no more on list 2 now.",
        "The budget.daily of campaign 1 is 65 now, and the run had made it 60.",
    ];
    assert_eq!(changed, expected);
    assert_eq!(editor.documents().changed_since(&before), []);
    assert_eq!(editor.logged(id).verdict, "done");
}

fn any_effect() -> impl Strategy<Value = Effect> {
    let states = prop_oneof![Just(State::Active), Just(State::Paused)];
    let whats = prop_oneof![
        Just((What::Campaign, 1)),
        Just((What::Campaign, 2)),
        Just((What::Flow, 1)),
        Just((What::Flow, 3)),
        Just((What::Offer, 2)),
        Just((What::Landing, 1)),
    ];
    let change = || {
        prop_oneof![
            (1i64..100).prop_map(|whole| set(&whole.to_string())),
            (-50i64..100).prop_map(|whole| percent(&whole.to_string())),
        ]
    };
    let weighted = prop_oneof![
        Just((What::Flow, 1)),
        Just((What::Offer, 1)),
        Just((What::Landing, 1))
    ];
    prop_oneof![
        (whats, states).prop_map(|((what, id), to)| state(what, id, to)),
        (weighted, change()).prop_map(|((what, id), change)| weight(what, id, &[], change)),
        (1u64..3, change()).prop_map(|(campaign_id, change)| Effect::Budget {
            campaign_id,
            change
        }),
        (0u64..6, any::<bool>()).prop_map(|(zone, is_added)| listed(
            2,
            &format!("zone{zone}"),
            is_added
        )),
        Just(listed(1, "nonsense", true)),
    ]
}

/// Without what every save changes. The order of a list's values means nothing.
fn bare(documents: &Documents) -> Documents {
    fn all<E: Entity>(documents: &mut Documents, change: impl Fn(&mut E)) {
        for entity in E::all_mut(documents).values_mut() {
            let entity = Arc::make_mut(entity);
            let mut head = entity.head();
            (head.version, head.updated_at) = (0, 0);
            entity.set_head(head);
            change(entity);
        }
    }
    let mut bare = documents.clone();
    all::<Campaign>(&mut bare, |_| {});
    all::<Offer>(&mut bare, |_| {});
    all::<Landing>(&mut bare, |_| {});
    all::<List>(&mut bare, |list| list.values.sort());
    bare
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn runs_undone_backwards_leave_the_documents_as_they_were(
        batch in prop::collection::vec((1u64..3, prop::collection::vec(any_effect(), 1..4)), 1..8),
    ) {
        let editor = fixture();
        let before = editor.documents();
        let runs = batch.into_iter().enumerate().map(|(number, (rule, effects))| {
            run(rule, &number.to_string(), NOW, effects.into_iter().map(Ok).collect())
        });

        let judged = editor.done(runs.collect());
        for one in judged.iter().rev().filter(|one| !one.moves.is_empty()) {
            prop_assert_eq!(one.verdict, Verdict::Done);
            editor.undo_run(&editor.readers, one.run.id).unwrap();
        }

        let (before, after) = (bare(&before), bare(&editor.documents()));
        prop_assert_eq!(&before.campaigns, &after.campaigns);
        prop_assert_eq!(&before.offers, &after.offers);
        prop_assert_eq!(&before.landings, &after.landings);
        prop_assert_eq!(&before.lists, &after.lists);
    }
}
