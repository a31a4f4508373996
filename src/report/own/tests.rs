//! What formulas come to, and which cannot come to anything.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::domain::conversion::Status;
use crate::domain::entity::Entity;
use crate::domain::event::Event;
use crate::domain::network::Network;
use crate::report::{Clicked, Earned, Figure, Happened, RevenueKind, UnknownFigure, running};

/// Own metrics, by their keys.
fn documents(metrics: &[(&str, &str)]) -> Documents {
    let mut documents = Documents::default();
    for (id, (key, formula)) in (1..).zip(metrics) {
        let document = json!({ "id": id, "name": key, "key": key, "formula": formula });
        let metric = OwnMetric::read(&document).expect(formula);
        documents.metrics.insert(id, Arc::new(metric));
    }
    documents
}

/// Clicks that cost so much together, and as many sales that earned so much together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    pub(super) clicks: u32,
    pub(super) cost: i64,
    pub(super) sales: u32,
    pub(super) revenue: i64,
}

impl Day {
    pub(super) fn sums(self) -> Sums {
        let mut sums = Sums::default();
        for _ in 0..self.clicks {
            sums.click(&Clicked::default());
        }
        sums.charge(Micros(self.cost));
        for number in 0..self.sales {
            sums.earn(&Earned {
                happened: &Happened::Conversion,
                status: Some(Status::Sale),
                is_repeat: false,
                is_correction: false,
                is_test: false,
                makes_customer: true,
                revenue: Micros(if number == 0 { self.revenue } else { 0 }),
                delay_ms: 0,
                kept: &[],
            });
        }
        sums
    }
}

const DAY: Day = Day {
    clicks: 8,
    cost: 5_000_000,
    sales: 3,
    revenue: 7_000_000,
};

fn value(formula: &str, day: Day) -> Option<String> {
    let documents = documents(&[("one", formula)]);
    let figure = Figure::parse("one", &documents).expect(formula);
    let value = figure.value(&day.sums(), View::default());
    value.map(|value| value.to_string())
}

#[test]
fn a_formula_is_worked_out_exactly_and_rounded_once() {
    let cases = [
        ("revenue * 0.97 - cost", Some("1.79")),
        ("revenue - cost / clicks", Some("6.375")),
        ("(revenue - cost) / clicks", Some("0.25")),
        ("2 + 3 * 4", Some("14")),
        ("-clicks + 1", Some("-7")),
        ("clicks / sales * sales", Some("8")),
        ("1 / 3 + 1 / 3 + 1 / 3", Some("1")),
        ("cr * clicks / 100", Some("3")),
        ("12 / 2 / 3", Some("2")),
        ("12 / (2 / 3)", Some("18")),
        ("0.000001 / 2", Some("0")),
        ("0.000003 / 2", Some("0.000002")),
        ("0 - 0.000003 / 2", Some("-0.000002")),
        ("cost / leads", None),
        ("cost / leads * 0", None),
        ("clicks / (sales - 3)", None),
        ("cpl + 1", None),
        ("event:deposit + kept_sum:weight", Some("0")),
        ("9000000000000 + 9000000000000", None),
        (
            "9000000000000 * 9000000000000 / 9000000000000",
            Some("9000000000000"),
        ),
    ];
    for (formula, expected) in cases {
        assert_eq!(value(formula, DAY).as_deref(), expected, "{formula}");
    }
    let nines = ["9000000000000"; 12].join(" * ");
    assert_eq!(value(&format!("{nines} / ({nines})"), DAY), None);
}

#[test]
fn own_metrics_stand_for_their_formulas() {
    let documents = documents(&[
        ("net", "revenue - fees"),
        ("fees", "revenue * 0.1"),
        ("per_click", "net / clicks"),
    ]);
    let figure = Figure::parse("per_click", &documents).expect("it is there");

    let value = |view| figure.value(&DAY.sums(), view);

    assert_eq!(value(View::default()), Some(Micros(787_500)));
    let on_hold = View {
        revenue: RevenueKind::Hold,
        ..View::default()
    };
    assert_eq!(value(on_hold), Some(Micros::ZERO));
    assert_eq!(figure.formula(), "net / clicks");
    assert_eq!(
        figure.needs(View::default()),
        Needs {
            clicks: true,
            conversions: true,
            revenue: true,
            ..Needs::default()
        }
    );
}

