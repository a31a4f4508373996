//! Documents of requests: what they come to, and what is wrong with others.

use serde_json::json;

use super::super::{By, Fields, LIMIT_DEFAULT};
use super::{asked, documents, read};
use crate::domain::basis::Basis;
use crate::report::{Figure, View};

#[test]
fn what_is_left_out_has_its_usual_value() {
    let request = asked(json!({"dimensions": ["country"]}));

    let keys: Vec<String> = request.metrics.iter().map(Figure::to_string).collect();
    assert_eq!(
        keys,
        [
            "clicks",
            "unique_clicks",
            "conversions",
            "revenue",
            "cost",
            "profit",
            "roi"
        ]
    );
    assert_eq!(
        (request.basis, request.view),
        (Basis::Click, View::default())
    );
    assert_eq!(
        (request.levels.len(), request.levels[0].limit),
        (1, LIMIT_DEFAULT)
    );
    let sort = &request.levels[0].sort[0];
    assert!(sort.is_descending && matches!(&sort.by, By::Figure(by) if by.to_string() == "clicks"));

    let by_day = asked(json!({"dimensions": ["day", "country"]}));
    let sort = &by_day.levels[0].sort[0];
    assert!(!sort.is_descending && matches!(sort.by, By::Dimension(0)));
}

#[test]
fn each_level_of_a_tree_has_the_sorts_that_are_about_it() {
    let request = asked(
        json!({"tree": true, "dimensions": ["campaign_id", "day"], "limit": 20,
        "sort": [{"by": "campaign"}, {"by": "cost"}], "levels": [{}, {"limit": 7}]}),
    );

    let [first, second] = &request.levels[..] else {
        panic!("two levels: {:?}", request.levels);
    };
    assert_eq!((first.limit, second.limit), (20, 7));
    assert!(matches!(first.sort[0].by, By::Name(0)), "{first:?}");
    assert_eq!((first.sort.len(), second.sort.len()), (2, 1));
    assert_eq!(
        second.sort[0].figure().map(Figure::to_string).as_deref(),
        Some("cost")
    );
}

