//! Segments, against the raw rows.

mod upkeep;
mod world;

use std::collections::BTreeMap;
use std::ops::Range;

use proptest::prelude::*;

use super::*;
use crate::domain::basis::Basis;
use crate::domain::id::Id;
use crate::store::sums::Span;
use crate::store::writer::Writer;
use seal::{Draft, PIECE};
use world::{MINUTE, START, Told, World, told};

/// Every row that the pieces give, with how they give it.
fn read(world: &World, kind: Kind, by: Basis, span: Span) -> BTreeMap<i64, Told> {
    let readers = world.readers();
    let reader = readers.get().unwrap();
    let columns = Column::all(kind);
    let mut rows = BTreeMap::new();
    for piece in pieces(&reader, kind, by, span).unwrap() {
        for chunk in chunks(&reader, &piece, &columns).unwrap() {
            let ids = chunk.ids().unwrap();
            assert!(ids.is_sorted_by(|one, next| one < next));
            let times = chunk.times(by).unwrap();
            for (row, id) in ids.iter().enumerate() {
                if chunk.masked.as_ref().is_some_and(|masked| masked[row]) {
                    continue;
                }
                assert!(piece.ids.contains(id));
                let blocks = columns.iter().map(|column| match column == &kind.own_id() {
                    true => (*column, Some(id.to_string())),
                    false => (*column, told(chunk.block(*column).unwrap().value(row))),
                });
                let values: Told = blocks.collect();
                assert!(times.contains(&time(&values, kind, by)));
                assert!(rows.insert(*id, values).is_none(), "row {id} comes twice");
            }
        }
    }
    rows
}

fn time(told: &Told, kind: Kind, by: Basis) -> i64 {
    let number = |column: Column| told[&column].as_ref().unwrap().parse::<i64>().unwrap();
    match (kind, by) {
        (Kind::Clicks, _) => {
            Id::from_row(number(Column::Id)).unwrap().unix_ms() + number(Column::Shift)
        }
        (Kind::Conversions, Basis::Click) => number(Column::ClickAt),
        (Kind::Conversions, Basis::Conversion) => number(Column::ConversionAt),
        (Kind::Conversions, Basis::Status) => number(Column::StatusAt),
    }
}

/// What the pieces give within a span is what the raw rows say.
fn assert_equal(world: &mut World) {
    let span = world.span();
    for kind in Kind::ALL {
        for (_, by) in Basis::ALL {
            let within = |rows: BTreeMap<i64, Told>| -> BTreeMap<i64, Told> {
                let mut rows = rows;
                rows.retain(|_, told| (span.from..span.to).contains(&time(told, kind, *by)));
                rows
            };
            let read = within(read(world, kind, *by, span));
            assert_eq!(read, within(world.raw(kind)), "{kind:?} by {by:?}");
        }
    }
}

fn sealed_to(world: &World, kind: Kind) -> i64 {
    let segments = segments::of_kind(&world.connection, kind).unwrap();
    segments.last().map_or(0, |last| last.ids.end)
}

/// A range that the sealer might choose, or anybody.
fn range(world: &mut World, kind: Kind) -> Range<i64> {
    let segments = segments::of_kind(&world.connection, kind).unwrap();
    let edges: Vec<i64> = segments.iter().map(|segment| segment.ids.start).collect();
    let now = Id::first_at(world.now).to_row();
    let start = match world.dice.u8(..3) {
        0 => sealed_to(world, kind),
        1 => world.dice.choice(edges).unwrap_or(0),
        _ => Id::first_at(world.dice.i64(START..world.now + 1)).to_row(),
    };
    start..now.max(start + 1)
}

