//! Amounts as networks write them. Exact, or not an amount: never a float, never a coin toss.

use super::currency;
use crate::detect::params::looks_like_macro;
use crate::domain::money::{Currency, Micros};

/// An amount that could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    pub micros: Micros,
    /// What its sign or code says: `$7`, `7 USD`.
    pub currency: Option<Currency>,
    /// Whether it was written otherwise than `-7.50`.
    pub is_guess: bool,
}

/// Reads `7.50`, and beside it what can mean one thing only: `7,50`, `7 000,50`, `1,234.56`,
/// `1.234,56`, `$7`, `7 USD`. `None` for everything else: `7,500` may be seven or seven thousand.
pub fn read(text: &str) -> Option<Amount> {
    let text = text.trim();
    if looks_like_macro(text) {
        return None;
    }
    if let Ok(micros) = text.parse() {
        return Some(Amount {
            micros,
            currency: None,
            is_guess: false,
        });
    }
    let (outer, rest) = split_sign(text);
    let (rest, currency) = currency::split(rest);
    let (inner, digits) = split_sign(rest);
    let is_negative = match (outer, inner) {
        (Some(_), Some(_)) => return None,
        (outer, inner) => outer.or(inner).unwrap_or(false),
    };
    let size: Micros = plain(digits)?.parse().ok()?;
    Some(Amount {
        micros: if is_negative { Micros(-size.0) } else { size },
        currency,
        is_guess: true,
    })
}

/// Whether the text begins with a sign, and with which: `-$7` and `$-7` are the same.
fn split_sign(text: &str) -> (Option<bool>, &str) {
    let strip = |sign: char| text.strip_prefix(sign).map(str::trim_start);
    if let Some(rest) = strip('-').or_else(|| strip('−')) {
        return (Some(true), rest);
    }
    match strip('+') {
        Some(rest) => (Some(false), rest),
        None => (None, text),
    }
}

/// What separates thousands and nothing else.
fn is_gap(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\'' | '’')
}

/// Digits as they are grouped -> `digits.digits`.
fn plain(text: &str) -> Option<String> {
    let is_known = |c: char| c.is_ascii_digit() || c == '.' || c == ',' || is_gap(c);
    if !text.chars().all(is_known) {
        return None;
    }
    let decimal = decimal_separator(text)?;
    let (whole, fraction) = match decimal {
        Some(separator) => text.rsplit_once(separator)?,
        None => (text, ""),
    };
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let whole = ungrouped(whole)?;
    (is_digits(fraction) && !(whole.is_empty() && fraction.is_empty()))
        .then(|| format!("{whole}.{fraction}"))
}

/// Which character the decimals stand behind, if any do; `None` where it may be either.
fn decimal_separator(text: &str) -> Option<Option<char>> {
    let (dots, commas) = (text.matches('.').count(), text.matches(',').count());
    match (dots, commas) {
        (0, 0) => Some(None),
        // The last one, whichever it is: 1,234.56 and 1.234,56.
        (1.., 1..) => Some(text.chars().rev().find(|c| matches!(c, '.' | ','))),
        // Decimals come once: 1.234.567 and 1,234,567.
        (2.., 0) | (0, 2..) => Some(None),
        (_, 0) => Some(Some('.')),
        _ if text.contains(is_gap) || !may_be_thousands(text) => Some(Some(',')),
        _ => None,
    }
}

/// Whether the comma of `7,500` may separate thousands: one to three digits that begin with no 0,
/// then three more.
pub(super) fn may_be_thousands(text: &str) -> bool {
    let Some((before, after)) = text.split_once(',') else {
        return false;
    };
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    after.len() == 3
        && (1..=3).contains(&before.len())
        && !before.starts_with('0')
        && is_digits(before)
        && is_digits(after)
}