#[test]
fn problems_name_their_field_and_the_way_out() {
    let many: Vec<String> = (1..12).map(|number| format!("sub_id_{number}")).collect();
    let cases = [
        (
            json!({"dimensions": ["contry"]}),
            "dimensions[0]",
            "\"country\"",
        ),
        (
            json!({"dimensions": ["country", "country"]}),
            "dimensions[1]",
            "twice",
        ),
        (json!({"dimensions": many}), "dimensions", "10"),
        (json!({"metrics": ["click"]}), "metrics[0]", "\"clicks\""),
        (
            json!({"metrics": ["event:depoist"]}),
            "metrics[0]",
            "\"deposit\"",
        ),
        (
            json!({"metrics": ["running:roi"]}),
            "metrics[0]",
            "only sums",
        ),
        (
            json!({"metrics": ["zzzzzz"]}),
            "metrics[0]",
            "/reports/fields",
        ),
        (
            json!({"timezone": "Europe/Kyif"}),
            "timezone",
            "\"Europe/Kyiv\"",
        ),
        (
            json!({"range": {"preset": "tody"}}),
            "range.preset",
            "\"today\"",
        ),
        (
            json!({"range": {"preset": "today", "from": "2026-01-01"}}),
            "range.preset",
            "one or the other",
        ),
        (
            json!({"range": {"to": "2026-01-01"}}),
            "range.from",
            "Which time",
        ),
        (
            json!({"range": {"from": "2026-02-30"}}),
            "range.from",
            "no time",
        ),
        (
            json!({"range": {"from": "2026-02-02", "to": "2026-02-01"}}),
            "range.to",
            "swap",
        ),
        (
            json!({"range": {"from": "1066-10-14"}}),
            "range.from",
            "1970 to 2099",
        ),
        (
            json!({"range": {"from": "2026-01-01", "to": "9999-01-01"}}),
            "range.to",
            "1970 to 2099",
        ),
        (json!({"compare": "before"}), "compare", "\"previous\""),
        (
            json!({"range": {"preset": "all_time"}, "compare": "previous"}),
            "compare",
            "all time",
        ),
        (
            json!({"compare": {"preset": "tody"}}),
            "compare.preset",
            "\"today\"",
        ),
        (
            json!({"filters": [{"dimension": "country", "operator": "equals", "value": "DE"}, {"dimension": "contry", "operator": "is_set"}]}),
            "filters[1].dimension",
            "\"country\"",
        ),
        (
            json!({"filters": [{"metric": "roi", "operator": "contains", "value": "1"}]}),
            "filters[0].operator",
            "for dimensions",
        ),
        (
            json!({"filters": [{"metric": "running:clicks", "operator": "less", "value": "1"}]}),
            "filters[0].metric",
            "order of the rows",
        ),
        (
            json!({"sort": [{"by": "running:clicks"}]}),
            "sort[0].by",
            "order of the rows",
        ),
        (
            json!({"sort": [{"by": "country"}]}),
            "sort[0].by",
            "among the dimensions",
        ),
        (
            json!({"dimensions": ["campaign_id"], "sort": [{"by": "campain"}]}),
            "sort[0].by",
            "\"campaign\"",
        ),
        (json!({"sort": [{}]}), "sort[0].by", "sorted by"),
        (json!({"limit": 0}), "limit", "1 to 10000"),
        (json!({"levels": [{"limit": 5}]}), "levels", "tree"),
        (
            json!({"tree": true, "dimensions": ["country", "city"], "levels": [{"sort": [{"by": "city"}]}]}),
            "levels[0].sort[0].by",
            "of that level",
        ),
        (json!({"basis": "clicks"}), "basis", "\"click\""),
        (json!({"revenue": "al"}), "revenue", "\"all\""),
        (
            json!({"dimension": ["country"]}),
            "dimension",
            "\"dimensions\"",
        ),
    ];
    for (document, field, told) in cases {
        let problems = read(&document).expect_err(&document.to_string());
        let first = &problems[0];
        assert_eq!(first.field, field, "{document}: {problems:?}");
        assert!(
            first.message.contains(told),
            "{document}: {}",
            first.message
        );
    }
}

#[test]
fn everything_that_fields_lists_can_be_asked_for() {
    let documents = documents();
    let fields = Fields::of(&documents);

    assert!(
        fields
            .metrics
            .iter()
            .any(|metric| metric.key == "event_rate:deposit")
    );
    for metric in &fields.metrics {
        let mut keys = vec![metric.key.clone()];
        if metric.has_running_total {
            keys.push(format!("running:{}", metric.key));
        }
        assert!(read(&json!({"metrics": keys})).is_ok(), "{keys:?}");
    }
    for dimension in &fields.dimensions {
        assert!(
            read(&json!({"dimensions": [dimension.key]})).is_ok(),
            "{dimension:?}"
        );
    }
    for preset in fields.presets {
        let keys = std::iter::once(preset.key).chain(preset.keitaro);
        for key in keys {
            assert!(read(&json!({"range": {"preset": key}})).is_ok(), "{key}");
        }
    }
}

#[test]
fn rows_above_those_of_conversions_are_summed_with_their_clicks() {
    let cases = [
        (json!({"dimensions": ["country", "os"]}), 2, false),
        (json!({"dimensions": ["country", "status", "os"]}), 1, true),
        (json!({"dimensions": ["status"]}), 0, true),
        (
            json!({"dimensions": ["status"], "filters": [{"metric": "sales", "operator": "greater", "value": 1}]}),
            0,
            false,
        ),
    ];
    for (document, of_clicks, both) in cases {
        let request = asked(document.clone());
        assert_eq!(
            (request.dimensions_of_clicks(), request.needs_both()),
            (of_clicks, both),
            "{document}"
        );
        assert!(request.counts_clicks(), "{document}");
    }
    let filtered =
        asked(json!({"filters": [{"dimension": "status", "operator": "equals", "value": "sale"}]}));
    assert!(!filtered.counts_clicks());
}
