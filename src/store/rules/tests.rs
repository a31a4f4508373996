//! Runs in a real file.

use rusqlite::Connection;

use super::dues::{self, Due};
use super::moves::{self, Direction, FieldOf, Move};
use super::runs::{self, Judged, Run};
use super::{Deed, Verdict, log};
use crate::domain::id::Id;
use crate::store::connection::{Durability, open_writer};
use crate::store::log::Query;
use crate::store::migrations::migrate;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

const NOW: i64 = 1_790_000_000_000;
const HOUR: i64 = 3_600_000;

struct File {
    writer: Writer,
    readers: Readers,
    _directory: tempfile::TempDir,
}

fn file() -> File {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("millrace.db");
    let mut connection: Connection = open_writer(&path, Durability::Process).unwrap();
    migrate(&mut connection, &path).unwrap();
    File {
        writer: Writer::over(connection),
        readers: Readers::open(&path).unwrap(),
        _directory: directory,
    }
}

fn run(key: &str, at: i64) -> Run {
    Run {
        id: Id::from_row(Id::first_at(at).to_row() + key.len() as i64).unwrap(),
        at,
        rule_id: 7,
        rule_version: 1,
        key: key.to_owned(),
        group: r#"["a"]"#.to_owned(),
        campaign_id: Some(3),
        conversion_id: None,
        numbers: r#"{"roi":"-50","epc":null}"#.to_owned(),
        window: Some((at - HOUR, at)),
    }
}

fn judged(key: &str, at: i64, verdict: Verdict) -> Judged {
    Judged {
        run: run(key, at),
        verdict,
        reason: None,
        deeds: Vec::new(),
        moves: Vec::new(),
    }
}

fn list(file: &File) -> Vec<log::RuleRun> {
    let query = Query {
        limit: 100,
        ..Query::default()
    };
    log::list(&file.readers, &query).unwrap().items
}

#[test]
fn a_pending_run_becomes_what_it_is_judged_and_keeps_its_id() {
    let file = file();
    let left = run("conversion:7:1:sale", NOW);
    let again = left.clone();
    let leave = move |connection: &Connection| {
        runs::leave(connection, &left)?;
        runs::leave(connection, &left)
    };
    file.writer.edit_blocking(leave).unwrap();
    assert_eq!(runs::pending(&file.readers, 9).unwrap(), [again]);

    let done = judged("conversion:7:1:sale", NOW + HOUR, Verdict::Done);
    let kept = runs::keep(&file.writer, std::slice::from_ref(&done)).unwrap();
    let twice = runs::keep(&file.writer, &[done]).unwrap();

    assert_eq!((kept, twice), (1, 0));
    assert_eq!(runs::pending(&file.readers, 9).unwrap(), []);
    let found = list(&file);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].verdict, "done");
    assert_eq!(found[0].at, "2026-09-21T15:13:20.000Z");
    assert_eq!(found[0].numbers["roi"], "-50");
    assert_eq!(found[0].group[0], "a");
}

