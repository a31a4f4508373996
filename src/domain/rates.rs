//! Currency rates: what one unit of a currency was worth in the reporting currency, by day.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::money::{Currency, Micros};

/// What one unit of a currency is worth, in billionths: `1.1` is 1,100,000,000. Above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate(i64);

/// Why a text is not a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotARate {
    #[error("is not a decimal number such as 1.0842")]
    Malformed,
    #[error("has more than nine decimals")]
    TooFine,
    #[error("is not above 0")]
    NotPositive,
    #[error("is larger than 9,000,000,000")]
    TooLarge,
}

impl Rate {
    /// Of the reporting currency itself.
    pub const ONE: Rate = Rate(Self::UNIT);
    const UNIT: i64 = 1_000_000_000;
    const LIMIT: i64 = 9_000_000_000;

    /// From billionths; `None` unless above 0.
    pub fn from_nanos(nanos: i64) -> Option<Rate> {
        (nanos > 0).then_some(Rate(nanos))
    }

    pub fn nanos(self) -> i64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = NotARate;

    /// `digits[.digits]`, exactly.
    fn from_str(text: &str) -> Result<Self, NotARate> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
            return Err(NotARate::Malformed);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 9 {
            return Err(NotARate::TooFine);
        }
        let whole: i64 = match whole {
            "" => 0,
            digits => digits.parse().map_err(|_| NotARate::TooLarge)?,
        };
        if whole > Self::LIMIT {
            return Err(NotARate::TooLarge);
        }
        let mut nanos = whole * Self::UNIT;
        let mut place = Self::UNIT / 10;
        for byte in fraction.bytes() {
            nanos += i64::from(byte - b'0') * place;
            place /= 10;
        }
        Self::from_nanos(nanos).ok_or(NotARate::NotPositive)
    }
}

impl fmt::Display for Rate {
    /// The shortest exact decimal: `0.0245`, `7.5`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0 / Self::UNIT)?;
        match self.0 % Self::UNIT {
            0 => Ok(()),
            fraction => {
                let digits = format!("{fraction:09}");
                write!(out, ".{}", digits.trim_end_matches('0'))
            }
        }
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> String {
        rate.to_string()
    }
}

impl TryFrom<String> for Rate {
    type Error = NotARate;
    fn try_from(text: String) -> Result<Self, NotARate> {
        text.parse()
    }
}

/// All rates. One counts from its day until the next one of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates {
    reporting: Currency,
    /// By day, which is a number of [`period::day`](super::period::day).
    by_currency: HashMap<Currency, Vec<(i64, Rate)>>,
}

impl Default for Rates {
    fn default() -> Self {
        Self::new(Currency::USD, [])
    }
}

impl Rates {
    /// Rates to the reporting currency, in any order.
    pub fn new(reporting: Currency, rows: impl IntoIterator<Item = (Currency, i64, Rate)>) -> Self {
        let mut by_currency = HashMap::<Currency, Vec<(i64, Rate)>>::new();
        for (currency, day, rate) in rows {
            by_currency.entry(currency).or_default().push((day, rate));
        }
        for rows in by_currency.values_mut() {
            rows.sort_by_key(|(day, _)| *day);
        }
        Self {
            reporting,
            by_currency,
        }
    }

    pub fn reporting(&self) -> Currency {
        self.reporting
    }

    pub fn is_empty(&self) -> bool {
        self.by_currency.is_empty()
    }

    /// Every rate, newest day first, then by currency.
    pub fn rows(&self) -> Vec<(i64, Currency, Rate)> {
        let mut rows: Vec<_> = self
            .by_currency
            .iter()
            .flat_map(|(currency, rows)| rows.iter().map(|(day, rate)| (*day, *currency, *rate)))
            .collect();
        rows.sort_by(by_day_then_currency);
        rows
    }

    /// What a currency is worth on a day: by the latest rate up to then. `None` before the first.
    pub fn rate(&self, currency: Currency, day: i64) -> Option<Rate> {
        if currency == self.reporting {
            return Some(Rate::ONE);
        }
        let rows = self.by_currency.get(&currency)?;
        let after = rows.partition_point(|(from, _)| *from <= day);
        rows[..after].last().map(|(_, rate)| *rate)
    }

    /// An amount in another currency, rounded once, half to even, at micro-units. `None` where a
    /// rate is missing, or the result is too large.
    pub fn convert(
        &self,
        amount: Micros,
        from: Currency,
        to: Currency,
        day: i64,
    ) -> Option<Micros> {
        if from == to {
            return Some(amount);
        }
        let (over, under) = (self.rate(from, day)?, self.rate(to, day)?);
        amount.scaled(over.0, under.0)
    }
}

fn by_day_then_currency(a: &(i64, Currency, Rate), b: &(i64, Currency, Rate)) -> Ordering {
    let by_day = b.0.cmp(&a.0);
    by_day.then_with(|| a.1.as_str().cmp(b.1.as_str()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).expect("a currency")
    }

    fn rate(text: &str) -> Rate {
        text.parse().expect("a rate")
    }

    fn book(rows: &[(&str, i64, &str)]) -> Rates {
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

    #[test]
    fn rates_are_exact_decimals_above_zero() {
        for (text, nanos) in [
            ("1", 1_000_000_000),
            ("0.000000001", 1),
            (".5", 500_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Rate(nanos)), "{text}");
        }
        for (text, problem) in [
            ("0", NotARate::NotPositive),
            ("0.000", NotARate::NotPositive),
            ("1.0000000001", NotARate::TooFine),
            ("9000000001", NotARate::TooLarge),
            ("99999999999999999999", NotARate::TooLarge),
            ("", NotARate::Malformed),
            (".", NotARate::Malformed),
            ("-1", NotARate::Malformed),
            ("1,1", NotARate::Malformed),
            ("1e3", NotARate::Malformed),
        ] {
            assert_eq!(text.parse::<Rate>(), Err(problem), "{text}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_reading_a_rate_gives_it_back(nanos in 1i64..9_000_000_000_000_000_000) {
            prop_assert_eq!(Rate(nanos).to_string().parse::<Rate>(), Ok(Rate(nanos)));
        }

        #[test]
        fn the_own_currency_changes_nothing(amount: i64, nanos in 1i64..i64::MAX) {
            let rates = Rates::new(Currency::USD, [(currency("EUR"), 0, Rate(nanos))]);
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
            let rates = Rates::new(Currency::USD, [(euro, 0, Rate(nanos))]);
            if let Some(there) = rates.convert(Micros(amount), euro, Currency::USD, 1) {
                let back = rates.convert(there, Currency::USD, euro, 1);
                let back = back.expect("it was as large before").0;
                let most = Rate::UNIT / (2 * nanos) + 1;
                prop_assert!((back - amount).abs() <= most, "{} {} {}", amount, there.0, back);
            }
        }

        #[test]
        fn more_money_is_never_worth_less(
            a in -1_000_000_000_000i64..1_000_000_000_000, more in 0i64..1_000_000_000,
            from in 1i64..9_000_000_000_000, to in 1i64..9_000_000_000_000
        ) {
            let rows = [(currency("EUR"), 0, Rate(from)), (currency("UAH"), 0, Rate(to))];
            let rates = Rates::new(Currency::USD, rows);
            let convert = |amount| rates.convert(Micros(amount), currency("EUR"), currency("UAH"), 1);
            if let (Some(less), Some(more)) = (convert(a), convert(a + more)) {
                prop_assert!(less <= more);
            }
        }
    }
}
