//! Runs: whole or not at all, together or alone, once.

use super::*;

#[test]
fn a_run_is_done_whole_or_not_at_all_and_people_hear_why() {
    let editor = fixture();
    let before = editor.documents();
    let call = Recipient::Call(Request {
        url: "https://source.example/pause".to_owned(),
        ..Request::default()
    });
    let effects = vec![
        Ok(state(What::Campaign, 1, State::Paused)),
        Ok(listed(2, "zone9", true)),
        Ok(listed(2, "zone1", false)),
        Err("The group tells no offer.".to_owned()),
        Ok(message(Recipient::Channel(1), "m")),
        Ok(message(call, "c")),
        Ok(Effect::Note("noted".to_owned())),
    ];
    let mut possible = effects.clone();
    possible.retain(Result::is_ok);

    let failed = editor.done(vec![run(1, "k", NOW, effects)]).remove(0);

    let results = |judged: &Judged| -> Vec<DeedResult> {
        judged.deeds.iter().map(|deed| deed.result).collect()
    };
    use DeedResult::{Done, Queued, Refused};
    assert_eq!(failed.verdict, Verdict::Failed);
    assert_eq!(
        results(&failed),
        [Refused, Refused, Refused, Refused, Queued, Refused, Done]
    );
    assert_eq!(editor.documents().changed_since(&before), []);
    let told = format!(
        r#"{{"type":"rule","not_done":"The group tells no offer."}} {}"#,
        failed.run.id.to_row()
    );
    assert_eq!(editor.outbox(), [told]);
    let logged = editor.logged(failed.run.id);
    assert!(logged.effects[4].outbox_id.is_some());

    for effect in possible.iter_mut().flatten() {
        if let Effect::Tell(message) = effect {
            message.key.push_str(" again");
        }
    }
    let done = editor.done(vec![run(1, "a", NOW, possible)]).remove(0);

    assert_eq!(done.verdict, Verdict::Done);
    assert_eq!(
        results(&done),
        [Done, Done, Done, Queued, Queued, Done],
        "{done:?}"
    );
    assert_eq!(editor.values(2), ["zone2", "zone3", "zone9"]);
    assert_eq!(editor.outbox().len(), 3);
}

#[test]
fn of_a_batch_that_is_refused_the_one_to_blame_fails_alone() {
    let editor = fixture();
    let runs = vec![
        run(1, "1", NOW, vec![Ok(listed(1, "10.0.0.3", true))]),
        run(1, "2", NOW, vec![Ok(listed(1, "nonsense", true))]),
        run(1, "3", NOW, vec![Ok(listed(1, "10.0.0.4", true))]),
        run(
            1,
            "4",
            NOW,
            vec![Ok(state(What::Campaign, 1, State::Paused))],
        ),
        run(1, "5", NOW, vec![Ok(Effect::Note("noted".to_owned()))]),
    ];

    let judged = editor.done(runs);

    let verdicts: Vec<Verdict> = judged.iter().map(|one| one.verdict).collect();
    use Verdict::{Done, Failed};
    assert_eq!(verdicts, [Done, Failed, Done, Done, Done]);
    assert_eq!(
        editor.values(1),
        ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]
    );
    assert_eq!(editor.campaign(1).state, State::Paused);
    let reason = editor.logged(judged[1].run.id).reason.unwrap();
    assert!(reason.contains("list 1"), "{reason}");
}

#[test]
fn runs_of_one_batch_write_a_document_once() {
    let editor = fixture();
    let add = |number: i64| {
        let value = format!("zone{}", 100 + number);
        run(1, &value, NOW + number, vec![Ok(listed(2, &value, true))])
    };

    let judged = editor.done((0..50).map(add).collect());

    assert_eq!(judged.len(), 50);
    let list = editor.find::<List>(2).unwrap();
    assert_eq!((list.version, list.values.len()), (2, 53));
}

