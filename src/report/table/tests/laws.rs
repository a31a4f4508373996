//! What holds of all pages and trees.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn groups() -> impl Strategy<Value = Vec<(String, String, u8)>> {
    prop::collection::btree_map(("[ab]{0,2}", "[xy]{0,1}"), 0u8..4, 0..20)
        .prop_map(|groups| {
            groups
                .into_iter()
                .map(|((a, b), clicks)| (a, b, clicks))
                .collect::<Vec<_>>()
        })
        .prop_shuffle()
}

fn of_random(groups: &[(String, String, u8)]) -> Written {
    let rows: Vec<([&str; 2], usize)> = groups
        .iter()
        .map(|(a, b, clicks)| ([a.as_str(), b.as_str()], usize::from(*clicks)))
        .collect();
    let rows: Vec<(&[&str], usize, usize)> = rows
        .iter()
        .map(|(values, clicks)| (&values[..], *clicks, 0))
        .collect();
    written(&rows)
}

proptest! {
    #[test]
    fn pages_are_the_sorted_rows_cut_into_pieces(groups in groups(), limit in 1usize..6) {
        let asked = |offset: usize| json!({"dimensions": ["source", "keyword"], "metrics": ["clicks"],
            "sort": [{"by": "clicks", "desc": true}, {"by": "keyword", "desc": true}], "limit": limit, "offset": offset});
        let mut expected: Vec<_> = groups.iter().collect();
        expected.sort_by(|(a, b, clicks), (c, d, others)| {
            others.cmp(clicks).then(b.is_empty().cmp(&d.is_empty())).then(d.cmp(b)).then(a.cmp(c))
        });

        let (mut found, mut offset) = (Vec::new(), Some(0));
        while let Some(start) = offset {
            let table = table(asked(start), of_random(&groups));
            found.extend(table.rows);
            offset = table.next;
        }

        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let found: Vec<_> = found.iter().map(|row| (text(&row.values[0]), text(&row.values[1]), row.cells.now[0].map(|one| one.0 / Micros::UNIT))).collect();
        let expected: Vec<_> = expected.into_iter().map(|(a, b, clicks)| (a.clone(), b.clone(), Some(i64::from(*clicks)))).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_row_of_a_tree_is_what_those_below_it_add_up_to(groups in groups()) {
        let asked = json!({"tree": true, "dimensions": ["source", "keyword"], "metrics": ["clicks"], "limit": 100});
        let mut expected = BTreeMap::<Option<String>, i64>::new();
        for (source, _, clicks) in &groups {
            let source = Some(source.clone()).filter(|source| !source.is_empty());
            *expected.entry(source).or_default() += i64::from(*clicks);
        }

        let table = table(asked, of_random(&groups));

        let clicks = |row: &Row| row.cells.now[0].map_or(0, |clicks| clicks.0 / Micros::UNIT);
        for row in &table.rows {
            prop_assert_eq!(clicks(row), row.children.iter().map(clicks).sum::<i64>());
        }
        let found: BTreeMap<_, _> = table.rows.iter().map(|row| (row.values[0].clone(), clicks(row))).collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(table.rows.iter().map(|row| row.children.len()).sum::<usize>(), groups.len());
    }
}
