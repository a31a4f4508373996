//! Columns against what the logs tell, and cells against what they are made of.

use std::collections::BTreeSet;

use utoipa::ToSchema;

use super::*;
use crate::store::conversions::log::LoggedConversion;
use crate::store::offer_clicks::log::LoggedStep;
use crate::store::outbox::log::OutgoingCall;
use crate::store::postbacks::log::Postback;
use crate::store::rules::log::RuleRun;

fn fields<T: ToSchema>() -> BTreeSet<String> {
    fn collect(schema: &Value, found: &mut BTreeSet<String>) {
        if let Some(properties) = schema["properties"].as_object() {
            found.extend(properties.keys().cloned());
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            collect(part, found);
        }
    }
    let mut found = BTreeSet::new();
    collect(&serde_json::to_value(T::schema()).unwrap(), &mut found);
    found
}

#[test]
fn a_file_has_every_field_that_its_log_tells() {
    let cases = [
        (&tables::CONVERSIONS, fields::<LoggedConversion>()),
        (&tables::OFFER_CLICKS, fields::<LoggedStep>()),
        (&tables::POSTBACKS, fields::<Postback>()),
        (&tables::OUTBOX, fields::<OutgoingCall>()),
        (&tables::RULE_RUNS, fields::<RuleRun>()),
    ];
    for (table, told) in cases {
        let columns: BTreeSet<String> = table.columns().map(|one| one.key.to_owned()).collect();
        let missing: Vec<_> = told.difference(&columns).collect();
        assert!(
            missing.is_empty() && !told.is_empty(),
            "{}: {missing:?}",
            table.path
        );
        assert_eq!(
            columns.len(),
            table.columns().count(),
            "{}: one is there twice",
            table.path
        );
    }
}

#[test]
fn cells_are_numbers_and_times_of_the_zone_in_the_order_that_was_asked_for() {
    let body = json!({ "columns": ["cost", "at", "click_id", "asn"], "timezone": "Asia/Kolkata" });
    let layout = Form::read(&body, |form| read(form, &tables::CLICKS)).unwrap();
    let item = json!({ "click_id": "0123", "at": "2026-01-01T20:00:00.5Z", "cost": "0.015" });

    let cells = layout.cells(item.as_object().unwrap());

    let time = DateTime::parse_from_rfc3339("2026-01-02T01:30:00.5Z").unwrap();
    assert_eq!(
        cells,
        [
            Cell::number("0.015"),
            Cell::Time(time.naive_utc()),
            Cell::text("0123"),
            Cell::Empty,
        ]
    );
}

#[test]
fn a_column_that_is_not_there_is_told_with_the_nearest() {
    let body = json!({ "format": "xls", "columns": ["contry"], "timezone": "Kyiv", "colour": 1 });

    let read = Form::read(&body, |form| read(form, &tables::CLICKS));

    let problems = read.err().unwrap();
    let fields: Vec<_> = problems.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["timezone", "format", "columns[0]", "colour"]);
    assert!(problems[2].message.contains("\"country\""), "{problems:?}");
}
