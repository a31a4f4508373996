//! All segments made anew, compared with the rows, or outliving them.

use super::*;

fn verify_all(world: &World, writer: &Writer) -> Vec<String> {
    let mut faults = Vec::new();
    let mut at = Some(Cursor::START);
    while let Some(cursor) = at {
        let step = verify(writer, &world.readers(), cursor).unwrap();
        faults.extend(step.fault);
        at = step.next;
    }
    faults
}

#[test]
fn verifying_finds_a_flipped_bit_and_what_it_drops_is_sealed_again() {
    let mut world = World::new(3);
    for _ in 0..160 {
        world.happens();
    }
    world.now += 20 * MINUTE;
    let writer = writer_of(&world);
    settle(&world, &writer);
    for _ in 0..20 {
        world.happens();
    }
    assert_eq!(verify_all(&world, &writer), [""; 0]);
    let columns = "select segment_id, column from segment_columns order by segment_id, column";
    let places: Vec<(i64, u8)> = world
        .connection
        .prepare(columns)
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let (segment, column) = world.dice.choice(places).unwrap();
    let flip = "update segment_columns
        set data = cast(substr(data, 1, length(data) - 1) || x'5a' as blob)
        where segment_id = ?1 and column = ?2 and substr(data, -1) <> x'5a'";
    assert_eq!(
        world.connection.execute(flip, (segment, column)).unwrap(),
        1
    );

    let faults = verify_all(&world, &writer);

    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].contains(&format!("segment {segment} of")),
        "{faults:?}"
    );
    assert_equal(&mut world);
    settle(&world, &writer);
    assert_equal(&mut world);
    assert_eq!(verify_all(&world, &writer), [""; 0]);
    writer.stop();
}

#[test]
fn verifying_finds_a_row_that_was_changed_behind_the_tables_back() {
    let mut world = clicks(30);
    let writer = writer_of(&world);
    settle(&world, &writer);
    world
        .connection
        .execute_batch("update clicks set cost = 77, source = 'other'; delete from loose")
        .unwrap();

    let faults = verify_all(&world, &writer);

    assert!(faults[0].contains("is not that of the table"), "{faults:?}");
    assert_equal(&mut world);
    writer.stop();
}

#[test]
fn rebuilding_makes_all_segments_anew_up_to_now() {
    let mut world = World::new(11);
    for _ in 0..200 {
        world.happens();
    }
    let writer = writer_of(&world);
    settle(&world, &writer);
    let before = segments::last_id(&world.connection).unwrap();

    let mut at = Some(Cursor::START);
    let mut rows = 0;
    while let Some(cursor) = at {
        let step = rebuild(&writer, &world.readers(), cursor, world.now + 1).unwrap();
        rows += step.rows as usize;
        at = step.next;
    }

    let all = Kind::ALL.map(|kind| world.raw(kind).len());
    assert_eq!(rows, all[0] + all[1]);
    let segments = segments::of_kind(&world.connection, Kind::Clicks).unwrap();
    assert!(segments.iter().all(|segment| segment.id > before));
    assert_equal(&mut world);
    writer.stop();
}

#[test]
fn clicks_of_archived_segments_outlive_their_raw_rows() {
    let mut world = World::new(5);
    for _ in 0..200 {
        world.happens();
    }
    world.now += 20 * MINUTE;
    let writer = writer_of(&world);
    settle(&world, &writer);
    world
        .connection
        .execute_batch("update clicks set cost = cost + 5")
        .unwrap();
    let before = world.raw(Kind::Clicks);
    let readers = world.readers();
    let old = archive::archivable(&readers, world.now).unwrap();
    assert!(old.len() > 1);

    for segment in &old {
        assert!(archive::archive(&writer, &readers, &segment.ids).unwrap());
    }
    // One changes between its archiving and its end, and keeps its raw row.
    let changed = *before.keys().next().unwrap();
    let change = "update clicks set cost = 123 where id = ?1";
    world.connection.execute(change, [changed]).unwrap();
    for segment in &old {
        let mut rest = Some(segment.ids.start);
        while let Some(start) = rest {
            let ids = start..segment.ids.end;
            (_, rest) = archive::prune(&world.connection, &ids, 7).unwrap();
        }
    }

    let kept = world.raw(Kind::Clicks);
    assert!(
        kept.len() < before.len() / 2,
        "{} of {}",
        kept.len(),
        before.len()
    );
    assert!(kept.contains_key(&changed));
    let all = Span {
        from: 0,
        to: i64::MAX,
    };
    let mut read_after = read(&world, Kind::Clicks, Basis::Click, all);
    assert_eq!(read_after[&changed][&Column::Cost].as_deref(), Some("123"));
    read_after.insert(changed, before[&changed].clone());
    assert_eq!(read_after, before);
    assert_eq!(verify_all(&world, &writer), [""; 0]);
    // Nothing makes them anew from the rows that are left.
    settle(&world, &writer);
    rebuild(&writer, &readers, Cursor::START, world.now + 1).unwrap();
    assert_eq!(
        read(&world, Kind::Clicks, Basis::Click, all).len(),
        before.len()
    );
    writer.stop();
}

#[test]
fn an_archived_segment_is_refused_where_a_click_changed_meanwhile() {
    let world = clicks(30);
    let writer = writer_of(&world);
    settle(&world, &writer);
    let readers = world.readers();
    let ids = segments::of_kind(&world.connection, Kind::Clicks).unwrap()[0]
        .ids
        .clone();
    let draft = Draft::read(&readers, Kind::Clicks, ids).unwrap();
    world
        .connection
        .execute("update clicks set cost = 1", [])
        .unwrap();

    assert!(!draft.archive(&world.connection).unwrap());

    assert!(!segments::of_kind(&world.connection, Kind::Clicks).unwrap()[0].is_archived);
    writer.stop();
}
