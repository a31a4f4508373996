//! Rows of files as sources and people write them.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::domain::cost_update::Price;
use crate::domain::money::Micros;
use crate::engine::testing::campaign;

fn documents() -> Documents {
    let mut documents = Documents::default();
    for (id, alias, currency) in [(7, "push", "USD"), (8, "pops", "EUR")] {
        let mut document = campaign(id, alias, Vec::new());
        document.cost.currency = Currency::parse(currency).expect("a currency");
        documents.campaigns.insert(id, Arc::new(document));
    }
    documents
}

fn file(text: &str) -> CostFile {
    let document = json!({ "text": text, "timezone": "Europe/Kyiv" });
    read(&document, &documents()).expect("a file")
}

fn only(text: &str) -> CostLine {
    let file = file(text);
    let [line] = &file.lines()[..] else {
        panic!("not one line: {:?}", file.rows)
    };
    line.clone()
}

fn hours(line: &CostLine) -> i64 {
    (line.to - line.from) / 3_600_000
}

#[test]
fn a_file_of_binom_is_read_with_and_without_its_header() {
    let row = "7;+3;2026-10-25;12,50;4;zone7";
    let with = only(&format!(
        "Campaign id;Time zone;Date;Cost;Token number;Token value\n{row}\n"
    ));

    assert_eq!(with, only(row));
    assert_eq!(with.price, Price::Amount(Micros(12_500_000)));
    assert_eq!(with.filters["sub_id_4"], "zone7");
    assert_eq!((with.timezone.as_str(), hours(&with)), ("Etc/GMT-3", 24));
}

#[test]
fn a_table_with_names_is_read_whatever_stands_between_its_cells() {
    for delimiter in [",", ";", "\t", "|"] {
        let text = "campaign,start_date,end_date,cost,currency,only_campaign_uniques,source\n\
                    pops,2026-10-24,2026-10-25,$7.5,,true,zone7"
            .replace(',', delimiter);
        let line = only(&text);

        assert_eq!(line.campaign_ids, [8]);
        assert_eq!(hours(&line), 49, "the second day has 25 hours");
        assert_eq!(line.currency, Currency::USD, "the sign says so");
        assert_eq!(line.which, Which::Unique);
        assert_eq!(line.filters["source"], "zone7");
    }
}

#[test]
fn a_row_without_a_currency_is_in_that_of_its_campaign() {
    assert_eq!(only("8;UTC;2026-10-24;3").currency.as_str(), "EUR");
}

#[test]
fn rows_that_cannot_be_used_say_why_and_the_others_are_read() {
    let header = "campaign_id;timezone;date;cost;token number;token value";
    let cases = [
        ("9;UTC;2026-10-24;3", "There is no campaign \"9\""),
        ("7;Mars;2026-10-24;3", "no time zone"),
        ("7;UTC;10/24/2026;3", "no time"),
        ("7;UTC;2026-10-24;-3", "not a cost"),
        ("7;UTC;2026-10-24;1,500", "not a cost"),
        ("7;UTC;2026-10-24;", "states no cost"),
        ("7;UTC;;3", "needs a date"),
        ("7;UTC;2026-10-24;3;31;a", "number of a sub id"),
        ("7;UTC;2026-10-24;3;4", "number and its value"),
        ("7;UTC;2026-10-20;4", "the same clicks"),
    ];
    for (row, expected) in cases {
        let file = file(&format!("{header}\n7;UTC;2026-10-20;3\n{row}\n"));

        let reason = file.rows[1].said.as_ref().expect_err(row);
        assert!(reason.contains(expected), "{row}: {reason}");
        assert_eq!(file.lines().len(), 1);
        assert!(file.usable().is_err(), "nobody said that it may stay out");
    }
}

#[test]
fn a_column_that_nobody_knows_refuses_the_file() {
    let document = json!({ "text": "campaign_id,date,cost,sorce\n7,2026-10-24,3,a" });
    let problems = read(&document, &documents()).expect_err("unknown");

    assert_eq!(problems[0].field, "text");
    assert!(problems[0].message.contains("Did you mean \"source\""));
}
