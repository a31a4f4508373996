//! Rows out of groups that are written down.

mod compared;
mod laws;
mod rows;
mod trees;

use serde_json::Value;

use super::*;
use crate::domain::conversion::Status;
use crate::domain::documents::Documents;
use crate::report::dimension::Names;
use crate::report::request::Request;
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
    build(&request(document), &Names::default(), &summed, None)
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
