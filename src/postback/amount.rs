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
fn may_be_thousands(text: &str) -> bool {
    let Some((before, after)) = text.split_once(',') else {
        return false;
    };
    after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0')
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
        || ((1..=3).contains(&start.len()) && others.iter().all(|group| group.len() == 3));
    is_grouped.then(|| groups.concat())
}
