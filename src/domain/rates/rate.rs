//! One rate.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::money::Micros;

/// What one unit of a currency is worth. Above 0.
///
/// An entered rate has at most nine decimals. One that was restated in another reporting currency
/// is a quotient of such, kept as a fraction: stated back, it is the entered one again. Written
/// out, a rate is rounded to nine decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate {
    /// Both above 0, without a common divisor.
    over: i64,
    under: i64,
}

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
    pub const ONE: Rate = Rate { over: 1, under: 1 };
    const UNIT: i64 = 1_000_000_000;
    const LIMIT: i64 = 9_000_000_000;

    /// From billionths; `None` unless above 0.
    pub fn from_nanos(nanos: i64) -> Option<Rate> {
        Self::from_fraction(nanos, Self::UNIT)
    }

    /// `over / under`; `None` unless both are above 0.
    pub fn from_fraction(over: i64, under: i64) -> Option<Rate> {
        (over > 0 && under > 0).then(|| Self::reduced(i128::from(over), i128::from(under)))
    }

    /// The fraction, without a common divisor.
    pub fn fraction(self) -> (i64, i64) {
        (self.over, self.under)
    }

    /// In billionths, rounded half to even; at least 1.
    pub fn nanos(self) -> i64 {
        i64::try_from(self.wide_nanos()).unwrap_or(i64::MAX)
    }

    /// As it is written out, with nine decimals.
    pub fn rounded(self) -> Rate {
        Self::from_nanos(self.nanos()).unwrap_or(self)
    }

    /// `self / other`: exact, unless the reduced fraction needs more than 64 bits; then it is as near
    /// as these allow.
    pub fn per(self, other: Rate) -> Rate {
        let wide = i128::from;
        Self::reduced(
            wide(self.over) * wide(other.under),
            wide(self.under) * wide(other.over),
        )
    }

    /// What an amount is worth at this rate, rounded half to even; 0 where that does not fit.
    pub fn worth(self, amount: Micros) -> Micros {
        match self {
            Rate::ONE => amount,
            Rate { over, under } => amount.scaled(over, under).unwrap_or_default(),
        }
    }

    fn reduced(over: i128, under: i128) -> Rate {
        let divisor = common_divisor(over, under);
        let (over, under) = (over / divisor, under / divisor);
        let excess = 65_u32.saturating_sub(over.max(under).leading_zeros());
        let fit = |number: i128| i64::try_from(number >> excess).unwrap_or(i64::MAX).max(1);
        Rate {
            over: fit(over),
            under: fit(under),
        }
    }

    fn wide_nanos(self) -> i128 {
        let under = i128::from(self.under);
        let product = i128::from(self.over) * i128::from(Self::UNIT);
        let (quotient, twice) = (product / under, product % under * 2);
        let up = twice > under || (twice == under && quotient % 2 != 0);
        (quotient + i128::from(up)).max(1)
    }
}

fn common_divisor(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
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
    /// The shortest decimal, with at most nine decimals: `0.0245`, `7.5`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (nanos, unit) = (self.wide_nanos(), i128::from(Self::UNIT));
        write!(out, "{}", nanos / unit)?;
        match nanos % unit {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rates_are_exact_decimals_above_zero() {
        for (text, nanos) in [
            ("1", 1_000_000_000),
            ("0.000000001", 1),
            (".5", 500_000_000),
        ] {
            assert_eq!(text.parse().ok(), Rate::from_nanos(nanos), "{text}");
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

    #[test]
    fn a_quotient_is_written_with_nine_decimals_and_never_as_nothing() {
        let rate = |text: &str| text.parse::<Rate>().expect("a rate");

        assert_eq!(Rate::ONE.per(rate("1.1")).to_string(), "0.909090909");
        assert_eq!(Rate::ONE.per(rate("0.75")).to_string(), "1.333333333");
        assert_eq!(
            Rate::ONE.per(rate("9000000000")).to_string(),
            "0.000000001",
            "0.00000000011"
        );
        let huge = rate("9000000000").per(rate("0.000000001"));
        assert_eq!(huge.to_string(), "9000000000000000000");
        assert_eq!(huge.nanos(), i64::MAX);
    }

    proptest! {
        #[test]
        fn printing_and_reading_a_rate_gives_it_back(nanos in 1i64..9_000_000_000_000_000_000) {
            let rate = Rate::from_nanos(nanos).expect("it is above 0");
            prop_assert_eq!(rate.nanos(), nanos);
            prop_assert_eq!(rate.to_string().parse::<Rate>(), Ok(rate));
        }

        #[test]
        fn a_quotient_of_entered_rates_goes_back_exactly(a in 1i64..i64::MAX, b in 1i64..i64::MAX) {
            let rate = |nanos| Rate::from_nanos(nanos).expect("it is above 0");
            let (a, b) = (rate(a), rate(b));
            let (restated, inverse) = (a.per(b), Rate::ONE.per(b));
            prop_assert_eq!(restated.per(inverse), a);
        }

        #[test]
        fn what_does_not_fit_is_as_near_as_64_bits_allow(
            a in 1i64..i64::MAX, b in 1i64..i64::MAX, c in 1i64..i64::MAX, d in 1i64..i64::MAX
        ) {
            let rate = |over, under| Rate::from_fraction(over, under).expect("both are above 0");
            let (over, under) = rate(a, b).per(rate(c, d)).fraction();
            let exact = (a as f64 / b as f64) / (c as f64 / d as f64);
            let found = over as f64 / under as f64;
            // A floor of 1 on the smaller side is coarse where the quotient is beyond 2^50.
            if (1e-6..1e6).contains(&exact) {
                prop_assert!((found / exact - 1.0).abs() < 1e-9, "{found} {exact}");
            }
        }
    }
}