#[test]
fn an_own_metric_comes_before_a_later_one_of_the_same_key() {
    let documents = documents(&[("roi", "clicks * 2")]);
    let figure = Figure::parse("roi", &documents).expect("it is there");
    let value = figure.value(&DAY.sums(), View::default());
    assert_eq!(value, Some(Micros(16_000_000)));
}

fn told(metrics: &[(&str, &str)]) -> Vec<String> {
    let documents = documents(metrics);
    let found = problems(&documents.metrics[&1], &documents, true);
    let told = found.into_iter();
    told.map(|one| format!("{}: {}", one.field, one.message))
        .collect()
}

#[test]
fn a_formula_that_cannot_be_worked_out_is_refused() {
    let cases: [(&[(&str, &str)], &str); 7] = [
        (
            &[("net", "revenue - costs")],
            "formula: There is no metric \"costs\". Did you mean \"cost\"?",
        ),
        (
            &[("net", "revenue - feez"), ("fees", "cost")],
            "formula: There is no metric \"feez\". Did you mean \"fees\"?",
        ),
        (
            &[("net", "events:deposit")],
            "formula: There is no metric \"events:deposit\". Did you mean \"event\"?",
        ),
        (
            &[("net", "running")],
            "formula: There is no metric \"running\". GET /api/v1/options lists them.",
        ),
        (
            &[("net", "net + 1")],
            "formula: It refers to itself: net -> net.",
        ),
        (
            &[("a", "b + 1"), ("b", "1 - c"), ("c", "clicks / a")],
            "formula: It refers to itself: a -> b -> c -> a.",
        ),
        (
            &[("clicks", "sales"), ("other", "1")],
            "key: The key \"clicks\" is a metric of Millrace itself; choose another, such as \"my_clicks\".",
        ),
    ];
    for (metrics, expected) in cases {
        assert_eq!(told(metrics), [expected], "{metrics:?}");
    }
    assert_eq!(told(&[("net", "revenue - cost")]), [""; 0]);
    for key in ["country", "campaign", "previous"] {
        let refused = told(&[(key, "clicks")]);
        assert!(
            refused[0].contains("of Millrace itself"),
            "{key}: {refused:?}"
        );
    }
}

#[test]
fn own_metrics_neither_pile_up_nor_swell_without_end() {
    let names: Vec<String> = (0..12).map(|number| format!("m{number}")).collect();
    let row = |length: usize, formula: &dyn Fn(&str) -> String| -> Vec<(String, String)> {
        let first = (names[0].clone(), "clicks".to_owned());
        let rest = names.windows(2).take(length - 1);
        let rest = rest.map(|pair| (pair[1].clone(), formula(&pair[0])));
        std::iter::once(first).chain(rest).collect()
    };
    let told_of_first = |metrics: &[(String, String)]| {
        let metrics = metrics.iter();
        let metrics: Vec<_> = metrics.map(|(key, text)| (&key[..], &text[..])).collect();
        told(&metrics)
    };

    assert_eq!(
        told_of_first(&row(10, &|name| format!("{name} + 1"))),
        [""; 0]
    );
    let deep = told_of_first(&row(11, &|name| format!("{name} + 1")));
    assert!(
        deep[0].starts_with("formula: It would break metric 11 \"m10\": More than 10 own metrics"),
        "{deep:?}"
    );
    let large = told_of_first(&row(8, &|name| [name; 6].join(" + ")));
    assert!(large[0].contains("more than 2000 parts"), "{large:?}");
}