/// The digits of a whole number, in groups of three if they are separated at all, and by one
/// separator.
fn ungrouped(text: &str) -> Option<String> {
    let is_separator = |c: char| matches!(c, '.' | ',') || is_gap(c);
    let mut separators = text.chars().filter(|c| is_separator(*c));
    let first = separators.next();
    if separators.any(|separator| Some(separator) != first) {
        return None;
    }
    let groups: Vec<&str> = text.split(is_separator).collect();
    let [start, others @ ..] = groups.as_slice() else {
        return None;
    };
    let is_grouped = others.is_empty()
        || ((1..=3).contains(&start.len())
            && !start.starts_with('0')
            && others.iter().all(|group| group.len() == 3));
    is_grouped.then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_however_they_are_written() {
        let cases = [
            ("7.50", "7.5", "", false),
            ("7", "7", "", false),
            ("0", "0", "", false),
            (".5", "0.5", "", false),
            ("5.", "5", "", false),
            ("-5", "-5", "", false),
            (" 7.50 ", "7.5", "", false),
            ("7.500", "7.5", "", false),
            ("0.0000005", "0", "", false),
            ("+7", "7", "", true),
            ("−5", "-5", "", true),
            ("7,50", "7.5", "", true),
            ("7,5", "7.5", "", true),
            (",5", "0.5", "", true),
            ("-7,50", "-7.5", "", true),
            ("0,500", "0.5", "", true),
            ("0,015", "0.015", "", true),
            ("7,5000", "7.5", "", true),
            ("12345,678", "12345.678", "", true),
            ("1 000", "1000", "", true),
            ("1 000.50", "1000.5", "", true),
            ("7 000,50", "7000.5", "", true),
            ("7\u{a0}000,50", "7000.5", "", true),
            ("7\u{202f}000,500", "7000.5", "", true),
            ("1'000.50", "1000.5", "", true),
            ("1,234.56", "1234.56", "", true),
            ("1.234,56", "1234.56", "", true),
            ("1,234,567", "1234567", "", true),
            ("1.234.567", "1234567", "", true),
            ("1,234,567.8", "1234567.8", "", true),
            ("$7", "7", "USD", true),
            ("$7.50", "7.5", "USD", true),
            ("7$", "7", "USD", true),
            ("7 $", "7", "USD", true),
            ("-$7", "-7", "USD", true),
            ("$-7", "-7", "USD", true),
            ("US$ 7", "7", "USD", true),
            ("$7 CAD", "7", "CAD", true),
            ("7 USD", "7", "USD", true),
            ("7usd", "7", "USD", true),
            ("USD 7", "7", "USD", true),
            ("10 USDT", "10", "USDT", true),
            ("€7,50", "7.5", "EUR", true),
            ("7 000,50 ₽", "7000.5", "RUB", true),
            ("₴100", "100", "UAH", true),
            ("100 грн.", "100", "UAH", true),
            ("100 Руб", "100", "RUB", true),
            ("£7", "7", "GBP", true),
            ("R$ 7,50", "7.5", "BRL", true),
        ];
        for (text, micros, currency, is_guess) in cases {
            let amount = Amount {
                micros: micros.parse().expect("an amount"),
                currency: Currency::parse(currency),
                is_guess,
            };
            assert_eq!(read(text), Some(amount), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_or_may_be_two_is_none() {
        for text in [
            "",
            " ",
            "-",
            ".",
            ",",
            "$",
            "USD",
            "1e9",
            "1E9",
            "NaN",
            "nan",
            "inf",
            "-inf",
            "Infinity",
            "0x10",
            "7,500",
            "123,456",
            "-7,500",
            "$7,500",
            "{payout}",
            "{{payout}}",
            "%payout%",
            "[payout]",
            "$payout",
            "$payout$",
            "#price#",
            "__PAYOUT__",
            "payout",
            "seven",
            "7 text",
            "7 off",
            "7%",
            "7/2",
            "7-8",
            "--7",
            "-$-7",
            "+-7",
            "7-",
            "7 50",
            "70 00",
            "1,23.4",
            "1,2345.6",
            "1.2,3.4",
            "1,234.567,8",
            "1 234.567 8",
            "1.234 567",
            "1, 000",
            "12 3456",
            " 000 000",
            "0,500,000",
            ". 5",
            "7..5",
            "7,,5",
            "7 USD EUR",
            "(7)",
            "٧",
            "99999999999999",
            "99999999999999,5",
            "$99999999999999",
            "7.5.1",
            "1.23.456",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_we_print_we_read(micros in -9_000_000_000_000_000_000i64..9_000_000_000_000_000_000) {
            let amount = read(&Micros(micros).to_string());
            prop_assert_eq!(amount.map(|amount| (amount.micros, amount.is_guess)), Some((Micros(micros), false)));
        }

        #[test]
        fn a_decimal_comma_is_a_decimal_point(whole in 0i64..1_000_000, cents in 0i64..100) {
            let written = read(&format!("{whole},{cents:02}")).map(|amount| amount.micros);
            prop_assert_eq!(written, Some(Micros(whole * 1_000_000 + cents * 10_000)));
        }

        #[test]
        fn thousands_are_read_by_any_separator(
            whole in 1_000_000i64..1_000_000_000,
            separator in prop::sample::select(vec![' ', '\u{a0}', '\u{202f}', ',', '.', '\'']),
        ) {
            let (millions, thousands, rest) = (whole / 1_000_000, whole / 1_000 % 1_000, whole % 1_000);
            let text = format!("{millions}{separator}{thousands:03}{separator}{rest:03}");
            prop_assert_eq!(read(&text).map(|amount| amount.micros), Some(Micros(whole * 1_000_000)));
        }

        #[test]
        fn no_text_panics(text in any::<String>(), likely in "[-+0-9., $€A-Ze\u{a0}]{0,12}") {
            let _ = (read(&text), read(&likely));
        }

        #[test]
        fn it_is_never_more_than_its_digits_say(likely in "[-0-9., $]{0,9}") {
            let digits: String = likely.chars().filter(char::is_ascii_digit).collect();
            if let Some(amount) = read(&likely) {
                let most: i64 = digits.parse::<i64>().expect("has digits") * 1_000_000;
                prop_assert!(amount.micros.0.abs() <= most, "{likely:?} is {}", amount.micros);
            }
        }
    }
}
