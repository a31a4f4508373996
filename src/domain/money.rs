//! Exact money: integers in micro-units, decimal strings outside. No floats.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount in millionths of a currency unit: `1.5` is 1,500,000.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Micros(pub i64);

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMoney {
    #[error("is not a decimal number such as 0.015")]
    Malformed,
    #[error("is larger than 9,000,000,000,000")]
    TooLarge,
}

impl Micros {
    pub const ZERO: Micros = Micros(0);
    pub const ONE: Micros = Micros(Self::UNIT);
    /// One whole unit.
    pub const UNIT: i64 = 1_000_000;
    /// Whole units that still fit into 64 bits of micro-units.
    const LIMIT: i64 = 9_000_000_000_000;

    /// `self * over / under`, rounded half to even; `None` if `under` is 0 or the result overflows.
    pub fn scaled(self, over: i64, under: i64) -> Option<Micros> {
        if under == 0 {
            return None;
        }
        let (product, under) = (i128::from(self.0) * i128::from(over), i128::from(under));
        let (quotient, rest) = (product.div_euclid(under), product.rem_euclid(under));
        let twice = rest * 2;
        let size = under.abs();
        let up = twice > size || (twice == size && quotient % 2 != 0);
        let step = if under > 0 { 1 } else { -1 };
        i64::try_from(quotient + if up { step } else { 0 })
            .ok()
            .map(Micros)
    }
}

impl FromStr for Micros {
    type Err = NotMoney;

    /// `-?digits[.digits]`; more than six decimals are rounded half to even.
    fn from_str(text: &str) -> Result<Self, NotMoney> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
            return Err(NotMoney::Malformed);
        }
        let whole: i64 = if whole.is_empty() {
            0
        } else {
            whole.parse().map_err(|_| NotMoney::TooLarge)?
        };
        if whole > Self::LIMIT {
            return Err(NotMoney::TooLarge);
        }
        let mut micros = whole * Self::UNIT;
        let mut place = Self::UNIT / 10;
        for byte in fraction.bytes().take(6) {
            micros += i64::from(byte - b'0') * place;
            place /= 10;
        }
        let rest = fraction.get(6..).unwrap_or("").trim_end_matches('0');
        let half = rest.as_bytes().first().copied().unwrap_or(b'0').cmp(&b'5');
        let up = match half {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => rest.len() > 1 || micros % 2 != 0,
            std::cmp::Ordering::Less => false,
        };
        micros += i64::from(up);
        Ok(Micros(if negative { -micros } else { micros }))
    }
}

impl fmt::Display for Micros {
    /// The shortest exact decimal: `0.015`, `-2`, `7.5`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.unsigned_abs();
        let (whole, fraction) = (size / Self::UNIT as u64, size % Self::UNIT as u64);
        if self.0 < 0 {
            out.write_str("-")?;
        }
        write!(out, "{whole}")?;
        if fraction > 0 {
            let digits = format!("{fraction:06}");
            write!(out, ".{}", digits.trim_end_matches('0'))?;
        }
        Ok(())
    }
}

impl From<Micros> for String {
    fn from(amount: Micros) -> String {
        amount.to_string()
    }
}

impl TryFrom<String> for Micros {
    type Error = NotMoney;
    fn try_from(text: String) -> Result<Self, NotMoney> {
        text.parse()
    }
}

/// Upper-case ISO 4217 code, or an operator's own three letters (`USDT` has four and is accepted).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 4]);

impl Currency {
    pub const USD: Currency = Currency(*b"USD\0");

    /// Three or four ASCII letters in any case; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if !(3..=4).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_alphabetic) {
            return None;
        }
        let mut code = [0; 4];
        for (to, from) in code.iter_mut().zip(bytes) {
            *to = from.to_ascii_uppercase();
        }
        Some(Self(code))
    }

    pub fn as_str(&self) -> &str {
        let len = if self.0[3] == 0 { 3 } else { 4 };
        std::str::from_utf8(&self.0[..len]).unwrap_or_default()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.as_str().to_owned()
    }
}

impl TryFrom<String> for Currency {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Currency::parse(&text)
            .ok_or_else(|| format!("\"{text}\" is not a currency code such as USD"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_read_and_print_exactly() {
        let cases = [
            ("0.015", 15_000),
            ("7.5", 7_500_000),
            ("-2", -2_000_000),
            (".5", 500_000),
            ("0.0000005", 0),
            ("0.0000015", 2),
            ("0.0000025", 2),
            ("0.00000251", 3),
        ];
        for (text, micros) in cases {
            assert_eq!(text.parse(), Ok(Micros(micros)), "{text}");
        }
        assert_eq!(Micros(15_000).to_string(), "0.015");
        assert_eq!(Micros(-2_000_000).to_string(), "-2");
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in [
            "", ".", "-", "1e9", "NaN", "7,50", "$7", "1 000", "--1", "+1", "0x1", "١",
        ] {
            assert_eq!(text.parse::<Micros>(), Err(NotMoney::Malformed), "{text}");
        }
        assert_eq!("99999999999999".parse::<Micros>(), Err(NotMoney::TooLarge));
    }

    #[test]
    fn scaling_rounds_half_to_even() {
        assert_eq!(Micros(5).scaled(1, 2), Some(Micros(2)));
        assert_eq!(Micros(7).scaled(1, 2), Some(Micros(4)));
        assert_eq!(Micros(-5).scaled(1, 2), Some(Micros(-2)));
        assert_eq!(Micros(1).scaled(1, 0), None);
    }

    proptest! {
        #[test]
        fn printing_and_reading_an_amount_gives_it_back(micros in -9_000_000_000_000_000_000i64..9_000_000_000_000_000_000) {
            let amount = Micros(micros);
            prop_assert_eq!(amount.to_string().parse::<Micros>(), Ok(amount));
        }
    }
}