#[test]
fn what_an_older_version_stored_and_nobody_can_read_has_no_value_and_says_why() {
    let mut documents = documents(&[("a", "b + 1"), ("b", "a + 1"), ("c", "clicks")]);
    let unread = OwnMetric {
        formula: None,
        ..OwnMetric::clone(&documents.metrics[&3])
    };
    documents.metrics.insert(3, Arc::new(unread));

    for (id, key, reason) in [(1, "a", "refers to itself"), (3, "c", "cannot be read")] {
        let error = Figure::parse(key, &documents).expect_err(key);
        assert_eq!(
            error,
            UnknownFigure::Broken {
                key: key.to_owned()
            }
        );
        let doubts = doubts(&documents.metrics[&id], &documents);
        assert_eq!(doubts[0].code, "does_not_compile");
        assert!(doubts[0].message.contains(reason), "{doubts:?}");
    }
    assert!(options(&documents).own_metrics.is_empty());
}

#[test]
fn names_of_nothing_are_doubted() {
    let mut documents = documents(&[("a", "event:depsit + kept_sum:wait + kept_sum:weight")]);
    let event = json!({ "id": 1, "name": "Deposit", "key": "deposit" });
    let event = Event::read(&event).expect("an event");
    documents.events.insert(1, Arc::new(event));
    let network = json!({ "id": 1, "name": "N", "keep": [{ "name": "weight", "kind": "number" }] });
    let network = Network::read(&network).expect("a network");
    documents.networks.insert(1, Arc::new(network));

    let doubts = doubts(&documents.metrics[&1], &documents);

    let codes: Vec<_> = doubts.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["unknown_event", "unknown_number"]);
    assert!(doubts[0].message.ends_with("Did you mean \"deposit\"?"));
    assert_eq!(options(&documents).kept_numbers, ["weight"]);
}

#[test]
fn only_sums_have_running_totals() {
    let documents = documents(&[
        ("net", "revenue * 0.9 - cost / 2"),
        ("shifted", "revenue + 1"),
        ("rate", "revenue / clicks"),
        ("square", "clicks * clicks"),
        ("inverse", "1 / clicks"),
        ("twice", "net * 2"),
    ]);
    let cases = [
        ("clicks", true),
        ("profit", true),
        ("event_revenue:deposit", true),
        ("kept_sum:a b", true),
        ("net", true),
        ("twice", true),
        ("cr", false),
        ("kept_average:weight", false),
        ("shifted", false),
        ("rate", false),
        ("square", false),
        ("inverse", false),
    ];
    for (key, is_sum) in cases {
        let key = format!("running:{key}");
        match Figure::parse(&key, &documents) {
            Ok(figure) => assert_eq!((figure.to_string(), is_sum), (key, true)),
            Err(error) => assert!(
                !is_sum && matches!(error, UnknownFigure::NoSum { .. }),
                "{error}"
            ),
        }
    }
    let again = Figure::parse("running:running:clicks", &documents);
    assert!(matches!(again, Err(UnknownFigure::Unknown { .. })));
    let own_sums = options(&documents).running_metrics;
    assert!(own_sums.ends_with(&["net".to_owned(), "twice".to_owned()]));
}

#[test]
fn running_totals_pass_over_rows_without_a_value() {
    let rows = [Some(1), None, Some(-3), Some(i64::MAX), Some(i64::MAX)];
    let totals = running(rows.map(|value| value.map(Micros)));
    let totals: Vec<_> = totals.map(|total| total.map(|total| total.0)).collect();
    let expected = [Some(1), None, Some(-2), Some(i64::MAX - 2), Some(i64::MAX)];
    assert_eq!(totals, expected);
}

#[test]
fn an_unknown_figure_names_the_nearest() {
    let documents = documents(&[("net_profit", "profit")]);
    let cases = [
        (
            "net_profits",
            "there is no metric \"net_profits\"; did you mean \"net_profit\"?",
        ),
        (
            "running:clics",
            "there is no metric \"clics\"; did you mean \"clicks\"?",
        ),
        (
            "running:cr",
            "\"cr\" is a ratio, and only sums have running totals",
        ),
        ("zzzzzz", "there is no metric \"zzzzzz\""),
    ];
    for (key, expected) in cases {
        let error = Figure::parse(key, &documents).expect_err(key);
        assert_eq!(error.to_string(), expected);
    }
}
