//! Decimal numbers of any length, compared exactly: ids of ads have 18 digits, bids have fractions.

use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter};

/// `-?digits[.digits]`, without the zeros that change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal<'a> {
    is_negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || fraction.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        let is_zero = whole.is_empty() && fraction.is_empty();
        Some(Self {
            is_negative: is_negative && !is_zero,
            whole,
            fraction,
        })
    }

    fn cmp_size(&self, other: &Self) -> Ordering {
        let longer = self.whole.len().cmp(&other.whole.len());
        longer
            .then_with(|| self.whole.cmp(other.whole))
            .then_with(|| self.fraction.cmp(other.fraction))
    }
}

/// The same for equal numbers.
impl Display for Decimal<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative { "-" } else { "" };
        write!(out, "{sign}{}.{}", self.whole, self.fraction)
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.cmp_size(other),
            (true, true) => other.cmp_size(self),
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_plain_decimals_are_numbers() {
        for text in ["0", "007", "-0.50", "23851234567890123456789"] {
            assert!(Decimal::parse(text).is_some(), "{text}");
        }
        for text in ["", "-", ".5", "5.", "1e3", "+1", "1 000", "0x1", "1.2.3"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::parse("-0.0"), Decimal::parse("0"));
        assert_eq!(Decimal::parse("01.50"), Decimal::parse("1.5"));
    }

    proptest! {
        #[test]
        fn they_compare_as_integers_of_thousandths_do(a: i32, b: i32) {
            let print = |thousandths: i32| {
                let size = thousandths.unsigned_abs();
                let sign = if thousandths < 0 { "-" } else { "" };
                format!("{sign}{}.{:03}", size / 1_000, size % 1_000)
            };
            let (left, right) = (print(a), print(b));
            let left = Decimal::parse(&left).expect("a decimal");
            let right = Decimal::parse(&right).expect("a decimal");
            prop_assert_eq!(left.cmp(&right), a.cmp(&b));
        }
    }
}