#[test]
fn a_rule_rests_after_it_acted_whichever_way_the_clock_went() {
    let cases = [
        (Verdict::Done, -HOUR + 1, false, true),
        (Verdict::Done, -HOUR, false, false),
        (Verdict::Done, HOUR - 1, false, true),
        (Verdict::Done, 24 * HOUR, false, false),
        (Verdict::Undone, -1, false, true),
        (Verdict::Failed, -1, false, false),
        (Verdict::Unchanged, -1, false, false),
        (Verdict::Conflict, -1, false, false),
        (Verdict::DryRun, -1, false, false),
        (Verdict::DryRun, -1, true, true),
        (Verdict::CoolingDown, -1, true, false),
        (Verdict::DayLimit, -1, true, false),
    ];
    for (verdict, after, dry, expected) in cases {
        let file = file();
        runs::keep(&file.writer, &[judged("k", NOW + after, verdict)]).unwrap();

        let lately = |group: &str| {
            runs::acted_lately(&file.readers, 7, group, NOW, HOUR, dry)
                .unwrap()
                .is_some()
        };

        assert_eq!(lately(r#"["a"]"#), expected, "{verdict:?} {after}");
        assert!(!lately(r#"["b"]"#));
    }
}

#[test]
fn a_day_counts_what_acted_in_it() {
    let file = file();
    let all = [
        judged("1", NOW - 1, Verdict::Done),
        judged("22", NOW, Verdict::Done),
        judged("333", NOW, Verdict::Failed),
        judged("4444", NOW, Verdict::Unchanged),
        judged("55555", NOW, Verdict::DryRun),
        judged("666666", NOW + HOUR, Verdict::Done),
    ];
    runs::keep(&file.writer, &all).unwrap();

    let acted = |dry| runs::acted(&file.readers, 7, NOW, NOW + HOUR, dry).unwrap();

    assert_eq!((acted(false), acted(true)), (2, 3));
}

#[test]
fn an_undone_move_is_one_the_other_way_and_begins_the_rest_again() {
    let file = file();
    let field = FieldOf {
        what: "campaign".to_owned(),
        id: 3,
        field: "state".to_owned(),
        item: String::new(),
    };
    let paused = Move {
        field: field.clone(),
        before: Some("active".to_owned()),
        after: Some("paused".to_owned()),
        direction: Direction::Down,
    };
    let mut done = judged("k", NOW - 2 * HOUR, Verdict::Done);
    done.moves = vec![paused.clone()];
    let id = done.run.id;
    runs::keep(&file.writer, &[done]).unwrap();
    assert_eq!(moves::of_run(&file.readers, id).unwrap(), [paused]);
    let lately = |direction, rule_id| {
        let found = moves::lately(&file.readers, &field, direction, rule_id, NOW, 3 * HOUR);
        let found = found.unwrap().into_iter();
        found.map(|one| (one.rule_id, one.is_undone)).next()
    };
    assert_eq!(lately(Direction::Down, 8), Some((7, false)));
    assert_eq!(lately(Direction::Down, 7), None, "its own work");
    let rests = || {
        let found = runs::acted_lately(&file.readers, 7, r#"["a"]"#, NOW, HOUR, false);
        found.unwrap()
    };
    assert_eq!(rests(), None);

    let undo = moves::undoing(id, NOW - 1);
    file.writer.edit_blocking(undo).unwrap();

    assert_eq!(rests(), Some(NOW - 1));
    assert_eq!(lately(Direction::Down, 8), None);
    assert_eq!(lately(Direction::Up, 8), Some((7, true)));
    assert_eq!(lately(Direction::Up, 7), Some((7, true)));
    assert_eq!(
        runs::verdict(&file.readers, id).unwrap(),
        Some(Verdict::Undone)
    );
}

#[test]
fn a_group_that_is_due_again_meanwhile_stays_due() {
    let file = file();
    let due = |conversion: i64| Due {
        rule_id: 7,
        group: "[]".to_owned(),
        conversion_id: Id::from_row(conversion).unwrap(),
        at: NOW + conversion,
    };
    let note = |due: Due| {
        file.writer
            .edit_blocking(move |connection| Ok(dues::note(connection, &due)?))
            .unwrap();
    };
    note(due(1));
    note(due(2));
    let found = dues::list(&file.readers, 9).unwrap();
    assert_eq!(found, [due(1), due(2)]);

    note(due(3));
    dues::settle(&file.writer, &found).unwrap();
    assert_eq!(dues::list(&file.readers, 9).unwrap(), [due(3)]);
    dues::settle(&file.writer, &[due(3)]).unwrap();

    assert_eq!(dues::list(&file.readers, 9).unwrap(), []);
}

#[test]
fn old_runs_are_dropped_in_pieces_and_pending_ones_stay() {
    let file = file();
    let old: Vec<Judged> = (0..600)
        .map(|number| {
            let mut one = judged(&format!("{number}"), NOW - number - 2, Verdict::Done);
            one.moves = vec![Move {
                field: FieldOf {
                    what: "list".to_owned(),
                    id: 1,
                    field: "values".to_owned(),
                    item: number.to_string(),
                },
                before: None,
                after: Some(number.to_string()),
                direction: Direction::Up,
            }];
            one.deeds = vec![Deed::default()];
            one
        })
        .collect();
    runs::keep(&file.writer, &old).unwrap();
    let left = run("pending", NOW - 10);
    let young = judged("young", NOW + 1, Verdict::Done);
    runs::keep(&file.writer, &[young]).unwrap();
    let leave = move |connection: &Connection| runs::leave(connection, &left);
    file.writer.edit_blocking(leave).unwrap();

    let mut pieces = 1;
    while runs::prune(&file.writer, NOW).unwrap() {
        pieces += 1;
    }

    assert_eq!(pieces, 3);
    let keys: Vec<String> = list(&file).into_iter().map(|one| one.key).collect();
    assert_eq!(keys, ["young", "pending"]);
    let moves: i64 = file
        .readers
        .get()
        .unwrap()
        .query_row("select count(*) from rule_effects", [], |row| row.get(0))
        .unwrap();
    assert_eq!(moves, 0);
}
