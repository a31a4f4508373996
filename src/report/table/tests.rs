//! Rows out of groups that are written down, and laws of pages and trees.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::conversion::Status;
use crate::domain::documents::Documents;
use crate::report::request::{Interval, Positions, Request};
use crate::report::{Clicked, Earned, Happened};

/// Groups by their values.
#[derive(Debug, Clone, Default)]
struct Written(Vec<(Vec<Option<String>>, Sums)>);

impl Groups for Written {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn value(&self, group: usize, dimension: usize) -> Option<&str> {
        self.0[group].0[dimension].as_deref()
    }

    fn sums(&self, group: usize) -> Sums {
        self.0[group].1.clone()
    }
}

/// Each with so many clicks of 1 USD and so many sales of 5.
fn written(groups: &[(&[&str], usize, usize)]) -> Written {
    let group = |(values, clicks, sales): &(&[&str], usize, usize)| {
        let values = values
            .iter()
            .map(|text| Some((*text).to_owned()).filter(|text| !text.is_empty()));
        (values.collect(), sums(*clicks, *sales))
    };
    Written(groups.iter().map(group).collect())
}

fn sums(clicks: usize, sales: usize) -> Sums {
    let mut sums = Sums::default();
    for _ in 0..clicks {
        sums.click(&Clicked {
            cost: Micros::ONE,
            ..Clicked::default()
        });
    }
    for _ in 0..sales {
        sums.earn(&Earned {
            happened: &Happened::Conversion,
            status: Some(Status::Sale),
            is_repeat: false,
            is_correction: false,
            is_test: false,
            makes_customer: true,
            revenue: Micros(5_000_000),
            delay_ms: 0,
            kept: &[],
        });
    }
    sums
}

fn request(document: Value) -> Request {
    let read = Request::read(&document, &Documents::default());
    read.unwrap_or_else(|problems| panic!("{document}: {problems:?}"))
}

fn table(document: Value, whole: Written) -> Table {
    let summed = Summed {
        whole,
        of_clicks: None,
    };
    build(&request(document), &Documents::default(), &summed, None)
}