/// Seals step by step, while other things happen.
fn seal_amid(world: &mut World, kind: Kind) {
    let ids = range(world, kind);
    loose::raise_mark(&world.connection, kind, ids.end).unwrap();
    for _ in 0..world.dice.usize(..3) {
        world.happens();
    }
    let draft = Draft::read(&world.readers(), kind, ids).unwrap();
    for _ in 0..world.dice.usize(..4) {
        world.happens();
    }
    assert!(draft.store(&world.connection).unwrap());
    for _ in 0..world.dice.usize(..2) {
        world.happens();
    }
    let (ids, seq) = (&draft.ids, draft.seq);
    // Killed here, some notes stay.
    let pieces = world.dice.usize(..9);
    for _ in 0..pieces {
        loose::drop_some(&world.connection, kind, ids, seq, PIECE).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_read_is_what_the_rows_say_whatever_happens_when(seed: u64) {
        let mut world = World::new(seed);
        for _ in 0..world.dice.usize(1..12) {
            for _ in 0..world.dice.usize(..25) {
                world.happens();
            }
            let kind = world.dice.choice(Kind::ALL).unwrap();
            seal_amid(&mut world, kind);
            assert_equal(&mut world);
        }
    }
}

/// With so many clicks, half a minute apart.
fn clicks(count: usize) -> World {
    let mut world = World::new(7);
    for _ in 0..count {
        world.click(false);
        world.now += MINUTE / 2;
    }
    world
}

fn writer_of(world: &World) -> Writer {
    let path = world.connection.path().unwrap();
    Writer::over(rusqlite::Connection::open(path).unwrap())
}

/// (first id, rows) of each segment.
fn sizes(world: &World, kind: Kind) -> Vec<(i64, usize)> {
    let segments = segments::of_kind(&world.connection, kind).unwrap();
    segments
        .iter()
        .map(|segment| (segment.ids.start, segment.rows))
        .collect()
}

/// Lets the sealer's plan be carried out until nothing is left of it.
fn settle(world: &World, writer: &Writer) {
    let readers = world.readers();
    for kind in Kind::ALL {
        for round in 0.. {
            assert!(round < 200, "the plan of {kind:?} has no end");
            let next = plan::next(&world.connection, kind, world.now).unwrap();
            let Some(ids) = next else { break };
            seal::seal(writer, &readers, kind, ids).unwrap().unwrap();
        }
    }
}

#[test]
fn full_segments_are_cut_and_the_last_minute_stays_raw() {
    let mut world = clicks(FULL * 2 + 13);
    let writer = writer_of(&world);

    settle(&world, &writer);

    let sizes: Vec<usize> = sizes(&world, Kind::Clicks)
        .iter()
        .map(|(_, rows)| *rows)
        .collect();
    // Two clicks came in the last minute.
    assert_eq!(sizes, [FULL, FULL, 11]);
    assert_equal(&mut world);
    writer.stop();
}

#[test]
fn few_rows_wait_and_small_neighbours_are_merged() {
    let mut world = clicks(4);
    let writer = writer_of(&world);
    settle(&world, &writer);
    assert_eq!(
        sizes(&world, Kind::Clicks),
        [],
        "enough neither in rows nor in age"
    );
    for _ in 0..14 {
        world.click(false);
        world.now += 5 * MINUTE;
        settle(&world, &writer);
    }

    let sizes = sizes(&world, Kind::Clicks);

    assert_eq!(sizes[0].0, 0);
    assert!(sizes.len() < 5, "{sizes:?}");
    assert!(sizes.windows(2).all(|pair| pair[0].1 > 2 * pair[1].1));
    assert_equal(&mut world);
    writer.stop();
}

#[test]
fn many_loose_rows_are_folded_in() {
    let mut world = clicks(30);
    let writer = writer_of(&world);
    settle(&world, &writer);
    let before = segments::last_id(&world.connection).unwrap();
    let update = "update clicks set cost = 9";
    for _ in 0..2 {
        world.connection.execute(update, []).unwrap();
    }
    settle(&world, &writer);
    assert_eq!(
        segments::last_id(&world.connection).unwrap(),
        before,
        "too few yet"
    );
    for _ in 0..9 {
        world.connection.execute(update, []).unwrap();
    }

    settle(&world, &writer);

    assert!(segments::last_id(&world.connection).unwrap() > before);
    assert_eq!(
        loose::count(&world.connection, Kind::Clicks, &(0..i64::MAX)).unwrap(),
        0
    );
    assert_equal(&mut world);
    writer.stop();
}

#[test]
fn a_sealing_between_snapshot_and_commit_of_another_is_not_overwritten() {
    let mut world = clicks(9);
    let ids = 0..Id::first_at(world.now).to_row();
    loose::raise_mark(&world.connection, Kind::Clicks, ids.end).unwrap();
    let readers = world.readers();
    let early = Draft::read(&readers, Kind::Clicks, ids.clone()).unwrap();
    let update = "update clicks set cost = 9";
    world.connection.execute(update, []).unwrap();
    let late = Draft::read(&readers, Kind::Clicks, ids.clone()).unwrap();
    assert!(late.store(&world.connection).unwrap());
    while loose::drop_some(&world.connection, Kind::Clicks, &ids, late.seq, PIECE).unwrap() > 0 {}

    assert!(!early.store(&world.connection).unwrap());

    assert_equal(&mut world);
}

#[test]
fn a_piece_whose_segment_was_replaced_is_still_read_whole() {
    let world = clicks(20);
    let writer = writer_of(&world);
    settle(&world, &writer);
    let readers = world.readers();
    let reader = readers.get().unwrap();
    let all = Span {
        from: 0,
        to: i64::MAX,
    };
    let found = pieces(&reader, Kind::Clicks, Basis::Click, all).unwrap();
    let ids = found[0].ids.clone();

    seal::seal(&writer, &readers, Kind::Clicks, ids.clone()).unwrap();

    let chunks = chunks(&reader, &found[0], &[Column::Id]).unwrap();
    let rows: usize = chunks.iter().map(|chunk| chunk.rows).sum();
    assert_eq!(rows, sizes(&world, Kind::Clicks)[0].1);
    writer.stop();
}
