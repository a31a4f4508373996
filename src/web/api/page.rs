//! One page of a sorted list.
//!
//! A cursor holds the sort key and the id of the last entity of its page, so the next page begins
//! right behind that place, whatever was added, renamed or archived meanwhile.

use std::cmp::Ordering;

use crate::domain::entity::Entity;

/// What a list is sorted by; entities with equal keys by their id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum SortKey {
    #[default]
    Id,
    Name,
    CreatedAt,
    UpdatedAt,
}

impl SortKey {
    pub(super) const ALL: &'static [(&'static str, SortKey)] = &[
        ("id", SortKey::Id),
        ("name", SortKey::Name),
        ("created_at", SortKey::CreatedAt),
        ("updated_at", SortKey::UpdatedAt),
    ];
}

/// A key and a direction: `name`, `-updated_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sort {
    key: SortKey,
    is_descending: bool,
}

/// A place in a sorted list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    key: Key,
    id: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    None,
    Number(i64),
    /// In lower case.
    Text(String),
}

impl Sort {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let word = text.strip_prefix('-');
        let is_descending = word.is_some();
        let word = word.unwrap_or(text);
        let (_, key) = SortKey::ALL.iter().find(|(known, _)| *known == word)?;
        Some(Self {
            key: *key,
            is_descending,
        })
    }

    fn place<E: Entity>(self, entity: &E) -> Cursor {
        let head = entity.head();
        let key = match self.key {
            SortKey::Id => Key::None,
            SortKey::Name => Key::Text(entity.title().to_lowercase()),
            SortKey::CreatedAt => Key::Number(head.created_at),
            SortKey::UpdatedAt => Key::Number(head.updated_at),
        };
        Cursor { key, id: head.id }
    }

    fn compare(self, one: &Cursor, other: &Cursor) -> Ordering {
        let order = (&one.key, one.id).cmp(&(&other.key, other.id));
        match self.is_descending {
            true => order.reverse(),
            false => order,
        }
    }
}

/// The entities behind the cursor in their order, `limit` at most, and the cursor of the next
/// page if there is one.
pub(super) fn page<'e, E: Entity>(
    entities: impl Iterator<Item = &'e E>,
    sort: Sort,
    after: Option<&Cursor>,
    limit: usize,
) -> (Vec<&'e E>, Option<Cursor>) {
    let mut found: Vec<(Cursor, &E)> = entities
        .map(|entity| (sort.place(entity), entity))
        .filter(|(place, _)| after.is_none_or(|after| sort.compare(place, after).is_gt()))
        .collect();
    found.sort_unstable_by(|(one, _), (other, _)| sort.compare(one, other));
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more);
    let next = next.map(|(place, _)| place.clone());
    (found.into_iter().map(|(_, entity)| entity).collect(), next)
}

impl Cursor {
    /// `12`, or the id and the key: `12.n1760000000000`, `12.t` and the bytes of the text in hex.
    pub(super) fn print(&self) -> String {
        match &self.key {
            Key::None => self.id.to_string(),
            Key::Number(number) => format!("{}.n{number}", self.id),
            Key::Text(text) => {
                let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
                format!("{}.t{hex}", self.id)
            }
        }
    }

    /// Reads what [`Cursor::print`] wrote for this sort.
    pub(super) fn parse(text: &str, sort: Sort) -> Option<Self> {
        let (id, key) = text.split_once('.').unwrap_or((text, ""));
        let key = match sort.key {
            SortKey::Id => key.is_empty().then_some(Key::None)?,
            SortKey::Name => Key::Text(from_hex(key.strip_prefix('t')?)?),
            SortKey::CreatedAt | SortKey::UpdatedAt => {
                Key::Number(key.strip_prefix('n')?.parse().ok()?)
            }
        };
        let id = id.parse().ok()?;
        Some(Self { key, id })
    }
}

fn from_hex(text: &str) -> Option<String> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = pairs.map(byte).collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::network::Network;

    fn sorts() -> Vec<Sort> {
        let words = SortKey::ALL.iter().map(|(word, _)| *word);
        words
            .flat_map(|word| [word.to_owned(), format!("-{word}")])
            .map(|text| Sort::parse(&text).unwrap())
            .collect()
    }

    fn networks(rows: &[(String, i64)]) -> Vec<Network> {
        let network = |(id, (name, updated_at)): (u64, &(String, i64))| Network {
            id,
            name: name.clone(),
            updated_at: *updated_at,
            ..Network::default()
        };
        (1..).zip(rows).map(network).collect()
    }

    /// The ids of all pages in a row; `between` happens after the first.
    fn walk(
        networks: &mut [Network],
        sort: Sort,
        limit: usize,
        between: impl FnOnce(&mut [Network], u64),
    ) -> Vec<u64> {
        let mut between = Some(between);
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let (found, next) = page(networks.iter(), sort, after.as_ref(), limit);
            let last = found.last().map_or(0, |one| one.id);
            ids.extend(found.iter().map(|one| one.id));
            let Some(next) = next else { return ids };
            after = Cursor::parse(&next.print(), sort);
            assert_eq!(after.as_ref(), Some(&next));
            if let Some(between) = between.take() {
                between(networks, last);
            }
        }
    }

    #[test]
    fn lists_are_sorted_without_case_and_equal_ones_by_id() {
        let rows = [("beta", 3), ("Alpha", 1), ("alpha", 2), ("Äther", 3)];
        let rows = rows.map(|(name, at)| (name.to_owned(), at));
        let cases = [
            ("id", [1, 2, 3, 4]),
            ("-id", [4, 3, 2, 1]),
            ("name", [2, 3, 1, 4]),
            ("-name", [4, 1, 3, 2]),
            ("updated_at", [2, 3, 1, 4]),
            ("-updated_at", [4, 1, 3, 2]),
        ];
        for (sort, expected) in cases {
            let sort = Sort::parse(sort).unwrap();
            let ids = walk(&mut networks(&rows), sort, 9, |_, _| ());
            assert_eq!(ids, expected, "{sort:?}");
        }
    }

    #[test]
    fn a_cursor_of_another_sort_or_of_nobody_is_none() {
        let name = Sort::parse("name").unwrap();
        for text in [
            "3",
            "3.n5",
            "3.t0",
            "3.tzz",
            "3.tff",
            ".t61",
            "x",
            "3.t\u{e4}",
        ] {
            assert_eq!(Cursor::parse(text, name), None, "{text}");
        }
        assert_eq!(Cursor::parse("3.t61", Sort::default()), None);
        for text in ["", "Name", "--name", "-", "alias"] {
            assert_eq!(Sort::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn pages_tell_every_entity_once_though_the_last_one_moves(
            rows in prop::collection::vec(("[a-cA-C]{0,2}", 0..4_i64), 0..20),
            limit in 1..6_usize,
        ) {
            for sort in sorts() {
                let whole = walk(&mut networks(&rows), sort, 100, |_, _| ());
                let paged = walk(&mut networks(&rows), sort, limit, |_, _| ());
                prop_assert_eq!(&paged, &whole);

                // The cursor keeps its place when its entity is taken to the front.
                let to_front = |networks: &mut [Network], last: u64| {
                    let one = networks.iter_mut().find(|one| one.id == last).unwrap();
                    one.name = String::new();
                    one.updated_at = -1;
                };
                let mut moved = walk(&mut networks(&rows), sort, limit, to_front);
                moved.sort_unstable();
                moved.dedup();
                prop_assert_eq!(moved.len(), rows.len());
            }
        }
    }
}
