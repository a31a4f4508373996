//! What conversions, metrics and macros call an event.

use crate::domain::conversion::{CONVERSION, REBILL, Status};
use crate::domain::form::quoted;
use crate::domain::parameter::PARAMETERS;

/// The longest key.
const KEY_MAX: usize = 40;

/// What reports and macros already call something of their own.
const TAKEN: &[&str] = &[
    "approve_rate",
    "bots",
    "clicks",
    "conversions",
    "country",
    "cpa",
    "cpc",
    "cpm",
    "cr",
    "customers",
    "day",
    "device_type",
    "ecpm",
    "epc",
    "event",
    "hold",
    "hour",
    "ip",
    "landing_views",
    "leads",
    "month",
    "offer_clicks",
    "payout",
    "profit",
    "rebills",
    "received",
    "revenue",
    "roi",
    "sale_amount",
    "sales",
    "status",
    "tid",
    "unique_clicks",
    "uniques",
    "week",
];

/// A key, or what is wrong with it.
pub(super) fn checked(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !text.starts_with(|first: char| first.is_ascii_lowercase())
        || text.len() > KEY_MAX
        || !text.bytes().all(fits)
    {
        return Err(format!(
            "The key {} is not 1 to {KEY_MAX} small letters (a-z), digits and \"_\" that begin with a letter.",
            quoted(text)
        ));
    }
    if let Some(what) = owner(text) {
        return Err(format!(
            "The key \"{text}\" is {what} already; choose another, such as \"my_{text}\"."
        ));
    }
    Ok(text.to_owned())
}

/// What a word means before any event is asked.
pub(super) fn owner(word: &str) -> Option<&'static str> {
    if word == CONVERSION || word == REBILL {
        return Some("an event of Millrace itself");
    }
    if Status::ALL.iter().any(|(status, _)| *status == word) {
        return Some("a status");
    }
    let is_taken = TAKEN.contains(&word) || PARAMETERS.contains(&word);
    is_taken.then_some("the name of a number or a fact in reports")
}

/// A key made of a name: its Latin letters and digits, in small letters, with `_` between words.
/// Empty if there are none.
pub(super) fn from_name(name: &str) -> String {
    let mut key = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            key.push(c.to_ascii_lowercase());
        } else if (c.is_whitespace() || matches!(c, '-' | '_')) && !key.ends_with('_') {
            key.push('_');
        }
    }
    let key = key.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let key = &key[..key.len().min(KEY_MAX)];
    key.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_gives_a_key_as_far_as_it_is_latin() {
        let cases = [
            ("Registration", "registration"),
            (" First  Deposit ", "first_deposit"),
            ("Call > 30 s", "call_30_s"),
            ("2nd sale-call", "nd_sale_call"),
            ("Первый FTD", "ftd"),
            ("Регистрация", ""),
            ("123", ""),
        ];
        for (name, key) in cases {
            assert_eq!(from_name(name), key, "{name}");
        }
    }

    #[test]
    fn a_key_is_none_of_our_own_words() {
        for bad in [
            "conversion",
            "rebill",
            "lead",
            "trash",
            "clicks",
            "sub_id_3",
            "roi",
            "",
            "1st",
            "_a",
            "Reg",
            "a-b",
            "é",
            &"a".repeat(41),
        ] {
            assert!(checked(bad).is_err(), "{bad}");
        }
        for good in ["registration", "a", "ftd_2", &"a".repeat(40)] {
            assert_eq!(checked(good), Ok(good.to_owned()), "{good}");
        }
    }

    proptest! {
        #[test]
        fn what_is_made_of_a_name_is_a_key(name in any::<String>(), likely in "[a-zA-Z0-9 _-]{0,60}") {
            for name in [name, likely] {
                let key = from_name(&name);
                prop_assert!(key.is_empty() || owner(&key).is_some() || checked(&key).is_ok(), "{key}");
            }
        }
    }
}
