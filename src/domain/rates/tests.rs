//! Cases and laws of rates.

use proptest::prelude::*;

use super::*;

pub(super) fn currency(code: &str) -> Currency {
    Currency::parse(code).expect("a currency")
}

fn rate(text: &str) -> Rate {
    text.parse().expect("a rate")
}

fn rate_of(nanos: i64) -> Rate {
    Rate::from_nanos(nanos).expect("it is above 0")
}

pub(super) fn book(rows: &[(&str, i64, &str)]) -> Rates {
    let rows = rows
        .iter()
        .map(|(code, day, text)| (currency(code), *day, rate(text)));
    Rates::new(Currency::USD, rows)
}

#[test]
fn a_rate_counts_from_its_day_until_the_next() {
    let rates = book(&[("EUR", 20, "1.2"), ("EUR", 10, "1.1")]);

    let on = |day| {
        rates
            .rate(currency("EUR"), day)
            .map(|rate| rate.to_string())
    };

    assert_eq!(on(9), None);
    assert_eq!(on(10).as_deref(), Some("1.1"));
    assert_eq!(on(19).as_deref(), Some("1.1"));
    assert_eq!(on(20).as_deref(), Some("1.2"));
    assert_eq!(on(9_999).as_deref(), Some("1.2"));
}

#[test]
fn amounts_go_over_the_reporting_currency_and_are_rounded_once() {
    let rates = book(&[("EUR", 0, "1.1"), ("UAH", 0, "0.024")]);
    let cases = [
        ("1", "EUR", "USD", Some("1.1")),
        ("1.1", "USD", "EUR", Some("1")),
        ("1", "USD", "EUR", Some("0.909091")),
        ("1", "EUR", "UAH", Some("45.833333")),
        ("-1", "EUR", "USD", Some("-1.1")),
        ("0.000005", "EUR", "USD", Some("0.000006")), // 5.5, half to even
        ("0.000015", "EUR", "USD", Some("0.000016")), // 16.5, half to even
        ("7", "RUB", "RUB", Some("7")),
        ("7", "RUB", "USD", None),
        ("7", "USD", "RUB", None),
        ("9000000000000", "EUR", "UAH", None),
    ];
    for (amount, from, to, expected) in cases {
        let amount: Micros = amount.parse().expect("an amount");

        let found = rates.convert(amount, currency(from), currency(to), 5);

        let found = found.map(|found| found.to_string());
        assert_eq!(found.as_deref(), expected, "{amount} {from} in {to}");
    }
}

proptest! {
    #[test]
    fn the_own_currency_changes_nothing(amount: i64, nanos in 1i64..i64::MAX) {
        let rates = Rates::new(Currency::USD, [(currency("EUR"), 0, rate_of(nanos))]);
        for code in ["EUR", "USD", "RUB"] {
            let same = rates.convert(Micros(amount), currency(code), currency(code), 1);
            prop_assert_eq!(same, Some(Micros(amount)));
        }
    }

    /// There and back again, an amount differs by at most half a micro-unit of the other
    /// currency, as worth in the first, and the rounding of the way back.
    #[test]
    fn the_way_back_is_exact_within_one_rounding(
        amount in -1_000_000_000_000_000i64..1_000_000_000_000_000,
        nanos in 1_000i64..1_000_000_000_000
    ) {
        let euro = currency("EUR");
        let rates = Rates::new(Currency::USD, [(euro, 0, rate_of(nanos))]);
        if let Some(there) = rates.convert(Micros(amount), euro, Currency::USD, 1) {
            let back = rates.convert(there, Currency::USD, euro, 1);
            let back = back.expect("it was as large before").0;
            let most = 1_000_000_000 / (2 * nanos) + 1;
            prop_assert!((back - amount).abs() <= most, "{} {} {}", amount, there.0, back);
        }
    }

    #[test]
    fn more_money_is_never_worth_less(
        a in -1_000_000_000_000i64..1_000_000_000_000, more in 0i64..1_000_000_000,
        from in 1i64..9_000_000_000_000, to in 1i64..9_000_000_000_000
    ) {
        let rows = [(currency("EUR"), 0, rate_of(from)), (currency("UAH"), 0, rate_of(to))];
        let rates = Rates::new(Currency::USD, rows);
        let convert = |amount| rates.convert(Micros(amount), currency("EUR"), currency("UAH"), 1);
        if let (Some(less), Some(more)) = (convert(a), convert(a + more)) {
            prop_assert!(less <= more);
        }
    }
}
