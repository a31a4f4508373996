//! Rows side by side: sorted, chosen, cut into pages, named.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::domain::entity::Entity;
use crate::domain::money::Currency;
use crate::domain::network::Network;
use crate::report::request::Interval;

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
fn ids_are_sorted_by_name_where_that_is_asked_and_answered_with_it() {
    let network =
        |name: &str| Arc::new(Network::read(&json!({ "name": name })).expect("a network"));
    let documents = Documents {
        networks: [(1, network("zeta")), (2, network("Alpha"))].into(),
        ..Documents::default()
    };
    let names = Names {
        documents: Arc::new(documents),
        ..Names::default()
    };
    let groups = written(&[
        (&["1"], 1, 0),
        (&["2"], 2, 1),
        (&["3"], 3, 0),
        (&[""], 4, 0),
    ]);
    let summed = Summed {
        whole: groups,
        of_clicks: None,
    };
    let request = request(
        json!({"dimensions": ["network_id"], "metrics": ["clicks", "revenue", "epc"],
        "sort": [{"by": "network", "desc": true}, {"by": "clicks"}]}),
    );

    let table = build(&request, &names, &summed, None);
    let times = (Interval { from: 0, to: 1 }, None);
    let answer = Answer::of(&request, &names, table, times, Currency::USD);

    assert_eq!(
        json!(answer.rows),
        json!([
            {"network_id": 1, "network": "zeta", "clicks": 1, "revenue": "0", "epc": "0"},
            {"network_id": 2, "network": "Alpha", "clicks": 2, "revenue": "5", "epc": "2.5"},
            {"network_id": 3, "network": null, "clicks": 3, "revenue": "0", "epc": "0"},
            {"network_id": null, "network": null, "clicks": 4, "revenue": "0", "epc": "0"},
        ])
    );
}

#[test]
fn numbers_are_answered_as_numbers_and_flags_as_flags() {
    let request =
        request(json!({"dimensions": ["hour_of_day", "is_bot", "country"], "metrics": []}));
    let summed = Summed {
        whole: written(&[(&["07", "true", "DE"], 1, 0), (&["14", "false", ""], 1, 0)]),
        of_clicks: None,
    };

    let names = Names::default();
    let table = build(&request, &names, &summed, None);
    let times = (Interval { from: 0, to: 1 }, None);
    let answer = Answer::of(&request, &names, table, times, Currency::USD);

    assert_eq!(
        json!(answer.rows),
        json!([
            {"hour_of_day": 7, "is_bot": true, "country": "DE"},
            {"hour_of_day": 14, "is_bot": false, "country": null},
        ])
    );
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
