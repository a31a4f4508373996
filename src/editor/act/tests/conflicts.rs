//! Rules that would turn each other's work back.

use super::*;

#[test]
fn a_rule_does_not_turn_back_what_another_has_just_done() {
    let pause = || vec![Ok(state(What::Campaign, 1, State::Paused))];
    let resume = || vec![Ok(state(What::Campaign, 1, State::Active))];
    let cases = [
        // The rule that paused rests for an hour, the one that resumes for five minutes; ten are the
        // least.
        (3 * MINUTE, Verdict::Conflict),
        (9 * MINUTE, Verdict::Conflict),
        (10 * MINUTE, Verdict::Done),
        (-9 * MINUTE, Verdict::Conflict),
        (-10 * MINUTE, Verdict::Done),
    ];
    for (later, expected) in cases {
        let editor = fixture();
        let first = editor.done(vec![run(1, "a", NOW, pause())]).remove(0);

        let second = editor.done(vec![run(2, "b", NOW + later, resume())]);

        let second = &second[0];
        assert_eq!(second.verdict, expected, "{later}");
        if later == 3 * MINUTE {
            let told = format!(
                "Rule 1 \"stop\" paused it 3 minutes ago (run {}).",
                first.run.id.to_row()
            );
            assert_eq!(second.reason.as_ref(), Some(&told));
            assert_eq!(second.deeds[0].reason, Some(told));
            assert_eq!(editor.campaign(1).state, State::Paused);
        }
    }

    let editor = fixture();
    let together = editor.done(vec![
        run(1, "a", NOW, pause()),
        run(2, "b", NOW, resume()),
        run(1, "c", NOW, resume()),
    ]);
    let verdicts: Vec<Verdict> = together.iter().map(|one| one.verdict).collect();
    let expected = [Verdict::Done, Verdict::Conflict, Verdict::Done];
    assert_eq!(verdicts, expected, "a rule may turn its own work back");
}

#[test]
fn values_and_numbers_conflict_where_they_go_the_other_way() {
    let budget = |change| {
        vec![Ok(Effect::Budget {
            campaign_id: 1,
            change,
        })]
    };
    let editor = fixture();
    editor.done(vec![
        run(1, "1", NOW, vec![Ok(listed(2, "zone9", true))]),
        run(1, "2", NOW, budget(percent("10"))),
        run(
            1,
            "3",
            NOW,
            vec![Ok(weight(What::Offer, 1, &[1], set("40")))],
        ),
    ]);

    let cases = [
        (vec![Ok(listed(2, "zone9", false))], Verdict::Conflict),
        (vec![Ok(listed(2, "zone1", false))], Verdict::Done),
        (budget(percent("-10")), Verdict::Conflict),
        (budget(percent("10")), Verdict::Done),
        (
            vec![Ok(weight(What::Offer, 1, &[1], set("39")))],
            Verdict::Conflict,
        ),
        (
            vec![Ok(weight(What::Offer, 1, &[2], set("9")))],
            Verdict::Done,
        ),
    ];
    for (effects, expected) in cases {
        let key = format!("{effects:?}");
        let judged = editor.done(vec![run(2, &key, NOW + MINUTE, effects)]);
        assert_eq!(judged[0].verdict, expected, "{key}");
    }
}
