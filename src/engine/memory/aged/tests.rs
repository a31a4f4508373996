//! The table compared with a list and with a plain map.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// Few keys, all of one part, many of one bucket.
fn keys() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..12, (0u64..12).prop_map(|key| key << 29)]
}

#[derive(Debug, Clone)]
enum Act {
    Keep(u64, u32),
    Renew(u64, u32),
    Oldest(u64, u32),
    Leave(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        (keys(), any::<u32>()).prop_map(|(key, value)| Act::Keep(key, value)),
        (keys(), any::<u32>()).prop_map(|(key, value)| Act::Renew(key, value)),
        (keys(), any::<u32>()).prop_map(|(key, value)| Act::Oldest(key, value)),
        keys().prop_map(Act::Leave),
    ];
    prop::collection::vec(act, 0..200)
}

/// What the table is to do, written as plainly as can be: a list, oldest first.
#[derive(Default)]
struct Model {
    entries: Vec<(u64, u32)>,
    capacity: usize,
    evicted: u64,
}

impl Model {
    fn place(&self, key: u64) -> Option<usize> {
        self.entries.iter().position(|(other, _)| *other == key)
    }

    fn push(&mut self, key: u64, value: u32) {
        if self.entries.len() == self.capacity {
            self.entries.remove(0);
            self.evicted += 1;
        }
        self.entries.push((key, value));
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::Leave(_) => {}
            Act::Keep(key, value) => match self.place(key) {
                Some(at) => self.entries[at].1 = value,
                None => self.push(key, value),
            },
            Act::Renew(key, value) => {
                if let Some(at) = self.place(key) {
                    self.entries.remove(at);
                }
                self.push(key, value);
            }
            Act::Oldest(key, value) => {
                if self.place(key).is_none() && self.entries.len() < self.capacity {
                    self.entries.insert(0, (key, value));
                }
            }
        }
    }
}

fn act_on(table: &Aged<u32>, act: &Act) {
    match *act {
        Act::Leave(key) => table.update(key, |_| (Then::Leave, ())),
        Act::Keep(key, value) => table.update(key, |_| (Then::Keep(value), ())),
        Act::Renew(key, value) => table.update(key, |_| (Then::Renew(value), ())),
        Act::Oldest(key, value) => {
            table.insert_oldest(key, value);
        }
    }
}

proptest! {
    #[test]
    fn it_is_a_list_that_forgets_its_oldest(acts in acts(), capacity in 1usize..9) {
        let table = Aged::new(capacity * STRIPES);
        let mut model = Model { capacity, ..Model::default() };

        for act in &acts {
            act_on(&table, act);
            model.act(act);

            prop_assert_eq!(&table.copy(0), &model.entries);
            prop_assert!(table.len() <= capacity);
        }

        prop_assert_eq!(table.evicted(), model.evicted);
        for (key, value) in &model.entries {
            prop_assert_eq!(table.find(*key), Some(*value));
        }
    }

    #[test]
    fn within_its_capacity_it_forgets_nothing(
        sent in prop::collection::vec((any::<u64>(), any::<u32>()), 0..300)
    ) {
        let table = Aged::new(300 * STRIPES);
        let mut map = HashMap::new();

        for (key, value) in sent {
            let before = table.update(key, |found| (Then::Renew(value), found));
            prop_assert_eq!(before, map.insert(key, value));
        }

        prop_assert_eq!(table.len(), map.len());
        prop_assert_eq!(table.evicted(), 0);
        for (key, value) in map {
            prop_assert_eq!(table.find(key), Some(value));
        }
    }
}

#[test]
fn threads_never_lose_each_others_entries() {
    let table = Aged::new(100_000);
    let spread = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);

    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let table = &table;
            scope.spawn(move || {
                for n in 0..5_000 {
                    let key = spread(n);
                    table.update(key, |found| {
                        (Then::Keep(found.unwrap_or(0) + 1 + thread as u32), ())
                    });
                }
            });
        }
    });

    assert_eq!(table.len(), 5_000);
    assert!((0..5_000).all(|n| table.find(spread(n)) == Some(10)));
}
