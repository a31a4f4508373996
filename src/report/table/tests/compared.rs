//! Rows beside what they were in the time before.

use serde_json::json;

use super::*;
use crate::report::request::{Interval, Positions};

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
        &Names::default(),
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