fn cells(values: &[Option<Micros>]) -> String {
    let text = |value: &Option<Micros>| value.map_or("-".to_owned(), |value| value.to_string());
    values.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// `zone7 3 1`, and what is below it in brackets.
fn told(row: &Row) -> String {
    let values = row
        .values
        .iter()
        .map(|value| value.as_deref().unwrap_or("(none)"));
    let mut told = values.collect::<Vec<_>>().join(",");
    told = format!("{told} {}", cells(&row.cells.now));
    if let Some(before) = &row.cells.before {
        told = format!("{told} / {}", cells(before));
    }
    if !row.children.is_empty() {
        let children: Vec<String> = row.children.iter().map(self::told).collect();
        told = format!("{told} [{}; {} more]", children.join("; "), row.more);
    }
    told
}

fn all_told(table: &Table) -> Vec<String> {
    table.rows.iter().map(told).collect()
}

fn sources() -> Written {
    written(&[
        (&["a"], 3, 1),
        (&[""], 5, 0),
        (&["c"], 3, 0),
        (&["b"], 3, 2),
        (&["d"], 0, 1),
    ])
}

#[test]
fn rows_are_sorted_and_cut_and_the_totals_are_those_of_all() {
    let asked = json!({"dimensions": ["source"], "metrics": ["clicks", "sales"],
        "sort": [{"by": "clicks", "desc": true}, {"by": "sales"}], "limit": 2, "offset": 1});

    let table = table(asked, sources());

    assert_eq!(all_told(&table), ["c 3 0", "a 3 1"]);
    assert_eq!(cells(&table.totals.now), "14 4");
    assert_eq!((table.groups, table.next), (5, Some(3)));
}

#[test]
fn what_has_no_value_comes_last_in_both_directions() {
    for (is_descending, expected) in [
        (true, ["b", "a", "(none)", "c", "d"]),
        (false, ["(none)", "c", "a", "b", "d"]),
    ] {
        let asked = json!({"dimensions": ["source"], "metrics": [], "sort": [{"by": "roi", "desc": is_descending}]});
        let found = all_told(&table(asked, sources()));
        let found: Vec<&str> = found.iter().map(|row| row.trim()).collect();
        assert_eq!(found, expected);
    }
    let by_value =
        json!({"dimensions": ["asn"], "metrics": [], "sort": [{"by": "asn", "desc": true}]});
    let groups = written(&[(&["9"], 1, 0), (&[""], 1, 0), (&["10"], 1, 0)]);
    assert_eq!(all_told(&table(by_value, groups)), ["10 ", "9 ", "(none) "]);
}

#[test]
fn filters_of_metrics_choose_rows_and_what_the_totals_add_up() {
    let asked = json!({"dimensions": ["source"], "metrics": ["clicks", "sales"], "filters": [
        {"metric": "clicks", "operator": "greater", "value": 0},
        {"metric": "roi", "operator": "greater_or_equal", "value": "0"}]});

    let table = table(asked, sources());

    assert_eq!(all_told(&table), ["a 3 1", "b 3 2"]);
    assert_eq!(cells(&table.totals.now), "6 3");
    assert_eq!((table.groups, table.next), (2, None));
}

#[test]
fn without_dimensions_there_is_one_row() {
    let table = table(
        json!({"metrics": ["clicks", "cr"]}),
        Written(vec![(vec![], sums(4, 1))]),
    );

    assert_eq!(all_told(&table), [" 4 25"]);
    assert_eq!(cells(&table.totals.now), "4 25");
}

#[test]
fn a_tree_puts_each_dimension_below_the_one_before() {
    let groups = written(&[
        (&["DE", "x", "1"], 1, 0),
        (&["AT", "x", "1"], 2, 1),
        (&["DE", "y", "1"], 4, 0),
        (&["DE", "x", "2"], 8, 1),
        (&["", "x", "1"], 16, 0),
        (&["DE", "z", "2"], 2, 0),
    ]);
    let asked = json!({"tree": true, "dimensions": ["country", "source", "keyword"], "metrics": ["clicks", "cr"],
        "limit": 2, "levels": [{}, {"limit": 2}, {"sort": [{"by": "keyword", "desc": true}]}],
        "filters": [{"metric": "clicks", "operator": "greater", "value": 1}]});

    let table = table(asked, groups);

    assert_eq!(
        all_told(&table),
        [
            "(none) 16 0 [x 16 0 [1 16 0; 0 more]; 0 more]",
            "DE 15 6.666667 [x 9 11.111111 [2 8 12.5; 0 more]; y 4 0 [1 4 0; 0 more]; 1 more]",
        ]
    );
    assert_eq!((table.groups, table.next), (3, Some(2)));
    assert_eq!(cells(&table.totals.now), "33 6.060606");
}

#[test]
fn rows_of_conversions_have_no_clicks_but_those_above_and_the_totals_have() {
    let summed = Summed {
        whole: written(&[
            (&["DE", "sale", "T1"], 0, 2),
            (&["DE", "sale", "T2"], 0, 1),
            (&["AT", "sale", ""], 0, 1),
        ]),
        of_clicks: Some(written(&[
            (&["DE"], 6, 3),
            (&["AT"], 2, 1),
            (&["FR"], 1, 0),
        ])),
    };
    let asked = json!({"tree": true, "dimensions": ["country", "status", "tid"], "metrics": ["clicks", "sales", "profit"]});

    let table = build(&request(asked), &Documents::default(), &summed, None);

    assert_eq!(
        all_told(&table),
        [
            "DE 6 3 9 [sale - 3 - [T1 - 2 -; T2 - 1 -; 0 more]; 0 more]",
            "AT 2 1 3 [sale - 1 - [(none) - 1 -; 0 more]; 0 more]",
            "FR 1 0 -1",
        ]
    );
    assert_eq!(cells(&table.totals.now), "9 4 11");

    let summed = Summed {
        whole: written(&[(&["sale"], 0, 2)]),
        of_clicks: Some(Written(vec![(vec![], sums(7, 2))])),
    };
    let flat = json!({"dimensions": ["status"], "metrics": ["clicks", "sales", "cost"]});
    let flat = build(&request(flat), &Documents::default(), &summed, None);
    assert_eq!(all_told(&flat), ["sale - 2 -"]);
    assert_eq!(cells(&flat.totals.now), "7 2 7");
}

#[test]
fn no_clicks_are_counted_where_a_filter_asks_what_only_conversions_have() {
    let asked = json!({"dimensions": ["country"], "metrics": ["clicks", "sales"],
        "filters": [{"dimension": "status", "operator": "equals", "value": "sale"}]});

    let table = table(asked, written(&[(&["DE"], 0, 2)]));

    assert_eq!(all_told(&table), ["DE - 2"]);
    assert_eq!(cells(&table.totals.now), "- 2");
}

/// November 16 and 17 against the two days before.
fn compared(document: Value, now: Written, before: Written) -> Table {
    let request = request(document);
    let day = |number: i64| number * 86_400_000;
    let (this, that) = (
        Interval {
            from: day(20_773),
            to: day(20_775),
        },
        Interval {
            from: day(20_771),
            to: day(20_773),
        },
    );
    let positions = Positions::new(&request.dimensions, this, that, request.zone);
    let summed = |whole| Summed {
        whole,
        of_clicks: None,
    };
    let (now, before) = (summed(now), summed(before));
    build(
        &request,
        &Documents::default(),
        &now,
        Some((&before, &positions)),
    )
}

#[test]
fn the_time_before_is_joined_by_group_and_times_by_their_place() {
    let now = [
        (&["2026-11-16", "a"][..], 3, 1),
        (&["2026-11-17", "a"][..], 2, 0),
        (&["2026-11-17", "b"][..], 1, 0),
    ];
    let before = [
        (&["2026-11-14", "a"][..], 9, 2),
        (&["2026-11-15", "b"][..], 4, 0),
        (&["2026-11-15", "c"][..], 5, 0),
    ];
    let flat = json!({"dimensions": ["day", "source"], "metrics": ["clicks", "cr"], "sort": [{"by": "day"}, {"by": "source"}]});
    let mut tree = flat.clone();
    tree["tree"] = json!(true);

    let flat = compared(flat, written(&now), written(&before));
    let tree = compared(tree, written(&now), written(&before));

    assert_eq!(
        all_told(&flat),
        [
            "2026-11-16,a 3 33.333333 / 9 22.222222",
            "2026-11-17,a 2 0 / 0 -",
            "2026-11-17,b 1 0 / 4 0",
        ]
    );
    assert_eq!(
        all_told(&tree),
        [
            "2026-11-16 3 33.333333 / 9 22.222222 [a 3 33.333333 / 9 22.222222; 0 more]",
            "2026-11-17 3 0 / 9 0 [a 2 0 / 0 -; b 1 0 / 4 0; 0 more]",
        ]
    );
    for table in [flat, tree] {
        assert_eq!(cells(&table.totals.now), "6 16.666667");
        assert_eq!(
            cells(&table.totals.before.expect("compared")),
            "18 11.111111"
        );
    }
}

#[test]
fn running_totals_go_on_over_pages_and_begin_anew_below_each_row() {
    let groups = [
        (&["DE", "a"][..], 1, 0),
        (&["DE", "b"][..], 2, 0),
        (&["AT", "a"][..], 4, 0),
        (&["FR", "a"][..], 8, 0),
    ];
    let page = json!({"dimensions": ["country", "source"], "metrics": ["clicks", "running:clicks"],
        "sort": [{"by": "clicks"}], "limit": 2, "offset": 2});
    let tree = json!({"tree": true, "dimensions": ["country", "source"], "metrics": ["clicks", "running:clicks"]});

    assert_eq!(
        all_told(&table(page, written(&groups))),
        ["AT,a 4 7", "FR,a 8 15"]
    );
    assert_eq!(
        all_told(&table(tree, written(&groups))),
        [
            "FR 8 8 [a 8 8; 0 more]",
            "AT 4 12 [a 4 4; 0 more]",
            "DE 3 15 [b 2 2; a 1 3; 0 more]"
        ]
    );
}

#[test]
fn a_page_behind_the_last_row_is_empty() {
    let table = table(
        json!({"dimensions": ["source"], "metrics": ["clicks"], "offset": 9}),
        sources(),
    );

    assert_eq!((table.rows.len(), table.groups, table.next), (0, 5, None));
    assert_eq!(cells(&table.totals.now), "14");
}

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
