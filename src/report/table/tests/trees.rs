//! Rows below each other, and those of conversions.

use serde_json::json;

use super::*;

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

    let table = build(&request(asked), &Names::default(), &summed, None);

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
    let flat = build(&request(flat), &Names::default(), &summed, None);
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
