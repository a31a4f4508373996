//! Rates that change while postbacks are under way.

use super::*;
use crate::domain::rates::Rate;
use crate::store::conversions::testing::{NOW, Office};

fn hryvnia() -> Currency {
    Currency::parse("UAH").unwrap()
}

fn rate(text: &str) -> Vec<(Currency, i64, Rate)> {
    vec![(hryvnia(), 0, text.parse().unwrap())]
}

fn piece(office: &Office) -> bool {
    let rates = Arc::clone(&office.rates.now());
    next_piece(&office.readers, &office.writer, &rates, &office.ids, NOW).unwrap()
}

fn worths(office: &Office) -> Vec<i64> {
    let reader = office.readers.get().unwrap();
    let mut statement = reader
        .prepare("select revenue from conversions order by id")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn a_postback_from_before_a_change_of_rates_that_is_stored_after_it_has_the_new_rate() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path(), &[1]);
    let books = office.books();
    office.rates.put(&office.writer, rate("0.02")).unwrap();
    while piece(&office) {}
    assert!(!is_due(&office.readers).unwrap());

    let outcome = office.take(books, 1);

    assert!(outcome.changed, "{outcome:?}");
    assert_eq!(worths(&office), [2_000_000]);
    office.writer.stop();
}

#[test]
fn rates_that_change_again_are_followed_from_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let clicks: Vec<i64> = (1..=600).collect();
    let office = Office::open(directory.path(), &clicks);
    for click in clicks {
        office.take(office.books(), click);
    }
    office.rates.put(&office.writer, rate("0.02")).unwrap();
    assert!(piece(&office), "at least 100 are left");
    let so_far = worths(&office);
    assert_eq!((so_far[0], so_far[599]), (2_000_000, 0));

    let euro = Currency::parse("EUR").unwrap();
    let more = vec![(euro, 0, Rate::ONE)];
    office.rates.put(&office.writer, rate("0.03")).unwrap();
    office.rates.put(&office.writer, more).unwrap();
    while piece(&office) {}

    assert_eq!(worths(&office), [3_000_000; 600]);
    assert!(!is_due(&office.readers).unwrap());
    office.writer.stop();
}

#[test]
fn two_changes_concern_what_either_does() {
    let due = |codes: Option<&[&str]>, after| Due {
        currencies: codes.map(|codes| codes.iter().map(|code| (*code).to_owned()).collect()),
        after,
    };
    let both = due(Some(&["EUR"]), 9).and(due(Some(&["UAH"]), 5));
    assert_eq!(both, due(Some(&["EUR", "UAH"]), 5));
    assert!(both.concerns("UAH") && both.concerns("EUR") && !both.concerns("RUB"));
    let all = both.and(due(None, 7));
    assert_eq!(all, due(None, 5));
    assert!(all.concerns("RUB"));
}