#[test]
fn a_key_is_done_once_and_a_pending_run_becomes_done() {
    let editor = fixture();
    let raise = || {
        vec![Ok(Effect::Budget {
            campaign_id: 1,
            change: percent("10"),
        })]
    };
    let left = run(1, "left", NOW - MINUTE, Vec::new()).run;
    let id = left.id;
    let leave = move |connection: &_| runs::leave(connection, &left);
    editor.writer.edit_blocking(leave).unwrap();

    let first = editor.done(vec![
        run(1, "k", NOW, raise()),
        run(1, "k", NOW + 1, raise()),
        run(1, "left", NOW, raise()),
    ]);
    let again = editor.done(vec![
        run(1, "k", NOW + 2, raise()),
        run(1, "left", NOW, raise()),
    ]);

    assert_eq!((first.len(), again.len()), (2, 0));
    assert_eq!(
        editor
            .campaign(1)
            .budget
            .daily
            .map(|daily| daily.to_string()),
        Some("60.5".to_owned())
    );
    let logged = editor.logged(id);
    assert_eq!(logged.verdict, "done");
    assert_eq!(logged.effects[0].before.as_deref(), Some("55"));
    assert_eq!(runs::pending(&editor.readers, 9).unwrap(), []);
}

#[test]
fn a_dry_run_says_the_same_and_changes_nothing() {
    let editor = fixture();
    let before = editor.documents();
    let effects = vec![
        Ok(state(What::Campaign, 1, State::Paused)),
        Ok(message(Recipient::Channel(1), "m")),
    ];
    let bad = vec![Ok(listed(1, "nonsense", true))];

    let would = |proposed: Proposed| {
        let mut all = editor.would(&editor.readers, &[proposed]).unwrap();
        all.remove(0)
    };
    let dry = would(run(1, "dry", NOW, effects.clone()));
    let refused = would(run(1, "bad", NOW, bad));

    assert_eq!(dry.verdict, Verdict::DryRun);
    assert_eq!(refused.deeds[0].result, DeedResult::Refused);
    assert!(refused.reason.unwrap().contains("list 1"));
    assert_eq!(editor.documents().changed_since(&before), []);
    assert_eq!(editor.outbox().len(), 0);
    let real = editor.done(vec![run(1, "real", NOW, effects)]).remove(0);
    assert_eq!(real.deeds, dry.deeds);
    let id = dry.run.id;
    runs::keep(&editor.writer, &[dry]).unwrap();
    let undone = editor.undo_run(&editor.readers, id);
    assert!(matches!(
        undone,
        Err(RunUndoError::NothingToUndo(_, Verdict::DryRun))
    ));
}

#[test]
fn a_rule_that_was_paused_meanwhile_does_nothing() {
    let editor = fixture();
    let paused = json!({ "state": "paused" });
    editor.patch::<Rule>(1, &paused).unwrap();

    let effects = vec![Ok(state(What::Campaign, 1, State::Paused))];
    let judged = editor.done(vec![run(1, "k", NOW, effects)]);

    assert_eq!(judged, []);
    assert_eq!(editor.campaign(1).state, State::Active);
}

#[test]
fn what_was_so_already_is_not_told_again() {
    let editor = fixture();
    let wanted = |key: &str| {
        let effects = vec![
            Ok(state(What::Campaign, 1, State::Paused)),
            Ok(message(Recipient::Channel(1), key)),
        ];
        run(1, key, NOW, effects)
    };

    let first = editor.done(vec![wanted("first")]).remove(0);
    let again = editor.done(vec![wanted("again")]).remove(0);
    let told = run(
        1,
        "told",
        NOW,
        vec![Ok(message(Recipient::Channel(1), "m"))],
    );
    let told = editor.done(vec![told]).remove(0);

    assert_eq!(first.verdict, Verdict::Done);
    assert_eq!(again.verdict, Verdict::Unchanged);
    let deeds = again.deeds.iter();
    assert!(
        deeds
            .into_iter()
            .all(|deed| deed.result == DeedResult::Unchanged)
    );
    assert_eq!(told.verdict, Verdict::Done, "it changes nothing anyway");
    assert_eq!(editor.outbox().len(), 2);
}

#[test]
fn what_is_refused_again_and_again_is_told_once() {
    let editor = fixture();
    let wanted = |key: &str| {
        let effects = vec![
            Err("The group has no source.".to_owned()),
            Ok(message(Recipient::Channel(1), key)),
        ];
        run(1, key, NOW, effects)
    };

    let verdicts: Vec<Verdict> = ["a", "b"]
        .map(|key| editor.done(vec![wanted(key)]).remove(0).verdict)
        .to_vec();

    assert_eq!(verdicts, [Verdict::Failed; 2]);
    assert_eq!(editor.outbox().len(), 1);
}
