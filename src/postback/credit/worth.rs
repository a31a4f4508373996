//! What an amount is worth.

use chrono_tz::Tz;

use crate::domain::conversion::Money;
use crate::domain::money::{Currency, Micros};
use crate::domain::period;
use crate::domain::rates::{Rate, Rates};

/// An amount and its worth by the rate of a moment's UTC day, rounded once, half to even. Where
/// there is no rate, or the result is too large, it has none and is worth 0.
pub fn worth(amount: Micros, currency: Currency, at: i64, rates: &Rates) -> Money {
    let day = period::day(at, Tz::UTC);
    let worth = rates.convert(amount, currency, rates.reporting(), day);
    Money {
        amount,
        currency,
        rate: rates
            .rate(currency, day)
            .filter(|_| worth.is_some())
            .map(Rate::rounded),
        worth: worth.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).expect("a currency")
    }

    fn book(rows: &[(&str, i64, i64)]) -> Rates {
        let rate = |nanos| Rate::from_nanos(nanos).expect("it is above 0");
        let rows = rows
            .iter()
            .map(|(code, day, nanos)| (currency(code), *day, rate(*nanos)));
        Rates::new(Currency::USD, rows)
    }

    #[test]
    fn a_half_goes_to_the_even_micro_unit() {
        let rates = book(&[("EUR", 0, 500_000_000)]);
        for (amount, expected) in [(1, 0), (2, 1), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2)] {
            let found = worth(Micros(amount), currency("EUR"), 0, &rates);
            assert_eq!(found.worth, Micros(expected), "{amount}");
        }
    }

    #[test]
    fn the_day_of_a_rate_is_the_utc_day() {
        let rates = book(&[("EUR", 10, 1_000_000_000), ("EUR", 11, 2_000_000_000)]);
        let on = |at| worth(Micros(5), currency("EUR"), at, &rates).worth.0;

        assert_eq!(on(10 * DAY_MS - 1), 0, "no rate yet");
        assert_eq!(on(10 * DAY_MS), 5);
        assert_eq!(on(11 * DAY_MS - 1), 5);
        assert_eq!(on(11 * DAY_MS), 10);
    }

    #[test]
    fn what_has_no_rate_is_kept_and_worth_nothing() {
        let found = worth(Micros(5), currency("UAH"), 0, &book(&[]));

        assert_eq!(
            (found.amount, found.rate, found.worth),
            (Micros(5), None, Micros(0))
        );
        let too_much = worth(
            Micros(i64::MAX),
            currency("EUR"),
            0,
            &book(&[("EUR", 0, i64::MAX)]),
        );
        assert_eq!((too_much.rate, too_much.worth), (None, Micros(0)));
    }

    proptest! {
        #[test]
        fn what_is_taken_back_is_what_was_given(
            amount in -1_000_000_000_000i64..1_000_000_000_000, nanos in 1i64..1_000_000_000_000
        ) {
            let rates = book(&[("EUR", 0, nanos)]);
            let of = |amount| worth(Micros(amount), currency("EUR"), 0, &rates).worth.0;
            prop_assert_eq!(of(-amount), -of(amount));
        }

        /// Each part is rounded by half a micro-unit at most, and so is the whole.
        #[test]
        fn the_sum_of_the_parts_is_the_whole_within_their_roundings(
            parts in prop::collection::vec(-1_000_000_000i64..1_000_000_000, 1..20),
            nanos in 1i64..1_000_000_000_000
        ) {
            let rates = book(&[("EUR", 0, nanos)]);
            let of = |amount| worth(Micros(amount), currency("EUR"), 0, &rates).worth.0;
            let sum: i64 = parts.iter().copied().map(of).sum();
            let off = (sum - of(parts.iter().sum())).abs();
            prop_assert!(2 * off <= parts.len() as i64 + 1, "{off}");
        }

        #[test]
        fn the_reporting_currency_is_worth_itself(amount: i64, at in 0i64..4_000_000_000_000) {
            let found = worth(Micros(amount), Currency::USD, at, &book(&[("EUR", 0, 7)]));
            prop_assert_eq!((found.worth, found.rate), (Micros(amount), Some(Rate::ONE)));
        }
    }
}
