//! The filters of reports on the logs.

use std::sync::Arc;

use rusqlite::params;
use serde_json::{Value as Json, json};

use super::*;
use crate::domain::basis::Basis;
use crate::domain::documents::Documents;
use crate::domain::entity::Entity;
use crate::domain::form::Form;
use crate::domain::offer::Offer;
use crate::report::dimension;
use crate::report::filter::Filter;
use crate::store::clicks::{log, read};
use crate::store::conversions::log as conversions;
use crate::store::log::conditions::Conditions;

fn documents() -> Documents {
    let offer = |id: u64, network: u64| {
        let document = json!({ "id": id, "name": "O", "url": "https://o.example/",
            "network_id": network });
        (id, Arc::new(Offer::read(&document).unwrap()))
    };
    Documents {
        offers: [offer(4, 6), offer(9, 7)].into(),
        ..Documents::default()
    }
}

/// All of it that fits, two to a page.
fn query(filters: Json, zone: &str) -> Query {
    let body = json!({ "filters": filters });
    let mut read = Vec::new();
    Form::read(&body, |form| {
        form.list("filters", 50, |form, _| read.extend(Filter::read(form)));
    })
    .unwrap_or_else(|problems| panic!("{problems:?}"));
    let conditions = Conditions::new(read, zone.parse().unwrap(), Arc::new(documents()));
    Query {
        conditions: conditions.map(Arc::new),
        limit: 2,
        ..Query::default()
    }
}

fn one(dimension: &str, operator: &str, value: impl Into<Json>) -> Json {
    json!([{ "dimension": dimension, "operator": operator, "value": value.into() }])
}

fn clicks(rows: &Rows, filters: Json, zone: &str) -> Vec<String> {
    let query = query(filters, zone);
    let found = walk(query, |query| log::list(&rows.readers, &rows.codec, query));
    let ids = found.iter().map(|item| item["click_id"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

#[test]
fn a_click_is_found_by_every_value_under_which_a_report_counts_it() {
    let mut rows = Rows::new();
    let id = rows.click(NOW);
    let click = read::click(&rows.readers, id).unwrap().unwrap();
    let mut tried = 0;
    for dimension in dimension::of_clicks() {
        let value = dimension.of_click(&click, click.offer_id, &documents());
        let Some(value) = value else {
            let found = clicks(
                &rows,
                json!([{ "dimension": dimension.key, "operator": "is_not_set" }]),
                "UTC",
            );
            assert_eq!(found, [rows.public(id)], "{dimension:?} is empty");
            continue;
        };
        tried += 1;

        let found = clicks(&rows, one(dimension.key, "equals", value.as_str()), "UTC");
        let others = clicks(
            &rows,
            one(dimension.key, "not_equals", value.as_str()),
            "UTC",
        );

        assert_eq!(found, [rows.public(id)], "{dimension:?} is {value}");
        assert_eq!(others, [""; 0], "{dimension:?} is {value}");
    }
    assert!(
        tried > 20,
        "a sample visitor brings more than {tried} facts"
    );
}

#[test]
fn a_click_belongs_to_the_offer_that_was_clicked_last() {
    let mut rows = Rows::new();
    let [stayed, went, peeked] = [0, 1, 2].map(|later| rows.click(NOW + later));
    for (click, offer, flags) in [(went, 8, 0), (went, 9, 0), (peeked, 9, 1)] {
        let sql =
            "insert into offer_clicks (id, click_id, offer_id, flags) values (?1, ?2, ?3, ?4)";
        let id = rows.ids.next(NOW + 10).to_row();
        rows.connection
            .execute(sql, params![id, click.to_row(), offer, flags])
            .unwrap();
    }

    let by = |dimension: &str, value: u64| clicks(&rows, one(dimension, "equals", value), "UTC");

    let (stayed, went, peeked) = (rows.public(stayed), rows.public(went), rows.public(peeked));
    assert_eq!(by("offer_id", 4), [peeked.clone(), stayed.clone()]);
    assert_eq!(by("offer_id", 9).first(), Some(&went));
    assert_eq!(by("offer_id", 9).len(), 1);
    assert_eq!(by("network_id", 6), [peeked, stayed]);
    assert_eq!(by("network_id", 7), [went]);
}

#[test]
fn hours_are_those_of_the_zone_and_rare_ones_are_found_over_many_pages() {
    let mut rows = Rows::new();
    // 2026-09-21 14:13:20 in UTC.
    let ids: Vec<Id> = (0..12)
        .map(|hour| rows.click(NOW + hour * 3_600_000))
        .collect();

    let found = clicks(
        &rows,
        one("hour", "equals", "2026-09-21 20:00"),
        "Asia/Kolkata",
    );
    let late = clicks(&rows, one("day", "equals", "2026-09-22"), "UTC");

    // 19:43 is the first of them in Kolkata.
    assert_eq!(found, [rows.public(ids[1])]);
    let expected: Vec<String> = ids[10..].iter().rev().map(|id| rows.public(*id)).collect();
    assert_eq!(late, expected);
}

#[test]
fn a_conversion_is_found_by_its_own_facts_and_by_those_of_its_click() {
    let mut rows = Rows::new();
    let click_id = Some(rows.click(NOW));
    let plain = rows.some_conversion(NOW + 3_600_000);
    let held = Conversion {
        click_id,
        tid: Some("first"),
        ..plain.clone()
    };
    let sold = Conversion {
        id: rows.ids.next(NOW + 7_200_000),
        at: NOW + 7_200_000,
        tid: Some("second"),
        status: Some(1),
        ..held.clone()
    };
    rows.conversion(&held);
    rows.conversion(&sold);
    let by = |filters: Json, basis| {
        let found = walk(query(filters, "UTC"), |query| {
            conversions::list(&rows.readers, &rows.codec, query, basis)
        });
        let tids = found.into_iter().map(|item| item.tid.unwrap_or_default());
        tids.collect::<Vec<_>>()
    };
    for (filters, basis, expected) in [
        (
            one("status", "equals", "sale"),
            Basis::Click,
            &["first"][..],
        ),
        (one("tid", "ends_with", "OND"), Basis::Click, &["second"]),
        (
            one("flow_id", "equals", 2),
            Basis::Click,
            &["second", "first"],
        ),
        (
            one("offer_id", "equals", 40),
            Basis::Click,
            &["second", "first"],
        ),
        (
            one("hour", "equals", "2026-09-21 14:00"),
            Basis::Click,
            &["second", "first"],
        ),
        (
            one("hour", "equals", "2026-09-21 16:00"),
            Basis::Conversion,
            &["second"],
        ),
        (one("hour", "equals", "2026-09-21 16:00"), Basis::Click, &[]),
    ] {
        assert_eq!(by(filters.clone(), basis), expected, "{filters} {basis:?}");
    }
}
