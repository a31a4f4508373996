//! What is packed reads back, and damaged bytes are no more than an error.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Owned {
    Empty,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Owned {
    fn borrowed(&self) -> Value<'_> {
        match self {
            Owned::Empty => Value::Empty,
            Owned::Number(number) => Value::Number(*number),
            Owned::Text(text) => Value::Text(text),
            Owned::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

fn values() -> impl Strategy<Value = Vec<Owned>> {
    // Of few values, of many, and of very many, so that every width of codes is met.
    let one = |texts: &'static str, numbers: i64| {
        prop_oneof![
            Just(Owned::Empty),
            (-numbers..=numbers).prop_map(Owned::Number),
            texts.prop_map(Owned::Text),
            vec(any::<u8>(), 0..3).prop_map(Owned::Bytes),
        ]
    };
    prop_oneof![
        vec((0..1_i64).prop_map(Owned::Number), 0..40),
        vec((0..2_i64).prop_map(Owned::Number), 0..40),
        vec((0..4_i64).prop_map(Owned::Number), 0..40),
        vec(one("[ab]?", 3), 0..300),
        vec(one("\\PC{0,6}", i64::MAX), 0..600),
    ]
}

fn packed(values: &[Owned]) -> Vec<u8> {
    let mut builder = Builder::default();
    for value in values {
        builder.push(value.borrowed());
    }
    builder.finish()
}

proptest! {
    #[test]
    fn a_column_reads_back_as_it_was(values in values()) {
        let bytes = packed(&values);
        let block = Block::read(&bytes).unwrap();
        prop_assert_eq!(block.codes.rows(), values.len());
        for (row, value) in values.iter().enumerate() {
            prop_assert_eq!(block.value(row), value.borrowed());
        }
        let mut entries = block.entries.clone();
        entries.sort_by_key(|entry| format!("{entry:?}"));
        entries.dedup();
        prop_assert_eq!(entries.len(), block.entries.len());
    }

    #[test]
    fn ids_read_back_as_they_were(ids in vec(0..=i64::MAX, 0..200)) {
        let mut ids = ids;
        ids.sort_unstable();
        prop_assert_eq!(unpack_ids(&pack_ids(&ids)), Ok(ids));
    }

    #[test]
    fn damaged_bytes_are_refused_or_read_and_never_panic(
        values in values(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        length in any::<prop::sample::Index>(),
    ) {
        let mut bytes = packed(&values);
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(length.index(bytes.len() + 1));
        if let Ok(block) = Block::read(&bytes) {
            for row in 0..block.codes.rows() {
                block.value(row);
            }
        }
        let _ = unpack_ids(&bytes);
    }
}

#[test]
fn a_full_segment_of_different_values_fits() {
    let values: Vec<Owned> = (0..MOST_ROWS as i64).map(Owned::Number).collect();
    let bytes = packed(&values);
    let block = Block::read(&bytes).unwrap();
    assert_eq!(
        block.value(MOST_ROWS - 1),
        Value::Number(MOST_ROWS as i64 - 1)
    );
}

#[test]
fn what_hardly_varies_takes_hardly_any_room() {
    let same = packed(&vec![Owned::Text("zone".to_owned()); MOST_ROWS]);
    assert!(same.len() < 20, "{}", same.len());
    let two = (0..MOST_ROWS as i64).map(|row| Owned::Number(row % 2));
    let two = packed(&two.collect::<Vec<_>>());
    assert!(two.len() < MOST_ROWS / 8 + 20, "{}", two.len());
}
