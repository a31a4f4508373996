//! Saved reports as documents.

use std::sync::Arc;

use serde_json::json;

use super::super::money::Micros;
use super::*;

#[test]
fn a_name_and_a_request_are_enough_and_all_of_it_reads_back() {
    let plain = json!({ "name": "Zones", "request": { "dimensions": ["source"] } });
    let full = json!({ "name": "Zones", "request": { "dimensions": ["source"] },
        "columns": [{ "key": "source", "width": 200 }, { "key": "clicks" }],
        "colours": [{ "metric": "roi", "operator": "less", "value": "-20.5", "colour": "red" }],
        "default_for": "traffic_source" });

    for document in [plain, full] {
        let read = SavedReport::read(&document).unwrap();
        let again = SavedReport::read(&serde_json::to_value(&read).unwrap());
        assert_eq!(again, Ok(read));
    }
}

#[test]
fn columns_keep_their_order_and_rules_their_exact_values() {
    let document = json!({ "name": "Zones", "request": {},
        "columns": [{ "key": "b" }, { "key": "a", "width": 20 }],
        "colours": [{ "metric": "epc", "operator": "greater", "value": "0.000001", "colour": "green" }] });

    let read = SavedReport::read(&document).unwrap();

    let columns: Vec<_> = read
        .columns
        .iter()
        .map(|one| (one.key.as_str(), one.width))
        .collect();
    assert_eq!(columns, [("b", None), ("a", Some(20))]);
    assert_eq!(read.colours[0].value, Micros(1));
}

#[test]
fn all_problems_come_at_once() {
    let document = json!({ "request": [1], "columns": [{ "width": 5 }],
        "colours": [{ "metric": "roi", "operator": "like", "value": 0.5, "colour": "pink" }, {}],
        "default_for": "campain" });

    let problems = SavedReport::read(&document).unwrap_err();

    let mut fields: Vec<_> = problems.iter().map(|one| one.field.as_str()).collect();
    fields.sort_unstable();
    let expected = [
        "colours[0].colour",
        "colours[0].operator",
        "colours[0].value",
        "colours[1].colour",
        "colours[1].metric",
        "colours[1].operator",
        "colours[1].value",
        "columns[0].key",
        "columns[0].width",
        "default_for",
        "name",
        "request",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn a_place_has_one_default() {
    let report = |id: u64, place: Option<&str>| {
        let document = json!({ "id": id, "name": "R", "request": {}, "default_for": place });
        SavedReport::read(&document).unwrap()
    };
    let mut documents = Documents::default();
    let mut archived = report(2, Some("offer"));
    archived.state = State::Archived;
    for one in [report(1, Some("campaign")), archived] {
        documents.saved_reports.insert(one.id, Arc::new(one));
    }
    for (id, place, is_refused) in [
        (3, Some("campaign"), true),
        (1, Some("campaign"), false),
        (3, Some("offer"), false),
        (3, None, false),
    ] {
        let found = report(id, place).conflicts(&documents);
        assert_eq!(!found.is_empty(), is_refused, "{id} {place:?}");
    }
}
